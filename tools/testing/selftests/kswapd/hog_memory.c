// SPDX-License-Identifier: GPL-2.0
/*
 * The kinds of unreclaimable memory that the hog takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hog.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT		21
#endif

#define PIPE_BYTES		MIB
#define MOST_FILES		65536
#define PUSHES			600
#define PUSHES_WHEN_NEARLY	20
#define PUSH_PAUSE_US		50000
/* Each CPU caches a few swap slots, which stay free. */
#define SWAP_LEFT		(4 * MIB)

/* Unmovable kernel memory, like slab or page tables. */
static void take_pipes(struct hog *hog, unsigned long long pages)
{
	static size_t room;
	static int fd;
	size_t size;
	int ends[2];

	while (pages) {
		if (!room) {
			if (pipe2(ends, O_CLOEXEC) ||
			    fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
				worker_fail(hog->slot, "cannot make a pipe: %s",
					    strerror(errno));
			fd = ends[1];
			room = PIPE_BYTES / hog->page;
		}
		size = pages < room ? pages : room;
		if (fill_pipe(fd, size * hog->page, hog->page, hog->slot))
			worker_fail(hog->slot, "cannot fill a pipe: %s",
				    strerror(errno));
		room -= size;
		pages -= size;
		hog->taken += size * hog->page;
	}
	atomic_store(&hog->slot->bytes, hog->taken);
	atomic_store(&hog->slot->changed_ns, now_ns());
}

void hog_take(struct hog *hog, unsigned long long pages)
{
	size_t end = hog->taken + pages * hog->page;
	unsigned char seen = 0;

	if (hog->run->opt.hog == HOG_PIPE) {
		take_pipes(hog, pages);
		return;
	}
	if (end > hog->size)
		worker_fail(hog->slot, "took %zu MiB, the size of the node, and has not filled it",
			    hog->size >> 20);
	/* One call since Linux 5.14: page faults are slow on an emulated CPU. */
	if (!madvise(hog->mem + hog->taken, end - hog->taken,
		     hog->written ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		hog->taken = end;
	for (; hog->taken < end; hog->taken += hog->page) {
		if (hog->written)
			hog->mem[hog->taken] = 1;
		else
			seen += hog->mem[hog->taken];
	}
	/* Keeps the compiler from dropping the reads. */
	atomic_store(&hog->slot->seen, seen);
	atomic_store(&hog->slot->bytes, hog->taken);
	atomic_store(&hog->slot->changed_ns, now_ns());
}

/*
 * Takes more memory than the swap holds, and swaps it out. These pages are not used
 * again, so the swap stays full.
 */
static void fill_swap(struct hog *hog)
{
	unsigned long long pages = hog->run->opt.swap_size / hog->page;
	int i;

	hog_take(hog, pages + SWAP_LEFT / hog->page);
	for (i = 0; free_swap_bytes(); i++) {
		if (i >= PUSHES_WHEN_NEARLY && free_swap_bytes() <= SWAP_LEFT)
			break;
		if (i == PUSHES)
			worker_fail(hog->slot, "has not filled the swap: %llu KiB are free",
				    free_swap_bytes() / KIB);
		if (madvise(hog->mem, hog->taken, MADV_PAGEOUT))
			worker_fail(hog->slot, "cannot have pages swapped out: %s",
				    strerror(errno));
		pause_us(PUSH_PAUSE_US);
	}
	hog->swapped = hog->taken;
}

static void map_locked(struct hog *hog, const char *what)
{
	if (mlock2(hog->mem, hog->size, MLOCK_ONFAULT))
		worker_fail(hog->slot, "cannot lock its %s: %s", what,
			    strerror(errno));
}

void hog_map(struct hog *hog, struct worker *worker)
{
	struct rlimit files = { MOST_FILES, MOST_FILES };
	struct slot *slot = hog->slot;

	hog->written = true;
	switch (hog->run->opt.hog) {
	case HOG_ANON:
	case HOG_HUGETLB:
	case NR_HOGS:
		hog->mem = map_anonymous(hog->run, worker, hog->size);
		return;
	case HOG_SWAPFULL:
		hog->size += hog->run->opt.swap_size + SWAP_LEFT;
		hog->mem = map_anonymous(hog->run, worker, hog->size);
		fill_swap(hog);
		return;
	case HOG_HOLES:
		hog->mem = map_anonymous(hog->run, worker, hog->size);
		map_locked(hog, "memory");
		return;
	case HOG_PIPE:
		if (setrlimit(RLIMIT_NOFILE, &files))
			worker_fail(slot, "cannot have more files: %s",
				    strerror(errno));
		return;
	case HOG_TMPFS:
		/* On the kernel's internal tmpfs, deleted by close(). */
		hog->fd = memfd_create("hog", MFD_CLOEXEC);
		if (hog->fd < 0 || ftruncate(hog->fd, hog->size))
			worker_fail(slot, "cannot make a file on tmpfs: %s",
				    strerror(errno));
		hog->mem = map_shared_file(slot, hog->fd, hog->size,
					   PROT_READ | PROT_WRITE);
		return;
	case HOG_MLOCK:
	case HOG_MIN:
		hog->written = false;
		hog->fd = worker->fd;
		hog->mem = map_shared_file(slot, hog->fd, hog->size, PROT_READ);
		/* No readahead: pages that are read ahead are not locked. */
		madvise(hog->mem, hog->size, MADV_RANDOM);
		if (hog->run->opt.hog == HOG_MLOCK)
			map_locked(hog, "file");
		return;
	}
}

/* Frees every second page, from the end. */
void hog_make_holes(struct hog *hog, unsigned long long pages)
{
	size_t at = hog->holes ? hog->holes : hog->taken;

	for (; pages && at >= 2 * hog->page; pages--) {
		at -= 2 * hog->page;
		munlock(hog->mem + at, hog->page);
		madvise(hog->mem + at, hog->page, MADV_DONTNEED);
	}
	hog->holes = at;
}

void hog_release(struct hog *hog)
{
	switch (hog->run->opt.by) {
	case BY_MUNLOCK:
		if (munlock(hog->mem, hog->size))
			worker_fail(hog->slot, "cannot unlock its file: %s",
				    strerror(errno));
		break;
	case BY_SWAPFREE:
		/* The free swap makes the rest of the memory reclaimable. */
		if (madvise(hog->mem, hog->swapped, MADV_DONTNEED))
			worker_fail(hog->slot, "cannot free the swap: %s",
				    strerror(errno));
		break;
	default:
		munmap(hog->mem, hog->size);
		close(hog->fd);
	}
	atomic_store(&hog->slot->left, true);
	for (;;)
		pause();
}
