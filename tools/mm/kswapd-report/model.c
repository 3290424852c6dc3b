// SPDX-License-Identifier: GPL-2.0
/*
 * Sums of the events of a trace.
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
	return model_records(m, EV_FAIL) || model_records(m, EV_RESET);
}

/* A recording with samples has all events of the kernel in it. */
bool model_records(const struct model *m, enum event_type type)
{
	return m->seen[type] || (m->enabled & HAS(type)) ||
	       (m->seen[EV_SAMPLE] && (m->formats & HAS(type)));
}

enum belief model_gave_up(const struct model *m, const struct node *node)
{
	(void)m;
	if (node->hopeless_seen)
		return IS_HOPELESS;
	return node->unsure ? UNSURE : NOT_HOPELESS;
}

bool hopeless_exact(const struct node *node)
{
	return !node->unsure && !node->inexact && !node->open_end;
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
	node->count = -1;
	node->since = m->start;
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

void merge_bins(struct bin *to, const struct bin *a, const struct bin *b)
{
	struct bin sum = *a;
	int i;

	sum.hopeless_ns += b->hopeless_ns;
	sum.unsure_ns += b->unsure_ns;
	sum.awake_ns += b->awake_ns;
	sum.fails += b->fails;
	sum.giveups += b->giveups;
	for (i = 0; i < REASONS; i++)
		sum.resets[i] += b->resets[i];
	if (b->samples) {
		sum.free = b->free;
		sum.low = b->low;
		sum.high = b->high;
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

enum span { HOPELESS, UNSURE_SPAN, AWAKE };

static uint64_t *sum_of(struct bin *bin, enum span what)
{
	return what == HOPELESS ? &bin->hopeless_ns :
	       what == AWAKE ? &bin->awake_ns : &bin->unsure_ns;
}

static void add_span(struct model *m, struct node *node, enum span what,
		     uint64_t from, uint64_t to)
{
	if (what == HOPELESS) {
		node->hopeless_ns += to - from;
		node->hopeless_seen = true;
	} else if (what == AWAKE) {
		node->awake_ns += to - from;
	} else {
		node->unsure_ns += to - from;
		node->unsure = true;
	}
	while (from < to) {
		uint64_t i = (from - m->start) / m->bin_ns;
		uint64_t end = m->start + (i + 1) * m->bin_ns;

		/* the last bin of the longest time there is */
		if (end > to || end < from)
			end = to;
		*sum_of(&node->bins[i], what) += end - from;
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

/*
 * The state of a node: hopeless, not hopeless, or unknown. The state holds from
 * node->since on, and becomes a span when the next event confirms or refutes it.
 *
 * If failed runs are recorded, only a failed run makes a node hopeless. Therefore each
 * failed run also shows the state before it.
 */

static void span_is(struct model *m, struct node *node, enum belief state, uint64_t to)
{
	uint64_t from = node->since;

	if (to < from)
		to = from;
	if (state == IS_HOPELESS) {
		add_span(m, node, HOPELESS, from, to);
		if (node->open)
			node->cur.hopeless_ns += to - from;
		node->stretch_ns += to - from;
		if (node->stretch_ns > node->longest_hopeless_ns)
			node->longest_hopeless_ns = node->stretch_ns;
	} else if (state == UNSURE) {
		add_span(m, node, UNSURE_SPAN, from, to);
		node->stretch_ns = 0;
	}
	node->since = to;
}

static void now_is(struct node *node, enum belief state, int64_t count)
{
	node->state = state;
	node->count = count;
	node->count_by_reset = node->reset_missing = false;
	node->hopeless_seen |= state == IS_HOPELESS;
	if (state == NOT_HOPELESS)
		node->stretch_ns = 0;
}

/* No conclusion may span lost records. */
static void unsure_until(struct model *m, struct node *node, uint64_t to)
{
	if (to > node->since) {
		span_is(m, node, UNSURE, to);
		node->state = UNSURE;
		node->count = -1;
	}
}

static void close_episode(struct node *node, uint64_t ts)
{
	if (!node->open)
		return;
	node->cur.end = ts;
	keep_episode(node);
	node->open = false;
}

static void open_episode(struct node *node, uint64_t ts)
{
	memset(&node->cur, 0, sizeof(node->cur));
	node->cur.first_fail = ts;
	node->open = true;
}

static void open_cut_episode(struct node *node, uint64_t hopeless_at)
{
	open_episode(node, hopeless_at);
	node->cur.cut = 1;
	node->cur.hopeless_at = hopeless_at;
}

/* Seconds */

static struct slot *slot_at(const struct model *m, struct node *node, uint64_t ts)
{
	uint64_t second = (ts - m->start) / NSEC;
	struct slot *slot = &node->slots[second % (RUNAWAY_SECONDS + 1)];

	if (slot->second != second) {
		memset(slot, 0, sizeof(*slot));
		slot->second = second;
	}
	return slot;
}

static void seen_balanced(const struct model *m, struct node *node, uint64_t ts)
{
	node->reset_open = node->reset_early = node->reset_pending = false;
	slot_at(m, node, ts)->balanced = true;
}

/* A failed run after a reset, with no event between that shows the node balanced. */
static void failed_again(const struct model *m, struct node *node, uint64_t ts)
{
	struct slot *slot = slot_at(m, node, ts);

	slot->again++;
	slot->again_direct += node->reset_direct;
}

static void count_awake(struct model *m, struct node *node, uint64_t ts)
{
	if (!node->awake)
		return;
	add_span(m, node, AWAKE, node->awake_since, ts);
	node->awake_since = ts;
}

/* Per cent of a CPU since about 10 s ago, or -1. */
static int cpu_percent(const struct node *node)
{
	const struct cpu_sample *last, *first;
	uint64_t i;

	if (node->cpu_n < 2)
		return -1;
	last = &node->cpu[(node->cpu_n - 1) % CPU_SAMPLES];
	for (i = 2; i <= node->cpu_n && i <= CPU_SAMPLES; i++) {
		first = &node->cpu[(node->cpu_n - i) % CPU_SAMPLES];
		if (last->ts - first->ts >= SUSPECT_NS)
			break;
	}
	if (last->ts - first->ts < SUSPECT_NS / 2 || last->cpu_ns < first->cpu_ns)
		return -1;
	return (last->cpu_ns - first->cpu_ns) / ((last->ts - first->ts) / 100 + 1);
}

static void found(uint64_t *last, uint64_t *first, uint64_t ts)
{
	*last = ts;
	if (!*first)
		*first = ts;
}

/* Records were lost since from: findings after that time may be wrong. */
static void retract(uint64_t *last, uint64_t *first, uint64_t from)
{
	if (*first > from)
		*first = 0;
	if (*last > from)
		*last = *first;
}

/* Did kswapd run away in the seconds before this one? */
static void judge(struct model *m, struct node *node, uint64_t ts)
{
	uint64_t second = (ts - m->start) / NSEC, i;
	struct slot sum = { };
	uint64_t cost;
	int cpu;

	if (second == node->judged || m->no_time)
		return;
	node->judged = second;
	if (second < RUNAWAY_SECONDS || (node->lost_at && ts - node->lost_at <= SUSPECT_NS + NSEC))
		return;
	for (i = 0; i <= RUNAWAY_SECONDS; i++) {
		const struct slot *slot = &node->slots[i];

		if (slot->second + RUNAWAY_SECONDS < second || slot->second >= second)
			continue;
		sum.failing_ns += slot->failing_ns;
		sum.run_ns += slot->run_ns;
		sum.again += slot->again;
		sum.again_direct += slot->again_direct;
		sum.samples += slot->samples;
		sum.balanced |= slot->balanced;
	}
	if (sum.balanced || sum.again < RUNAWAY_RESETS)
		return;
	cpu = cpu_percent(node);
	cost = cpu >= 0 ? (uint64_t)cpu :
	       (sum.run_ns > sum.failing_ns ? sum.run_ns : sum.failing_ns) / (SUSPECT_NS / 100);
	if (cost < RUNAWAY_CPU)
		return;
	if (cpu >= 0 && sum.samples >= RUNAWAY_SECONDS / 2 && sum.again_direct >= RUNAWAY_RESETS)
		found(&node->runaway_at, &node->runaway_first, ts);
	else {
		found(&node->suspected_at, &node->suspected_first, ts);
		node->by_samples = false;
	}
}

/* Failed runs */

static void gave_up(struct model *m, struct node *node, uint64_t ts)
{
	struct episode *revived;

	node->giveups++;
	bin_at(m, node, ts)->giveups++;
	if (!node->cur.hopeless_at)
		node->cur.hopeless_at = ts;
	if (!node->reset_open)
		return;
	node->spurious++;
	revived = episode_nr(node, node->revival);
	if (revived)
		revived->spurious = 1;
	node->reset_open = false;
}

/* A new count of failures shows the state before the failed run. */
static void span_before_fail(struct model *m, struct node *node, int64_t count, uint64_t ts)
{
	bool unclear = false;

	switch (node->state) {
	case UNSURE:
		node->revivals_missed += node->reset_missing && count <= GIVE_UP;
		unsure_until(m, node, m->lost_at);
		if (count > GIVE_UP) {
			if (!node->open)
				open_cut_episode(node, node->since);
			span_is(m, node, IS_HOPELESS, ts);
		} else if (count > 1) {
			span_is(m, node, NOT_HOPELESS, ts);
		} else {
			/* The count was 0, perhaps by a reset that was not recorded. */
			node->maybe_ns += ts - node->since;
			node->maybe = true;
			span_is(m, node, NOT_HOPELESS, ts);
		}
		return;
	case IS_HOPELESS:
		unclear = count != node->count + 1 && (node->count >= 0 || count <= GIVE_UP);
		node->revivals_missed += count <= GIVE_UP;
		break;
	case NOT_HOPELESS:
		/* An unknown count was below GIVE_UP. */
		unclear = node->count >= 0 ?
			count != node->count + 1 && count != 1 : count > GIVE_UP;
		break;
	}
	span_is(m, node, unclear ? UNSURE : node->state, ts);
}

static void on_fail(struct model *m, struct node *node, const struct event *ev, uint64_t ts)
{
	int64_t count = ev->task.val > 0 ? ev->task.val : 0;
	bool was_hopeless, misplaced;

	/* The count fell without a reset. */
	if (node->open && count <= node->cur.failures) {
		node->cur.cut = 1;
		span_before_fail(m, node, count, ts);
		close_episode(node, ts);
	} else {
		span_before_fail(m, node, count, ts);
	}
	was_hopeless = node->state == IS_HOPELESS || count > GIVE_UP;
	/* The clocks of two CPUs may swap this failed run with the reset before it. */
	misplaced = node->count_by_reset && count > 1;
	node->fails++;
	bin_at(m, node, ts)->fails++;
	if (node->run_open)
		slot_at(m, node, ts)->failing_ns += ts - node->run_since;
	else if (node->count > 0 && count == node->count + 1 && count <= GIVE_UP &&
		 ts - node->fail_at < NAP_NS)
		slot_at(m, node, ts)->failing_ns += ts - node->fail_at;
	node->fail_at = ts;
	if (!node->open) {
		open_episode(node, ts);
		node->cur.cut = count > 1;
		if (count > GIVE_UP)
			node->cur.hopeless_at = ts;
		node->early_again += node->reset_early;
		if (node->reset_pending)
			failed_again(m, node, ts);
		node->reset_early = node->reset_pending = false;
	}
	node->cur.fails++;
	node->cur.failures = count;
	m->retries |= count > GIVE_UP;
	if (count > GIVE_UP && was_hopeless) {
		node->retries++;
		node->cur.retries++;
	}
	if (count >= GIVE_UP && !was_hopeless)
		gave_up(m, node, ts);
	now_is(node, count >= GIVE_UP ? IS_HOPELESS : NOT_HOPELESS, count);
	if (misplaced && count >= GIVE_UP)
		now_is(node, UNSURE, -1);
	node->run_open = false;
	node->contradicted = false;
}

/* Resets */

/* The cgroup of a task is recorded after its resets. */
static void wait_for_cgroup(struct model *m, int32_t pid, int32_t nid, uint64_t ts)
{
	struct waiting *w = m->waiting;
	int i;

	for (i = 0; i < m->waiting_count; i++) {
		if (w[i].pid == pid && w[i].nid == nid) {
			w[i].count++;
			return;
		}
	}
	/* The cgroup of the first one stays unknown. */
	if (m->waiting_count == WAITING)
		memmove(w, w + 1, --m->waiting_count * sizeof(*w));
	w[m->waiting_count++] = (struct waiting){
		.first = ts, .pid = pid, .nid = nid, .count = 1,
	};
}

static int reset_cgroup_index(struct model *m, uint64_t id, const char *path)
{
	struct reset_cgroup *list = m->reset_cgroups;
	int i;

	for (i = 1; i < m->reset_cgroup_count; i++)
		if (list[i].id == id && !strcmp(list[i].path, path))
			return i;
	if (i == RESET_CGROUPS)
		return 0;
	list[i].id = id;
	memcpy(list[i].path, path, strnlen(path, CGROUP_LEN - 1));
	m->reset_cgroup_count = i + 1;
	return i;
}

static void name_cgroup(struct episode *ep, const struct waiting *w, int cgroup)
{
	if (ep->reset_at >= w->first && ep->pid == w->pid && !ep->cgroup)
		ep->cgroup = cgroup;
}

static void on_member(struct model *m, const struct event_member *member)
{
	struct waiting *w = m->waiting, *end = w + m->waiting_count, *to = w;
	int cgroup = reset_cgroup_index(m, 0, member->path);
	uint32_t i;

	for (; w < end; w++) {
		struct node *node = m->nodes[w->nid];

		if (w->pid != member->pid) {
			*to++ = *w;
			continue;
		}
		/* An earlier task had the same PID. */
		if (w->first < member->since)
			continue;
		node->resets_in[cgroup] += w->count;
		for (i = 0; i < node->episodes_kept; i++)
			name_cgroup(&node->episodes[i], w, cgroup);
		if (node->open)
			name_cgroup(&node->cur, w, cgroup);
	}
	m->waiting_count = to - m->waiting;
}

int model_reset_cgroup(const struct model *m, const struct node *node, int n)
{
	int best = 0, i, j, before;

	for (i = 1; i < m->reset_cgroup_count; i++) {
		for (before = 0, j = 1; j < m->reset_cgroup_count; j++)
			before += node->resets_in[j] > node->resets_in[i] ||
				  (node->resets_in[j] == node->resets_in[i] && j < i);
		if (before == n && node->resets_in[i])
			best = i;
	}
	return best;
}

static void on_reset(struct model *m, struct node *node, const struct event *ev, uint64_t ts)
{
	int reason = reason_index(m, ev->task.reason);
	enum belief was = node->state;

	if (was == UNSURE)
		unsure_until(m, node, m->lost_at);
	/* The kernel never resets a count of 0: a failed run was not recorded. */
	if (was == NOT_HOPELESS && node->count <= 0)
		was = UNSURE;
	span_is(m, node, was, ts);
	/* The clocks of two CPUs may swap a proof with the reset after it. */
	if (was == UNSURE && node->proof_ns && ts - node->proof_at < NSEC / 1000) {
		node->maybe_ns -= node->proof_ns;
		node->unsure_ns += node->proof_ns;
	}
	node->proof_ns = 0;
	node->resets++;
	node->resets_by[reason]++;
	node->resets_unsure += was == UNSURE;
	bin_at(m, node, ts)->resets[reason]++;
	if (!node->open) {
		/* The kernel resets only a count above 0, so a run failed before. */
		open_episode(node, ts);
		node->cur.cut = 1;
	}
	node->cur.reset_at = ts;
	node->cur.reason = reason;
	node->cur.pid = ev->task.pid;
	memcpy(node->cur.comm, ev->task.comm, COMM_LEN);
	node->cur.cgroup = 0;
	if (ev->task.cgroup_id) {
		node->cur.cgroup = reset_cgroup_index(m, ev->task.cgroup_id, "");
		node->resets_in[node->cur.cgroup]++;
	} else {
		wait_for_cgroup(m, ev->task.pid, node->nid, ts);
	}
	node->run_open = false;
	node->contradicted = false;
	node->reset_early = node->reset_pending = false;
	node->reset_direct = strcmp(ev->task.reason, "KSWAPD");
	if (was == IS_HOPELESS) {
		node->revivals++;
		node->reset_open = node->reset_pending = true;
		node->revival = node->episodes_total;
	} else if (was == NOT_HOPELESS) {
		node->reset_early = node->reset_pending = !node->cur.cut;
	}
	close_episode(node, ts);
	if (ev->task.balanced)
		seen_balanced(m, node, ts);
	now_is(node, NOT_HOPELESS, 0);
	node->count_by_reset = true;
}

/* kswapd's runs */

/* The node was not hopeless from this time on, although no reset was recorded. */
static void proved_not(struct model *m, struct node *node, uint64_t from)
{
	if (from < node->since)
		from = node->since;
	if (node->state == IS_HOPELESS) {
		node->revivals_missed++;
		node->cur.cut = 1;
		span_is(m, node, UNSURE, from);
		close_episode(node, from);
		now_is(node, NOT_HOPELESS, -1);
	} else if (node->state == UNSURE) {
		node->revivals_missed += node->reset_missing;
		unsure_until(m, node, m->lost_at < from ? m->lost_at : from);
		node->proof_at = from;
		node->proof_ns = from - node->since;
		node->maybe_ns += node->proof_ns;
		node->maybe = true;
		node->since = from;
		now_is(node, NOT_HOPELESS, -1);
	}
}

/*
 * On kernels without retries, kswapd of a hopeless node makes no run. With retries, a run
 * that is cut short neither fails nor resets the count. If no retry was seen yet, the
 * reset may be missing as well.
 */
static void run_ended(struct model *m, struct node *node)
{
	if (!node->run_open)
		return;
	node->run_open = false;
	if (node->state != IS_HOPELESS || m->retries)
		return;
	node->cur.cut = 1;
	span_is(m, node, UNSURE, node->run_since);
	now_is(node, UNSURE, -1);
	node->reset_missing = true;
}

static bool never_retries(const struct model *m)
{
	return !m->text && m->formats && !(m->formats & HAS(EV_FAIL));
}

static void on_wake(struct model *m, struct node *node, uint64_t ts)
{
	bool soon = node->run_since && ts - node->run_since < RETRY_NS && !m->no_time;

	run_ended(m, node);
	node->run_open = true;
	node->run_since = ts;
	if (never_retries(m) || (soon && model_records(m, EV_FAIL)))
		proved_not(m, node, ts);
	node->proof |= soon;
	node->wakes++;
	if (!node->awake) {
		node->awake = true;
		node->awake_since = ts;
	}
}

/* kswapd sleeps when the node is balanced or hopeless. */
static void on_sleep(struct model *m, struct node *node, uint64_t ts)
{
	run_ended(m, node);
	/* kswapd was awake before the trace began. */
	if (!node->sleeps && !node->wakes)
		add_span(m, node, AWAKE, m->start, ts);
	else
		count_awake(m, node, ts);
	node->sleeps++;
	node->awake = false;
	if (node->state == NOT_HOPELESS)
		seen_balanced(m, node, ts);
}

static void on_run_end(struct model *m, struct node *node, const struct event *ev, uint64_t ts)
{
	uint64_t ns = ts - node->run_at;

	if (!node->run_at)
		return;
	node->run_at = 0;
	node->run_ns += ns;
	node->reclaimed += ev->task.val > 0 ? ev->task.val : 0;
	slot_at(m, node, ts)->run_ns += ns < NSEC ? ns : NSEC;
}

/* Samples */

static void suspect(struct node *node, const struct event *ev, uint64_t ts)
{
	const struct event_sample *s = &ev->sample;
	uint64_t wall;

	if (!s->have_cpu || !node->have_cpu || s->balanced || node->balanced_last ||
	    ts == node->last_sample ||
	    s->cpu_ns < node->last_cpu_ns || s->refaults < node->last_refaults ||
	    (node->lost_at && node->lost_at >= node->last_sample)) {
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
	if ((s->cpu_ns - node->suspect_cpu_ns) / (wall / 100 + 1) >= RUNAWAY_CPU) {
		found(&node->busy_at, &node->busy_first, ts);
		if ((s->refaults - node->suspect_refaults) / (wall / NSEC) >= SUSPECT_REFAULTS) {
			node->by_samples |= !node->suspected_at;
			found(&node->suspected_at, &node->suspected_first, ts);
		}
	}
	/* The next window is judged by itself. */
	node->suspect_since = 0;
}

/*
 * A sample is read shortly before it is recorded. Therefore events win over a single
 * sample, and lose against two samples in a row.
 */
static void sampled_state(struct model *m, struct node *node, bool hopeless, uint64_t ts)
{
	enum belief says = hopeless ? IS_HOPELESS : NOT_HOPELESS;

	if (!model_records(m, EV_FAIL)) {
		if (says == node->state)
			return;
		if (hopeless && !node->open)
			open_cut_episode(node, ts);
		span_is(m, node, node->state == UNSURE && !hopeless ? NOT_HOPELESS : node->state, ts);
		if (!hopeless)
			close_episode(node, ts);
		now_is(node, says, -1);
		return;
	}
	if (says == node->state) {
		node->contradicted = false;
		return;
	}
	if (node->state == UNSURE) {
		if (!hopeless) {
			proved_not(m, node, ts);
			return;
		}
		/* Hopeless since the lost records, at the latest. */
		unsure_until(m, node, m->lost_at);
		if (!node->open)
			open_cut_episode(node, node->since);
		span_is(m, node, IS_HOPELESS, ts);
		now_is(node, IS_HOPELESS, -1);
		return;
	}
	if (!node->contradicted) {
		node->contradicted = true;
		node->contradicted_at = ts;
		return;
	}
	node->contradicted = false;
	if (!hopeless) {
		proved_not(m, node, node->contradicted_at);
		return;
	}
	span_is(m, node, UNSURE, node->contradicted_at);
	if (!node->open)
		open_cut_episode(node, node->since);
	span_is(m, node, IS_HOPELESS, ts);
	now_is(node, IS_HOPELESS, -1);
}

static void sampled_cpu(struct node *node, const struct event_sample *s, uint64_t ts)
{
	struct cpu_sample *c;

	if (!s->have_cpu) {
		node->cpu_n = 0;
		return;
	}
	/* The latest sample replaces the one before, so that those kept span SUSPECT_NS. */
	if (node->cpu_n > 1 &&
	    ts - node->cpu[(node->cpu_n - 2) % CPU_SAMPLES].ts < SUSPECT_NS / (CPU_SAMPLES - 3))
		node->cpu_n--;
	c = &node->cpu[node->cpu_n % CPU_SAMPLES];
	c->ts = ts;
	c->cpu_ns = s->cpu_ns;
	node->cpu_n++;
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
		node->high_min = node->high_max = s->high;
		node->sample_gap = ts - m->start;
	} else {
		suspect(node, ev, ts);
		if (ts - node->last_sample > node->sample_gap)
			node->sample_gap = ts - node->last_sample;
	}
	sampled_cpu(node, s, ts);
	node->samples++;
	node->last_sample = ts;
	node->last_cpu_ns = s->cpu_ns;
	node->last_refaults = s->refaults;
	node->have_cpu = s->have_cpu;
	if (s->free < node->free_min)
		node->free_min = s->free;
	if (s->high < node->high_min)
		node->high_min = s->high;
	if (s->high > node->high_max)
		node->high_max = s->high;
	node->free_last = s->free;
	node->high_last = s->high;
	node->hopeless_samples += !!s->hopeless;
	node->below_high += !s->balanced;
	node->balanced_last = s->balanced;
	node->retried |= s->retried;
	m->retries |= s->retried;
	slot_at(m, node, ts)->samples++;
	if (s->balanced)
		seen_balanced(m, node, ts);

	bin->free = s->free;
	bin->low = s->low;
	bin->high = s->high;
	bin->samples++;
	sampled_state(m, node, s->hopeless, ts);
}

/*
 * Records of one CPU were lost between its previous record and this one. The count of
 * any node may have been raised or reset in that time.
 */
static void on_lost(struct model *m, const struct event *ev, uint64_t ts)
{
	uint64_t from = ev->lost.since < ts ? ev->lost.since : ts;
	int nid;

	m->lost_gaps++;
	if (ev->lost.count > 0)
		m->lost += ev->lost.count;
	else
		m->lost_unknown++;
	m->lost_at = ts;
	for (nid = 0; nid < MAX_NODES; nid++) {
		struct node *node = m->nodes[nid];

		if (!node)
			continue;
		/* Spans that ended after the loss may have been shorter. */
		node->inexact |= from < node->since && node->since > m->start;
		if (node->state != UNSURE && from > node->since)
			span_is(m, node, node->state, from);
		span_is(m, node, UNSURE, ts);
		now_is(node, UNSURE, -1);
		retract(&node->runaway_at, &node->runaway_first, from);
		retract(&node->suspected_at, &node->suspected_first, from);
		retract(&node->busy_at, &node->busy_first, from);
		node->lost_at = ts;
		node->run_open = node->contradicted = node->proof = false;
		node->run_at = 0;
		node->reset_open = node->reset_early = node->reset_pending = false;
		if (node->open)
			node->cur.cut = 1;
	}
}

static void on_start(struct model *m, const struct event_start *start)
{
	m->formats = start->formats;
	m->enabled = start->enabled;
	m->text = start->text;
	m->no_time = start->unit == TIME_NONE;
}

static void on_system(struct model *m, const struct event_system *system, uint64_t ts)
{
	if (!m->first_system_ts) {
		m->first_system = *system;
		m->first_system_ts = ts;
	}
	m->last_system = *system;
	m->last_system_ts = ts;
}

void model_event(const struct event *ev, void *model)
{
	struct model *m = model;
	struct node *node;
	uint64_t ts;

	if (ev->type == EV_START) {
		on_start(m, &ev->start);
		return;
	}
	ts = clock_in(m, ev->ts);
	m->seen[ev->type]++;
	if (ev->type == EV_LOST)
		on_lost(m, ev, ts);
	if (ev->type == EV_META) {
		m->meta = ev->meta;
		m->meta_ts = ts;
	}
	if (ev->type == EV_SYSTEM)
		on_system(m, &ev->system, ts);
	/* A later list replaces an earlier one. */
	if (ev->type == EV_CGROUP && ev->cgroup.rank < CGROUPS) {
		m->cgroups[ev->cgroup.rank] = ev->cgroup;
		m->cgroup_count = ev->cgroup.rank + 1;
	}
	if (ev->type == EV_MEMBER)
		on_member(m, &ev->member);
	if (ev->type > EV_SAMPLE)
		return;
	node = get_node(m, ev->nid);
	judge(m, node, ts);
	switch (ev->type) {
	case EV_FAIL:
		on_fail(m, node, ev, ts);
		break;
	case EV_RESET:
		on_reset(m, node, ev, ts);
		break;
	case EV_WAKE:
		on_wake(m, node, ts);
		break;
	case EV_SLEEP:
		on_sleep(m, node, ts);
		break;
	case EV_WAKEUP:
		node->wakeups++;
		if (never_retries(m))
			proved_not(m, node, ts);
		break;
	case EV_RUN_BEGIN:
		node->run_at = ts;
		break;
	case EV_RUN_END:
		on_run_end(m, node, ev, ts);
		break;
	case EV_SAMPLE:
		on_sample(m, node, ev, ts);
		break;
	}
}

/* The last state lasts to the end if every change of it would be in the trace. */
static enum belief last_span(const struct model *m, struct node *node)
{
	bool fails = model_records(m, EV_FAIL), resets = model_records(m, EV_RESET);

	if (!fails && !resets && node->samples) {
		/* Samples alone: the last one counts, if samples are close enough. */
		if (m->end - node->last_sample > node->sample_gap)
			node->sample_gap = m->end - node->last_sample;
		return node->sample_gap > SAMPLE_GAP_NS ? UNSURE : node->state;
	}
	switch (node->state) {
	case IS_HOPELESS:
		return resets || node->since == m->end ? IS_HOPELESS : UNSURE;
	case NOT_HOPELESS:
		return fails || node->since == m->end ? NOT_HOPELESS : UNSURE;
	default:
		/* Runs too soon for retries, no failure, no reset, no record missing */
		if (node->proof && fails && resets && !node->lost_at && !m->lost_gaps &&
		    !node->fails && !node->resets)
			return NOT_HOPELESS;
		return UNSURE;
	}
}

static void finish_node(struct model *m, struct node *node)
{
	node->sleeps_unseen = !node->sleeps && !node->samples;
	node->at_end = last_span(m, node);
	span_is(m, node, node->at_end, m->end);
	if (node->maybe && !model_records(m, EV_RESET)) {
		node->unsure = true;
		node->unsure_ns += node->maybe_ns;
	}
	/* If failed runs are not recorded, the state after a reset is unknown. */
	if (!model_has_events(m) && node->samples && node->sample_gap > SAMPLE_GAP_NS)
		node->unsure = true;
	if (node->resets_unsure)
		node->unsure = true;
	node->open_end = node->at_end == IS_HOPELESS;
	judge(m, node, m->end);
	close_episode(node, m->end);
	if (node->awake)
		count_awake(m, node, m->end);
}

void model_finish(struct model *m, uint64_t first, uint64_t last)
{
	int nid;

	m->finished = true;
	if (!m->started)
		clock_in(m, first);
	if (last > m->end)
		clock_in(m, last);
	for (nid = 0; nid < MAX_NODES; nid++)
		if (m->nodes[nid])
			finish_node(m, m->nodes[nid]);
}
