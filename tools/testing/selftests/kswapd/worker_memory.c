// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of workers, on the node under test.
 */
#include <numa.h>
#include <numaif.h>
#include <string.h>
#include <sys/mman.h>

#include "run.h"

static int set_policy(int mode, int nid)
{
	struct bitmask *mask = numa_allocate_nodemask();
	int err = 0;

	numa_bitmask_setbit(mask, nid);
	/* The kernel reads one bit less than the given size. */
	if (set_mempolicy(mode, mask->maskp, mask->size + 1))
		err = -errno;
	numa_bitmask_free(mask);
	return err;
}

/* Drops the policy inherited from the supervisor. */
int set_policy_default(void)
{
	return set_mempolicy(MPOL_DEFAULT, NULL, 0) ? -errno : 0;
}

int prefer_node(int nid)
{
	return set_policy(MPOL_PREFERRED, nid);
}

int bind_to_node(int nid)
{
	return set_policy(MPOL_BIND, nid);
}

static int bind_range(void *mem, size_t size, int nid)
{
	struct bitmask *mask = numa_allocate_nodemask();
	int err = 0;

	numa_bitmask_setbit(mask, nid);
	if (mbind(mem, size, MPOL_BIND, mask->maskp, mask->size + 1, 0))
		err = -errno;
	numa_bitmask_free(mask);
	return err;
}

void *map_small_pages(struct slot *slot, size_t size)
{
	void *mem;

	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		worker_fail(slot, "cannot map %zu bytes: %s", size,
			    strerror(errno));
	/*
	 * A huge page can be larger than the gap between two watermarks, and
	 * it would need compaction.
	 */
	madvise(mem, size, MADV_NOHUGEPAGE);
	return mem;
}

/* Writes a byte of each page. */
void write_pages(char *mem, size_t size, size_t page)
{
	size_t at;

	for (at = 0; at < size; at += page)
		mem[at] = 1;
}

void *map_anonymous(const struct run *run, struct worker *worker, size_t size)
{
	struct slot *slot = worker->slot;
	void *mem = map_small_pages(slot, size);
	int err;

	if (worker->binding == BIND_RANGE) {
		err = bind_range(mem, size, run->opt.node);
		if (err)
			worker_fail(slot, "cannot bind its memory to node %d: %s",
				    run->opt.node, strerror(-err));
	}
	return mem;
}

void *map_shared_file(struct slot *slot, int fd, size_t size, int prot)
{
	void *mem;

	mem = mmap(NULL, size, prot, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		worker_fail(slot, "cannot map its file: %s",
			    strerror(errno));
	return mem;
}
