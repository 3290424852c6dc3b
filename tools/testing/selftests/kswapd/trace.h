/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events of kswapd, in a tracefs instance of our own.
 */
#ifndef KSWAPD_TRACE_H
#define KSWAPD_TRACE_H

#include "run.h"

enum event_kind { WAKE, FAIL, RESET, NR_EVENTS };

struct event {
	enum event_kind kind;
	double t;			/* of CLOCK_MONOTONIC, in seconds */
	int number;			/* of a FAIL: the count */
	char reason[16];		/* of a RESET */
	pid_t pid;			/* of the task */
};

struct trace {
	bool has[NR_EVENTS];		/* does the kernel have it? */
	struct event *events;
	int nr;
	bool overrun;			/* some were lost */
	struct text text;
};

/* Where the kernel has no tracing there are just no events. */
int trace_start(struct run *run, struct trace *trace);
/* All events of the node under test so far. */
int trace_read(struct run *run, struct trace *trace);
int trace_count(const struct trace *trace, enum event_kind kind,
		double from, double to);
/* The first of them since a time. */
const struct event *trace_find(const struct trace *trace, enum event_kind kind,
			       const char *reason, double since);
void trace_free(struct trace *trace);

#endif
