// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of the output formats.
 */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jsonw.h"
#include "output.h"

void wrap(FILE *out, int indent, int hang, const char *text)
{
	int at = indent;

	fprintf(out, "%*s", indent, "");
	while (*text) {
		int n = strcspn(text, " ");

		if (at > indent && at + 1 + n > WIDTH - 1) {
			fprintf(out, "\n%*s", indent + hang, "");
			at = indent + hang;
		} else if (at > indent) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", n, text);
		at += n;
		text += n;
		while (*text == ' ')
			text++;
	}
	fputc('\n', out);
}

void wrap_owned(FILE *out, int indent, int hang, const char *head, char *text)
{
	char *whole;

	if (asprintf(&whole, "%s%s", head, text) < 0)
		errx(1, "out of memory");
	wrap(out, indent, hang, whole);
	free(whole);
	free(text);
}

const char *time_of_day(const struct model *m, uint64_t ts, const char *format, char *buf,
			size_t size)
{
	time_t seconds;
	struct tm tm;

	if (!m->meta_ts || m->no_time)
		return NULL;
	seconds = (int64_t)(m->meta.wall_ns - m->meta_ts + ts) / (int64_t)NSEC;
	if (!gmtime_r(&seconds, &tm) || !strftime(buf, size, format, &tm))
		return NULL;
	return buf;
}

const char *print_char(FILE *out, const char *s)
{
	int n = utf8_length(s);

	if (n)
		fwrite(s, 1, n, out);
	else
		fputc('?', out);
	return s + (n ? n : 1);
}

/* A name from a file must not send control sequences to the terminal. */
void print_path(FILE *out, const char *path)
{
	while (*path) {
		if (!iscntrl((unsigned char)*path)) {
			path = print_char(out, path);
			continue;
		}
		fputc('?', out);
		path++;
	}
}

void print_escaped(FILE *out, const char *s)
{
	while (*s) {
		unsigned char c = *s;

		if (c == '<' || c == '>' || c == '&' || c == '"')
			fprintf(out, "&#%u;", c);
		else if (c != '\n' && iscntrl(c))
			fputc('?', out);
		else {
			s = print_char(out, s);
			continue;
		}
		s++;
	}
}

const char *task_words(const struct episode *ep, char *buf)
{
	snprintf(buf, TASK_LEN, "%s-%d", ep->comm[0] ? ep->comm : "<...>", ep->pid);
	return buf;
}

/* A bin belongs to the column of its begin: there are more bins than columns. */
void columns_of(const struct model *m, const struct node *node, struct bin *columns, int n)
{
	uint64_t span = m->end - m->start;
	int i;

	memset(columns, 0, n * sizeof(*columns));
	for (i = 0; i < BINS; i++) {
		double at = (double)i * m->bin_ns;
		struct bin *col;
		int c;

		if (at > span)
			break;
		c = span ? at / span * n : 0;
		col = &columns[c < n ? c : n - 1];
		merge_bins(col, col, &node->bins[i]);
	}
}
