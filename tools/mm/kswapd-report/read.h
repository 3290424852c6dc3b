/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads a trace.dat.
 *
 * libtracecmd was not made for broken files: on some of them it
 * crashes, prints, or does not come to an end. So a child of its own reads the
 * file and sends what it found through a pipe; whatever becomes of the child,
 * the parent goes on.
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
 * Hand each event of the file to fn, in the order of their times. Returns 0, or
 * -1 after it has put one sentence about what is wrong into error.
 */
int trace_read(const char *path, bool debug, struct read_facts *facts,
	       event_fn fn, void *ctx, char *error, size_t error_size);

/* The child's part, for tests: events go to fn. Returns 0 or -1. */
int trace_read_fd(int fd, event_fn fn, void *ctx);

/*
 * The parent's part, for tests: events from a pipe or file, checked, go to fn.
 * Returns 0 if they were whole.
 */
int trace_read_stream(int fd, struct read_facts *facts, event_fn fn, void *ctx);

#endif
