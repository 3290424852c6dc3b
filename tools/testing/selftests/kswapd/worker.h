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

/* What keeps an actor's memory on the node. */
enum binding { BIND_TASK, BIND_RANGE, BIND_CPUSET };

/*
 * How long an actor's reads, page faults or passes took, in microseconds: exact up to 15, then eight
 * steps to each power of two, the last one for all that is longer.
 */
#define LATENCY_EXACT	16
#define LATENCY_STEPS	8
#define NR_LATENCIES	(LATENCY_EXACT + 24 * LATENCY_STEPS)

/* What an actor tells the supervisor, in memory that both have mapped. */
struct slot {
	atomic_ullong bytes;			/* read so far; of JOB, us taken */
	atomic_ullong rounds;			/* passes or pulses done */
	atomic_ullong changed_ns;		/* when the hog last took */
	atomic_ullong latency[NR_LATENCIES];	/* that took so long */
	atomic_uchar seen;			/* sum of what was touched */
	atomic_bool ready;
	atomic_bool leave;			/* the hog is to let go ... */
	atomic_bool left;			/* ... and has */
	char note[160];				/* why it gave up */
};

struct worker {
	char name[16];
	enum worker_kind kind;
	pid_t pid;				/* 0: not running */
	unsigned long long oom_killed_ns;	/* 0: it was not */
	struct slot *slot;
	enum binding binding;
	unsigned long long size;		/* of ANON, or else of the file */
	unsigned long long high;		/* memory.high that fills it up */
	unsigned long long min;			/* memory.min that it has */
	const struct worker *target;		/* of RECLAIMER */
	char cgroup[PATH_MAX];
	char file[PATH_MAX];
	int fd;					/* of its file, in its own process */
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
