// SPDX-License-Identifier: GPL-2.0
/*
 * The scenarios up to where the measured seconds begin: the settings, the
 * cgroups, the actors, and what is waited for in between.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pressure.h"

#define WAIT_STEP_NS		20000000
#define DEADLINE_SECONDS	120
#define STEADY_SECONDS		5

static int apply_settings(struct run *run)
{
	int err;

	if (*run->undo.scale_factor) {
		err = write_line(SCALE_FACTOR_FILE, "%d",
				 run->opt.scale_factor);
		if (err)
			return give_up(run, EXIT_SKIP,
				       "cannot change vm.watermark_scale_factor: %s",
				       strerror(-err));
	}
	/* Groups made from here on begin with the LRU that is wanted. */
	if (*run->undo.lru) {
		err = write_line(LRU_FILE, "%c",
				 run->opt.lru == LRU_MGLRU ? 'y' : 'n');
		if (err)
			return give_up(run, EXIT_SKIP,
				       "cannot change the LRU: %s",
				       strerror(-err));
		run->env.mglru = run->opt.lru == LRU_MGLRU;
	}

	if (read_node(run, &run->node))
		return -1;
	if (run->opt.scenario != STREAM &&
	    !gaps_suffice(&run->opt, &run->node, run->env.page_size))
		return give_up(run, EXIT_USAGE,
			       "the watermarks of node %d (%llu, %llu, %llu pages) are too close together for --touch-size: make that smaller or --scale-factor larger",
			       run->opt.node, run->node.min, run->node.low,
			       run->node.high);
	return 0;
}

static int make_place(struct run *run)
{
	struct undo *undo = &run->undo;
	char path[PATH_MAX + 32];
	int err;

	if (undo->memory_off) {
		snprintf(path, sizeof(path), "%s/cgroup.subtree_control",
			 undo->parent);
		err = write_line(path, "+memory");
		if (err)
			return give_up(run, EXIT_SKIP,
				       "the memory controller cannot be given to children of %s: %s",
				       undo->parent, strerror(-err));
	}
	if (mkdir(undo->group, 0755))
		return give_up(run, EXIT_SKIP, "cannot make the cgroup %s: %s",
			       undo->group, strerror(errno));
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", undo->group);
	err = write_line(path, "+memory");
	if (err)
		return give_up(run, EXIT_SKIP,
			       "the memory controller cannot be given to children of %s: %s",
			       undo->group, strerror(-err));
	if (mkdir(undo->dir, 0700))
		return give_up(run, EXIT_FAILED, "cannot make %s: %s",
			       undo->dir, strerror(errno));
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
		return give_up(run, EXIT_FAILED, "cannot write %llu to %s: %s",
			       val, path, strerror(-err));
	return 0;
}

static struct actor *new_actor(struct run *run, enum actor_kind kind,
			       const char *name)
{
	struct actor *actor = &run->actors[run->nr_actors];

	actor->kind = kind;
	actor->slot = &run->slots[run->nr_actors];
	snprintf(actor->name, sizeof(actor->name), "%s", name);
	if (snprintf(actor->cgroup, sizeof(actor->cgroup), "%s/%s",
		     run->undo.group, name) >= (int)sizeof(actor->cgroup) ||
	    snprintf(actor->file, sizeof(actor->file), "%s/%s",
		     run->undo.dir, name) >= (int)sizeof(actor->file)) {
		give_up(run, EXIT_USAGE, "a path is too long");
		return NULL;
	}
	if (mkdir(actor->cgroup, 0755)) {
		give_up(run, EXIT_FAILED, "cannot make the cgroup %s: %s",
			actor->cgroup, strerror(errno));
		return NULL;
	}
	run->nr_actors++;
	return actor;
}

static int launch(struct run *run, struct actor *actor)
{
	pid_t pid = actor_start(run, actor);

	if (pid < 0)
		return give_up(run, EXIT_FAILED, "cannot start %s: %s",
			       actor->name, strerror(-pid));
	actor->pid = pid;
	return 0;
}

static int add_actor(struct run *run, enum actor_kind kind, const char *name)
{
	struct actor *actor = new_actor(run, kind, name);

	return actor ? launch(run, actor) : -1;
}

/*
 * The group above asks for about what the stream can hold, not for all of
 * memory.min: with the mount option memory_recursiveprot the kernel hands what
 * nobody claims to the other children, and the hot file would have a share.
 */
static int add_stream(struct run *run)
{
	struct options *opt = &run->opt;
	struct actor *actor = new_actor(run, STREAMER, "stream");
	unsigned long long above = opt->high + opt->high / 4 + 2 * MIB;

	if (!actor)
		return -1;
	if (set_memory(run, run->undo.group, "memory.min",
		       opt->min < above ? opt->min : above) ||
	    set_memory(run, actor->cgroup, "memory.min", opt->min) ||
	    set_memory(run, actor->cgroup, "memory.high", opt->high))
		return -1;
	return launch(run, actor);
}

/* What memory.min is to keep from reclaim, in bytes. */
unsigned long long protected_bytes(const struct run *run)
{
	if (run->opt.scenario == RUNAWAY)
		return run->opt.min;
	if (run->opt.scenario == STRAND && run->opt.by == BY_MIN)
		return run->node.managed * run->env.page_size;
	return 0;
}

static int add_hog(struct run *run)
{
	struct actor *actor = new_actor(run, HOG, "hog");

	if (!actor)
		return -1;
	if (run->opt.by == BY_MIN &&
	    (set_memory(run, run->undo.group, "memory.min",
			protected_bytes(run)) ||
	     set_memory(run, actor->cgroup, "memory.min",
			protected_bytes(run))))
		return -1;
	return launch(run, actor);
}

static int add_readers(struct run *run)
{
	char name[32];
	int i;

	for (i = 0; i < run->opt.readers; i++) {
		snprintf(name, sizeof(name), "reader%d", i);
		if (add_actor(run, READER, name))
			return -1;
	}
	return 0;
}

/* Watching the actors */

struct actor *find_actor(struct run *run, enum actor_kind kind)
{
	int i;

	for (i = 0; i < run->nr_actors; i++)
		if (run->actors[i].kind == kind)
			return &run->actors[i];
	return NULL;
}

unsigned long long group_number(struct run *run, const struct actor *actor,
				const char *file, const char *key)
{
	unsigned long long val = 0;
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", actor->cgroup, file);
	if (text_read(&run->scratch, path) ||
	    !keyed_number(run->scratch.buf, key, &val))
		return 0;
	return val;
}

static int report_death(struct run *run, const struct actor *actor, int status)
{
	if (*actor->slot->note)
		return give_up(run, EXIT_FAILED, "%s gave up: it %s",
			       actor->name, actor->slot->note);
	if (WIFSIGNALED(status) &&
	    group_number(run, actor, "memory.events", "oom_kill"))
		return give_up(run, EXIT_FAILED, "%s%s was OOM-killed",
			       actor->kind == HOG ? "the " : "", actor->name);
	if (WIFSIGNALED(status))
		return give_up(run, EXIT_FAILED, "%s was killed by signal %d",
			       actor->name, WTERMSIG(status));
	return give_up(run, EXIT_FAILED, "%s ended with status %d",
		       actor->name, WEXITSTATUS(status));
}

/* -1 when it is time to stop: a signal, or an actor that is gone. */
int all_well(struct run *run)
{
	int status;
	int i;

	for (i = 0; i < run->nr_actors; i++) {
		struct actor *actor = &run->actors[i];

		if (actor->pid &&
		    waitpid(actor->pid, &status, WNOHANG) == actor->pid) {
			actor->pid = 0;
			report_death(run, actor, status);
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
	return DEADLINE_SECONDS +
	       4 * (run->node.managed * run->env.page_size / GIB);
}

int wait_until(struct run *run, bool (*done)(struct run *run),
	       const char *what)
{
	unsigned long long start = now_ns();
	int seconds = deadline_seconds(run) + run->opt.wait;

	for (;;) {
		if (all_well(run))
			return -1;
		if (done(run))
			return run->status ? -1 : 0;
		if (now_ns() - start > seconds * NS_A_SECOND)
			return give_up(run, EXIT_FAILED,
				       "%s, and %d seconds have passed", what,
				       seconds);
		sleep_until(now_ns() + WAIT_STEP_NS);
	}
}

static bool hot_has_read_all(struct run *run)
{
	return atomic_load(&find_actor(run, HOT)->slot->ready);
}

static bool stream_has_filled_up(struct run *run)
{
	struct actor *actor = find_actor(run, STREAMER);
	char path[PATH_MAX + 32];
	unsigned long long now;

	if (group_number(run, actor, "memory.events", "high"))
		return true;
	snprintf(path, sizeof(path), "%s/memory.current", actor->cgroup);
	return !read_number(path, &now) && now >= run->opt.high;
}

static bool hog_is_there(struct run *run)
{
	return atomic_load(&find_actor(run, HOG)->slot->ready);
}

static unsigned long long runs_so_far(struct run *run)
{
	unsigned long long runs = 0;

	if (text_read(&run->vmstat, "/proc/vmstat"))
		give_up(run, EXIT_FAILED, "cannot read /proc/vmstat");
	else
		keyed_number(run->vmstat.buf, "pageoutrun", &runs);
	return runs;
}

/*
 * kswapd may find page cache from before, which the hog then takes the place
 * of. Until that is over the node is not what the scenario is about.
 */
static bool hog_is_steady(struct run *run)
{
	struct slot *slot = find_actor(run, HOG)->slot;

	return now_ns() - atomic_load(&slot->changed_ns) >
	       STEADY_SECONDS * NS_A_SECOND;
}

static bool node_is_hopeless(struct run *run)
{
	struct node_state node;

	return read_node(run, &node) || node.hopeless;
}

static int note_runs(struct run *run)
{
	run->runs_at_start = runs_so_far(run);
	return run->status ? -1 : 0;
}

static bool kswapd_was_woken(struct run *run)
{
	return runs_so_far(run) > run->runs_at_start;
}

/* The scenarios, up to where the measured seconds begin */

static int begin_runaway(struct run *run)
{
	if (add_actor(run, HOT, "hot") || add_stream(run))
		return -1;
	if (wait_until(run, hot_has_read_all,
		       "the hot file has not been read once") ||
	    wait_until(run, stream_has_filled_up,
		       "the stream has not reached its memory.high"))
		return -1;
	if (note_runs(run) || add_hog(run) ||
	    wait_until(run, hog_is_there, "the hog has not filled the node"))
		return -1;
	if (add_actor(run, TOUCH, "touch") ||
	    wait_until(run, kswapd_was_woken, "kswapd has not been woken"))
		return -1;
	return wait_until(run, hog_is_steady, "the hog is still taking");
}

void end_actor(struct actor *actor)
{
	kill(actor->pid, SIGKILL);
	while (waitpid(actor->pid, NULL, 0) < 0 && errno == EINTR)
		;
	actor->pid = 0;
}

static int begin_hopeless(struct run *run)
{
	if (note_runs(run) || add_hog(run) ||
	    wait_until(run, hog_is_there, "the hog has not filled the node") ||
	    add_actor(run, TOUCH, "touch"))
		return -1;
	return wait_until(run, node_is_hopeless,
			  "kswapd has not given the node up");
}

void end_hog(struct run *run)
{
	end_actor(find_actor(run, TOUCH));
	end_actor(find_actor(run, HOG));
}

static bool wait_is_over(struct run *run)
{
	return now_ns() >= run->wait_end;
}

/* A kswapd that is back keeps the node from being short for long. */
static bool node_was_short(struct run *run)
{
	struct node_state node;

	return read_node(run, &node) || !node.over_low ||
	       runs_so_far(run) > run->runs_at_start;
}

/*
 * The seconds begin when the readers have filled the node, so that they say the
 * same on a fast machine and on a slow one.
 */
static int fill_by_readers(struct run *run)
{
	if (note_runs(run) || add_readers(run) ||
	    wait_until(run, node_was_short,
		       "the readers have not filled the node"))
		return -1;
	run->short_after = 0;
	return 0;
}

static int begin_strand(struct run *run)
{
	struct node_state node;

	if (prepare_recovery(run) || begin_hopeless(run))
		return -1;
	run->wait_end = now_ns() + run->opt.wait * NS_A_SECOND;
	if (wait_until(run, wait_is_over, "the wait is not over"))
		return -1;
	end_actor(find_actor(run, TOUCH));
	if (recover(run) || read_node(run, &node))
		return -1;
	run->hopeless_at_start = node.hopeless;
	return fill_by_readers(run);
}

int begin_scenario(struct run *run)
{
	static int (* const begin[NR_SCENARIOS])(struct run *run) = {
		[RUNAWAY]	= begin_runaway,
		[HOPELESS]	= begin_hopeless,
		[STRAND]	= begin_strand,
		[STREAM]	= fill_by_readers,
	};

	if (apply_settings(run) || make_place(run))
		return -1;
	return begin[run->opt.scenario](run);
}
