// SPDX-License-Identifier: GPL-2.0
#include "run.h"

/* A string, or null. */
void json_string(FILE *out, const char *s)
{
	if (!s) {
		fprintf(out, "null");
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			/* The encoding is unknown, so escape each byte. */
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* The end of the run. */
void json_end(FILE *out, const struct run *run)
{
	fprintf(out, "  \"interrupted\": %s, \"clean\": %s, \"error\": ",
		run->signal ? "true" : "false", run->clean ? "true" : "false");
	json_string(out, run->status ? run->why : NULL);
	fprintf(out, ",\n");
}

/* A value below 0 means unknown. */
void json_value(FILE *out, const char *name, double value, int digits)
{
	fprintf(out, ", \"%s\": ", name);
	if (value < 0)
		fprintf(out, "null");
	else
		fprintf(out, "%.*f", digits, value);
}
