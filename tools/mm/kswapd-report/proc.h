/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads nodes, zones, reclaim counters and threads from /proc and /sys.
 */
#ifndef KSWAPD_REPORT_PROC_H
#define KSWAPD_REPORT_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

/* A file's text in a buffer that is kept and only ever grows. */
struct text {
	char *buf;
	size_t len;
	size_t cap;
};

int text_read(struct text *text, const char *path);
void text_free(struct text *text);

/* One line without its newline; 0 or a negative errno. */
int read_line(const char *path, char *buf, size_t size);

/* The start of the next line, or NULL */
const char *next_line(const char *line);

/* Files of "key value" lines: vmstat, memory.stat, cpu.stat, memory.events */
bool keyed_number(const char *text, const char *key, unsigned long long *val);
unsigned long long keyed_sum(const char *text, const char *prefix);

/*
 * The pages of a node and its watermarks.
 *
 * low and high include the lowmem reserve of each zone: allocations of user memory,
 * and kswapd for them, compare free pages with the watermark plus the reserve. A zone
 * that is smaller than its reserve never holds user pages and is never balanced. free
 * and the watermarks leave it out, because its idle pages are not available.
 *
 * The watermarks exclude the temporary boost after fragmentation.
 */
struct node_state {
	unsigned long long free;
	unsigned long long low;
	unsigned long long high;
	unsigned long long managed;	/* pages of all its zones */
	bool balanced;			/* one zone is above high, whatever the sums are */
	bool hopeless;			/* node_unreclaimable */
	unsigned long long refaults;	/* of file and anonymous pages, since boot */
	int failures;			/* kswapd_failures; -1 if not shown */
};

/* The node whose zone the text of /proc/zoneinfo goes on with, or -1 */
int node_heading(const char *text);
/* From the text of /proc/zoneinfo; false if the node has no memory in it. */
bool node_state_parse(const char *text, int nid, struct node_state *node);

/* Counters of the node's kswapd since boot. */
struct kswapd_counts {
	unsigned long long runs_failed;
	unsigned long long given_up;
	unsigned long long revived;
};

/* False if the kernel has no such counters. */
bool read_kswapd_counts(int nid, struct text *text, struct kswapd_counts *counts);

/* A field of /proc/PID/stat after the name; state is field 0. 0 or a negative errno. */
int stat_field(pid_t pid, int field, unsigned long long *val);
/* The node's kswapd, or 0 if its thread is not visible. */
pid_t find_kswapd(int nid);
/* CPU time in ns since the thread began; 0 or a negative errno. */
int thread_cpu_ns(pid_t pid, bool schedstat, unsigned long long *ns);
/* Does the kernel account run time in /proc/PID/schedstat? */
bool have_schedstat(void);

unsigned long long now_ns(void);

#endif
