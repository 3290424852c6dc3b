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
 * The supervisor must outlive what it makes, and its own memory should come
 * from elsewhere where there is an elsewhere. It does not insist on that: on a
 * machine with one node it lives on what the watermarks leave, and the hog goes
 * first when that runs out.
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
 * With little read ahead of those who use it, hardly anything is on the inactive
 * list, where all that has been used goes to the active one.
 */
int set_readahead(struct run *run)
{
	int err = -ENOENT;

	if (*run->cleanup.readahead)
		err = write_line(run->cleanup.readahead_file, "%d", READAHEAD_KIB);
	if (err)
		return fail(run, EXIT_SKIP,
			    "cannot change how far the disk under %s reads ahead: %s",
			    run->opt.dir, strerror(-err));
	return 0;
}

/* Of what is free, and of what free pages lie on the lists of CPUs. */
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

/* Writeback begins a little before writers have to wait for it. */
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
	/* Groups made from here on begin with the LRU that is wanted. */
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
			    "the %s controller cannot be given to children of %s: %s",
			    name, group, strerror(-err));
	return 0;
}

/* The group that all others go into. */
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
