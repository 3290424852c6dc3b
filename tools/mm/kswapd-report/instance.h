/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tracefs instance of one's own, so that no setting of the machine's tracing
 * is touched, and all goes with it.
 */
#ifndef KSWAPD_REPORT_INSTANCE_H
#define KSWAPD_REPORT_INSTANCE_H

#include <stdbool.h>

#include <tracefs.h>

/*
 * NULL, and said, if there is none. Removes what a killed process left, and nothing
 * that a living one holds, in whatever PID namespace. Removed at exit, if not before.
 */
struct tracefs_instance *instance_new(void);
void instance_remove(struct tracefs_instance *instance);
/*
 * Switch on those of vmscan_events that the kernel has, and give each name to
 * fn, which may be NULL. Returns how many there are, or -1.
 */
int instance_enable(struct tracefs_instance *instance,
		    void (*fn)(const char *name, void *ctx), void *ctx);
/* Does this kernel have an event of failed runs? */
bool instance_has_failures(struct tracefs_instance *instance);

#endif
