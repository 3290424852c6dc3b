/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock of a trace.dat, for which libtracecmd has no public function.
 */
#ifndef KSWAPD_REPORT_DATCLOCK_H
#define KSWAPD_REPORT_DATCLOCK_H

#include <stddef.h>

#include "event.h"

/*
 * Name of the clock, "" if the file does not say it; *scale is the nanoseconds of
 * a unit. TIME_NONE: the file does not say how long a unit is.
 */
enum time_unit dat_clock(int fd, char *name, size_t size, uint64_t *scale,
			 uint32_t *page_size);

#endif
