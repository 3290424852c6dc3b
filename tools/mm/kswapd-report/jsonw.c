// SPDX-License-Identifier: GPL-2.0
/*
 * Writes JSON.
 */
#include <string.h>

#include "event.h"
#include "jsonw.h"

int utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};
	uint32_t code;
	int n, i;

	for (n = 0; n < 4; n++) {
		if ((s[0] & forms[n].mask) != forms[n].lead)
			continue;
		code = s[0] & ~forms[n].mask;
		for (i = 1; i <= n; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (s[i] & 0x3f);
		}
		if (code < forms[n].least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return 0;
		return n + 1;
	}
	return 0;
}

static void quoted(FILE *out, const char *s)
{
	fputc('"', out);
	while (*s) {
		unsigned char c = *s;
		int n = utf8_length(s);

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else if (!n)
			fputs("\\ufffd", out);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
	fputc('"', out);
}

void jsonw_start(struct jsonw *w, FILE *out, bool one_line)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
	w->lines = one_line;
}

static void item(struct jsonw *w, const char *key)
{
	if (w->begun[w->depth])
		fputs(w->lines ? ", " : ",", w->out);
	if (w->depth && !w->lines)
		fprintf(w->out, "\n%*s", 2 * w->depth, "");
	w->begun[w->depth] = true;
	if (key) {
		quoted(w->out, key);
		fputs(": ", w->out);
	}
}

void jsonw_open(struct jsonw *w, const char *key, char bracket)
{
	item(w, key);
	fputc(bracket, w->out);
	if (w->depth + 1 < JSONW_DEPTH)
		w->depth++;
	w->begun[w->depth] = false;
}

void jsonw_close(struct jsonw *w, char bracket)
{
	bool begun = w->begun[w->depth];

	w->depth--;
	if (begun && !w->lines)
		fprintf(w->out, "\n%*s", 2 * w->depth, "");
	fputc(bracket, w->out);
	if (!w->depth)
		fputc('\n', w->out);
}

void jsonw_string(struct jsonw *w, const char *key, const char *val)
{
	item(w, key);
	if (val)
		quoted(w->out, val);
	else
		fputs("null", w->out);
}

void jsonw_number(struct jsonw *w, const char *key, uint64_t val)
{
	item(w, key);
	fprintf(w->out, "%" PRIu64, val);
}

void jsonw_int(struct jsonw *w, const char *key, int64_t val)
{
	item(w, key);
	fprintf(w->out, "%" PRId64, val);
}

void jsonw_decimal(struct jsonw *w, const char *key, double val, int digits)
{
	item(w, key);
	fprintf(w->out, "%.*f", digits, val);
}

void jsonw_seconds(struct jsonw *w, const char *key, uint64_t ns)
{
	item(w, key);
	fprintf(w->out, "%" PRIu64 ".%09" PRIu64, ns / NSEC, ns % NSEC);
}

void jsonw_bool(struct jsonw *w, const char *key, bool val)
{
	item(w, key);
	fputs(val ? "true" : "false", w->out);
}

void jsonw_null(struct jsonw *w, const char *key)
{
	item(w, key);
	fputs("null", w->out);
}
