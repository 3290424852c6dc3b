// SPDX-License-Identifier: GPL-2.0
/*
 * The events of failed runs and resets, the backoff, and the counters.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"

/* MAX_RECLAIM_RETRIES; a concurrent wakeup may add one. */
#define HOPELESS_AT	16
#define RACE		1

/* Seconds of the first backoff, and the largest number of doublings. */
#define BACKOFF		0.1
#define DOUBLED		5
/* Ticks are coarse, and a run is traced when it ends. */
#define COARSE		0.9
#define BACKOFF_WINDOW	8
#define LEAST_RETRIES	4

#define RECLAIMERS	4
#define TOGGLING_NS	(NS_A_SECOND / 5)
#define ROUNDS		3
#define TIMEOUT		600

FIXTURE_FOR_EACH_LRU(tracepoints)

FIXTURE_SETUP(tracepoints)
{
	SKIP_UNLESS_CHOSEN();
	ASSERT_STEP(fixture_setup(&fixture, variant->lru, LAST_NODE));
	if (!fixture.trace.has[FAIL] || !fixture.trace.has[RESET])
		SKIP(fixture_quit(&fixture), "this kernel has no events of failed runs and resets");
}

/* The next event since the count was 0, or NULL. */
static const struct event *next_event(const struct event *event)
{
	const struct trace *trace = &fixture.trace;

	event = event ? event + 1 : trace->events;
	while (event && event < trace->events + trace->nr) {
		if (event->t >= fixture.began && event->kind != WAKE)
			return event;
		event++;
	}
	return NULL;
}

TEST_F_TIMEOUT(tracepoints, counts_to_sixteen, TIMEOUT)
{
	const struct event *event = NULL;
	int count = 0;

	ASSERT_STEP(fixture_add_streams(&fixture, 1, SMALL_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(trace_read(&fixture.run, &fixture.trace));
	ASSERT_FALSE(fixture.trace.overrun);
	while ((event = next_event(event))) {
		if (event->kind == RESET) {
			TH_LOG("reset at %d by %d, reason %s", count,
			       (int)event->pid, event->reason);
			count = 0;
			continue;
		}
		EXPECT_EQ(count + 1, event->number);
		count = event->number;
	}
	EXPECT_AT_LEAST("failed runs", count, HOPELESS_AT, HOPELESS_AT);
}

/* The shortest time from a failed run to the next one. */
static double backoff_after(int failures)
{
	int further = failures - HOPELESS_AT;

	if (further < 0)
		return 0;
	return BACKOFF * (1 << (further < DOUBLED ? further : DOUBLED));
}

static int nr_retries(void)
{
	const struct event *event = NULL;
	int n = 0;

	while ((event = next_event(event)))
		n += event->kind == FAIL && event->number > HOPELESS_AT;
	return n;
}

/*
 * Keep waking kswapd on a hopeless node: it has one run each backoff, and that
 * doubles.
 */
TEST_F_TIMEOUT(tracepoints, retries_back_off, TIMEOUT)
{
	const struct event *event = NULL;
	const struct event *last = NULL;
	int watches = 0;
	int hasty = 0;

	ASSERT_STEP(fixture_add_streams(&fixture, 1, SMALL_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_press(&fixture));
	/* A slow machine may have few of them in one window. */
	do {
		ASSERT_STEP(fixture_watch(&fixture, BACKOFF_WINDOW));
	} while (++watches < MAX_WATCHES && nr_retries() < LEAST_RETRIES);
	EXPECT_PRESSURE();
	ASSERT_FALSE(fixture.trace.overrun);
	while ((event = next_event(event))) {
		if (event->kind == RESET) {
			last = NULL;
			continue;
		}
		if (last && event->t - last->t <
			    COARSE * backoff_after(last->number)) {
			TH_LOG("failure %d came %.3f s after %d", event->number,
			       event->t - last->t, last->number);
			hasty++;
		}
		last = event;
	}
	EXPECT_AT_MOST("runs before their time", hasty, 0, RACE);
	EXPECT_AT_LEAST("retries", nr_retries(), LEAST_RETRIES + 2, LEAST_RETRIES);
	ASSERT_STEP(fixture_watch(&fixture, 1));
	EXPECT_TRUE(node_is_hopeless(&fixture.run));
}

/* Press a hopeless node: there are few failed runs, and no reset. */
TEST_F_TIMEOUT(tracepoints, silence_under_pressure, TIMEOUT)
{
	struct trace *trace = &fixture.trace;

	ASSERT_STEP(fixture_add_streams(&fixture, 1, SMALL_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_press(&fixture));
	ASSERT_STEP(fixture_watch(&fixture, WINDOW_SECONDS));
	EXPECT_PRESSURE();
	EXPECT_AT_MOST("resets", trace_count(trace, RESET, fixture.from, fixture.to),
		       0, 0);
	EXPECT_AT_MOST("failed runs a second",
		       trace_count(trace, FAIL, fixture.from, fixture.to) /
		       fixture.window.seconds, 0, ALLOWED_RUNS);
}

/*
 * Let several tasks find a balanced node: a count of 0 is not reset again, so there is a
 * failed run with number 1 for each reset. Concurrent events are traced in any order.
 */
TEST_F_TIMEOUT(tracepoints, no_redundant_reset, TIMEOUT)
{
	const struct event *event = NULL;
	int begins = 0;
	int resets = 0;

	ASSERT_STEP(fixture_add_streams(&fixture, RECLAIMERS, SMALL_HIGH));
	/* On a healthy node */
	ASSERT_STEP(fixture_watch(&fixture, 1));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_press(&fixture));
	fixture_end_hog(&fixture);
	/* All of them find the node balanced, and one resets the count, after the backoff. */
	ASSERT_STEP(fixture_press(&fixture));
	ASSERT_STEP(wait_until(&fixture.run, node_is_not_hopeless,
			       "reclaim on a balanced node does not reset the count"));
	ASSERT_STEP(fixture_watch(&fixture, 1));
	while ((event = next_event(event))) {
		if (event->kind == FAIL) {
			begins += event->number == 1;
			continue;
		}
		resets++;
		TH_LOG("reset by %d, reason %s", (int)event->pid,
		       event->reason);
	}
	EXPECT_GT(resets, 0);
	EXPECT_AT_MOST("resets", resets, begins, begins);
	ASSERT_FALSE(fixture.trace.overrun);
}

#define TOGGLE() do {							\
	ASSERT_EQ(0, write_line(DEMOTION_FILE, "%d", 0));		\
	ASSERT_EQ(0, write_line(DEMOTION_FILE, "%d", 1));		\
} while (0)

/*
 * Reset the count repeatedly while runs fail: after each reset, the count restarts at 1.
 * The event of a reset comes a moment after the reset, so its place between the failed
 * runs is not checked. The first reset of a round counts, because the backoff is over;
 * few of the others do.
 */
TEST_F_TIMEOUT(tracepoints, no_reset_is_lost, TIMEOUT)
{
	const struct event *event = NULL;
	unsigned long long end;
	int begins = 0;
	int resets = 0;
	int count = 0;
	pid_t touch;
	pid_t hog;
	int i;

	if (access(DEMOTION_FILE, W_OK))
		SKIP(return, "demotion cannot be switched on and off here");
	ASSERT_STEP(fixture_add_streams(&fixture, 1, SMALL_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	touch = find_worker(&fixture.run, TOUCH)->pid;
	hog = find_worker(&fixture.run, HOG)->pid;
	for (i = 0; i < ROUNDS; i++) {
		kill(touch, SIGSTOP);
		kill(hog, SIGSTOP);
		sleep_until(now_ns() + MAX_BACKOFF_NS);
		TOGGLE();
		kill(touch, SIGCONT);
		end = now_ns() + TOGGLING_NS;
		while (now_ns() < end)
			TOGGLE();
		ASSERT_STEP(wait_until(&fixture.run, node_is_hopeless,
				       "kswapd does not give up again"));
	}
	ASSERT_STEP(trace_read(&fixture.run, &fixture.trace));
	ASSERT_FALSE(fixture.trace.overrun);
	while ((event = next_event(event))) {
		if (event->kind == RESET) {
			resets++;
			continue;
		}
		if (event->number == 1)
			begins++;
		else
			EXPECT_EQ(count + 1, event->number);
		count = event->number;
	}
	EXPECT_AT_LEAST("resets", resets, ROUNDS, ROUNDS);
	/* Before the first, and after each but perhaps the last. */
	EXPECT_AT_LEAST("counts from 1", begins, resets + 1, resets);
	EXPECT_AT_MOST("counts from 1", begins, resets + 1, resets + 1);
}

/* Reading stat_refresh flushes the per-CPU counters. */
static bool counts_now(struct kswapd_counts *counts)
{
	char line[16];

	read_line("/proc/sys/vm/stat_refresh", line, sizeof(line));
	return read_kswapd_counts(fixture.run.opt.node, &fixture.run.scratch, counts);
}

/* Adds the events since then to the counters; returns the count of failed runs. */
static int counts_by_events(struct kswapd_counts *counts)
{
	const struct event *event = NULL;
	int count = 0;

	while ((event = next_event(event))) {
		if (event->kind == RESET) {
			counts->revived += count >= HOPELESS_AT;
			count = 0;
			continue;
		}
		count = event->number;
		counts->runs_failed++;
		counts->given_up += count == HOPELESS_AT;
	}
	return count;
}

#define EXPECT_COUNTS(was) do {							\
	struct kswapd_counts told_ = (was), now_ = { };				\
	struct node_state node_;						\
	int count_;								\
										\
	ASSERT_STEP(read_node(&fixture.run, &node_));				\
	ASSERT_TRUE(counts_now(&now_));						\
	ASSERT_STEP(trace_read(&fixture.run, &fixture.trace));			\
	ASSERT_FALSE(fixture.trace.overrun);					\
	count_ = counts_by_events(&told_);					\
	TH_LOG("failed runs %llu, given up %llu, revived %llu, count %d",	\
	       now_.runs_failed, now_.given_up, now_.revived, node_.failures);	\
	EXPECT_EQ(told_.runs_failed, now_.runs_failed);				\
	EXPECT_EQ(told_.given_up, now_.given_up);				\
	EXPECT_EQ(told_.revived, now_.revived);					\
	EXPECT_EQ(count_, node_.failures);					\
	/* The difference is the number of hopeless nodes: here 0 or 1. */	\
	EXPECT_EQ(node_.hopeless, now_.given_up - now_.revived);		\
} while (0)

/* Go through an episode: the counters in vmstat agree with the events. */
TEST_F_TIMEOUT(tracepoints, counters_agree, TIMEOUT)
{
	struct kswapd_counts was;

	if (!counts_now(&was))
		SKIP(return, "this kernel does not count what kswapd does");
	ASSERT_STEP(fixture_add_streams(&fixture, 1, SMALL_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	/* No task may wake kswapd while the counters are read. */
	end_worker(find_worker(&fixture.run, TOUCH));
	EXPECT_COUNTS(was);
	ASSERT_STEP(fixture_press(&fixture));
	fixture_stop(&fixture);
	fixture_end_hog(&fixture);
	ASSERT_STEP(fixture_press(&fixture));
	ASSERT_STEP(wait_until(&fixture.run, node_is_not_hopeless,
			       "reclaim on a balanced node does not reset the count"));
	fixture_stop(&fixture);
	EXPECT_COUNTS(was);
}

TEST_HARNESS_MAIN
