/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A run of a workload or of a test, from the preflight checks to the cleanup.
 */
#ifndef KSWAPD_RUN_H
#define KSWAPD_RUN_H

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "cleanup.h"
#include "options.h"
#include "sampling.h"
#include "sysinfo.h"
#include "worker.h"

/* In messages, and in the names of cgroups and directories. */
#define PROGRAM		program_invocation_short_name
#define NS_A_SECOND	1000000000ULL
#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define HUGE_BYTES	(2 * MIB)	/* the huge pages of some scenarios */
#define GIB		(1024 * MIB)

#define EXIT_OK		0
#define EXIT_FAILED	1
#define EXIT_USAGE	2
#define EXIT_SKIP	4

struct environment {
	char kernel[128];
	int nodes;			/* with memory */
	int cpus;
	int other_node;			/* -1: there is none */
	bool mglru;
	bool node_scope;		/* reclaim is counted per node */
	bool schedstat;
	pid_t kswapd;
	unsigned long long page_size;
};

struct run {
	struct options opt;
	struct environment env;
	struct node_state node;		/* with the settings of the run */
	struct cleanup cleanup;
	pid_t cleanup_pid;
	pid_t master;			/* cleanup follows its end; 0: none */
	int cleanup_fd;			/* open until the supervisor ends */

	struct worker workers[MAX_WORKERS];
	int nr_workers;
	struct slot *slots;

	struct sample *samples;
	int nr_samples;
	unsigned long long runs_at_start;
	unsigned long long wait_end;
	unsigned long long hog_there_ns;
	unsigned long long oom_kills_at_start;
	unsigned long long oom_kills;
	unsigned long long (*latency)[NR_LATENCIES];	/* when settled */
	bool latency_noted;
	struct oom_kill kills[MAX_OOM_KILLS];
	int nr_kills;			/* found in the log */
	bool kills_lost;		/* the log may have lost some */
	bool woken;			/* kswapd ran since the hog began */
	bool hopeless_at_start;
	double short_after;		/* seconds until no zone was above low */
	double reset_after;		/* seconds until not hopeless */
	bool clean;			/* everything is removed and restored */

	int signal;
	int status;			/* exit status of a failed run, or 0 */
	char why[400];			/* the reason */

	struct text zoneinfo;
	struct text vmstat;
	struct text scratch;
};

/* preflight.c */
int check_requirements(struct run *run);
int check_cgroup(struct run *run);
int check_disk(struct run *run, const char *name, const char *dir,
	       unsigned long long bytes, char *real);
int name_group(struct run *run);
void note_readahead(struct run *run);
int read_node(struct run *run, struct node_state *node);
unsigned long long meminfo_bytes(const char *key);
unsigned long long node_bytes(const struct run *run);
unsigned long long protected_bytes(const struct run *run);

/* setup.c */
void init_run(struct run *run);
int outlive_oom(struct run *run);
int protect_self(struct run *run);
int apply_settings(struct run *run);
int set_readahead(struct run *run);
int make_group(struct run *run);
int make_group_and_dir(struct run *run);
int set_memory(struct run *run, const char *group, const char *file,
	       unsigned long long val);
struct worker *new_worker(struct run *run, enum worker_kind kind,
			  const char *name);

/* supervise.c */
void catch_signals(void);
int __printf(3, 4) fail(struct run *run, int status, const char *fmt, ...);
struct worker *find_worker(const struct run *run, enum worker_kind kind);
unsigned long long group_number(struct run *run, const struct worker *worker,
				const char *file, const char *key);
int launch(struct run *run, struct worker *worker);
int add_worker(struct run *run, enum worker_kind kind, const char *name);
int add_readers(struct run *run, unsigned long long low);
void end_worker(struct worker *worker);
bool kill_is_a_result(const struct run *run);
int check_workers(struct run *run);
void sleep_until(unsigned long long ns);
int wait_until(struct run *run, bool (*done)(struct run *run),
	       const char *what);
int note_runs(struct run *run);
unsigned long long runs_so_far(struct run *run);
bool kswapd_was_woken(struct run *run);
bool hot_has_read_all(struct run *run);
bool streams_have_filled_up(struct run *run);
bool job_was_done(struct run *run);
bool tasks_are_ready(struct run *run);
bool hog_is_there(struct run *run);
bool hog_is_steady(struct run *run);
bool node_is_hopeless(struct run *run);
bool node_is_empty(struct run *run);
int finish(struct run *run);

/* scenarios.c */
int begin_scenario(struct run *run);
void end_hog(struct run *run);

/* release.c */
int release_memory(struct run *run);

/* hugetlb.c */
int note_huge_pages(struct run *run);
unsigned long long huge_page_bytes(void);
int set_huge_pages(const struct run *run, unsigned long long n,
		   unsigned long long *got);
int free_huge_pages(struct run *run);

/* swap.c */
void note_zram(struct run *run);
int make_swap(struct run *run);
int swap_on(struct run *run);
unsigned long long free_swap_bytes(void);

/* json.c */
void json_string(FILE *out, const char *s);
void json_end(FILE *out, const struct run *run);
void json_value(FILE *out, const char *name, double value, int digits);

#endif
