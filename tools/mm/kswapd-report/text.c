// SPDX-License-Identifier: GPL-2.0
/*
 * The report for people, 80 columns wide.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "verdict.h"

#define LABEL		9
#define COLUMNS		(WIDTH - LABEL - 2)
#define SHOWN		10	/* episodes: the first half and the last */

static const char *stamp(char *buf, size_t size, uint64_t ns)
{
	snprintf(buf, size, "%" PRIu64 ".%06" PRIu64, ns / NSEC, ns % NSEC / 1000);
	return buf;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

static void timeline(FILE *out, const struct model *m, const struct node *node)
{
	struct bin cols[COLUMNS];
	char from[32], to[32];
	int i, j;

	columns_of(m, node, cols, COLUMNS);
	fprintf(out, "%-*s|", LABEL, "  state");
	for (i = 0; i < COLUMNS; i++) {
		uint64_t span = (m->end - m->start) / COLUMNS;

		if (cols[i].hopeless_ns * 2 > span)
			fputc('#', out);
		else if (cols[i].giveups)
			fputc('X', out);
		else if (cols[i].fails)
			fputc('x', out);
		else if (cols[i].hopeless_ns)
			fputc('#', out);
		else if (cols[i].awake_ns)
			fputc(cols[i].awake_ns * 2 > span ? 'w' : '-', out);
		else
			fputc('.', out);
	}
	fputs("|\n", out);
	fprintf(out, "%-*s|", LABEL, "  resets");
	for (i = 0; i < COLUMNS; i++) {
		int kinds = 0, last = 0;

		for (j = 0; j < REASONS; j++) {
			if (cols[i].resets[j]) {
				kinds++;
				last = j;
			}
		}
		if (!kinds)
			fputc(' ', out);
		else
			fputc(kinds > 1 ? '*' : m->reasons[last][0], out);
	}
	fputs("|\n", out);
	fprintf(out, "%*s%-*s%*s\n", LABEL + 1, "", COLUMNS / 2, stamp(from, sizeof(from), m->start),
		COLUMNS - COLUMNS / 2, stamp(to, sizeof(to), m->end));
}

static void legend(FILE *out)
{
	fputs("  # given up, X gives up, x a run failed, w awake, - awake in part, . neither;\n"
	      "  resets by the first letter of their reason, * of several.\n", out);
}

static void row(FILE *out, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void row(FILE *out, const char *name, const char *fmt, ...)
{
	va_list ap;

	fprintf(out, "  %-15s", name);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
}

static void reasons(FILE *out, const struct model *m, const struct node *node)
{
	int i, said = 0;

	fprintf(out, "  %-15s%" PRIu64, "resets", node->resets);
	for (i = 0; i < m->reason_count; i++)
		if (node->resets_by[i])
			fprintf(out, "%s%s %" PRIu64, said++ ? ", " : ": ", m->reasons[i],
				node->resets_by[i]);
	fputc('\n', out);
}

static void sampled(FILE *out, const struct node *node)
{
	uint64_t wall = node->last_sample - node->first_sample;

	if (!node->samples)
		return;
	row(out, "free pages", "lowest %" PRIu64 ", last %" PRIu64 "; high watermark %" PRIu64,
	    node->free_min, node->free_last, node->high_last);
	row(out, "unbalanced", "in %" PRIu64 " of %" PRIu64 " samples", node->below_high,
	    node->samples);
	if (!wall)
		return;
	if (node->have_cpu && node->last_cpu_ns >= node->first_cpu_ns)
		row(out, "CPU of kswapd", "%.1f %%",
		    percent(node->last_cpu_ns - node->first_cpu_ns, wall));
	if (node->last_refaults >= node->first_refaults)
		row(out, "refaults", "%.1f a second",
		    (node->last_refaults - node->first_refaults) * 1e9 / wall);
}

static void sums(FILE *out, const struct model *m, const struct node *node)
{
	uint64_t whole = m->end - m->start, runs;

	if (node->fails || node->resets) {
		row(out, "gave up", "%" PRIu64 "; revived %" PRIu64 ", of these spurious %" PRIu64 "%s",
		    node->giveups, node->revivals, node->spurious,
		    node->sleeps_unseen && node->spurious ? " (perhaps)" : "");
		reasons(out, m, node);
	}
	if (node->tries)
		row(out, "tries", "%" PRIu64 " earned by direct reclaim, %" PRIu64 " in vain",
		    node->tries, node->vain);
	if (other_runs(m, node, &runs))
		row(out, "runs", "%" PRIu64 " failed, %" PRIu64 " did not", node->fails, runs);
	else if (!model_has_events(m))
		row(out, "runs", "%" PRIu64 " recorded; how many failed is not known", node->wakes);
	else
		row(out, "runs", "%" PRIu64 " failed; the others were not recorded", node->fails);
	row(out, "hopeless", "%.3f s, %.1f %% of the trace; longest %.3f s%s",
	    node->hopeless_ns / 1e9, percent(node->hopeless_ns, whole),
	    node->longest_hopeless_ns / 1e9,
	    node->fails || node->resets || !node->samples ? "" : " (by samples)");
	if (node->wakes || node->sleeps || m->seen[EV_SAMPLE])
		row(out, "awake", "%.3f s, %.1f %% of the trace", node->awake_ns / 1e9,
		    percent(node->awake_ns, whole));
	else
		row(out, "awake", "not recorded");
	if (node->wakeups)
		row(out, "wakeups", "%" PRIu64 " asked for", node->wakeups);
	sampled(out, node);
}

static void one_episode(FILE *out, const struct model *m, const struct episode *ep)
{
	char first[32], hopeless[32] = "-", reset[32] = "-", task[TASK_LEN] = "-";
	const char *reason = "-";

	stamp(first, sizeof(first), ep->first_fail);
	if (ep->hopeless_at)
		stamp(hopeless, sizeof(hopeless), ep->hopeless_at);
	if (ep->reset_at) {
		stamp(reset, sizeof(reset), ep->reset_at);
		reason = m->reasons[ep->reason];
		task_words(ep, task);
	}
	fprintf(out, "  %13s%s %4u %13s %13s %-6s %s%s", first, ep->cut ? "?" : " ",
		ep->failures, hopeless, reset, reason, task, ep->spurious ? " !" : "");
	/* What set it back was one of them, or came after them. */
	if (ep->tries)
		fprintf(out, " ~%u", ep->tries);
	fputc('\n', out);
}

static void episodes(FILE *out, const struct model *m, const struct node *node)
{
	uint32_t kept = node->episodes_kept, i;
	bool cut = false, spurious = false, tries = false;

	if (!kept)
		return;
	fprintf(out, "\n  %13s  %4s %13s %13s %-6s %s\n", "first failure", "runs", "given up at",
		"set back at", "reason", "by");
	for (i = 0; i < kept; i++) {
		const struct episode *ep = &node->episodes[i];

		if (i >= SHOWN / 2 && i + SHOWN / 2 < kept) {
			if (i == SHOWN / 2)
				fprintf(out, "  ... %" PRIu64 " more ...\n",
					node->episodes_total - SHOWN);
			continue;
		}
		cut |= ep->cut;
		spurious |= ep->spurious;
		tries |= ep->tries;
		one_episode(out, m, ep);
	}
	if (cut)
		fputs("  ? a part of it is not in the trace\n", out);
	if (spurious)
		fputs("  ! a spurious revival: kswapd gave up again, and was not seen balanced\n", out);
	if (tries)
		fputs("  ~ so many tries (RETRY) in it, which direct reclaim had earned\n", out);
}

static void trace_facts(FILE *out, const struct trace *t)
{
	const struct model *m = t->model;
	const struct event_start *s = &t->facts.start;

	fprintf(out, "%s: %.3f s, %u CPUs, %u-bit %s-endian, %" PRIu64 " records\n", t->path,
		(m->end - m->start) / 1e9, s->cpus, s->long_size * 8,
		s->big_endian ? "big" : "little", t->facts.end.records);
	if (s->buffers > 1)
		fprintf(out, "  %u buffers, put together: what was recorded in two counts twice\n",
			s->buffers);
	if (m->lost_gaps)
		fprintf(out, "  LOST: at least %" PRIu64 " records, at %" PRIu64 " places (%" PRIu64
			" without a number): counts are too low\n", m->lost, m->lost_gaps,
			m->lost_unknown);
	if (t->facts.end.undecoded)
		fprintf(out, "  %" PRIu64 " records could not be read by their formats, and are left out\n",
			t->facts.end.undecoded);
	if (m->backwards)
		fprintf(out, "  %" PRIu64 " records had a time before that of their predecessor\n",
			m->backwards);
}

static void limits(FILE *out, const struct model *m)
{
	const char *line;
	int i;

	for (i = 0; (line = cannot_tell(m, i)); i++)
		wrap(out, 0, 0, line);
}

static void one_trace(FILE *out, const struct trace *t)
{
	const struct model *m = t->model;
	int nid, nodes = 0;

	trace_facts(out, t);
	for (nid = 0; nid < MAX_NODES; nid++) {
		const struct node *node = m->nodes[nid];

		if (!node)
			continue;
		nodes++;
		fprintf(out, "\nNode %d: %s\n", nid, verdict_name(verdict_of(m, node)));
		wrap_owned(out, 2, 0, "", diagnosis(m, node));
		wrap_owned(out, 2, 7, "To do: ", advice(m, node));
		fputc('\n', out);
		sums(out, m, node);
		episodes(out, m, node);
		fputc('\n', out);
		timeline(out, m, node);
	}
	if (nodes)
		legend(out);
	else
		fputs("\nNothing of kswapd is in it.\n", out);
	fputc('\n', out);
	limits(out, m);
}

/* Several traces, side by side */

#define CELL	16

struct line {
	const char *name;
	void (*cell)(char *buf, size_t size, const struct model *m, const struct node *node);
};

static void c_verdict(char *b, size_t n, const struct model *m, const struct node *node)
{
	enum verdict v = verdict_of(m, node);

	snprintf(b, n, "%s", v == SUSPECTED ? "runaway?" : verdict_name(v));
}

static void counted(char *b, size_t n, const struct model *m, uint64_t count)
{
	if (model_has_events(m))
		snprintf(b, n, "%" PRIu64, count);
	else
		snprintf(b, n, "?");
}

static void c_giveups(char *b, size_t n, const struct model *m, const struct node *node)
{
	counted(b, n, m, node->giveups);
}

static void c_revivals(char *b, size_t n, const struct model *m, const struct node *node)
{
	counted(b, n, m, node->revivals);
}

static void c_spurious(char *b, size_t n, const struct model *m, const struct node *node)
{
	counted(b, n, m, node->spurious);
}

static void c_resets(char *b, size_t n, const struct model *m, const struct node *node)
{
	counted(b, n, m, node->resets);
}

static void c_tries(char *b, size_t n, const struct model *m, const struct node *node)
{
	counted(b, n, m, node->tries);
}

static void c_vain(char *b, size_t n, const struct model *m, const struct node *node)
{
	counted(b, n, m, node->vain);
}

static void c_fails(char *b, size_t n, const struct model *m, const struct node *node)
{
	counted(b, n, m, node->fails);
}

static void c_runs(char *b, size_t n, const struct model *m, const struct node *node)
{
	uint64_t runs;

	if (other_runs(m, node, &runs))
		snprintf(b, n, "%" PRIu64, runs);
	else
		snprintf(b, n, "?");
}

static void c_hopeless(char *b, size_t n, const struct model *m, const struct node *node)
{
	if (!model_has_events(m) && !node->samples)
		snprintf(b, n, "?");
	else
		snprintf(b, n, "%.1f", percent(node->hopeless_ns, m->end - m->start));
}

static void c_awake(char *b, size_t n, const struct model *m, const struct node *node)
{
	if (node->wakes || node->sleeps || m->seen[EV_SAMPLE])
		snprintf(b, n, "%.1f", percent(node->awake_ns, m->end - m->start));
	else
		snprintf(b, n, "?");
}

static void c_cpu(char *b, size_t n, const struct model *m, const struct node *node)
{
	uint64_t wall = node->last_sample - node->first_sample;

	(void)m;
	if (node->have_cpu && wall && node->last_cpu_ns >= node->first_cpu_ns)
		snprintf(b, n, "%.1f", percent(node->last_cpu_ns - node->first_cpu_ns, wall));
	else
		snprintf(b, n, "?");
}

static void c_refaults(char *b, size_t n, const struct model *m, const struct node *node)
{
	uint64_t wall = node->last_sample - node->first_sample;

	(void)m;
	if (wall && node->last_refaults >= node->first_refaults)
		snprintf(b, n, "%.1f", (node->last_refaults - node->first_refaults) * 1e9 / wall);
	else
		snprintf(b, n, "?");
}

static const struct line lines[] = {
	{ "verdict", c_verdict },
	{ "gave up", c_giveups },
	{ "revived", c_revivals },
	{ "  spurious", c_spurious },
	{ "  tries", c_tries },
	{ "  in vain", c_vain },
	{ "resets", c_resets },
	{ "failed runs", c_fails },
	{ "other runs", c_runs },
	{ "hopeless, %", c_hopeless },
	{ "awake, %", c_awake },
	{ "CPU, %", c_cpu },
	{ "refaults/s", c_refaults },
};

static void compare_node(FILE *out, struct trace *traces, int count, int nid)
{
	size_t l;
	int i;

	fprintf(out, "\nNode %-11d", nid);
	for (i = 0; i < count; i++)
		fprintf(out, "%*d", CELL, i + 1);
	fputc('\n', out);
	for (l = 0; l < sizeof(lines) / sizeof(lines[0]); l++) {
		fprintf(out, "  %-14s", lines[l].name);
		for (i = 0; i < count; i++) {
			struct node *node = model_node(traces[i].model, nid);
			char cell[32] = "-";

			if (node)
				lines[l].cell(cell, sizeof(cell), traces[i].model, node);
			fprintf(out, "%*s", CELL, cell);
		}
		fputc('\n', out);
	}
	for (i = 0; i < count; i++) {
		struct node *node = model_node(traces[i].model, nid);
		char head[16];

		if (!node)
			continue;
		snprintf(head, sizeof(head), "%d: ", i + 1);
		fputc('\n', out);
		wrap_owned(out, 0, 3, head, diagnosis(traces[i].model, node));
		timeline(out, traces[i].model, node);
	}
}

static void compare(FILE *out, struct trace *traces, int count)
{
	int nid, i;

	for (i = 0; i < count; i++) {
		fprintf(out, "%d = ", i + 1);
		trace_facts(out, &traces[i]);
	}
	for (nid = 0; nid < MAX_NODES; nid++) {
		for (i = 0; i < count; i++)
			if (model_node(traces[i].model, nid))
				break;
		if (i < count)
			compare_node(out, traces, count, nid);
	}
	legend(out);
	fputs("\n? is not in the trace, - nothing of the node is.\n", out);
}

void text_report(FILE *out, struct trace *traces, int count)
{
	if (count == 1)
		one_trace(out, traces);
	else
		compare(out, traces, count);
}
