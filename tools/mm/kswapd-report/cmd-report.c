// SPDX-License-Identifier: GPL-2.0
/*
 * kswapd-report report
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main.h"
#include "open.h"
#include "output.h"
#include "verdict.h"

static const char usage[] =
"usage: kswapd-report report [option...] TRACE...\n"
"\n"
"Reads a trace.dat of 'kswapd-report record' or trace-cmd, perf.data, or text of\n"
"trace-cmd report, trace, trace_pipe and perf script; of this machine or another,\n"
"also packed by gzip, xz or zstd. - is standard input. Several are compared.\n"
"\n"
"      --json             print JSON (its fields are in kswapd-report-report(1))\n"
"      --csv              print one line for each episode, comma-separated\n"
"      --svg FILE         also write a picture of each node over time\n"
"      --html FILE        also write a page with the text and the picture\n"
"      --perfetto FILE    also write spans and counters for ui.perfetto.dev\n"
"      --prometheus FILE  also write metrics for the textfile collector\n"
"      --fail-on LIST     exit with 3 if a verdict is one of the LIST, with commas:\n"
"                         given-up, runaway, suspected, unknown\n"
"      --debug            show the messages of libtracecmd\n"
"  -h, --help             this text\n";

enum { JSON = 256, CSV, FAIL_ON, DEBUG, FILES };

/* Formats with an option that names the file. */
static const struct {
	const char *option;
	void (*report)(FILE *out, struct trace *traces, int count);
} files[] = {
	{ "svg", svg_report },
	{ "html", html_report },
	{ "perfetto", perfetto_report },
	{ "prometheus", prom_report },
};

#define FILE_COUNT	(sizeof(files) / sizeof(files[0]))

struct options {
	bool json, csv, debug;
	unsigned int fail_on;
	const char *files[FILE_COUNT];
};

/* Returns -1 to go on, or a status to end with. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, JSON },
		{ "csv", no_argument, NULL, CSV },
		{ "svg", required_argument, NULL, FILES },
		{ "html", required_argument, NULL, FILES + 1 },
		{ "perfetto", required_argument, NULL, FILES + 2 },
		{ "prometheus", required_argument, NULL, FILES + 3 },
		{ "fail-on", required_argument, NULL, FAIL_ON },
		{ "debug", no_argument, NULL, DEBUG },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	size_t which;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		switch (c) {
		case JSON:
			o->json = true;
			break;
		case CSV:
			o->csv = true;
			break;
		case FILES ... FILES + FILE_COUNT - 1:
			o->files[c - FILES] = optarg;
			break;
		case FAIL_ON:
			o->fail_on = fail_list(optarg);
			if (!o->fail_on) {
				complain("--fail-on takes given-up, runaway, suspected and unknown, with commas between, not '%s'",
					 optarg);
				return STATUS_USAGE;
			}
			break;
		case DEBUG:
			o->debug = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return STATUS_OK;
		default:
			return refuse_option("report", c, argv);
		}
	}
	if (o->json && o->csv) {
		complain("choose one of --json and --csv");
		return STATUS_USAGE;
	}
	for (which = 0; which < FILE_COUNT; which++) {
		/* If the name of the file is forgotten, the next word is the trace. */
		if (o->files[which] && is_trace(o->files[which])) {
			complain("--%s writes a file, and %s is a trace: the name of the file is missing",
				 files[which].option, o->files[which]);
			return STATUS_USAGE;
		}
	}
	if (optind == argc) {
		complain("name a trace, or several ('kswapd-report report --help' tells more)");
		return STATUS_USAGE;
	}
	return -1;
}

static int read_one(struct trace *t, const char *path, bool debug)
{
	char error[512];

	t->path = path;
	t->model = model_new();
	if (!t->model) {
		complain("out of memory");
		return STATUS_ERROR;
	}
	if (trace_read(path, debug, &t->facts, model_event, t->model, error, sizeof(error))) {
		complain("%s", error);
		return STATUS_USAGE;
	}
	model_finish(t->model, t->facts.end.first_ts, t->facts.last_ts);
	return STATUS_OK;
}

/* Rename is atomic: a reader sees the old file or the new one. */
static int write_file(size_t which, const char *path, struct trace *traces, int count)
{
	struct stat st;
	bool device = !stat(path, &st) && !S_ISREG(st.st_mode);
	/* A link, such as /dev/stdout, stays. */
	char *part, *real = device ? NULL : realpath(path, NULL);
	const char *target = real ? real : path;
	FILE *out = NULL;
	int fd, bad = 1;

	if (asprintf(&part, device ? "%s" : "%s.XXXXXX", target) < 0)
		part = NULL;
	if (part) {
		fd = device ? open(part, O_WRONLY | O_CLOEXEC) : mkostemp(part, O_CLOEXEC);
		out = fd < 0 ? NULL : fdopen(fd, "w");
	}
	if (out) {
		files[which].report(out, traces, count);
		bad = ferror(out) || (!device && fchmod(fd, 0644));
		bad |= fclose(out) || bad || (!device && rename(part, target));
	}
	if (bad) {
		complain("cannot write %s: %s", path, strerror(errno));
		if (out && !device)
			unlink(part);
	}
	free(part);
	free(real);
	return bad ? STATUS_ERROR : STATUS_OK;
}

static int show(struct trace *traces, int count, const struct options *o)
{
	size_t which;
	int i;

	if (o->json)
		json_report(stdout, traces, count);
	else if (o->csv)
		csv_report(stdout, traces, count);
	else
		text_report(stdout, traces, count);
	for (which = 0; which < FILE_COUNT; which++)
		if (o->files[which] && write_file(which, o->files[which], traces, count))
			return STATUS_ERROR;
	for (i = 0; i < count; i++)
		if (fails_on(traces[i].model, o->fail_on))
			return STATUS_FAIL_ON;
	return STATUS_OK;
}

/* A bad file gets a message, and the other files are reported. */
static int read_all(struct trace *traces, int *count, char **paths, const struct options *o)
{
	int i, n = 0, bad = STATUS_OK, status;

	for (i = 0; i < *count; i++) {
		status = read_one(&traces[n], paths[i], o->debug);
		if (status == STATUS_OK) {
			n++;
			continue;
		}
		model_free(traces[n].model);
		memset(&traces[n], 0, sizeof(traces[n]));
		if (status == STATUS_ERROR)
			return status;
		bad = status;
	}
	*count = n;
	return bad;
}

int cmd_report(int argc, char **argv)
{
	struct options o = { };
	struct trace *traces;
	int count, i, status, shown;

	status = parse(argc, argv, &o);
	if (status >= 0)
		return status;
	count = argc - optind;
	traces = calloc(count, sizeof(*traces));
	if (!traces) {
		complain("out of memory");
		return STATUS_ERROR;
	}
	status = read_all(traces, &count, argv + optind, &o);
	if (status != STATUS_ERROR && count) {
		shown = show(traces, count, &o);
		if (shown)
			status = shown;
	}
	for (i = 0; i < count; i++)
		model_free(traces[i].model);
	free(traces);
	return status;
}
