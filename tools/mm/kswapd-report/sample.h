/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Samples of each node and of the machine from /proc.
 */
#ifndef KSWAPD_REPORT_SAMPLE_H
#define KSWAPD_REPORT_SAMPLE_H

#include <sys/types.h>

#include "event.h"
#include "proc.h"

struct sampler {
	struct text zoneinfo, vmstat, system;
	int nodes;
	bool schedstat;
	struct {
		int nid;
		pid_t kswapd;
	} node[MAX_NODES];
};

/* 0, or a negative errno if there is no /proc/zoneinfo. */
int sampler_init(struct sampler *s);
void sampler_free(struct sampler *s);
/* Reads /proc again, for sampler_node(), and adds nodes that have memory now. */
int sampler_read(struct sampler *s);
/* The i-th node; false if its memory was removed. */
bool sampler_node(struct sampler *s, int i, struct event_sample *sample);
/* Counters of the node since boot; false if the kernel has none. */
bool sampler_counts(struct sampler *s, int i, struct kswapd_counts *counts);
/* Sums of the machine since boot. */
void sampler_system(struct sampler *s, struct event_system *system);
/* Host, kernel, boot and time of day. */
void sampler_meta(struct event_meta *meta);
/* The current count of failed runs, or -1 if the kernel does not show it. */
int sampler_failures(struct sampler *s, int i);

#endif
