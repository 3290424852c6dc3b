/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cgroups that hit their memory.high, or stalled for memory, most often.
 */
#ifndef KSWAPD_REPORT_BLAME_H
#define KSWAPD_REPORT_BLAME_H

#include <stddef.h>
#include <sys/types.h>

#include "event.h"
#include "proc.h"

struct blame {
	struct blame_cgroup *list;	/* by path */
	size_t count, room;
	struct text text;
};

/* Replace the stored counts by the current ones. */
void blame_begin(struct blame *b);
/* The cgroups with the largest growth since then, at most CGROUPS; returns the number. */
int blame_top(struct blame *b, struct event_cgroup *top);
void blame_free(struct blame *b);

/* The cgroup of a task, "" if the task has exited. */
void blame_task(pid_t pid, char *path, size_t size);

#endif
