// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks of a healthy node: a set of anonymous memory, files that are written,
 * and random reads.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#define WRITE_BLOCK	(128 * 1024)
#define POOL_WORDS	65536

/* Marsaglia's xorshift64; each task has another seed. */
static unsigned long long next_random(void)
{
	static unsigned long long state;

	if (!state)
		state = 0x9e3779b97f4a7c15ULL * getpid();
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/*
 * Compresses to about half the size. zram compresses page by page, so many pages can
 * hold the same words.
 */
static void fill_page(char *mem, size_t page)
{
	static unsigned long long pool[POOL_WORDS];
	size_t half = page / 2;
	size_t i;

	if (!*pool)
		for (i = 0; i < POOL_WORDS; i++)
			pool[i] = next_random();
	i = next_random() % (POOL_WORDS - half / sizeof(*pool));
	memcpy(mem, pool + i, half);
}

void set_body(const struct run *run, struct worker *worker)
{
	size_t page = run->env.page_size;
	size_t pages = worker->size / page;
	struct slot *slot = worker->slot;
	unsigned long long before;
	char *mem;
	size_t i;

	mem = map_anonymous(run, worker, pages * page);
	for (i = 0; i < pages; i++)
		fill_page(mem + i * page, page);
	atomic_store(&slot->ready, true);
	for (;;) {
		i = next_random() % pages;
		before = now_ns();
		mem[i * page]++;
		note_latency(slot, (now_ns() - before) / 1000);
		atomic_fetch_add(&slot->rounds, 1);
	}
}

/* Writes the file repeatedly, so that there always are dirty pages. */
void writer_body(const struct run *run, struct worker *worker)
{
	struct slot *slot = worker->slot;
	unsigned long long before;
	char *block;
	ssize_t put;
	off_t at = 0;

	block = map_anonymous(run, worker, WRITE_BLOCK);
	memset(block, 0x5a, WRITE_BLOCK);
	for (;;) {
		before = now_ns();
		put = pwrite(worker->fd, block, WRITE_BLOCK, at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			worker_fail(slot, "cannot write its file: %s",
				    put ? strerror(errno) : "no space");
		note_latency(slot, (now_ns() - before) / 1000);
		atomic_fetch_add(&slot->bytes, put);
		at += put;
		if ((unsigned long long)at + WRITE_BLOCK > run->opt.write_size) {
			at = 0;
			atomic_fetch_add(&slot->rounds, 1);
		}
	}
}

void read_at_random(const struct run *run, struct worker *worker)
{
	size_t page = run->env.page_size;
	size_t pages = run->opt.file_size / page;
	struct slot *slot = worker->slot;
	unsigned long long before;
	ssize_t got;
	char *buf;

	buf = map_anonymous(run, worker, page);
	for (;;) {
		before = now_ns();
		got = pread(worker->fd, buf, page, next_random() % pages * page);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			worker_fail(slot, "cannot read its file: %s",
				    got ? strerror(errno) : "it has ended");
		note_latency(slot, (now_ns() - before) / 1000);
		atomic_fetch_add(&slot->bytes, got);
	}
}
