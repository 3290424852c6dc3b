/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sums of the events of a trace, per node: totals, a bounded number of episodes, and
 * bins over time. Events are taken one by one, so that a trace of any length needs the
 * same memory.
 */
#ifndef KSWAPD_REPORT_MODEL_H
#define KSWAPD_REPORT_MODEL_H

#include "event.h"

/* MAX_RECLAIM_RETRIES: number of failed runs after which kswapd gives up. */
#define GIVE_UP		16

/* The fuzzers take small values, so that the arrays overflow. */
#ifndef BINS
#define BINS		1024
#endif
#ifndef EPISODES
#define EPISODES	1024	/* kept of a node, the first half and the latest */
#endif
#define REASONS		8	/* names of reasons, the last is for all others */

/*
 * The signature of a runaway: in a window of this length, kswapd kept failing, resets
 * restarted it, no event showed the node balanced, and kswapd took CPU time. Samples
 * are needed to be certain; without samples a runaway is suspected.
 */
#define RUNAWAY_SECONDS	10
#define RUNAWAY_RESETS	3	/* each followed by a failed run */
#define RUNAWAY_CPU	10	/* per cent of a CPU, in the mean */
/*
 * If CPU time was not sampled, the duration of failed runs stands for it: since the
 * run began, or since the previous failed run, if that was less than the nap that
 * kswapd takes before it sleeps.
 */
#define NAP_NS		(NSEC / 10)
/* On a hopeless node, the begins of two retries are farther apart: HZ / 10 and more. */
#define RETRY_NS	(NSEC / 100 * 8)
/* With samples alone, a runaway is suspected only if pages refault as well. */
#define SUSPECT_NS	(RUNAWAY_SECONDS * NSEC)
#define SUSPECT_REFAULTS	100	/* per second */
/* Without events, samples farther apart than this prove nothing. */
#define SAMPLE_GAP_NS	(10 * NSEC)

/* Is the node hopeless? */
enum belief { UNSURE, NOT_HOPELESS, IS_HOPELESS };

#define RESET_CGROUPS	64	/* kept of a trace */
#define WAITING		64	/* tasks that reset a count, of an unknown cgroup */

struct episode {
	uint64_t first_fail;
	uint64_t hopeless_at;	/* 0: never hopeless */
	uint64_t reset_at;	/* 0: no reset was seen */
	uint64_t end;		/* of the reset, or of the trace */
	uint64_t hopeless_ns;
	uint32_t failures;	/* the highest count */
	uint32_t fails;		/* events */
	uint32_t retries;	/* failed runs above GIVE_UP */
	int32_t pid;		/* of the task that reset the count */
	uint8_t reason;
	uint8_t cgroup;		/* of the reset, by number in the model; 0: not known */
	uint8_t cut;		/* the trace began, or lost records, within it */
	uint8_t spurious;	/* kswapd gave up again, not balanced between */
	char comm[COMM_LEN];
};

struct bin {
	uint64_t hopeless_ns;
	uint64_t unsure_ns;
	uint64_t awake_ns;
	uint32_t fails;
	uint32_t giveups;
	uint32_t resets[REASONS];
	uint64_t free, low, high;	/* the last sample's */
	uint32_t samples;
};

/* A second of a node, to judge the last RUNAWAY_SECONDS by. */
struct slot {
	uint64_t second;
	uint64_t failing_ns;	/* of failed runs */
	uint64_t run_ns;	/* of all runs, if their ends are recorded */
	uint32_t again;		/* failed runs after a reset, not balanced between */
	uint32_t again_direct;	/* of these, after a reset that kswapd did not make */
	uint32_t samples;
	bool balanced;
};

struct cpu_sample {
	uint64_t ts, cpu_ns;
};

#define CPU_SAMPLES	16

struct node {
	int nid;
	uint64_t fails, wakes, sleeps, wakeups, samples;
	uint64_t resets, resets_by[REASONS], resets_in[RESET_CGROUPS];
	uint64_t giveups, revivals, spurious;
	uint64_t revivals_missed;	/* a reset that was not recorded */
	uint64_t resets_unsure;		/* of a count that is not known */
	uint64_t retries;		/* failed runs above GIVE_UP */
	uint64_t run_ns, reclaimed;	/* of runs that begin and end in the trace */
	uint64_t early_again;	/* resets below GIVE_UP, and failing again at once */
	uint64_t hopeless_ns, unsure_ns, awake_ns, longest_hopeless_ns;
	uint64_t episodes_total;
	struct episode *episodes;	/* EPISODES of them at most */
	uint32_t episodes_kept;
	struct bin *bins;
	/* times of the last and the first of these, or 0 */
	uint64_t runaway_at, suspected_at, runaway_first, suspected_first;
	/* By samples: CPU time as in a runaway, and never balanced */
	uint64_t busy_at, busy_first;
	bool by_samples;	/* only samples made the suspicion */
	enum belief at_end;
	bool hopeless_seen;	/* at some time */
	bool unsure;		/* at some time */
	bool open_end;		/* hopeless when the trace ends */
	bool inexact;		/* records were lost in a span that was counted */
	bool awake;		/* at the end */
	bool sleeps_unseen;	/* no record shows whether it was balanced */

	/* of samples */
	uint64_t first_sample, last_sample;
	uint64_t first_cpu_ns, last_cpu_ns;
	uint64_t first_refaults, last_refaults;
	uint64_t free_min, free_last, high_last, high_min, high_max;
	uint64_t below_high, hopeless_samples;
	uint64_t sample_gap;	/* the longest */
	bool have_cpu, balanced_last, retried;
	uint64_t suspect_since, suspect_cpu_ns, suspect_refaults;

	/* while the trace is read */
	enum belief state;
	int64_t count;			/* of failures; -1: not known */
	uint64_t since;			/* the state was found, or follows from here on */
	uint64_t stretch_ns;		/* hopeless without a restart, until now */
	uint64_t run_at;		/* a run began; 0: none */
	uint64_t fail_at;		/* the last failed run */
	uint64_t maybe_ns;		/* not hopeless, if resets were recorded */
	bool maybe;
	uint64_t proof_at, proof_ns;	/* the part of it by the last proof */
	bool count_by_reset;		/* no other event since the reset */
	bool reset_missing;		/* or else the node is hopeless */
	bool proof;			/* a run that was no retry */
	bool run_open;			/* a run began, and no event followed */
	uint64_t run_since;
	bool contradicted;		/* by the last sample */
	uint64_t contradicted_at;
	struct slot slots[RUNAWAY_SECONDS + 1];
	struct cpu_sample cpu[CPU_SAMPLES];
	uint64_t cpu_n;
	uint64_t judged;		/* second */
	uint64_t lost_at;
	struct episode cur;
	bool open;
	uint64_t awake_since;
	/* a reset, and the node not yet seen balanced: of a hopeless one, or not */
	bool reset_open, reset_early;
	bool reset_pending;		/* and no failed run yet */
	bool reset_direct;		/* by another task than kswapd */
	uint64_t revival;		/* number of the episode that reset_open is of */
};

/* Resets by a task since a time; its cgroup is recorded later. */
struct waiting {
	uint64_t first;
	int32_t pid, nid;
	uint32_t count;
};

/* A cgroup of tasks that made resets, or, with an id, a cgroup that they reclaimed. */
struct reset_cgroup {
	uint64_t id;
	char path[CGROUP_LEN];
};

struct model {
	struct node *nodes[MAX_NODES];
	char reasons[REASONS][REASON_LEN];
	int reason_count;
	uint64_t start, end;
	uint64_t bin_ns;
	bool started, finished;
	uint64_t lost, lost_gaps, lost_unknown, lost_at;
	uint64_t backwards;		/* records with a time before the previous one */
	uint64_t seen[EV_END + 1];
	uint32_t formats;		/* HAS(): that the trace has formats of */
	uint32_t enabled;		/* HAS(): surely recorded */
	struct event_meta meta;
	uint64_t meta_ts;		/* on the clock of the trace; 0: no meta */
	struct event_system first_system, last_system;
	uint64_t first_system_ts, last_system_ts;
	struct event_cgroup cgroups[CGROUPS];
	int cgroup_count;
	struct reset_cgroup reset_cgroups[RESET_CGROUPS];	/* number 0: not known */
	int reset_cgroup_count;
	struct waiting waiting[WAITING];
	int waiting_count;
	bool retries;			/* the kernel has retries */
	bool text;
	bool no_time;			/* times are no durations */
};

/* Returns NULL if there is no memory for it. */
struct model *model_new(void);
void model_free(struct model *m);
void model_event(const struct event *ev, void *model);
/* The trace lasted from first to last; open episodes end there. */
void model_finish(struct model *m, uint64_t first, uint64_t last);

struct node *model_node(struct model *m, int nid);	/* NULL: no event of the node */
/* Would failed runs, or resets, be in the trace? */
bool model_has_events(const struct model *m);
bool model_records(const struct model *m, enum event_type type);
/* true, false, or UNSURE */
enum belief model_gave_up(const struct model *m, const struct node *node);
/* Is the sum of hopeless time complete? If not, at most this much more is possible. */
bool hopeless_exact(const struct node *node);

/* The sum of a and of b, which is later; to may be one of them. */
void merge_bins(struct bin *to, const struct bin *a, const struct bin *b);

/* The cgroup that made the n-th most resets of the node; 0 if there is none. */
int model_reset_cgroup(const struct model *m, const struct node *node, int n);

#endif
