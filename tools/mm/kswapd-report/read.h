/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads a trace.dat.
 *
 * On some broken files libtracecmd crashes, prints or loops. Therefore a child process
 * reads the file and sends the events through a pipe. The parent checks the events and
 * survives the child.
 */
#ifndef KSWAPD_REPORT_READ_H
#define KSWAPD_REPORT_READ_H

#include "event.h"

struct read_facts {
	struct event_start start;
	struct event_end end;
	uint64_t last_ts;
};

typedef void (*event_fn)(const struct event *ev, void *ctx);

/*
 * Pass each event of the file to fn, in the order of their times. Returns 0, or -1
 * with one sentence about the failure in error.
 */
int trace_read(const char *path, bool debug, struct read_facts *facts,
	       event_fn fn, void *ctx, char *error, size_t error_size);

/* The child's part, for tests. Returns 0 or -1. */
int trace_read_fd(int fd, event_fn fn, void *ctx);

/*
 * The parent's part, for tests: check the events of a pipe or file and pass them to
 * fn. Returns 0 if the stream was complete.
 */
int trace_read_stream(int fd, struct read_facts *facts, event_fn fn, void *ctx);

#endif
