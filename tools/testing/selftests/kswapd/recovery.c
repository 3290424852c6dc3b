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
#define BLOCK			MIB

/* The first page of a swap area, as mkswap(8) writes it. */
static void fill_swap_header(char *page, size_t page_size, unsigned int pages)
{
	unsigned int header[] = { 1, pages - 1, 0 };	/* version, last, bad */
	size_t len = strlen(SWAP_SIGNATURE);

	memcpy(page + SWAP_HEADER_AT, header, sizeof(header));
	memcpy(page + page_size - len, SWAP_SIGNATURE, len);
}

/* No holes, and on the disk: swapon looks at the blocks. */
static int write_swap_file(const struct run *run, int fd)
{
	unsigned long long left = run->opt.swap_size;
	char *block = calloc(1, BLOCK);
	ssize_t put = 0;
	int err;

	if (!block)
		return -ENOMEM;
	fill_swap_header(block, run->env.page_size,
			 left / run->env.page_size);
	while (left) {
		put = write(fd, block, left < BLOCK ? left : BLOCK);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			break;
		left -= put;
		/* Blocks are whole but for the last one. */
		memset(block, 0, BLOCK);
	}
	err = put < 0 ? -errno : left ? -ENOSPC : 0;
	free(block);
	if (!err && fsync(fd))
		err = -errno;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
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
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return give_up(run, EXIT_FAILED, "cannot create %s: %s", path,
			       strerror(errno));
	err = write_swap_file(run, fd);
	close(fd);
	if (err)
		return give_up(run, EXIT_FAILED, "cannot write %s: %s", path,
			       strerror(-err));
	return 0;
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
