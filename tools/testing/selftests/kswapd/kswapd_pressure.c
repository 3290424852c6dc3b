// SPDX-License-Identifier: GPL-2.0
/*
 * Puts a memory node under pressure and watches its kswapd; help_text has the scenarios.
 *
 * If the node can never be balanced, because nearly all of it is anonymous memory without
 * swap: does kswapd stop, and does a hot file of another cgroup stay cached? Which task
 * does the OOM killer take, and when? Does it come although memory is free on the lists
 * of a CPU?
 * If the node is healthy: does kswapd stay at work, or is all reclaim direct?
 * If memory becomes free again: does kswapd restart for tasks that stream files?
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

static const char * const lru_names[] = {
	[LRU_KEEP]	= "keep",
	[LRU_CLASSIC]	= "classic",
	[LRU_MGLRU]	= "mglru",
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
"near-oom:\n"
"  --grow                 once the node is full, the hog grows by 8m a second; its\n"
"           OOM kill ends the run\n"
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

/* One of the names that an array has. */
static int parse_name(struct run *run, const char *what, const char *arg,
		      const char * const *names, int nr, void *val)
{
	char list[256] = "";
	int i;

	for (i = 0; i < nr; i++) {
		if (!strcmp(arg, names[i])) {
			*(int *)val = i;
			return 0;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
			 !i ? "" : i < nr - 1 ? ", " : " or ", names[i]);
	}
	return fail(run, EXIT_USAGE, "%s '%s': expected %s", what, arg, list);
}

/* The argument of an option, and the type of its field in struct options. */
enum kind {
	IS_HELP,
	IS_FLAG,			/* nothing; bool */
	IS_TEXT,			/* const char * */
	IS_NUMBER,			/* int */
	IS_SIZE, IS_PAUSE,		/* unsigned long long */
	/* With a function of their own */
	IS_FILE_SIZE, IS_HOT_SIZE, IS_TOUCH_SIZE, IS_PERCENT, IS_LRU, IS_BY, IS_HOG,
};

#define OPTION(name, kind, field) \
	{ name, kind, offsetof(struct options, field), 0, 0 }
#define NUMBER(name, field, least, most) \
	{ name, IS_NUMBER, offsetof(struct options, field), least, most }

static const struct {
	const char *name;
	enum kind kind;
	size_t field;
	int least;			/* of a number */
	int most;
} option_table[] = {
	{ "help", IS_HELP, 0, 0, 0 },
	NUMBER("node", node, 0, 65535),
	NUMBER("seconds", seconds, 1, MAX_SECONDS),
	NUMBER("settle", settle, 0, MAX_SECONDS),
	OPTION("dir", IS_TEXT, dir),
	OPTION("high", IS_SIZE, high),
	OPTION("min", IS_SIZE, min),
	OPTION("hot-size", IS_HOT_SIZE, hot_size),
	OPTION("hot-pause-us", IS_PAUSE, hot_pause_us),
	OPTION("hot-low", IS_FLAG, hot_low),
	OPTION("touch-size", IS_TOUCH_SIZE, touch_size),
	OPTION("touch-interval-us", IS_PAUSE, touch_interval_us),
	NUMBER("readers", readers, 1, MAX_READERS),
	OPTION("file-size", IS_FILE_SIZE, file_size),
	OPTION("lru", IS_LRU, lru),
	NUMBER("scale-factor", scale_factor, 0, MAX_SCALE_FACTOR),
	OPTION("cgroup", IS_TEXT, cgroup),
	OPTION("max-cpu", IS_PERCENT, max_cpu),
	NUMBER("after", after, 0, MAX_SECONDS),
	OPTION("by", IS_BY, by),
	NUMBER("wait", wait, 0, MAX_SECONDS),
	OPTION("swap-size", IS_SIZE, swap_size),
	OPTION("mmap", IS_FLAG, by_mmap),
	OPTION("sendfile", IS_FLAG, by_sendfile),
	OPTION("free", IS_FLAG, anywhere),
	NUMBER("writers", writers, 1, MAX_TASKS),
	OPTION("write-size", IS_SIZE, write_size),
	NUMBER("dirty-ratio", dirty_ratio, 0, 100),
	OPTION("min-free", IS_SIZE, min_free),
	NUMBER("lists-fraction", lists_fraction, 0, 100000),
	NUMBER("tasks", tasks, 1, MAX_TASKS),
	OPTION("shift-size", IS_SIZE, shift_size),
	OPTION("hog", IS_HOG, hog),
	NUMBER("containers", containers, 0, MAX_CONTAINERS),
	OPTION("churn", IS_FLAG, churn),
	OPTION("grow", IS_FLAG, grow),
	OPTION("job", IS_TEXT, job),
	OPTION("job-high", IS_SIZE, job_high),
	OPTION("json", IS_FLAG, json),
};

static int parse_option(struct run *run, int i, const char *name)
{
	struct options *opt = &run->opt;
	void *field = (char *)opt + option_table[i].field;

	switch (option_table[i].kind) {
	case IS_HELP:
		return 1;
	case IS_FLAG:
		*(bool *)field = true;
		return 0;
	case IS_TEXT:
		*(const char **)field = optarg;
		return 0;
	case IS_NUMBER:
		return parse_int(run, name, optarg, option_table[i].least,
				 option_table[i].most, field);
	case IS_SIZE:
		return parse_size(run, name, optarg, field);
	case IS_PAUSE:
		return parse_pause(run, name, field);
	case IS_FILE_SIZE:
		if (parse_size(run, name, optarg, field))
			return -1;
		if (!opt->file_size)
			return fail(run, EXIT_USAGE,
				    "--file-size must be larger than 0");
		return 0;
	case IS_HOT_SIZE:
		return parse_gap(run, name, field, &opt->hot_percent);
	case IS_TOUCH_SIZE:
		return parse_gap(run, name, field, &opt->touch_percent);
	case IS_PERCENT:
		return parse_percent(run, optarg, field);
	case IS_LRU:
		return parse_name(run, "--lru: invalid LRU", optarg, lru_names,
				  ARRAY_SIZE(lru_names), field);
	case IS_BY:
		return parse_name(run, "--by: invalid way", optarg,
				  release_names, NR_RELEASES, field);
	case IS_HOG:
		return parse_name(run, "--hog: invalid kind", optarg, hog_names,
				  HOG_MIN, field);
	}
	return -1;
}

static int parse_scenario(struct run *run, int argc, char **argv)
{
	if (optind == argc)
		return fail(run, EXIT_USAGE, "name a scenario (see --help)");
	if (optind + 1 < argc)
		return fail(run, EXIT_USAGE, "unexpected argument '%s'",
			    argv[optind + 1]);
	return parse_name(run, "unknown scenario", argv[optind], scenario_names,
			  NR_SCENARIOS, &run->opt.scenario);
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
	if (opt->grow && opt->scenario != NEAR_OOM)
		return fail(run, EXIT_USAGE,
			    "--grow is for near-oom only, not for %s",
			    scenario_names[opt->scenario]);
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
	struct option options[ARRAY_SIZE(option_table) + 1] = { };
	int index = 0;
	int err;
	int id;
	int i;

	for (i = 0; i < (int)ARRAY_SIZE(option_table); i++) {
		options[i].name = option_table[i].name;
		options[i].has_arg = option_table[i].kind > IS_FLAG;
		options[i].val = FIRST_OPTION + i;
	}
	while ((id = next_option(run, argc, argv, options, &index)) != -1) {
		if (id == '?')
			return -1;
		err = parse_option(run, id - FIRST_OPTION, option_name(&options[index]));
		if (err)
			return err;
	}
	if (parse_scenario(run, argc, argv))
		return -1;
	return check_options(run);
}

static bool ends_with_hog(const struct options *opt)
{
	return opt->scenario == OSCILLATE || opt->scenario == OOM || opt->grow;
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
		if (ends_with_hog(&run->opt) && find_worker(run, HOG)->oom_killed_ns)
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
