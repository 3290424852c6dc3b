// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: the path of perf.data, without perf. The input is the exit status of
 * perf and the text that perf prints, in place of filter.c. A file is refused in one
 * sentence, or its events are read; reports are for fuzz-text.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "open.h"
#include "textfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	const uint8_t *text;
	size_t size;
	int status;
} output;

/* If the text is a compressed file or perf.data itself, its converter prints nothing. */
int run_filter(const char *const *command, int in, int out, off_t most, bool debug)
{
	size_t size = output.size;

	(void)command, (void)in, (void)most, (void)debug;
	output.size = 0;
	if (size && write(out, output.text, size) != (ssize_t)size)
		err(1, "cannot write the text");
	return output.status;
}

static void take(const struct event *ev, void *ctx)
{
	(void)ctx;
	/* The model has a place for the node. */
	if (ev->type <= EV_RUN_END && (ev->nid < 0 || ev->nid >= MAX_NODES))
		abort();
}

static void read_text(int fd)
{
	FILE *in = fdopen(fd, "r");

	if (!in)
		err(1, "cannot read the text");
	text_read_events(in, take, NULL);
	fclose(in);
}

static void check_sentence(const char *error)
{
	if (!*error || strchr(error, '\n'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 0, 0, 0, 0, 0, 0, 1, 127 };
	static char path[64];
	char error[512] = "";
	struct stat st;
	bool text;
	int fd;

	if (!size)
		return 0;
	if (!*path) {
		fd = memfd_create("perf.data", 0);
		if (fd < 0 || write(fd, "PERFILE2", 8) != 8)
			err(1, "memfd");
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	output.status = statuses[data[0] % 8];
	output.text = data + 1;
	output.size = size - 1;
	fd = trace_open(path, &text, &st, false, error, sizeof(error));
	if (fd < 0)
		check_sentence(error);
	else if (text)
		read_text(fd);
	else
		close(fd);	/* a trace.dat is for fuzz-file */
	return 0;
}
