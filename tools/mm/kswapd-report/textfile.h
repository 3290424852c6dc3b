/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads events from text: of trace-cmd report, of the files trace and trace_pipe of
 * tracefs, of perf script, and of mail that quotes any of these.
 */
#ifndef KSWAPD_REPORT_TEXTFILE_H
#define KSWAPD_REPORT_TEXTFILE_H

#include <stdio.h>

#include "read.h"

/* Pass EV_START, each event and EV_END to fn. Returns -1 if the text is no trace. */
int text_read_events(FILE *in, event_fn fn, void *ctx);

#endif
