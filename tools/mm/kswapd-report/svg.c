// SPDX-License-Identifier: GPL-2.0
/*
 * A picture of each node over time.
 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "output.h"
#include "verdict.h"

#define LEFT	70
#define WIDE	800
#define PANEL	190
#define HEAD	70
#define TALL	100	/* the part of a panel that is plotted */
#define RIGHT	20

struct plot {
	FILE *out;
	const struct model *m;
	const struct node *node;
	int top;
};

static void escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '<' || c == '>' || c == '&' || c == '"' || c < ' ' || c > '~')
			fprintf(out, c < ' ' ? "?" : "&#%u;", c);
		else
			fputc(c, out);
	}
}

static const char *colour_of(const char *reason)
{
	if (!strcmp(reason, "DIRECT"))
		return "#c0392b";
	if (!strcmp(reason, "KSWAPD"))
		return "#2471a3";
	if (!strcmp(reason, "PCP"))
		return "#1e8449";
	if (!strcmp(reason, "OTHER"))
		return "#7d3c98";
	return "#b9770e";
}

static double x_of(const struct plot *p, double ns)
{
	double span = p->m->end - p->m->start;
	double x = span > 0 ? ns / span * WIDE : 0;

	return LEFT + (x < WIDE ? x : WIDE);
}

/* One rectangle for bins that follow each other. */
static void spans(const struct plot *p, bool hopeless, int y, int height, const char *colour)
{
	double bin = p->m->bin_ns;
	int i, from = -1;

	for (i = 0; i <= BINS; i++) {
		bool on = i < BINS && (hopeless ? p->node->bins[i].hopeless_ns :
						  p->node->bins[i].awake_ns);
		double left, width;

		if (on && from < 0)
			from = i;
		if (on || from < 0)
			continue;
		left = x_of(p, from * bin);
		width = x_of(p, i * bin) - left;
		fprintf(p->out, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
			left, y, width > 0.5 ? width : 0.5, height, colour);
		from = -1;
	}
}

static void tick(const struct plot *p, int i, int y1, int y2, const char *colour)
{
	double x = x_of(p, (i + 0.5) * p->m->bin_ns);

	fprintf(p->out, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" stroke-width=\"1.5\"/>\n",
		x, y1, x, y2, colour);
}

static void ticks(const struct plot *p)
{
	int i, j;

	for (i = 0; i < BINS; i++) {
		const struct bin *bin = &p->node->bins[i];

		if (bin->fails)
			tick(p, i, p->top + TALL - 14, p->top + TALL, "#333333");
		for (j = 0; j < REASONS; j++)
			if (bin->resets[j])
				tick(p, i, p->top, p->top + TALL - 16, colour_of(p->m->reasons[j]));
	}
}

static void line(const struct plot *p, size_t offset, uint64_t most, const char *style)
{
	int i;

	fprintf(p->out, "<polyline fill=\"none\" %s points=\"", style);
	for (i = 0; i < BINS; i++) {
		const struct bin *bin = &p->node->bins[i];
		uint64_t val = *(const uint64_t *)((const char *)bin + offset);

		if (bin->samples)
			fprintf(p->out, "%.1f,%.1f ", x_of(p, (i + 0.5) * p->m->bin_ns),
				p->top + TALL - (double)val / most * TALL);
	}
	fputs("\"/>\n", p->out);
}

/* Free pages far above the watermarks are of no interest, and cut off. */
static void free_pages(const struct plot *p)
{
	uint64_t most = 0;
	int i;

	for (i = 0; i < BINS; i++)
		if (p->node->bins[i].samples && p->node->bins[i].high > most)
			most = p->node->bins[i].high;
	if (!most || most > UINT64_MAX / 2)
		return;
	most *= 2;
	fprintf(p->out, "<svg x=\"0\" y=\"0\" width=\"%d\" height=\"%d\"><defs><clipPath id=\"c%d\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath></defs><g clip-path=\"url(#c%d)\">\n",
		LEFT + WIDE + RIGHT, p->top + TALL, p->top, LEFT, p->top, WIDE, TALL, p->top);
	line(p, offsetof(struct bin, high), most, "stroke=\"#888888\" stroke-dasharray=\"6 3\"");
	line(p, offsetof(struct bin, low), most, "stroke=\"#888888\" stroke-dasharray=\"2 3\"");
	line(p, offsetof(struct bin, free), most, "stroke=\"#117a65\" stroke-width=\"1.5\"");
	fputs("</g></svg>\n", p->out);
	fprintf(p->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%" PRIu64 "</text>\n",
		LEFT - 4, p->top + 10, most);
	fprintf(p->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">pages</text>\n", LEFT - 4,
		p->top + 24);
}

static void panel(FILE *out, const struct trace *t, const struct node *node, int top)
{
	struct plot p = { out, t->model, node, top + 24 };
	int bottom = p.top + TALL;

	fprintf(out, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">", LEFT, top + 14);
	escaped(out, t->path);
	fprintf(out, ", node %d: %s</text>\n", node->nid, verdict_name(verdict_of(t->model, node)));
	spans(&p, true, p.top, TALL, "#f5c6cb");
	spans(&p, false, bottom + 2, 8, "#5dade2");
	free_pages(&p);
	ticks(&p);
	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#555555\"/>\n",
		LEFT, p.top, WIDE, TALL);
	fprintf(out, "<text x=\"%d\" y=\"%d\">%.3f s</text>\n", LEFT, bottom + 24,
		t->model->start / 1e9);
	fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.3f s</text>\n", LEFT + WIDE,
		bottom + 24, t->model->end / 1e9);
}

static void key(FILE *out, int *x, const char *colour, const char *text)
{
	fprintf(out, "<rect x=\"%d\" y=\"30\" width=\"12\" height=\"12\" fill=\"%s\"/>", *x, colour);
	fprintf(out, "<text x=\"%d\" y=\"41\">", *x + 16);
	escaped(out, text);
	fputs("</text>\n", out);
	*x += 30 + 7 * strlen(text);
}

static void keys(FILE *out, struct trace *traces, int count)
{
	int i, j, k, x = LEFT;

	key(out, &x, "#f5c6cb", "given up");
	key(out, &x, "#333333", "failed run");
	key(out, &x, "#5dade2", "awake");
	key(out, &x, "#117a65", "free");
	key(out, &x, "#888888", "high, low");
	for (i = 0; i < count; i++) {
		for (j = 0; j < traces[i].model->reason_count; j++) {
			const char *name = traces[i].model->reasons[j];
			char text[REASON_LEN + 8];
			bool said = false;

			for (k = 0; k < i * REASONS + j && !said; k++)
				said = !strcmp(traces[k / REASONS].model->reasons[k % REASONS], name);
			if (said)
				continue;
			snprintf(text, sizeof(text), "reset %s", name);
			key(out, &x, colour_of(name), text);
		}
	}
}

void svg_report(FILE *out, struct trace *traces, int count)
{
	int panels = 0, i, nid;

	for (i = 0; i < count; i++)
		for (nid = 0; nid < MAX_NODES; nid++)
			panels += !!traces[i].model->nodes[nid];
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n",
		LEFT + WIDE + RIGHT, HEAD + panels * PANEL);
	fputs("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n", out);
	fprintf(out, "<text x=\"%d\" y=\"18\" font-size=\"14\">kswapd: failed runs, give-ups and resets</text>\n",
		LEFT);
	keys(out, traces, count);
	panels = 0;
	for (i = 0; i < count; i++)
		for (nid = 0; nid < MAX_NODES; nid++)
			if (traces[i].model->nodes[nid])
				panel(out, &traces[i], traces[i].model->nodes[nid],
				      HEAD + PANEL * panels++);
	fputs("</svg>\n", out);
}
