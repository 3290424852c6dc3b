// SPDX-License-Identifier: GPL-2.0
/*
 * Sets the place up, starts the actors and watches them.
 */
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

#define WAIT_STEP_NS		20000000
#define DEADLINE_SECONDS	240
#define STEADY_SECONDS		5
#define READAHEAD_KIB		128

static atomic_int caught_signal;

static void catch_signal(int sig)
{
	caught_signal = sig;
}

/* Keeps the first reason to stop. Always -1, to be returned. */
int fail(struct run *run, int status, const char *fmt, ...)
{
	va_list ap;

	if (run->status)
		return -1;
	run->status = status;
	va_start(ap, fmt);
	vsnprintf(run->why, sizeof(run->why), fmt, ap);
	va_end(ap);
	return -1;
}

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

void catch_signals(void)
{
	static const int caught[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = catch_signal };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(caught); i++)
		sigaction(caught[i], &action, NULL);
	/* A reader that went away shows as an error of the write. */
	signal(SIGPIPE, SIG_IGN);
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

int launch(struct run *run, struct worker *worker)
{
	pid_t pid = start_worker(run, worker);

	if (pid < 0)
		return fail(run, EXIT_FAILED, "cannot start %s: %s",
			    worker->name, strerror(-pid));
	worker->pid = pid;
	return 0;
}

int add_worker(struct run *run, enum worker_kind kind, const char *name)
{
	struct worker *worker = new_worker(run, kind, name);

	return worker ? launch(run, worker) : -1;
}

/* Watching the actors */

/* Const is the search, not what it finds: as with strchr(). */
struct worker *find_worker(const struct run *run, enum worker_kind kind)
{
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if (run->workers[i].kind == kind)
			return (struct worker *)&run->workers[i];
	return NULL;
}

unsigned long long group_number(struct run *run, const struct worker *worker,
				const char *file, const char *key)
{
	unsigned long long val = 0;
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", worker->cgroup, file);
	if (text_read(&run->scratch, path) ||
	    !keyed_number(run->scratch.buf, key, &val))
		return 0;
	return val;
}

/* How near a node is to that differs from kernel to kernel. */
bool kill_is_a_result(const struct run *run)
{
	return run->opt.scenario == EDGE || run->opt.scenario == FLIP ||
	       run->opt.scenario == OOM;
}

static int report_death(struct run *run, struct worker *worker, int status)
{
	if (*worker->slot->note)
		return fail(run, EXIT_FAILED, "%s gave up: it %s",
			    worker->name, worker->slot->note);
	if (WIFSIGNALED(status) &&
	    group_number(run, worker, "memory.events", "oom_kill")) {
		worker->oom_killed_ns = now_ns();
		if (kill_is_a_result(run))
			return 0;
		return fail(run, EXIT_FAILED, "%s%s was OOM-killed",
			    worker->kind == HOG ? "the " : "", worker->name);
	}
	if (WIFSIGNALED(status))
		return fail(run, EXIT_FAILED, "%s was killed by signal %d",
			    worker->name, WTERMSIG(status));
	return fail(run, EXIT_FAILED, "%s ended with status %d",
		    worker->name, WEXITSTATUS(status));
}

/* -1 when it is time to stop: a signal, or an actor that is gone. */
int check_workers(struct run *run)
{
	int status;
	int i;

	for (i = 0; i < run->nr_workers; i++) {
		struct worker *worker = &run->workers[i];

		if (worker->pid &&
		    waitpid(worker->pid, &status, WNOHANG) == worker->pid) {
			worker->pid = 0;
			report_death(run, worker, status);
		}
	}
	if (caught_signal)
		run->signal = caught_signal;
	return run->status || run->signal ? -1 : 0;
}

void sleep_until(unsigned long long ns)
{
	struct timespec ts = {
		.tv_sec = ns / NS_A_SECOND,
		.tv_nsec = ns % NS_A_SECOND,
	};

	/* A signal ends the sleep, and all_well() sees to it. */
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/* A node with more memory takes longer to fill and to empty. */
static int deadline_seconds(const struct run *run)
{
	return DEADLINE_SECONDS + 4 * (node_bytes(run) / GIB);
}

int wait_until(struct run *run, bool (*done)(struct run *run),
	       const char *what)
{
	unsigned long long start = now_ns();
	int seconds = deadline_seconds(run) + run->opt.wait;

	for (;;) {
		if (check_workers(run))
			return -1;
		if (done(run))
			return run->status ? -1 : 0;
		if (now_ns() - start > seconds * NS_A_SECOND)
			return fail(run, EXIT_FAILED,
				    "%s, and %d seconds have passed", what,
				    seconds);
		sleep_until(now_ns() + WAIT_STEP_NS);
	}
}

bool hot_has_read_all(struct run *run)
{
	return atomic_load(&find_worker(run, HOT)->slot->ready);
}

/* Once, so that all it needs has been read from the disk. */
bool job_was_done(struct run *run)
{
	return atomic_load(&find_worker(run, JOB)->slot->rounds);
}

/* All that take memory of their own first. */
bool tasks_are_ready(struct run *run)
{
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if ((run->workers[i].kind == SET ||
		     run->workers[i].kind == SHIFTER) &&
		    !atomic_load(&run->workers[i].slot->ready))
			return false;
	return true;
}

static bool has_filled_up(struct run *run, const struct worker *worker)
{
	char path[PATH_MAX + 32];
	unsigned long long now;

	if (group_number(run, worker, "memory.events", "high"))
		return true;
	snprintf(path, sizeof(path), "%s/memory.current", worker->cgroup);
	return !read_number(path, &now) && now >= worker->high;
}

/* All that have a memory.high. */
bool streams_have_filled_up(struct run *run)
{
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if (run->workers[i].high && !has_filled_up(run, &run->workers[i]))
			return false;
	return true;
}

bool hog_is_there(struct run *run)
{
	struct worker *hog = find_worker(run, HOG);

	return atomic_load(&hog->slot->ready) || hog->oom_killed_ns;
}

unsigned long long runs_so_far(struct run *run)
{
	unsigned long long runs = 0;

	if (text_read(&run->vmstat, "/proc/vmstat"))
		fail(run, EXIT_FAILED, "cannot read /proc/vmstat");
	else
		keyed_number(run->vmstat.buf, "pageoutrun", &runs);
	return runs;
}

/*
 * kswapd may find page cache from before, which the hog then takes the place
 * of. Until that is over the node is not what the scenario is about.
 */
bool hog_is_steady(struct run *run)
{
	struct slot *slot = find_worker(run, HOG)->slot;

	return now_ns() - atomic_load(&slot->changed_ns) >
	       STEADY_SECONDS * NS_A_SECOND;
}

bool node_is_hopeless(struct run *run)
{
	struct node_state node;

	return read_node(run, &node) || node.hopeless;
}

int note_runs(struct run *run)
{
	run->runs_at_start = runs_so_far(run);
	keyed_number(run->vmstat.buf, "oom_kill", &run->oom_kills_at_start);
	return run->status ? -1 : 0;
}

bool kswapd_was_woken(struct run *run)
{
	return runs_so_far(run) > run->runs_at_start;
}

bool node_is_empty(struct run *run)
{
	struct node_state node;

	return read_node(run, &node) ||
	       node.free > node.high + (node.usable - node.high) / 2;
}

void end_worker(struct worker *worker)
{
	/* It may have gone first. */
	if (!worker->pid)
		return;
	kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
}

/* Says why, where it did not go well; the program's exit status. */
int finish(struct run *run)
{
	if (fflush(stdout) || ferror(stdout))
		fail(run, EXIT_FAILED, "cannot write what was measured");
	if (run->status == EXIT_SKIP)
		fprintf(stderr, "%s: cannot run here: %s\n", PROGRAM, run->why);
	else if (run->status)
		fprintf(stderr, "%s: %s\n", PROGRAM, run->why);
	if (!run->clean)
		return EXIT_FAILED;
	return run->signal ? 128 + run->signal : run->status;
}
