// SPDX-License-Identifier: GPL-2.0
/*
 * What the events of a trace add up to.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define FIRST_BIN_NS	1024

struct model *model_new(void)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m)
		m->bin_ns = FIRST_BIN_NS;
	return m;
}

void model_free(struct model *m)
{
	int nid;

	if (!m)
		return;
	for (nid = 0; nid < MAX_NODES; nid++) {
		if (!m->nodes[nid])
			continue;
		free(m->nodes[nid]->episodes);
		free(m->nodes[nid]->bins);
		free(m->nodes[nid]);
	}
	free(m);
}

struct node *model_node(struct model *m, int nid)
{
	return nid >= 0 && nid < MAX_NODES ? m->nodes[nid] : NULL;
}

bool model_has_events(const struct model *m)
{
	if (m->seen[EV_FAIL] || m->seen[EV_RESET])
		return true;
	/* Who samples records all that the kernel has. */
	return m->seen[EV_SAMPLE] && (m->formats & HAS(EV_FAIL));
}

static struct node *get_node(struct model *m, int nid)
{
	struct node *node = m->nodes[nid];

	if (node)
		return node;
	node = calloc(1, sizeof(*node));
	if (node) {
		node->bins = calloc(BINS, sizeof(*node->bins));
		node->episodes = calloc(EPISODES, sizeof(*node->episodes));
	}
	if (!node || !node->bins || !node->episodes)
		errx(1, "out of memory");
	node->nid = nid;
	m->nodes[nid] = node;
	return node;
}

static int reason_index(struct model *m, const char *name)
{
	int i;

	for (i = 0; i < m->reason_count; i++)
		if (!strcmp(m->reasons[i], name))
			return i;
	if (m->reason_count < REASONS - 1) {
		memcpy(m->reasons[i], name, strnlen(name, REASON_LEN - 1));
		m->reason_count++;
		return i;
	}
	memcpy(m->reasons[REASONS - 1], "(others)", sizeof("(others)"));
	m->reason_count = REASONS;
	return REASONS - 1;
}

/* Bins: twice as long each whenever the time goes beyond the last one. */

static void merge_bins(struct bin *to, const struct bin *a, const struct bin *b)
{
	struct bin sum = *a;
	int i;

	sum.hopeless_ns += b->hopeless_ns;
	sum.awake_ns += b->awake_ns;
	sum.fails += b->fails;
	sum.giveups += b->giveups;
	for (i = 0; i < REASONS; i++)
		sum.resets[i] += b->resets[i];
	if (b->samples) {
		sum.free = b->free;
		sum.low = b->low;
		sum.high = b->high;
		if (!sum.samples || b->free_min < sum.free_min)
			sum.free_min = b->free_min;
		sum.samples += b->samples;
	}
	*to = sum;
}

static void widen(struct model *m)
{
	int nid, i;

	for (nid = 0; nid < MAX_NODES; nid++) {
		struct bin *bins;

		if (!m->nodes[nid])
			continue;
		bins = m->nodes[nid]->bins;
		for (i = 0; i < BINS / 2; i++)
			merge_bins(&bins[i], &bins[2 * i], &bins[2 * i + 1]);
		memset(&bins[BINS / 2], 0, BINS / 2 * sizeof(*bins));
	}
	m->bin_ns *= 2;
}

static struct bin *bin_at(struct model *m, struct node *node, uint64_t ts)
{
	return &node->bins[(ts - m->start) / m->bin_ns];
}

enum span { HOPELESS, AWAKE };

static void add_span(struct model *m, struct node *node, enum span what,
		     uint64_t from, uint64_t to)
{
	if (what == HOPELESS) {
		node->hopeless_ns += to - from;
		if (to - from > node->longest_hopeless_ns)
			node->longest_hopeless_ns = to - from;
	} else {
		node->awake_ns += to - from;
	}
	while (from < to) {
		uint64_t i = (from - m->start) / m->bin_ns;
		uint64_t end = m->start + (i + 1) * m->bin_ns;

		/* the last bin of the longest time there is */
		if (end > to || end < from)
			end = to;
		if (what == HOPELESS)
			node->bins[i].hopeless_ns += end - from;
		else
			node->bins[i].awake_ns += end - from;
		from = end;
	}
}

/* Time goes forward, and fits the bins. */
static uint64_t clock_in(struct model *m, uint64_t ts)
{
	if (!m->started) {
		m->started = true;
		m->start = m->end = ts;
	}
	if (ts < m->end) {
		m->backwards++;
		return m->end;
	}
	m->end = ts;
	while ((ts - m->start) / m->bin_ns >= BINS)
		widen(m);
	return ts;
}

/* Episodes */

/* The first half of them stays, and of the others the latest. */
static void keep_episode(struct node *node)
{
	uint32_t half = EPISODES / 2;

	node->episodes_total++;
	if (node->episodes_kept == EPISODES) {
		memmove(&node->episodes[half], &node->episodes[half + 1],
			(half - 1) * sizeof(*node->episodes));
		node->episodes_kept--;
	}
	node->episodes[node->episodes_kept++] = node->cur;
}

/* The n-th episode ever, or NULL if it is not kept. */
static struct episode *episode_nr(struct node *node, uint64_t n)
{
	uint64_t back = node->episodes_total - n;

	if (n < EPISODES / 2 && n < node->episodes_kept)
		return &node->episodes[n];
	return back <= node->episodes_kept ? &node->episodes[node->episodes_kept - back] : NULL;
}

static void end_hopeless(struct model *m, struct node *node, uint64_t ts)
{
	if (!node->hopeless)
		return;
	add_span(m, node, HOPELESS, node->hopeless_since, ts);
	node->cur.hopeless_ns += ts - node->hopeless_since;
	node->hopeless = false;
}

static void close_episode(struct model *m, struct node *node, uint64_t ts)
{
	if (!node->open)
		return;
	end_hopeless(m, node, ts);
	node->cur.end = ts;
	keep_episode(node);
	node->open = false;
	node->trying = false;
}

static void open_episode(struct node *node, uint64_t ts)
{
	memset(&node->cur, 0, sizeof(node->cur));
	node->cur.first_fail = ts;
	node->open = true;
}

/* Remember when; true if the oldest of the last ones is not long ago. */
static bool often(uint64_t *ring, uint64_t *n, uint64_t size, uint64_t ts)
{
	ring[*n % size] = ts;
	(*n)++;
	return *n >= size && ts - ring[*n % size] <= RUNAWAY_NS;
}

static void seen_balanced(struct node *node)
{
	node->reset_open = false;
	node->reset_early = false;
	node->early_n = 0;
}

static void gave_up(struct model *m, struct node *node, uint64_t ts)
{
	struct episode *revived;

	node->giveups++;
	bin_at(m, node, ts)->giveups++;
	if (!node->cur.hopeless_at)
		node->cur.hopeless_at = ts;
	node->hopeless = true;
	node->hopeless_since = ts;
	if (node->trying) {
		node->vain++;
		node->trying = false;
		node->cur.reset_at = 0;
		return;
	}
	if (!node->reset_open)
		return;
	node->spurious++;
	revived = episode_nr(node, node->revival);
	if (revived)
		revived->spurious = 1;
	if (often(node->latest, &node->latest_n, RUNAWAY_REVIVALS, ts))
		node->runaway = true;
	node->reset_open = false;
}

/* It was given up before the first event: the samples said so until now. */
static void events_take_over(struct model *m, struct node *node, uint64_t ts)
{
	if (!node->sampled_hopeless)
		return;
	node->sampled_hopeless = false;
	add_span(m, node, HOPELESS, node->hopeless_since, ts);
	open_episode(node, node->hopeless_since);
	node->cur.cut = 1;
	node->cur.hopeless_at = node->hopeless_since;
	node->cur.hopeless_ns = ts - node->hopeless_since;
}

static void on_fail(struct model *m, struct node *node, const struct event *ev, uint64_t ts)
{
	uint32_t count = ev->task.val > 0 ? ev->task.val : 0;

	events_take_over(m, node, ts);
	node->fails++;
	bin_at(m, node, ts)->fails++;
	/* The count fell, and no reset was seen; a try has it one below. */
	if (node->open && count <= node->cur.failures && !(node->trying && count >= GIVE_UP)) {
		node->cur.cut = 1;
		close_episode(m, node, ts);
	}
	if (!node->open) {
		open_episode(node, ts);
		node->cur.cut = count > 1;
		if (node->reset_early) {
			node->early_again++;
			if (often(node->early, &node->early_n, RUNAWAY_RESETS, ts))
				node->runaway = true;
		}
		node->reset_early = false;
	}
	node->cur.fails++;
	if (count > node->cur.failures)
		node->cur.failures = count; /* not so after a try */
	if (count >= GIVE_UP && !node->hopeless)
		gave_up(m, node, ts);
}

static void on_try(struct model *m, struct node *node, uint64_t ts)
{
	end_hopeless(m, node, ts);
	node->revivals++;
	node->tries++;
	node->cur.tries++;
	node->trying = true;
}

static void on_reset(struct model *m, struct node *node, const struct event *ev, uint64_t ts)
{
	int reason = reason_index(m, ev->task.reason);
	bool try = !strcmp(ev->task.reason, RETRY);

	events_take_over(m, node, ts);
	node->resets++;
	node->resets_by[reason]++;
	bin_at(m, node, ts)->resets[reason]++;
	if (!node->open) {
		/* Only a count that was not 0 is reset: it rose before. */
		open_episode(node, ts);
		node->cur.cut = 1;
	}
	node->cur.reset_at = ts;
	node->cur.reason = reason;
	node->cur.pid = ev->task.pid;
	memcpy(node->cur.comm, ev->task.comm, COMM_LEN);
	if (try) {
		on_try(m, node, ts);
		return;
	}
	if (node->cur.hopeless_at && !node->trying) {
		node->revivals++;
		node->reset_open = true;
		node->revival = node->episodes_total;
	} else {
		node->reset_early = !node->cur.cut && !node->trying;
	}
	close_episode(m, node, ts);
}

/* kswapd's runs */

static void on_wake(struct node *node, uint64_t ts)
{
	node->wakes++;
	if (!node->awake) {
		node->awake = true;
		node->awake_since = ts;
	}
}

/* It goes to sleep when the node is balanced, or given up. */
static void on_sleep(struct model *m, struct node *node, uint64_t ts)
{
	/* It was awake before the trace began. */
	if (!node->sleeps && !node->wakes)
		add_span(m, node, AWAKE, m->start, ts);
	else if (node->awake)
		add_span(m, node, AWAKE, node->awake_since, ts);
	node->sleeps++;
	node->awake = false;
	if (!node->hopeless)
		seen_balanced(node);
}

/* Samples */

static void suspect(struct node *node, const struct event *ev, uint64_t ts)
{
	const struct event_sample *s = &ev->sample;
	uint64_t wall;

	if (!s->have_cpu || !node->have_cpu || s->balanced || ts == node->last_sample ||
	    s->cpu_ns < node->last_cpu_ns || s->refaults < node->last_refaults) {
		node->suspect_since = 0;
		return;
	}
	if (!node->suspect_since) {
		node->suspect_since = node->last_sample;
		node->suspect_cpu_ns = node->last_cpu_ns;
		node->suspect_refaults = node->last_refaults;
	}
	wall = ts - node->suspect_since;
	if (wall < SUSPECT_NS)
		return;
	if ((s->cpu_ns - node->suspect_cpu_ns) / (wall / 100 + 1) >= SUSPECT_CPU &&
	    (s->refaults - node->suspect_refaults) / (wall / NSEC) >= SUSPECT_REFAULTS)
		node->suspected = true;
	/* The next such time is judged by itself. */
	node->suspect_since = 0;
}

static void on_sample(struct model *m, struct node *node, const struct event *ev, uint64_t ts)
{
	const struct event_sample *s = &ev->sample;
	struct bin *bin = bin_at(m, node, ts);

	if (!node->samples) {
		node->first_sample = ts;
		node->first_cpu_ns = s->cpu_ns;
		node->first_refaults = s->refaults;
		node->free_min = s->free;
	} else {
		suspect(node, ev, ts);
		if (node->hopeless_last != !!s->hopeless)
			node->hopeless_flips++;
	}
	node->samples++;
	node->last_sample = ts;
	node->last_cpu_ns = s->cpu_ns;
	node->last_refaults = s->refaults;
	node->have_cpu = s->have_cpu;
	if (s->free < node->free_min)
		node->free_min = s->free;
	node->free_last = s->free;
	node->high_last = s->high;
	node->hopeless_samples += !!s->hopeless;
	node->below_high += !s->balanced;
	node->balanced_last = s->balanced;
	node->hopeless_last = s->hopeless;
	if (s->balanced)
		seen_balanced(node);

	if (!bin->samples || s->free < bin->free_min)
		bin->free_min = s->free;
	bin->free = s->free;
	bin->low = s->low;
	bin->high = s->high;
	bin->samples++;

	/* Where there are events, they know better. */
	if (node->fails || node->resets)
		return;
	if (s->hopeless && !node->sampled_hopeless) {
		node->sampled_hopeless = true;
		node->hopeless_since = ts;
	} else if (!s->hopeless && node->sampled_hopeless) {
		node->sampled_hopeless = false;
		add_span(m, node, HOPELESS, node->hopeless_since, ts);
	}
}

/* Whatever was lost may have been a reset or a failed run of any node. */
static void on_lost(struct model *m, const struct event *ev)
{
	int nid;

	m->lost_gaps++;
	if (ev->task.val > 0)
		m->lost += ev->task.val;
	else
		m->lost_unknown++;
	for (nid = 0; nid < MAX_NODES; nid++)
		if (m->nodes[nid] && m->nodes[nid]->open)
			m->nodes[nid]->cur.cut = 1;
}

void model_event(const struct event *ev, void *model)
{
	struct model *m = model;
	uint64_t ts = clock_in(m, ev->ts);
	struct node *node;

	m->seen[ev->type]++;
	if (ev->type == EV_LOST)
		on_lost(m, ev);
	if (ev->type == EV_LOST || ev->type == EV_TICK)
		return;
	node = get_node(m, ev->nid);
	switch (ev->type) {
	case EV_FAIL:
		on_fail(m, node, ev, ts);
		break;
	case EV_RESET:
		on_reset(m, node, ev, ts);
		break;
	case EV_WAKE:
		on_wake(node, ts);
		break;
	case EV_SLEEP:
		on_sleep(m, node, ts);
		break;
	case EV_WAKEUP:
		node->wakeups++;
		break;
	case EV_SAMPLE:
		on_sample(m, node, ev, ts);
		break;
	}
}

void model_finish(struct model *m, uint64_t first, uint64_t last)
{
	int nid;

	if (!m->started)
		clock_in(m, first);
	if (last > m->end)
		clock_in(m, last);
	for (nid = 0; nid < MAX_NODES; nid++) {
		struct node *node = m->nodes[nid];
		bool hopeless;

		if (!node)
			continue;
		node->sleeps_unseen = !node->sleeps && !node->samples;
		hopeless = node->hopeless || node->sampled_hopeless;
		if (node->sampled_hopeless)
			add_span(m, node, HOPELESS, node->hopeless_since, m->end);
		close_episode(m, node, m->end);
		node->hopeless = hopeless;
		if (node->awake)
			add_span(m, node, AWAKE, node->awake_since, m->end);
	}
}
