// SPDX-License-Identifier: GPL-2.0
/*
 * What the tests do to a node.
 */
#include <fcntl.h>
#include <numa.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup_util.h"

#include "bed.h"

#define LOCK_SECONDS		150
#define LOCK_STEP_NS		20000000
#define SCALE_FACTOR		600
#define MAX_SCALE_FACTOR	3000
#define LISTS_FRACTION		10000
#define PRESS_BYTES		(8 * MIB)
#define TRACEFS			"/sys/kernel/tracing"

/* The process that runs the tests; each of them is one of its grandchildren. */
static pid_t runner;

static void __attribute__((constructor)) note_runner(void)
{
	runner = getpid();
}

/*
 * One test at a time, and none before the janitor of the one before is done: it
 * has the lock as well.
 */
static int take_lock(struct bed *bed)
{
	unsigned long long start = now_ns();

	bed->lock = open(bed->run.opt.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (bed->lock < 0)
		return give_up(&bed->run, EXIT_FAILED, "cannot open %s: %s",
			       bed->run.opt.cgroup, strerror(errno));
	while (flock(bed->lock, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return give_up(&bed->run, EXIT_FAILED,
				       "cannot lock %s: %s",
				       bed->run.opt.cgroup, strerror(errno));
		if (now_ns() - start > LOCK_SECONDS * NS_A_SECOND)
			return give_up(&bed->run, EXIT_FAILED,
				       "another test is still at work after %d seconds",
				       LOCK_SECONDS);
		sleep_until(now_ns() + LOCK_STEP_NS);
	}
	return 0;
}

/* Nodes with memory, in order; and is there one without? */
static int list_nodes(int *nodes, int most, bool *memoryless)
{
	long long size;
	int n = 0;
	int nid;

	*memoryless = false;
	for (nid = 0; nid <= numa_max_node(); nid++) {
		if (!numa_bitmask_isbitset(numa_nodes_ptr, nid))
			continue;
		size = numa_node_size64(nid, NULL);
		if (size > 0 && n < most)
			nodes[n++] = nid;
		else if (size <= 0)
			*memoryless = true;
	}
	return n;
}

static int choose_node(struct bed *bed, enum where where)
{
	struct run *run = &bed->run;
	bool memoryless;
	int nodes[1024];
	int n;

	if (numa_available() < 0)
		return give_up(run, EXIT_SKIP,
			       "this kernel has no support for NUMA policies");
	n = list_nodes(nodes, ARRAY_SIZE(nodes), &memoryless);
	if (!n)
		return give_up(run, EXIT_FAILED, "no node has memory");
	run->opt.node = nodes[n - 1];
	switch (where) {
	case LAST_NODE:
		return 0;
	case FIRST_NODE:
		run->opt.node = nodes[0];
		if (n < 2)
			return give_up(run, EXIT_SKIP,
				       "only one node has memory");
		return 0;
	case MIDDLE_NODE:
		run->opt.node = nodes[n / 2];
		if (n < 3)
			return give_up(run, EXIT_SKIP,
				       "%d nodes have memory, none is in the middle",
				       n);
		return 0;
	case ONLY_NODE:
		if (n > 1)
			return give_up(run, EXIT_SKIP, "%d nodes have memory",
				       n);
		return 0;
	case BESIDE_MEMORYLESS:
		if (!memoryless)
			return give_up(run, EXIT_SKIP,
				       "no node is without memory");
		return 0;
	}
	return -1;
}

static int note_settings(struct run *run)
{
	struct undo *undo = &run->undo;

	/* Left alone in the end where they are what they were. */
	if (read_line(LRU_FILE, undo->lru, sizeof(undo->lru)))
		*undo->lru = '\0';
	if (read_line(DEMOTION_FILE, undo->demotion, sizeof(undo->demotion)))
		*undo->demotion = '\0';
	if (read_line(LISTS_FILE, undo->lists, sizeof(undo->lists)))
		*undo->lists = '\0';
	note_readahead(run);
	if (!access(TRACEFS "/instances", W_OK))
		snprintf(undo->tracing, sizeof(undo->tracing),
			 TRACEFS "/instances/%s.%d", PROGRAM, getpid());
	if (snprintf(undo->swap, sizeof(undo->swap), "%s/swap", undo->dir) >=
	    (int)sizeof(undo->swap))
		return give_up(run, EXIT_FAILED, "the name %s is too long",
			       undo->dir);
	return 0;
}

/*
 * The lists of free pages of the CPUs grow with the low watermark. They could
 * take all that the hog leaves, and the OOM killer does not look there first.
 */
static int set_lists(struct run *run)
{
	int err;

	if (!*run->undo.lists)
		return 0;
	err = write_line(LISTS_FILE, "%d", LISTS_FRACTION);
	if (err)
		return give_up(run, EXIT_FAILED, "cannot write to %s: %s",
			       LISTS_FILE, strerror(-err));
	return 0;
}

static int set_lru(struct run *run)
{
	bool wanted = run->opt.lru == LRU_MGLRU;
	int err;

	if (run->env.mglru == wanted)
		return 0;
	err = write_line(LRU_FILE, "%c", wanted ? 'y' : 'n');
	if (err)
		return give_up(run, EXIT_FAILED, "cannot change the LRU: %s",
			       strerror(-err));
	run->env.mglru = wanted;
	return 0;
}

bool node_is_not_hopeless(struct run *run)
{
	return !node_is_hopeless(run) || run->status;
}

static unsigned long long pressed(const struct actor *actor)
{
	if (actor->kind == RECLAIMER)
		return atomic_load(&actor->slot->rounds) * MIB;
	return atomic_load(&actor->slot->bytes);
}

static bool stream_goes_on(struct run *run)
{
	struct actor *actor = &run->actors[run->nr_actors - 1];

	return pressed(actor) > 2 * SMALL_HIGH;
}

/*
 * The count of failures outlives its cause. Reclaim on a node that is balanced
 * sets it back on every kernel, and an own memory.high makes for that.
 */
static int bed_revive(struct bed *bed)
{
	struct run *run = &bed->run;
	struct actor *actor = bed_stream(bed, "reviver", SMALL_HIGH);

	if (!actor || bed_protect(bed, actor, 0) || launch(run, actor) ||
	    wait_until(run, stream_goes_on, "a stream does not get on") ||
	    wait_until(run, node_is_not_hopeless,
		       "reclaim on a balanced node does not revive its kswapd"))
		return -1;
	end_actor(actor);
	unlink(actor->file);
	if (cg_destroy(actor->cgroup))
		return give_up(run, EXIT_FAILED, "cannot remove %s: %s",
			       actor->cgroup, strerror(errno));
	run->nr_actors--;
	memset(actor->slot, 0, sizeof(*actor->slot));
	memset(actor, 0, sizeof(*actor));
	bed->began = (double)now_ns() / NS_A_SECOND;
	return 0;
}

/* vm.watermark_scale_factor, which the environment may choose. */
static int choose_scale_factor(struct run *run)
{
	const char *val = getenv("KSWAPD_TEST_SCALE");
	char *end;
	long n;

	run->opt.scale_factor = SCALE_FACTOR;
	if (!val)
		return 0;
	n = strtol(val, &end, 10);
	if (end == val || *end || n < 1 || n > MAX_SCALE_FACTOR)
		return give_up(run, EXIT_FAILED,
			       "KSWAPD_TEST_SCALE: \"%s\" is no whole number from 1 to %d",
			       val, MAX_SCALE_FACTOR);
	run->opt.scale_factor = n;
	return 0;
}

unsigned long long bed_part_of_gap(const struct bed *bed, double part,
				   unsigned long long most)
{
	unsigned long long page = bed->run.env.page_size;
	unsigned long long size = gap_bytes(&bed->run) * part;

	if (size > most)
		size = most;
	return size < page ? page : size - size % page;
}

/*
 * Pulses stay clear of min, and eviction of the hot file does not balance the node:
 * the tests are about a kswapd that has nothing to gain.
 */
static void size_actors(struct bed *bed)
{
	struct options *opt = &bed->run.opt;

	opt->touch_size = bed_part_of_gap(bed, 0.5, MIB);
	opt->hot_size = bed_part_of_gap(bed, 0.7, 16 * MIB);
}

int bed_up(struct bed *bed, enum lru_mode lru, enum where where)
{
	static char root[PATH_MAX];
	struct run *run = &bed->run;
	const char *dir = getenv("KSWAPD_TEST_DIR");

	memset(bed, 0, sizeof(*bed));
	init_run(run);
	run->master = runner;
	run->opt.scenario = HOPELESS;
	run->opt.lru = lru;
	run->opt.seconds = MAX_WINDOWS;
	run->opt.readers = 3;
	run->opt.cpuset = true;
	run->opt.swap_size = 64 * MIB;
	run->opt.at_low = true;
	if (choose_scale_factor(run))
		return -1;
	if (dir)
		run->opt.dir = dir;
	prctl(PR_SET_PDEATHSIG, SIGKILL);

	if (cg_find_unified_root(root, sizeof(root), NULL))
		return give_up(run, EXIT_SKIP, "cgroup v2 is not mounted");
	run->opt.cgroup = root;
	if (take_lock(bed) || choose_node(bed, where) || look_around(run) ||
	    protect_self(run) || note_settings(run) || janitor_start(run))
		return -1;
	if (set_lists(run) || apply_settings(run))
		return -1;
	size_actors(bed);
	if (set_lru(run) || make_place(run) || trace_start(run, &bed->trace))
		return -1;
	return bed_revive(bed);
}

/* 0 where everything is as it was. It may have been called before. */
int bed_down(struct bed *bed)
{
	bool clean = janitor_finish(&bed->run);

	trace_free(&bed->trace);
	text_free(&bed->run.zoneinfo);
	text_free(&bed->run.vmstat);
	text_free(&bed->run.scratch);
	free(bed->run.samples);
	free(bed->run.latency);
	if (bed->lock > 0)
		close(bed->lock);
	memset(bed, 0, sizeof(*bed));
	return clean ? 0 : -1;
}

/* Where a test is skipped: its teardown does not run any more. */
void bed_quit(struct bed *bed)
{
	_exit(bed_down(bed) ? EXIT_FAILED : EXIT_SKIP);
}

/*
 * Protection of an actor, with as much for the group above as those below can
 * make use of: with the mount option memory_recursiveprot, more would go to
 * actors that asked for none.
 */
int bed_protect(struct bed *bed, struct actor *actor, unsigned long long min)
{
	struct run *run = &bed->run;
	unsigned long long sum = 0;
	int i;

	actor->min = min;
	for (i = 0; i < run->nr_actors; i++)
		sum += run->actors[i].min;
	if (set_memory(run, actor->cgroup, "memory.min", min))
		return -1;
	return set_memory(run, run->undo.group, "memory.min", sum);
}

int bed_bind(struct bed *bed, struct actor *actor, enum binding binding)
{
	int err;

	actor->binding = binding;
	if (binding != BIND_CPUSET)
		return 0;
	err = cg_write_numeric(actor->cgroup, "cpuset.mems", bed->run.opt.node);
	if (err)
		return give_up(&bed->run, EXIT_FAILED,
			       "cannot write to cpuset.mems of %s: %s",
			       actor->cgroup, strerror(-err));
	return 0;
}

/* A cgroup that streams a file above its memory.high; not started yet. */
struct actor *bed_stream(struct bed *bed, const char *name,
			 unsigned long long high)
{
	struct run *run = &bed->run;
	struct actor *actor = new_actor(run, STREAMER, name);

	if (!actor || set_memory(run, actor->cgroup, "memory.high", high) ||
	    bed_protect(bed, actor, high + high / 4 + 2 * MIB))
		return NULL;
	actor->high = high;
	return actor;
}

/* A file that is mapped and used all the time, protected for now. */
struct actor *bed_hot(struct bed *bed)
{
	struct run *run = &bed->run;
	struct actor *actor = new_actor(run, HOT, "hot");

	if (!actor || bed_protect(bed, actor, run->opt.hot_size + 2 * MIB) ||
	    launch(run, actor) ||
	    wait_until(run, hot_has_read_all, "the hot file has not been read once"))
		return NULL;
	return actor;
}

static bool presses(const struct actor *actor)
{
	return actor->pid && (actor->kind == STREAMER || actor->kind == ANON ||
			      actor->kind == RECLAIMER);
}

/* Waits until those that press have what they may have, and stops them. */
int bed_hold(struct bed *bed)
{
	if (wait_until(&bed->run, streams_have_filled_up,
		       "a stream has not reached its memory.high"))
		return -1;
	bed_stop(bed);
	return 0;
}

/* Ends the pressure; bed_press() lets it go on. */
void bed_stop(struct bed *bed)
{
	struct run *run = &bed->run;
	int i;

	for (i = 0; i < run->nr_actors; i++)
		if (presses(&run->actors[i]))
			kill(run->actors[i].pid, SIGSTOP);
}

/*
 * No swap for the hog and for touch, or they could be reclaimed once there is
 * some; a kernel without swap has no such file.
 */
static int add_unswappable(struct bed *bed, enum actor_kind kind,
			   const char *name, enum binding binding)
{
	struct run *run = &bed->run;
	struct actor *actor = new_actor(run, kind, name);
	char path[PATH_MAX + 32];

	if (!actor || bed_bind(bed, actor, binding))
		return -1;
	snprintf(path, sizeof(path), "%s/memory.swap.max", actor->cgroup);
	if (!access(path, F_OK) &&
	    set_memory(run, actor->cgroup, "memory.swap.max", 0))
		return -1;
	return launch(run, actor);
}

/* Fills the node and keeps waking its kswapd. */
int bed_hog_and_touch(struct bed *bed, enum binding binding)
{
	if (add_unswappable(bed, HOG, "hog", binding) ||
	    wait_until(&bed->run, hog_is_there, "the hog has not filled the node"))
		return -1;
	return add_unswappable(bed, TOUCH, "touch", binding);
}

/* The same, until kswapd gives the node up; its runs are counted from there. */
int bed_fill(struct bed *bed, enum binding binding)
{
	if (bed_hog_and_touch(bed, binding) || note_runs(&bed->run))
		return -1;
	return wait_until(&bed->run, node_is_hopeless,
			  "kswapd has not given the node up");
}

int bed_make_hopeless(struct bed *bed)
{
	return bed_hold(bed) || bed_fill(bed, BIND_TASK) ? -1 : 0;
}

static unsigned long long goal[MAX_ACTORS];

static bool all_press(struct run *run)
{
	int i;

	for (i = 0; i < run->nr_actors; i++)
		if (presses(&run->actors[i]) &&
		    pressed(&run->actors[i]) < goal[i])
			return false;
	return true;
}

/* Lets those that press go on, and waits until each has reclaimed something. */
int bed_press(struct bed *bed)
{
	struct run *run = &bed->run;
	int i;

	for (i = 0; i < run->nr_actors; i++) {
		if (!presses(&run->actors[i]))
			continue;
		goal[i] = pressed(&run->actors[i]) + PRESS_BYTES;
		kill(run->actors[i].pid, SIGCONT);
	}
	return wait_until(run, all_press, "the pressure does not set in");
}

/* Looks at what kswapd does for some seconds. */
int bed_watch(struct bed *bed, double seconds)
{
	struct run *run = &bed->run;
	struct counters before;
	unsigned long long start;
	struct sample *s;
	int i;

	if (run->nr_samples == MAX_WINDOWS)
		return give_up(run, EXIT_FAILED, "more than %d windows",
			       MAX_WINDOWS);
	if (read_counters(run, &before))
		return -1;
	start = before.time_ns;
	if (take_sample(run, start, start + seconds * NS_A_SECOND, &before) ||
	    trace_read(run, &bed->trace))
		return -1;
	s = &run->samples[run->nr_samples - 1];
	bed->window = *s;
	bed->from = (double)start / NS_A_SECOND;
	bed->to = (double)before.time_ns / NS_A_SECOND;
	bed->refaults = 0;
	bed->read = 0;
	for (i = 0; i < run->nr_actors; i++) {
		if (run->actors[i].kind == HOT)
			bed->refaults += s->diff.actor[i].refaults / s->seconds;
		if (run->actors[i].kind == STREAMER ||
		    run->actors[i].kind == ANON)
			bed->read += s->diff.actor[i].bytes;
	}
	bed->runs = bed->trace.has[WAKE] ?
		    trace_count(&bed->trace, WAKE, bed->from, bed->to) : -1;
	return 0;
}

int bed_swap_on(struct bed *bed)
{
	struct run *run = &bed->run;

	if (!swapon(run->undo.swap, 0))
		return 0;
	/* Nor can it where the kernel has no swap at all. */
	return give_up(run, access("/proc/swaps", F_OK) ? EXIT_SKIP :
		       EXIT_FAILED, "cannot swap to %s: %s", run->undo.swap,
		       strerror(errno));
}

/* From now on the hog can be swapped out as far as there is swap. */
int bed_let_swap(struct bed *bed)
{
	int err = cg_write(find_actor(&bed->run, HOG)->cgroup,
			   "memory.swap.max", "max");

	if (err == -ENOENT)
		return give_up(&bed->run, EXIT_SKIP,
			       "this kernel has no memory.swap.max");
	if (err)
		return give_up(&bed->run, EXIT_FAILED,
			       "cannot write to memory.swap.max: %s",
			       strerror(-err));
	return 0;
}

/* The hog goes, and with it touch. */
void bed_leave(struct bed *bed)
{
	struct run *run = &bed->run;
	int i;

	bed->gone = true;
	for (i = 0; i < run->nr_actors; i++)
		if (run->actors[i].pid && (run->actors[i].kind == HOG ||
					   run->actors[i].kind == TOUCH))
			end_actor(&run->actors[i]);
}

/* Tasks that one test alone has, and that are no actors */

/* Or NULL. */
struct slot *bed_slot(void)
{
	struct slot *slot = mmap(NULL, sizeof(*slot), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return slot == MAP_FAILED ? NULL : slot;
}

/* As fork(2). The child ends with its parent. */
pid_t bed_fork(struct bed *bed, int oom_score_adj, struct slot *slot)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (!pid)
		begin_child(&bed->run, parent, oom_score_adj, slot);
	return pid;
}

/* Until it is ready. */
int bed_wait_for(struct bed *bed, const char *name, pid_t pid, struct slot *slot)
{
	int status;

	while (!atomic_load(&slot->ready)) {
		if (all_well(&bed->run))
			return -1;
		if (waitpid(pid, &status, WNOHANG))
			return give_up(&bed->run, EXIT_FAILED, "the %s %s", name,
				       *slot->note ? slot->note : "was killed");
		usleep(10000);
	}
	return 0;
}
