/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSWAPD_REPORT_MAIN_H
#define KSWAPD_REPORT_MAIN_H

#include <signal.h>

enum status {
	STATUS_OK = 0,
	STATUS_ERROR = 1,	/* a file or a system call failed */
	STATUS_USAGE = 2,	/* bad arguments or a bad file */
	STATUS_FAIL_ON = 3,	/* --fail-on */
};

/* argv[0] is the subcommand; each returns an exit status. */
int cmd_report(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_top(int argc, char **argv);

/* One sentence on standard error, with the program's name in front. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the error of the option that getopt_long() has refused with c. */
int refuse_option(const char *command, int c, char **argv);
/* Counts SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGPIPE. */
extern volatile sig_atomic_t stop;
void stop_on_signals(void);

/* The value of an option, from least to most. Returns 0 after a message if invalid. */
int take_number(const char *option, const char *text, double least, double most, double *val);
int take_whole(const char *option, const char *text, double least, double most, double *val);

#endif
