/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of file_anon_mix_pressure share.
 */
#ifndef KSWAPD_FILE_ANON_MIX_H
#define KSWAPD_FILE_ANON_MIX_H

#include "run.h"

/* What the workers tell the supervisor. */
struct shared {
	struct slot anon;
	struct slot readers[];
};

struct mix_options {
	const char *file;
	unsigned long long anon_size;
	unsigned long long file_size;
	unsigned long long memory_max;	/* 0: no cgroup of its own */
	int anon_workers;
	int file_workers;
	int reader_sleep_us;
	int anon_wait_s;
	int rounds;
};

/* A look at the cgroup, in bytes and in pages refaulted so far. */
struct memcg_sample {
	unsigned long long time_ns;
	unsigned long long anon;
	unsigned long long file;
	unsigned long long dirty;
	unsigned long long pagetables;
	unsigned long long refaults;
	unsigned long long kills;
};

struct round {
	double seconds;
	unsigned long long refaults;
	unsigned long long anon;	/* most and least that was seen */
	unsigned long long file;
};

struct mix {
	struct run run;
	struct mix_options opt;
	char group[PATH_MAX];		/* of the workers; "": the caller's */
	char events[PATH_MAX + 32];	/* where OOM kills are counted */
	char stat[PATH_MAX + 32];
	unsigned long long limit;	/* the least of all that there are */
	char lru_gen[32];		/* "": the kernel has no MGLRU */

	struct shared *shared;
	pid_t *pids;			/* anon is the last one */
	int nr_pids;
	unsigned long long kills_at_start;
	struct memcg_sample last;	/* with no kill yet */
	struct memcg_sample killed;	/* the first one after it */
	struct round *rounds;
	int nr_rounds;
};

/* file_anon_mix_workers.c */
int start_readers(struct mix *mix);
int start_anon(struct mix *mix);

#endif
