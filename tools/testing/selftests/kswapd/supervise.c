// SPDX-License-Identifier: GPL-2.0
/*
 * The supervisor: starts the workers, watches and ends them, keeps the reason of a failure.
 */
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "run.h"

#define WAIT_STEP_NS		20000000
#define DEADLINE_SECONDS	240
#define STEADY_SECONDS		5

static atomic_int caught_signal;

static void catch_signal(int sig)
{
	caught_signal = sig;
}

void catch_signals(void)
{
	static const int caught[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = catch_signal };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(caught); i++)
		sigaction(caught[i], &action, NULL);
	/* If the reader of the output has exited, write() fails instead. */
	signal(SIGPIPE, SIG_IGN);
}

/* Keeps the first reason of a failure or skip. Returns -1. */
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

/* Returns a pointer that is not const, like strchr(). */
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

/* memory.low @low, in bytes, protects the page cache of each reader; 0: no protection. */
int add_readers(struct run *run, unsigned long long low)
{
	struct worker *worker;
	char name[32];
	int i;

	if (low && set_memory(run, run->cleanup.group, "memory.low",
			      run->opt.readers * low))
		return -1;
	for (i = 0; i < run->opt.readers; i++) {
		snprintf(name, sizeof(name), "reader%d", i);
		worker = new_worker(run, READER, name);
		if (!worker || (low && set_memory(run, worker->cgroup, "memory.low", low)) ||
		    launch(run, worker))
			return -1;
	}
	return 0;
}

/* Scenarios in which an OOM kill is expected on some kernels. */
bool kill_is_a_result(const struct run *run)
{
	return run->opt.scenario == NEAR_OOM || run->opt.scenario == OSCILLATE ||
	       run->opt.scenario == OOM;
}

static int report_death(struct run *run, struct worker *worker, int status)
{
	if (*worker->slot->note)
		return fail(run, EXIT_FAILED, "%s failed: it %s",
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

/* Returns -1 at a signal or the end of a worker, when the run must end. */
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

	/* A signal ends the sleep, and check_workers() handles it. */
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
				    "%s within %d seconds", what,
				    seconds);
		sleep_until(now_ns() + WAIT_STEP_NS);
	}
}

bool hot_has_read_all(struct run *run)
{
	return atomic_load(&find_worker(run, HOT)->slot->ready);
}

/* One run, so that its files are in the page cache. */
bool job_was_done(struct run *run)
{
	return atomic_load(&find_worker(run, JOB)->slot->rounds);
}

/* Tasks that fill their memory first. */
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

/* All workers with a memory.high. */
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
 * kswapd may reclaim old page cache, whose place the hog takes. The scenario begins
 * after that.
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
	/* It may have ended already. */
	if (!worker->pid)
		return;
	kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
}

/* Prints the reason of a failure. Returns the exit status of the program. */
int finish(struct run *run)
{
	if (fflush(stdout) || ferror(stdout))
		fail(run, EXIT_FAILED, "cannot write the results");
	if (run->status == EXIT_SKIP)
		fprintf(stderr, "%s: cannot run here: %s\n", PROGRAM, run->why);
	else if (run->status)
		fprintf(stderr, "%s: %s\n", PROGRAM, run->why);
	if (!run->clean)
		return EXIT_FAILED;
	return run->signal ? 128 + run->signal : run->status;
}
