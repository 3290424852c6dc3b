// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of the values of a node, of its samples and of an episode.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "fields.h"
#include "verdict.h"

#define GET(name)									\
	bool name(const struct model *m, const struct node *node,			\
		  const struct episode *ep, struct value *val)

/* A number of a node, known if the condition on m, node and ep holds. */
#define NUMBER(name, known, what)							\
static GET(name)									\
{											\
	(void)m, (void)node, (void)ep;							\
	val->number = (what);								\
	return (known);									\
}

double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

const char *hopeless_bound(const struct node *node)
{
	if (node->inexact)
		return "estimate";
	return hopeless_exact(node) ? "exact" : "at-least";
}

#define FAILS	model_records(m, EV_FAIL)
#define RESETS	model_records(m, EV_RESET)
#define BOTH	(FAILS && RESETS)
#define TIMED	(!m->no_time)
#define SAMPLED	(node->samples && TIMED)

static GET(get_verdict)
{
	(void)ep;
	val->word = verdict_code(verdict_of(m, node));
	return true;
}

NUMBER(get_gave_up, true, model_gave_up(m, node))
NUMBER(get_at_end, true, node->at_end)
NUMBER(get_give_ups, FAILS, node->giveups)
NUMBER(get_restarts, BOTH, node->revivals)
NUMBER(get_unrecorded, BOTH, node->revivals_missed)
NUMBER(get_spurious, BOTH && !node->sleeps_unseen, node->spurious)
NUMBER(get_balance_known, true, !node->sleeps_unseen)
NUMBER(get_retries, FAILS, node->retries)
NUMBER(get_early, BOTH, node->early_again)
NUMBER(get_runs, model_records(m, EV_WAKE), node->wakes)
NUMBER(get_fails, FAILS, node->fails)
NUMBER(get_wakeups, model_records(m, EV_WAKEUP), node->wakeups)
NUMBER(get_resets, RESETS, node->resets)
NUMBER(get_run_time, TIMED && m->seen[EV_RUN_END], node->run_ns)
NUMBER(get_reclaimed, m->seen[EV_RUN_END], node->reclaimed)
NUMBER(get_unsure, TIMED, node->unsure_ns)
NUMBER(get_longest, TIMED, node->longest_hopeless_ns)

static GET(get_hopeless)
{
	(void)ep;
	val->number = node->hopeless_ns;
	return TIMED && (node->hopeless_ns || node->hopeless_seen ||
			 model_gave_up(m, node) == NOT_HOPELESS);
}

static GET(get_hopeless_percent)
{
	bool known = get_hopeless(m, node, ep, val);

	val->decimal = percent(node->hopeless_ns, m->end - m->start);
	return known;
}

static GET(get_bound)
{
	(void)m, (void)ep;
	val->word = hopeless_bound(node);
	return true;
}

GET(get_awake)
{
	(void)ep;
	val->number = node->awake_ns;
	return TIMED && (node->wakes || node->sleeps || m->seen[EV_SAMPLE]);
}

static GET(get_awake_percent)
{
	bool known = get_awake(m, node, ep, val);

	val->decimal = percent(node->awake_ns, m->end - m->start);
	return known;
}

GET(get_other_runs)
{
	(void)ep;
	val->number = node->wakes > node->fails ? node->wakes - node->fails : 0;
	return FAILS && (node->wakes || m->seen[EV_SAMPLE]);
}

GET(get_cpu)
{
	uint64_t wall = node->last_sample - node->first_sample;

	(void)ep;
	if (!SAMPLED || !wall || !node->have_cpu || node->last_cpu_ns < node->first_cpu_ns)
		return false;
	val->decimal = percent(node->last_cpu_ns - node->first_cpu_ns, wall);
	return true;
}

GET(get_refaults)
{
	uint64_t wall = node->last_sample - node->first_sample;

	(void)ep;
	if (!SAMPLED || !wall || node->last_refaults < node->first_refaults)
		return false;
	val->decimal = (node->last_refaults - node->first_refaults) * 1e9 / wall;
	return true;
}

#define METRIC(name, help)	"kswapd_" name, help
#define NO_METRIC		NULL, NULL

const struct field node_fields[] = {
	{ "verdict", "verdict", NO_METRIC, F_WORD, get_verdict },
	{ "gave_up", NULL, METRIC("gave_up", "1 if kswapd gave up on the node in the trace."),
	  F_TRI, get_gave_up },
	{ "hopeless_at_end", NULL, METRIC("hopeless", "1 if the node is hopeless at the end."),
	  F_TRI, get_at_end },
	{ "give_ups", "gave up", METRIC("give_ups", "Times that kswapd gave up on the node."),
	  F_COUNT, get_give_ups },
	{ "restarts", "restarts", METRIC("restarts", "Resets of the count of a hopeless node."),
	  F_COUNT, get_restarts },
	{ "restarts_not_recorded", NULL, NO_METRIC, F_COUNT, get_unrecorded },
	{ "spurious_restarts", "  spurious", METRIC("spurious_restarts",
	  "Restarts after which kswapd gave up again on a node that was not balanced."),
	  F_COUNT, get_spurious },
	{ "balance_known", NULL, NO_METRIC, F_BOOL, get_balance_known },
	{ "failed_retries", "failed retries", METRIC("failed_retries",
	  "Failed runs of kswapd on a hopeless node."), F_COUNT, get_retries },
	{ "early_resets_failing_again", NULL, NO_METRIC, F_COUNT, get_early },
	{ "runs", NULL, METRIC("runs", "Runs of kswapd."), F_COUNT, get_runs },
	{ "failed_runs", "failed runs", METRIC("failed_runs", "Failed runs of kswapd."),
	  F_COUNT, get_fails },
	{ "other_runs", "other runs", NO_METRIC, F_COUNT, get_other_runs },
	{ "run_seconds", NULL, METRIC("run_seconds", "Time of the runs of kswapd."),
	  F_SECONDS, get_run_time },
	{ "reclaimed_pages", NULL, METRIC("reclaimed_pages", "Pages that kswapd reclaimed in runs."),
	  F_COUNT, get_reclaimed },
	{ "wakeups", NULL, METRIC("wakeups", "Requests for a run of kswapd."),
	  F_COUNT, get_wakeups },
	{ "resets", "resets", NO_METRIC, F_COUNT, get_resets },
	{ "hopeless_seconds", NULL, METRIC("hopeless_seconds",
	  "Time that the node was hopeless, at least."), F_SECONDS, get_hopeless },
	{ "hopeless_bound", NULL, NO_METRIC, F_WORD, get_bound },
	{ "hopeless_percent", "hopeless, %", NO_METRIC, F_DECIMAL, get_hopeless_percent },
	{ "unknown_seconds", NULL, METRIC("unknown_seconds",
	  "Time of which the trace does not tell whether the node was hopeless."),
	  F_SECONDS, get_unsure },
	{ "longest_hopeless_seconds", NULL, NO_METRIC, F_SECONDS, get_longest },
	{ "awake_seconds", NULL, METRIC("awake_seconds", "Time that kswapd was awake."),
	  F_SECONDS, get_awake },
	{ "awake_percent", "awake, %", NO_METRIC, F_DECIMAL, get_awake_percent },
	{ }
};

NUMBER(get_samples, true, node->samples)
NUMBER(get_unbalanced, true, node->below_high)
NUMBER(get_hopeless_samples, true, node->hopeless_samples)
NUMBER(get_free_min, true, node->free_min)
NUMBER(get_free_last, true, node->free_last)
NUMBER(get_high_min, true, node->high_min)
NUMBER(get_high_max, true, node->high_max)

const struct field sample_fields[] = {
	{ "count", NULL, NO_METRIC, F_COUNT, get_samples },
	{ "unbalanced", NULL, NO_METRIC, F_COUNT, get_unbalanced },
	{ "hopeless", NULL, NO_METRIC, F_COUNT, get_hopeless_samples },
	{ "free_min_pages", NULL, NO_METRIC, F_COUNT, get_free_min },
	{ "free_last_pages", NULL, NO_METRIC, F_COUNT, get_free_last },
	{ "high_min_pages", NULL, NO_METRIC, F_COUNT, get_high_min },
	{ "high_max_pages", NULL, NO_METRIC, F_COUNT, get_high_max },
	{ "kswapd_cpu_percent", "CPU, %", METRIC("cpu_percent",
	  "CPU time of kswapd, in per cent of a CPU."), F_DECIMAL, get_cpu },
	{ "refaults_per_second", "refaults/s", METRIC("refaults_per_second",
	  "Pages that refaulted, a second."), F_DECIMAL, get_refaults },
	{ }
};

NUMBER(ep_first, ep->fails, ep->first_fail)
NUMBER(ep_failures, true, ep->failures)
NUMBER(ep_given_up, ep->hopeless_at, ep->hopeless_at)
NUMBER(ep_reset, ep->reset_at, ep->reset_at)
NUMBER(ep_hopeless, TIMED && ep->hopeless_at, ep->hopeless_ns)
NUMBER(ep_pid, ep->reset_at, (uint64_t)(int64_t)ep->pid)
NUMBER(ep_cut, true, ep->cut)
NUMBER(ep_spurious, true, ep->spurious)
NUMBER(ep_retries, true, ep->retries)

static GET(ep_reason)
{
	(void)node;
	val->word = m->reasons[ep->reason];
	return ep->reset_at;
}

static GET(ep_comm)
{
	(void)m, (void)node;
	val->word = ep->comm;
	return ep->reset_at;
}

static GET(ep_cgroup)
{
	(void)node;
	val->word = m->reset_cgroups[ep->cgroup].path;
	return ep->cgroup && !m->reset_cgroups[ep->cgroup].id;
}

NUMBER(ep_cgroup_id, m->reset_cgroups[ep->cgroup].id, m->reset_cgroups[ep->cgroup].id)

const struct field episode_fields[] = {
	{ "first_failure", NULL, NO_METRIC, F_TIME, ep_first },
	{ "failures", NULL, NO_METRIC, F_COUNT, ep_failures },
	{ "given_up", NULL, NO_METRIC, F_TIME, ep_given_up },
	{ "reset", NULL, NO_METRIC, F_TIME, ep_reset },
	{ "hopeless_seconds", NULL, NO_METRIC, F_SECONDS, ep_hopeless },
	{ "reason", NULL, NO_METRIC, F_WORD, ep_reason },
	{ "comm", NULL, NO_METRIC, F_WORD, ep_comm },
	{ "pid", NULL, NO_METRIC, F_COUNT, ep_pid },
	{ "cgroup", NULL, NO_METRIC, F_WORD, ep_cgroup },
	{ "cgroup_id", NULL, NO_METRIC, F_COUNT, ep_cgroup_id },
	{ "cut", NULL, NO_METRIC, F_BOOL, ep_cut },
	{ "spurious", NULL, NO_METRIC, F_BOOL, ep_spurious },
	{ "failed_retries", NULL, NO_METRIC, F_COUNT, ep_retries },
	{ }
};

const char *cgroup_words(const struct reset_cgroup *c, char *buf)
{
	if (c->id)
		snprintf(buf, CGROUP_WORDS, "reclaim of the cgroup with id %" PRIu64, c->id);
	else
		snprintf(buf, CGROUP_WORDS, "cgroup %s", c->path);
	return buf;
}

void field_words(char *buf, size_t size, const struct field *f, const struct model *m,
		 const struct node *node, const struct episode *ep)
{
	struct value val;

	if (!f->get(m, node, ep, &val)) {
		snprintf(buf, size, "?");
		return;
	}
	switch (f->kind) {
	case F_COUNT:
		snprintf(buf, size, "%" PRId64, (int64_t)val.number);
		break;
	case F_TIME:
		if (m->no_time) {
			snprintf(buf, size, "%" PRIu64, val.number);
			break;
		}
		/* fallthrough */
	case F_SECONDS:
		snprintf(buf, size, "%" PRIu64 ".%09" PRIu64, val.number / NSEC, val.number % NSEC);
		break;
	case F_DECIMAL:
		snprintf(buf, size, "%.1f", val.decimal);
		break;
	case F_BOOL:
		snprintf(buf, size, "%d", !!val.number);
		break;
	case F_TRI:
		snprintf(buf, size, "%s", val.number == UNSURE ? "?" :
			 val.number == IS_HOPELESS ? "1" : "0");
		break;
	case F_WORD:
		snprintf(buf, size, "%s", val.word);
		break;
	}
}
