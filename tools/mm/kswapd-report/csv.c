// SPDX-License-Identifier: GPL-2.0
/*
 * The episodes as a table for other programs: one line each.
 */
#include <inttypes.h>

#include "output.h"

static void quoted(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++)
		fprintf(out, *s == '"' ? "\"%c" : "%c", *s);
	fputc('"', out);
}

static void seconds(FILE *out, uint64_t ns, bool known)
{
	if (known)
		fprintf(out, "%" PRIu64 ".%09" PRIu64, ns / NSEC, ns % NSEC);
	fputc(',', out);
}

static void one_episode(FILE *out, const struct trace *t, const struct node *node,
			const struct episode *ep)
{
	quoted(out, t->path);
	fprintf(out, ",%d,", node->nid);
	seconds(out, ep->first_fail, ep->fails);
	fprintf(out, "%u,", ep->failures);
	seconds(out, ep->hopeless_at, ep->hopeless_at);
	seconds(out, ep->reset_at, ep->reset_at);
	seconds(out, ep->hopeless_ns, ep->hopeless_at);
	if (ep->reset_at) {
		fprintf(out, "%s,", t->model->reasons[ep->reason]);
		quoted(out, ep->comm);
		fprintf(out, ",%d,", ep->pid);
	} else {
		fputs(",,,", out);
	}
	fprintf(out, "%d,%d,%u\n", ep->cut, ep->spurious, ep->tries);
}

void csv_report(FILE *out, struct trace *traces, int count)
{
	uint32_t e;
	int i, nid;

	fputs("file,node,first_failure,failures,given_up,reset,hopeless_seconds,reason,comm,pid,cut,spurious,tries\n",
	      out);
	for (i = 0; i < count; i++) {
		for (nid = 0; nid < MAX_NODES; nid++) {
			const struct node *node = traces[i].model->nodes[nid];

			for (e = 0; node && e < node->episodes_kept; e++)
				one_episode(out, &traces[i], node, &node->episodes[e]);
		}
	}
}
