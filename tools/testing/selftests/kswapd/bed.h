/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests do to a node, and how they judge what its kswapd did.
 */
#ifndef KSWAPD_BED_H
#define KSWAPD_BED_H

#include "pressure.h"
#include "trace.h"

#define WINDOW_SECONDS	3
#define MAX_LOOKS	3
#define MAX_WINDOWS	16

#define STREAM_HIGH	(32 * MIB)
#define SMALL_HIGH	(12 * MIB)

/*
 * Allowed to kswapd while it is to stay away: room for the runs that a hopeless
 * kswapd has, one each backoff, and far from what one does that does not stop.
 */
#define ALLOWED_CPU		10.0	/* per cent of a CPU */
#define ALLOWED_RUNS		20.0	/* per second */
#define ALLOWED_REFAULTS	100.0	/* per second, of the hot file */
#define ALLOWED_REVIVED		10.0	/* per cent of the looks at the node */

/* The longest backoff, but for that of long runs, and a little more. */
#define MAX_BACKOFF_NS		(3300 * 1000000ULL)
/* A reset by others counts after twice the backoff. */
#define OTHERS_WAIT_NS		(2 * MAX_BACKOFF_NS)

enum where { FIRST_NODE, LAST_NODE, MIDDLE_NODE, ONLY_NODE, BESIDE_MEMORYLESS };

struct bed {
	struct run run;
	struct trace trace;
	int lock;
	bool gone;			/* the hog is */
	/* of the last window */
	struct sample window;
	double from, to;
	double began;			/* the count was 0 then */
	double refaults;		/* of HOT, per second */
	int runs;			/* of kswapd; -1: not counted */
	unsigned long long read;	/* bytes that the streams went through */
};

int bed_up(struct bed *bed, enum lru_mode lru, enum where where);
int bed_down(struct bed *bed);
unsigned long long bed_part_of_gap(const struct bed *bed, double part,
				   unsigned long long most);
void __noreturn bed_quit(struct bed *bed);

struct actor *bed_stream(struct bed *bed, const char *name,
			 unsigned long long high);
struct actor *bed_hot(struct bed *bed);
int bed_protect(struct bed *bed, struct actor *actor, unsigned long long min);
int bed_bind(struct bed *bed, struct actor *actor, enum binding binding);
int bed_hold(struct bed *bed);
int bed_hog_and_touch(struct bed *bed, enum binding binding);
int bed_fill(struct bed *bed, enum binding binding);
int bed_press(struct bed *bed);
void bed_stop(struct bed *bed);
int bed_watch(struct bed *bed, double seconds);
int bed_make_hopeless(struct bed *bed);
int bed_swap_on(struct bed *bed);
int bed_let_swap(struct bed *bed);
void bed_leave(struct bed *bed);
struct slot *bed_slot(void);
pid_t bed_fork(struct bed *bed, int oom_score_adj, struct slot *slot);
int bed_wait_for(struct bed *bed, const char *name, pid_t pid, struct slot *slot);
bool node_is_not_hopeless(struct run *run);

#endif
