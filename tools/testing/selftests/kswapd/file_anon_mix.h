/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of file_anon_mix_pressure.
 */
#ifndef KSWAPD_FILE_ANON_MIX_H
#define KSWAPD_FILE_ANON_MIX_H

#include "run.h"

/* Written by the workers, read by the supervisor. */
struct shared {
	struct slot anon;
	struct slot readers[];
};

struct mix_options {
	const char *file;
	unsigned long long anon_size;
	unsigned long long file_size;
	unsigned long long memory_max;	/* 0: in the caller's cgroup */
	int anon_workers;
	int file_workers;
	int reader_sleep_us;
	int anon_wait_s;
	int rounds;
	int lru_gen;			/* bits to enable; -1: leave them */
};

/* A sample of the cgroup: bytes, and pages refaulted so far. */
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
	unsigned long long anon;	/* largest */
	unsigned long long file;	/* smallest */
};

struct mix {
	struct run run;
	struct mix_options opt;
	char group[PATH_MAX];		/* of the workers; "": the caller's */
	char events[PATH_MAX + 32];	/* file that counts OOM kills */
	char stat[PATH_MAX + 32];
	unsigned long long limit;	/* smallest of cgroups and machine */
	char lru_gen[32];		/* "": the kernel has no MGLRU */

	struct shared *shared;
	pid_t *pids;			/* anon is the last one */
	int nr_pids;
	unsigned long long kills_at_start;
	struct memcg_sample last;	/* before the first kill */
	struct memcg_sample killed;	/* after the first kill */
	struct round *rounds;
	int nr_rounds;
};

/* file_anon_mix_workers.c */
int start_readers(struct mix *mix);
int start_anon(struct mix *mix);

#endif
