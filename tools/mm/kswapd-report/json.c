// SPDX-License-Identifier: GPL-2.0
/*
 * The report for programs. kswapd-report.schema.json describes it; a field that
 * is removed or changes its meaning raises the version.
 */
#include <stdlib.h>

#include "fields.h"
#include "jsonw.h"
#include "output.h"
#include "verdict.h"

#define SCHEMA_VERSION	3

/* A point in time: seconds, or the count of a clock without a unit. */
static void time_of_trace(struct jsonw *w, const char *key, const struct model *m, uint64_t ts)
{
	if (m->no_time)
		jsonw_number(w, key, ts);
	else
		jsonw_seconds(w, key, ts);
}

static void one_field(struct jsonw *w, const struct field *f, const struct model *m,
		      const struct node *node, const struct episode *ep)
{
	struct value val;

	if (!f->get(m, node, ep, &val) || (f->kind == F_TRI && val.number == UNSURE)) {
		jsonw_null(w, f->key);
		return;
	}
	switch (f->kind) {
	case F_COUNT:
		jsonw_int(w, f->key, val.number);
		break;
	case F_TIME:
		time_of_trace(w, f->key, m, val.number);
		break;
	case F_SECONDS:
		jsonw_seconds(w, f->key, val.number);
		break;
	case F_DECIMAL:
		jsonw_decimal(w, f->key, val.decimal, 2);
		break;
	case F_BOOL:
		jsonw_bool(w, f->key, val.number);
		break;
	case F_TRI:
		jsonw_bool(w, f->key, val.number == IS_HOPELESS);
		break;
	case F_WORD:
		jsonw_string(w, f->key, val.word);
		break;
	}
}

static void fields(struct jsonw *w, const struct field *f, const struct model *m,
		   const struct node *node, const struct episode *ep)
{
	for (; f->key; f++)
		one_field(w, f, m, node, ep);
}

static void owned_string(struct jsonw *w, const char *key, char *s)
{
	jsonw_string(w, key, s);
	free(s);
}

/* Resets by tasks of unknown cgroups are not in the list. */
static void resets_by_cgroup(struct jsonw *w, const struct model *m, const struct node *node)
{
	int i, n;

	jsonw_open(w, "resets_by_cgroup", '[');
	for (n = 0; (i = model_reset_cgroup(m, node, n)); n++) {
		const struct reset_cgroup *c = &m->reset_cgroups[i];

		jsonw_open(w, NULL, '{');
		jsonw_string(w, "cgroup", c->id ? NULL : c->path);
		if (c->id)
			jsonw_number(w, "cgroup_id", c->id);
		else
			jsonw_null(w, "cgroup_id");
		jsonw_number(w, "resets", node->resets_in[i]);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void one_node(struct jsonw *w, const struct model *m, const struct node *node)
{
	uint32_t e;
	int i;

	jsonw_open(w, NULL, '{');
	jsonw_int(w, "node", node->nid);
	jsonw_string(w, "diagnosis_code", diagnosis_code(m, node));
	owned_string(w, "diagnosis", diagnosis(m, node));
	jsonw_string(w, "advice_code", advice_code(m, node));
	owned_string(w, "advice", advice(m, node));
	fields(w, node_fields, m, node, NULL);
	jsonw_open(w, "resets_by_reason", '{');
	for (i = 0; i < m->reason_count; i++)
		if (node->resets_by[i])
			jsonw_number(w, m->reasons[i], node->resets_by[i]);
	jsonw_close(w, '}');
	resets_by_cgroup(w, m, node);
	if (node->samples) {
		jsonw_open(w, "samples", '{');
		fields(w, sample_fields, m, node, NULL);
		jsonw_close(w, '}');
	} else {
		jsonw_null(w, "samples");
	}
	jsonw_number(w, "episodes_total", node->episodes_total);
	jsonw_open(w, "episodes", '[');
	for (e = 0; e < node->episodes_kept; e++) {
		jsonw_open(w, NULL, '{');
		fields(w, episode_fields, m, node, &node->episodes[e]);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

static void place(struct jsonw *w, const struct model *m)
{
	char when[64];

	if (!m->meta_ts) {
		jsonw_null(w, "recorded");
		return;
	}
	jsonw_open(w, "recorded", '{');
	jsonw_string(w, "host", m->meta.host);
	jsonw_string(w, "kernel", m->meta.release);
	jsonw_string(w, "boot_id", m->meta.boot);
	jsonw_string(w, "start", time_of_day(m, m->start, "%Y-%m-%dT%H:%M:%SZ", when, sizeof(when)));
	jsonw_close(w, '}');
}

/* Growth of the machine's counters between the first and the last sample. */
static void machine_sums(struct jsonw *w, const struct model *m)
{
	const struct event_system *a = &m->first_system, *b = &m->last_system;

	if (m->last_system_ts == m->first_system_ts) {
		jsonw_null(w, "system");
		return;
	}
	jsonw_open(w, "system", '{');
	jsonw_seconds(w, "seconds", m->last_system_ts - m->first_system_ts);
	if (a->have_psi && b->have_psi) {
		jsonw_seconds(w, "psi_memory_some_seconds", 1000 * (b->psi_some_us - a->psi_some_us));
		jsonw_seconds(w, "psi_memory_full_seconds", 1000 * (b->psi_full_us - a->psi_full_us));
	} else {
		jsonw_null(w, "psi_memory_some_seconds");
		jsonw_null(w, "psi_memory_full_seconds");
	}
	jsonw_number(w, "allocstall", b->allocstall - a->allocstall);
	jsonw_number(w, "oom_kill", b->oom_kill - a->oom_kill);
	jsonw_number(w, "pgscan_kswapd", b->pgscan_kswapd - a->pgscan_kswapd);
	jsonw_number(w, "pgscan_direct", b->pgscan_direct - a->pgscan_direct);
	jsonw_number(w, "pgsteal_kswapd", b->pgsteal_kswapd - a->pgsteal_kswapd);
	jsonw_number(w, "pgsteal_direct", b->pgsteal_direct - a->pgsteal_direct);
	jsonw_close(w, '}');
}

static void cgroups(struct jsonw *w, const struct model *m)
{
	int i;

	jsonw_open(w, "cgroups", '[');
	for (i = 0; i < m->cgroup_count; i++) {
		jsonw_open(w, NULL, '{');
		jsonw_string(w, "path", m->cgroups[i].path);
		jsonw_number(w, "memory_events_high", m->cgroups[i].high);
		jsonw_seconds(w, "memory_pressure_some_seconds", 1000 * m->cgroups[i].psi_us);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

static void facts(struct jsonw *w, const struct trace *t)
{
	const struct model *m = t->model;
	const struct event_start *s = &t->facts.start;

	jsonw_string(w, "source", s->text ? "text" : "trace.dat");
	jsonw_string(w, "clock", s->clock[0] ? s->clock : NULL);
	jsonw_string(w, "time_unit", m->no_time ? "none" : "seconds");
	time_of_trace(w, "start", m, m->start);
	time_of_trace(w, "end", m, m->end);
	if (m->no_time)
		jsonw_null(w, "duration_seconds");
	else
		jsonw_seconds(w, "duration_seconds", m->end - m->start);
	jsonw_open(w, "machine", '{');
	jsonw_number(w, "cpus", s->cpus);
	if (s->long_size) {
		jsonw_number(w, "long_bytes", s->long_size);
		jsonw_bool(w, "big_endian", s->big_endian);
	} else {
		jsonw_null(w, "long_bytes");
		jsonw_null(w, "big_endian");
	}
	jsonw_close(w, '}');
	jsonw_number(w, "buffers", s->buffers);
	place(w, m);
	machine_sums(w, m);
	cgroups(w, m);
}

static void counts(struct jsonw *w, const struct trace *t)
{
	const struct model *m = t->model;

	jsonw_open(w, "records", '{');
	jsonw_number(w, "all", t->facts.end.records);
	jsonw_number(w, "failures", m->seen[EV_FAIL]);
	jsonw_number(w, "resets", m->seen[EV_RESET]);
	jsonw_number(w, "wakes", m->seen[EV_WAKE]);
	jsonw_number(w, "sleeps", m->seen[EV_SLEEP]);
	jsonw_number(w, "wakeups", m->seen[EV_WAKEUP]);
	jsonw_number(w, "samples", m->seen[EV_SAMPLE]);
	jsonw_number(w, "duplicates", t->facts.end.duplicates);
	jsonw_close(w, '}');
	jsonw_open(w, "lost", '{');
	jsonw_bool(w, "known", !m->text);
	jsonw_number(w, "records", m->lost);
	jsonw_number(w, "places", m->lost_gaps);
	jsonw_number(w, "places_without_number", m->lost_unknown);
	jsonw_number(w, "unreadable", t->facts.end.undecoded);
	jsonw_number(w, "out_of_order", m->backwards);
	jsonw_close(w, '}');
}

static void one_trace(struct jsonw *w, const struct trace *t)
{
	const struct model *m = t->model;
	const struct sentence *limit;
	int nid, i;

	jsonw_open(w, NULL, '{');
	jsonw_string(w, "file", t->path);
	jsonw_string(w, "verdict", verdict_code(verdict_of_all(m)));
	facts(w, t);
	counts(w, t);
	jsonw_open(w, "limits", '[');
	for (i = 0; (limit = cannot_tell(m, i)); i++) {
		jsonw_open(w, NULL, '{');
		jsonw_string(w, "code", limit->code);
		jsonw_string(w, "text", limit->text);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
	jsonw_open(w, "nodes", '[');
	for (nid = 0; nid < MAX_NODES; nid++)
		if (m->nodes[nid])
			one_node(w, m, m->nodes[nid]);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}

void json_report(FILE *out, struct trace *traces, int count)
{
	struct jsonw w;
	int i;

	jsonw_start(&w, out, false);
	jsonw_open(&w, NULL, '{');
	jsonw_string(&w, "schema", "kswapd-report");
	jsonw_number(&w, "version", SCHEMA_VERSION);
	jsonw_string(&w, "tool", "kswapd-report " VERSION);
	jsonw_open(&w, "traces", '[');
	for (i = 0; i < count; i++)
		one_trace(&w, &traces[i]);
	jsonw_close(&w, ']');
	jsonw_close(&w, '}');
	jsonw_end(&w);
}
