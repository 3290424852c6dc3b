// SPDX-License-Identifier: GPL-2.0
/*
 * Options and their values on the command line.
 */
#include <getopt.h>
#include <string.h>

#include "run.h"

/* Digits only: no sign, no blanks, no other base. */
static int parse_digits(const char *arg, unsigned long long *val, char **end)
{
	if (*arg < '0' || *arg > '9')
		return -EINVAL;
	errno = 0;
	*val = strtoull(arg, end, 10);
	return errno ? -ERANGE : 0;
}

int parse_size(struct run *run, const char *name, const char *arg,
	       unsigned long long *size)
{
	unsigned long long unit = 1;
	char *end;
	int err;

	err = parse_digits(arg, size, &end);
	if (!err && *end) {
		switch (*end++) {
		case 'k':
		case 'K':
			unit = KIB;
			break;
		case 'm':
		case 'M':
			unit = MIB;
			break;
		case 'g':
		case 'G':
			unit = GIB;
			break;
		default:
			err = -EINVAL;
		}
		if (!err && *end)
			err = -EINVAL;
	}
	if (err == -EINVAL)
		return fail(run, EXIT_USAGE,
			    "%s: invalid size '%s': expected a number with an optional k, m or g suffix",
			    name, arg);
	/* File offsets are signed, and sizes are added up. */
	if (err || *size > LLONG_MAX / 4 / unit)
		return fail(run, EXIT_USAGE, "%s: %s is too large", name,
			    arg);
	*size *= unit;
	return 0;
}

int parse_int(struct run *run, const char *name, const char *arg, int least,
	      int most, int *val)
{
	unsigned long long n;
	char *end;

	if (parse_digits(arg, &n, &end) || *end || n > (unsigned int)most ||
	    (int)n < least)
		return fail(run, EXIT_USAGE,
			    "%s: invalid number '%s': expected %d to %d",
			    name, arg, least, most);
	*val = n;
	return 0;
}

/* The name as typed, for messages; valid until the next call. */
const char *option_name(const struct option *option)
{
	static char name[64];

	snprintf(name, sizeof(name), "--%s", option->name);
	return name;
}

/* getopt_long() with a message for '?'. */
int next_option(struct run *run, int argc, char **argv,
		const struct option *options, int *index)
{
	int id;

	opterr = 0;
	id = getopt_long(argc, argv, ":", options, index);
	if (id == ':')
		fail(run, EXIT_USAGE, "%s takes a value", argv[optind - 1]);
	else if (id == '?' && optopt && optopt < FIRST_OPTION)
		fail(run, EXIT_USAGE, "unknown option '-%c'", optopt);
	else if (id == '?' && optopt)
		fail(run, EXIT_USAGE, "%s takes no value", argv[optind - 1]);
	else if (id == '?')
		fail(run, EXIT_USAGE,
		     "unknown or ambiguous option '%s'", argv[optind - 1]);
	return id == ':' ? '?' : id;
}

/* Ends a program that prints its help, or has bad options. */
int exit_early(struct run *run, bool help, const char *help_text)
{
	if (!help)
		return finish(run);
	fputs(help_text, stdout);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}
