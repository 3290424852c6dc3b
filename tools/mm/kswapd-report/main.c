// SPDX-License-Identifier: GPL-2.0
/*
 * kswapd-report: stops and restarts of kswapd on each node, and their causes.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main.h"
#include "output.h"

static const char usage[] =
"usage: kswapd-report COMMAND [option...]\n"
"\n"
"Shows for each NUMA node whether kswapd stopped reclaiming, for how long, how\n"
"often, the cause of each restart, and whether the restart lasted.\n"
"\n"
"  record   record a trace of this machine (root)\n"
"  report   report on one trace, or compare several\n"
"  top      show the same live, once a second\n"
"  help, --help, --version\n"
"\n"
"'kswapd-report COMMAND --help' lists the options; each has a manual page, such\n"
"as kswapd-report-record(1).\n"
"\n"
"Exit status: 0 done; 1 error; 2 wrong arguments or a bad file; 3 a verdict is\n"
"one of the --fail-on list.\n";

void complain(const char *fmt, ...)
{
	va_list ap;

	fputs("kswapd-report: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int take_number(const char *option, const char *text, double least, double most, double *val)
{
	char *end;

	/* no hexadecimal, exponent, sign or "inf" */
	*val = strtod(text, &end);
	if (!*text || text[strspn(text, "0123456789.")] || *end || *val < least || *val > most) {
		complain("%s takes a number from %.10g to %.10g, not '%s'", option, least, most,
			 text);
		return 0;
	}
	return 1;
}

int take_whole(const char *option, const char *text, double least, double most, double *val)
{
	if (text[strspn(text, "0123456789")]) {
		complain("%s takes a whole number, not '%s'", option, text);
		return 0;
	}
	return take_number(option, text, least, most, val);
}

int refuse_option(const char *command, int c, char **argv)
{
	if (c == ':')
		complain("%s takes a value", argv[optind - 1]);
	else if (optopt > 0 && optopt < 256)
		complain("unknown option '-%c' ('kswapd-report %s --help' lists the options)",
			 optopt, command);
	else
		complain("unknown option '%s' ('kswapd-report %s --help' lists the options)",
			 argv[optind - 1], command);
	return STATUS_USAGE;
}

volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop++;
}

void stop_on_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
}

/* A file must not be opened as a standard descriptor that the caller closed. */
static void open_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* A full disk must not look like a report. */
static int flushed(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	complain("cannot write the output");
	return status ? status : STATUS_ERROR;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "record", cmd_record },
		{ "report", cmd_report },
		{ "top", cmd_top },
	};
	size_t i;

	open_standard();
	if (argc < 2) {
		fputs(usage, stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		fputs(usage, stdout);
		return flushed(STATUS_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		puts("kswapd-report " VERSION);
		return flushed(STATUS_OK);
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return flushed(commands[i].run(argc - 1, argv + 1));
	complain("unknown command '%s' ('kswapd-report --help' lists the commands)", argv[1]);
	return STATUS_USAGE;
}
