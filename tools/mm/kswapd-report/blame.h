/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cgroups that hit their memory.high, or stalled for memory, most often, and those of
 * tasks.
 */
#ifndef KSWAPD_REPORT_BLAME_H
#define KSWAPD_REPORT_BLAME_H

#include <stdbool.h>
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

/*
 * The cgroup of a task, of the hierarchy with the memory controller. False if the task
 * has exited, or if /proc has the PIDs of another namespace than the trace.
 */
bool blame_task(pid_t pid, struct event_member *member);

#endif
