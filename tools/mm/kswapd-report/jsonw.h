/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes JSON. Commas, line breaks and indentation follow from the nesting.
 */
#ifndef KSWAPD_REPORT_JSONW_H
#define KSWAPD_REPORT_JSONW_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#define JSONW_DEPTH	16

struct jsonw {
	FILE *out;
	int depth;
	bool lines;			/* one line for all of it */
	bool begun[JSONW_DEPTH];	/* not empty */
};

void jsonw_start(struct jsonw *w, FILE *out, bool one_line);
/* key is NULL in an array, and at the top */
void jsonw_open(struct jsonw *w, const char *key, char bracket);
void jsonw_close(struct jsonw *w, char bracket);
void jsonw_string(struct jsonw *w, const char *key, const char *val);	/* NULL: null */
void jsonw_number(struct jsonw *w, const char *key, uint64_t val);
void jsonw_int(struct jsonw *w, const char *key, int64_t val);
void jsonw_decimal(struct jsonw *w, const char *key, double val, int digits);
void jsonw_seconds(struct jsonw *w, const char *key, uint64_t ns);
void jsonw_bool(struct jsonw *w, const char *key, bool val);
void jsonw_null(struct jsonw *w, const char *key);

/*
 * The length of the first UTF-8 character of text, or 0 if it is invalid.
 */
int utf8_length(const char *text);

#endif
