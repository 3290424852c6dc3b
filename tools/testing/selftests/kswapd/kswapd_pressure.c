// SPDX-License-Identifier: GPL-2.0
/*
 * Puts a memory node under pressure and watches its kswapd. The scenarios:
 *
 * runaway: nearly all of the node is anonymous memory without swap, so it can never
 *	be balanced. One cgroup reclaims its own pages constantly, because it streams
 *	a file at its memory.high. Does kswapd stop, and does a hot file of another
 *	cgroup stay cached?
 * hopeless: the node is filled until kswapd gives up, and stays full. Resets of the
 *	count can be tried by hand.
 * restart: kswapd has given up, then nearly all memory becomes free. Does kswapd
 *	restart for tasks that stream files?
 * stream: tasks read more than a healthy node can hold. Does kswapd stay at work?
 * hog-stream: the node can never be balanced, but a reader streams through the rest
 *	of it, so that there always are pages to reclaim.
 * near-oom: runaway with so little memory left that the OOM killer may come. Which
 *	task is killed, and when?
 * oscillate: a task makes the node hopeless and healthy in turns, as fast as
 *	possible.
 * job: a command runs repeatedly, with less memory than it would use.
 * low: memory.low protects all page cache of a healthy node. Does kswapd stay at
 *	work, or is all reclaim direct?
 * anon: tasks use anonymous memory of 1.3 times a healthy node at random, with swap.
 * write: tasks write to a disk, while a reader streams from a healthy node.
 * random: random reads over 1.3 times a healthy node.
 * oom: tasks on a hopeless node free memory on one CPU and allocate it on another.
 *	Does the OOM killer come although memory is free?
 */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#define MAX_SECONDS		86400
#define MAX_SCALE_FACTOR	3000
#define MAX_GAP_PERCENT		10000

const char * const scenario_names[NR_SCENARIOS] = {
	[RUNAWAY]		= "runaway",
	[HOPELESS]		= "hopeless",
	[RESTART]		= "restart",
	[STREAM]		= "stream",
	[STREAM_BESIDE_HOG]	= "hog-stream",
	[NEAR_OOM]		= "near-oom",
	[OSCILLATE]		= "oscillate",
	[JOB_ALONE]		= "job",
	[LOW]			= "low",
	[ANON_SET]		= "anon",
	[WRITE]			= "write",
	[RANDOM]		= "random",
	[OOM]			= "oom",
};

const char * const release_names[NR_RELEASES] = {
	[BY_EXIT]	= "exit",
	[BY_MUNLOCK]	= "munlock",
	[BY_SWAPON]	= "swapon",
	[BY_MIN]	= "min",
	[BY_TMPFS]	= "tmpfs",
	[BY_SWAPFREE]	= "swapfree",
};

const char * const hog_names[NR_HOGS] = {
	[HOG_ANON]	= "anon",
	[HOG_MLOCK]	= "mlock",
	[HOG_TMPFS]	= "tmpfs",
	[HOG_HUGETLB]	= "hugetlb",
	[HOG_SWAPFULL]	= "swapfull",
	[HOG_PIPE]	= "pipe",
	[HOG_HOLES]	= "holes",
	[HOG_MIN]	= "min",
};

/* Options */

static const char help_text[] =
"Usage: kswapd_pressure SCENARIO [OPTION]...\n"
"Puts a memory node under pressure and watches its kswapd.\n"
"\n"
"  runaway  anonymous memory fills the node, one cgroup constantly reclaims its\n"
"           own pages, and another task maps a hot file\n"
"  hopeless the node is filled until kswapd gives up, and stays full\n"
"  restart  the node is filled until kswapd gives up, and emptied; readers then\n"
"           stream files from it\n"
"  stream   readers stream files from a healthy node\n"
"  hog-stream  anonymous memory fills the node, and a reader streams a file\n"
"           through the rest\n"
"  near-oom runaway in which an OOM kill is a result, not a failure\n"
"  oscillate  a task makes the node hopeless and healthy in turns, as fast as\n"
"           possible; an OOM kill ends the run and is no failure\n"
"  job      a command runs repeatedly and is timed\n"
"  low      stream, and memory.low protects all page cache\n"
"  anon     tasks use 1.3 times a healthy node of anonymous memory at random; the\n"
"           swap is zram, if there is one, or a file\n"
"  write    tasks write files, and a reader streams from a healthy node\n"
"  random   readers read at random from 1.3 times a healthy node\n"
"  oom      tasks on a hopeless node free memory on one CPU and allocate it on\n"
"           another; an OOM kill of the hog ends the run and is no failure\n"
"\n"
"SIZE is a number with an optional k, m or g suffix. GAP is a SIZE, or a percentage\n"
"of the gap between the node's low and high watermark, such as 25%.\n"
"\n"
"  --node N               the node (default: the last one with memory)\n"
"  --seconds S            measured seconds (20)\n"
"  --settle S             first of these seconds that do not count (5)\n"
"  --dir DIR              directory for files, not on a tmpfs (.)\n"
"  --file-size SIZE       of each sparse file streamed (1.2 times the node)\n"
"  --lru classic|mglru|keep   which LRU to use (keep)\n"
"  --scale-factor N       vm.watermark_scale_factor; 0 leaves it (300)\n"
"  --min-free SIZE        vm.min_free_kbytes, which transparent huge pages raise;\n"
"           0 leaves it (0)\n"
"  --lists-fraction N     vm.percpu_pagelist_high_fraction, 8 to 100000; the higher,\n"
"           the shorter the per-CPU lists; 0 leaves it (0)\n"
"  --cgroup DIR           parent of the cgroups made (/sys/fs/cgroup)\n"
"  --json                 one JSON document on stdout, the rest on stderr\n"
"  --help                 this text\n"
"runaway, near-oom, oscillate and restart:\n"
"  --containers N         cgroups with a task that streams a file at their\n"
"           memory.high, 0 to 24 (1; restart 0)\n"
"  --high SIZE            memory.high of each (8m)\n"
"  --min SIZE             memory.min of each; 0 is no protection (64m)\n"
"runaway, near-oom and oscillate:\n"
"  --hot-size GAP         size of the hot file (16m); none in oscillate\n"
"  --hot-pause-us N       pause after each pass over it (1000)\n"
"  --hot-low              memory.low protects it\n"
"runaway and job:\n"
"  --job COMMAND          a command to run repeatedly, on the node\n"
"  --job-high SIZE        memory.high of its cgroup (none)\n"
"runaway:\n"
"  --churn                a task looks up files that do not exist; each lookup\n"
"           leaves a negative dentry in slab\n"
"  --max-cpu PCT          fail if kswapd takes more of a CPU on average\n"
"runaway and hopeless:\n"
"  --after S              further seconds to measure, after the hog exits (0)\n"
"all with a hog:\n"
"  --hog KIND             its memory (anon): anonymous memory (anon); a locked\n"
"           file (mlock); a file on tmpfs (tmpfs); huge pages (hugetlb); anonymous\n"
"           memory while the swap is full (swapfull); pipe buffers, which cannot\n"
"           move (pipe); locked memory with every second page free above the high\n"
"           watermark, and pulses of huge pages (holes)\n"
"all with a hog but hog-stream:\n"
"  --touch-size GAP       anonymous memory mapped and unmapped (1m)\n"
"  --touch-interval-us N  pause between two pulses (2000)\n"
"restart:\n"
"  --by exit|munlock|swapon|min|tmpfs|swapfree   how memory is released (exit):\n"
"           the hog exits; unlocks its file; can be swapped out; its file loses\n"
"           the protection of memory.min; its file on a tmpfs is deleted; it\n"
"           frees the full swap\n"
"  --wait S               seconds between giving up and the release (0)\n"
"  --swap-size SIZE       size of the swap file, if the run has one (128m)\n"
"restart, stream, hog-stream, low, write and random:\n"
"  --readers N            tasks that read files (4; restart 3; hog-stream, write 1)\n"
"  --mmap                 readers touch mapped pages\n"
"  --sendfile             readers send each block twice, as to two clients, with a\n"
"           readahead of 128 KiB\n"
"  --free                 readers are not bound to the node\n"
"write:\n"
"  --writers N            tasks that write, 1 to 64 (3)\n"
"  --write-size SIZE      size of the file of each (128m)\n"
"  --dirty-ratio N        vm.dirty_ratio; vm.dirty_background_ratio is a tenth\n"
"           lower; 0 leaves both (0)\n"
"anon and oom:\n"
"  --tasks N              tasks, 1 to 64 (anon 4, oom 8)\n"
"oom:\n"
"  --shift-size SIZE      memory of each task (40m, or less: a third of the node\n"
"           for all tasks)\n"
"\n"
"Exit status: 0 done, 1 failed or --max-cpu exceeded, 2 bad input,\n"
"4 cannot run here.\n";

static int parse_percent(struct run *run, const char *arg, double *val)
{
	char *end;

	if ((*arg >= '0' && *arg <= '9') &&
	    strspn(arg, "0123456789.") == strlen(arg)) {
		*val = strtod(arg, &end);
		if (!*end && *val <= 100)
			return 0;
	}
	return fail(run, EXIT_USAGE,
		    "--max-cpu: invalid percentage '%s': expected 0 to 100", arg);
}

static int parse_pause(struct run *run, const char *name,
		       unsigned long long *us)
{
	int n;

	if (parse_int(run, name, optarg, 0, 60000000, &n))
		return -1;
	*us = n;
	return 0;
}

/* A size, or a percentage of the gap. */
static int parse_gap(struct run *run, const char *name,
		     unsigned long long *size, int *percent)
{
	size_t len = strlen(optarg);
	char digits[8];

	*percent = 0;
	if (!len || optarg[len - 1] != '%')
		return parse_size(run, name, optarg, size);
	snprintf(digits, sizeof(digits), "%.*s", (int)len - 1, optarg);
	if (len > sizeof(digits))
		return fail(run, EXIT_USAGE, "%s: %s is too large", name,
			    optarg);
	return parse_int(run, name, digits, 1, MAX_GAP_PERCENT, percent);
}

static int parse_lru(struct run *run, const char *arg, enum lru_mode *mode)
{
	if (!strcmp(arg, "keep"))
		*mode = LRU_KEEP;
	else if (!strcmp(arg, "classic"))
		*mode = LRU_CLASSIC;
	else if (!strcmp(arg, "mglru"))
		*mode = LRU_MGLRU;
	else
		return fail(run, EXIT_USAGE,
			    "--lru: invalid LRU '%s': expected classic, mglru or keep",
			    arg);
	return 0;
}

static int parse_by(struct run *run, const char *arg, enum release *by)
{
	int i;

	for (i = 0; i < NR_RELEASES; i++) {
		if (!strcmp(arg, release_names[i])) {
			*by = i;
			return 0;
		}
	}
	return fail(run, EXIT_USAGE,
		    "--by: invalid way '%s': expected exit, munlock, swapon, min, tmpfs or swapfree",
		    arg);
}

static int parse_hog(struct run *run, const char *arg, enum hog_kind *hog)
{
	int i;

	for (i = 0; i < HOG_MIN; i++) {
		if (!strcmp(arg, hog_names[i])) {
			*hog = i;
			return 0;
		}
	}
	return fail(run, EXIT_USAGE,
		    "--hog: invalid kind '%s': expected anon, mlock, tmpfs, hugetlb, swapfull, pipe or holes",
		    arg);
}

enum option_id {
	OPT_HELP = FIRST_OPTION, OPT_NODE, OPT_SECONDS, OPT_SETTLE, OPT_DIR, OPT_HIGH,
	OPT_MIN, OPT_HOT_SIZE, OPT_HOT_PAUSE, OPT_HOT_LOW, OPT_TOUCH_SIZE, OPT_TOUCH_INTERVAL, OPT_READERS,
	OPT_FILE_SIZE, OPT_LRU, OPT_SCALE_FACTOR, OPT_CGROUP, OPT_MAX_CPU,
	OPT_AFTER, OPT_BY, OPT_WAIT, OPT_SWAP_SIZE, OPT_MMAP, OPT_SENDFILE,
	OPT_FREE, OPT_WRITERS, OPT_WRITE_SIZE, OPT_DIRTY_RATIO, OPT_TASKS,
	OPT_MIN_FREE, OPT_LISTS_FRACTION,
	OPT_SHIFT_SIZE, OPT_HOG, OPT_CONTAINERS, OPT_CHURN, OPT_JOB, OPT_JOB_HIGH, OPT_JSON,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, OPT_HELP },
	{ "node", required_argument, NULL, OPT_NODE },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "settle", required_argument, NULL, OPT_SETTLE },
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "high", required_argument, NULL, OPT_HIGH },
	{ "min", required_argument, NULL, OPT_MIN },
	{ "hot-size", required_argument, NULL, OPT_HOT_SIZE },
	{ "hot-pause-us", required_argument, NULL, OPT_HOT_PAUSE },
	{ "hot-low", no_argument, NULL, OPT_HOT_LOW },
	{ "touch-size", required_argument, NULL, OPT_TOUCH_SIZE },
	{ "touch-interval-us", required_argument, NULL, OPT_TOUCH_INTERVAL },
	{ "readers", required_argument, NULL, OPT_READERS },
	{ "file-size", required_argument, NULL, OPT_FILE_SIZE },
	{ "lru", required_argument, NULL, OPT_LRU },
	{ "scale-factor", required_argument, NULL, OPT_SCALE_FACTOR },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "max-cpu", required_argument, NULL, OPT_MAX_CPU },
	{ "after", required_argument, NULL, OPT_AFTER },
	{ "by", required_argument, NULL, OPT_BY },
	{ "wait", required_argument, NULL, OPT_WAIT },
	{ "swap-size", required_argument, NULL, OPT_SWAP_SIZE },
	{ "mmap", no_argument, NULL, OPT_MMAP },
	{ "sendfile", no_argument, NULL, OPT_SENDFILE },
	{ "free", no_argument, NULL, OPT_FREE },
	{ "writers", required_argument, NULL, OPT_WRITERS },
	{ "write-size", required_argument, NULL, OPT_WRITE_SIZE },
	{ "dirty-ratio", required_argument, NULL, OPT_DIRTY_RATIO },
	{ "min-free", required_argument, NULL, OPT_MIN_FREE },
	{ "lists-fraction", required_argument, NULL, OPT_LISTS_FRACTION },
	{ "tasks", required_argument, NULL, OPT_TASKS },
	{ "shift-size", required_argument, NULL, OPT_SHIFT_SIZE },
	{ "hog", required_argument, NULL, OPT_HOG },
	{ "containers", required_argument, NULL, OPT_CONTAINERS },
	{ "churn", no_argument, NULL, OPT_CHURN },
	{ "job", required_argument, NULL, OPT_JOB },
	{ "job-high", required_argument, NULL, OPT_JOB_HIGH },
	{ "json", no_argument, NULL, OPT_JSON },
	{ }
};

static int parse_option(struct run *run, int id, const char *name)
{
	struct options *opt = &run->opt;

	switch (id) {
	case OPT_NODE:
		return parse_int(run, name, optarg, 0, 65535, &opt->node);
	case OPT_SECONDS:
		return parse_int(run, name, optarg, 1, MAX_SECONDS,
				 &opt->seconds);
	case OPT_SETTLE:
		return parse_int(run, name, optarg, 0, MAX_SECONDS,
				 &opt->settle);
	case OPT_AFTER:
		return parse_int(run, name, optarg, 0, MAX_SECONDS,
				 &opt->after);
	case OPT_DIR:
		opt->dir = optarg;
		return 0;
	case OPT_HIGH:
		return parse_size(run, name, optarg, &opt->high);
	case OPT_MIN:
		return parse_size(run, name, optarg, &opt->min);
	case OPT_HOT_SIZE:
		return parse_gap(run, name, &opt->hot_size, &opt->hot_percent);
	case OPT_HOT_LOW:
		opt->hot_low = true;
		return 0;
	case OPT_HOT_PAUSE:
		return parse_pause(run, name, &opt->hot_pause_us);
	case OPT_TOUCH_SIZE:
		return parse_gap(run, name, &opt->touch_size,
				 &opt->touch_percent);
	case OPT_TOUCH_INTERVAL:
		return parse_pause(run, name, &opt->touch_interval_us);
	case OPT_READERS:
		return parse_int(run, name, optarg, 1, MAX_READERS,
				 &opt->readers);
	case OPT_FILE_SIZE:
		if (parse_size(run, name, optarg, &opt->file_size))
			return -1;
		if (!opt->file_size)
			return fail(run, EXIT_USAGE,
				    "--file-size must be larger than 0");
		return 0;
	case OPT_LRU:
		return parse_lru(run, optarg, &opt->lru);
	case OPT_SCALE_FACTOR:
		return parse_int(run, name, optarg, 0, MAX_SCALE_FACTOR,
				 &opt->scale_factor);
	case OPT_CGROUP:
		opt->cgroup = optarg;
		return 0;
	case OPT_MAX_CPU:
		return parse_percent(run, optarg, &opt->max_cpu);
	case OPT_BY:
		return parse_by(run, optarg, &opt->by);
	case OPT_WAIT:
		return parse_int(run, name, optarg, 0, MAX_SECONDS,
				 &opt->wait);
	case OPT_SWAP_SIZE:
		return parse_size(run, name, optarg, &opt->swap_size);
	case OPT_MMAP:
		opt->by_mmap = true;
		return 0;
	case OPT_SENDFILE:
		opt->by_sendfile = true;
		return 0;
	case OPT_FREE:
		opt->anywhere = true;
		return 0;
	case OPT_WRITERS:
		return parse_int(run, name, optarg, 1, MAX_TASKS,
				 &opt->writers);
	case OPT_WRITE_SIZE:
		return parse_size(run, name, optarg, &opt->write_size);
	case OPT_DIRTY_RATIO:
		return parse_int(run, name, optarg, 0, 100, &opt->dirty_ratio);
	case OPT_MIN_FREE:
		return parse_size(run, name, optarg, &opt->min_free);
	case OPT_LISTS_FRACTION:
		return parse_int(run, name, optarg, 0, 100000,
				 &opt->lists_fraction);
	case OPT_TASKS:
		return parse_int(run, name, optarg, 1, MAX_TASKS, &opt->tasks);
	case OPT_SHIFT_SIZE:
		return parse_size(run, name, optarg, &opt->shift_size);
	case OPT_HOG:
		return parse_hog(run, optarg, &opt->hog);
	case OPT_CONTAINERS:
		return parse_int(run, name, optarg, 0, MAX_CONTAINERS,
				 &opt->containers);
	case OPT_CHURN:
		opt->churn = true;
		return 0;
	case OPT_JOB:
		opt->job = optarg;
		return 0;
	case OPT_JOB_HIGH:
		return parse_size(run, name, optarg, &opt->job_high);
	case OPT_JSON:
		opt->json = true;
		return 0;
	}
	return -1;
}

static int parse_scenario(struct run *run, int argc, char **argv)
{
	int i;

	if (optind == argc)
		return fail(run, EXIT_USAGE,
			    "name a scenario: runaway, hopeless, restart, stream, hog-stream, near-oom, oscillate, job, low, anon, write, random or oom (see --help)");
	if (optind + 1 < argc)
		return fail(run, EXIT_USAGE, "unexpected argument '%s'",
			    argv[optind + 1]);
	for (i = 0; i < NR_SCENARIOS; i++) {
		if (!strcmp(argv[optind], scenario_names[i])) {
			run->opt.scenario = i;
			return 0;
		}
	}
	return fail(run, EXIT_USAGE,
		    "unknown scenario '%s': expected runaway, hopeless, restart, stream, hog-stream, near-oom, oscillate, job, low, anon, write, random or oom",
		    argv[optind]);
}

static bool has_readers(const struct options *opt)
{
	return opt->scenario == RESTART || opt->scenario == STREAM ||
	       opt->scenario == STREAM_BESIDE_HOG || opt->scenario == LOW ||
	       opt->scenario == WRITE || opt->scenario == RANDOM;
}

/* The way of release can determine the kind of hog. */
static int choose_hog(struct run *run)
{
	static const enum hog_kind hogs[NR_RELEASES] = {
		[BY_EXIT]	= NR_HOGS,
		[BY_MUNLOCK]	= HOG_MLOCK,
		[BY_SWAPON]	= HOG_ANON,
		[BY_MIN]	= HOG_MIN,
		[BY_TMPFS]	= HOG_TMPFS,
		[BY_SWAPFREE]	= HOG_SWAPFULL,
	};
	struct options *opt = &run->opt;
	enum hog_kind hog = hogs[opt->by];

	if (opt->hog != HOG_ANON && !has_hog(opt))
		return fail(run, EXIT_USAGE,
			    "--hog needs a scenario with a hog: %s has none",
			    scenario_names[opt->scenario]);
	if (hog == NR_HOGS)
		return 0;
	if (opt->hog != HOG_ANON && opt->hog != hog)
		return fail(run, EXIT_USAGE,
			    "--hog %s cannot be released --by %s",
			    hog_names[opt->hog], release_names[opt->by]);
	opt->hog = hog;
	return 0;
}

static int choose_containers(struct run *run)
{
	struct options *opt = &run->opt;
	bool has_some = opt->scenario == RUNAWAY || opt->scenario == NEAR_OOM ||
			opt->scenario == OSCILLATE;

	if (opt->containers < 0)
		opt->containers = has_some;
	else if (opt->containers && !has_some && opt->scenario != RESTART)
		return fail(run, EXIT_USAGE,
			    "--containers is for runaway, near-oom, oscillate and restart only, not for %s",
			    scenario_names[opt->scenario]);
	if (opt->containers && opt->by == BY_MIN)
		return fail(run, EXIT_USAGE,
			    "--containers and --by min both need memory.min: choose one");
	if (opt->churn && opt->scenario != RUNAWAY)
		return fail(run, EXIT_USAGE,
			    "--churn is for runaway only, not for %s",
			    scenario_names[opt->scenario]);
	return 0;
}

/* Checks that need no information about the machine. */
static int check_options(struct run *run)
{
	struct options *opt = &run->opt;
	unsigned long long page = run->env.page_size;

	if (!opt->readers)
		opt->readers = opt->scenario == RESTART ? 3 :
			       opt->scenario == STREAM_BESIDE_HOG ||
			       opt->scenario == WRITE ? 1 : 4;
	if (!opt->tasks)
		opt->tasks = opt->scenario == OOM ? 8 : 4;
	opt->at_low = opt->scenario == OOM;
	if (opt->dirty_ratio && opt->scenario != WRITE)
		return fail(run, EXIT_USAGE,
			    "--dirty-ratio is for write only, not for %s",
			    scenario_names[opt->scenario]);
	if (opt->shift_size && opt->scenario != OOM)
		return fail(run, EXIT_USAGE,
			    "--shift-size is for oom only, not for %s",
			    scenario_names[opt->scenario]);
	if (opt->lists_fraction && opt->lists_fraction < 8)
		return fail(run, EXIT_USAGE,
			    "--lists-fraction must be 0 or at least 8");
	if (opt->min_free && opt->min_free < MIB)
		return fail(run, EXIT_USAGE,
			    "--min-free must be 0 or at least 1m");
	if (opt->write_size < MIB)
		return fail(run, EXIT_USAGE,
			    "--write-size must be at least 1m");
	if (choose_hog(run) || choose_containers(run))
		return -1;
	if (opt->settle >= opt->seconds)
		return fail(run, EXIT_USAGE,
			    "--settle %d must be smaller than --seconds %d",
			    opt->settle, opt->seconds);
	if (opt->max_cpu >= 0 && opt->scenario != RUNAWAY)
		return fail(run, EXIT_USAGE,
			    "--max-cpu is for runaway only: in %s kswapd has work to do",
			    scenario_names[opt->scenario]);
	if (opt->after && opt->scenario != RUNAWAY && opt->scenario != HOPELESS)
		return fail(run, EXIT_USAGE,
			    "--after is for runaway and hopeless only: in %s no hog exits",
			    scenario_names[opt->scenario]);
	if ((opt->by || opt->wait) && opt->scenario != RESTART)
		return fail(run, EXIT_USAGE,
			    "--by and --wait are for restart only: in %s no memory is released",
			    scenario_names[opt->scenario]);
	if ((opt->by_mmap || opt->by_sendfile || opt->anywhere) &&
	    !has_readers(opt))
		return fail(run, EXIT_USAGE,
			    "--mmap, --sendfile and --free are for restart, stream, hog-stream, low, write and random only: %s has no readers",
			    scenario_names[opt->scenario]);
	if ((opt->by_mmap || opt->by_sendfile) && opt->scenario == RANDOM)
		return fail(run, EXIT_USAGE,
			    "--mmap and --sendfile are not for random");
	if (opt->by_mmap && opt->by_sendfile)
		return fail(run, EXIT_USAGE,
			    "--mmap and --sendfile are two ways to read: choose one");
	if (opt->scenario == JOB_ALONE && !opt->job)
		return fail(run, EXIT_USAGE,
			    "job needs --job COMMAND");
	if (opt->job && opt->scenario != JOB_ALONE && opt->scenario != RUNAWAY)
		return fail(run, EXIT_USAGE,
			    "--job is for runaway and job only, not for %s",
			    scenario_names[opt->scenario]);
	if (opt->job_high && !opt->job)
		return fail(run, EXIT_USAGE,
			    "--job-high needs --job");
	if (opt->job && opt->scenario == RUNAWAY && !opt->job_high)
		return fail(run, EXIT_USAGE,
			    "--job in runaway needs --job-high, the limit of the job");
	if (opt->job_high && opt->job_high < page)
		return fail(run, EXIT_USAGE,
			    "--job-high must be at least a page of %llu bytes",
			    page);
	if (opt->swap_size < 16 * page)
		return fail(run, EXIT_USAGE,
			    "--swap-size must be at least 16 pages of %llu bytes",
			    page);
	opt->swap_size -= opt->swap_size % page;
	if (opt->high < page || opt->hot_size < page || opt->touch_size < page)
		return fail(run, EXIT_USAGE,
			    "--high, --hot-size and --touch-size must be at least a page of %llu bytes",
			    page);
	/* Mappings and counters have pages. */
	opt->hot_size -= opt->hot_size % page;
	opt->touch_size -= opt->touch_size % page;
	return 0;
}

/* 1: help was asked for */
static int parse_options(struct run *run, int argc, char **argv)
{
	int index = 0;
	int id;

	while ((id = next_option(run, argc, argv, long_options, &index)) != -1) {
		if (id == OPT_HELP)
			return 1;
		if (id == '?' ||
		    parse_option(run, id, option_name(&long_options[index])))
			return -1;
	}
	if (parse_scenario(run, argc, argv))
		return -1;
	return check_options(run);
}

static int measure(struct run *run)
{
	FILE *out = run->opt.json ? stderr : stdout;
	int samples = run->opt.seconds + run->opt.after;
	unsigned long long start;
	unsigned long long last;
	unsigned long long end;
	struct counters before;

	say_header(out, run);
	if (read_counters(run, &before))
		return -1;
	start = before.time_ns;
	last = start + samples * NS_A_SECOND;
	for (end = start; end < last; ) {
		/* The next whole second, after the time that went by. */
		end = now_ns();
		end = start + ((end - start) / NS_A_SECOND + 1) * NS_A_SECOND;
		if (run->nr_samples == samples)
			break;
		if (run->opt.after && run->nr_samples == run->opt.seconds)
			end_hog(run);
		if (take_sample(run, start, end, &before))
			return -1;
		say_sample(out, run, &run->samples[run->nr_samples - 1]);
		if (ferror(out))
			return fail(run, EXIT_FAILED,
				    "cannot write the samples");
		read_oom_log(run);
		/* These scenarios end with the hog. */
		if ((run->opt.scenario == OSCILLATE || run->opt.scenario == OOM) &&
		    find_worker(run, HOG)->oom_killed_ns)
			break;
	}
	return 0;
}

static int work(struct run *run)
{
	return begin_scenario(run) ? -1 : measure(run);
}

/* After the cleanup: a slow reader of the report holds up nothing. */
static int report(struct run *run)
{
	FILE *out = run->opt.json ? stderr : stdout;
	struct summary sum;
	char why[256];

	summarize(run, &sum);
	if (run->nr_samples)
		say_summary(out, run, &sum);
	if (run->opt.json && run->status != EXIT_USAGE &&
	    run->status != EXIT_SKIP)
		print_json(stdout, run, &sum);
	if (!run->status && !run->signal && run->opt.max_cpu >= 0 &&
	    !verdict(run, &sum, why, sizeof(why)))
		fail(run, EXIT_FAILED, "%s", why);
	return finish(run);
}

static int supervise(struct run *run)
{
	if (check_requirements(run) || protect_self(run))
		return report(run);
	if (!cleanup_start(run))
		work(run);
	cleanup_finish(run);
	return report(run);
}

int main(int argc, char **argv)
{
	static struct run run;
	int status;
	int asked;

	init_run(&run);
	asked = parse_options(&run, argc, argv);
	if (asked)
		return exit_early(&run, asked > 0, help_text);

	catch_signals();
	status = supervise(&run);
	text_free(&run.zoneinfo);
	text_free(&run.vmstat);
	text_free(&run.scratch);
	free(run.samples);
	free(run.latency);
	return status;
}
