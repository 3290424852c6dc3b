/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events of kswapd, in a new tracefs instance.
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
	bool has[NR_EVENTS];		/* events of this kernel */
	struct event *events;
	int nr;
	bool overrun;			/* events were lost */
	struct text text;
};

/* A kernel without tracing has no events, which is no failure. */
int trace_start(struct run *run, struct trace *trace);
/* All events of the node under test so far. */
int trace_read(struct run *run, struct trace *trace);
int trace_count(const struct trace *trace, enum event_kind kind,
		double from, double to);
/* The first event of a kind and reason since a time, or NULL. */
const struct event *trace_find(const struct trace *trace, enum event_kind kind,
			       const char *reason, double since);
void trace_free(struct trace *trace);

#endif
