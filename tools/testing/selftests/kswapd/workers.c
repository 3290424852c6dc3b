// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks that make the pressure. Each is a child of the supervisor, sits in
 * a memory cgroup of its own and takes its memory from the node under test.
 */
#include <errno.h>
#include <fcntl.h>
#include <numa.h>
#include <numaif.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

#define STREAM_BLOCK		(128 * 1024)
#define READER_BLOCK		(1024 * 1024)
#define WRITE_BLOCK		(1024 * 1024)
#define RECLAIM_BYTES		(1024 * 1024)
#define RECLAIM_PAUSE_US	2000

void worker_fail(struct slot *slot, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(slot->note, sizeof(slot->note), fmt, ap);
	va_end(ap);
	_exit(EXIT_FAILED);
}

void pause_us(unsigned long long us)
{
	struct timespec ts = {
		.tv_sec = us / 1000000,
		.tv_nsec = us % 1000000 * 1000,
	};

	if (us)
		nanosleep(&ts, NULL);
}

static int set_policy(int mode, int nid)
{
	struct bitmask *mask = numa_allocate_nodemask();
	int err = 0;

	numa_bitmask_setbit(mask, nid);
	/* The kernel reads one bit less than it is told. */
	if (set_mempolicy(mode, mask->maskp, mask->size + 1))
		err = -errno;
	numa_bitmask_free(mask);
	return err;
}

/* The supervisor has a policy, which children inherit. */
static int set_policy_default(void)
{
	return set_mempolicy(MPOL_DEFAULT, NULL, 0) ? -errno : 0;
}

int prefer_node(int nid)
{
	return set_policy(MPOL_PREFERRED, nid);
}

int bind_to_node(int nid)
{
	return set_policy(MPOL_BIND, nid);
}

static int bind_range(void *mem, size_t size, int nid)
{
	struct bitmask *mask = numa_allocate_nodemask();
	int err = 0;

	numa_bitmask_setbit(mask, nid);
	if (mbind(mem, size, MPOL_BIND, mask->maskp, mask->size + 1, 0))
		err = -errno;
	numa_bitmask_free(mask);
	return err;
}

void *map_small_pages(struct slot *slot, size_t size)
{
	void *mem;

	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		worker_fail(slot, "cannot map %zu bytes: %s", size,
			    strerror(errno));
	/*
	 * Huge pages would take memory in lumps larger than the distance
	 * between two watermarks, and bring compaction into the picture.
	 */
	madvise(mem, size, MADV_NOHUGEPAGE);
	return mem;
}

/* A byte of each. */
void write_pages(char *mem, size_t size, size_t page)
{
	size_t at;

	for (at = 0; at < size; at += page)
		mem[at] = 1;
}

void *map_anonymous(const struct run *run, struct worker *worker,
			   size_t size)
{
	struct slot *slot = worker->slot;
	void *mem = map_small_pages(slot, size);
	int err;

	if (worker->binding == BIND_RANGE) {
		err = bind_range(mem, size, run->opt.node);
		if (err)
			worker_fail(slot, "cannot bind its memory to node %d: %s",
				    run->opt.node, strerror(-err));
	}
	return mem;
}

void *map_shared_file(struct slot *slot, int fd, size_t size, int prot)
{
	void *mem;

	mem = mmap(NULL, size, prot, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		worker_fail(slot, "cannot map its file: %s",
			    strerror(errno));
	return mem;
}

void note_latency(struct slot *slot, unsigned long long us)
{
	unsigned int i = us;
	unsigned int exp;

	if (us >= LATENCY_EXACT) {
		exp = 63 - __builtin_clzll(us);
		i = LATENCY_EXACT + (exp - 4) * LATENCY_STEPS +
		    (us >> (exp - 3)) % LATENCY_STEPS;
	}
	if (us >> 28)
		i = NR_LATENCIES - 1;
	atomic_fetch_add(&slot->latency[i], 1);
}

/*
 * What a server does whose two clients want the same file. Pages that are used
 * twice go to the active list.
 */
static ssize_t send_twice(int sink, int fd, size_t block, off_t at)
{
	off_t again = at;
	ssize_t sent;

	sent = sendfile(sink, fd, &at, block);
	if (sent > 0 && sendfile(sink, fd, &again, sent) < 0)
		return -1;
	return sent;
}

static void read_forever(const struct run *run, struct worker *worker,
			 size_t block)
{
	struct slot *slot = worker->slot;
	unsigned long long before;
	off_t at = 0;
	int sink = -1;
	ssize_t got;
	char *buf;

	buf = map_anonymous(run, worker, block);
	if (run->opt.by_sendfile) {
		sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (sink < 0)
			worker_fail(slot, "cannot open /dev/null: %s",
				    strerror(errno));
	}
	for (;;) {
		before = now_ns();
		got = sink < 0 ? pread(worker->fd, buf, block, at) :
				 send_twice(sink, worker->fd, block, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			worker_fail(slot, "cannot read its file: %s",
				    strerror(errno));
		if (!got) {
			at = 0;
			atomic_fetch_add(&slot->rounds, 1);
			continue;
		}
		note_latency(slot, (now_ns() - before) / 1000);
		at += got;
		atomic_fetch_add(&slot->bytes, got);
	}
}

static void stream_body(const struct run *run, struct worker *worker)
{
	read_forever(run, worker, STREAM_BLOCK);
}

/* The same by mapped pages: each one is touched. */
static void touch_forever(const struct run *run, struct worker *worker)
{
	size_t size = run->opt.file_size - run->opt.file_size % READER_BLOCK;
	size_t page = run->env.page_size;
	struct slot *slot = worker->slot;
	unsigned char seen = 0;
	unsigned long long before;
	const char *mem;
	size_t at;

	if (!size)
		size = run->opt.file_size;
	mem = map_shared_file(slot, worker->fd, size, PROT_READ);
	for (;;) {
		before = now_ns();
		for (at = 0; at < size; at += page) {
			seen += mem[at];
			if (at % READER_BLOCK)
				continue;
			note_latency(slot, (now_ns() - before) / 1000);
			before = now_ns();
			atomic_store(&slot->seen, seen);
			atomic_fetch_add(&slot->bytes, READER_BLOCK);
		}
		atomic_fetch_add(&slot->rounds, 1);
	}
}

static void reader_body(const struct run *run, struct worker *worker)
{
	if (run->opt.scenario == RANDOM)
		read_at_random(run, worker);
	else if (run->opt.by_mmap)
		touch_forever(run, worker);
	else
		read_forever(run, worker, run->opt.scenario == PRODUCTIVE ||
			     run->opt.by_sendfile ? STREAM_BLOCK : READER_BLOCK);
}

/*
 * Written, on the disk, and out of the page cache again: the first touch then
 * reads it for the cgroup that uses it, and later ones are refaults. 0 or a
 * negative errno.
 */
static int fill_file(int fd, char *block, size_t block_size,
		     unsigned long long size)
{
	ssize_t put;

	memset(block, 0x5a, block_size);
	while (size) {
		put = write(fd, block, size < block_size ? size : block_size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put ? -errno : -ENOSPC;
		size -= put;
	}
	if (fsync(fd))
		return -errno;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

/* A new file that is filled so. */
int make_filled_file(struct run *run, const char *path, unsigned long long size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char *block;
	int err;

	if (fd < 0)
		return fail(run, EXIT_FAILED, "cannot create %s: %s", path,
			    strerror(errno));
	block = malloc(WRITE_BLOCK);
	err = block ? fill_file(fd, block, WRITE_BLOCK, size) : -ENOMEM;
	free(block);
	close(fd);
	return err ? fail(run, EXIT_FAILED, "cannot write %s: %s", path,
			  strerror(-err)) : 0;
}

/*
 * No MADV_RANDOM on the mapping. It would keep the kernel from reading a
 * page's neighbours along with it, which blurs the count of refaults a little;
 * but since 6.3 the kernel takes accesses through such a mapping for no sign
 * of use and evicts its pages first, and nothing would be hot any more. All
 * pages are touched in each round, so a neighbour that is read along is one
 * that was evicted and is needed at once.
 */
static void hot_body(const struct run *run, struct worker *worker)
{
	size_t page = run->env.page_size;
	size_t size = run->opt.hot_size;
	struct slot *slot = worker->slot;
	unsigned char seen = 0;
	unsigned long long before;
	const char *mem;
	size_t at;

	mem = map_shared_file(slot, worker->fd, size, PROT_READ);
	for (;;) {
		before = now_ns();
		for (at = 0; at < size; at += page)
			seen += mem[at];
		note_latency(slot, (now_ns() - before) / 1000);
		atomic_store(&slot->seen, seen);
		atomic_fetch_add(&slot->rounds, 1);
		atomic_store(&slot->ready, true);
		pause_us(run->opt.hot_pause_us);
	}
}

/* Goes through more anonymous memory than it may keep. */
static void anon_body(const struct run *run, struct worker *worker)
{
	size_t page = run->env.page_size;
	size_t at;
	char *mem;

	mem = map_anonymous(run, worker, worker->size);
	for (;;) {
		for (at = 0; at < worker->size; at += page) {
			mem[at] = 1;
			atomic_fetch_add(&worker->slot->bytes, page);
		}
		atomic_fetch_add(&worker->slot->rounds, 1);
	}
}

/* Has another's cgroup reclaimed, whose task brings the pages back. */
static void reclaimer_body(const struct run *run, struct worker *worker)
{
	char path[PATH_MAX + 32];
	int err;

	(void)run;
	snprintf(path, sizeof(path), "%s/memory.reclaim",
		 worker->target->cgroup);
	for (;;) {
		err = write_line(path, "%d", RECLAIM_BYTES);
		/* Fewer pages than asked for are no failure here. */
		if (err && err != -EAGAIN)
			worker_fail(worker->slot, "cannot write to %s: %s",
				    path, strerror(-err));
		atomic_fetch_add(&worker->slot->rounds, 1);
		pause_us(RECLAIM_PAUSE_US);
	}
}

/* Its output is of no interest, and must not get into ours. */
static void __noreturn run_command(const char *command)
{
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 ||
	    dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(EXIT_FAILED);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(EXIT_FAILED);
}

static void job_body(const struct run *run, struct worker *worker)
{
	unsigned long long before;
	int status;
	pid_t pid;

	for (;;) {
		before = now_ns();
		pid = fork();
		if (pid < 0)
			worker_fail(worker->slot, "cannot start its command: %s",
				    strerror(errno));
		if (!pid)
			run_command(run->opt.job);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			worker_fail(worker->slot,
				    "saw its command fail, with status %d",
				    WIFEXITED(status) ? WEXITSTATUS(status) :
				    128 + WTERMSIG(status));
		atomic_fetch_add(&worker->slot->bytes,
				 (now_ns() - before) / 1000);
		atomic_fetch_add(&worker->slot->rounds, 1);
	}
}

static const struct {
	void (*body)(const struct run *run, struct worker *worker);
	/* Should it come to that, the hog is the one to be killed. */
	int oom_score_adj;
} kinds[] = {
	[HOG]		= { hog_body, 1000 },
	[STREAMER]	= { stream_body, 0 },
	[HOT]		= { hot_body, 0 },
	[TOUCH]		= { touch_body, 0 },
	[READER]	= { reader_body, 0 },
	[ANON]		= { anon_body, 0 },
	[RECLAIMER]	= { reclaimer_body, 0 },
	[JOB]		= { job_body, 0 },
	[CHURN]		= { churn_body, 0 },
	[SET]		= { set_body, 0 },
	[WRITER]	= { writer_body, 0 },
	[SHIFTER]	= { shifter_body, 0 },
};

/*
 * Whoever wants the program to end tells the supervisor. A terminal tells the
 * whole process group, and actors that went first would look like failures.
 */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

/*
 * A child's first steps: it ends with its parent. What it could not do is in
 * note then, and it ends.
 */
void begin_child(const struct run *run, pid_t parent, int oom_score_adj,
		 struct slot *slot)
{
	int err;

	/* The janitor's pipe must have one writer, the supervisor. */
	close(run->cleanup_fd);
	ignore_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILED);

	err = write_line("/proc/self/oom_score_adj", "%d", oom_score_adj);
	if (err)
		worker_fail(slot, "cannot set its oom_score_adj: %s",
			    strerror(-err));
}

/* Nothing to do where it has none. */
void enter_cgroup(const char *cgroup, struct slot *slot)
{
	char path[PATH_MAX + 32];
	int err;

	if (!*cgroup)
		return;
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	err = write_line(path, "0");
	if (err)
		worker_fail(slot, "cannot enter its cgroup: %s",
			    strerror(-err));
}

/* Its size, or 0 for an actor that has none. */
static unsigned long long size_of_file(const struct run *run,
				       const struct worker *worker)
{
	switch (worker->kind) {
	case HOT:
		return run->opt.hot_size;
	case WRITER:
		return run->opt.write_size;
	case STREAMER:
	case READER:
		return worker->size ? worker->size : run->opt.file_size;
	case HOG:
		if (run->opt.hog == HOG_MLOCK || run->opt.hog == HOG_MIN)
			return node_bytes(run);
		return 0;
	default:
		return 0;
	}
}

/*
 * The file belongs to whoever writes to it first, also for its writeback, and
 * that must not be a cgroup that goes with the test: v6.19 may free the
 * writeback of a dying cgroup while it still hands over its files.
 *
 * What is hot is written. What is only streamed has holes: they are page cache
 * like any other, and no disk slows the reading down.
 */
static void make_file(const struct run *run, struct worker *worker)
{
	unsigned long long size = size_of_file(run, worker);
	struct slot *slot = worker->slot;
	char *block;
	int err;

	if (!size)
		return;
	worker->fd = open(worker->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  0600);
	if (worker->fd < 0)
		worker_fail(slot, "cannot create its file: %s",
			    strerror(errno));
	if (worker->kind != HOT) {
		if (ftruncate(worker->fd, size))
			worker_fail(slot,
				    "cannot make a sparse file of %llu bytes: %s",
				    size, strerror(errno));
		return;
	}
	block = map_anonymous(run, worker, WRITE_BLOCK);
	err = fill_file(worker->fd, block, WRITE_BLOCK, size);
	if (err)
		worker_fail(slot, "cannot write its file: %s",
			    strerror(-err));
	munmap(block, WRITE_BLOCK);
}

static void __noreturn
worker_main(const struct run *run, struct worker *worker, pid_t parent)
{
	struct slot *slot = worker->slot;
	int err = 0;

	begin_child(run, parent, kinds[worker->kind].oom_score_adj, slot);
	make_file(run, worker);
	enter_cgroup(worker->cgroup, slot);
	if (worker->kind == READER && run->opt.anywhere)
		err = set_policy_default();
	else if (worker->binding == BIND_TASK)
		err = bind_to_node(run->opt.node);
	if (err)
		worker_fail(slot, "cannot set its policy for node %d: %s",
			    run->opt.node, strerror(-err));
	kinds[worker->kind].body(run, worker);
	_exit(EXIT_OK);
}

/* The child's pid or a negative errno. */
pid_t start_worker(const struct run *run, struct worker *worker)
{
	pid_t parent = getpid();
	pid_t pid;

	/* What stdio still holds must not be written twice. */
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		worker_main(run, worker, parent);
	return pid;
}
