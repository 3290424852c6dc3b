/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps and expectations of a test, built on kselftest_harness.h. A program can
 * include that header in one file only.
 */
#ifndef KSWAPD_EXPECT_H
#define KSWAPD_EXPECT_H

#include "../kselftest_harness.h"

#include "fixture.h"

/* Each test is a process of its own. */
static struct node_fixture fixture;

/* A fixture without data, with a variant for each LRU. The setup is the test's own. */
#define FIXTURE_FOR_EACH_LRU(name)					\
	FIXTURE(name) { };						\
	FIXTURE_VARIANT(name) { enum lru_mode lru; };			\
	FIXTURE_VARIANT_ADD(name, classic) { .lru = LRU_CLASSIC };	\
	FIXTURE_VARIANT_ADD(name, mglru) { .lru = LRU_MGLRU };		\
	FIXTURE_TEARDOWN(name)						\
	{								\
		EXPECT_EQ(0, fixture_teardown(&fixture));		\
	}

/* The first step of each setup. */
#define SKIP_UNLESS_CHOSEN() do {					\
	if (!is_chosen(_metadata->name))				\
		SKIP(_exit(HARNESS_SKIP), "not in KSWAPD_TEST_ONLY");	\
} while (0)

/* A fixture on a node that its variants name; the macro below adds these. */
#define FIXTURE_ON_A_NODE(name)						\
	FIXTURE(name) { };						\
	FIXTURE_VARIANT(name) { enum lru_mode lru; enum where where; };	\
	FIXTURE_SETUP(name)						\
	{								\
		SKIP_UNLESS_CHOSEN();					\
		ASSERT_STEP(fixture_setup(&fixture, variant->lru, variant->where)); \
	}								\
	FIXTURE_TEARDOWN(name)						\
	{								\
		EXPECT_EQ(0, fixture_teardown(&fixture));		\
	}

#define VARIANTS_FOR_EACH_LRU(name, node, place)			\
	FIXTURE_VARIANT_ADD(name, classic_##node)			\
		{ .lru = LRU_CLASSIC, .where = place };			\
	FIXTURE_VARIANT_ADD(name, mglru_##node)				\
		{ .lru = LRU_MGLRU, .where = place }

/* A step that must succeed. The test is skipped if the system lacks a feature. */
#define SKIP_OR_ASSERT(done) do {					\
	if (!(done)) {							\
		if (fixture.run.status == EXIT_SKIP)			\
			SKIP(fixture_quit(&fixture), "%s", fixture.run.why);	\
		TH_LOG("%s", fixture.run.why);				\
		ASSERT_TRUE(false);					\
	}								\
} while (0)

#define ASSERT_STEP(call)	SKIP_OR_ASSERT(!(call))

#define EXPECT_AT_MOST(what, actual, expected, allowed) do {		\
	double actual_ = (actual);					\
	double allowed_ = (allowed);					\
									\
	TH_LOG("%s: actual %.1f, expected %.1f, allowed up to %.1f",	\
	       what, actual_, (double)(expected), allowed_);		\
	EXPECT_TRUE(actual_ <= allowed_);				\
} while (0)

#define EXPECT_AT_LEAST(what, actual, expected, allowed) do {		\
	double actual_ = (actual);					\
	double allowed_ = (allowed);					\
									\
	TH_LOG("%s: actual %.1f, expected %.1f, allowed from %.1f",	\
	       what, actual_, (double)(expected), allowed_);		\
	EXPECT_TRUE(actual_ >= allowed_);				\
} while (0)

/* Percentage of the polls of the node. */
static inline double hopeless_share(const struct sample *s)
{
	return 100.0 * s->hopeless / s->polls;
}

/* kswapd gave up on the node and stayed stopped for the window. */
#define EXPECT_KSWAPD_STOPPED() do {					\
	const struct sample *s_ = &fixture.window;			\
									\
	EXPECT_AT_MOST("kswapd, % of a CPU", s_->kswapd_cpu, 0,		\
		       ALLOWED_CPU);					\
	EXPECT_AT_MOST("node not hopeless, % of the polls",		\
		       100 - hopeless_share(s_), 0, ALLOWED_REVIVED);	\
	if (fixture.runs >= 0)						\
		EXPECT_AT_MOST("runs of kswapd a second",		\
			       fixture.runs / s_->seconds, 0,		\
			       ALLOWED_RUNS);				\
	if (find_worker(&fixture.run, HOT))				\
		EXPECT_AT_MOST("refaults of the hot file a second",	\
			       fixture.refaults, 0, ALLOWED_REFAULTS);	\
} while (0)

/*
 * If the node was balanced for a moment, kswapd restarts, correctly, for the runs
 * until it gives up again. On a loaded machine these runs can take longer than a
 * window. An idle kswapd of a node that is not hopeless is in this state.
 */
static inline bool is_giving_up(const struct node_fixture *fixture)
{
	const struct sample *s = &fixture->window;

	return s->kswapd_cpu <= ALLOWED_CPU &&
	       fixture->runs <= ALLOWED_RUNS * s->seconds &&
	       100 - hopeless_share(s) > ALLOWED_REVIVED;
}

/* Watches up to MAX_WATCHES windows, until kswapd has given up. */
#define WATCH_UNTIL_STOPPED() do {					\
	int watches_ = 1;						\
									\
	ASSERT_STEP(fixture_watch(&fixture, WINDOW_SECONDS));		\
	while (watches_++ < MAX_WATCHES && is_giving_up(&fixture)) {	\
		TH_LOG("kswapd is giving up, one more window");		\
		ASSERT_STEP(fixture_watch(&fixture, WINDOW_SECONDS));	\
	}								\
} while (0)

/* The pressure was real: the workers read, and their cgroups reclaimed. */
#define EXPECT_PRESSURE() \
	EXPECT_AT_LEAST("MB read or written under pressure",		\
			fixture.read / 1e6, 100, 1)

#endif
