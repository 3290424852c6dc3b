// SPDX-License-Identifier: GPL-2.0
/*
 * What it means, in words.
 */
#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "verdict.h"

enum verdict verdict_of(const struct model *m, const struct node *node)
{
	if (node->runaway)
		return RUNAWAY;
	if (node->suspected && !model_has_events(m))
		return SUSPECTED;
	/* live, it may have been before the first event */
	if (node->hopeless || node->sampled_hopeless)
		return GIVEN_UP;
	if (node->giveups || node->revivals || node->hopeless_ns)
		return RECOVERED;
	if (!model_has_events(m) && !node->samples)
		return UNKNOWN;
	return HEALTHY;
}

enum verdict verdict_of_all(const struct model *m)
{
	enum verdict worst = HEALTHY, v;
	int nid, nodes = 0;

	for (nid = 0; nid < MAX_NODES; nid++) {
		if (!m->nodes[nid])
			continue;
		nodes++;
		v = verdict_of(m, m->nodes[nid]);
		if (v > worst)
			worst = v;
	}
	/* Silence is health only where something could have been heard. */
	return nodes ? worst : UNKNOWN;
}

const char *verdict_name(enum verdict v)
{
	switch (v) {
	case HEALTHY:
		return "healthy";
	case UNKNOWN:
		return "unknown";
	case RECOVERED:
		return "recovered";
	case GIVEN_UP:
		return "given up";
	case SUSPECTED:
		return "runaway suspected";
	case RUNAWAY:
		return "runaway";
	}
	return "?";
}

static char *__attribute__((format(printf, 1, 2))) words(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (len < 0)
		errx(1, "out of memory");
	return s;
}

/* The reason behind most of the resets. */
static const char *main_reason(const struct model *m, const struct node *node)
{
	int best = 0, i;

	for (i = 1; i < m->reason_count; i++)
		if (node->resets_by[i] > node->resets_by[best])
			best = i;
	return m->reasons[best];
}

static double seconds(uint64_t ns)
{
	return ns / 1e9;
}

static bool stranded(const struct node *node)
{
	return node->samples && node->balanced_last;
}

static char *diagnose_runaway(const struct model *m, const struct node *node)
{
	const char *unsure = node->sleeps_unseen ?
		" (whether it was balanced between was not recorded)" : "";

	if (node->spurious >= RUNAWAY_REVIVALS)
		return words("kswapd runs away: %" PRIu64 " times it was revived, mostly by %s, and gave up again on a node that was not balanced%s.",
			     node->spurious, main_reason(m, node), unsure);
	return words("kswapd runs away: %" PRIu64 " times its count was set back before it reached %d, mostly by %s, and it failed again on a node that was not balanced%s.",
		     node->early_again, GIVE_UP, main_reason(m, node), unsure);
}

/* That kswapd gives up again after each of these is what they are meant for. */
static char *diagnose_tries(const struct node *node)
{
	if (node->hopeless)
		return words("kswapd has given the node up. Of %" PRIu64 " tries that direct reclaim earned it, %" PRIu64 " were in vain and ended with one failed run each: the node is at its limit. This is bounded, and no runaway.",
			     node->tries, node->vain);
	return words("kswapd gave up for a time (%.3f s in all) and came back. Of %" PRIu64 " tries that direct reclaim earned it, %" PRIu64 " were in vain and ended with one failed run each.",
		     seconds(node->hopeless_ns), node->tries, node->vain);
}

char *diagnosis(const struct model *m, const struct node *node)
{
	switch (verdict_of(m, node)) {
	case RUNAWAY:
		return diagnose_runaway(m, node);
	case SUSPECTED:
		return words("kswapd seems to run away: for %d s and more it took %d %% and more of a CPU, pages came back by %d a second and more, and the node was never balanced.",
			     (int)(SUSPECT_NS / NSEC), SUSPECT_CPU, SUSPECT_REFAULTS);
	case GIVEN_UP:
		if (node->vain)
			return diagnose_tries(node);
		if (stranded(node))
			return words("kswapd has given the node up and stays away, though the node is balanced again: nothing has proven that to it.");
		return words("kswapd has given the node up: it found nothing to reclaim, and direct reclaim does its work.");
	case RECOVERED:
		if (node->spurious)
			return words("kswapd gave up and came back; %" PRIu64 " of %" PRIu64 " revivals did not last, too few for a runaway.",
				     node->spurious, node->revivals);
		if (node->vain)
			return diagnose_tries(node);
		if (node->tries)
			return words("kswapd gave up for a time (%.3f s in all). Direct reclaim found pages on the node again and earned it a try, and it came back.",
				     seconds(node->hopeless_ns));
		return words("kswapd gave up for a time (%.3f s in all) and came back.",
			     seconds(node->hopeless_ns));
	case UNKNOWN:
		if (node->wakes || node->sleeps)
			return words("whether kswapd gave up cannot be known; it was awake for %.1f %% of the trace, and made %" PRIu64 " runs.",
				     m->end > m->start ? 100.0 * node->awake_ns / (m->end - m->start) : 0,
				     node->wakes);
		return words("cannot be known: no failed run and no reset is in the trace, and no sample.");
	case HEALTHY:
		if (node->fails)
			return words("healthy: some runs failed (%" PRIu64 "), never %d in a row.",
				     node->fails, GIVE_UP);
		return words("healthy: kswapd did not give up.");
	}
	return words("?");
}

char *advice(const struct model *m, const struct node *node)
{
	switch (verdict_of(m, node)) {
	case RUNAWAY:
	case SUSPECTED:
		return words("look for a cgroup that keeps hitting its memory.high on this node (memory.events, memory.stat), give it more, or the node swap; a kernel that resets the count only when the node is balanced stops this.");
	case GIVEN_UP:
		if (node->vain)
			return words("no kernel setting helps: tasks on the node reclaim for themselves (allocstall_* in /proc/vmstat). Give the node room: see who holds its memory (numastat -m, and anon of each cgroup's memory.numa_stat); move or stop it, or add swap.");
		if (stranded(node))
			return words("switch /sys/kernel/mm/numa/demotion_enabled off and on, or write to memory.reclaim of the root cgroup: either lets kswapd back.");
		return words("see who holds the node's memory (numastat -m, and anon of each cgroup's memory.numa_stat); move or stop it, or add swap.");
	case RECOVERED:
		return words("nothing now; if it comes again, see who held the node's memory at the time (anon of each cgroup's memory.numa_stat).");
	case UNKNOWN:
		return words("record with 'kswapd-report record': it samples what this kernel has no events for.");
	case HEALTHY:
		return words("nothing.");
	}
	return words("?");
}

const char *cannot_tell(const struct model *m, int i)
{
	static const char *const none = NULL;
	const char *list[4];
	int n = 0;

	if (!model_has_events(m)) {
		if (m->formats & HAS(EV_FAIL))
			list[n++] = "No failed run and no reset is in the trace: either there was none, or they were not recorded.";
		else if (m->seen[EV_SAMPLE])
			list[n++] = "The kernel has no events of failed runs and resets. Hopeless spans are from samples, and short ones are missed; who reset the count, and why, cannot be known.";
		else
			list[n++] = "The trace knows no events of failed runs and resets: the kernel has none, or they were not recorded.";
	}
	if (!m->seen[EV_WAKE] && !m->seen[EV_SLEEP] && !m->seen[EV_SAMPLE])
		list[n++] = "When kswapd was awake is not in the trace (mm_vmscan_kswapd_wake and _sleep), nor are runs that did not fail.";
	if (!m->seen[EV_SAMPLE])
		list[n++] = "Free pages and CPU time are not in the trace: 'kswapd-report record' samples them.";
	return i < n ? list[i] : none;
}
