// SPDX-License-Identifier: GPL-2.0
/*
 * Settings, cgroups and directories of a run.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

#define READAHEAD_KIB		128

void init_run(struct run *run)
{
	struct options *opt = &run->opt;

	memset(run, 0, sizeof(*run));
	run->env.page_size = sysconf(_SC_PAGESIZE);
	run->short_after = -1;		/* not yet */
	run->reset_after = -1;
	run->clean = true;
	opt->node = -1;
	opt->seconds = 20;
	opt->settle = 5;
	opt->scale_factor = 300;
	opt->high = 8 * MIB;
	opt->min = 64 * MIB;
	opt->hot_size = 16 * MIB;
	opt->touch_size = MIB;
	opt->swap_size = 128 * MIB;
	opt->touch_interval_us = 2000;
	opt->hot_pause_us = 1000;
	opt->writers = 3;
	opt->write_size = 128 * MIB;
	opt->max_cpu = -1;
	opt->containers = -1;
	opt->dir = ".";
	opt->dir_by = "--dir";
	opt->cgroup = "/sys/fs/cgroup";
}

int outlive_oom(struct run *run)
{
	int err = write_line("/proc/self/oom_score_adj", "-1000");

	if (err)
		return fail(run, EXIT_SKIP,
			    "cannot protect itself from the OOM killer: %s",
			    strerror(-err));
	return 0;
}

/*
 * The supervisor must survive the OOM killer, and prefers memory of another node. On a
 * machine with one node, it uses the pages that the watermarks leave. If these run
 * out, the hog is killed first.
 */
int protect_self(struct run *run)
{
	size_t slots = MAX_WORKERS * sizeof(*run->slots);
	int err;

	if (outlive_oom(run))
		return -1;
	if (run->env.other_node >= 0) {
		err = prefer_node(run->env.other_node);
		if (err)
			return fail(run, EXIT_SKIP,
				    "cannot take memory from node %d: %s",
				    run->env.other_node, strerror(-err));
	}

	run->slots = mmap(NULL, slots, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run->slots == MAP_FAILED) {
		run->slots = NULL;
		return fail(run, EXIT_FAILED, "cannot map shared memory: %s",
			    strerror(errno));
	}
	memset(run->slots, 0, slots);
	run->samples = calloc(run->opt.seconds + run->opt.after,
			      sizeof(*run->samples));
	run->latency = calloc(MAX_WORKERS, sizeof(*run->latency));
	if (!run->samples || !run->latency)
		return fail(run, EXIT_FAILED,
			    "no memory for %d seconds of samples",
			    run->opt.seconds);
	return 0;
}

/*
 * With a short readahead, few pages are on the inactive list, because each page that is
 * used twice moves to the active list.
 */
int set_readahead(struct run *run)
{
	int err = -ENOENT;

	if (*run->cleanup.readahead)
		err = write_line(run->cleanup.readahead_file, "%d", READAHEAD_KIB);
	if (err)
		return fail(run, EXIT_SKIP,
			    "cannot change the readahead of the disk under %s: %s",
			    run->opt.dir, strerror(-err));
	return 0;
}

/* Limits of free pages, and of those on per-CPU lists. */
static int set_limits(struct run *run)
{
	struct options *opt = &run->opt;
	int err = 0;

	if (opt->min_free)
		err = write_line(MIN_FREE_FILE, "%llu", opt->min_free / KIB);
	if (!err && opt->lists_fraction)
		err = write_line(LISTS_FILE, "%d", opt->lists_fraction);
	return err ? fail(run, EXIT_SKIP,
			  "cannot change vm.min_free_kbytes and vm.percpu_pagelist_high_fraction: %s",
			  strerror(-err)) : 0;
}

/* Background writeback begins shortly before writers must wait. */
static int set_dirty_ratio(struct run *run)
{
	int ratio = run->opt.dirty_ratio;
	int err;

	if (!ratio)
		return 0;
	err = write_line(DIRTY_BACKGROUND_FILE, "%d", ratio - ratio / 9 - 1);
	if (!err)
		err = write_line(DIRTY_FILE, "%d", ratio);
	if (err)
		return fail(run, EXIT_SKIP, "cannot change vm.dirty_ratio: %s",
			    strerror(-err));
	return 0;
}

int apply_settings(struct run *run)
{
	int err;

	if (run->opt.by_sendfile && set_readahead(run))
		return -1;
	if (*run->cleanup.scale_factor) {
		err = write_line(SCALE_FACTOR_FILE, "%d",
				 run->opt.scale_factor);
		if (err)
			return fail(run, EXIT_SKIP,
				    "cannot change vm.watermark_scale_factor: %s",
				    strerror(-err));
	}
	if (set_limits(run) || set_dirty_ratio(run))
		return -1;
	/* The cgroups made later use this LRU from the start. */
	if (*run->cleanup.lru) {
		err = write_line(LRU_FILE, "%c",
				 run->opt.lru == LRU_MGLRU ? 'y' : 'n');
		if (err)
			return fail(run, EXIT_SKIP,
				    "cannot change the LRU: %s",
				    strerror(-err));
		run->env.mglru = run->opt.lru == LRU_MGLRU;
	}

	return read_node(run, &run->node) || size_by_gap(run) ? -1 : 0;
}

static int give_controller(struct run *run, const char *group, const char *name)
{
	char path[PATH_MAX + 32];
	int err;

	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", group);
	err = write_line(path, "+%s", name);
	if (err)
		return fail(run, EXIT_SKIP,
			    "cannot enable the %s controller for children of %s: %s",
			    name, group, strerror(-err));
	return 0;
}

/* Makes the parent of the workers' cgroups. */
int make_group(struct run *run)
{
	struct cleanup *cleanup = &run->cleanup;
	int i;

	for (i = 0; i < NR_CONTROLLERS; i++)
		if (cleanup->given[i] &&
		    give_controller(run, cleanup->parent, controller_names[i]))
			return -1;
	if (mkdir(cleanup->group, 0755))
		return fail(run, EXIT_SKIP, "cannot make the cgroup %s: %s",
			    cleanup->group, strerror(errno));
	if (give_controller(run, cleanup->group, "memory") ||
	    (run->opt.cpuset && give_controller(run, cleanup->group, "cpuset")))
		return -1;
	return 0;
}

int make_group_and_dir(struct run *run)
{
	struct cleanup *cleanup = &run->cleanup;

	if (make_group(run))
		return -1;
	if (mkdir(cleanup->dir, 0700))
		return fail(run, EXIT_FAILED, "cannot make %s: %s",
			    cleanup->dir, strerror(errno));
	return 0;
}

int set_memory(struct run *run, const char *group, const char *file,
	       unsigned long long val)
{
	char path[PATH_MAX + 64];
	int err;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	err = write_line(path, "%llu", val);
	if (err)
		return fail(run, EXIT_FAILED, "cannot write %llu to %s: %s",
			    val, path, strerror(-err));
	return 0;
}

struct worker *new_worker(struct run *run, enum worker_kind kind,
			  const char *name)
{
	struct worker *worker = &run->workers[run->nr_workers];

	worker->kind = kind;
	worker->slot = &run->slots[run->nr_workers];
	snprintf(worker->name, sizeof(worker->name), "%s", name);
	if (snprintf(worker->cgroup, sizeof(worker->cgroup), "%s/%s",
		     run->cleanup.group, name) >= (int)sizeof(worker->cgroup) ||
	    snprintf(worker->file, sizeof(worker->file), "%s/file%d",
		     run->cleanup.dir, run->nr_workers) >= (int)sizeof(worker->file)) {
		fail(run, EXIT_USAGE, "a path is too long");
		return NULL;
	}
	if (mkdir(worker->cgroup, 0755)) {
		fail(run, EXIT_FAILED, "cannot make the cgroup %s: %s",
		     worker->cgroup, strerror(errno));
		return NULL;
	}
	run->nr_workers++;
	return worker;
}
