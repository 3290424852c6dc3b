// SPDX-License-Identifier: GPL-2.0
/*
 * Checks of the machine, before anything is made or changed.
 */
#include <numa.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/magic.h>

#include "run.h"

#define SMALLEST_NODE		(256 * MIB)
#define DISK_SLACK		MIB

const char * const controller_names[NR_CONTROLLERS] = {
	[MEMORY]	= "memory",
	[CPUSET]	= "cpuset",
};

int read_node(struct run *run, struct node_state *node)
{
	int err = text_read(&run->zoneinfo, "/proc/zoneinfo");

	if (err)
		return fail(run, EXIT_FAILED,
			    "cannot read /proc/zoneinfo: %s", strerror(-err));
	if (!node_state_parse(run->zoneinfo.buf, run->opt.node, node))
		return fail(run, EXIT_FAILED, "node %d is gone",
			    run->opt.node);
	return 0;
}

static int check_swap(struct run *run)
{
	const char *line;

	if (text_read(&run->scratch, "/proc/swaps")) {
		if (wants_swap(&run->opt))
			return fail(run, EXIT_SKIP,
				    "this kernel has no swap");
		return 0;
	}
	line = strchr(run->scratch.buf, '\n');
	if (line && line[1])
		return fail(run, EXIT_SKIP,
			    "swap is on, so anonymous memory is reclaimable here: run swapoff -a");
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
		return fail(run, EXIT_SKIP,
			    "this kernel has no support for NUMA policies");
	err = text_read(&run->zoneinfo, "/proc/zoneinfo");
	if (err)
		return fail(run, EXIT_SKIP, "cannot read /proc/zoneinfo: %s",
			    strerror(-err));
	if (opt->node < 0)
		opt->node = last_node(run);
	if (!node_state_parse(run->zoneinfo.buf, opt->node, &run->node))
		return fail(run, EXIT_SKIP, "node %d has no memory",
			    opt->node);
	if (run->node.usable * run->env.page_size < SMALLEST_NODE)
		return fail(run, EXIT_SKIP,
			    "node %d has %llu MiB, less than the %llu MiB needed",
			    opt->node,
			    run->node.usable * run->env.page_size / MIB,
			    SMALLEST_NODE / MIB);
	if (!strstr(run->zoneinfo.buf, "node_unreclaimable:"))
		return fail(run, EXIT_SKIP,
			    "/proc/zoneinfo has no node_unreclaimable");
	find_nodes(run, &largest_free);

	allowed = numa_get_mems_allowed();
	ours = numa_bitmask_isbitset(allowed, opt->node);
	numa_bitmask_free(allowed);
	if (!ours)
		return fail(run, EXIT_SKIP,
			    "this task may not use node %d",
			    opt->node);
	return 0;
}

/* The memory of the node under test. */
unsigned long long node_bytes(const struct run *run)
{
	return run->node.managed * run->env.page_size;
}

/* Bytes that memory.min protects from reclaim. */
unsigned long long protected_bytes(const struct run *run)
{
	if (run->opt.scenario == RUNAWAY || run->opt.scenario == NEAR_OOM ||
	    run->opt.scenario == OSCILLATE)
		return run->opt.containers * run->opt.min;
	if (run->opt.scenario == RESTART && run->opt.by == BY_MIN)
		return node_bytes(run);
	if (run->opt.scenario == RESTART)
		return run->opt.containers * run->opt.min;
	return 0;
}

/* The ancestors of a group limit its protection. */
static int check_ancestors(struct run *run, const char *file,
			   unsigned long long wanted)
{
	char path[PATH_MAX + 32];
	char dir[PATH_MAX];
	unsigned long long min;
	struct statfs fs;
	char *slash;

	snprintf(dir, sizeof(dir), "%s", run->cleanup.parent);
	while (*dir && !statfs(dir, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC) {
		snprintf(path, sizeof(path), "%s/%s", dir, file);
		if (read_number(path, &min))
			break;		/* the root */
		if (min < wanted)
			return fail(run, EXIT_SKIP,
				    "%s has %s %llu, but the scenario protects %llu bytes below it",
				    dir, file, min, wanted);
		slash = strrchr(dir, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	return 0;
}

int check_cgroup(struct run *run)
{
	struct cleanup *cleanup = &run->cleanup;
	const char *dir = run->opt.cgroup;
	char path[PATH_MAX + 32];
	char list[256];
	struct statfs fs;
	int err;

	if (!realpath(dir, cleanup->parent))
		return fail(run, EXIT_SKIP, "there is no cgroup %s: %s", dir,
			    strerror(errno));
	if (statfs(cleanup->parent, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)
		return fail(run, EXIT_SKIP, "%s is no cgroup v2", dir);
	snprintf(path, sizeof(path), "%s/cgroup.controllers", cleanup->parent);
	if (read_line(path, list, sizeof(list)) || !has_word(list, "memory"))
		return fail(run, EXIT_SKIP,
			    "%s has no memory controller for its children; if cgroup v1 has it, boot with cgroup_no_v1=memory",
			    dir);
	if (run->opt.cpuset && !has_word(list, "cpuset"))
		return fail(run, EXIT_SKIP,
			    "%s has no cpuset controller for its children",
			    dir);
	if (access(cleanup->parent, W_OK))
		return fail(run, EXIT_SKIP, "cannot make cgroups in %s: %s",
			    dir, strerror(errno));
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", cleanup->parent);
	err = read_line(path, list, sizeof(list));
	if (err)
		return fail(run, EXIT_SKIP, "cannot read %s: %s", path,
			    strerror(-err));
	cleanup->given[MEMORY] = !has_word(list, "memory");
	cleanup->given[CPUSET] = run->opt.cpuset && !has_word(list, "cpuset");
	if (run->opt.scenario == LOW)
		return check_ancestors(run, "memory.low", node_bytes(run));
	if (protected_bytes(run))
		return check_ancestors(run, "memory.min", protected_bytes(run));
	return 0;
}

/* Keeps the readahead of the disk under --dir, which cleanup restores. */
void note_readahead(struct run *run)
{
	static const char * const of_disk[] = { "", "../" };
	struct cleanup *cleanup = &run->cleanup;
	struct stat dir;
	int i;

	if (stat(run->opt.dir, &dir))
		return;
	/* The setting of a partition is that of its disk. */
	for (i = 0; i < 2; i++) {
		snprintf(cleanup->readahead_file, sizeof(cleanup->readahead_file),
			 "/sys/dev/block/%u:%u/%sbdi/read_ahead_kb",
			 major(dir.st_dev), minor(dir.st_dev), of_disk[i]);
		if (!read_line(cleanup->readahead_file, cleanup->readahead,
			       sizeof(cleanup->readahead)))
			return;
	}
	*cleanup->readahead = '\0';
}

/* Reads the word in brackets. */
static int read_choice(const char *path, char *buf, size_t size)
{
	char line[128];
	char *begin;
	int err = read_line(path, line, sizeof(line));

	if (err)
		return err;
	begin = strchr(line, '[');
	if (!begin || !strchr(begin, ']'))
		return -EINVAL;
	snprintf(buf, size, "%.*s", (int)strcspn(begin + 1, "]"), begin + 1);
	return 0;
}

/* Keeps the settings that HOG_HOLES changes: no compaction of the holes. */
static int note_fragmentation(struct run *run)
{
	struct cleanup *cleanup = &run->cleanup;
	unsigned long long size;

	if (read_choice(THP_DEFRAG_FILE, cleanup->thp_defrag,
			sizeof(cleanup->thp_defrag)) ||
	    access(THP_DEFRAG_FILE, W_OK)) {
		*cleanup->thp_defrag = '\0';
		return fail(run, EXIT_SKIP,
			    "this kernel has no transparent huge pages");
	}
	if (read_number(THP_SIZE_FILE, &size) || size != HUGE_BYTES)
		return fail(run, EXIT_SKIP, "the pulses of --hog holes need huge pages of 2 MiB");
	/* A kernel without compaction has no such file. */
	if (read_line(COMPACT_FILE, cleanup->compact, sizeof(cleanup->compact)))
		*cleanup->compact = '\0';
	return 0;
}

static int note_dirty_ratio(struct run *run)
{
	struct cleanup *cleanup = &run->cleanup;

	/* 0: the limit is set in bytes, by vm.dirty_bytes. */
	if (read_line(DIRTY_FILE, cleanup->dirty, sizeof(cleanup->dirty)) ||
	    read_line(DIRTY_BACKGROUND_FILE, cleanup->dirty_background,
		      sizeof(cleanup->dirty_background)) ||
	    access(DIRTY_FILE, W_OK) || !strcmp(cleanup->dirty, "0") ||
	    !strcmp(cleanup->dirty_background, "0")) {
		*cleanup->dirty = '\0';
		*cleanup->dirty_background = '\0';
		return fail(run, EXIT_SKIP, "cannot change vm.dirty_ratio");
	}
	return 0;
}

static int note_setting(struct run *run, const char *path, char *former)
{
	if (!read_line(path, former, 32) && !access(path, W_OK))
		return 0;
	*former = '\0';
	return fail(run, EXIT_SKIP, "cannot change %s", path);
}

static int check_settings(struct run *run)
{
	struct options *opt = &run->opt;
	struct cleanup *cleanup = &run->cleanup;
	char now[32];
	bool wanted;
	int err;

	if (opt->scale_factor) {
		err = read_line(SCALE_FACTOR_FILE, cleanup->scale_factor,
				sizeof(cleanup->scale_factor));
		if (!err && access(SCALE_FACTOR_FILE, W_OK))
			err = -errno;
		if (err)
			return fail(run, EXIT_SKIP,
				    "cannot change vm.watermark_scale_factor: %s",
				    strerror(-err));
	}

	if (opt->by_sendfile)
		note_readahead(run);
	if (opt->lists_fraction && note_setting(run, LISTS_FILE, cleanup->lists))
		return -1;
	if (opt->min_free && note_setting(run, MIN_FREE_FILE, cleanup->min_free))
		return -1;
	if (opt->dirty_ratio && note_dirty_ratio(run))
		return -1;
	if ((opt->hog == HOG_HUGETLB || opt->hog == HOG_HOLES) &&
	    note_huge_pages(run))
		return -1;
	if (opt->hog == HOG_HOLES && note_fragmentation(run))
		return -1;

	err = read_line(LRU_FILE, now, sizeof(now));
	run->env.mglru = !err && strtoul(now, NULL, 16) & 1;
	if (opt->lru == LRU_MGLRU && err)
		return fail(run, EXIT_SKIP, "this kernel has no MGLRU");
	wanted = opt->lru == LRU_MGLRU;
	if (opt->lru == LRU_KEEP || run->env.mglru == wanted)
		return 0;
	if (access(LRU_FILE, W_OK))
		return fail(run, EXIT_SKIP, "cannot change the LRU: %s",
			    strerror(errno));
	snprintf(cleanup->lru, sizeof(cleanup->lru), "%s", now);
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
		return fail(run, EXIT_SKIP, "no kswapd%d in /proc",
			    run->opt.node);
	env->schedstat = have_schedstat();
	if (text_read(&run->vmstat, "/proc/vmstat") ||
	    !keyed_number(run->vmstat.buf, "pgscan_kswapd", &val))
		return fail(run, EXIT_SKIP,
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

/* Checks that the directory has space for files whose pages can be evicted. */
int check_disk(struct run *run, const char *name, const char *dir,
	       unsigned long long bytes, char *real)
{
	unsigned long long need = bytes + DISK_SLACK;
	struct statfs fs;

	if (!realpath(dir, real) || statfs(real, &fs))
		return fail(run, EXIT_USAGE, "%s: cannot use %s: %s", name,
			    dir, strerror(errno));
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		return fail(run, EXIT_USAGE,
			    "%s: %s is on a %s, whose pages are not reclaimed like a file's; name a directory on a disk",
			    name, dir,
			    fs.f_type == TMPFS_MAGIC ? "tmpfs" : "ramfs");
	if (access(real, W_OK))
		return fail(run, EXIT_USAGE, "%s: cannot write in %s: %s",
			    name, dir, strerror(errno));
	if ((unsigned long long)fs.f_bavail * fs.f_bsize < need)
		return fail(run, EXIT_USAGE,
			    "%s: %s has %llu KiB free, and %llu are needed",
			    name, dir,
			    (unsigned long long)fs.f_bavail * fs.f_bsize / KIB,
			    need / KIB);
	return 0;
}

/* Names a new cgroup. */
int name_group(struct run *run)
{
	struct cleanup *cleanup = &run->cleanup;
	int len;

	len = snprintf(cleanup->group, sizeof(cleanup->group), "%s/%s.%d",
		       cleanup->parent, PROGRAM, getpid());
	if (len >= (int)sizeof(cleanup->group) - 64)
		return fail(run, EXIT_USAGE,
			    "--cgroup: the name is too long");
	/*
	 * An existing cgroup may belong to a process with the same number in
	 * another PID namespace. Cleanup must not remove it.
	 */
	if (!access(cleanup->group, F_OK))
		return fail(run, EXIT_FAILED, "%s exists already",
			    cleanup->group);
	return 0;
}

static int check_dir(struct run *run)
{
	char real[PATH_MAX];
	int len;

	if (check_disk(run, run->opt.dir_by, run->opt.dir, bytes_on_disk(run), real))
		return -1;

	len = snprintf(run->cleanup.dir, sizeof(run->cleanup.dir), "%s/%s.%d",
		       strcmp(real, "/") ? real : "", PROGRAM, getpid());
	/* Room for the files' names. */
	if (len >= (int)sizeof(run->cleanup.dir) - 64)
		return fail(run, EXIT_USAGE, "%s: the name is too long",
			    run->opt.dir_by);
	if (wants_swap(&run->opt) && !*run->cleanup.zram)
		snprintf(run->cleanup.swap, sizeof(run->cleanup.swap), "%.*s/swap",
			 (int)sizeof(run->cleanup.swap) - 64, run->cleanup.dir);
	if (!access(run->cleanup.dir, F_OK))
		return fail(run, EXIT_FAILED, "%s exists already",
			    run->cleanup.dir);
	return name_group(run);
}

int check_requirements(struct run *run)
{
	if (geteuid())
		return fail(run, EXIT_SKIP,
			    "making cgroups and setting sysctls need root");
	if (run->opt.scenario == ANON_SET)
		note_zram(run);
	if (check_swap(run) || check_node(run) || check_fit(run) ||
	    check_cgroup(run) || check_settings(run) || check_counters(run))
		return -1;
	return check_dir(run);
}

/* A value of /proc/meminfo, 0 if the kernel has none. */
unsigned long long meminfo_bytes(const char *key)
{
	struct text text = { };
	unsigned long long kib = 0;

	if (!text_read(&text, "/proc/meminfo"))
		keyed_number(text.buf, key, &kib);
	text_free(&text);
	return kib * KIB;
}
