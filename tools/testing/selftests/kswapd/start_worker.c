// SPDX-License-Identifier: GPL-2.0
/*
 * From fork() to the work of a worker: its parent, cgroup, file and memory policy.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "run.h"

#define FILL_BLOCK	(1024 * 1024)

void worker_fail(struct slot *slot, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(slot->note, sizeof(slot->note), fmt, ap);
	va_end(ap);
	_exit(EXIT_FAILED);
}

/*
 * The supervisor handles signals and ends the workers. A terminal signals the whole
 * process group, and a worker that ended first would look like a failure.
 */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

/*
 * The first steps of a child, which ends when its parent ends. After a failure, the
 * reason is in slot->note.
 */
void begin_child(const struct run *run, pid_t parent, int oom_score_adj,
		 struct slot *slot)
{
	int err;

	/* The cleanup process waits until the supervisor, the last writer, closes it. */
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

/* An empty name is the cgroup of the parent. */
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

/*
 * Writes the file to the disk and drops it from the page cache. So the first touch
 * charges its pages to the cgroup that uses them, and later reads are refaults.
 * Returns 0 or a negative errno.
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

/* Makes and fills a new file. */
int make_filled_file(struct run *run, const char *path, unsigned long long size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char *block;
	int err;

	if (fd < 0)
		return fail(run, EXIT_FAILED, "cannot create %s: %s", path,
			    strerror(errno));
	block = malloc(FILL_BLOCK);
	err = block ? fill_file(fd, block, FILL_BLOCK, size) : -ENOMEM;
	free(block);
	close(fd);
	return err ? fail(run, EXIT_FAILED, "cannot write %s: %s", path,
			  strerror(-err)) : 0;
}

/* 0 if the worker has no file. */
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
 * Makes the file before the worker enters its cgroup: the cgroup of the first writer
 * owns the writeback of a file. Linux 6.19 may free the writeback of a dying cgroup
 * while it still moves files to another one.
 *
 * The hot file is written. A file that is only streamed has holes: their pages are
 * ordinary page cache, and the disk does not limit the reads.
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
	block = map_anonymous(run, worker, FILL_BLOCK);
	err = fill_file(worker->fd, block, FILL_BLOCK, size);
	if (err)
		worker_fail(slot, "cannot write its file: %s",
			    strerror(-err));
	munmap(block, FILL_BLOCK);
}

static const struct {
	void (*body)(const struct run *run, struct worker *worker);
	/* The OOM killer should choose the hog. */
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

/* Returns the pid of the child or a negative errno. */
pid_t start_worker(const struct run *run, struct worker *worker)
{
	pid_t parent = getpid();
	pid_t pid;

	/* The child must not write the buffers of stdio again. */
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		worker_main(run, worker, parent);
	return pid;
}
