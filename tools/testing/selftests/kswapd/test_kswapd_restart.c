// SPDX-License-Identifier: GPL-2.0
/*
 * If reclaim makes progress, kswapd must do most of it: on a healthy node that is never
 * balanced for long, and on a node on which it had given up.
 */
#include <stdio.h>

#include "expect.h"

#define WINDOWS			6
#define WINDOW			3
#define ALLOWED_HOPELESS	10.0	/* per cent of the polls of the node */
#define ALLOWED_LEFT_ALONE	10.0
#define ALLOWED_SHARE		50.0	/* per cent of the pages scanned */
/* With slow swap, all tasks scan. */
#define ALLOWED_SWAP_SHARE	10.0
#define TIMEOUT			600

FIXTURE_ON_A_NODE(kswapd_restart)
VARIANTS_FOR_EACH_LRU(kswapd_restart, first_node, FIRST_NODE);
VARIANTS_FOR_EACH_LRU(kswapd_restart, last_node, LAST_NODE);

/* Of the pages that kswapd and direct reclaim scanned. */
static double kswapd_share(const struct sample *s)
{
	double sum = s->diff.kswapd_scanned + s->diff.direct_scanned;

	return sum ? 100.0 * s->diff.kswapd_scanned / sum : 0;
}

static bool reclaim_goes_on(struct run *run)
{
	static unsigned long long first;
	static bool begun;
	struct counters now;

	if (read_counters(run, &now))
		return true;
	if (!begun) {
		begun = true;
		first = now.kswapd_scanned + now.direct_scanned;
	}
	return now.kswapd_scanned + now.direct_scanned > first;
}

/*
 * A hopeless node whose kswapd is at work is not left alone: its retry lasts until it
 * has reclaimed what the node lacks, which takes seconds with slow swap.
 */
static double left_alone_share(const struct sample *s)
{
	return 100.0 * s->left_alone / s->polls;
}

#define WATCH(seconds) do {						\
	const struct sample *w_ = &fixture.window;			\
									\
	ASSERT_STEP(fixture_watch(&fixture, seconds));			\
	TH_LOG("hopeless %.0f %%, left alone %.0f %%, kswapd: %.1f %% CPU, %.0f %% of scans; %llu stalls, %llu pages",\
	       hopeless_share(w_), left_alone_share(w_), w_->kswapd_cpu,	\
	       kswapd_share(w_), w_->diff.stalls, w_->diff.direct_stolen);\
} while (0)

#define EXPECT_SHARE(share)						\
	EXPECT_AT_LEAST("kswapd's share of the scanning, %",		\
			kswapd_share(&fixture.window), 100, share)

/* Readers fill a healthy node, and kswapd works all the time. */
#define EXPECT_STAYS_AT_WORK(low) do {					\
	ASSERT_STEP(add_readers(&fixture.run, low));			\
	ASSERT_STEP(wait_until(&fixture.run, reclaim_goes_on,		\
			       "the readers do not fill the node"));	\
	WATCH(WINDOWS * WINDOW);					\
	EXPECT_AT_MOST("node hopeless, % of the polls",			\
		       hopeless_share(&fixture.window), 0, ALLOWED_HOPELESS);\
	EXPECT_SHARE(ALLOWED_SHARE);					\
} while (0)

/* kswapd must work in one of the windows, and need not restart at once. */
#define EXPECT_RESTART(share) do {					\
	const struct sample *s_ = &fixture.window;			\
	int i_;								\
									\
	ASSERT_STEP(wait_until(&fixture.run, reclaim_goes_on,	\
			       "the readers do not fill the node"));	\
	for (i_ = 0; i_ < WINDOWS; i_++) {				\
		WATCH(WINDOW);						\
		if (left_alone_share(s_) <= ALLOWED_LEFT_ALONE &&	\
		    kswapd_share(s_) >= (share))			\
			break;						\
	}								\
	EXPECT_AT_MOST("hopeless and left alone, % of the polls",	\
		       left_alone_share(s_), 0, ALLOWED_LEFT_ALONE);	\
	EXPECT_SHARE(share);						\
} while (0)

/* Readers refill the page cache as fast as it is reclaimed: the node is not hopeless. */
TEST_F_TIMEOUT(kswapd_restart, readers_on_a_healthy_node, TIMEOUT)
{
	EXPECT_STAYS_AT_WORK(0);
}

/*
 * memory.low protects all page cache: kswapd must override it. A kernel whose kswapd
 * always honors memory.low fails.
 */
TEST_F_TIMEOUT(kswapd_restart, protected_readers_on_a_healthy_node, TIMEOUT)
{
	EXPECT_STAYS_AT_WORK(node_bytes(&fixture.run));
}

/*
 * All page cache is used twice and is on the active list, and the list sizes that
 * kswapd reads are seconds old: kswapd must still deactivate pages.
 */
TEST_F_TIMEOUT(kswapd_restart, senders_on_a_healthy_node, TIMEOUT)
{
	fixture.run.opt.by_sendfile = true;
	ASSERT_STEP(set_readahead(&fixture.run));
	EXPECT_STAYS_AT_WORK(0);
}

/* End the hog, and let readers fill the node: kswapd restarts. */
TEST_F_TIMEOUT(kswapd_restart, readers_after_exit, TIMEOUT)
{
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	fixture_end_hog(&fixture);
	ASSERT_STEP(wait_until(&fixture.run, node_is_empty,
			       "the memory of the hog has not become free"));
	ASSERT_STEP(add_readers(&fixture.run, 0));
	EXPECT_RESTART(ALLOWED_SHARE);
}

/* Add swap for the hog, and readers: kswapd restarts. */
TEST_F_TIMEOUT(kswapd_restart, swap_for_the_hog, TIMEOUT)
{
	ASSERT_STEP(make_swap(&fixture.run));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_allow_swap(&fixture));
	ASSERT_STEP(swap_on(&fixture.run));
	ASSERT_STEP(add_readers(&fixture.run, 0));
	EXPECT_RESTART(ALLOWED_SWAP_SHARE);
}

TEST_HARNESS_MAIN
