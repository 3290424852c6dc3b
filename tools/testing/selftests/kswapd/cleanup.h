/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that a run makes or changes, and its removal.
 */
#ifndef KSWAPD_CLEANUP_H
#define KSWAPD_CLEANUP_H

#include <limits.h>
#include <stdbool.h>

struct run;

enum controller { MEMORY, CPUSET, NR_CONTROLLERS };

extern const char * const controller_names[NR_CONTROLLERS];

/* Filled in completely before the first of these is made or changed. */
struct cleanup {
	char group[PATH_MAX];		/* cgroup, the parent of the workers' */
	char dir[PATH_MAX];		/* files */
	char parent[PATH_MAX];		/* of the cgroup */
	char swap[PATH_MAX];		/* file or device; "": none */
	char zram[64];			/* its directory in sysfs; "": none */
	char file[PATH_MAX];		/* deleted at the end; "": none */
	bool given[NR_CONTROLLERS];	/* enabled for the children of parent */
	char scale_factor[32];		/* previous values; "": not changed */
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

#define SCALE_FACTOR_FILE	"/proc/sys/vm/watermark_scale_factor"
#define LRU_FILE		"/sys/kernel/mm/lru_gen/enabled"
#define DEMOTION_FILE		"/sys/kernel/mm/numa/demotion_enabled"
#define MIN_FREE_FILE		"/proc/sys/vm/min_free_kbytes"
#define DIRTY_FILE		"/proc/sys/vm/dirty_ratio"
#define DIRTY_BACKGROUND_FILE	"/proc/sys/vm/dirty_background_ratio"
#define THP_SIZE_FILE		"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
#define THP_DEFRAG_FILE		"/sys/kernel/mm/transparent_hugepage/defrag"
#define COMPACT_FILE		"/proc/sys/vm/compact_unevictable_allowed"
#define LISTS_FILE		"/proc/sys/vm/percpu_pagelist_high_fraction"

int cleanup_start(struct run *run);
bool cleanup_finish(struct run *run);

#endif
