// SPDX-License-Identifier: GPL-2.0
/*
 * Make a node hopeless and let cgroups reclaim their own pages there: kswapd must stay
 * stopped.
 */
#include <stdio.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "expect.h"

#define ANON_SIZE	(2 * SMALL_HIGH)
/* Small enough that its reclaim does not balance the node. */
#define RECLAIM_FILE	fixture_part_of_gap(&fixture, 0.35, 8 * MIB)
#define RAISE_BY	fixture_part_of_gap(&fixture, 0.2, 4 * MIB)
#define SMALLEST_GAP	(6 * MIB)
#define MANY		4
#define SELDOM_US	100000
/* The failed runs need not come in a row. */
#define ALLOWED_UP_TO	64
#define TIMEOUT		600

FIXTURE_FOR_EACH_LRU(memcg_reclaim_keeps_hopeless)

FIXTURE_SETUP(memcg_reclaim_keeps_hopeless)
{
	SKIP_UNLESS_CHOSEN();
	ASSERT_STEP(fixture_setup(&fixture, variant->lru, LAST_NODE));
}

/* The end of each test. */
#define PRESS_AND_EXPECT_STOPPED() do {					\
	ASSERT_STEP(fixture_press(&fixture));			\
	WATCH_UNTIL_STOPPED();						\
	EXPECT_PRESSURE();						\
	EXPECT_KSWAPD_STOPPED();				\
} while (0)

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, memory_high_protected, TIMEOUT)
{
	ASSERT_STEP(fixture_add_streams(&fixture, 1, STREAM_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	PRESS_AND_EXPECT_STOPPED();
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, memory_high_unprotected, TIMEOUT)
{
	ASSERT_STEP(fixture_add_streams(&fixture, 1, STREAM_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_protect(&fixture, find_worker(&fixture.run, STREAMER), 0));
	PRESS_AND_EXPECT_STOPPED();
}

/* Press a node with a hot file of another cgroup: the file stays cached. */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, hot_file_is_left_alone, TIMEOUT)
{
	struct worker *hot;

	SKIP_OR_ASSERT(hot = fixture_hot(&fixture));
	ASSERT_STEP(fixture_add_streams(&fixture, 1, STREAM_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_protect(&fixture, hot, 0));
	PRESS_AND_EXPECT_STOPPED();
}

static unsigned long long rounds_before;

/* A whole round since then has read all evicted pages again. */
static bool hot_is_back(struct run *run)
{
	return atomic_load(&find_worker(run, HOT)->slot->rounds) >
	       rounds_before + 1;
}

/*
 * The same with a file that is used ten times a second: each run of kswapd reclaims
 * pages of it, which refault at once, and kswapd gives up all the same.
 */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, hot_file_comes_back, TIMEOUT)
{
	struct run *run = &fixture.run;
	unsigned long long runs;
	struct worker *hot;

	run->opt.hot_pause_us = SELDOM_US;
	SKIP_OR_ASSERT(hot = fixture_hot(&fixture));
	ASSERT_STEP(fixture_protect(&fixture, hot, 0));
	ASSERT_STEP(fixture_add_streams(&fixture, 1, STREAM_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	runs = runs_so_far(run) - run->runs_at_start;
	rounds_before = atomic_load(&hot->slot->rounds);
	ASSERT_STEP(wait_until(run, hot_is_back, "the task of the hot file makes no progress"));
	PRESS_AND_EXPECT_STOPPED();
	EXPECT_AT_MOST("runs until kswapd gave up", runs, 16, ALLOWED_UP_TO);
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, several_cgroups, TIMEOUT)
{
	/* Large folios of all streams at once can be more than the hog leaves above min. */
	if (*fixture.run.cleanup.readahead)
		ASSERT_STEP(set_readahead(&fixture.run));
	ASSERT_STEP(fixture_add_streams(&fixture, MANY, SMALL_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	PRESS_AND_EXPECT_STOPPED();
}

/*
 * Press by a limit two levels above the task. memory.min below a limit also protects
 * from that limit, so it is removed first.
 */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, nested_cgroups, TIMEOUT)
{
	unsigned long long min = STREAM_HIGH + STREAM_HIGH / 4;
	struct run *run = &fixture.run;
	char outer[PATH_MAX + 16];
	char inner[PATH_MAX + 32];
	struct worker *stream;

	snprintf(outer, sizeof(outer), "%s/outer", run->cleanup.group);
	snprintf(inner, sizeof(inner), "%s/inner", outer);
	ASSERT_EQ(0, cg_create(outer));
	ASSERT_EQ(0, cg_write(outer, "cgroup.subtree_control", "+memory"));
	ASSERT_EQ(0, cg_create(inner));
	ASSERT_EQ(0, cg_write(inner, "cgroup.subtree_control", "+memory"));
	ASSERT_STEP(set_memory(run, outer, "memory.high", STREAM_HIGH));
	ASSERT_STEP(set_memory(run, outer, "memory.min", min));
	ASSERT_STEP(set_memory(run, inner, "memory.min", min));
	SKIP_OR_ASSERT(stream = new_worker(run, STREAMER, "outer/inner/stream"));
	ASSERT_STEP(fixture_protect(&fixture, stream, min));
	/* The limit of the outer cgroup bounds this one. */
	stream->high = STREAM_HIGH - STREAM_HIGH / 8;
	ASSERT_STEP(launch(run, stream));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_protect(&fixture, stream, 0));
	ASSERT_STEP(set_memory(run, inner, "memory.min", 0));
	ASSERT_STEP(set_memory(run, outer, "memory.min", 0));
	PRESS_AND_EXPECT_STOPPED();
}

/* Press by memory.reclaim, without a limit. */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, memory_reclaim, TIMEOUT)
{
	struct run *run = &fixture.run;
	struct worker *reclaimer;
	struct worker *stream;
	char path[PATH_MAX + 32];

	SKIP_OR_ASSERT(stream = new_worker(run, STREAMER, "stream"));
	snprintf(path, sizeof(path), "%s/memory.reclaim", stream->cgroup);
	if (access(path, F_OK))
		SKIP(return, "this kernel has no memory.reclaim");
	ASSERT_STEP(fixture_protect(&fixture, stream, RECLAIM_FILE + 2 * MIB));
	stream->size = RECLAIM_FILE;
	stream->high = RECLAIM_FILE;
	ASSERT_STEP(launch(run, stream));
	ASSERT_STEP(fixture_hold(&fixture));
	SKIP_OR_ASSERT(reclaimer = new_worker(run, RECLAIMER, "reclaimer"));
	reclaimer->target = stream;
	ASSERT_STEP(fixture_fill(&fixture, BIND_TASK));
	ASSERT_STEP(launch(run, reclaimer));
	PRESS_AND_EXPECT_STOPPED();
}

/* Only the pressing cgroup may use swap. */
static struct worker *add_anon(struct node_fixture *fixture)
{
	struct worker *anon = new_worker(&fixture->run, ANON, "anon");

	if (!anon ||
	    set_memory(&fixture->run, anon->cgroup, "memory.high", SMALL_HIGH) ||
	    fixture_protect(fixture, anon, 2 * SMALL_HIGH))
		return NULL;
	anon->size = ANON_SIZE;
	return anon;
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, anon_only, TIMEOUT)
{
	struct worker *anon;

	ASSERT_STEP(make_swap(&fixture.run));
	ASSERT_STEP(swap_on(&fixture.run));
	SKIP_OR_ASSERT(anon = add_anon(&fixture));
	anon->high = SMALL_HIGH;
	ASSERT_STEP(launch(&fixture.run, anon));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	PRESS_AND_EXPECT_STOPPED();
}

/* Add swap that the hog may not use: kswapd stays stopped. */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, swapon_while_hopeless, TIMEOUT)
{
	struct worker *anon;

	ASSERT_STEP(make_swap(&fixture.run));
	SKIP_OR_ASSERT(anon = add_anon(&fixture));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(swap_on(&fixture.run));
	ASSERT_STEP(launch(&fixture.run, anon));
	PRESS_AND_EXPECT_STOPPED();
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, lru_switched, TIMEOUT)
{
	int i;

	if (access(LRU_FILE, F_OK))
		SKIP(return, "this kernel has no MGLRU");
	ASSERT_STEP(fixture_add_streams(&fixture, 1, STREAM_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	for (i = 0; i < 2; i++) {
		bool other = (variant->lru == LRU_MGLRU) == i;

		ASSERT_EQ(0, write_line(LRU_FILE, "%c", other ? 'y' : 'n'));
		PRESS_AND_EXPECT_STOPPED();
	}
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, memory_high_raised, TIMEOUT)
{
	ASSERT_STEP(fixture_add_streams(&fixture, 1, STREAM_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_press(&fixture));
	ASSERT_STEP(set_memory(&fixture.run,
			       find_worker(&fixture.run, STREAMER)->cgroup,
			       "memory.high", STREAM_HIGH + RAISE_BY));
	PRESS_AND_EXPECT_STOPPED();
}

/* Kill one of two cgroups: the memory that it frees is too little to balance the node. */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, cgroup_killed, TIMEOUT)
{
	struct worker *doomed;

	if (gap_bytes(&fixture.run) < SMALLEST_GAP)
		SKIP(return, "the memory of the smallest cgroup would balance the node");
	ASSERT_STEP(fixture_add_streams(&fixture, 1, SMALL_HIGH));
	SKIP_OR_ASSERT(doomed = fixture_stream(&fixture, "doomed", SMALL_HIGH / 4));
	ASSERT_STEP(launch(&fixture.run, doomed));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	ASSERT_STEP(fixture_press(&fixture));
	/* During its reclaim; the next window begins at once. */
	ASSERT_EQ(0, cg_killall(doomed->cgroup));
	end_worker(doomed);
	ASSERT_EQ(0, cg_destroy(doomed->cgroup));
	doomed->high = 0;
	PRESS_AND_EXPECT_STOPPED();
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, bound_by_cpuset, TIMEOUT)
{
	struct worker *stream;

	SKIP_OR_ASSERT(stream = fixture_stream(&fixture, "stream", STREAM_HIGH));
	ASSERT_STEP(fixture_bind(&fixture, stream, BIND_CPUSET));
	ASSERT_STEP(launch(&fixture.run, stream));
	ASSERT_STEP(fixture_hold(&fixture));
	ASSERT_STEP(fixture_fill(&fixture, BIND_CPUSET));
	PRESS_AND_EXPECT_STOPPED();
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, bound_by_mbind, TIMEOUT)
{
	ASSERT_STEP(fixture_add_streams(&fixture, 1, STREAM_HIGH));
	ASSERT_STEP(fixture_hold(&fixture));
	ASSERT_STEP(fixture_fill(&fixture, BIND_RANGE));
	PRESS_AND_EXPECT_STOPPED();
}

/* memory_high_protected on other nodes than the last one. */
FIXTURE_ON_A_NODE(topology)
VARIANTS_FOR_EACH_LRU(topology, first_node, FIRST_NODE);
VARIANTS_FOR_EACH_LRU(topology, middle_node, MIDDLE_NODE);
VARIANTS_FOR_EACH_LRU(topology, only_node, ONLY_NODE);
VARIANTS_FOR_EACH_LRU(topology, beside_memoryless, BESIDE_MEMORYLESS);

TEST_F_TIMEOUT(topology, memory_high, TIMEOUT)
{
	ASSERT_STEP(fixture_add_streams(&fixture, 1, STREAM_HIGH));
	ASSERT_STEP(fixture_make_hopeless(&fixture));
	PRESS_AND_EXPECT_STOPPED();
}

TEST_HARNESS_MAIN
