/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSWAPD_REPORT_MAIN_H
#define KSWAPD_REPORT_MAIN_H

#include <signal.h>

enum status {
	STATUS_OK = 0,
	STATUS_ERROR = 1,	/* something went wrong */
	STATUS_USAGE = 2,	/* bad arguments or a bad file */
	STATUS_FAIL_ON = 3,	/* --fail-on */
};

/* argv[0] is the subcommand; each returns an exit status. */
int cmd_report(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_top(int argc, char **argv);

/* One sentence on standard error, with the program's name in front. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Say what is wrong with the option that getopt_long() has just refused with c. */
int refuse_option(const char *command, int c, char **argv);
/* Counts SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGPIPE. */
extern volatile sig_atomic_t stop;
void stop_on_signals(void);

/* The value of an option: a number from least to most. False, and said, if not. */
int take_number(const char *option, const char *text, double least, double most, double *val);
int take_whole(const char *option, const char *text, double least, double most, double *val);

#endif
