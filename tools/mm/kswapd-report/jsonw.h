/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes JSON: keys, values and nesting; libyajl does the rest.
 */
#ifndef KSWAPD_REPORT_JSONW_H
#define KSWAPD_REPORT_JSONW_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <yajl/yajl_gen.h>

struct jsonw {
	yajl_gen gen;
	FILE *out;
	bool one_line;		/* for all of it */
};

void jsonw_start(struct jsonw *w, FILE *out, bool one_line);
void jsonw_end(struct jsonw *w);
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
