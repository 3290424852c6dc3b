// SPDX-License-Identifier: GPL-2.0
/*
 * Sizes that depend on the node and its watermarks, and checks that they fit.
 */
#include "run.h"

/* From the low to the high watermark, in bytes. */
unsigned long long gap_bytes(const struct run *run)
{
	return (run->node.high - run->node.low) * run->env.page_size;
}

bool has_hot_file(const struct options *opt)
{
	return opt->scenario == RUNAWAY || opt->scenario == NEAR_OOM;
}

bool has_hog(const struct options *opt)
{
	switch (opt->scenario) {
	case STREAM:
	case JOB_ALONE:
	case LOW:
	case ANON_SET:
	case WRITE:
	case RANDOM:
		return false;
	default:
		return true;
	}
}

/* No hog, so kswapd has no reason to give up. */
bool is_healthy(const struct options *opt)
{
	return !has_hog(opt) && opt->scenario != JOB_ALONE;
}

bool wants_swap(const struct options *opt)
{
	return opt->scenario == ANON_SET || opt->by == BY_SWAPON || opt->hog == HOG_SWAPFULL;
}

unsigned long long bytes_on_disk(const struct run *run)
{
	unsigned long long bytes = 0;

	if (has_hot_file(&run->opt))
		bytes += run->opt.hot_size;
	if (wants_swap(&run->opt) && !*run->cleanup.zram)
		bytes += run->opt.swap_size;
	if (run->opt.scenario == WRITE)
		bytes += run->opt.writers * run->opt.write_size;
	return bytes;
}

/* zram keeps swapped pages on the same node, compressed to half of their size. */
static unsigned long long swap_for_set(const struct run *run)
{
	unsigned long long tenth = node_bytes(run) / 10;

	tenth -= tenth % run->env.page_size;
	return *run->cleanup.zram ? 8 * tenth : 4 * tenth;
}

#define MOST_SHIFTED	(40 * MIB)

static int check_shifters(struct run *run)
{
	unsigned long long node = run->node.usable * run->env.page_size;
	struct options *opt = &run->opt;

	if (!opt->shift_size) {
		opt->shift_size = node / 3 / opt->tasks;
		if (opt->shift_size > MOST_SHIFTED)
			opt->shift_size = MOST_SHIFTED;
	}
	opt->shift_size -= opt->shift_size % run->env.page_size;
	if (!opt->shift_size || opt->shift_size > node / 2 / opt->tasks)
		return fail(run, EXIT_USAGE,
			    "--shift-size: %d tasks with %llu KiB each: expected a page or more for each, and at most half of node %d with %llu MiB",
			    opt->tasks, opt->shift_size / KIB, opt->node,
			    node / MIB);
	return 0;
}

int check_fit(struct run *run)
{
	unsigned long long page = run->env.page_size;
	unsigned long long node = run->node.usable * page;
	struct options *opt = &run->opt;
	unsigned long long sum;

	if (!opt->file_size)
		opt->file_size = opt->scenario == RANDOM ?
			node_bytes(run) / 10 * 13 / opt->readers :
			node_bytes(run) / 5 * 6;
	if (opt->scenario == ANON_SET)
		opt->swap_size = swap_for_set(run);
	if (opt->scenario == OOM)
		return check_shifters(run);
	if (!has_hog(opt))
		return 0;
	if (opt->touch_size > node / 16)
		return fail(run, EXIT_USAGE,
			    "--touch-size: %llu MiB are too large for node %d with %llu MiB",
			    opt->touch_size / MIB, opt->node, node / MIB);
	if (opt->scenario != RUNAWAY && opt->scenario != NEAR_OOM &&
	    opt->scenario != OSCILLATE)
		return 0;
	if (opt->min > node)
		return fail(run, EXIT_USAGE,
			    "--min: %llu MiB do not fit on node %d with %llu MiB",
			    opt->min / MIB, opt->node, node / MIB);
	sum = opt->containers * opt->high + opt->hot_size;
	if (sum > node / 2)
		return fail(run, EXIT_USAGE,
			    "--high of the --containers and --hot-size need %llu MiB, more than half of node %d with %llu MiB",
			    sum / MIB, opt->node, node / MIB);
	return 0;
}

static unsigned long long part_of_gap(const struct run *run, int percent)
{
	unsigned long long page = run->env.page_size;
	unsigned long long size = gap_bytes(run) / 100 * percent;

	return size < page ? page : size - size % page;
}

/*
 * Computes sizes given as a percentage of the gap, after the watermarks are set.
 */
int size_by_gap(struct run *run)
{
	struct options *opt = &run->opt;
	char real[PATH_MAX];

	if (!opt->hot_percent && !opt->touch_percent)
		return 0;
	if (opt->hot_percent)
		opt->hot_size = part_of_gap(run, opt->hot_percent);
	if (opt->touch_percent)
		opt->touch_size = part_of_gap(run, opt->touch_percent);
	if (check_fit(run))
		return -1;
	return check_disk(run, opt->dir_by, opt->dir, bytes_on_disk(run), real);
}
