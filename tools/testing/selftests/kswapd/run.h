/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kswapd_pressure and the tests share: the options, the actors that make
 * the pressure, and what is measured.
 */
#ifndef KSWAPD_RUN_H
#define KSWAPD_RUN_H

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "sysinfo.h"

/* In messages and in the names of what is made. */
#define PROGRAM		program_invocation_short_name
#define MAX_READERS	64
#define MAX_TASKS	64
#define MAX_CONTAINERS	24
#define MAX_WORKERS	(MAX_READERS + MAX_TASKS + MAX_CONTAINERS + 8)
#define MAX_OOM_KILLS	64
#define POLLS_A_SECOND	10
#define NS_A_SECOND	1000000000ULL
#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define GIB		(1024 * MIB)

#define EXIT_OK		0
#define EXIT_FAILED	1
#define EXIT_USAGE	2
#define EXIT_SKIP	4

enum scenario {
	RUNAWAY, HOPELESS, STRAND, STREAM, PRODUCTIVE, EDGE, FLIP, JOB_ALONE,
	LOW, ANON_SET, WRITE, RANDOM, OOM,
	NR_SCENARIOS
};

/* How the memory of a hopeless node comes back. */
enum release {
	BY_EXIT, BY_MUNLOCK, BY_SWAPON, BY_MIN, BY_TMPFS, BY_SWAPFREE,
	NR_RELEASES
};

/* What the memory of the hog is, and why it cannot be reclaimed. */
enum hog_kind {
	HOG_ANON,			/* there is no swap */
	HOG_MLOCK,			/* a locked file */
	HOG_TMPFS,
	HOG_HUGETLB,			/* reserved huge pages */
	HOG_SWAPFULL,			/* as HOG_ANON, and the swap there is is full */
	HOG_PIPE,			/* the kernel's own, which cannot move */
	HOG_HOLES,			/* locked, with every second page free */
	HOG_MIN,			/* a file that memory.min protects */
	NR_HOGS
};

enum lru_mode { LRU_KEEP, LRU_CLASSIC, LRU_MGLRU };

extern const char * const scenario_names[NR_SCENARIOS];
extern const char * const release_names[NR_RELEASES];
extern const char * const hog_names[NR_HOGS];

struct options {
	enum scenario scenario;
	enum lru_mode lru;
	enum release by;
	enum hog_kind hog;
	int node;			/* -1: the last one with memory */
	int seconds;
	int settle;
	int after;			/* seconds more, without the hog */
	int wait;			/* seconds from giving up to recovery */
	int readers;
	int tasks;			/* of anon and oom; 0: by scenario */
	int writers;
	int dirty_ratio;		/* 0: leave it */
	int lists_fraction;		/* 0: leave it */
	unsigned long long min_free;	/* bytes; 0: leave it */
	int containers;			/* at their memory.high; -1: by scenario */
	int scale_factor;		/* 0: leave it */
	unsigned long long high;
	unsigned long long min;
	unsigned long long hot_size;
	unsigned long long touch_size;
	int hot_percent;		/* the two, of the gap; 0: in bytes */
	int touch_percent;
	unsigned long long file_size;	/* 0: from the node's size */
	unsigned long long swap_size;
	unsigned long long write_size;
	unsigned long long shift_size;	/* 0: from the node's size */
	unsigned long long touch_interval_us;
	unsigned long long hot_pause_us;
	bool hot_low;			/* memory.low protects the hot file */
	unsigned long long job_high;	/* 0: no limit */
	double max_cpu;			/* negative: not asked */
	const char *dir;
	const char *cgroup;
	const char *job;		/* command; NULL: none */
	bool cpuset;			/* that controller, too */
	bool at_low;			/* where the hog ends */
	bool by_mmap;			/* how readers read */
	bool by_sendfile;
	bool anywhere;			/* readers are not bound to the node */
	bool churn;			/* of negative dentries */
	bool json;
};

struct environment {
	char kernel[128];
	int nodes;			/* with memory */
	int cpus;
	int other_node;			/* -1: there is none */
	bool mglru;
	bool node_scope;		/* reclaim is counted per node */
	bool schedstat;
	pid_t kswapd;
	unsigned long long page_size;
};

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

/* Everything that only ever counts up, at one moment. */
struct counters {
	unsigned long long time_ns;
	unsigned long long kswapd_ns;
	unsigned long long kswapd_scanned;
	unsigned long long kswapd_stolen;
	unsigned long long direct_scanned;
	unsigned long long direct_stolen;
	unsigned long long stalls;
	unsigned long long runs;		/* of kswapd */
	struct {
		unsigned long long cpu_us;
		unsigned long long refaults;
		unsigned long long major_faults;
		unsigned long long nodes_dropped;	/* with shadows */
		unsigned long long rounds;
		unsigned long long bytes;
	} worker[MAX_WORKERS];
};

struct sample {
	double t;			/* seconds measured so far */
	double seconds;
	double kswapd_cpu;		/* per cent of one CPU */
	int polls;
	int hopeless;			/* polls that found the node so */
	int unbalanced;			/* polls with no zone above high */
	bool after;			/* the hog was gone */
	struct node_state node;		/* at its end */
	struct counters diff;
};

/* Of all actors of a kind, in microseconds. */
struct latency {
	unsigned long long n;		/* whose times are known */
	double median;
	double p99;
	double max;
	double worst_p99;		/* of the actor that is worst off */
};

/* The seconds after settling, put together. */
struct summary {
	int samples;
	double seconds;
	double cpu_mean;
	double cpu_median;
	double cpu_min;
	double cpu_max;
	double hopeless;		/* share of the polls */
	double kswapd_share;		/* of the pages scanned; -1: none was */
	double work_hopeless;		/* these two where kswapd should be at */
	double work_share;		/* work; -1: no such second */
	double unbalanced;		/* share of the polls */
	double stalls;			/* per second */
	double runs;
	double direct_scanned;
	double refaults;		/* of hot, or of the readers */
	double major_faults;		/* of hot, like the rest of these */
	double nodes_dropped;
	double rounds;
	double mb_read;
	double mb_written;
	double touches;			/* of the anonymous set */
	double shifts;
	double flips;
	unsigned long long job_runs;	/* that ended */
	double job_seconds;		/* the mean of them */
	struct latency latency[NR_KINDS];
};

enum controller { MEMORY, CPUSET, NR_CONTROLLERS };

extern const char * const controller_names[NR_CONTROLLERS];

/* What the kernel's log says of the node under test when the OOM killer came. */
struct oom_kill {
	double t;			/* seconds since boot */
	unsigned long long free_kib;
	unsigned long long min_kib;
	unsigned long long above_kib;	/* free above min and reserve, by zones */
	unsigned long long lists_kib;	/* on the lists of CPUs */
	char victim[32];		/* "": not in the log */
};

/* All that is ever made or changed, known before any of it is. */
struct cleanup {
	char group[PATH_MAX];		/* cgroup, with one more per actor */
	char dir[PATH_MAX];		/* files */
	char parent[PATH_MAX];		/* of the cgroup */
	char swap[PATH_MAX];		/* file or device; "": none */
	char zram[64];			/* its directory in sysfs; "": none */
	char file[PATH_MAX];		/* to be deleted; "": none */
	bool given[NR_CONTROLLERS];	/* its children did not have them */
	char scale_factor[32];		/* former values; "": not changed */
	char lru[32];
	char demotion[32];
	char lists[32];
	char readahead[32];
	char readahead_file[64];
	char min_free[32];
	char dirty[32];
	char dirty_background[32];
	char huge[32];			/* huge pages of the node */
	char huge_file[PATH_MAX];
	char thp_defrag[32];
	char compact[32];
	char tracing[PATH_MAX];		/* tracefs instance; "": none */
};

struct run {
	struct options opt;
	struct environment env;
	struct node_state node;		/* after the sysctl was set */
	struct cleanup cleanup;
	pid_t cleanup_pid;
	pid_t master;			/* whose end is ours, too; 0: nobody */
	int cleanup_fd;			/* open for as long as we live */

	struct worker workers[MAX_WORKERS];
	int nr_workers;
	struct slot *slots;

	struct sample *samples;
	int nr_samples;
	unsigned long long runs_at_start;
	unsigned long long wait_end;
	unsigned long long hog_there_ns;
	unsigned long long oom_kills_at_start;
	unsigned long long oom_kills;
	unsigned long long (*latency)[NR_LATENCIES];	/* when settled */
	bool latency_noted;
	struct oom_kill kills[MAX_OOM_KILLS];
	int nr_kills;			/* that the log tells of */
	bool kills_lost;		/* some may not be among them */
	bool woken;			/* kswapd ran since the hog began */
	bool hopeless_at_start;
	double short_after;		/* seconds until no zone was above low */
	double reset_after;		/* seconds until not hopeless */
	bool clean;			/* everything was undone */

	int signal;
	int status;			/* not 0: gave up, and why says why */
	char why[400];

	struct text zoneinfo;
	struct text vmstat;
	struct text scratch;
};

#define SCALE_FACTOR_FILE	"/proc/sys/vm/watermark_scale_factor"
#define LRU_FILE		"/sys/kernel/mm/lru_gen/enabled"
#define DEMOTION_FILE		"/sys/kernel/mm/numa/demotion_enabled"
#define MIN_FREE_FILE		"/proc/sys/vm/min_free_kbytes"
#define DIRTY_FILE		"/proc/sys/vm/dirty_ratio"
#define DIRTY_BACKGROUND_FILE	"/proc/sys/vm/dirty_background_ratio"
#define THP_DEFRAG_FILE		"/sys/kernel/mm/transparent_hugepage/defrag"
#define COMPACT_FILE		"/proc/sys/vm/compact_unevictable_allowed"
#define LISTS_FILE		"/proc/sys/vm/percpu_pagelist_high_fraction"

/* preflight.c */
int check_requirements(struct run *run);
int check_cgroup(struct run *run);
int check_disk(struct run *run, const char *name, const char *dir,
	       unsigned long long bytes, char *real);
int name_group(struct run *run);
void note_readahead(struct run *run);
int read_node(struct run *run, struct node_state *node);
unsigned long long meminfo_bytes(const char *key);
unsigned long long node_bytes(const struct run *run);
unsigned long long protected_bytes(const struct run *run);

/* parse_options.c */
struct option;

#define FIRST_OPTION	256		/* below it are those of one letter */

int parse_size(struct run *run, const char *name, const char *arg,
	       unsigned long long *size);
int parse_int(struct run *run, const char *name, const char *arg, int least,
	      int most, int *val);
const char *option_name(const struct option *option);
int next_option(struct run *run, int argc, char **argv,
		const struct option *options, int *index);
int exit_early(struct run *run, bool help, const char *help_text);

/* setup.c */
void init_run(struct run *run);
void catch_signals(void);
int __printf(3, 4) fail(struct run *run, int status, const char *fmt, ...);
int outlive_oom(struct run *run);
int protect_self(struct run *run);
int apply_settings(struct run *run);
int set_readahead(struct run *run);
int make_group(struct run *run);
int make_group_and_dir(struct run *run);
int set_memory(struct run *run, const char *group, const char *file,
	       unsigned long long val);
struct worker *new_worker(struct run *run, enum worker_kind kind,
			  const char *name);
int launch(struct run *run, struct worker *worker);
int add_worker(struct run *run, enum worker_kind kind, const char *name);
void end_worker(struct worker *worker);
struct worker *find_worker(const struct run *run, enum worker_kind kind);
unsigned long long group_number(struct run *run, const struct worker *worker,
				const char *file, const char *key);
bool kill_is_a_result(const struct run *run);
int check_workers(struct run *run);
void sleep_until(unsigned long long ns);
int wait_until(struct run *run, bool (*done)(struct run *run),
	       const char *what);
int note_runs(struct run *run);
unsigned long long runs_so_far(struct run *run);
bool kswapd_was_woken(struct run *run);
bool hot_has_read_all(struct run *run);
bool streams_have_filled_up(struct run *run);
bool job_was_done(struct run *run);
bool tasks_are_ready(struct run *run);
bool hog_is_there(struct run *run);
bool hog_is_steady(struct run *run);
bool node_is_hopeless(struct run *run);
bool node_is_empty(struct run *run);
int finish(struct run *run);

/* sampling.c */
int read_counters(struct run *run, struct counters *c);
int take_sample(struct run *run, unsigned long long start,
		unsigned long long end, struct counters *before);

/* scenarios.c */
int begin_scenario(struct run *run);
void end_hog(struct run *run);

/* release.c */
int release_memory(struct run *run);

/* cleanup.c */
int cleanup_start(struct run *run);
bool cleanup_finish(struct run *run);

/* sizes.c */
unsigned long long gap_bytes(const struct run *run);
bool has_hot_file(const struct options *opt);
bool has_hog(const struct options *opt);
bool is_healthy(const struct options *opt);
bool wants_swap(const struct options *opt);
unsigned long long bytes_on_disk(const struct run *run);
int check_fit(struct run *run);
int size_by_gap(struct run *run);

/* hog.c */
void hog_body(const struct run *run, struct worker *worker);

/* hog_memory.c */
struct hog;

void hog_map(struct hog *hog, struct worker *worker);
void hog_take(struct hog *hog, unsigned long long pages);
void hog_make_holes(struct hog *hog, unsigned long long pages);
void hog_release(struct hog *hog);

/* hugetlb.c */
int note_huge_pages(struct run *run);
unsigned long long huge_page_bytes(void);
int set_huge_pages(const struct run *run, unsigned long long n,
		   unsigned long long *got);
int free_huge_pages(struct run *run);

/* swap.c */
void note_zram(struct run *run);
int make_swap(struct run *run);
int swap_on(struct run *run);
unsigned long long free_swap_bytes(void);

/* load.c */
void set_body(const struct run *run, struct worker *worker);
void writer_body(const struct run *run, struct worker *worker);
void __noreturn read_at_random(const struct run *run, struct worker *worker);

/* shifter.c */
void stay_on_cpu(struct slot *slot, int cpu);
void __noreturn shift(const struct run *run, struct slot *slot,
		      struct slot *shared, int tasks, size_t size,
		      unsigned long long times);
void shifter_body(const struct run *run, struct worker *worker);

/* oom_log.c */
int open_oom_log(struct run *run);
void read_oom_log(struct run *run);

/* pulse.c */
void touch_body(const struct run *run, struct worker *worker);
void churn_body(const struct run *run, struct worker *worker);
int fill_pipe(int fd, size_t size, size_t page, struct slot *slot);

/* workers.c */
pid_t start_worker(const struct run *run, struct worker *worker);
int prefer_node(int nid);
int bind_to_node(int nid);
int make_filled_file(struct run *run, const char *path, unsigned long long size);
void __noreturn __printf(2, 3)
worker_fail(struct slot *slot, const char *fmt, ...);
void begin_child(const struct run *run, pid_t parent, int oom_score_adj,
		 struct slot *slot);
void enter_cgroup(const char *cgroup, struct slot *slot);
void pause_us(unsigned long long us);
void *map_small_pages(struct slot *slot, size_t size);
void *map_anonymous(const struct run *run, struct worker *worker, size_t size);
void *map_shared_file(struct slot *slot, int fd, size_t size, int prot);
void note_latency(struct slot *slot, unsigned long long us);
void write_pages(char *mem, size_t size, size_t page);

/* json.c */
void json_string(FILE *out, const char *s);
void json_end(FILE *out, const struct run *run);
void json_value(FILE *out, const char *name, double value, int digits);

/* latency.c */
void summarize_latencies(const struct run *run, struct summary *sum);
void say_latencies(FILE *out, const struct summary *sum);
void json_latencies(FILE *out, const struct summary *sum);

/* report.c */
void say_header(FILE *out, const struct run *run);
void say_sample(FILE *out, const struct run *run, const struct sample *s);
void say_summary(FILE *out, const struct run *run, const struct summary *sum);
void summarize(const struct run *run, struct summary *sum);
bool verdict(const struct run *run, const struct summary *sum, char *why,
	     size_t size);
void print_json(FILE *out, const struct run *run, const struct summary *sum);

#endif
