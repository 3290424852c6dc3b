/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The forms that a report can take.
 */
#ifndef KSWAPD_REPORT_OUTPUT_H
#define KSWAPD_REPORT_OUTPUT_H

#include <stdio.h>

#include "model.h"
#include "read.h"

struct trace {
	const char *path;
	struct model *model;
	struct read_facts facts;
};

void text_report(FILE *out, struct trace *traces, int count);
void json_report(FILE *out, struct trace *traces, int count);
void csv_report(FILE *out, struct trace *traces, int count);
void svg_report(FILE *out, struct trace *traces, int count);
void html_report(FILE *out, struct trace *traces, int count);
void perfetto_report(FILE *out, struct trace *traces, int count);
void prom_report(FILE *out, struct trace *traces, int count);

#define WIDTH	80

/* Text with line breaks before column 80; continuation lines are indented. */
void wrap(FILE *out, int indent, int hang, const char *text);
void wrap_owned(FILE *out, int indent, int hang, const char *head, char *text);

/* "kswapd_pressure-103", at most 27 bytes with the zero */
#define TASK_LEN	28
const char *task_words(const struct episode *ep, char *buf);

/* The bins merged into n columns over the time of the trace. */
void columns_of(const struct model *m, const struct node *node, struct bin *columns, int n);

/* UTC at a time of the trace, by strftime's format; NULL if it is not known. */
const char *time_of_day(const struct model *m, uint64_t ts, const char *format, char *buf,
			size_t size);

/* One character, or ? for a byte that begins none; returns the text after it. */
const char *print_char(FILE *out, const char *s);
void print_path(FILE *out, const char *path);
/* For XML and HTML, whatever bytes it has */
void print_escaped(FILE *out, const char *s);

#ifndef VERSION
#define VERSION	"2"
#endif

#endif
