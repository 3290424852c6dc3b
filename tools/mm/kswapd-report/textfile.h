/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads events that were printed: by trace-cmd report, by the files trace and
 * trace_pipe of tracefs, by perf script, and any of these quoted in mail.
 */
#ifndef KSWAPD_REPORT_TEXTFILE_H
#define KSWAPD_REPORT_TEXTFILE_H

#include <stdio.h>

#include "read.h"

/* Hand each event to fn, with EV_START before and EV_END after them; -1: no trace. */
int text_read_events(FILE *in, event_fn fn, void *ctx);

#endif
