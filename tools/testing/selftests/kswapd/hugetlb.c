// SPDX-License-Identifier: GPL-2.0
/*
 * The pool of huge pages of the node under test.
 */
#include <string.h>
#include <unistd.h>

#include "run.h"

/* Default size of huge pages; 0: the kernel has none. */
unsigned long long huge_page_bytes(void)
{
	return meminfo_bytes("Hugepagesize:");
}

/* Keeps the number of huge pages, which cleanup restores. */
int note_huge_pages(struct run *run)
{
	struct cleanup *cleanup = &run->cleanup;

	snprintf(cleanup->huge_file, sizeof(cleanup->huge_file),
		 "/sys/devices/system/node/node%d/hugepages/hugepages-%llukB/nr_hugepages",
		 run->opt.node, huge_page_bytes() / KIB);
	if (!huge_page_bytes() ||
	    read_line(cleanup->huge_file, cleanup->huge, sizeof(cleanup->huge)) ||
	    access(cleanup->huge_file, W_OK)) {
		*cleanup->huge = '\0';
		return fail(run, EXIT_SKIP,
			    "huge pages of node %d cannot be reserved here",
			    run->opt.node);
	}
	return 0;
}

/* The kernel may reserve less than it is asked for. */
int set_huge_pages(const struct run *run, unsigned long long n,
		   unsigned long long *got)
{
	unsigned long long before = strtoull(run->cleanup.huge, NULL, 10);
	int err = write_line(run->cleanup.huge_file, "%llu", before + n);

	if (!err)
		err = read_number(run->cleanup.huge_file, got);
	if (err) {
		errno = -err;
		return -1;
	}
	*got = *got > before ? *got - before : 0;
	return 0;
}

/* The exit of the hog does not free them. */
int free_huge_pages(struct run *run)
{
	unsigned long long left;

	if (!*run->cleanup.huge)
		return 0;
	if (set_huge_pages(run, 0, &left))
		return fail(run, EXIT_FAILED, "cannot free the huge pages: %s",
			    strerror(errno));
	return 0;
}
