// SPDX-License-Identifier: GPL-2.0
/*
 * Samples of each node and of the machine from /proc.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "model.h"
#include "sample.h"

static bool is_known(const struct sampler *s, int nid)
{
	int i;

	for (i = 0; i < s->nodes; i++)
		if (s->node[i].nid == nid)
			return true;
	return false;
}

/* A node can get its first memory at any time, and keeps its place then. */
static void add_nodes(struct sampler *s)
{
	const char *at = s->zoneinfo.buf;
	struct node_state state;
	int nid, last = -1;

	for (; at && *at; at = next_line(at)) {
		nid = node_heading(at);
		if (nid < 0 || nid >= MAX_NODES || nid == last)
			continue;
		last = nid;
		if (is_known(s, nid) || !node_state_parse(s->zoneinfo.buf, nid, &state))
			continue;
		s->node[s->nodes++].nid = nid;
	}
}

int sampler_read(struct sampler *s)
{
	int err = text_read(&s->zoneinfo, "/proc/zoneinfo");

	if (!err)
		add_nodes(s);
	return err;
}

int sampler_init(struct sampler *s)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->schedstat = have_schedstat();
	err = sampler_read(s);
	if (err)
		return err;
	return s->nodes ? 0 : -ENODATA;
}

void sampler_free(struct sampler *s)
{
	text_free(&s->zoneinfo);
	text_free(&s->vmstat);
	text_free(&s->system);
}

/* A node gets its kswapd a little later than its memory. */
static bool kswapd_cpu(struct sampler *s, int i, unsigned long long *cpu)
{
	pid_t *kswapd = &s->node[i].kswapd;

	if (!*kswapd)
		*kswapd = find_kswapd(s->node[i].nid);
	return *kswapd && !thread_cpu_ns(*kswapd, s->schedstat, cpu);
}

bool sampler_node(struct sampler *s, int i, struct event_sample *sample)
{
	unsigned long long cpu = 0;
	struct node_state state;
	int nid = s->node[i].nid;

	memset(sample, 0, sizeof(*sample));
	if (!node_state_parse(s->zoneinfo.buf, nid, &state)) {
		/* If its memory comes back, it has another kswapd. */
		s->node[i].kswapd = 0;
		return false;
	}
	sample->free = state.free;
	sample->low = state.low;
	sample->high = state.high;
	sample->hopeless = state.hopeless;
	sample->balanced = state.balanced;
	sample->retried = state.failures > GIVE_UP;
	sample->refaults = state.refaults;
	if (kswapd_cpu(s, i, &cpu)) {
		sample->have_cpu = 1;
		sample->cpu_ns = cpu;
	}
	return true;
}

bool sampler_counts(struct sampler *s, int i, struct kswapd_counts *counts)
{
	return read_kswapd_counts(s->node[i].nid, &s->vmstat, counts);
}

int sampler_failures(struct sampler *s, int i)
{
	struct node_state state;

	return node_state_parse(s->zoneinfo.buf, s->node[i].nid, &state) ? state.failures : -1;
}

static uint64_t psi_total(const char *text, const char *kind)
{
	unsigned long long total;
	const char *line = text ? strstr(text, kind) : NULL;

	line = line ? strstr(line, "total=") : NULL;
	return line && sscanf(line, "total=%llu", &total) == 1 ? total : 0;
}

static uint64_t keyed(const char *text, const char *key)
{
	unsigned long long val = 0;

	keyed_number(text, key, &val);
	return val;
}

void sampler_system(struct sampler *s, struct event_system *system)
{
	memset(system, 0, sizeof(*system));
	if (!text_read(&s->system, "/proc/pressure/memory")) {
		system->have_psi = 1;
		system->psi_some_us = psi_total(s->system.buf, "some ");
		system->psi_full_us = psi_total(s->system.buf, "full ");
	}
	if (text_read(&s->system, "/proc/vmstat"))
		return;
	system->allocstall = keyed_sum(s->system.buf, "allocstall");
	system->oom_kill = keyed(s->system.buf, "oom_kill");
	system->pgscan_kswapd = keyed(s->system.buf, "pgscan_kswapd");
	system->pgscan_direct = keyed(s->system.buf, "pgscan_direct");
	system->pgsteal_kswapd = keyed(s->system.buf, "pgsteal_kswapd");
	system->pgsteal_direct = keyed(s->system.buf, "pgsteal_direct");
}

void sampler_meta(struct event_meta *meta)
{
	struct timespec now;
	struct utsname u;

	memset(meta, 0, sizeof(*meta));
	clock_gettime(CLOCK_REALTIME, &now);
	meta->wall_ns = now.tv_sec * NSEC + now.tv_nsec;
	if (!uname(&u)) {
		snprintf(meta->host, sizeof(meta->host), "%.*s", HOST_LEN - 1, u.nodename);
		snprintf(meta->release, sizeof(meta->release), "%.*s", RELEASE_LEN - 1,
			 u.release);
	}
	read_line("/proc/sys/kernel/random/boot_id", meta->boot, sizeof(meta->boot));
}
