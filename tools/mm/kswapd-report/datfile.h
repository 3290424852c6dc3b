/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes a trace.dat, version 6, as trace-cmd.dat.v6(5) describes it.
 * libtracecmd reads such files, but has no public function that writes one.
 */
#ifndef KSWAPD_REPORT_DATFILE_H
#define KSWAPD_REPORT_DATFILE_H

#include <stddef.h>
#include <sys/types.h>

/* Raw pages of a CPU's buffer, in a file without a name. */
struct dat_cpu {
	int fd;
	off_t size;
};

struct dat_event {
	const char *system;	/* events of a system follow each other */
	const char *name;
};

/*
 * Write to fd the formats of the events (the last one has no name) as they are
 * in the tracing directory, the names of tasks, the clock, and the CPUs' pages.
 * Returns 0, or -1 with errno.
 */
int dat_write(int fd, const char *tracing, const char *instance,
	      const struct dat_event *events, struct dat_cpu *cpus, int count);

#endif
