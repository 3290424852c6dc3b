// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts, diagnoses and advice.
 */
#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "verdict.h"

/* For top: a runaway is over after this time without one. */
#define OVER_NS		(60 * NSEC)

static bool recent(const struct model *m, uint64_t at, bool live)
{
	return at && (!live || m->end - at <= OVER_NS);
}

/* Without events, samples do not tell a runaway from work for tasks. */
static bool busy(const struct model *m, const struct node *node, bool live)
{
	return !model_has_events(m) && recent(m, node->busy_at, live);
}

static enum verdict judge(const struct model *m, const struct node *node, bool live)
{
	enum belief end = live ? node->state : node->at_end;

	if (recent(m, node->runaway_at, live))
		return RUNAWAY;
	if (recent(m, node->suspected_at, live))
		return SUSPECTED;
	if (end == IS_HOPELESS)
		return GIVEN_UP;
	if (busy(m, node, live))
		return UNKNOWN;
	if (node->hopeless_seen)
		return end == UNSURE ? GAVE_UP : RECOVERED;
	return node->unsure || end == UNSURE ? UNKNOWN : HEALTHY;
}

enum verdict verdict_of(const struct model *m, const struct node *node)
{
	return judge(m, node, false);
}

enum verdict verdict_now(const struct model *m, const struct node *node)
{
	return judge(m, node, true);
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
	/* A trace without nodes has no verdict. */
	return nodes ? worst : UNKNOWN;
}

static const struct {
	const char *name, *brief, *code;
	unsigned int fails;
} verdicts[] = {
	[HEALTHY] = { "healthy", "healthy", "healthy", 0 },
	[UNKNOWN] = { "unknown", "unknown", "unknown", FAIL_UNKNOWN },
	[RECOVERED] = { "recovered", "recovered", "recovered", 0 },
	[GAVE_UP] = { "gave up, end unknown", "hopeless?", "gave-up",
		      FAIL_GIVEN_UP | FAIL_UNKNOWN },
	[GIVEN_UP] = { "hopeless at the end", "hopeless", "given-up", FAIL_GIVEN_UP },
	[SUSPECTED] = { "runaway suspected", "runaway?", "runaway-suspected", FAIL_SUSPECTED },
	[RUNAWAY] = { "runaway", "runaway", "runaway", FAIL_RUNAWAY },
};

const char *verdict_name(enum verdict v)
{
	return verdicts[v].name;
}

const char *verdict_brief(enum verdict v)
{
	return verdicts[v].brief;
}

const char *verdict_code(enum verdict v)
{
	return verdicts[v].code;
}

unsigned int fail_list(const char *list)
{
	static const struct {
		const char *word;
		unsigned int bit;
	} words[] = {
		{ "given-up", FAIL_GIVEN_UP }, { "runaway", FAIL_RUNAWAY },
		{ "suspected", FAIL_SUSPECTED }, { "unknown", FAIL_UNKNOWN },
	};
	unsigned int bits = 0;
	size_t i, n;

	do {
		n = strcspn(list, ",");
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i].word) == n && !strncmp(list, words[i].word, n))
				break;
		if (i == sizeof(words) / sizeof(words[0]))
			return 0;
		bits |= words[i].bit;
		list += n;
	} while (*list++);
	return bits;
}

bool fails_on(const struct model *m, unsigned int list)
{
	int nid, nodes = 0;

	for (nid = 0; nid < MAX_NODES; nid++) {
		const struct node *node = m->nodes[nid];

		if (!node)
			continue;
		nodes++;
		if (verdicts[verdict_of(m, node)].fails & list)
			return true;
		/* A runaway may end with a hopeless node; runaway is the worse verdict. */
		if (node->at_end == IS_HOPELESS && (list & FAIL_GIVEN_UP))
			return true;
	}
	return !nodes && (list & FAIL_UNKNOWN);
}

/* Findings: more detailed than verdicts */

enum finding {
	RUNS_AWAY, SEEMS_BY_EVENTS, SEEMS_BY_SAMPLES, HOPELESS_BALANCED, RETRY_WAITS,
	HOPELESS_RETRIED, HOPELESS, END_UNKNOWN, RESTARTED_IN_VAIN, RESTARTED_AFTER_RETRIES, RESTARTED,
	LOST_RECORDS, COUNT_UNKNOWN, BUSY, NOT_RECORDED, SOME_FAILED, FINE_BY_SAMPLES, FINE,
};

static const struct sentence
find_cgroup = { "find-cgroup",
	"look for a cgroup whose count high, max or low in memory.events grows. Free memory on this node, or add swap; if low grows, lower its memory.low. Kernels from 7.0 on, which reset the count on a balanced node only, run away only while runs of kswapd reclaim something." },
record_samples = { "record-samples",
	"record with 'kswapd-report record', which samples free memory and CPU time." },
find_growing_count = { "find-growing-count",
	"if pgsteal_kswapd in /proc/vmstat grows by 1000 a second or more, and few pages refault, kswapd works for tasks, and nothing is to do. Else look for a cgroup whose count high, max or low in memory.events grows. If there is one, kswapd runs away: free memory on this node, or add swap." },
restart = { "restart",
	"to restart kswapd: echo 64M > /sys/fs/cgroup/memory.reclaim (it evicts 64 MiB, and must find some on this node)." },
free_memory = { "free-memory",
	"find the cgroup that holds the node's memory (numastat -m, and anon of each cgroup's memory.numa_stat). Move or stop it, or add swap." },
look_now = { "look-now",
	"see whether the node is hopeless now (node_unreclaimable in /proc/zoneinfo), and record with 'kswapd-report record', which samples that." },
free_memory_next_time = { "free-memory-next-time",
	"nothing now. If it happens again, find the cgroup that holds the node's memory at that time (anon of each cgroup's memory.numa_stat)." },
larger_buffer = { "larger-buffer",
	"record with larger buffers (-b)." },
record = { "record",
	"record with 'kswapd-report record', which samples hopeless nodes and free memory." },
nothing = { "none",
	"nothing." };

static const struct {
	const char *code;
	const struct sentence *advice;
} findings[] = {
	[RUNS_AWAY] = { "runaway", &find_cgroup },
	[SEEMS_BY_EVENTS] = { "suspected-by-events", &record_samples },
	[SEEMS_BY_SAMPLES] = { "suspected-by-samples", &find_cgroup },
	[HOPELESS_BALANCED] = { "hopeless-balanced", &restart },
	[RETRY_WAITS] = { "hopeless-balanced-retried", &nothing },
	[HOPELESS_RETRIED] = { "hopeless-retried", &free_memory },
	[HOPELESS] = { "hopeless", &free_memory },
	[END_UNKNOWN] = { "gave-up-end-unknown", &look_now },
	[RESTARTED_IN_VAIN] = { "restarts-did-not-last", &free_memory_next_time },
	[RESTARTED_AFTER_RETRIES] = { "recovered-after-retries", &free_memory_next_time },
	[RESTARTED] = { "recovered", &free_memory_next_time },
	[LOST_RECORDS] = { "records-lost", &larger_buffer },
	[COUNT_UNKNOWN] = { "count-unknown", &look_now },
	[BUSY] = { "busy", &find_growing_count },
	[NOT_RECORDED] = { "not-recorded", &record },
	[SOME_FAILED] = { "some-runs-failed", &nothing },
	[FINE_BY_SAMPLES] = { "healthy-by-samples", &nothing },
	[FINE] = { "healthy", &nothing },
};

static bool has_retries(const struct node *node)
{
	return node->retries || node->retried;
}

static enum finding finding_of(const struct model *m, const struct node *node, bool live)
{
	switch (judge(m, node, live)) {
	case RUNAWAY:
		return RUNS_AWAY;
	case SUSPECTED:
		return node->by_samples ? SEEMS_BY_SAMPLES : SEEMS_BY_EVENTS;
	case GIVEN_UP:
		if (node->samples && node->balanced_last)
			return has_retries(node) ? RETRY_WAITS : HOPELESS_BALANCED;
		return has_retries(node) ? HOPELESS_RETRIED : HOPELESS;
	case GAVE_UP:
		return END_UNKNOWN;
	case RECOVERED:
		if (node->spurious && !node->sleeps_unseen)
			return RESTARTED_IN_VAIN;
		return has_retries(node) ? RESTARTED_AFTER_RETRIES : RESTARTED;
	case UNKNOWN:
		if (busy(m, node, live))
			return BUSY;
		if (node->lost_at)
			return LOST_RECORDS;
		return node->resets ? COUNT_UNKNOWN : NOT_RECORDED;
	case HEALTHY:
		if (node->fails)
			return SOME_FAILED;
		return model_has_events(m) ? FINE : FINE_BY_SAMPLES;
	}
	return NOT_RECORDED;
}

const char *diagnosis_code(const struct model *m, const struct node *node)
{
	return findings[finding_of(m, node, false)].code;
}

const char *advice_code(const struct model *m, const struct node *node)
{
	return findings[finding_of(m, node, false)].advice->code;
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

/* "DIRECT", or "DIRECT, by cgroup /a" if that cgroup made more than half of the resets */
static char *mostly(const struct model *m, const struct node *node)
{
	int i = model_reset_cgroup(m, node, 0);
	char by[CGROUP_WORDS];

	if (!i || node->resets_in[i] <= node->resets / 2)
		return words("%s", main_reason(m, node));
	return words("%s, by %s", main_reason(m, node), cgroup_words(&m->reset_cgroups[i], by));
}

static char *runs_away(const struct model *m, const struct node *node)
{
	char *by = mostly(m, node), *all;

	all = words("kswapd runs away: for %d s or longer it took %d %% of a CPU or more, and failed again and again on a node that was not balanced. Resets restarted it each time, mostly %s.",
		    RUNAWAY_SECONDS, RUNAWAY_CPU, by);
	free(by);
	return all;
}

static char *seems_to_run_away(const struct model *m, const struct node *node)
{
	char *by = mostly(m, node), *all;

	all = words("kswapd seems to run away: for %d s or longer it failed again and again, and resets restarted it each time, mostly %s. The trace does not tell for certain whether the node was balanced between.",
		    RUNAWAY_SECONDS, by);
	free(by);
	return all;
}

/* "13.595 s in 17 times, 68.1 % of the trace" */
static char *how_long(const struct model *m, const struct node *node)
{
	const char *bound = hopeless_exact(node) ? "" : node->inexact ? "about " : "at least ";
	char *times, *all;

	if (m->no_time)
		return words("%" PRIu64 " times; the clock of the trace gives no durations",
			     node->giveups);
	if (node->giveups > 1)
		times = words(" in %" PRIu64 " times", node->giveups);
	else
		times = words("%s", "");
	all = words("%s%.3f s%s, %.1f %% of the trace", bound, node->hopeless_ns / 1e9, times,
		    percent(node->hopeless_ns, m->end - m->start));
	free(times);
	return all;
}

static char *retries(const struct node *node)
{
	if (node->retries)
		return words(" It failed %" PRIu64 " retries. A retry is one run; this is expected and is not a runaway.",
			     node->retries);
	return words("%s", "");
}

static char *with_time(const struct model *m, const struct node *node, const char *fmt)
{
	char *time = how_long(m, node), *more = retries(node), *all;

	/* In top, the sums are those of the past. */
	if (m->finished)
		all = words("%s (%s).%s", fmt, time, more);
	else
		all = words("%s.%s", fmt, more);
	free(time);
	free(more);
	return all;
}

static char *cannot_know(const struct model *m, const struct node *node)
{
	if ((node->wakes || node->sleeps) && !m->no_time)
		return words("The trace does not tell whether kswapd gave up. It was awake for %.1f %% of the trace, and made %" PRIu64 " runs.",
			     percent(node->awake_ns, m->end - m->start), node->wakes);
	return words("The trace does not tell whether kswapd gave up: it has no failed run, no reset and no sample that would show it.");
}

static char *diagnose(const struct model *m, const struct node *node, enum finding finding)
{
	switch (finding) {
	case RUNS_AWAY:
		return runs_away(m, node);
	case SEEMS_BY_EVENTS:
		return seems_to_run_away(m, node);
	case SEEMS_BY_SAMPLES:
		return words("kswapd seems to run away: for %d s or longer it took %d %% of a CPU or more, %d pages a second or more refaulted, and no sample shows the node balanced.",
			     (int)(SUSPECT_NS / NSEC), RUNAWAY_CPU, SUSPECT_REFAULTS);
	case HOPELESS_BALANCED:
		return with_time(m, node, "kswapd is still stopped although free memory is above the high watermark again. Nothing has reset its failure count yet");
	case RETRY_WAITS:
		return with_time(m, node, "The node is still hopeless although free memory is above the high watermark again. kswapd gets a retry when a task next requests a run");
	case HOPELESS_RETRIED:
	case HOPELESS:
		return with_time(m, node, "kswapd gave up on the node, and the node is still hopeless: direct reclaim does its work");
	case END_UNKNOWN:
		return with_time(m, node, "kswapd gave up on the node. The trace does not tell whether it was restarted");
	case RESTARTED_IN_VAIN:
		return words("kswapd gave up and was restarted; %" PRIu64 " of %" PRIu64 " restarts did not last, which is too few or too cheap for a runaway.",
			     node->spurious, node->revivals);
	case RESTARTED_AFTER_RETRIES:
	case RESTARTED:
		return with_time(m, node, "kswapd gave up for a time, and was restarted");
	case LOST_RECORDS:
		return words("The trace does not tell whether kswapd gave up: records were lost, and none of those that are left says so.");
	case COUNT_UNKNOWN:
		return words("The trace does not tell whether kswapd gave up: a count of failures was reset that was above 0, and the trace does not have the runs that failed. kswapd may have been stopped until that reset.");
	case BUSY:
		return words("The trace does not tell whether kswapd runs away: for %d s or longer it took %d %% of a CPU or more, and no sample shows the node balanced. There are no events of failed runs.",
			     (int)(SUSPECT_NS / NSEC), RUNAWAY_CPU);
	case NOT_RECORDED:
		return cannot_know(m, node);
	case SOME_FAILED:
		return words("kswapd did not give up: %" PRIu64 " runs failed, and the count of failures stayed below %d.",
			     node->fails, GIVE_UP);
	case FINE_BY_SAMPLES:
		return words("No sample shows the node hopeless. A shorter time between two samples would not be seen.");
	case FINE:
		return words("kswapd did not give up.");
	}
	return words("?");
}

static char *advise(enum finding finding)
{
	return words("%s", findings[finding].advice->text);
}

char *diagnosis(const struct model *m, const struct node *node)
{
	return diagnose(m, node, finding_of(m, node, false));
}

char *advice(const struct model *m, const struct node *node)
{
	return advise(finding_of(m, node, false));
}

char *words_now(const struct model *m, const struct node *node, bool advice)
{
	enum finding finding = finding_of(m, node, true);

	return advice ? advise(finding) : diagnose(m, node, finding);
}

const struct sentence *cannot_tell(const struct model *m, int i)
{
	static const struct sentence
	no_event_seen = { "no-failure-or-reset",
		"No failure or reset was recorded. Either none happened, or the events were not enabled, or kswapd was stopped all the time." },
	no_events = { "kernel-without-events",
		"The kernel has no events of failed runs and resets. Hopeless time is from samples, and short ones are missed; the cause of each reset is unknown." },
	no_formats = { "events-not-recorded",
		"The trace has no events of failed runs and resets: the kernel has none, or they were not recorded." },
	no_fails = { "failures-not-recorded",
		"No failed run is in the trace, but resets are: perhaps failed runs were not recorded." },
	no_resets = { "resets-not-recorded",
		"No reset is in the trace, but failed runs are: perhaps resets were not recorded, so the end of a hopeless time is not known." },
	no_runs = { "runs-not-recorded",
		"The trace does not show when kswapd was awake (mm_vmscan_kswapd_wake and _sleep), nor runs that did not fail." },
	no_samples = { "no-samples",
		"Free pages and CPU time are not in the trace: 'kswapd-report record' samples them." },
	text = { "text",
		"The trace is text: times have the digits that were printed, and lost records are known only if the text says so." },
	no_time = { "no-durations",
		"The clock of the trace is a counter: the order of events is known, durations are not." };
	const struct sentence *list[8];
	int n = 0;

	if (m->text)
		list[n++] = &text;
	if (m->no_time)
		list[n++] = &no_time;
	if (!m->seen[EV_FAIL] && !m->seen[EV_RESET]) {
		if (m->formats & HAS(EV_FAIL)) {
			if (!m->seen[EV_SAMPLE])
				list[n++] = &no_event_seen;
		} else {
			list[n++] = m->seen[EV_SAMPLE] ? &no_events : &no_formats;
		}
	} else if (!model_records(m, EV_FAIL)) {
		list[n++] = &no_fails;
	} else if (!model_records(m, EV_RESET)) {
		list[n++] = &no_resets;
	}
	if (!m->seen[EV_WAKE] && !m->seen[EV_SLEEP] && !m->seen[EV_SAMPLE])
		list[n++] = &no_runs;
	if (!m->seen[EV_SAMPLE])
		list[n++] = &no_samples;
	return i < n ? list[i] : NULL;
}
