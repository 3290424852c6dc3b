/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc tells of each node at one time.
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

/* 0, or a negative errno: without /proc/zoneinfo there is nothing to sample. */
int sampler_init(struct sampler *s);
void sampler_free(struct sampler *s);
/* Read anew, for sampler_node(). */
int sampler_read(struct sampler *s);
/* The i-th node; false if it has no memory any more. */
bool sampler_node(struct sampler *s, int i, struct event_sample *sample);
/* What the kernel has counted of it since boot; false where it does not count. */
bool sampler_counts(struct sampler *s, int i, struct kswapd_counts *counts);
/* Sums of the machine since boot. */
void sampler_system(struct sampler *s, struct event_system *system);
/* Where and when this is. */
void sampler_meta(struct event_meta *meta);
/* Its count of failed runs now, or -1 where the kernel does not show it. */
int sampler_failures(struct sampler *s, int i);

#endif
