// SPDX-License-Identifier: GPL-2.0
/*
 * Puts a memory node under one of four kinds of pressure and watches its
 * kswapd.
 *
 * runaway: the node can never be balanced, since nearly all of it is anonymous
 *	memory without swap. One cgroup keeps reclaiming its own pages, because
 *	it streams a file and keeps hitting its memory.high; what does kswapd do,
 *	and what becomes of the hot file pages of others?
 * hopeless: the node is filled until kswapd gives it up, and kept so. It serves
 *	those who want to see what revives kswapd.
 * strand: kswapd gave the node up as hopeless, and then nearly all of its
 *	memory became free. Does kswapd come back for those who stream files?
 * stream: a healthy node from which several tasks read more than it can hold.
 *	Does kswapd stay at work?
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <numa.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include "pressure.h"

#define SMALLEST_NODE		(256 * MIB)
#define DISK_SLACK		MIB
#define POLL_NS			(NS_A_SECOND / POLLS_A_SECOND)
#define MAX_SECONDS		86400
#define MAX_SCALE_FACTOR	3000

const char * const scenario_names[NR_SCENARIOS] = {
	[RUNAWAY]	= "runaway",
	[HOPELESS]	= "hopeless",
	[STRAND]	= "strand",
	[STREAM]	= "stream",
};

const char * const recovery_names[NR_RECOVERIES] = {
	[BY_EXIT]	= "exit",
	[BY_MUNLOCK]	= "munlock",
	[BY_SWAPON]	= "swapon",
	[BY_MIN]	= "min",
	[BY_TMPFS]	= "tmpfs",
};

atomic_int caught_signal;

static void catch_signal(int sig)
{
	caught_signal = sig;
}

/* Keeps the first reason to stop. Always -1, to be returned. */
int give_up(struct run *run, int status, const char *fmt, ...)
{
	va_list ap;

	if (run->status)
		return -1;
	run->status = status;
	va_start(ap, fmt);
	vsnprintf(run->why, sizeof(run->why), fmt, ap);
	va_end(ap);
	return -1;
}

/* Options */

static const char help_text[] =
"Usage: " PROGRAM " runaway|hopeless|strand|stream [OPTION]...\n"
"Puts a memory node under pressure and watches its kswapd.\n"
"\n"
"  runaway  anonymous memory fills the node, one cgroup keeps reclaiming its\n"
"           own pages, and a hot file is mapped by another task\n"
"  hopeless the node is filled until kswapd gives up, and kept so\n"
"  strand   the node is filled until kswapd gives up and then emptied, and\n"
"           readers stream files from it\n"
"  stream   readers stream files from a healthy node\n"
"\n"
"SIZE takes k, m or g behind a whole number.\n"
"\n"
"  --node N               the node (default: the last one with memory)\n"
"  --seconds S            measured seconds (20)\n"
"  --settle S             of them, the first ones that do not count (5)\n"
"  --dir DIR              where files go; no tmpfs (.)\n"
"  --file-size SIZE       of each sparse file streamed (1.2 times the node)\n"
"  --lru classic|mglru|keep   which LRU to use (keep)\n"
"  --scale-factor N       vm.watermark_scale_factor; 0 leaves it (300)\n"
"  --cgroup DIR           parent of the cgroups made (/sys/fs/cgroup)\n"
"  --json                 one JSON document on stdout, the rest on stderr\n"
"  --help                 this text\n"
"runaway:\n"
"  --high SIZE            memory.high of the streaming task (8m)\n"
"  --min SIZE             its memory.min; 0 is no protection (64m)\n"
"  --hot-size SIZE        the mapped file (16m)\n"
"  --max-cpu PCT          fail if kswapd takes more of a CPU on average\n"
"runaway and hopeless:\n"
"  --after S              seconds more to watch, after the hog has left (0)\n"
"runaway, hopeless and strand:\n"
"  --touch-size SIZE      anonymous memory mapped and unmapped (1m)\n"
"  --touch-interval-us N  pause in between (2000)\n"
"strand:\n"
"  --by exit|munlock|swapon|min|tmpfs   how memory comes back (exit): the hog\n"
"           exits; unlocks its file; can be swapped out; its file loses the\n"
"           protection of memory.min; its file on a tmpfs is deleted\n"
"  --wait S               seconds from kswapd's giving up to that (0)\n"
"  --swap-size SIZE       of the swap file of --by swapon (128m)\n"
"strand and stream:\n"
"  --readers N            tasks that stream files (3 for strand, 4 for stream)\n"
"  --mmap                 they read by touching mapped pages\n"
"  --free                 they are not bound to the node\n"
"\n"
"Exit status: 0 done, 1 failed or --max-cpu exceeded, 2 bad input,\n"
"4 cannot run here.\n";

/* Digits only: no sign, no blanks, no other base. */
static int parse_digits(const char *arg, unsigned long long *val, char **end)
{
	if (*arg < '0' || *arg > '9')
		return -EINVAL;
	errno = 0;
	*val = strtoull(arg, end, 10);
	return errno ? -ERANGE : 0;
}

static int parse_size(struct run *run, const char *name, const char *arg,
		      unsigned long long *size)
{
	unsigned long long unit = 1;
	char *end;
	int err;

	err = parse_digits(arg, size, &end);
	if (!err && *end) {
		switch (*end++) {
		case 'k':
		case 'K':
			unit = KIB;
			break;
		case 'm':
		case 'M':
			unit = MIB;
			break;
		case 'g':
		case 'G':
			unit = GIB;
			break;
		default:
			err = -EINVAL;
		}
		if (!err && *end)
			err = -EINVAL;
	}
	if (err == -EINVAL)
		return give_up(run, EXIT_USAGE,
			       "--%s: \"%s\" is no size: it takes a whole number and k, m, g or nothing behind it",
			       name, arg);
	/* File offsets are signed, and sizes are added up. */
	if (err || *size > LLONG_MAX / 4 / unit)
		return give_up(run, EXIT_USAGE, "--%s: %s is too large", name,
			       arg);
	*size *= unit;
	return 0;
}

static int parse_int(struct run *run, const char *name, const char *arg,
		     int least, int most, int *val)
{
	unsigned long long n;
	char *end;

	if (parse_digits(arg, &n, &end) || *end || n > (unsigned int)most ||
	    (int)n < least)
		return give_up(run, EXIT_USAGE,
			       "--%s: \"%s\" is no whole number from %d to %d",
			       name, arg, least, most);
	*val = n;
	return 0;
}

static int parse_percent(struct run *run, const char *arg, double *val)
{
	char *end;

	if ((*arg >= '0' && *arg <= '9') &&
	    strspn(arg, "0123456789.") == strlen(arg)) {
		*val = strtod(arg, &end);
		if (!*end && *val <= 100)
			return 0;
	}
	return give_up(run, EXIT_USAGE,
		       "--max-cpu: \"%s\" is no percentage from 0 to 100", arg);
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
		return give_up(run, EXIT_USAGE,
			       "--lru: \"%s\" is none of classic, mglru and keep",
			       arg);
	return 0;
}

static int parse_by(struct run *run, const char *arg, enum recovery *by)
{
	int i;

	for (i = 0; i < NR_RECOVERIES; i++) {
		if (!strcmp(arg, recovery_names[i])) {
			*by = i;
			return 0;
		}
	}
	return give_up(run, EXIT_USAGE,
		       "--by: \"%s\" is none of exit, munlock, swapon, min and tmpfs",
		       arg);
}

enum option_id {
	OPT_HELP = 256, OPT_NODE, OPT_SECONDS, OPT_SETTLE, OPT_DIR, OPT_HIGH,
	OPT_MIN, OPT_HOT_SIZE, OPT_TOUCH_SIZE, OPT_TOUCH_INTERVAL, OPT_READERS,
	OPT_FILE_SIZE, OPT_LRU, OPT_SCALE_FACTOR, OPT_CGROUP, OPT_MAX_CPU,
	OPT_AFTER, OPT_BY, OPT_WAIT, OPT_SWAP_SIZE, OPT_MMAP, OPT_FREE,
	OPT_JSON,
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
	{ "free", no_argument, NULL, OPT_FREE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ }
};

static int parse_option(struct run *run, int id, const char *name)
{
	struct options *opt = &run->opt;
	int n = 0;

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
		return parse_size(run, name, optarg, &opt->hot_size);
	case OPT_TOUCH_SIZE:
		return parse_size(run, name, optarg, &opt->touch_size);
	case OPT_TOUCH_INTERVAL:
		if (parse_int(run, name, optarg, 0, 60000000, &n))
			return -1;
		opt->touch_interval_us = n;
		return 0;
	case OPT_READERS:
		return parse_int(run, name, optarg, 1, MAX_READERS,
				 &opt->readers);
	case OPT_FILE_SIZE:
		if (parse_size(run, name, optarg, &opt->file_size))
			return -1;
		if (!opt->file_size)
			return give_up(run, EXIT_USAGE,
				       "--file-size: a file of no bytes cannot be streamed");
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
	case OPT_FREE:
		opt->anywhere = true;
		return 0;
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
		return give_up(run, EXIT_USAGE,
			       "name a scenario: runaway, hopeless, strand or stream (--help tells more)");
	if (optind + 1 < argc)
		return give_up(run, EXIT_USAGE, "\"%s\" is one argument too many",
			       argv[optind + 1]);
	for (i = 0; i < NR_SCENARIOS; i++) {
		if (!strcmp(argv[optind], scenario_names[i])) {
			run->opt.scenario = i;
			return 0;
		}
	}
	return give_up(run, EXIT_USAGE,
		       "\"%s\" is no scenario: it is one of runaway, hopeless, strand and stream",
		       argv[optind]);
}

/* What can be judged without a look at the machine. */
static int check_options(struct run *run)
{
	struct options *opt = &run->opt;
	unsigned long long page = run->env.page_size;

	if (!opt->readers)
		opt->readers = opt->scenario == STRAND ? 3 : 4;
	if (opt->settle >= opt->seconds)
		return give_up(run, EXIT_USAGE,
			       "--settle %d leaves nothing of --seconds %d to count",
			       opt->settle, opt->seconds);
	if (opt->max_cpu >= 0 && opt->scenario != RUNAWAY)
		return give_up(run, EXIT_USAGE,
			       "--max-cpu goes with runaway only: in %s kswapd is there to work",
			       scenario_names[opt->scenario]);
	if (opt->after && opt->scenario != RUNAWAY && opt->scenario != HOPELESS)
		return give_up(run, EXIT_USAGE,
			       "--after goes with runaway and hopeless only: in %s there is no hog to leave",
			       scenario_names[opt->scenario]);
	if ((opt->by || opt->wait) && opt->scenario != STRAND)
		return give_up(run, EXIT_USAGE,
			       "--by and --wait go with strand only: in %s nothing comes back",
			       scenario_names[opt->scenario]);
	if ((opt->by_mmap || opt->anywhere) && opt->scenario != STRAND &&
	    opt->scenario != STREAM)
		return give_up(run, EXIT_USAGE,
			       "--mmap and --free go with strand and stream only: %s has no readers",
			       scenario_names[opt->scenario]);
	if (opt->swap_size < 16 * page)
		return give_up(run, EXIT_USAGE,
			       "--swap-size must be at least 16 pages of %llu bytes",
			       page);
	opt->swap_size -= opt->swap_size % page;
	if (opt->high < page || opt->hot_size < page || opt->touch_size < page)
		return give_up(run, EXIT_USAGE,
			       "--high, --hot-size and --touch-size must be at least a page of %llu bytes",
			       page);
	/* Pages are what is mapped and counted. */
	opt->hot_size -= opt->hot_size % page;
	opt->touch_size -= opt->touch_size % page;
	return 0;
}

/* 1: help was asked for */
static int parse_options(struct run *run, int argc, char **argv)
{
	int index = 0;
	int id;

	opterr = 0;
	while ((id = getopt_long(argc, argv, ":", long_options, &index)) != -1) {
		if (id == OPT_HELP)
			return 1;
		if (id == ':')
			return give_up(run, EXIT_USAGE, "%s takes a value",
				       argv[optind - 1]);
		if (id == '?' && optopt && optopt < OPT_HELP)
			return give_up(run, EXIT_USAGE, "-%c is no option",
				       optopt);
		if (id == '?' && optopt)
			return give_up(run, EXIT_USAGE, "%s takes no value",
				       argv[optind - 1]);
		if (id == '?')
			return give_up(run, EXIT_USAGE,
				       "%s is no option, or short for more than one",
				       argv[optind - 1]);
		if (parse_option(run, id, long_options[index].name))
			return -1;
	}
	if (parse_scenario(run, argc, argv))
		return -1;
	return check_options(run);
}

/* A look at the machine, before anything is made or changed */

int read_node(struct run *run, struct node_state *node)
{
	int err = text_read(&run->zoneinfo, "/proc/zoneinfo");

	if (err)
		return give_up(run, EXIT_FAILED,
			       "cannot read /proc/zoneinfo: %s", strerror(-err));
	if (!node_state_parse(run->zoneinfo.buf, run->opt.node, node))
		return give_up(run, EXIT_FAILED, "node %d is gone",
			       run->opt.node);
	return 0;
}

static int check_swap(struct run *run)
{
	const char *line;

	if (text_read(&run->scratch, "/proc/swaps")) {
		if (run->opt.by == BY_SWAPON)
			return give_up(run, EXIT_SKIP,
				       "this kernel has no swap");
		return 0;
	}
	line = strchr(run->scratch.buf, '\n');
	if (line && line[1])
		return give_up(run, EXIT_SKIP,
			       "swap is on, so anonymous memory is reclaimable here");
	return 0;
}

static void find_nodes(struct run *run, unsigned long long *largest_free)
{
	struct environment *env = &run->env;
	struct node_state node;
	int nid;

	*largest_free = 0;
	env->nodes = 0;
	env->other_node = -1;
	for (nid = 0; nid <= numa_max_node(); nid++) {
		if (!node_state_parse(run->zoneinfo.buf, nid, &node))
			continue;
		env->nodes++;
		if (nid == run->opt.node)
			continue;
		if (env->other_node < 0 || node.free > *largest_free) {
			env->other_node = nid;
			*largest_free = node.free;
		}
	}
}

static int last_node(struct run *run)
{
	struct node_state node;
	int nid;

	for (nid = numa_max_node(); nid > 0; nid--)
		if (node_state_parse(run->zoneinfo.buf, nid, &node))
			break;
	return nid;
}

static int check_node(struct run *run)
{
	struct options *opt = &run->opt;
	unsigned long long largest_free;
	struct bitmask *allowed;
	bool ours;
	int err;

	if (numa_available() < 0)
		return give_up(run, EXIT_SKIP,
			       "this kernel has no support for NUMA policies");
	err = text_read(&run->zoneinfo, "/proc/zoneinfo");
	if (err)
		return give_up(run, EXIT_SKIP, "cannot read /proc/zoneinfo: %s",
			       strerror(-err));
	if (opt->node < 0)
		opt->node = last_node(run);
	if (!node_state_parse(run->zoneinfo.buf, opt->node, &run->node))
		return give_up(run, EXIT_SKIP, "node %d has no memory",
			       opt->node);
	if (run->node.usable * run->env.page_size < SMALLEST_NODE)
		return give_up(run, EXIT_SKIP,
			       "node %d has %llu MiB, and it takes at least %llu",
			       opt->node,
			       run->node.usable * run->env.page_size / MIB,
			       SMALLEST_NODE / MIB);
	if (!strstr(run->zoneinfo.buf, "node_unreclaimable:"))
		return give_up(run, EXIT_SKIP,
			       "/proc/zoneinfo does not tell node_unreclaimable here");
	find_nodes(run, &largest_free);

	allowed = numa_get_mems_allowed();
	ours = numa_bitmask_isbitset(allowed, opt->node);
	numa_bitmask_free(allowed);
	if (!ours)
		return give_up(run, EXIT_SKIP,
			       "node %d is not among those that this task may use",
			       opt->node);
	return 0;
}

/* Protection reaches a group only as far as all groups above it have it. */
static int check_ancestors_min(struct run *run, unsigned long long wanted)
{
	char path[PATH_MAX + 32];
	char dir[PATH_MAX];
	unsigned long long min;
	struct statfs fs;
	char *slash;

	snprintf(dir, sizeof(dir), "%s", run->undo.parent);
	while (*dir && !statfs(dir, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC) {
		snprintf(path, sizeof(path), "%s/memory.min", dir);
		if (read_number(path, &min))
			break;		/* only the root has no such file */
		if (min < wanted)
			return give_up(run, EXIT_SKIP,
				       "%s has memory.min %llu, and the scenario wants to protect %llu bytes below it",
				       dir, min, wanted);
		slash = strrchr(dir, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	return 0;
}

static int check_cgroup(struct run *run)
{
	struct undo *undo = &run->undo;
	const char *dir = run->opt.cgroup;
	char path[PATH_MAX + 32];
	char list[256];
	struct statfs fs;
	int err;

	if (!realpath(dir, undo->parent))
		return give_up(run, EXIT_SKIP, "there is no cgroup %s: %s", dir,
			       strerror(errno));
	if (statfs(undo->parent, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)
		return give_up(run, EXIT_SKIP, "%s is no cgroup v2", dir);
	snprintf(path, sizeof(path), "%s/cgroup.controllers", undo->parent);
	if (read_line(path, list, sizeof(list)) || !has_word(list, "memory"))
		return give_up(run, EXIT_SKIP,
			       "%s has no memory controller to give to its children",
			       dir);
	if (access(undo->parent, W_OK))
		return give_up(run, EXIT_SKIP, "cannot make cgroups in %s: %s",
			       dir, strerror(errno));
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", undo->parent);
	err = read_line(path, list, sizeof(list));
	if (err)
		return give_up(run, EXIT_SKIP, "cannot read %s: %s", path,
			       strerror(-err));
	undo->memory_off = !has_word(list, "memory");
	if (protected_bytes(run))
		return check_ancestors_min(run, protected_bytes(run));
	return 0;
}

static int check_settings(struct run *run)
{
	struct options *opt = &run->opt;
	struct undo *undo = &run->undo;
	char now[32];
	bool wanted;
	int err;

	if (opt->scale_factor) {
		err = read_line(SCALE_FACTOR_FILE, undo->scale_factor,
				sizeof(undo->scale_factor));
		if (!err && access(SCALE_FACTOR_FILE, W_OK))
			err = -errno;
		if (err)
			return give_up(run, EXIT_SKIP,
				       "cannot change vm.watermark_scale_factor: %s",
				       strerror(-err));
	}

	err = read_line(LRU_FILE, now, sizeof(now));
	run->env.mglru = !err && strtoul(now, NULL, 16) & 1;
	if (opt->lru == LRU_MGLRU && err)
		return give_up(run, EXIT_SKIP, "this kernel has no MGLRU");
	wanted = opt->lru == LRU_MGLRU;
	if (opt->lru == LRU_KEEP || run->env.mglru == wanted)
		return 0;
	if (access(LRU_FILE, W_OK))
		return give_up(run, EXIT_SKIP, "cannot change the LRU: %s",
			       strerror(errno));
	snprintf(undo->lru, sizeof(undo->lru), "%s", now);
	return 0;
}

static int check_counters(struct run *run)
{
	struct environment *env = &run->env;
	unsigned long long val;
	struct utsname uts;
	char path[128];

	env->kswapd = find_kswapd(run->opt.node);
	if (!env->kswapd)
		return give_up(run, EXIT_SKIP, "kswapd%d cannot be seen here",
			       run->opt.node);
	env->schedstat = have_schedstat();
	if (text_read(&run->vmstat, "/proc/vmstat") ||
	    !keyed_number(run->vmstat.buf, "pgscan_kswapd", &val))
		return give_up(run, EXIT_SKIP,
			       "/proc/vmstat does not count reclaim here");
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/vmstat",
		 run->opt.node);
	env->node_scope = !text_read(&run->scratch, path) &&
		keyed_number(run->scratch.buf, "pgscan_kswapd", &val) &&
		keyed_number(run->scratch.buf, "pgsteal_kswapd", &val) &&
		keyed_number(run->scratch.buf, "pgscan_direct", &val) &&
		keyed_number(run->scratch.buf, "pgsteal_direct", &val);
	env->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (!uname(&uts))
		snprintf(env->kernel, sizeof(env->kernel), "%s", uts.release);
	return 0;
}

static int check_dir(struct run *run)
{
	unsigned long long need = DISK_SLACK;
	const char *dir = run->opt.dir;
	char real[PATH_MAX];
	struct statfs fs;
	int len;

	if (!realpath(dir, real) || statfs(real, &fs))
		return give_up(run, EXIT_USAGE, "--dir: cannot use %s: %s", dir,
			       strerror(errno));
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		return give_up(run, EXIT_USAGE,
			       "--dir: %s is on a %s, whose pages are not reclaimed like a file's; name a directory on a disk",
			       dir, fs.f_type == TMPFS_MAGIC ? "tmpfs" : "ramfs");
	if (access(real, W_OK))
		return give_up(run, EXIT_USAGE, "--dir: cannot write in %s: %s",
			       dir, strerror(errno));
	if (run->opt.scenario == RUNAWAY)
		need += run->opt.hot_size;
	if (run->opt.by == BY_SWAPON)
		need += run->opt.swap_size;
	if ((unsigned long long)fs.f_bavail * fs.f_bsize < need)
		return give_up(run, EXIT_USAGE,
			       "--dir: %s has %llu KiB free, and %llu are needed",
			       dir,
			       (unsigned long long)fs.f_bavail * fs.f_bsize / KIB,
			       need / KIB);

	len = snprintf(run->undo.dir, sizeof(run->undo.dir), "%s/%s.%d",
		       strcmp(real, "/") ? real : "", PROGRAM, getpid());
	/* Room for the files' names. */
	if (len >= (int)sizeof(run->undo.dir) - 64)
		return give_up(run, EXIT_USAGE, "--dir: the name is too long");
	if (run->opt.by == BY_SWAPON)
		snprintf(run->undo.swap, sizeof(run->undo.swap), "%.*s/swap",
			 (int)sizeof(run->undo.swap) - 64, run->undo.dir);
	len = snprintf(run->undo.group, sizeof(run->undo.group), "%s/%s.%d",
		       run->undo.parent, PROGRAM, getpid());
	if (len >= (int)sizeof(run->undo.group) - 64)
		return give_up(run, EXIT_USAGE,
			       "--cgroup: the name is too long");
	/*
	 * What is there already belongs to somebody, such as a process with
	 * the same number in another PID namespace, and must not be undone.
	 */
	if (!access(run->undo.dir, F_OK) || !access(run->undo.group, F_OK))
		return give_up(run, EXIT_FAILED, "%s or %s exists already",
			       run->undo.dir, run->undo.group);
	return 0;
}

static int check_fit(struct run *run)
{
	unsigned long long page = run->env.page_size;
	unsigned long long node = run->node.usable * page;
	struct options *opt = &run->opt;
	unsigned long long sum;

	if (!opt->file_size)
		opt->file_size = run->node.managed * page / 5 * 6;
	if (opt->scenario == STREAM)
		return 0;
	if (opt->touch_size > node / 16)
		return give_up(run, EXIT_USAGE,
			       "--touch-size: %llu MiB are too much for node %d with %llu MiB",
			       opt->touch_size / MIB, opt->node, node / MIB);
	if (opt->scenario != RUNAWAY)
		return 0;
	if (opt->min > node)
		return give_up(run, EXIT_USAGE,
			       "--min: %llu MiB do not fit on node %d with %llu MiB",
			       opt->min / MIB, opt->node, node / MIB);
	sum = opt->high + opt->hot_size;
	if (sum > node / 2)
		return give_up(run, EXIT_USAGE,
			       "--high and --hot-size take %llu MiB, more than half of node %d with %llu MiB",
			       sum / MIB, opt->node, node / MIB);
	return 0;
}

static int look_around(struct run *run)
{
	if (geteuid())
		return give_up(run, EXIT_SKIP,
			       "it takes root to make cgroups and set sysctls");
	if (check_swap(run) || check_node(run) || check_fit(run) ||
	    check_cgroup(run) || check_settings(run) || check_counters(run))
		return -1;
	return check_dir(run);
}

/* Measuring */

/*
 * A page is known to be a refault by the shadow that its eviction left. A
 * cgroup that has hardly a page left may keep but few shadows, so the worse the
 * thrashing is, the more refaults go uncounted. Hence major faults too, and how
 * often shadows were dropped.
 */
static void read_actor_counters(struct run *run, int i, struct counters *c)
{
	struct actor *actor = &run->actors[i];
	char path[PATH_MAX + 32];

	c->actor[i].cpu_us = group_number(run, actor, "cpu.stat", "usage_usec");
	c->actor[i].rounds = atomic_load(&actor->slot->rounds);
	c->actor[i].bytes = atomic_load(&actor->slot->bytes);

	snprintf(path, sizeof(path), "%s/memory.stat", actor->cgroup);
	if (text_read(&run->scratch, path))
		return;
	keyed_number(run->scratch.buf, "workingset_refault_file",
		     &c->actor[i].refaults);
	keyed_number(run->scratch.buf, "pgmajfault", &c->actor[i].major_faults);
	keyed_number(run->scratch.buf, "workingset_nodereclaim",
		     &c->actor[i].nodes_dropped);
}

static int read_counters(struct run *run, struct counters *c)
{
	char path[PATH_MAX + 32];
	const char *reclaim;
	int err;
	int i;

	memset(c, 0, sizeof(*c));
	c->time_ns = now_ns();
	err = thread_cpu_ns(run->env.kswapd, run->env.schedstat, &c->kswapd_ns);
	if (err)
		return give_up(run, EXIT_FAILED,
			       "cannot read the CPU time of kswapd%d: %s",
			       run->opt.node, strerror(-err));
	err = text_read(&run->vmstat, "/proc/vmstat");
	if (err)
		return give_up(run, EXIT_FAILED, "cannot read /proc/vmstat: %s",
			       strerror(-err));
	c->stalls = keyed_sum(run->vmstat.buf, "allocstall");
	keyed_number(run->vmstat.buf, "pageoutrun", &c->runs);

	reclaim = run->vmstat.buf;
	if (run->env.node_scope) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/vmstat",
			 run->opt.node);
		err = text_read(&run->scratch, path);
		if (err)
			return give_up(run, EXIT_FAILED, "cannot read %s: %s",
				       path, strerror(-err));
		reclaim = run->scratch.buf;
	}
	keyed_number(reclaim, "pgscan_kswapd", &c->kswapd_scanned);
	keyed_number(reclaim, "pgsteal_kswapd", &c->kswapd_stolen);
	keyed_number(reclaim, "pgscan_direct", &c->direct_scanned);
	keyed_number(reclaim, "pgsteal_direct", &c->direct_stolen);

	for (i = 0; i < run->nr_actors; i++)
		read_actor_counters(run, i, c);
	return 0;
}

/* What counts up and is summed over CPUs may be seen to step back a little. */
static unsigned long long step(unsigned long long from, unsigned long long to)
{
	return to > from ? to - from : 0;
}

static void subtract_actor(const struct actor *actor, int i,
			   const struct counters *from,
			   const struct counters *to, struct counters *diff)
{
	diff->actor[i].cpu_us = step(from->actor[i].cpu_us,
				     to->actor[i].cpu_us);
	diff->actor[i].refaults = step(from->actor[i].refaults,
				       to->actor[i].refaults);
	diff->actor[i].major_faults = step(from->actor[i].major_faults,
					   to->actor[i].major_faults);
	diff->actor[i].nodes_dropped = step(from->actor[i].nodes_dropped,
					    to->actor[i].nodes_dropped);
	diff->actor[i].rounds = step(from->actor[i].rounds,
				     to->actor[i].rounds);
	diff->actor[i].bytes = step(from->actor[i].bytes, to->actor[i].bytes);
	/* Of the hog, what it holds and not what it took since. */
	if (actor->kind == HOG)
		diff->actor[i].bytes = to->actor[i].bytes;
}

static void subtract(const struct run *run, const struct counters *from,
		     const struct counters *to, struct counters *diff)
{
	int i;

	diff->time_ns = step(from->time_ns, to->time_ns);
	diff->kswapd_ns = step(from->kswapd_ns, to->kswapd_ns);
	diff->kswapd_scanned = step(from->kswapd_scanned, to->kswapd_scanned);
	diff->kswapd_stolen = step(from->kswapd_stolen, to->kswapd_stolen);
	diff->direct_scanned = step(from->direct_scanned, to->direct_scanned);
	diff->direct_stolen = step(from->direct_stolen, to->direct_stolen);
	diff->stalls = step(from->stalls, to->stalls);
	diff->runs = step(from->runs, to->runs);
	for (i = 0; i < run->nr_actors; i++)
		subtract_actor(&run->actors[i], i, from, to, diff);
}

static int poll_node(struct run *run, struct sample *s,
		     unsigned long long start)
{
	double t;

	if (all_well(run) || read_node(run, &s->node))
		return -1;
	s->polls++;
	s->hopeless += s->node.hopeless;
	s->unbalanced += !s->node.balanced;
	t = (double)(now_ns() - start) / NS_A_SECOND;
	if (!s->node.over_low && run->short_after < 0)
		run->short_after = t;
	if (!s->node.hopeless && run->reset_after < 0)
		run->reset_after = t;
	return 0;
}

/*
 * Polls at the tenths of a second that are still ahead: where the supervisor
 * itself was held up, what it missed is not made up for in a burst, and the
 * sample is longer instead.
 */
static int take_sample(struct run *run, unsigned long long start,
		       unsigned long long end, struct counters *before)
{
	struct sample *s = &run->samples[run->nr_samples];
	struct counters after;

	memset(s, 0, sizeof(*s));
	s->after = run->nr_samples >= run->opt.seconds;
	do {
		unsigned long long since = now_ns() - start;

		sleep_until(start + (since / POLL_NS + 1) * POLL_NS);
		if (poll_node(run, s, start))
			return -1;
	} while (now_ns() < end);

	if (read_counters(run, &after))
		return -1;
	subtract(run, before, &after, &s->diff);
	s->seconds = (double)s->diff.time_ns / NS_A_SECOND;
	s->t = (double)(after.time_ns - start) / NS_A_SECOND;
	s->kswapd_cpu = 100.0 * s->diff.kswapd_ns / s->diff.time_ns;
	run->woken |= after.runs > run->runs_at_start;
	*before = after;
	run->nr_samples++;
	return 0;
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
			return give_up(run, EXIT_FAILED,
				       "cannot write what was measured");
	}
	return 0;
}

static int work(struct run *run)
{
	return begin_scenario(run) ? -1 : measure(run);
}

/* From beginning to end */

static void init_run(struct run *run)
{
	struct options *opt = &run->opt;

	memset(run, 0, sizeof(*run));
	run->env.page_size = sysconf(_SC_PAGESIZE);
	run->short_after = -1;		/* not yet */
	run->reset_after = -1;
	run->clean = true;
	opt->node = -1;
	opt->seconds = 20;
	opt->settle = 5;
	opt->scale_factor = 300;
	opt->high = 8 * MIB;
	opt->min = 64 * MIB;
	opt->hot_size = 16 * MIB;
	opt->touch_size = MIB;
	opt->swap_size = 128 * MIB;
	opt->touch_interval_us = 2000;
	opt->max_cpu = -1;
	opt->dir = ".";
	opt->cgroup = "/sys/fs/cgroup";
}

static void catch_signals(void)
{
	static const int caught[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = catch_signal };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(caught); i++)
		sigaction(caught[i], &action, NULL);
	/* A reader that went away shows as an error of the write. */
	signal(SIGPIPE, SIG_IGN);
}

/*
 * The supervisor must outlive what it makes, and its own memory should come
 * from elsewhere where there is an elsewhere. It does not insist on that: on a
 * machine with one node it lives on what the watermarks leave, and the hog goes
 * first when that runs out.
 */
static int protect_self(struct run *run)
{
	size_t slots = MAX_ACTORS * sizeof(*run->slots);
	int err;

	err = write_line("/proc/self/oom_score_adj", "-1000");
	if (err)
		return give_up(run, EXIT_SKIP,
			       "cannot protect itself from the OOM killer: %s",
			       strerror(-err));
	if (run->env.other_node >= 0) {
		err = prefer_node(run->env.other_node);
		if (err)
			return give_up(run, EXIT_SKIP,
				       "cannot take memory from node %d: %s",
				       run->env.other_node, strerror(-err));
	}

	run->slots = mmap(NULL, slots, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run->slots == MAP_FAILED) {
		run->slots = NULL;
		return give_up(run, EXIT_FAILED, "cannot map shared memory: %s",
			       strerror(errno));
	}
	memset(run->slots, 0, slots);
	run->samples = calloc(run->opt.seconds + run->opt.after,
			      sizeof(*run->samples));
	if (!run->samples)
		return give_up(run, EXIT_FAILED,
			       "no memory for %d seconds of samples",
			       run->opt.seconds);
	return 0;
}

/* Cleaned up by now: whoever reads this may take the time it wants. */
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
		give_up(run, EXIT_FAILED, "%s", why);
	if (fflush(stdout) || ferror(stdout))
		give_up(run, EXIT_FAILED, "cannot write what was measured");
	if (run->status == EXIT_SKIP)
		fprintf(stderr, "%s: cannot run here: %s\n", PROGRAM, run->why);
	else if (run->status)
		fprintf(stderr, "%s: %s\n", PROGRAM, run->why);
	if (!run->clean)
		return EXIT_FAILED;
	return run->signal ? 128 + run->signal : run->status;
}

static int supervise(struct run *run)
{
	int err;

	if (look_around(run) || protect_self(run))
		return report(run);
	err = janitor_start(run);
	if (err)
		give_up(run, EXIT_FAILED, "cannot start the janitor: %s",
			strerror(-err));
	else
		work(run);
	janitor_finish(run);
	return report(run);
}

int main(int argc, char **argv)
{
	static struct run run;
	int status;
	int asked;

	init_run(&run);
	asked = parse_options(&run, argc, argv);
	if (asked > 0) {
		fputs(help_text, stdout);
		return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
	}
	if (asked < 0) {
		fprintf(stderr, "%s: %s\n", PROGRAM, run.why);
		return run.status;
	}

	catch_signals();
	status = supervise(&run);
	text_free(&run.zoneinfo);
	text_free(&run.vmstat);
	text_free(&run.scratch);
	free(run.samples);
	return status;
}
