// SPDX-License-Identifier: GPL-2.0
/*
 * The report as metrics, for the textfile collector of Prometheus' node exporter.
 */
#include <inttypes.h>
#include <string.h>

#include "fields.h"
#include "output.h"
#include "verdict.h"

static void label(FILE *out, const char *s)
{
	while (*s) {
		if (*s == '\n') {
			fputs("\\n", out);
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		s = print_char(out, s);
	}
}

static void head(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void labels(FILE *out, const struct trace *t, int nid)
{
	fputs("{file=\"", out);
	label(out, t->path);
	fprintf(out, "\",node=\"%d\"", nid);
}

/* Values that the trace does not have are left out. */
static void metric(FILE *out, const struct field *f, struct trace *traces, int count)
{
	struct value val;
	int i, nid;

	head(out, f->metric, f->help);
	for (i = 0; i < count; i++) {
		for (nid = 0; nid < MAX_NODES; nid++) {
			const struct node *node = traces[i].model->nodes[nid];

			if (!node || !f->get(traces[i].model, node, NULL, &val) ||
			    (f->kind == F_TRI && val.number == UNSURE))
				continue;
			fputs(f->metric, out);
			labels(out, &traces[i], nid);
			fputs("} ", out);
			if (f->kind == F_DECIMAL)
				fprintf(out, "%.3f\n", val.decimal);
			else if (f->kind == F_SECONDS)
				fprintf(out, "%" PRIu64 ".%09" PRIu64 "\n", val.number / NSEC,
					val.number % NSEC);
			else if (f->kind == F_TRI)
				fprintf(out, "%d\n", val.number == IS_HOPELESS);
			else
				fprintf(out, "%" PRIu64 "\n", val.number);
		}
	}
}

static void resets(FILE *out, struct trace *traces, int count)
{
	int i, nid, r;

	head(out, "kswapd_resets", "Resets of the count of failures, by reason.");
	for (i = 0; i < count; i++) {
		const struct model *m = traces[i].model;

		for (nid = 0; nid < MAX_NODES; nid++) {
			for (r = 0; m->nodes[nid] && r < m->reason_count; r++) {
				if (!m->nodes[nid]->resets_by[r])
					continue;
				fputs("kswapd_resets", out);
				labels(out, &traces[i], nid);
				fputs(",reason=\"", out);
				label(out, m->reasons[r]);
				fprintf(out, "\"} %" PRIu64 "\n", m->nodes[nid]->resets_by[r]);
			}
		}
	}
}

static void verdicts(FILE *out, struct trace *traces, int count)
{
	int i, nid;

	head(out, "kswapd_verdict", "1, with the verdict on the node as a label.");
	for (i = 0; i < count; i++) {
		for (nid = 0; nid < MAX_NODES; nid++) {
			if (!traces[i].model->nodes[nid])
				continue;
			fputs("kswapd_verdict", out);
			labels(out, &traces[i], nid);
			fprintf(out, ",verdict=\"%s\"} 1\n",
				verdict_code(verdict_of(traces[i].model,
							traces[i].model->nodes[nid])));
		}
	}
}

void prom_report(FILE *out, struct trace *traces, int count)
{
	const struct field *tables[] = { node_fields, sample_fields }, *f;
	size_t i;

	verdicts(out, traces, count);
	resets(out, traces, count);
	for (i = 0; i < 2; i++)
		for (f = tables[i]; f->key; f++)
			if (f->metric)
				metric(out, f, traces, count);
}
