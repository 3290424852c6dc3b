// SPDX-License-Identifier: GPL-2.0
/*
 * The fixture of the tests: makes a node hopeless, presses it and watches kswapd.
 */
#include <fcntl.h>
#include <numa.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup_util.h"

#include "fixture.h"

#define LOCK_SECONDS		150
#define LOCK_STEP_NS		20000000
#define WAIT_US			10000
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
 * One test at a time. The cleanup process inherits the lock, so the next test
 * starts after the cleanup of the last one.
 */
static int take_lock(struct node_fixture *fixture)
{
	unsigned long long start = now_ns();

	fixture->lock = open(fixture->run.opt.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fixture->lock < 0)
		return fail(&fixture->run, EXIT_FAILED, "cannot open %s: %s",
			    fixture->run.opt.cgroup, strerror(errno));
	while (flock(fixture->lock, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail(&fixture->run, EXIT_FAILED,
				    "cannot lock %s: %s",
				    fixture->run.opt.cgroup, strerror(errno));
		if (now_ns() - start > LOCK_SECONDS * NS_A_SECOND)
			return fail(&fixture->run, EXIT_FAILED,
				    "another test is still running after %d seconds: wait for it, or end it",
				    LOCK_SECONDS);
		sleep_until(now_ns() + LOCK_STEP_NS);
	}
	return 0;
}

/* Nodes with memory, in order. *memoryless is true if a node has none. */
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

static int choose_node(struct node_fixture *fixture, enum where where)
{
	struct run *run = &fixture->run;
	bool memoryless;
	int nodes[1024];
	int n;

	if (numa_available() < 0)
		return fail(run, EXIT_SKIP,
			    "this kernel has no support for NUMA policies");
	n = list_nodes(nodes, ARRAY_SIZE(nodes), &memoryless);
	if (!n)
		return fail(run, EXIT_FAILED, "no node has memory");
	run->opt.node = nodes[n - 1];
	switch (where) {
	case LAST_NODE:
		return 0;
	case FIRST_NODE:
		run->opt.node = nodes[0];
		if (n < 2)
			return fail(run, EXIT_SKIP,
				    "only one node has memory");
		return 0;
	case MIDDLE_NODE:
		run->opt.node = nodes[n / 2];
		if (n < 3)
			return fail(run, EXIT_SKIP,
				    "%d nodes have memory, none is in the middle",
				    n);
		return 0;
	case ONLY_NODE:
		if (n > 1)
			return fail(run, EXIT_SKIP, "%d nodes have memory",
				    n);
		return 0;
	case BESIDE_MEMORYLESS:
		if (!memoryless)
			return fail(run, EXIT_SKIP,
				    "no node is without memory");
		return 0;
	}
	return -1;
}

static int note_settings(struct run *run)
{
	struct cleanup *cleanup = &run->cleanup;

	/* At the end, cleanup restores those that have changed. */
	if (read_line(LRU_FILE, cleanup->lru, sizeof(cleanup->lru)))
		*cleanup->lru = '\0';
	if (read_line(DEMOTION_FILE, cleanup->demotion, sizeof(cleanup->demotion)))
		*cleanup->demotion = '\0';
	note_readahead(run);
	if (!access(TRACEFS "/instances", W_OK))
		snprintf(cleanup->tracing, sizeof(cleanup->tracing),
			 TRACEFS "/instances/%s.%d", PROGRAM, getpid());
	if (snprintf(cleanup->swap, sizeof(cleanup->swap), "%s/swap", cleanup->dir) >=
	    (int)sizeof(cleanup->swap))
		return fail(run, EXIT_FAILED, "the name %s is too long",
			    cleanup->dir);
	return 0;
}

bool node_is_not_hopeless(struct run *run)
{
	return !node_is_hopeless(run) || run->status;
}

static unsigned long long pressed(const struct worker *worker)
{
	if (worker->kind == RECLAIMER)
		return atomic_load(&worker->slot->rounds) * MIB;
	return atomic_load(&worker->slot->bytes);
}

static bool stream_goes_on(struct run *run)
{
	struct worker *worker = &run->workers[run->nr_workers - 1];

	return pressed(worker) > 2 * SMALL_HIGH;
}

/*
 * The count of failed runs may stem from the last test. Reclaim by memory.high on a
 * balanced node resets it on all kernels.
 */
static int fixture_reset_count(struct node_fixture *fixture)
{
	struct run *run = &fixture->run;
	struct worker *worker = fixture_stream(fixture, "reviver", SMALL_HIGH);

	if (!worker || fixture_protect(fixture, worker, 0) || launch(run, worker) ||
	    wait_until(run, stream_goes_on, "a stream makes no progress") ||
	    wait_until(run, node_is_not_hopeless,
		       "reclaim on a balanced node does not reset the count"))
		return -1;
	end_worker(worker);
	unlink(worker->file);
	if (cg_destroy(worker->cgroup))
		return fail(run, EXIT_FAILED, "cannot remove %s: %s",
			    worker->cgroup, strerror(errno));
	run->nr_workers--;
	memset(worker->slot, 0, sizeof(*worker->slot));
	memset(worker, 0, sizeof(*worker));
	fixture->began = (double)now_ns() / NS_A_SECOND;
	return 0;
}

/* KSWAPD_TEST_ONLY has the names of some tests: the harness of Linux 6.1 cannot choose. */
bool is_chosen(const char *test)
{
	const char *only = getenv("KSWAPD_TEST_ONLY");

	return !only || has_word(only, test);
}

/* vm.watermark_scale_factor; KSWAPD_TEST_SCALE overrides the default. */
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
		return fail(run, EXIT_FAILED,
			    "KSWAPD_TEST_SCALE: invalid number '%s': expected 1 to %d",
			    val, MAX_SCALE_FACTOR);
	run->opt.scale_factor = n;
	return 0;
}

unsigned long long fixture_part_of_gap(const struct node_fixture *fixture, double part,
				       unsigned long long most)
{
	unsigned long long page = fixture->run.env.page_size;
	unsigned long long size = gap_bytes(&fixture->run) * part;

	if (size > most)
		size = most;
	return size < page ? page : size - size % page;
}

/*
 * Pulses stay above min, and eviction of the hot file does not balance the node:
 * kswapd must have nothing to gain.
 */
static void size_workers(struct node_fixture *fixture)
{
	struct options *opt = &fixture->run.opt;

	opt->touch_size = fixture_part_of_gap(fixture, 0.5, MIB);
	opt->hot_size = fixture_part_of_gap(fixture, 0.7, 16 * MIB);
}

static int find_cgroup_root(char *root, size_t size)
{
#ifdef ROOT_TAKES_TWO
	return cg_find_unified_root(root, size);
#else
	return cg_find_unified_root(root, size, NULL);
#endif
}

int fixture_setup(struct node_fixture *fixture, enum lru_mode lru, enum where where)
{
	static char root[PATH_MAX];
	struct run *run = &fixture->run;
	const char *dir = getenv("KSWAPD_TEST_DIR");

	memset(fixture, 0, sizeof(*fixture));
	init_run(run);
	run->master = runner;
	run->opt.scenario = HOPELESS;
	run->opt.lru = lru;
	run->opt.seconds = MAX_WINDOWS;
	run->opt.readers = 3;
	run->opt.cpuset = true;
	run->opt.swap_size = 64 * MIB;
	run->opt.at_low = true;
	/*
	 * The per-CPU lists grow with the low watermark. They could hold all pages that
	 * the hog leaves, and stock kernels do not drain them before an OOM kill.
	 */
	run->opt.lists_fraction = LISTS_FRACTION;
	if (choose_scale_factor(run))
		return -1;
	if (dir)
		run->opt.dir = dir;
	run->opt.dir_by = "KSWAPD_TEST_DIR";
	prctl(PR_SET_PDEATHSIG, SIGKILL);

	if (find_cgroup_root(root, sizeof(root)))
		return fail(run, EXIT_SKIP, "cgroup v2 is not mounted");
	run->opt.cgroup = root;
	if (take_lock(fixture) || choose_node(fixture, where))
		return -1;
	if (check_requirements(run)) {
		/* A directory that the tests cannot use is no bad input here. */
		if (run->status == EXIT_USAGE)
			run->status = EXIT_SKIP;
		return -1;
	}
	if (protect_self(run) || note_settings(run) || cleanup_start(run) || apply_settings(run))
		return -1;
	size_workers(fixture);
	if (make_group_and_dir(run) || trace_start(run, &fixture->trace))
		return -1;
	return fixture_reset_count(fixture);
}

/* 0 if everything is removed and restored. May be called twice. */
int fixture_teardown(struct node_fixture *fixture)
{
	bool clean = cleanup_finish(&fixture->run);

	trace_free(&fixture->trace);
	text_free(&fixture->run.zoneinfo);
	text_free(&fixture->run.vmstat);
	text_free(&fixture->run.scratch);
	free(fixture->run.samples);
	free(fixture->run.latency);
	if (fixture->lock > 0)
		close(fixture->lock);
	memset(fixture, 0, sizeof(*fixture));
	return clean ? 0 : -1;
}

/* For a skip in the setup, after which the harness runs no teardown. */
void fixture_quit(struct node_fixture *fixture)
{
	_exit(fixture_teardown(fixture) ? EXIT_FAILED : HARNESS_SKIP);
}

/*
 * Sets memory.min of a worker, and that of the parent to the sum of its children.
 * With the mount option memory_recursiveprot, a larger sum would also protect
 * workers without memory.min.
 */
int fixture_protect(struct node_fixture *fixture, struct worker *worker, unsigned long long min)
{
	struct run *run = &fixture->run;
	unsigned long long sum = 0;
	int i;

	worker->min = min;
	for (i = 0; i < run->nr_workers; i++)
		sum += run->workers[i].min;
	if (set_memory(run, worker->cgroup, "memory.min", min))
		return -1;
	return set_memory(run, run->cleanup.group, "memory.min", sum);
}

int fixture_bind(struct node_fixture *fixture, struct worker *worker, enum binding binding)
{
	int err;

	worker->binding = binding;
	if (binding != BIND_CPUSET)
		return 0;
	err = cg_write_numeric(worker->cgroup, "cpuset.mems", fixture->run.opt.node);
	if (err)
		return fail(&fixture->run, EXIT_FAILED,
			    "cannot write to cpuset.mems of %s: %s",
			    worker->cgroup, strerror(-err));
	return 0;
}

/* A cgroup that streams a file above its memory.high; not started yet. */
struct worker *fixture_stream(struct node_fixture *fixture, const char *name,
			      unsigned long long high)
{
	struct run *run = &fixture->run;
	struct worker *worker = new_worker(run, STREAMER, name);

	if (!worker || set_memory(run, worker->cgroup, "memory.high", high) ||
	    fixture_protect(fixture, worker, high + high / 4 + 2 * MIB))
		return NULL;
	worker->high = high;
	return worker;
}

/* The same, started, for @n cgroups. */
int fixture_add_streams(struct node_fixture *fixture, int n, unsigned long long high)
{
	struct worker *stream;
	char name[32];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "stream%d", i);
		stream = fixture_stream(fixture, name, high);
		if (!stream || launch(&fixture->run, stream))
			return -1;
	}
	return 0;
}

/* A mapped file in constant use, protected until the test ends the protection. */
struct worker *fixture_hot(struct node_fixture *fixture)
{
	struct run *run = &fixture->run;
	struct worker *worker = new_worker(run, HOT, "hot");

	if (!worker || fixture_protect(fixture, worker, run->opt.hot_size + 2 * MIB) ||
	    launch(run, worker) ||
	    wait_until(run, hot_has_read_all, "the hot file has not been read once"))
		return NULL;
	return worker;
}

static bool presses(const struct worker *worker)
{
	return worker->pid && (worker->kind == STREAMER || worker->kind == ANON ||
			       worker->kind == RECLAIMER);
}

/* Stops the pressing workers after all have filled their cgroup. */
int fixture_hold(struct node_fixture *fixture)
{
	if (wait_until(&fixture->run, streams_have_filled_up,
		       "a stream has not reached its memory.high"))
		return -1;
	fixture_stop(fixture);
	return 0;
}

/* Stops the pressure; fixture_press() resumes it. */
void fixture_stop(struct node_fixture *fixture)
{
	struct run *run = &fixture->run;
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if (presses(&run->workers[i]))
			kill(run->workers[i].pid, SIGSTOP);
}

/*
 * No swap for the hog and for touch: they must stay unreclaimable when swap is added.
 * A kernel without swap has no memory.swap.max.
 */
static int add_unswappable(struct node_fixture *fixture, enum worker_kind kind,
			   const char *name, enum binding binding)
{
	struct run *run = &fixture->run;
	struct worker *worker = new_worker(run, kind, name);
	char path[PATH_MAX + 32];

	if (!worker || fixture_bind(fixture, worker, binding))
		return -1;
	snprintf(path, sizeof(path), "%s/memory.swap.max", worker->cgroup);
	if (!access(path, F_OK) &&
	    set_memory(run, worker->cgroup, "memory.swap.max", 0))
		return -1;
	return launch(run, worker);
}

/* Fills the node and keeps waking its kswapd. */
int fixture_hog_and_touch(struct node_fixture *fixture, enum binding binding)
{
	if (add_unswappable(fixture, HOG, "hog", binding) ||
	    wait_until(&fixture->run, hog_is_there, "the hog has not filled the node"))
		return -1;
	return add_unswappable(fixture, TOUCH, "touch", binding);
}

/* The same, until kswapd gives up. Its runs are counted from note_runs() on. */
int fixture_fill(struct node_fixture *fixture, enum binding binding)
{
	if (fixture_hog_and_touch(fixture, binding) || note_runs(&fixture->run))
		return -1;
	return wait_until(&fixture->run, node_is_hopeless,
			  "kswapd has not given up");
}

int fixture_make_hopeless(struct node_fixture *fixture)
{
	return fixture_hold(fixture) || fixture_fill(fixture, BIND_TASK) ? -1 : 0;
}

static unsigned long long goal[MAX_WORKERS];

static bool all_press(struct run *run)
{
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if (presses(&run->workers[i]) &&
		    pressed(&run->workers[i]) < goal[i])
			return false;
	return true;
}

/* Resumes the pressure, and waits until each worker has read PRESS_BYTES. */
int fixture_press(struct node_fixture *fixture)
{
	struct run *run = &fixture->run;
	int i;

	for (i = 0; i < run->nr_workers; i++) {
		if (!presses(&run->workers[i]))
			continue;
		goal[i] = pressed(&run->workers[i]) + PRESS_BYTES;
		kill(run->workers[i].pid, SIGCONT);
	}
	return wait_until(run, all_press, "the pressure does not start");
}

/* Samples kswapd and the workers for some seconds. */
int fixture_watch(struct node_fixture *fixture, double seconds)
{
	struct run *run = &fixture->run;
	struct counters before;
	unsigned long long start;
	struct sample *s;
	int i;

	if (run->nr_samples == MAX_WINDOWS)
		return fail(run, EXIT_FAILED, "more than %d windows",
			    MAX_WINDOWS);
	if (read_counters(run, &before))
		return -1;
	start = before.time_ns;
	if (take_sample(run, start, start + seconds * NS_A_SECOND, &before) ||
	    trace_read(run, &fixture->trace))
		return -1;
	s = &run->samples[run->nr_samples - 1];
	fixture->window = *s;
	fixture->from = (double)start / NS_A_SECOND;
	fixture->to = (double)before.time_ns / NS_A_SECOND;
	fixture->refaults = 0;
	fixture->read = 0;
	for (i = 0; i < run->nr_workers; i++) {
		if (run->workers[i].kind == HOT)
			fixture->refaults += s->diff.worker[i].refaults / s->seconds;
		if (run->workers[i].kind == STREAMER ||
		    run->workers[i].kind == ANON)
			fixture->read += s->diff.worker[i].bytes;
	}
	fixture->runs = fixture->trace.has[WAKE] ?
		    trace_count(&fixture->trace, WAKE, fixture->from, fixture->to) : -1;
	return 0;
}

/* Lets the hog be swapped out. */
int fixture_allow_swap(struct node_fixture *fixture)
{
	int err = cg_write(find_worker(&fixture->run, HOG)->cgroup,
			   "memory.swap.max", "max");

	if (err == -ENOENT)
		return fail(&fixture->run, EXIT_SKIP,
			    "this kernel has no memory.swap.max");
	if (err)
		return fail(&fixture->run, EXIT_FAILED,
			    "cannot write to memory.swap.max: %s",
			    strerror(-err));
	return 0;
}

/* Ends the hog and touch. */
void fixture_end_hog(struct node_fixture *fixture)
{
	struct run *run = &fixture->run;
	int i;

	fixture->hog_gone = true;
	for (i = 0; i < run->nr_workers; i++)
		if (run->workers[i].pid && (run->workers[i].kind == HOG ||
					    run->workers[i].kind == TOUCH))
			end_worker(&run->workers[i]);
}

/* Tasks of a single test, which are no workers. NULL if there is no memory. */
struct slot *fixture_slot(void)
{
	struct slot *slot = mmap(NULL, sizeof(*slot), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return slot == MAP_FAILED ? NULL : slot;
}

/* fork(2), with a child that ends when its parent does. */
pid_t fixture_fork(struct node_fixture *fixture, int oom_score_adj, struct slot *slot)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (!pid)
		begin_child(&fixture->run, parent, oom_score_adj, slot);
	return pid;
}

/* Waits until the task is ready. */
int fixture_wait_for(struct node_fixture *fixture, const char *name, pid_t pid, struct slot *slot)
{
	int status;

	while (!atomic_load(&slot->ready)) {
		if (check_workers(&fixture->run))
			return -1;
		if (waitpid(pid, &status, WNOHANG))
			return fail(&fixture->run, EXIT_FAILED, "the %s %s", name,
				       *slot->note ? slot->note : "was killed");
		pause_us(WAIT_US);
	}
	return 0;
}
