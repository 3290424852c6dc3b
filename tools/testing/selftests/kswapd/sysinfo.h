/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads nodes, zones, reclaim counters and CPU times from /proc and /sys.
 */
#ifndef KSWAPD_SYSINFO_H
#define KSWAPD_SYSINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif
#ifndef __printf
#define __printf(a, b)	__attribute__((__format__(printf, a, b)))
#endif
#ifndef __noreturn
#define __noreturn	__attribute__((__noreturn__))
#endif

/* The text of a file, in a buffer that is reused and only grows. */
struct text {
	char *buf;
	size_t len;
	size_t cap;
};

int text_read(struct text *text, const char *path);
void text_free(struct text *text);

/* One line without its newline; 0 or a negative errno. */
int read_line(const char *path, char *buf, size_t size);
int read_number(const char *path, unsigned long long *val);
int __printf(2, 3) write_line(const char *path, const char *fmt, ...);

/* Files of "key value" lines: vmstat, memory.stat, cpu.stat, memory.events */
bool keyed_number(const char *text, const char *key, unsigned long long *val);
unsigned long long keyed_sum(const char *text, const char *prefix);
bool has_word(const char *list, const char *word);

/*
 * The pages of a node and its watermarks.
 *
 * min, low and high include the lowmem reserve of each zone, because allocations of
 * user memory, and kswapd, compare free pages with that sum. A zone that is smaller
 * than its reserve holds no user pages and is never balanced. free and the watermarks
 * leave it out, because its free pages are not usable.
 *
 * The watermarks exclude the temporary boost against fragmentation; see boost.
 */
struct node_state {
	unsigned long long free;
	unsigned long long min;
	unsigned long long low;
	unsigned long long high;
	unsigned long long boost;
	unsigned long long reserve;
	unsigned long long usable;	/* managed pages of the zones counted */
	unsigned long long managed;	/* managed pages of all its zones */
	/*
	 * The kernel checks each zone, not the sum: kswapd is woken if no zone
	 * has more than low (over_low is 0), and the node is balanced if one
	 * zone has more than high.
	 */
	unsigned long long over_low;	/* sum of free pages above low, by zones */
	unsigned long long over_mid;	/* the same above (min + low) / 2 */
	bool balanced;
	int zones;			/* zones counted */
	bool hopeless;			/* node_unreclaimable */
	int failures;			/* kswapd_failures; -1: not in zoneinfo */
};

/* From the text of /proc/zoneinfo; false if the node has no memory in it. */
bool node_state_parse(const char *text, int nid, struct node_state *node);
/* The same without ZONE_MOVABLE, for unmovable kernel memory. */
bool node_state_parse_fixed(const char *text, int nid, struct node_state *node);

/* Counters of the node's kswapd since boot. */
struct kswapd_counts {
	unsigned long long runs_failed;
	unsigned long long given_up;
	unsigned long long revived;
};

/* False if the kernel has no such counters. */
bool read_kswapd_counts(int nid, struct text *text, struct kswapd_counts *counts);

/* The pid of the node's kswapd, or 0 if /proc does not show it. */
pid_t find_kswapd(int nid);
/*
 * Whether the thread sleeps until it is woken. A kswapd that waits for I/O, a lock or
 * other reclaim does so without signals, and is not asleep.
 */
bool thread_asleep(pid_t pid);
/* CPU time of a thread in ns. Returns 0 or a negative errno. */
int thread_cpu_ns(pid_t pid, bool schedstat, unsigned long long *ns);
/* True if the kernel accounts run time in /proc/PID/schedstat. */
bool have_schedstat(void);

unsigned long long now_ns(void);

#endif
