/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes a trace.dat, version 6, as trace-cmd.dat.v6(5) describes it.
 * libtracecmd reads such files, but has no public function that writes one.
 */
#ifndef KSWAPD_REPORT_DATFILE_H
#define KSWAPD_REPORT_DATFILE_H

#include <stddef.h>
#include <sys/types.h>

/* Raw pages of a CPU's buffer. */
struct dat_cpu {
	int fd;
	off_t at, size;	/* in that file */
};

struct dat_event {
	const char *system;	/* events of a system follow each other */
	const char *name;
};

struct dat_source {
	const char *tracing, *instance;		/* directories of tracefs */
	const struct dat_event *events;		/* the last one has no name */
};

/*
 * Write to fd the formats of the events, the names of tasks, the clock, and the
 * CPUs' pages. Returns 0, or -1 with errno.
 */
int dat_write(int fd, const struct dat_source *from, const struct dat_cpu *cpus, int count);

/*
 * A file that is readable while it is written, and after its writer was killed: each
 * CPU has its own region of the sparse file.
 */
struct dat_live {
	int fd;
	off_t names_at, table_at;	/* names of tasks; offsets of each CPU's pages */
	size_t names_room;
	off_t cpu_room;		/* the most bytes of a CPU */
};

/* Sets fd and at of the cpus. */
int dat_live_begin(struct dat_live *live, int fd, const struct dat_source *from,
		   struct dat_cpu *cpus, int count);
/* Writes the current names and sizes. */
int dat_live_update(struct dat_live *live, const struct dat_source *from,
		    const struct dat_cpu *cpus, int count);

#endif
