// SPDX-License-Identifier: GPL-2.0
/*
 * A tracefs instance of one's own.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decode.h"
#include "instance.h"
#include "main.h"

#define PREFIX	"kswapd-report."

static void remove_stale(void)
{
	char **names = tracefs_instances("^kswapd-report\\.[0-9][0-9]*$");
	int i;

	for (i = 0; names && names[i]; i++) {
		pid_t pid = atoi(names[i] + strlen(PREFIX));
		struct tracefs_instance *old;

		if (pid <= 0 || !kill(pid, 0) || errno != ESRCH)
			continue;
		old = tracefs_instance_create(names[i]);
		if (old)
			instance_remove(old);
	}
	tracefs_list_free(names);
}

struct tracefs_instance *instance_new(void)
{
	struct tracefs_instance *instance;
	char name[64];

	tracefs_set_loglevel(TEP_LOG_NONE);
	/* The library would mount it, and leave it mounted. */
	if (tracefs_tracing_dir_is_mounted(false, NULL) <= 0) {
		complain("tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing");
		return NULL;
	}
	remove_stale();
	snprintf(name, sizeof(name), PREFIX "%d", getpid());
	instance = tracefs_instance_create(name);
	if (!instance) {
		complain("cannot make an instance in %s: %s (are you root?)",
			 tracefs_tracing_dir(), strerror(errno));
		return NULL;
	}
	/* The same time on all CPUs; the default clock is nearly that. */
	tracefs_instance_file_write(instance, "trace_clock", "mono");
	return instance;
}

void instance_remove(struct tracefs_instance *instance)
{
	tracefs_event_disable(instance, NULL, NULL);
	if (tracefs_instance_destroy(instance))
		complain("cannot remove %s/instances/%s", tracefs_tracing_dir(),
			 tracefs_instance_get_name(instance));
	tracefs_instance_free(instance);
}

static bool exists(struct tracefs_instance *instance, const char *name)
{
	return tracefs_event_file_exists(instance, "vmscan", name, "enable");
}

int instance_enable(struct tracefs_instance *instance,
		    void (*fn)(const char *name, void *ctx), void *ctx)
{
	int i, n = 0;

	for (i = 0; vmscan_events[i]; i++) {
		if (!exists(instance, vmscan_events[i]))
			continue;
		if (tracefs_event_enable(instance, "vmscan", vmscan_events[i])) {
			complain("cannot switch on the event vmscan:%s: %s", vmscan_events[i],
				 strerror(errno));
			return -1;
		}
		if (fn)
			fn(vmscan_events[i], ctx);
		n++;
	}
	return n;
}

bool instance_has_failures(struct tracefs_instance *instance)
{
	return exists(instance, "mm_vmscan_kswapd_reclaim_fail");
}
