/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests: one node, the workers on it, and the limits for its kswapd.
 */
#ifndef KSWAPD_FIXTURE_H
#define KSWAPD_FIXTURE_H

#include "run.h"
#include "trace.h"

#ifndef HARNESS_SKIP
#define HARNESS_SKIP	EXIT_SKIP
#endif

#define WINDOW_SECONDS	3
#define MAX_WATCHES	3
#define MAX_WINDOWS	16

#define STREAM_HIGH	(32 * MIB)
#define SMALL_HIGH	(12 * MIB)

/*
 * Limits for a kswapd that has given up: above one run for each backoff, and far
 * below a runaway.
 */
#define ALLOWED_CPU		10.0	/* per cent of a CPU */
#define ALLOWED_RUNS		20.0	/* per second */
/* Per second, of the hot file: two retries may evict all of it within a measurement. */
#define ALLOWED_REFAULTS	1000.0
#define ALLOWED_REVIVED		10.0	/* per cent of the polls of the node */

/* The longest backoff after short runs, with a margin. */
#define MAX_BACKOFF_NS		(3300 * 1000000ULL)
/* A reset by others counts after twice the backoff. */
#define OTHERS_WAIT_NS		(2 * MAX_BACKOFF_NS)

enum where { FIRST_NODE, LAST_NODE, MIDDLE_NODE, ONLY_NODE, BESIDE_MEMORYLESS };

struct node_fixture {
	struct run run;
	struct trace trace;
	int lock;
	bool hog_gone;
	/* Of the last window */
	struct sample window;
	double from, to;
	double began;			/* time when the count was 0 */
	double refaults;		/* of HOT, per second */
	int runs;			/* of kswapd; -1: not counted */
	unsigned long long read;	/* bytes read or written by workers */
};

int fixture_setup(struct node_fixture *fixture, enum lru_mode lru, enum where where);
int fixture_teardown(struct node_fixture *fixture);
unsigned long long fixture_part_of_gap(const struct node_fixture *fixture, double part,
				       unsigned long long most);
void __noreturn fixture_quit(struct node_fixture *fixture);
bool is_chosen(const char *test);

struct worker *fixture_stream(struct node_fixture *fixture, const char *name,
			      unsigned long long high);
int fixture_add_streams(struct node_fixture *fixture, int n, unsigned long long high);
struct worker *fixture_hot(struct node_fixture *fixture);
int fixture_protect(struct node_fixture *fixture, struct worker *worker, unsigned long long min);
int fixture_bind(struct node_fixture *fixture, struct worker *worker, enum binding binding);
int fixture_hold(struct node_fixture *fixture);
int fixture_hog_and_touch(struct node_fixture *fixture, enum binding binding);
int fixture_fill(struct node_fixture *fixture, enum binding binding);
int fixture_press(struct node_fixture *fixture);
void fixture_stop(struct node_fixture *fixture);
int fixture_watch(struct node_fixture *fixture, double seconds);
int fixture_make_hopeless(struct node_fixture *fixture);
int fixture_allow_swap(struct node_fixture *fixture);
void fixture_end_hog(struct node_fixture *fixture);
struct slot *fixture_slot(void);
pid_t fixture_fork(struct node_fixture *fixture, int oom_score_adj, struct slot *slot);
int fixture_wait_for(struct node_fixture *fixture, const char *name, pid_t pid, struct slot *slot);
bool node_is_not_hopeless(struct run *run);

#endif
