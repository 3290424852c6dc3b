/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the events of a trace add up to, per node. It takes them as they come and
 * keeps sums, a bounded number of episodes, and a line of bins over time, so
 * that a trace of any length needs the same memory.
 */
#ifndef KSWAPD_REPORT_MODEL_H
#define KSWAPD_REPORT_MODEL_H

#include "event.h"

/* MAX_RECLAIM_RETRIES: so many failed runs in a row, and kswapd gives up. */
#define GIVE_UP		16

/* The fuzzers take few, to see them overflow. */
#ifndef BINS
#define BINS		1024
#endif
#ifndef EPISODES
#define EPISODES	1024	/* kept of a node, the first half and the latest */
#endif
#define REASONS		8	/* names of reasons, the last is for all others */

/*
 * A reset that is none: the count is one below GIVE_UP after it, and kswapd has
 * a try, up to its next failed run. Direct reclaim has to earn it, so one that
 * was in vain is no sign of a runaway, and the episode goes on.
 */
#define RETRY		"RETRY"

/*
 * The signature of a runaway: so many revivals in so short a time, each followed
 * by another give-up, and the node never seen balanced between. Resets of a
 * count below GIVE_UP keep kswapd running just the same, but some are normal.
 */
#define RUNAWAY_REVIVALS	3
#define RUNAWAY_RESETS		32
#define RUNAWAY_NS		(60 * NSEC)
/* From samples alone, it is suspected after so long a time without rest. */
#define SUSPECT_NS		(10 * NSEC)
#define SUSPECT_CPU		25	/* per cent of a CPU, in the mean */
#define SUSPECT_REFAULTS	100	/* per second */

struct episode {
	uint64_t first_fail;
	uint64_t hopeless_at;	/* 0: it did not come to that */
	uint64_t reset_at;	/* 0: no reset was seen */
	uint64_t end;		/* of the reset, or of the trace */
	uint64_t hopeless_ns;
	uint32_t failures;	/* the highest count */
	uint32_t fails;		/* events */
	uint32_t tries;		/* by RETRY */
	int32_t pid;		/* who reset */
	uint8_t reason;
	uint8_t cut;		/* the trace began, or lost records, within it */
	uint8_t spurious;	/* kswapd gave up again, not balanced between */
	char comm[COMM_LEN];
};

struct bin {
	uint64_t hopeless_ns;
	uint64_t awake_ns;
	uint32_t fails;
	uint32_t giveups;
	uint32_t resets[REASONS];
	uint64_t free, low, high;	/* the last sample's */
	uint64_t free_min;
	uint32_t samples;
};

struct node {
	int nid;
	uint64_t fails, wakes, sleeps, wakeups, samples;
	uint64_t resets, resets_by[REASONS];
	uint64_t giveups, revivals, spurious;
	uint64_t tries, vain;		/* by RETRY, and those that failed at once */
	uint64_t early_again;	/* resets below GIVE_UP, and failing again at once */
	uint64_t hopeless_ns, awake_ns, longest_hopeless_ns;
	uint64_t episodes_total;
	struct episode *episodes;	/* EPISODES of them at most */
	uint32_t episodes_kept;
	struct bin *bins;
	bool runaway, suspected;
	bool hopeless, awake;		/* at the end */
	bool sleeps_unseen;		/* nothing tells whether it was balanced */

	/* of samples */
	uint64_t first_sample, last_sample;
	uint64_t first_cpu_ns, last_cpu_ns;
	uint64_t first_refaults, last_refaults;
	uint64_t free_min, free_last, high_last;
	uint64_t below_high, hopeless_samples, hopeless_flips;
	bool have_cpu, balanced_last, hopeless_last;
	uint64_t suspect_since, suspect_cpu_ns, suspect_refaults;

	/* while the trace is read */
	struct episode cur;
	bool open, trying;
	uint64_t hopeless_since, awake_since;
	uint64_t latest[RUNAWAY_REVIVALS], early[RUNAWAY_RESETS];
	uint64_t latest_n, early_n;
	bool reset_open, reset_early;	/* a reset, and the node not yet seen balanced */
	uint64_t revival;		/* number of the episode that reset_open is of */
	bool sampled_hopeless;		/* hopeless by samples, without events */
};

struct model {
	struct node *nodes[MAX_NODES];
	char reasons[REASONS][REASON_LEN];
	int reason_count;
	uint64_t start, end;
	uint64_t bin_ns;
	bool started;
	uint64_t lost, lost_gaps, lost_unknown;
	uint64_t backwards;		/* times that went back */
	uint64_t seen[EV_END + 1];
	uint32_t formats;		/* HAS(): that the trace has formats of */
};

/* Returns NULL where there is no memory for it. */
struct model *model_new(void);
void model_free(struct model *m);
void model_event(const struct event *ev, void *model);
/* The trace lasted from first to last; what is open ends there. */
void model_finish(struct model *m, uint64_t first, uint64_t last);

struct node *model_node(struct model *m, int nid);	/* NULL: nothing was seen of it */
/* Would failed runs and resets be in it? */
bool model_has_events(const struct model *m);

#endif
