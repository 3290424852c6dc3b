/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A private tracefs instance: no setting of the machine's tracing changes, and removing
 * the instance removes all settings of the tool.
 */
#ifndef KSWAPD_REPORT_INSTANCE_H
#define KSWAPD_REPORT_INSTANCE_H

#include <stdbool.h>

#include <tracefs.h>

/*
 * Returns NULL after a message on failure. Also removes instances that killed processes
 * left, but none of a running process in any PID namespace. The new instance is removed
 * at exit at the latest.
 */
struct tracefs_instance *instance_new(void);
void instance_remove(struct tracefs_instance *instance);
/*
 * Enable the known_events of vmscan that the kernel has, and pass each name to fn, which
 * may be NULL. Returns their number, or -1.
 */
int instance_enable(struct tracefs_instance *instance,
		    void (*fn)(const char *name, void *ctx), void *ctx);
/* Does this kernel have an event of failed runs? */
bool instance_has_failures(struct tracefs_instance *instance);

#endif
