// SPDX-License-Identifier: GPL-2.0
/*
 * Where there is work for kswapd, it must do most of that: on a node that it had
 * given up, and on one that is well, but never balanced for long.
 */
#include <stdio.h>
#include <unistd.h>

#include "expect.h"

#define WINDOWS			6
#define WINDOW			3
#define ALLOWED_HOPELESS	10.0	/* per cent of the looks at the node */
#define ALLOWED_SHARE		50.0	/* per cent of what is scanned */
/* Where swap is slow, all scan. */
#define ALLOWED_SWAP_SHARE	10.0
#define TIMEOUT			600

FIXTURE(kswapd_restart)
{
};

FIXTURE_VARIANT(kswapd_restart)
{
	enum lru_mode lru;
	enum where where;
};

FIXTURE_VARIANT_ADD(kswapd_restart, classic_first_node)
{
	.lru = LRU_CLASSIC,
	.where = FIRST_NODE,
};

FIXTURE_VARIANT_ADD(kswapd_restart, mglru_first_node)
{
	.lru = LRU_MGLRU,
	.where = FIRST_NODE,
};

FIXTURE_VARIANT_ADD(kswapd_restart, classic_last_node)
{
	.lru = LRU_CLASSIC,
	.where = LAST_NODE,
};

FIXTURE_VARIANT_ADD(kswapd_restart, mglru_last_node)
{
	.lru = LRU_MGLRU,
	.where = LAST_NODE,
};

FIXTURE_SETUP(kswapd_restart)
{
	ASSERT_STEP(fixture_setup(&fixture, variant->lru, variant->where));
}

FIXTURE_TEARDOWN(kswapd_restart)
{
	EXPECT_EQ(0, fixture_teardown(&fixture));
}

/* With memory.low @low for the page cache of each; 0 is no protection. */
static int add_protected_readers(struct node_fixture *fixture, unsigned long long low)
{
	struct run *run = &fixture->run;
	struct worker *worker;
	char name[32];
	int i;

	if (low && set_memory(run, run->cleanup.group, "memory.low",
			      run->opt.readers * low))
		return -1;
	for (i = 0; i < run->opt.readers; i++) {
		snprintf(name, sizeof(name), "reader%d", i);
		worker = new_worker(run, READER, name);
		if (!worker || (low && set_memory(run, worker->cgroup, "memory.low", low)) ||
		    launch(run, worker))
			return -1;
	}
	return 0;
}

static int add_readers(struct node_fixture *fixture)
{
	return add_protected_readers(fixture, 0);
}

/* Of what kswapd and direct reclaim scanned. */
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

#define WATCH(seconds) do {						\
	const struct sample *w_ = &fixture.window;			\
									\
	ASSERT_STEP(fixture_watch(&fixture, seconds));			\
	TH_LOG("hopeless %.0f %%, kswapd: %.1f %% CPU, %.0f %% of scans; %llu stalls, %llu pages",\
	       hopeless_share(w_), w_->kswapd_cpu, kswapd_share(w_),	\
	       w_->diff.stalls, w_->diff.direct_stolen);		\
} while (0)

#define EXPECT_AT_WORK(share) do {					\
	EXPECT_AT_MOST("node hopeless, % of the looks",			\
		       hopeless_share(&fixture.window), 0, ALLOWED_HOPELESS);\
	EXPECT_AT_LEAST("kswapd's part of the scanning, %",		\
			kswapd_share(&fixture.window), 100, share);	\
} while (0)

/* Readers fill a healthy node, and kswapd is there all the time. */
#define EXPECT_STAYS_AT_WORK(low) do {					\
	ASSERT_STEP(add_protected_readers(&fixture, low));		\
	ASSERT_STEP(wait_until(&fixture.run, reclaim_goes_on,		\
			       "the readers do not fill the node"));	\
	WATCH(WINDOWS * WINDOW);					\
	EXPECT_AT_WORK(ALLOWED_SHARE);					\
} while (0)

/* It may take its time to come back, but then it must be there. */
#define EXPECT_RESTART(share) do {					\
	const struct sample *s_ = &fixture.window;			\
	int i_;								\
									\
	ASSERT_STEP(wait_until(&fixture.run, reclaim_goes_on,	\
			       "the readers do not fill the node"));	\
	for (i_ = 0; i_ < WINDOWS; i_++) {				\
		WATCH(WINDOW);						\
		if (hopeless_share(s_) <= ALLOWED_HOPELESS &&		\
		    kswapd_share(s_) >= (share))			\
			break;						\
	}								\
	EXPECT_AT_WORK(share);						\
} while (0)

/* Page cache that readers fill as fast as it is reclaimed is not hopeless. */
TEST_F_TIMEOUT(kswapd_restart, readers_on_a_healthy_node, TIMEOUT)
{
	EXPECT_STAYS_AT_WORK(0);
}

/*
 * Nor is page cache that memory.low protects, if the node has nothing else. A
 * kernel whose kswapd honors memory.low to the end fails this.
 */
TEST_F_TIMEOUT(kswapd_restart, protected_readers_on_a_healthy_node, TIMEOUT)
{
	EXPECT_STAYS_AT_WORK(node_bytes(&fixture.run));
}

/*
 * Nor is such that is used twice, and is on the active list, while what kswapd
 * is told of the lists is seconds old.
 */
TEST_F_TIMEOUT(kswapd_restart, senders_on_a_healthy_node, TIMEOUT)
{
	fixture.run.opt.by_sendfile = true;
	ASSERT_STEP(set_readahead(&fixture.run));
	EXPECT_STAYS_AT_WORK(0);
}

/* The hog has left nearly all of the node, and readers fill it again. */
TEST_F_TIMEOUT(kswapd_restart, readers_after_exit, TIMEOUT)
{
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	fixture_end_hog(&fixture);
	ASSERT_STEP(wait_until(&fixture.run, node_is_empty,
			       "the hog's memory has not come back"));
	ASSERT_STEP(add_readers(&fixture));
	EXPECT_RESTART(ALLOWED_SHARE);
}

/* The hog stays, and part of it can be swapped out from now on. */
TEST_F_TIMEOUT(kswapd_restart, swap_for_the_hog, TIMEOUT)
{
	ASSERT_STEP(make_swap(&fixture.run));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_allow_swap(&fixture));
	ASSERT_STEP(fixture_swap_on(&fixture));
	ASSERT_STEP(add_readers(&fixture));
	EXPECT_RESTART(ALLOWED_SWAP_SHARE);
}

TEST_HARNESS_MAIN
