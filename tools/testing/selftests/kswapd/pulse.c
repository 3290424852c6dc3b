// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks that allocate and free a little memory repeatedly, and so wake kswapd.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

#define PULSE_PIPES	64
#define NAMES		(1 << 30)

/* Page by page, and each is timed. -1 with errno. */
int fill_pipe(int fd, size_t size, size_t page, struct slot *slot)
{
	static const char zeros[65536];
	unsigned long long before;

	for (; size; size -= page) {
		before = now_ns();
		if (write(fd, zeros, page) != (ssize_t)page)
			return -1;
		note_latency(slot, (now_ns() - before) / 1000);
	}
	return 0;
}

static void drain_pipe(int fd, size_t size, size_t page)
{
	static char waste[65536];

	for (; size; size -= page)
		if (read(fd, waste, page) != (ssize_t)page)
			return;
}

/* Pulses of kernel memory. */
static void __noreturn touch_pipes(const struct run *run, struct worker *worker)
{
	size_t page = run->env.page_size;
	size_t pipes = (run->opt.touch_size + MIB - 1) / MIB;
	size_t per;
	int ends[PULSE_PIPES][2];
	size_t i;

	if (pipes > PULSE_PIPES)
		pipes = PULSE_PIPES;
	per = run->opt.touch_size / pipes / page * page;
	for (i = 0; i < pipes; i++)
		if (pipe2(ends[i], O_CLOEXEC) ||
		    fcntl(ends[i][1], F_SETPIPE_SZ, MIB) < 0)
			worker_fail(worker->slot, "cannot make a pipe: %s",
				    strerror(errno));
	for (;;) {
		for (i = 0; i < pipes; i++)
			if (fill_pipe(ends[i][1], per, page, worker->slot))
				worker_fail(worker->slot, "cannot fill a pipe: %s",
					    strerror(errno));
		for (i = 0; i < pipes; i++)
			drain_pipe(ends[i][0], per, page);
		atomic_fetch_add(&worker->slot->rounds, 1);
		pause_us(run->opt.touch_interval_us);
	}
}

/* With HOG_HOLES, each pulse asks for a huge page. */
static char *align_huge(char *mem)
{
	char *aligned = mem + (-(uintptr_t)mem & (HUGE_BYTES - 1));

	madvise(aligned, HUGE_BYTES, MADV_HUGEPAGE);
	return aligned;
}

void touch_body(const struct run *run, struct worker *worker)
{
	bool huge = run->opt.hog == HOG_HOLES;
	size_t size = huge ? HUGE_BYTES : run->opt.touch_size;
	size_t mapped = huge ? 2 * HUGE_BYTES : size;
	size_t page = run->env.page_size;
	unsigned long long before;
	size_t at;
	char *use;
	char *mem;

	if (run->opt.hog == HOG_PIPE)
		touch_pipes(run, worker);
	for (;;) {
		mem = map_anonymous(run, worker, mapped);
		use = huge ? align_huge(mem) : mem;
		for (at = 0; at < size; at += page) {
			before = now_ns();
			use[at] = 1;
			note_latency(worker->slot, (now_ns() - before) / 1000);
		}
		munmap(mem, mapped);
		atomic_fetch_add(&worker->slot->rounds, 1);
		pause_us(run->opt.touch_interval_us);
	}
}

/* Looks up files that do not exist. Each lookup leaves a negative dentry in slab. */
void churn_body(const struct run *run, struct worker *worker)
{
	char path[PATH_MAX + 32];
	struct stat st;
	int i;

	for (i = 0; ; i = (i + 1) % NAMES) {
		snprintf(path, sizeof(path), "%s/none%d", run->cleanup.dir, i);
		if (!stat(path, &st))
			worker_fail(worker->slot, "finds %s", path);
		atomic_fetch_add(&worker->slot->rounds, 1);
	}
}
