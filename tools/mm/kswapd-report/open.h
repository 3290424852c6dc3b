/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Opens a trace. Compressed files and perf.data are converted by other programs.
 */
#ifndef KSWAPD_REPORT_OPEN_H
#define KSWAPD_REPORT_OPEN_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A descriptor of a trace.dat or of text, or -1 with one sentence in error. */
int trace_open(const char *path, bool *text, struct stat *st, bool debug, char *error, size_t size);

/*
 * Is it a file with a trace, packed or not, other than text? A pipe is not: it has nothing
 * to overwrite, and reading it would not end.
 */
bool is_trace(const char *path);

/*
 * Run the command on the file; returns its exit status, 127 if it is missing, or
 * FILTER_TOO_LARGE if it wanted to write more than most bytes.
 */
#define FILTER_TOO_LARGE	256

int run_filter(const char *const *command, int in, int out, off_t most, bool debug);

/* read(2), repeated if a signal interrupted it */
ssize_t read_some(int fd, char *to, size_t size);

#endif
