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
