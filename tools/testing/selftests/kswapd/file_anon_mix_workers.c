// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks that read the file and write anonymous memory.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file_anon_mix.h"

#define NOTE_BYTES	MIB	/* a reader reports its progress in this step */

struct slice {
	pthread_t thread;
	char *mem;
	size_t size;
	size_t page;
};

static void pause_seconds(double seconds)
{
	sleep_until(now_ns() + seconds * NS_A_SECOND);
}

static void __noreturn file_reader_body(const struct mix *mix, struct slot *slot)
{
	size_t size = mix->opt.file_size;
	size_t page = mix->run.env.page_size;
	const char *mem;
	unsigned char seen = 0;
	size_t at;
	int fd;

	fd = open(mix->opt.file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		worker_fail(slot, "cannot open %s: %s", mix->opt.file,
			    strerror(errno));
	mem = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		worker_fail(slot, "cannot map %s: %s", mix->opt.file,
			    strerror(errno));
	for (;;) {
		for (at = 0; at < size; at += page) {
			seen += mem[at];
			if (at % NOTE_BYTES == 0)
				atomic_fetch_add(&slot->bytes, NOTE_BYTES);
		}
		/* Keeps the compiler from dropping the reads. */
		atomic_store(&slot->seen, seen);
		atomic_fetch_add(&slot->rounds, 1);
		pause_seconds(mix->opt.reader_sleep_us / 1e6);
	}
}

static void *write_slice(void *arg)
{
	struct slice *slice = arg;

	write_pages(slice->mem, slice->size, slice->page);
	return NULL;
}

static void anon_round(const struct mix *mix, struct slot *slot,
		       struct slice *slices)
{
	size_t page = mix->run.env.page_size;
	size_t pages = mix->opt.anon_size / page;
	int n = mix->opt.anon_workers;
	char *mem;
	int err;
	int i;

	mem = mmap(NULL, pages * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		worker_fail(slot, "cannot map %llu bytes: %s",
			    mix->opt.anon_size, strerror(errno));
	for (i = 0; i < n; i++) {
		size_t from = pages * i / n;

		slices[i].page = page;
		slices[i].mem = mem + from * page;
		slices[i].size = (pages * (i + 1) / n - from) * page;
		err = pthread_create(&slices[i].thread, NULL, write_slice,
				     &slices[i]);
		if (err)
			worker_fail(slot, "cannot start thread %d: %s", i,
				    strerror(err));
	}
	for (i = 0; i < n; i++)
		pthread_join(slices[i].thread, NULL);
	munmap(mem, pages * page);
}

static void __noreturn anon_taker_body(const struct mix *mix, struct slot *slot)
{
	struct slice *slices = calloc(mix->opt.anon_workers, sizeof(*slices));
	unsigned long long start;
	int i;

	if (!slices)
		worker_fail(slot, "has no memory for its %d threads",
			    mix->opt.anon_workers);
	for (i = 0; i < mix->opt.rounds; i++) {
		start = now_ns();
		anon_round(mix, slot, slices);
		/* The supervisor reads changed_ns after rounds has changed. */
		atomic_store(&slot->changed_ns, now_ns() - start);
		atomic_store(&slot->rounds, i + 1);
		pause_seconds(mix->opt.anon_wait_s);
	}
	_exit(EXIT_OK);
}

static int start(struct mix *mix, struct slot *slot,
		 void (*body)(const struct mix *mix, struct slot *slot))
{
	pid_t parent = getpid();
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return fail(&mix->run, EXIT_FAILED,
			    "cannot start a worker: %s", strerror(errno));
	if (!pid) {
		begin_child(&mix->run, parent, 0, slot);
		enter_cgroup(mix->group, slot);
		body(mix, slot);
	}
	mix->pids[mix->nr_pids++] = pid;
	return 0;
}

int start_readers(struct mix *mix)
{
	int i;

	for (i = 0; i < mix->opt.file_workers; i++)
		if (start(mix, &mix->shared->readers[i], file_reader_body))
			return -1;
	return 0;
}

int start_anon(struct mix *mix)
{
	return start(mix, &mix->shared->anon, anon_taker_body);
}
