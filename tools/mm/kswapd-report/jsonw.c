// SPDX-License-Identifier: GPL-2.0
/*
 * Writes JSON by libyajl, which takes care of commas, nesting and quoting.
 */
#include <assert.h>
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
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

static void print(void *out, const char *text, size_t len)
{
	fwrite(text, 1, len, out);
}

/* Errors are those of the caller: a key without a value, a bracket too many. */
static void check(yajl_gen_status status)
{
	assert(status == yajl_gen_status_ok);
	(void)status;
}

static void quoted(struct jsonw *w, const char *s)
{
	static const char unknown[] = "\xef\xbf\xbd";	/* U+FFFD */
	char *text = malloc(strlen(s) * (sizeof(unknown) - 1) + 1), *end = text;

	if (!text)
		errx(1, "out of memory");
	while (*s) {
		int n = utf8_length(s);

		end = n ? mempcpy(end, s, n) : stpcpy(end, unknown);
		s += n ? n : 1;
	}
	check(yajl_gen_string(w->gen, (unsigned char *)text, end - text));
	free(text);
}

static void key_of(struct jsonw *w, const char *key)
{
	if (key)
		quoted(w, key);
}

void jsonw_start(struct jsonw *w, FILE *out, bool one_line)
{
	w->out = out;
	w->one_line = one_line;
	w->gen = yajl_gen_alloc(NULL);
	if (!w->gen)
		errx(1, "out of memory");
	yajl_gen_config(w->gen, yajl_gen_print_callback, print, out);
	yajl_gen_config(w->gen, yajl_gen_beautify, !one_line);
	yajl_gen_config(w->gen, yajl_gen_indent_string, "  ");
}

void jsonw_end(struct jsonw *w)
{
	yajl_gen_free(w->gen);
	if (w->one_line)
		fputc('\n', w->out);
}

void jsonw_open(struct jsonw *w, const char *key, char bracket)
{
	key_of(w, key);
	check(bracket == '{' ? yajl_gen_map_open(w->gen) : yajl_gen_array_open(w->gen));
}

void jsonw_close(struct jsonw *w, char bracket)
{
	check(bracket == '}' ? yajl_gen_map_close(w->gen) : yajl_gen_array_close(w->gen));
}

void jsonw_string(struct jsonw *w, const char *key, const char *val)
{
	if (!val) {
		jsonw_null(w, key);
		return;
	}
	key_of(w, key);
	quoted(w, val);
}

static void number(struct jsonw *w, const char *key, const char *format, ...)
{
	char text[400];		/* a double without an exponent may take 300 */
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	key_of(w, key);
	check(yajl_gen_number(w->gen, text, len));
}

void jsonw_number(struct jsonw *w, const char *key, uint64_t val)
{
	number(w, key, "%" PRIu64, val);
}

void jsonw_int(struct jsonw *w, const char *key, int64_t val)
{
	number(w, key, "%" PRId64, val);
}

void jsonw_decimal(struct jsonw *w, const char *key, double val, int digits)
{
	number(w, key, "%.*f", digits, val);
}

void jsonw_seconds(struct jsonw *w, const char *key, uint64_t ns)
{
	number(w, key, "%" PRIu64 ".%09" PRIu64, ns / NSEC, ns % NSEC);
}

void jsonw_bool(struct jsonw *w, const char *key, bool val)
{
	key_of(w, key);
	check(yajl_gen_bool(w->gen, val));
}

void jsonw_null(struct jsonw *w, const char *key)
{
	key_of(w, key);
	check(yajl_gen_null(w->gen));
}
