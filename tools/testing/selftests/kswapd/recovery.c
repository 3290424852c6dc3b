// SPDX-License-Identifier: GPL-2.0
/*
 * The ways in which memory of a hopeless node becomes free, or at least
 * reclaimable, again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "pressure.h"

#define SWAP_SIGNATURE		"SWAPSPACE2"
#define SWAP_HEADER_AT		1024

/* The first page of a swap area, as mkswap(8) writes it. */
static void fill_swap_header(char *page, size_t page_size, unsigned int pages)
{
	unsigned int header[] = { 1, pages - 1, 0 };	/* version, last, bad */
	size_t len = strlen(SWAP_SIGNATURE);

	memcpy(page + SWAP_HEADER_AT, header, sizeof(header));
	memcpy(page + page_size - len, SWAP_SIGNATURE, len);
}

/* Into a file without holes: swapon looks at the blocks. */
static int write_swap_header(const struct run *run, int fd)
{
	size_t size = run->env.page_size;
	char *page = calloc(1, size);
	ssize_t put;
	int err = 0;

	if (!page)
		return -ENOMEM;
	fill_swap_header(page, size, run->opt.swap_size / size);
	put = pwrite(fd, page, size, 0);
	if (put != (ssize_t)size)
		err = put < 0 ? -errno : -ENOSPC;
	else if (fsync(fd))
		err = -errno;
	free(page);
	return err;
}

/* Before the node is filled: what takes memory or a disk's time. */
int prepare_recovery(struct run *run)
{
	const char *path = run->undo.swap;
	int err;
	int fd;

	if (!*path)
		return 0;
	if (make_filled_file(run, path, run->opt.swap_size))
		return -1;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return give_up(run, EXIT_FAILED, "cannot open %s: %s", path,
			       strerror(errno));
	err = write_swap_header(run, fd);
	close(fd);
	return err ? give_up(run, EXIT_FAILED, "cannot write %s: %s", path,
			     strerror(-err)) : 0;
}

static int wait_for_memory(struct run *run)
{
	return wait_until(run, node_is_empty,
			  "the hog's memory has not come back");
}

static bool hog_has_left(struct run *run)
{
	return atomic_load(&find_actor(run, HOG)->slot->left);
}

static int tell_hog(struct run *run)
{
	atomic_store(&find_actor(run, HOG)->slot->leave, true);
	return wait_until(run, hog_has_left, "the hog has not let go");
}

static int recover_by_exit(struct run *run)
{
	end_actor(find_actor(run, HOG));
	return wait_for_memory(run);
}

static int recover_by_tmpfs(struct run *run)
{
	return tell_hog(run) ? -1 : wait_for_memory(run);
}

static int recover_by_swapon(struct run *run)
{
	if (!swapon(run->undo.swap, 0))
		return 0;
	return give_up(run, EXIT_FAILED, "cannot swap on %s: %s",
		       run->undo.swap, strerror(errno));
}

static int recover_by_min(struct run *run)
{
	if (set_memory(run, find_actor(run, HOG)->cgroup, "memory.min", 0))
		return -1;
	return set_memory(run, run->undo.group, "memory.min", 0);
}

int recover(struct run *run)
{
	static int (* const ways[NR_RECOVERIES])(struct run *run) = {
		[BY_EXIT]	= recover_by_exit,
		[BY_MUNLOCK]	= tell_hog,
		[BY_SWAPON]	= recover_by_swapon,
		[BY_MIN]	= recover_by_min,
		[BY_TMPFS]	= recover_by_tmpfs,
	};

	return ways[run->opt.by](run);
}
