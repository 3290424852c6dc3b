/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Samples, their summary and the reports.
 */
#ifndef KSWAPD_SAMPLING_H
#define KSWAPD_SAMPLING_H

#include <stdio.h>

#include "worker.h"

#define POLLS_A_SECOND	10
#define MAX_OOM_KILLS	64
#define BYTES_A_MB	1000000.0

/*
 * The work of kswapd counts from this many seconds after the readers have
 * brought the node below its low watermark.
 */
#define WORK_AFTER	2

/* All counters at one moment. */
struct counters {
	unsigned long long time_ns;
	unsigned long long kswapd_ns;
	unsigned long long kswapd_scanned;
	unsigned long long kswapd_stolen;
	unsigned long long direct_scanned;
	unsigned long long direct_stolen;
	unsigned long long stalls;
	unsigned long long runs;		/* of kswapd */
	struct {
		unsigned long long cpu_us;
		unsigned long long refaults;
		unsigned long long major_faults;
		unsigned long long nodes_dropped;	/* with shadows */
		unsigned long long rounds;
		unsigned long long bytes;
	} worker[MAX_WORKERS];
};

struct sample {
	double t;			/* seconds measured so far */
	double seconds;
	double kswapd_cpu;		/* per cent of one CPU */
	int polls;
	int hopeless;			/* polls with a hopeless node */
	int left_alone;			/* of these, with a kswapd that sleeps */
	int unbalanced;			/* polls with no zone above high */
	bool after;			/* after the exit of the hog */
	struct node_state node;		/* at the end of the sample */
	struct counters diff;
};

/* Of all workers of a kind, in microseconds. */
struct latency {
	unsigned long long n;
	double median;
	double p99;
	double max;
	double worst_p99;		/* largest p99 of a worker */
};

/* Summary of the samples after settling. */
struct summary {
	int samples;
	double seconds;
	double cpu_mean;
	double cpu_median;
	double cpu_min;
	double cpu_max;
	double hopeless;		/* share of the polls */
	double kswapd_share;		/* of the pages scanned; -1: none */
	double work_hopeless;		/* like hopeless, while kswapd has work */
	double work_share;		/* like kswapd_share; -1: no such sample */
	double unbalanced;		/* share of the polls */
	double stalls;			/* per second */
	double runs;
	double direct_scanned;
	double refaults;		/* of the hot file, or of the readers */
	double major_faults;		/* of the hot file, like the next two */
	double nodes_dropped;
	double rounds;
	double mb_read;
	double mb_written;
	double touches;			/* of the anonymous set */
	double shifts;
	double oscillations;
	unsigned long long job_runs;	/* complete runs */
	double job_seconds;		/* mean */
	struct latency latency[NR_KINDS];
};

/* The node under test at an OOM kill, from the kernel's log. */
struct oom_kill {
	double t;			/* seconds since boot */
	unsigned long long free_kib;
	unsigned long long min_kib;
	unsigned long long above_kib;	/* free above min and reserve, by zones */
	unsigned long long lists_kib;	/* on per-CPU lists */
	char victim[32];		/* "": not in the log */
};

/* sampling.c */
int read_counters(struct run *run, struct counters *c);
int take_sample(struct run *run, unsigned long long start,
		unsigned long long end, struct counters *before);

/* summary.c */
double sample_refaults(const struct run *run, const struct sample *s);
double sample_mb_read(const struct run *run, const struct sample *s);
double killed_after(const struct run *run, const struct worker *worker);
int kills_above_min(const struct run *run);
void summarize(const struct run *run, struct summary *sum);
bool verdict(const struct run *run, const struct summary *sum, char *why,
	     size_t size);

/* latency.c */
void summarize_latencies(const struct run *run, struct summary *sum);
void say_latencies(FILE *out, const struct summary *sum);
void json_latencies(FILE *out, const struct summary *sum);

/* oom_log.c */
int open_oom_log(struct run *run);
void read_oom_log(struct run *run);

/* report_text.c */
void say_header(FILE *out, const struct run *run);
void say_sample(FILE *out, const struct run *run, const struct sample *s);
void say_summary(FILE *out, const struct run *run, const struct summary *sum);

/* report_json.c */
void print_json(FILE *out, const struct run *run, const struct summary *sum);

#endif
