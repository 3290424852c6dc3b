// SPDX-License-Identifier: GPL-2.0
/*
 * Where there is work for kswapd, it must do most of that: on a node that it had
 * given up, and on one that is well, but never balanced for long.
 */
#include <stdio.h>
#include <unistd.h>

#include "judge.h"

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
	MUST(bed_up(&bed, variant->lru, variant->where));
}

FIXTURE_TEARDOWN(kswapd_restart)
{
	EXPECT_EQ(0, bed_down(&bed));
}

/* With memory.low @low for the page cache of each; 0 is no protection. */
static int add_protected_readers(struct bed *bed, unsigned long long low)
{
	struct run *run = &bed->run;
	struct actor *actor;
	char name[32];
	int i;

	if (low && set_memory(run, run->undo.group, "memory.low",
			      run->opt.readers * low))
		return -1;
	for (i = 0; i < run->opt.readers; i++) {
		snprintf(name, sizeof(name), "reader%d", i);
		actor = new_actor(run, READER, name);
		if (!actor || (low && set_memory(run, actor->cgroup, "memory.low", low)) ||
		    launch(run, actor))
			return -1;
	}
	return 0;
}

static int add_readers(struct bed *bed)
{
	return add_protected_readers(bed, 0);
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
	const struct sample *w_ = &bed.window;				\
									\
	MUST(bed_watch(&bed, seconds));					\
	TH_LOG("hopeless %.0f %%, kswapd: %.1f %% CPU, %.0f %% of scans; %llu stalls, %llu pages",\
	       hopeless_share(w_), w_->kswapd_cpu, kswapd_share(w_),	\
	       w_->diff.stalls, w_->diff.direct_stolen);		\
} while (0)

#define EXPECT_AT_WORK(share) do {					\
	EXPECT_AT_MOST("node hopeless, % of the looks",			\
		       hopeless_share(&bed.window), 0, ALLOWED_HOPELESS);\
	EXPECT_AT_LEAST("kswapd's part of the scanning, %",		\
			kswapd_share(&bed.window), 100, share);		\
} while (0)

/* Readers fill a healthy node, and kswapd is there all the time. */
#define EXPECT_STAYS(low) do {						\
	MUST(add_protected_readers(&bed, low));				\
	MUST(wait_until(&bed.run, reclaim_goes_on,			\
			"the readers do not fill the node"));		\
	WATCH(WINDOWS * WINDOW);					\
	EXPECT_AT_WORK(ALLOWED_SHARE);					\
} while (0)

/* It may take its time to come back, but then it must be there. */
#define EXPECT_BACK(share) do {						\
	const struct sample *s_ = &bed.window;				\
	int i_;								\
									\
	MUST(wait_until(&bed.run, reclaim_goes_on,		\
			"the readers do not fill the node"));		\
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
	EXPECT_STAYS(0);
}

/*
 * Nor is page cache that memory.low protects, if the node has nothing else. A
 * kernel whose kswapd honors memory.low to the end fails this.
 */
TEST_F_TIMEOUT(kswapd_restart, protected_readers_on_a_healthy_node, TIMEOUT)
{
	EXPECT_STAYS(node_bytes(&bed.run));
}

/*
 * Nor is such that is used twice, and is on the active list, while what kswapd
 * is told of the lists is seconds old.
 */
TEST_F_TIMEOUT(kswapd_restart, senders_on_a_healthy_node, TIMEOUT)
{
	bed.run.opt.by_sendfile = true;
	MUST(set_readahead(&bed.run));
	EXPECT_STAYS(0);
}

/* The hog has left nearly all of the node, and readers fill it again. */
TEST_F_TIMEOUT(kswapd_restart, readers_after_exit, TIMEOUT)
{
	MUST(bed_make_hopeless(&bed));
	bed_leave(&bed);
	MUST(wait_until(&bed.run, node_is_empty,
			"the hog's memory has not come back"));
	MUST(add_readers(&bed));
	EXPECT_BACK(ALLOWED_SHARE);
}

/* The hog stays, and part of it can be swapped out from now on. */
TEST_F_TIMEOUT(kswapd_restart, swap_for_the_hog, TIMEOUT)
{
	MUST(make_swap(&bed.run));
	MUST(bed_make_hopeless(&bed));
	MUST(bed_let_swap(&bed));
	MUST(bed_swap_on(&bed));
	MUST(add_readers(&bed));
	EXPECT_BACK(ALLOWED_SWAP_SHARE);
}

TEST_HARNESS_MAIN
