// SPDX-License-Identifier: GPL-2.0
/*
 * The report for programs. Documentation/tools/kswapd-report/kswapd-report-report.rst
 * describes it; what changes the meaning of a field raises the version.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "output.h"
#include "verdict.h"

#define SCHEMA_VERSION	1

static void string(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c > '~')
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void owned_string(FILE *out, const char *key, char *s)
{
	fprintf(out, ",\n          \"%s\": ", key);
	string(out, s);
	free(s);
}

/* Seconds on the clock of the trace, or null. */
static void seconds(FILE *out, const char *key, uint64_t ns, bool known)
{
	fprintf(out, "\"%s\": ", key);
	if (known)
		fprintf(out, "%" PRIu64 ".%09" PRIu64, ns / NSEC, ns % NSEC);
	else
		fputs("null", out);
}

static void number(FILE *out, const char *key, uint64_t val, bool known)
{
	fprintf(out, "\"%s\": ", key);
	if (known)
		fprintf(out, "%" PRIu64, val);
	else
		fputs("null", out);
}

static const char *boolean(bool b)
{
	return b ? "true" : "false";
}

static void episode(FILE *out, const struct model *m, const struct episode *ep)
{
	fputs("            { ", out);
	seconds(out, "first_failure", ep->first_fail, ep->fails);
	fprintf(out, ", \"failures\": %u, ", ep->failures);
	seconds(out, "given_up", ep->hopeless_at, ep->hopeless_at);
	fputs(", ", out);
	seconds(out, "reset", ep->reset_at, ep->reset_at);
	if (ep->reset_at) {
		fputs(", \"reason\": ", out);
		string(out, m->reasons[ep->reason]);
		fputs(", \"comm\": ", out);
		string(out, ep->comm);
		fprintf(out, ", \"pid\": %d", ep->pid);
	} else {
		fputs(", \"reason\": null, \"comm\": null, \"pid\": null", out);
	}
	fprintf(out, ", \"cut\": %s, \"spurious\": %s, \"tries\": %u }", boolean(ep->cut),
		boolean(ep->spurious), ep->tries);
}

static void samples(FILE *out, const struct node *node)
{
	uint64_t wall = node->last_sample - node->first_sample;

	fputs(",\n          \"samples\": ", out);
	if (!node->samples) {
		fputs("null", out);
		return;
	}
	fprintf(out, "{ \"count\": %" PRIu64 ", \"unbalanced\": %" PRIu64 ", \"hopeless\": %" PRIu64
		", \"free_min\": %" PRIu64 ", \"free_last\": %" PRIu64 ", \"high_last\": %" PRIu64,
		node->samples, node->below_high, node->hopeless_samples, node->free_min,
		node->free_last, node->high_last);
	if (wall && node->have_cpu && node->last_cpu_ns >= node->first_cpu_ns)
		fprintf(out, ", \"kswapd_cpu_pct\": %.2f",
			100.0 * (node->last_cpu_ns - node->first_cpu_ns) / wall);
	else
		fputs(", \"kswapd_cpu_pct\": null", out);
	if (wall && node->last_refaults >= node->first_refaults)
		fprintf(out, ", \"refaults_per_s\": %.1f }",
			(node->last_refaults - node->first_refaults) * 1e9 / wall);
	else
		fputs(", \"refaults_per_s\": null }", out);
}

static void one_node(FILE *out, const struct model *m, const struct node *node)
{
	bool events = model_has_events(m);
	bool slept = node->wakes || node->sleeps || m->seen[EV_SAMPLE];
	uint64_t runs;
	bool runs_known = other_runs(m, node, &runs);
	uint32_t e;
	int i, said = 0;

	fprintf(out, "        {\n          \"node\": %d,\n          \"verdict\": ", node->nid);
	string(out, verdict_name(verdict_of(m, node)));
	owned_string(out, "diagnosis", diagnosis(m, node));
	owned_string(out, "advice", advice(m, node));
	fputs(",\n          ", out);
	number(out, "give_ups", node->giveups, events);
	fputs(", ", out);
	number(out, "revivals", node->revivals, events);
	fputs(", ", out);
	number(out, "spurious_revivals", node->spurious, events);
	fprintf(out, ", \"balance_known\": %s,\n          ", boolean(!node->sleeps_unseen));
	number(out, "tries", node->tries, events);
	fputs(", ", out);
	number(out, "tries_in_vain", node->vain, events);
	fputs(",\n          ", out);
	number(out, "early_resets_failing_again", node->early_again, events);
	fputs(",\n          ", out);
	number(out, "runs", node->wakes, m->seen[EV_WAKE] || m->seen[EV_SAMPLE]);
	fputs(", ", out);
	number(out, "failed_runs", node->fails, events);
	fputs(", ", out);
	number(out, "other_runs", runs, runs_known);
	fputs(", ", out);
	number(out, "wakeups", node->wakeups, m->seen[EV_WAKEUP] || m->seen[EV_SAMPLE]);
	fputs(",\n          ", out);
	number(out, "resets", node->resets, events);
	fputs(", \"resets_by_reason\": {", out);
	for (i = 0; i < m->reason_count; i++) {
		if (!node->resets_by[i])
			continue;
		fputs(said++ ? ", " : " ", out);
		string(out, m->reasons[i]);
		fprintf(out, ": %" PRIu64, node->resets_by[i]);
	}
	fputs(said ? " },\n          " : "},\n          ", out);
	seconds(out, "hopeless_seconds", node->hopeless_ns, events || node->samples);
	fputs(", ", out);
	seconds(out, "longest_hopeless_seconds", node->longest_hopeless_ns, events || node->samples);
	fprintf(out, ", \"hopeless_at_end\": %s, ", boolean(node->hopeless));
	seconds(out, "awake_seconds", node->awake_ns, slept);
	samples(out, node);
	fprintf(out, ",\n          \"episodes_total\": %" PRIu64 ",\n          \"episodes\": [",
		node->episodes_total);
	for (e = 0; e < node->episodes_kept; e++) {
		fputs(e ? ",\n" : "\n", out);
		episode(out, m, &node->episodes[e]);
	}
	fputs(node->episodes_kept ? "\n          ]\n        }" : "]\n        }", out);
}

static void one_trace(FILE *out, const struct trace *t)
{
	const struct model *m = t->model;
	const char *line;
	int nid, i, said = 0;

	fputs("    {\n      \"file\": ", out);
	string(out, t->path);
	fprintf(out, ",\n      \"verdict\": \"%s\",\n      ", verdict_name(verdict_of_all(m)));
	seconds(out, "start", m->start, true);
	fputs(", ", out);
	seconds(out, "end", m->end, true);
	fprintf(out, ",\n      \"machine\": { \"cpus\": %u, \"long_bytes\": %u, \"big_endian\": %s },\n",
		t->facts.start.cpus, t->facts.start.long_size, boolean(t->facts.start.big_endian));
	fprintf(out, "      \"records\": { \"all\": %" PRIu64 ", \"failures\": %" PRIu64
		", \"resets\": %" PRIu64 ", \"wakes\": %" PRIu64 ", \"sleeps\": %" PRIu64
		", \"wakeups\": %" PRIu64 ", \"samples\": %" PRIu64 " },\n",
		t->facts.end.records, m->seen[EV_FAIL], m->seen[EV_RESET], m->seen[EV_WAKE],
		m->seen[EV_SLEEP], m->seen[EV_WAKEUP], m->seen[EV_SAMPLE]);
	fprintf(out, "      \"lost\": { \"records\": %" PRIu64 ", \"places\": %" PRIu64
		", \"places_without_number\": %" PRIu64 ", \"unreadable\": %" PRIu64
		", \"out_of_order\": %" PRIu64 " },\n", m->lost, m->lost_gaps, m->lost_unknown,
		t->facts.end.undecoded, m->backwards);
	fputs("      \"cannot_tell\": [", out);
	for (i = 0; (line = cannot_tell(m, i)); i++) {
		fputs(i ? ",\n        " : "\n        ", out);
		string(out, line);
	}
	fputs(i ? "\n      ],\n      \"nodes\": [" : "],\n      \"nodes\": [", out);
	for (nid = 0; nid < MAX_NODES; nid++) {
		if (!m->nodes[nid])
			continue;
		fputs(said++ ? ",\n" : "\n", out);
		one_node(out, m, m->nodes[nid]);
	}
	fputs(said ? "\n      ]\n    }" : "]\n    }", out);
}

void json_report(FILE *out, struct trace *traces, int count)
{
	int i;

	fprintf(out, "{\n  \"schema\": \"kswapd-report\",\n  \"version\": %d,\n  \"traces\": [\n",
		SCHEMA_VERSION);
	for (i = 0; i < count; i++) {
		one_trace(out, &traces[i]);
		fputs(i + 1 < count ? ",\n" : "\n", out);
	}
	fputs("  ]\n}\n", out);
}
