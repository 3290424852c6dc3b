/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scenarios, options and the sizes that follow from them.
 */
#ifndef KSWAPD_OPTIONS_H
#define KSWAPD_OPTIONS_H

#include <stdbool.h>

struct run;
struct option;

enum scenario {
	RUNAWAY, HOPELESS, RESTART, STREAM, STREAM_BESIDE_HOG, NEAR_OOM,
	OSCILLATE, JOB_ALONE, LOW, ANON_SET, WRITE, RANDOM, OOM,
	NR_SCENARIOS
};

/* How the memory of a hopeless node is released. */
enum release {
	BY_EXIT, BY_MUNLOCK, BY_SWAPON, BY_MIN, BY_TMPFS, BY_SWAPFREE,
	NR_RELEASES
};

/* The memory of the hog, and the reason why it is unreclaimable. */
enum hog_kind {
	HOG_ANON,			/* no swap */
	HOG_MLOCK,			/* a locked file */
	HOG_TMPFS,
	HOG_HUGETLB,			/* reserved huge pages */
	HOG_SWAPFULL,			/* anonymous, and the swap is full */
	HOG_PIPE,			/* unmovable kernel memory */
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
	int after;			/* further seconds, without the hog */
	int wait;			/* seconds from giving up to the release */
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
	int hot_percent;		/* hot_size as part of the gap; 0: in bytes */
	int touch_percent;		/* touch_size likewise */
	unsigned long long file_size;	/* 0: from the node's size */
	unsigned long long swap_size;
	unsigned long long write_size;
	unsigned long long shift_size;	/* 0: from the node's size */
	unsigned long long touch_interval_us;
	unsigned long long hot_pause_us;
	bool hot_low;			/* memory.low protects the hot file */
	unsigned long long job_high;	/* 0: no limit */
	double max_cpu;			/* negative: no limit */
	const char *dir;
	const char *dir_by;		/* the name by which a user gives it */
	const char *cgroup;
	const char *job;		/* command; NULL: none */
	bool cpuset;			/* also enable this controller */
	bool at_low;			/* the hog stops at low, not below */
	bool by_mmap;			/* readers touch mapped pages */
	bool by_sendfile;		/* readers send each block twice */
	bool anywhere;			/* readers are not bound to the node */
	bool churn;			/* a task makes negative dentries */
	bool grow;			/* the hog grows until it is OOM-killed */
	bool json;
};

/* parse_options.c */
#define FIRST_OPTION	256		/* smaller values are options of one letter */

int parse_size(struct run *run, const char *name, const char *arg,
	       unsigned long long *size);
int parse_int(struct run *run, const char *name, const char *arg, int least,
	      int most, int *val);
const char *option_name(const struct option *option);
int next_option(struct run *run, int argc, char **argv,
		const struct option *options, int *index);
int exit_early(struct run *run, bool help, const char *help_text);

/* sizes.c */
unsigned long long gap_bytes(const struct run *run);
bool has_hot_file(const struct options *opt);
bool has_hog(const struct options *opt);
bool is_healthy(const struct options *opt);
bool wants_swap(const struct options *opt);
unsigned long long bytes_on_disk(const struct run *run);
int check_fit(struct run *run);
int size_by_gap(struct run *run);

#endif
