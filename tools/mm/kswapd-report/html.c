// SPDX-License-Identifier: GPL-2.0
/*
 * One self-contained page with the text and the picture.
 */
#include <stdlib.h>

#include "jsonw.h"
#include "output.h"

static void escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '>' || *s == '&')
			fprintf(out, "&#%d;", *s);
		else
			fputc(*s, out);
	}
}

void html_report(FILE *out, struct trace *traces, int count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *buf = open_memstream(&text, &size);

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<title>kswapd-report</title>\n<style>\n"
	      ":root { color-scheme: light dark }\n"
	      "body { margin: 1em auto; max-width: 100em; padding: 0 1em; font-family: sans-serif;\n"
	      "	background: #ffffff; color: #000000 }\n"
	      "pre { overflow-x: auto } svg { max-width: 100%; height: auto }\n"
	      "@media (prefers-color-scheme: dark) {\n"
	      "	body { background: #15181d; color: #dde1e7 }\n"
	      "}\n"
	      "</style>\n</head>\n<body>\n<h1>kswapd-report</h1>\n", out);
	svg_report(out, traces, count);
	if (buf) {
		text_report(buf, traces, count);
		if (!fclose(buf) && text) {
			fputs("<pre>", out);
			escaped(out, text);
			fputs("</pre>\n", out);
		}
		free(text);
	}
	fputs("</body>\n</html>\n", out);
}
