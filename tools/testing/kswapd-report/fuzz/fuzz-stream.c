// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: the parent must make a report of any output of the reading child, or
 * refuse it. The input is the data of the pipe.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "output.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	static int fd = -1;
	struct trace traces[2] = { { .path = "a" }, { .path = "<b>\"" } };
	struct model *m;

	if (fd < 0) {
		fd = memfd_create("input", 0);
		null = fopen("/dev/null", "w");
		if (fd < 0 || !null)
			err(1, "cannot start");
	}
	if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		err(1, "memfd");
	m = model_new();
	lseek(fd, 0, SEEK_SET);
	/* The tool exits on an error; here the partial data is reported as well. */
	trace_read_stream(fd, &traces[0].facts, model_event, m);
	model_finish(m, traces[0].facts.end.first_ts, traces[0].facts.last_ts);
	traces[0].model = traces[1].model = m;
	text_report(null, traces, 1);
	text_report(null, traces, 2);
	json_report(null, traces, 1);
	csv_report(null, traces, 1);
	svg_report(null, traces, 2);
	model_free(m);
	return 0;
}
