// SPDX-License-Identifier: GPL-2.0
/*
 * Spans and counters in the JSON trace event format, which ui.perfetto.dev and
 * chrome://tracing open: a process for each trace, a thread for each node.
 */
#include <stdlib.h>

#include "fields.h"
#include "jsonw.h"
#include "output.h"
#include "verdict.h"

struct at {
	struct jsonw *w;
	const struct model *m;
	int pid, tid;
};

/* The common part of an event; the caller adds the rest. Times are microseconds. */
static void begin(const struct at *a, const char *phase, const char *name, uint64_t ts)
{
	jsonw_open(a->w, NULL, '{');
	jsonw_string(a->w, "ph", phase);
	jsonw_string(a->w, "name", name);
	jsonw_int(a->w, "pid", a->pid);
	jsonw_int(a->w, "tid", a->tid);
	jsonw_decimal(a->w, "ts", ts / 1e3, 3);
}

static void end(const struct at *a)
{
	jsonw_close(a->w, '}');
}

static void name(const struct at *a, const char *what, const char *text)
{
	begin(a, "M", what, 0);
	jsonw_open(a->w, "args", '{');
	jsonw_string(a->w, "name", text);
	jsonw_close(a->w, '}');
	end(a);
}

static void span(const struct at *a, const char *what, uint64_t from, uint64_t to)
{
	begin(a, "X", what, from);
	jsonw_decimal(a->w, "dur", (to - from) / 1e3, 3);
	end(a);
}

static void episode(const struct at *a, const struct episode *ep)
{
	char what[REASON_LEN + 8], by[CGROUP_WORDS];

	if (ep->hopeless_at && ep->end >= ep->hopeless_at)
		span(a, ep->cut ? "hopeless (part of it)" : "hopeless", ep->hopeless_at, ep->end);
	if (!ep->reset_at)
		return;
	snprintf(what, sizeof(what), "reset %s", a->m->reasons[ep->reason]);
	begin(a, "i", what, ep->reset_at);
	jsonw_string(a->w, "s", "t");
	jsonw_open(a->w, "args", '{');
	jsonw_string(a->w, "task", ep->comm);
	jsonw_int(a->w, "pid", ep->pid);
	if (ep->cgroup)
		jsonw_string(a->w, "by", cgroup_words(&a->m->reset_cgroups[ep->cgroup], by));
	jsonw_int(a->w, "failures", ep->failures);
	jsonw_close(a->w, '}');
	end(a);
}

/* Counters from the bins: free pages, failed runs, and kswapd awake or not. */
static void bins(const struct at *a, const struct node *node)
{
	uint64_t from = 0;
	char what[48];
	bool awake = false;
	int i;

	for (i = 0; i <= BINS; i++) {
		uint64_t ts = a->m->start + i * a->m->bin_ns;
		bool now = i < BINS && node->bins[i].awake_ns * 2 >= a->m->bin_ns;

		if (now && !awake)
			from = ts;
		if (!now && awake)
			span(a, "awake", from, ts);
		awake = now;
		if (i == BINS || (!node->bins[i].samples && !node->bins[i].fails))
			continue;
		if (node->bins[i].samples) {
			snprintf(what, sizeof(what), "node %d pages", node->nid);
			begin(a, "C", what, ts);
			jsonw_open(a->w, "args", '{');
			jsonw_number(a->w, "free", node->bins[i].free);
			jsonw_number(a->w, "low", node->bins[i].low);
			jsonw_number(a->w, "high", node->bins[i].high);
			jsonw_close(a->w, '}');
			end(a);
		}
		snprintf(what, sizeof(what), "node %d failed runs", node->nid);
		begin(a, "C", what, ts);
		jsonw_open(a->w, "args", '{');
		jsonw_number(a->w, "failed", node->bins[i].fails);
		jsonw_close(a->w, '}');
		end(a);
	}
}

void perfetto_report(FILE *out, struct trace *traces, int count)
{
	struct jsonw w;
	char text[64];
	uint32_t e;
	int i, nid;

	jsonw_start(&w, out, false);
	jsonw_open(&w, NULL, '{');
	jsonw_string(&w, "displayTimeUnit", "ms");
	jsonw_open(&w, "traceEvents", '[');
	for (i = 0; i < count; i++) {
		struct at a = { &w, traces[i].model, i + 1, 0 };

		name(&a, "process_name", traces[i].path);
		for (nid = 0; nid < MAX_NODES; nid++) {
			const struct node *node = a.m->nodes[nid];

			if (!node)
				continue;
			a.tid = nid + 1;
			snprintf(text, sizeof(text), "node %d: %s", nid,
				 verdict_name(verdict_of(a.m, node)));
			name(&a, "thread_name", text);
			for (e = 0; e < node->episodes_kept; e++)
				episode(&a, &node->episodes[e]);
			bins(&a, node);
		}
	}
	jsonw_close(&w, ']');
	jsonw_close(&w, '}');
	jsonw_end(&w);
}
