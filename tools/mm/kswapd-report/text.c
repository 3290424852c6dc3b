// SPDX-License-Identifier: GPL-2.0
/*
 * The report for people, 80 columns wide.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "fields.h"
#include "output.h"
#include "verdict.h"

#define LABEL		9
#define COLUMNS		(WIDTH - LABEL - 2)
#define SHOWN		10	/* episodes: the first half and the last */

static const char *stamp(char *buf, size_t size, const struct model *m, uint64_t ns)
{
	if (m->no_time)
		snprintf(buf, size, "%" PRIu64, ns);
	else
		snprintf(buf, size, "%" PRIu64 ".%06" PRIu64, ns / NSEC, ns % NSEC / 1000);
	return buf;
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
		else if (cols[i].unsure_ns * 2 > span && span)
			fputc('?', out);
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
	fprintf(out, "%*s%-*s%*s\n", LABEL + 1, "", COLUMNS / 2, stamp(from, sizeof(from), m, m->start),
		COLUMNS - COLUMNS / 2, stamp(to, sizeof(to), m, m->end));
}

static void legend(FILE *out)
{
	fputs("  # hopeless, X gives up, x a run failed, w awake, - awake in part, . neither,\n"
	      "  ? not known; resets by the first letter of their reason, * of several.\n", out);
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

/* Nothing if no cgroup is known, as in traces of other recorders. */
static void reset_cgroups(FILE *out, const struct model *m, const struct node *node)
{
	uint64_t rest = node->resets;
	char by[CGROUP_WORDS];
	int i, n;

	for (n = 0; n < CGROUPS && (i = model_reset_cgroup(m, node, n)); n++) {
		row(out, "", "%" PRIu64 " by %s", node->resets_in[i],
		    cgroup_words(&m->reset_cgroups[i], by));
		rest -= node->resets_in[i];
	}
	if (n && rest)
		row(out, "", "%" PRIu64 " by other or unknown cgroups", rest);
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
	reset_cgroups(out, m, node);
}

static void sampled(FILE *out, const struct model *m, const struct node *node)
{
	struct value val;
	char high[64];

	if (!node->samples)
		return;
	if (node->high_min == node->high_max)
		snprintf(high, sizeof(high), "%" PRIu64, node->high_last);
	else
		snprintf(high, sizeof(high), "%" PRIu64 " to %" PRIu64, node->high_min,
			 node->high_max);
	row(out, "free pages", "lowest %" PRIu64 ", last %" PRIu64 "; high watermark %s",
	    node->free_min, node->free_last, high);
	row(out, "unbalanced", "in %" PRIu64 " of %" PRIu64 " samples", node->below_high,
	    node->samples);
	if (get_cpu(m, node, NULL, &val))
		row(out, "CPU of kswapd", "%.1f %%", val.decimal);
	if (get_refaults(m, node, NULL, &val))
		row(out, "refaults", "%.1f a second", val.decimal);
}

static void hopeless(FILE *out, const struct model *m, const struct node *node)
{
	uint64_t whole = m->end - m->start;
	const char *bound = hopeless_exact(node) ? "" : node->inexact ? "about " : "at least ";

	if (m->no_time) {
		row(out, "hopeless", "not known: the clock gives no durations");
		return;
	}
	row(out, "hopeless", "%s%.3f s, %.1f %% of the trace; longest %.3f s%s", bound,
	    node->hopeless_ns / 1e9, percent(node->hopeless_ns, whole),
	    node->longest_hopeless_ns / 1e9, model_has_events(m) ? "" : " (by samples)");
	if (node->unsure_ns)
		row(out, "not known", "%.3f s, %.1f %% of the trace", node->unsure_ns / 1e9,
		    percent(node->unsure_ns, whole));
	if (node->at_end == IS_HOPELESS)
		row(out, "", "still hopeless when the trace ends");
}

static void restarts(FILE *out, const struct model *m, const struct node *node)
{
	char spurious[48] = "";

	if (node->revivals && node->sleeps_unseen)
		snprintf(spurious, sizeof(spurious), ", spurious not known");
	else if (node->revivals)
		snprintf(spurious, sizeof(spurious), ", spurious %" PRIu64, node->spurious);
	row(out, "gave up", "%" PRIu64 "; restarted %" PRIu64 "%s", node->giveups, node->revivals,
	    spurious);
	if (node->revivals_missed)
		row(out, "", "%" PRIu64 " restarts more, of which no reset was recorded",
		    node->revivals_missed);
	reasons(out, m, node);
	if (node->resets_unsure)
		row(out, "", "%" PRIu64 " of these of a count that is not known",
		    node->resets_unsure);
}

static void sums(FILE *out, const struct model *m, const struct node *node)
{
	struct value val;

	if (node->fails || node->resets)
		restarts(out, m, node);
	if (node->retries)
		row(out, "retries", "%" PRIu64 " failed while the node was hopeless", node->retries);
	if (get_other_runs(m, node, NULL, &val))
		row(out, "runs", "%" PRIu64 " failed, %" PRIu64 " did not", node->fails, val.number);
	else if (!model_records(m, EV_FAIL))
		row(out, "runs", "%" PRIu64 " recorded; how many failed is not known", node->wakes);
	else
		row(out, "runs", "%" PRIu64 " failed; the others were not recorded", node->fails);
	if (m->seen[EV_RUN_END] && !m->no_time)
		row(out, "", "all of them %.3f s, %" PRIu64 " pages reclaimed", node->run_ns / 1e9,
		    node->reclaimed);
	hopeless(out, m, node);
	if (get_awake(m, node, NULL, &val))
		row(out, "awake", "%.3f s, %.1f %% of the trace", val.number / 1e9,
		    percent(val.number, m->end - m->start));
	else
		row(out, "awake", m->no_time ? "not known" : "not recorded");
	if (node->wakeups)
		row(out, "wakeups", "%" PRIu64 " requested", node->wakeups);
	sampled(out, m, node);
}

struct table {
	int width;	/* of a time */
	bool balance_known;
	bool cut, spurious, retries;
};

static void one_episode(FILE *out, const struct model *m, const struct episode *ep,
			const struct table *t)
{
	char first[32], hopeless[32] = "-", reset[32] = "-", task[CGROUP_WORDS] = "-";
	const char *reason = "-";

	stamp(first, sizeof(first), m, ep->first_fail);
	if (ep->hopeless_at)
		stamp(hopeless, sizeof(hopeless), m, ep->hopeless_at);
	if (ep->reset_at) {
		stamp(reset, sizeof(reset), m, ep->reset_at);
		reason = m->reasons[ep->reason];
		task_words(ep, task);
	}
	fprintf(out, "  %*s%s %5u %*s %*s %-6s %s%s", t->width, first, ep->cut ? "?" : " ",
		ep->failures, t->width, hopeless, t->width, reset, reason, task,
		ep->spurious && t->balance_known ? " !" : "");
	fputc('\n', out);
	if (ep->cgroup)
		fprintf(out, "      reset by %s\n", cgroup_words(&m->reset_cgroups[ep->cgroup], task));
}

static bool shown(uint32_t i, uint32_t kept)
{
	return i < SHOWN / 2 || i + SHOWN / 2 >= kept;
}

static void episodes(FILE *out, const struct model *m, const struct node *node)
{
	uint32_t kept = node->episodes_kept, i;
	struct table t = { .width = 13, .balance_known = !node->sleeps_unseen };
	char last[32];

	if (!kept)
		return;
	stamp(last, sizeof(last), m, m->end);
	if ((int)strlen(last) > t.width)
		t.width = strlen(last);
	fprintf(out, "\n  %*s  %5s %*s %*s %-6s %s\n", t.width, "first failure", "count",
		t.width, "given up at", t.width, "reset at", "reason", "by");
	for (i = 0; i < kept; i++) {
		const struct episode *ep = &node->episodes[i];

		if (!shown(i, kept)) {
			if (i == SHOWN / 2)
				fprintf(out, "  ... %" PRIu64 " more ...\n",
					node->episodes_total - SHOWN);
			continue;
		}
		t.cut |= ep->cut;
		t.spurious |= ep->spurious;
		t.retries |= ep->retries;
		one_episode(out, m, ep, &t);
	}
	if (t.cut)
		fputs("  ? a part of the episode is not in the trace\n", out);
	if (t.spurious && t.balance_known)
		fputs("  ! a spurious restart: kswapd gave up again, and the node was not seen balanced\n", out);
	if (t.retries)
		fprintf(out, "  A count above %d is of failed retries.\n", GIVE_UP);
}

static void trace_facts(FILE *out, const struct trace *t)
{
	const struct model *m = t->model;
	const struct event_start *s = &t->facts.start;
	char when[64];

	print_path(out, t->path);
	if (!m->no_time)
		fprintf(out, ": %.3f s", (m->end - m->start) / 1e9);
	else if (s->clock[0])
		fprintf(out, ": clock %s", s->clock);
	else
		fputs(": times without a unit", out);
	if (s->cpus)
		fprintf(out, ", %u CPUs", s->cpus);
	if (s->long_size)
		fprintf(out, ", %u-bit %s-endian", s->long_size * 8,
			s->big_endian ? "big" : "little");
	fprintf(out, ", %" PRIu64 " %s\n", t->facts.end.records,
		s->text ? "events of text" : "records");
	if (m->meta_ts)
		fprintf(out, "  %s, Linux %s, from %s\n", m->meta.host, m->meta.release,
			time_of_day(m, m->start, "%Y-%m-%d %H:%M:%S UTC", when, sizeof(when)) ?
			when : "an unknown time");
	if (m->last_system_ts > m->first_system_ts)
		fprintf(out, "  allocation stalls %" PRIu64 ", OOM kills %" PRIu64
			", pages reclaimed by kswapd %" PRIu64 ", directly %" PRIu64 "\n",
			m->last_system.allocstall - m->first_system.allocstall,
			m->last_system.oom_kill - m->first_system.oom_kill,
			m->last_system.pgsteal_kswapd - m->first_system.pgsteal_kswapd,
			m->last_system.pgsteal_direct - m->first_system.pgsteal_direct);
	if (s->buffers > 1)
		fprintf(out, "  %u buffers were merged; %" PRIu64 " events that were in both count once\n",
			s->buffers, t->facts.end.duplicates);
	if (m->lost_gaps)
		fprintf(out, "  LOST: at least %" PRIu64 " records, in %" PRIu64 " places (%" PRIu64
			" without a number): counts are too low\n", m->lost, m->lost_gaps,
			m->lost_unknown);
	if (t->facts.end.undecoded)
		fprintf(out, "  %" PRIu64 " records could not be read by their formats, and are left out\n",
			t->facts.end.undecoded);
	if (m->backwards)
		fprintf(out, "  %" PRIu64 " records had a time before that of their predecessor\n",
			m->backwards);
}

static void blame(FILE *out, const struct model *m)
{
	int i;

	if (!m->cgroup_count)
		return;
	fprintf(out, "\n%12s %12s  cgroups that grew most in these\n", "memory.high", "stalled, s");
	for (i = 0; i < m->cgroup_count; i++)
		fprintf(out, "%12" PRIu64 " %12.3f  %s\n", m->cgroups[i].high,
			m->cgroups[i].psi_us / 1e6, m->cgroups[i].path);
}

static void limits(FILE *out, const struct model *m)
{
	const struct sentence *limit;
	int i;

	for (i = 0; (limit = cannot_tell(m, i)); i++)
		wrap(out, 0, 0, limit->text);
}

#define NO_KSWAPD	"the trace has nothing of kswapd in it.\n"

static bool has_nodes(const struct model *m)
{
	int nid;

	for (nid = 0; nid < MAX_NODES; nid++)
		if (m->nodes[nid])
			return true;
	return false;
}

static void one_trace(FILE *out, const struct trace *t)
{
	const struct model *m = t->model;
	int nid;

	trace_facts(out, t);
	for (nid = 0; nid < MAX_NODES; nid++) {
		const struct node *node = m->nodes[nid];

		if (!node)
			continue;
		fprintf(out, "\nNode %d: %s\n", nid, verdict_name(verdict_of(m, node)));
		wrap_owned(out, 2, 0, "", diagnosis(m, node));
		wrap_owned(out, 2, 7, "To do: ", advice(m, node));
		fputc('\n', out);
		sums(out, m, node);
		episodes(out, m, node);
		fputc('\n', out);
		timeline(out, m, node);
	}
	if (has_nodes(m))
		legend(out);
	else
		fputs("\nUnknown: " NO_KSWAPD, out);
	blame(out, m);
	fputc('\n', out);
	limits(out, m);
}

/* Several traces, side by side */

#define LABELS		18
#define CELL		12	/* at least */
#define ACROSS		((WIDTH - LABELS) / CELL)

static void compare_field(FILE *out, const struct field *f, struct trace *traces, int count,
			  int nid)
{
	int i;

	fprintf(out, "  %-*s", LABELS - 2, f->label);
	for (i = 0; i < count; i++) {
		struct node *node = model_node(traces[i].model, nid);
		char cell[32] = "-";

		if (node && !strcmp(f->key, "verdict"))
			snprintf(cell, sizeof(cell), "%s",
				 verdict_brief(verdict_of(traces[i].model, node)));
		else if (node)
			field_words(cell, sizeof(cell), f, traces[i].model, node, NULL);
		fprintf(out, "%*s", (WIDTH - 1 - LABELS) / count, cell);
	}
	fputc('\n', out);
}

/* As many columns as fit, from first on. */
static void compare_columns(FILE *out, struct trace *traces, int first, int count, int nid)
{
	const struct field *f;
	int i;

	fprintf(out, "\nNode %-*d", LABELS - 5, nid);
	for (i = 0; i < count; i++)
		fprintf(out, "%*d", (WIDTH - 1 - LABELS) / count, first + i + 1);
	fputc('\n', out);
	for (f = node_fields; f->key; f++)
		if (f->label)
			compare_field(out, f, traces + first, count, nid);
	for (f = sample_fields; f->key; f++)
		if (f->label)
			compare_field(out, f, traces + first, count, nid);
}

static void compare_node(FILE *out, struct trace *traces, int count, int nid)
{
	int i, n;

	for (i = 0; i < count; i += n) {
		n = count - i < ACROSS ? count - i : ACROSS;
		compare_columns(out, traces, i, n, nid);
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
	bool any = false;
	int nid, i;

	for (i = 0; i < count; i++) {
		fprintf(out, "%d = ", i + 1);
		trace_facts(out, &traces[i]);
		any |= has_nodes(traces[i].model);
	}
	for (i = 0; i < count; i++)
		if (!has_nodes(traces[i].model))
			fprintf(out, "\n%d: Unknown: " NO_KSWAPD, i + 1);
	if (!any)
		return;
	for (nid = 0; nid < MAX_NODES; nid++) {
		for (i = 0; i < count; i++)
			if (model_node(traces[i].model, nid))
				break;
		if (i < count)
			compare_node(out, traces, count, nid);
	}
	legend(out);
	fputs("\n? the trace does not tell; - nothing of the node is in the trace\n", out);
}

void text_report(FILE *out, struct trace *traces, int count)
{
	if (count == 1)
		one_trace(out, traces);
	else
		compare(out, traces, count);
}
