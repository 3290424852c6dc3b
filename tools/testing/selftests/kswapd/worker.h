/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tasks that make the pressure.
 */
#ifndef KSWAPD_WORKER_H
#define KSWAPD_WORKER_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sysinfo.h"

struct run;

#define MAX_READERS	64
#define MAX_TASKS	64
#define MAX_CONTAINERS	24
#define MAX_WORKERS	(MAX_READERS + MAX_TASKS + MAX_CONTAINERS + 8)

enum worker_kind {
	HOG, STREAMER, HOT, TOUCH, READER, ANON, RECLAIMER, JOB, CHURN,
	SET, WRITER, SHIFTER,
	NR_KINDS
};

extern const char * const kind_names[NR_KINDS];

/* The means that keeps the memory of a worker on the node. */
enum binding { BIND_TASK, BIND_RANGE, BIND_CPUSET };

/*
 * Latencies of a worker's reads, page faults or passes, in microseconds. Buckets are
 * exact up to 15, then there are eight to each power of two. The last bucket is open.
 */
#define LATENCY_EXACT	16
#define LATENCY_STEPS	8
#define NR_LATENCIES	(LATENCY_EXACT + 24 * LATENCY_STEPS)

/* State of a worker, in memory shared with the supervisor. */
struct slot {
	atomic_ullong bytes;			/* read so far; of JOB, us used */
	atomic_ullong rounds;			/* passes or pulses done */
	atomic_ullong changed_ns;		/* when the hog last grew */
	atomic_ullong latency[NR_LATENCIES];	/* number per bucket */
	atomic_uchar seen;			/* sum of the bytes read */
	atomic_bool ready;
	atomic_bool leave;			/* tells the hog to release memory */
	atomic_bool left;			/* the hog has released it */
	char note[160];				/* reason of a failure */
};

struct worker {
	char name[16];
	enum worker_kind kind;
	pid_t pid;				/* 0: not running */
	unsigned long long oom_killed_ns;	/* 0: not killed */
	struct slot *slot;
	enum binding binding;
	unsigned long long size;		/* of its memory or file */
	unsigned long long high;		/* size of its full cgroup */
	unsigned long long min;			/* its memory.min */
	const struct worker *target;		/* of RECLAIMER */
	char cgroup[PATH_MAX];
	char file[PATH_MAX];
	int fd;					/* its file, in its process only */
};

/* start_worker.c */
pid_t start_worker(const struct run *run, struct worker *worker);
void begin_child(const struct run *run, pid_t parent, int oom_score_adj,
		 struct slot *slot);
void enter_cgroup(const char *cgroup, struct slot *slot);
int make_filled_file(struct run *run, const char *path, unsigned long long size);
void __noreturn __printf(2, 3)
worker_fail(struct slot *slot, const char *fmt, ...);

/* worker_memory.c */
int set_policy_default(void);
int prefer_node(int nid);
int bind_to_node(int nid);
void *map_small_pages(struct slot *slot, size_t size);
void *map_anonymous(const struct run *run, struct worker *worker, size_t size);
void *map_shared_file(struct slot *slot, int fd, size_t size, int prot);
void write_pages(char *mem, size_t size, size_t page);

/* workers.c */
void pause_us(unsigned long long us);
void note_latency(struct slot *slot, unsigned long long us);
void stream_body(const struct run *run, struct worker *worker);
void reader_body(const struct run *run, struct worker *worker);
void hot_body(const struct run *run, struct worker *worker);
void anon_body(const struct run *run, struct worker *worker);
void reclaimer_body(const struct run *run, struct worker *worker);
void job_body(const struct run *run, struct worker *worker);

/* hog.c */
void hog_body(const struct run *run, struct worker *worker);

/* load.c */
void set_body(const struct run *run, struct worker *worker);
void writer_body(const struct run *run, struct worker *worker);
void __noreturn read_at_random(const struct run *run, struct worker *worker);

/* pulse.c */
void touch_body(const struct run *run, struct worker *worker);
void churn_body(const struct run *run, struct worker *worker);
int fill_pipe(int fd, size_t size, size_t page, struct slot *slot);

/* shifter.c */
void stay_on_cpu(struct slot *slot, int cpu);
void __noreturn shift(const struct run *run, struct slot *slot,
		      struct slot *shared, int tasks, size_t size,
		      unsigned long long times);
void shifter_body(const struct run *run, struct worker *worker);

#endif
