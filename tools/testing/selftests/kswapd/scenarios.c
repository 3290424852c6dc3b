// SPDX-License-Identifier: GPL-2.0
/*
 * Each scenario up to the first measured second.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

/*
 * The memory.min of the parent is the size of the streams, not the sum of their
 * memory.min. With the mount option memory_recursiveprot, the kernel would share a
 * larger value among all children, and protect the hot file.
 */
static int add_containers(struct run *run)
{
	struct options *opt = &run->opt;
	unsigned long long above = opt->high + opt->high / 4 + 2 * MIB;
	unsigned long long min = opt->min < above ? opt->min : above;
	struct worker *worker;
	char name[32];
	int i;

	if (opt->by != BY_MIN &&
	    set_memory(run, run->cleanup.group, "memory.min", opt->containers * min))
		return -1;
	for (i = 0; i < opt->containers; i++) {
		snprintf(name, sizeof(name), i ? "stream%d" : "stream", i);
		worker = new_worker(run, STREAMER, name);
		if (!worker)
			return -1;
		worker->high = opt->high;
		if (set_memory(run, worker->cgroup, "memory.min", opt->min) ||
		    set_memory(run, worker->cgroup, "memory.high", opt->high) ||
		    launch(run, worker))
			return -1;
	}
	return wait_until(run, streams_have_filled_up,
			  "a container has not reached its memory.high");
}

static int set_by(struct run *run, const char *path, const char *former,
		  const char *val)
{
	int err = *former ? write_line(path, "%s", val) : 0;

	return err ? fail(run, EXIT_SKIP, "cannot write to %s: %s", path,
			  strerror(-err)) : 0;
}

/* Sets memory.min or memory.low of a worker and of its parent. */
static int protect(struct run *run, const struct worker *worker, const char *file,
		   unsigned long long bytes)
{
	return set_memory(run, run->cleanup.group, file, bytes) ||
	       set_memory(run, worker->cgroup, file, bytes) ? -1 : 0;
}

static int add_hog(struct run *run)
{
	struct worker *worker;

	/* With "defer", a huge page fault wakes kswapd and does not compact itself. */
	if (set_by(run, THP_DEFRAG_FILE, run->cleanup.thp_defrag, "defer") ||
	    set_by(run, COMPACT_FILE, run->cleanup.compact, "0"))
		return -1;
	if (run->opt.hog == HOG_SWAPFULL && swap_on(run))
		return -1;
	worker = new_worker(run, HOG, "hog");
	if (!worker)
		return -1;
	if (run->opt.by == BY_MIN &&
	    protect(run, worker, "memory.min", protected_bytes(run)))
		return -1;
	return launch(run, worker);
}

static int add_job(struct run *run)
{
	struct worker *worker = new_worker(run, JOB, "job");

	if (!worker)
		return -1;
	if (run->opt.job_high &&
	    set_memory(run, worker->cgroup, "memory.high", run->opt.job_high))
		return -1;
	if (launch(run, worker))
		return -1;
	return wait_until(run, job_was_done, "the job has not completed one run");
}

static int add_hot(struct run *run)
{
	struct worker *worker = new_worker(run, HOT, "hot");

	if (!worker)
		return -1;
	if (run->opt.hot_low &&
	    protect(run, worker, "memory.low", node_bytes(run)))
		return -1;
	return launch(run, worker);
}

/* Starts the containers, the hot file, the hog and the pulses. */
static int press(struct run *run)
{
	if (add_hot(run) || add_containers(run) ||
	    wait_until(run, hot_has_read_all,
		       "the hot file has not been read once"))
		return -1;
	if (run->opt.job && add_job(run))
		return -1;
	if (note_runs(run) || add_hog(run) ||
	    wait_until(run, hog_is_there, "the hog has not filled the node"))
		return -1;
	run->hog_there_ns = now_ns();
	if (run->opt.churn && add_worker(run, CHURN, "churn"))
		return -1;
	return add_worker(run, TOUCH, "touch");
}

/* kswapd can give up while the hog fills the node. Then nothing wakes it. */
static bool kswapd_was_woken_or_gave_up(struct run *run)
{
	return kswapd_was_woken(run) || node_is_hopeless(run);
}

/*
 * Runs of kswapd while the hog filled the node are no sign that the pressure has
 * begun.
 */
static int begin_runaway(struct run *run)
{
	if (press(run))
		return -1;
	run->woken = kswapd_was_woken(run);
	/* Restart the count of runs only: earlier OOM kills still count. */
	run->runs_at_start = runs_so_far(run);
	if (wait_until(run, kswapd_was_woken_or_gave_up,
		       "kswapd has not been woken"))
		return -1;
	return wait_until(run, hog_is_steady, "the hog is still growing");
}

static int begin_oscillate(struct run *run)
{
	if (add_containers(run) || note_runs(run) || add_hog(run) ||
	    wait_until(run, hog_is_there, "the hog has not filled the node"))
		return -1;
	run->hog_there_ns = now_ns();
	return add_worker(run, TOUCH, "touch");
}

static int begin_stream_beside_hog(struct run *run)
{
	if (add_hog(run) ||
	    wait_until(run, hog_is_there, "the hog has not filled the node") ||
	    note_runs(run) || add_readers(run, 0))
		return -1;
	return wait_until(run, kswapd_was_woken_or_gave_up,
			  "kswapd has not been woken");
}

static int begin_hopeless(struct run *run)
{
	if (note_runs(run) || add_hog(run) ||
	    wait_until(run, hog_is_there, "the hog has not filled the node") ||
	    add_worker(run, TOUCH, "touch"))
		return -1;
	return wait_until(run, node_is_hopeless,
			  "kswapd has not given up");
}

void end_hog(struct run *run)
{
	end_worker(find_worker(run, TOUCH));
	end_worker(find_worker(run, HOG));
	free_huge_pages(run);
}

static int add_tasks(struct run *run, enum worker_kind kind, const char *what,
		     int n, unsigned long long size)
{
	struct worker *worker;
	char name[32];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%d", what, i);
		worker = new_worker(run, kind, name);
		if (!worker)
			return -1;
		worker->size = size;
		if (launch(run, worker))
			return -1;
	}
	return 0;
}

static bool wait_is_over(struct run *run)
{
	return now_ns() >= run->wait_end;
}

/* A restarted kswapd soon balances the node, so its runs count as well. */
static bool node_was_short(struct run *run)
{
	struct node_state node;

	return read_node(run, &node) || !node.over_low ||
	       runs_so_far(run) > run->runs_at_start;
}

/*
 * Measurement begins when the readers have filled the node, so that fast and slow
 * machines compare.
 */
static int fill_by_readers(struct run *run)
{
	/* Enough for all page cache. */
	unsigned long long low = run->opt.scenario == LOW ? 2 * node_bytes(run) : 0;

	if (note_runs(run) || add_readers(run, low) ||
	    wait_until(run, node_was_short,
		       "the readers have not filled the node"))
		return -1;
	run->short_after = 0;
	return 0;
}

static int begin_write(struct run *run)
{
	return add_tasks(run, WRITER, "writer", run->opt.writers, 0) ||
	       fill_by_readers(run) ? -1 : 0;
}

static int begin_set(struct run *run)
{
	unsigned long long size = node_bytes(run) / 10 * 13 / run->opt.tasks;

	if (swap_on(run) || note_runs(run) ||
	    add_tasks(run, SET, "set", run->opt.tasks, size))
		return -1;
	return wait_until(run, tasks_are_ready,
			  "the tasks have not filled the anonymous set");
}

/*
 * The tasks allocate only memory that they have freed before. Stop the hog, so that it
 * does not take these pages, and end touch, so that kswapd is not woken.
 */
static int begin_oom(struct run *run)
{
	int i;

	if (open_oom_log(run) ||
	    add_tasks(run, SHIFTER, "shifter", run->opt.tasks, 0) ||
	    wait_until(run, tasks_are_ready, "a task has not filled its memory") ||
	    begin_hopeless(run))
		return -1;
	end_worker(find_worker(run, TOUCH));
	kill(find_worker(run, HOG)->pid, SIGSTOP);
	run->hopeless_at_start = true;
	run->hog_there_ns = now_ns();
	for (i = 0; i < run->nr_workers; i++)
		if (run->workers[i].kind == SHIFTER)
			atomic_store(&run->workers[i].slot->leave, true);
	return 0;
}

static int begin_restart(struct run *run)
{
	struct node_state node;

	if (add_containers(run) || begin_hopeless(run))
		return -1;
	run->wait_end = now_ns() + run->opt.wait * NS_A_SECOND;
	if (wait_until(run, wait_is_over, "the wait is not over"))
		return -1;
	end_worker(find_worker(run, TOUCH));
	if (release_memory(run) || read_node(run, &node))
		return -1;
	run->hopeless_at_start = node.hopeless;
	return fill_by_readers(run);
}

int begin_scenario(struct run *run)
{
	static int (* const begin[NR_SCENARIOS])(struct run *run) = {
		[RUNAWAY]		= begin_runaway,
		[HOPELESS]		= begin_hopeless,
		[RESTART]		= begin_restart,
		[STREAM]		= fill_by_readers,
		[STREAM_BESIDE_HOG]	= begin_stream_beside_hog,
		/* Nothing is waited for: a kill may come soon. */
		[NEAR_OOM]		= press,
		[OSCILLATE]		= begin_oscillate,
		[JOB_ALONE]		= add_job,
		[LOW]			= fill_by_readers,
		[ANON_SET]		= begin_set,
		[WRITE]			= begin_write,
		[RANDOM]		= fill_by_readers,
		[OOM]			= begin_oom,
	};

	if (apply_settings(run) || make_group_and_dir(run) ||
	    make_swap(run))
		return -1;
	return begin[run->opt.scenario](run);
}
