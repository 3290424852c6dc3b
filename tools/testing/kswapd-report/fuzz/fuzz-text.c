// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any text is refused, or its events are read and reported.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "output.h"
#include "textfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sink {
	struct model *m;
	struct trace *t;
};

static void take(const struct event *ev, void *ctx)
{
	struct sink *s = ctx;

	if (ev->type == EV_END) {
		s->t->facts.end = ev->end;
		s->t->facts.last_ts = ev->ts;
		return;
	}
	if (ev->type == EV_START)
		s->t->facts.start = ev->start;
	model_event(ev, s->m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	struct trace t = { .path = "a" };
	struct sink s = { .t = &t };
	FILE *in;

	if (!null)
		null = fopen("/dev/null", "w");
	if (!size)
		return 0;
	in = fmemopen((void *)data, size, "r");
	if (!in || !null)
		err(1, "cannot start");
	s.m = t.model = model_new();
	text_read_events(in, take, &s);
	fclose(in);
	model_finish(s.m, t.facts.end.first_ts, t.facts.last_ts);
	text_report(null, &t, 1);
	json_report(null, &t, 1);
	csv_report(null, &t, 1);
	model_free(s.m);
	return 0;
}
