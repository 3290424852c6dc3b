// SPDX-License-Identifier: GPL-2.0
/*
 * The swap of a run: zram or a file.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "run.h"

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

/* The file must have no holes, because swapon maps its blocks. */
static int write_swap_header(const struct run *run, int fd,
			     unsigned long long bytes)
{
	size_t size = run->env.page_size;
	char *page = calloc(1, size);
	ssize_t put;
	int err = 0;

	if (!page)
		return -ENOMEM;
	fill_swap_header(page, size, bytes / size);
	put = pwrite(fd, page, size, 0);
	if (put != (ssize_t)size)
		err = put < 0 ? -errno : -ENOSPC;
	else if (fsync(fd))
		err = -errno;
	free(page);
	return err;
}

static int write_swap_area(struct run *run, unsigned long long size)
{
	const char *path = run->cleanup.swap;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int err;

	if (fd < 0)
		return fail(run, EXIT_FAILED, "cannot open %s: %s", path,
			    strerror(errno));
	err = write_swap_header(run, fd, size);
	close(fd);
	return err ? fail(run, EXIT_FAILED, "cannot write %s: %s", path,
			  strerror(-err)) : 0;
}

/* Chooses an unused zram device, if there is one. */
void note_zram(struct run *run)
{
	static const char dir[] = "/sys/block/zram0";
	struct cleanup *cleanup = &run->cleanup;
	unsigned long long size;

	if (read_number("/sys/block/zram0/disksize", &size) || size ||
	    access("/sys/block/zram0/disksize", W_OK) ||
	    access("/dev/zram0", W_OK))
		return;
	snprintf(cleanup->zram, sizeof(cleanup->zram), "%s", dir);
	snprintf(cleanup->swap, sizeof(cleanup->swap), "/dev/zram0");
}

/*
 * Makes the swap area, if the run has one. Runs before the node is filled, because it
 * needs memory and disk time.
 */
int make_swap(struct run *run)
{
	unsigned long long size = run->opt.swap_size;
	struct cleanup *cleanup = &run->cleanup;
	char path[sizeof(cleanup->zram) + 16];
	int err;

	if (!*cleanup->swap)
		return 0;
	if (!*cleanup->zram)
		return make_filled_file(run, cleanup->swap, size) ||
		       write_swap_area(run, size) ? -1 : 0;
	snprintf(path, sizeof(path), "%s/disksize", cleanup->zram);
	err = write_line(path, "%llu", size);
	if (err)
		return fail(run, EXIT_FAILED, "cannot write to %s: %s", path,
			    strerror(-err));
	return write_swap_area(run, size);
}

int swap_on(struct run *run)
{
	if (!swapon(run->cleanup.swap, 0))
		return 0;
	/* A kernel without swap is a skip. */
	return fail(run, access("/proc/swaps", F_OK) ? EXIT_SKIP : EXIT_FAILED,
		    "cannot swap to %s: %s", run->cleanup.swap, strerror(errno));
}

unsigned long long free_swap_bytes(void)
{
	return meminfo_bytes("SwapFree:");
}
