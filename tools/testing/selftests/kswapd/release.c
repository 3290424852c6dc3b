// SPDX-License-Identifier: GPL-2.0
/*
 * The ways in which memory of a hopeless node becomes free or reclaimable.
 */
#include "run.h"

static int wait_for_memory(struct run *run)
{
	return wait_until(run, node_is_empty,
			  "the memory of the hog has not become free");
}

static bool hog_has_left(struct run *run)
{
	return atomic_load(&find_worker(run, HOG)->slot->left);
}

static int tell_hog(struct run *run)
{
	atomic_store(&find_worker(run, HOG)->slot->leave, true);
	return wait_until(run, hog_has_left, "the hog has not released its memory");
}

static int release_by_exit(struct run *run)
{
	end_worker(find_worker(run, HOG));
	return free_huge_pages(run) || wait_for_memory(run) ? -1 : 0;
}

static int release_by_tmpfs(struct run *run)
{
	return tell_hog(run) ? -1 : wait_for_memory(run);
}

static int release_by_min(struct run *run)
{
	if (set_memory(run, find_worker(run, HOG)->cgroup, "memory.min", 0))
		return -1;
	return set_memory(run, run->cleanup.group, "memory.min", 0);
}

int release_memory(struct run *run)
{
	static int (* const ways[NR_RELEASES])(struct run *run) = {
		[BY_EXIT]	= release_by_exit,
		[BY_MUNLOCK]	= tell_hog,
		[BY_SWAPON]	= swap_on,
		[BY_MIN]	= release_by_min,
		[BY_TMPFS]	= release_by_tmpfs,
		[BY_SWAPFREE]	= tell_hog,
	};

	return ways[run->opt.by](run);
}
