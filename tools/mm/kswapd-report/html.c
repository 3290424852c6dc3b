// SPDX-License-Identifier: GPL-2.0
/*
 * One self-contained page with the picture, the text, and a table of values.
 */
#include <stdlib.h>

#include "fields.h"
#include "output.h"

/* A row for each value, a column for each node */
static void rows(FILE *out, const struct field *f, const struct model *m, bool samples)
{
	char val[64];
	int nid;

	for (; f->key; f++) {
		fprintf(out, "<tr><th>%s</th>", f->key);
		for (nid = 0; nid < MAX_NODES; nid++) {
			if (!m->nodes[nid])
				continue;
			if (samples && !m->nodes[nid]->samples)
				snprintf(val, sizeof(val), "?");
			else
				field_words(val, sizeof(val), f, m, m->nodes[nid], NULL);
			fprintf(out, "<td>%s</td>", val);
		}
		fputs("</tr>\n", out);
	}
}

static void table(FILE *out, const struct trace *t)
{
	int nid;

	fputs("<table>\n<caption>", out);
	print_escaped(out, t->path);
	fputs("</caption>\n<tr><th></th>", out);
	for (nid = 0; nid < MAX_NODES; nid++)
		if (t->model->nodes[nid])
			fprintf(out, "<th>node %d</th>", nid);
	fputs("</tr>\n", out);
	rows(out, node_fields, t->model, false);
	rows(out, sample_fields, t->model, true);
	fputs("</table>\n", out);
}

void html_report(FILE *out, struct trace *traces, int count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *buf = open_memstream(&text, &size);
	int i;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<title>kswapd-report</title>\n<style>\n"
	      ":root { color-scheme: light dark }\n"
	      "body { margin: 1em auto; max-width: 100em; padding: 0 1em; font-family: sans-serif;\n"
	      "	background: #ffffff; color: #000000 }\n"
	      "pre { overflow-x: auto } svg { max-width: 100%; height: auto }\n"
	      "table { margin: 1em 0 } caption { text-align: left }\n"
	      "th { text-align: left } td { text-align: right; padding: 0 1em }\n"
	      "@media (prefers-color-scheme: dark) {\n"
	      "	body { background: #15181d; color: #dde1e7 }\n"
	      "}\n"
	      "</style>\n</head>\n<body>\n<h1>kswapd-report</h1>\n", out);
	svg_report(out, traces, count);
	if (buf) {
		text_report(buf, traces, count);
		if (!fclose(buf) && text) {
			fputs("<pre>", out);
			print_escaped(out, text);
			fputs("</pre>\n", out);
		}
		free(text);
	}
	for (i = 0; i < count; i++)
		table(out, &traces[i]);
	fputs("</body>\n</html>\n", out);
}
