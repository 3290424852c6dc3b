// SPDX-License-Identifier: GPL-2.0
#include "run.h"

/* NULL: there is none. */
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
			/* Bytes of an unknown encoding: kept one by one. */
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* How the program ended. */
void json_end(FILE *out, const struct run *run)
{
	fprintf(out, "  \"interrupted\": %s, \"clean\": %s, \"error\": ",
		run->signal ? "true" : "false", run->clean ? "true" : "false");
	json_string(out, run->status ? run->why : NULL);
	fprintf(out, ",\n");
}

/* A value below 0 is not known. */
void json_value(FILE *out, const char *name, double value, int digits)
{
	fprintf(out, ", \"%s\": ", name);
	if (value < 0)
		fprintf(out, "null");
	else
		fprintf(out, "%.*f", digits, value);
}
