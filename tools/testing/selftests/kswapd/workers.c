// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks that make the pressure. Each is a child of the supervisor, has a memory
 * cgroup, and allocates on the node under test.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

#define STREAM_BLOCK		(128 * 1024)
#define READER_BLOCK		(1024 * 1024)
#define RECLAIM_BYTES		(1024 * 1024)
#define RECLAIM_PAUSE_US	2000

void pause_us(unsigned long long us)
{
	struct timespec ts = {
		.tv_sec = us / 1000000,
		.tv_nsec = us % 1000000 * 1000,
	};

	if (us)
		nanosleep(&ts, NULL);
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
 * A server with two clients of the same file. Pages that are used twice move to the
 * active list.
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

void stream_body(const struct run *run, struct worker *worker)
{
	read_forever(run, worker, STREAM_BLOCK);
}

/* Touches each page of the mapped file. */
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

void reader_body(const struct run *run, struct worker *worker)
{
	if (run->opt.scenario == RANDOM)
		read_at_random(run, worker);
	else if (run->opt.by_mmap)
		touch_forever(run, worker);
	else
		read_forever(run, worker, run->opt.scenario == STREAM_BESIDE_HOG ||
			     run->opt.by_sendfile ? STREAM_BLOCK : READER_BLOCK);
}

/*
 * The mapping has no MADV_RANDOM: since Linux 6.3, accesses through such a mapping do
 * not count as use, so the file would not be hot. The price is readaround, which blurs
 * the number of refaults a little. Each round touches all pages, so a page that is
 * read along was evicted and is needed at once.
 */
void hot_body(const struct run *run, struct worker *worker)
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

/* Writes more anonymous memory than its memory.high. */
void anon_body(const struct run *run, struct worker *worker)
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

/* Reclaims the cgroup of another worker, which reads the pages again. */
void reclaimer_body(const struct run *run, struct worker *worker)
{
	char path[PATH_MAX + 32];
	int err;

	(void)run;
	snprintf(path, sizeof(path), "%s/memory.reclaim",
		 worker->target->cgroup);
	for (;;) {
		err = write_line(path, "%d", RECLAIM_BYTES);
		/* Fewer pages than requested are no failure. */
		if (err && err != -EAGAIN)
			worker_fail(worker->slot, "cannot write to %s: %s",
				    path, strerror(-err));
		atomic_fetch_add(&worker->slot->rounds, 1);
		pause_us(RECLAIM_PAUSE_US);
	}
}

/* Drops the output of the command. */
static void __noreturn run_command(const char *command)
{
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 ||
	    dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(EXIT_FAILED);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(EXIT_FAILED);
}

void job_body(const struct run *run, struct worker *worker)
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
