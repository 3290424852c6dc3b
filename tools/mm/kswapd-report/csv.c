// SPDX-License-Identifier: GPL-2.0
/*
 * The episodes as a table for other programs: one line each, the fields of JSON.
 */
#include <string.h>

#include "fields.h"
#include "output.h"

/*
 * Spreadsheets evaluate text that begins like a formula; a tab in front prevents that.
 */
static void quoted(FILE *out, const char *s)
{
	fputc('"', out);
	if (*s && strchr("=+-@\t\r", *s))
		fputc('\t', out);
	while (*s) {
		if (*s == '"')
			fputc('"', out);
		s = print_char(out, s);
	}
	fputc('"', out);
}

static void cell(FILE *out, const struct field *f, const struct model *m,
		 const struct node *node, const struct episode *ep)
{
	struct value val;
	char buf[64];

	fputc(',', out);
	if (!f->get(m, node, ep, &val))
		return;
	if (f->kind == F_WORD) {
		quoted(out, val.word);
		return;
	}
	field_words(buf, sizeof(buf), f, m, node, ep);
	fputs(buf, out);
}

void csv_report(FILE *out, struct trace *traces, int count)
{
	const struct field *f;
	uint32_t e;
	int i, nid;

	fputs("file,node", out);
	for (f = episode_fields; f->key; f++)
		fprintf(out, ",%s", f->key);
	fputc('\n', out);
	for (i = 0; i < count; i++) {
		for (nid = 0; nid < MAX_NODES; nid++) {
			const struct node *node = traces[i].model->nodes[nid];

			for (e = 0; node && e < node->episodes_kept; e++) {
				quoted(out, traces[i].path);
				fprintf(out, ",%d", nid);
				for (f = episode_fields; f->key; f++)
					cell(out, f, traces[i].model, node, &node->episodes[e]);
				fputc('\n', out);
			}
		}
	}
}
