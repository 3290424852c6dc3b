// SPDX-License-Identifier: GPL-2.0
/*
 * A picture of each node over time. It has a viewBox, so that it scales; panels of all
 * traces have the same scale of time and of free memory.
 */
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "verdict.h"

#define LEFT	80
#define WIDE	800
#define RIGHT	30
#define TALL	100	/* the part of a panel that is plotted */
#define PANEL	190
#define THIN	56	/* height of a healthy node */
#define ROW	18	/* of the legend */
#define DENSE	2	/* resets closer than this, in pixels, are drawn as bars */

/*
 * Colours on a light and on a dark background. The light ones of the reasons are Okabe
 * and Ito's, for colour-blind readers; a test measures the distances of all of them.
 */
enum colour {
	PAPER, INK, FRAME, MARK, FREE, FAIL, HOPELESS, UNKNOWN_STATE, AWAKE_STATE,
	DIRECT, KSWAPD, PCP, OTHER, REASON, COLOURS
};

static const struct {
	const char *name, *light, *dark;
} colours[COLOURS] = {
	[PAPER] = { "paper", "#ffffff", "#15181d" },
	[INK] = { "ink", "#000000", "#dde1e7" },
	[FRAME] = { "frame", "#555555", "#8a9099" },
	[MARK] = { "mark", "#666666", "#a0a6ae" },
	[FREE] = { "free", "#000000", "#ffffff" },
	[FAIL] = { "fail", "#555555", "#b8bdc4" },
	[HOPELESS] = { "hopeless", "#f0c9a0", "#5a3d20" },
	[UNKNOWN_STATE] = { "unknown", "#d0d0d0", "#41464e" },
	[AWAKE_STATE] = { "awake", "#56b4e9", "#2a74a6" },
	[DIRECT] = { "DIRECT", "#d55e00", "#ff7a1a" },
	[KSWAPD] = { "KSWAPD", "#0072b2", "#4c9bff" },
	[PCP] = { "PCP", "#009e73", "#16c79a" },
	[OTHER] = { "OTHER", "#cc79a7", "#f0a6e8" },
	[REASON] = { "reason", "#8c510a", "#c9a37a" },
};

/* The class is the colour on a dark background, see style(). */
#define FILL		"class=\"%s\" fill=\"%s\""
#define STROKE		"class=\"%s\" stroke=\"%s\""
#define OF(colour)	colours[colour].name, colours[colour].light

struct scale {
	uint64_t span;		/* of the longest trace */
	uint64_t pages;		/* at the top of a panel */
};

struct plot {
	FILE *out;
	const struct trace *t;
	const struct model *m;
	const struct node *node;
	const struct scale *scale;
	int top;
};

static enum colour colour_of(const char *reason)
{
	enum colour i;

	for (i = DIRECT; i < REASON; i++)
		if (!strcmp(reason, colours[i].name))
			break;
	return i;
}

static void style(FILE *out)
{
	int i;

	fputs("<style>@media (prefers-color-scheme: dark) {\n", out);
	for (i = 0; i < COLOURS; i++)
		fprintf(out, "rect.%s, text.%s { fill: %s } line.%s, polyline.%s, rect.%s.outline { stroke: %s }\n",
			colours[i].name, colours[i].name, colours[i].dark, colours[i].name,
			colours[i].name, colours[i].name, colours[i].dark);
	fputs("rect.outline { fill: none }\n}</style>\n", out);
}

static double x_of(const struct plot *p, double ns)
{
	double x = p->scale->span ? ns / p->scale->span * WIDE : 0;

	return LEFT + (x < WIDE ? x : WIDE);
}

/* 1, 2 or 5 times a power of ten, for two to seven ticks */
static double step_of(double most)
{
	double step = most > 0 ? pow(10, floor(log10(most))) : 1;

	if (most / step >= 8)
		return step * 2;
	if (most / step >= 4)
		return step;
	return step / 2;
}

/* One rectangle for bins that follow each other. */
static void spans(const struct plot *p, size_t offset, int y, int height, enum colour colour,
		  const char *what)
{
	double bin = p->m->bin_ns;
	int i, from = -1;

	for (i = 0; i <= BINS; i++) {
		const char *at = (const char *)&p->node->bins[i < BINS ? i : 0] + offset;
		bool on = i < BINS && *(const uint64_t *)at;
		double left, width;

		if (on && from < 0)
			from = i;
		if (on || from < 0)
			continue;
		left = x_of(p, from * bin);
		width = x_of(p, i * bin) - left;
		fprintf(p->out, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" " FILL "><title>%s, about %.3f s from %.3f s on</title></rect>\n",
			left, y, width > 0.5 ? width : 0.5, height, OF(colour), what,
			(i - from) * bin / 1e9, from * bin / 1e9);
		from = -1;
	}
}

static void fails(const struct plot *p)
{
	uint64_t most = 1;
	int i;

	for (i = 0; i < BINS; i++)
		if (p->node->bins[i].fails > most)
			most = p->node->bins[i].fails;
	for (i = 0; i < BINS; i++) {
		uint32_t n = p->node->bins[i].fails;
		double x = x_of(p, (i + 0.5) * p->m->bin_ns);

		if (n)
			fprintf(p->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%d\" " STROKE " stroke-width=\"1.5\"><title>%u failed run%s</title></line>\n",
				x, p->top + TALL - 4 - 10.0 * n / most, x, p->top + TALL, OF(FAIL), n,
				n == 1 ? "" : "s");
	}
}

/* The number of columns with resets, and the most resets in a column. */
static uint64_t most_resets(const struct plot *p, int r, int *columns)
{
	uint64_t most = 0, sum = 0;
	int i, last = -1;

	*columns = 0;
	for (i = 0; i < BINS; i++) {
		int column = (x_of(p, (i + 0.5) * p->m->bin_ns) - LEFT) / (3 * DENSE);

		if (column != last)
			sum = 0;
		last = column;
		if (!p->node->bins[i].resets[r])
			continue;
		*columns += !sum;
		sum += p->node->bins[i].resets[r];
		if (sum > most)
			most = sum;
	}
	return most;
}

static void reset_mark(const struct plot *p, double x, double y, double width, double height,
		       int r, uint64_t n)
{
	fprintf(p->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" " FILL "><title>%" PRIu64 " reset%s ",
		x, y, width, height, OF(colour_of(p->m->reasons[r])), n, n == 1 ? "" : "s");
	print_escaped(p->out, p->m->reasons[r]);
	fputs("</title></rect>\n", p->out);
}

/* Few resets are marks as tall as the panel, many are bars of their number. */
static uint64_t resets(const struct plot *p, int r)
{
	int i, columns, from = -1, last = -1;
	uint64_t most = most_resets(p, r, &columns), sum = 0;
	bool dense = columns > WIDE / (12 * DENSE) || most > 20;

	for (i = 0; i <= BINS; i++) {
		double x = x_of(p, (i + 0.5) * p->m->bin_ns);
		uint32_t n = i < BINS ? p->node->bins[i].resets[r] : 0;
		int column = i < BINS ? (int)((x - LEFT) / (3 * DENSE)) : -2;

		if (!dense && n)
			reset_mark(p, x - 0.75, p->top, 1.5, TALL - 18, r, n);
		if (!dense)
			continue;
		if (column != last && sum)
			reset_mark(p, LEFT + from * 3.0 * DENSE + r % 2, p->top + TALL - 18 -
				   (TALL - 20.0) * sum / most, 3 * DENSE - 2, (TALL - 20.0) * sum / most,
				   r, sum);
		if (column != last) {
			sum = 0;
			from = column;
		}
		last = column;
		sum += n;
	}
	return dense ? most : 0;
}

/* Returns the x coordinate of the begin of the text, which ends at x. */
static double tallest(const struct plot *p, int r, uint64_t most, double x)
{
	char text[REASON_LEN + 64];

	snprintf(text, sizeof(text), "tallest bar: %" PRIu64 " resets %s", most, p->m->reasons[r]);
	fprintf(p->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"end\" font-size=\"11\" " FILL ">", x,
		p->top - 8, OF(colour_of(p->m->reasons[r])));
	print_escaped(p->out, text);
	fputs("</text>\n", p->out);
	return x - 6.5 * strlen(text) - 10;
}

static void line(const struct plot *p, size_t offset, enum colour colour, const char *style,
		 const char *what)
{
	int i;

	fprintf(p->out, "<polyline fill=\"none\" " STROKE " %s points=\"", OF(colour), style);
	for (i = 0; i < BINS; i++) {
		const struct bin *bin = &p->node->bins[i];
		uint64_t val = *(const uint64_t *)((const char *)bin + offset);

		if (bin->samples)
			fprintf(p->out, "%.1f,%.1f ", x_of(p, (i + 0.5) * p->m->bin_ns),
				p->top + TALL - (double)val / p->scale->pages * TALL);
	}
	fprintf(p->out, "\"><title>%s</title></polyline>\n", what);
}

/* The trace may be of a machine with other pages. */
static double mib(const struct trace *t, uint64_t pages)
{
	uint32_t page = t->facts.start.page_size;

	return (double)pages * (page ? page : sysconf(_SC_PAGESIZE)) / (1 << 20);
}

#define HIGH_LINE	"stroke-dasharray=\"6 3\""
#define LOW_LINE	"stroke-dasharray=\"2 3\""
#define FREE_LINE	"stroke-width=\"1.5\""

/* Free pages far above the watermarks are cut off. */
static void free_pages(const struct plot *p)
{
	double most = mib(p->t, p->scale->pages), step = step_of(most), at;

	if (!p->node->samples || !p->scale->pages)
		return;
	fprintf(p->out, "<svg x=\"0\" y=\"0\" width=\"%d\" height=\"%d\"><defs><clipPath id=\"c%d\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath></defs><g clip-path=\"url(#c%d)\">\n",
		LEFT + WIDE + RIGHT, p->top + TALL, p->top, LEFT, p->top, WIDE, TALL, p->top);
	line(p, offsetof(struct bin, high), MARK, HIGH_LINE, "high watermark");
	line(p, offsetof(struct bin, low), MARK, LOW_LINE, "low watermark");
	line(p, offsetof(struct bin, free), FREE, FREE_LINE, "free memory");
	fputs("</g></svg>\n", p->out);
	for (at = 0; at <= most; at += step)
		fprintf(p->out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" " FILL ">%g%s</text>\n", LEFT - 6,
			p->top + TALL - at / most * TALL + 4, OF(INK), at,
			at + step > most ? " MiB" : "");
}

static void time_axis(const struct plot *p, int bottom)
{
	double span = p->scale->span / 1e9, step = step_of(span), at;
	char when[32];

	if (p->m->no_time || span <= 0)
		return;
	for (at = 0; at <= span * 1.0001; at += step) {
		double x = x_of(p, at * 1e9);

		fprintf(p->out, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" " STROKE "/>",
			x, bottom, x, bottom + 4, OF(MARK));
		fprintf(p->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" " FILL ">", x,
			bottom + 18, OF(INK));
		if (time_of_day(p->m, p->m->start + at * 1e9, "%H:%M:%S", when, sizeof(when)))
			fprintf(p->out, "%s</text>\n", when);
		else
			fprintf(p->out, "%g%s</text>\n", at, at + step > span ? " s" : "");
	}
}

/* Healthy: never hopeless, no failed run, always balanced. */
static bool is_thin(const struct model *m, const struct node *node)
{
	return verdict_of(m, node) == HEALTHY && !node->fails && !node->below_high;
}

static int height_of(const struct model *m, const struct node *node)
{
	return is_thin(m, node) ? THIN : PANEL;
}

static void panel(FILE *out, const struct trace *t, const struct node *node,
		  const struct scale *scale, int top)
{
	struct plot p = { out, t, t->model, node, scale, top + 24 };
	bool thin = is_thin(t->model, node);
	int tall = thin ? 6 : TALL, bottom = p.top + tall, r;
	double wide = x_of(&p, t->model->end - t->model->start) - LEFT, right = LEFT + WIDE;

	fprintf(out, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\" " FILL ">node %d: %s, ", LEFT,
		top + 16, OF(INK), node->nid, verdict_name(verdict_of(t->model, node)));
	print_escaped(out, t->path);
	fputs("</text>\n", out);
	if (!thin) {
		spans(&p, offsetof(struct bin, unsure_ns), p.top, TALL, UNKNOWN_STATE, "not known");
		spans(&p, offsetof(struct bin, hopeless_ns), p.top, TALL, HOPELESS, "hopeless");
		free_pages(&p);
		fails(&p);
		for (r = 0; r < t->model->reason_count; r++) {
			uint64_t most = node->resets_by[r] ? resets(&p, r) : 0;

			if (most)
				right = tallest(&p, r, most, right);
		}
	}
	spans(&p, offsetof(struct bin, awake_ns), bottom + 2, 8, AWAKE_STATE, "awake");
	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"%s outline\" fill=\"none\" stroke=\"%s\"/>\n",
		LEFT, p.top, wide > 1 ? wide : 1, tall, OF(FRAME));
	if (!thin)
		time_axis(&p, bottom + 10);
}

struct legend {
	FILE *out;	/* NULL: only compute the height */
	int x, y;
};

/* A square of the colour, or a line of this style. */
static void key(struct legend *l, enum colour colour, const char *style, const char *text)
{
	int width = 34 + 7 * strlen(text);

	if (l->x > LEFT && l->x + width > LEFT + WIDE) {
		l->x = LEFT;
		l->y += ROW;
	}
	if (l->out) {
		if (style)
			fprintf(l->out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" " STROKE " %s/>",
				l->x, l->y + 6, l->x + 16, l->y + 6, OF(colour), style);
		else
			fprintf(l->out, "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" " FILL "/>",
				l->x + 2, l->y, OF(colour));
		fprintf(l->out, "<text x=\"%d\" y=\"%d\" " FILL ">", l->x + 20, l->y + 11, OF(INK));
		print_escaped(l->out, text);
		fputs("</text>\n", l->out);
	}
	l->x += width;
}

/* Returns the y coordinate of the first panel. */
static int legend(FILE *out, struct trace *traces, int count)
{
	struct legend l = { .out = out, .x = LEFT, .y = 30 };
	int i, j, k;

	key(&l, HOPELESS, NULL, "hopeless");
	key(&l, UNKNOWN_STATE, NULL, "not known");
	key(&l, AWAKE_STATE, NULL, "kswapd awake");
	key(&l, FAIL, NULL, "failed runs");
	key(&l, FREE, FREE_LINE, "free memory");
	key(&l, MARK, HIGH_LINE, "high watermark");
	key(&l, MARK, LOW_LINE, "low watermark");
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
			key(&l, colour_of(name), NULL, text);
		}
	}
	return l.y + 2 * ROW;
}

static void measure(struct trace *traces, int count, struct scale *scale, int *tall)
{
	int i, nid;

	for (i = 0; i < count; i++) {
		const struct model *m = traces[i].model;

		if (m->end - m->start > scale->span)
			scale->span = m->end - m->start;
		for (nid = 0; nid < MAX_NODES; nid++) {
			if (!m->nodes[nid])
				continue;
			*tall += height_of(m, m->nodes[nid]);
			if (!is_thin(m, m->nodes[nid]) && m->nodes[nid]->high_max > scale->pages &&
			    m->nodes[nid]->high_max < UINT64_MAX / 2)
				scale->pages = m->nodes[nid]->high_max;
		}
	}
	scale->pages *= 2;
}

void svg_report(FILE *out, struct trace *traces, int count)
{
	struct scale scale = { };
	int tall = legend(NULL, traces, count), top, i, nid;

	measure(traces, count, &scale, &tall);
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"100%%\" style=\"max-width:%dpx\" font-family=\"sans-serif\" font-size=\"12\">\n",
		LEFT + WIDE + RIGHT, tall + 10, 2 * (LEFT + WIDE + RIGHT));
	style(out);
	fprintf(out, "<rect width=\"100%%\" height=\"100%%\" " FILL "/>\n", OF(PAPER));
	fprintf(out, "<text x=\"%d\" y=\"18\" font-size=\"14\" " FILL ">kswapd: failed runs, hopeless nodes and resets</text>\n",
		LEFT, OF(INK));
	top = legend(out, traces, count);
	for (i = 0; i < count; i++) {
		for (nid = 0; nid < MAX_NODES; nid++) {
			const struct node *node = traces[i].model->nodes[nid];

			if (!node)
				continue;
			panel(out, &traces[i], node, &scale, top);
			top += height_of(traces[i].model, node);
		}
	}
	fputs("</svg>\n", out);
}
