// SPDX-License-Identifier: GPL-2.0
/*
 * A node that kswapd has given up, and cgroups that reclaim their own pages
 * there: kswapd must stay away for as long as that is all that happens.
 */
#include <stdio.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "judge.h"

#define ANON_SIZE	(2 * SMALL_HIGH)
/* All of it reclaimed must not lift the node above its high watermark. */
#define RECLAIM_FILE	bed_part_of_gap(&bed, 0.35, 8 * MIB)
#define RAISE_BY	bed_part_of_gap(&bed, 0.2, 4 * MIB)
#define SMALLEST_GAP	(6 * MIB)
#define MANY		4
#define SELDOM_US	100000
/* Runs of which some took what was not in use. */
#define ALLOWED_UP_TO	64
#define TIMEOUT		600

FIXTURE(memcg_reclaim_keeps_hopeless)
{
};

FIXTURE_VARIANT(memcg_reclaim_keeps_hopeless)
{
	enum lru_mode lru;
};

FIXTURE_VARIANT_ADD(memcg_reclaim_keeps_hopeless, classic)
{
	.lru = LRU_CLASSIC,
};

FIXTURE_VARIANT_ADD(memcg_reclaim_keeps_hopeless, mglru)
{
	.lru = LRU_MGLRU,
};

FIXTURE_SETUP(memcg_reclaim_keeps_hopeless)
{
	MUST(bed_up(&bed, variant->lru, LAST_NODE));
}

FIXTURE_TEARDOWN(memcg_reclaim_keeps_hopeless)
{
	EXPECT_EQ(0, bed_down(&bed));
}

/* What all of them end with. */
#define PRESS_AND_JUDGE() do {						\
	MUST(bed_press(&bed));					\
	WATCH_AWAY();							\
	EXPECT_PRESSURE();						\
	EXPECT_AWAY();						\
} while (0)

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, memory_high_protected, TIMEOUT)
{
	struct actor *stream;

	STEP(stream = bed_stream(&bed, "stream", STREAM_HIGH));
	MUST(launch(&bed.run, stream));
	MUST(bed_make_hopeless(&bed));
	PRESS_AND_JUDGE();
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, memory_high_unprotected, TIMEOUT)
{
	struct actor *stream;

	STEP(stream = bed_stream(&bed, "stream", STREAM_HIGH));
	MUST(launch(&bed.run, stream));
	MUST(bed_make_hopeless(&bed));
	MUST(bed_protect(&bed, stream, 0));
	PRESS_AND_JUDGE();
}

/* The file of others that is in use all the time must stay where it is. */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, hot_file_is_left_alone, TIMEOUT)
{
	struct actor *stream;
	struct actor *hot;

	STEP(hot = bed_hot(&bed));
	STEP(stream = bed_stream(&bed, "stream", STREAM_HIGH));
	MUST(launch(&bed.run, stream));
	MUST(bed_make_hopeless(&bed));
	MUST(bed_protect(&bed, hot, 0));
	PRESS_AND_JUDGE();
}

static unsigned long long rounds_before;

/* What was evicted of it has been read again: the round may have begun before. */
static bool hot_is_back(struct run *run)
{
	return atomic_load(&find_actor(run, HOT)->slot->rounds) >
	       rounds_before + 1;
}

/*
 * The same of a file that is used ten times a second. kswapd finds pages of it in
 * each run, and they are back at once: that must not keep it from giving up.
 */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, hot_file_comes_back, TIMEOUT)
{
	struct run *run = &bed.run;
	unsigned long long runs;
	struct actor *stream;
	struct actor *hot;

	run->opt.hot_pause_us = SELDOM_US;
	STEP(hot = bed_hot(&bed));
	MUST(bed_protect(&bed, hot, 0));
	STEP(stream = bed_stream(&bed, "stream", STREAM_HIGH));
	MUST(launch(run, stream));
	MUST(bed_make_hopeless(&bed));
	runs = runs_so_far(run) - run->runs_at_start;
	rounds_before = atomic_load(&hot->slot->rounds);
	MUST(wait_until(run, hot_is_back, "the hot file does not get on"));
	PRESS_AND_JUDGE();
	EXPECT_AT_MOST("runs until kswapd gave up", runs, 16, ALLOWED_UP_TO);
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, several_cgroups, TIMEOUT)
{
	struct actor *stream;
	char name[32];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "stream%d", i);
		STEP(stream = bed_stream(&bed, name, SMALL_HIGH));
		MUST(launch(&bed.run, stream));
	}
	MUST(bed_make_hopeless(&bed));
	PRESS_AND_JUDGE();
}

/*
 * The limit is two levels above the task. Protection below a limit is also one
 * from that limit, so it ends when the pressure begins.
 */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, nested_cgroups, TIMEOUT)
{
	unsigned long long min = STREAM_HIGH + STREAM_HIGH / 4;
	struct run *run = &bed.run;
	char outer[PATH_MAX + 16];
	char inner[PATH_MAX + 32];
	struct actor *stream;

	snprintf(outer, sizeof(outer), "%s/outer", run->undo.group);
	snprintf(inner, sizeof(inner), "%s/inner", outer);
	ASSERT_EQ(0, cg_create(outer));
	ASSERT_EQ(0, cg_write(outer, "cgroup.subtree_control", "+memory"));
	ASSERT_EQ(0, cg_create(inner));
	ASSERT_EQ(0, cg_write(inner, "cgroup.subtree_control", "+memory"));
	MUST(set_memory(run, outer, "memory.high", STREAM_HIGH));
	MUST(set_memory(run, outer, "memory.min", min));
	MUST(set_memory(run, inner, "memory.min", min));
	STEP(stream = new_actor(run, STREAMER, "outer/inner/stream"));
	MUST(bed_protect(&bed, stream, min));
	/* What the outer cgroup may have is what fills this one up. */
	stream->high = STREAM_HIGH - STREAM_HIGH / 8;
	MUST(launch(run, stream));
	MUST(bed_make_hopeless(&bed));
	MUST(bed_protect(&bed, stream, 0));
	MUST(set_memory(run, inner, "memory.min", 0));
	MUST(set_memory(run, outer, "memory.min", 0));
	PRESS_AND_JUDGE();
}

/* Reclaim that somebody asks for, and no limit. */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, memory_reclaim, TIMEOUT)
{
	struct run *run = &bed.run;
	struct actor *reclaimer;
	struct actor *stream;
	char path[PATH_MAX + 32];

	STEP(stream = new_actor(run, STREAMER, "stream"));
	snprintf(path, sizeof(path), "%s/memory.reclaim", stream->cgroup);
	if (access(path, F_OK))
		SKIP(return, "this kernel has no memory.reclaim");
	MUST(bed_protect(&bed, stream, RECLAIM_FILE + 2 * MIB));
	stream->size = RECLAIM_FILE;
	stream->high = RECLAIM_FILE;
	MUST(launch(run, stream));
	MUST(bed_hold(&bed));
	STEP(reclaimer = new_actor(run, RECLAIMER, "reclaimer"));
	reclaimer->target = stream;
	MUST(bed_fill(&bed, BIND_TASK));
	MUST(launch(run, reclaimer));
	PRESS_AND_JUDGE();
}

/* Swap for the cgroup that presses, and none for the rest of the node. */
static struct actor *add_anon(struct bed *bed)
{
	struct actor *anon = new_actor(&bed->run, ANON, "anon");

	if (!anon ||
	    set_memory(&bed->run, anon->cgroup, "memory.high", SMALL_HIGH) ||
	    bed_protect(bed, anon, 2 * SMALL_HIGH))
		return NULL;
	anon->size = ANON_SIZE;
	return anon;
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, anon_only, TIMEOUT)
{
	struct actor *anon;

	MUST(make_swap(&bed.run));
	MUST(bed_swap_on(&bed));
	STEP(anon = add_anon(&bed));
	anon->high = SMALL_HIGH;
	MUST(launch(&bed.run, anon));
	MUST(bed_make_hopeless(&bed));
	PRESS_AND_JUDGE();
}

/* Swap that the hog may not use is no help. */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, swapon_while_hopeless, TIMEOUT)
{
	struct actor *anon;

	MUST(make_swap(&bed.run));
	STEP(anon = add_anon(&bed));
	MUST(bed_make_hopeless(&bed));
	MUST(bed_swap_on(&bed));
	MUST(launch(&bed.run, anon));
	PRESS_AND_JUDGE();
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, lru_switched, TIMEOUT)
{
	struct actor *stream;
	int i;

	if (access(LRU_FILE, F_OK))
		SKIP(return, "this kernel has no MGLRU");
	STEP(stream = bed_stream(&bed, "stream", STREAM_HIGH));
	MUST(launch(&bed.run, stream));
	MUST(bed_make_hopeless(&bed));
	for (i = 0; i < 2; i++) {
		bool other = (variant->lru == LRU_MGLRU) == i;

		ASSERT_EQ(0, write_line(LRU_FILE, "%c", other ? 'y' : 'n'));
		PRESS_AND_JUDGE();
	}
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, memory_high_raised, TIMEOUT)
{
	struct actor *stream;

	STEP(stream = bed_stream(&bed, "stream", STREAM_HIGH));
	MUST(launch(&bed.run, stream));
	MUST(bed_make_hopeless(&bed));
	MUST(bed_press(&bed));
	MUST(set_memory(&bed.run, stream->cgroup, "memory.high",
			STREAM_HIGH + RAISE_BY));
	PRESS_AND_JUDGE();
}

/* The other one goes on, and what the dead one held is too little to help. */
TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, cgroup_killed, TIMEOUT)
{
	struct actor *doomed;
	struct actor *stream;

	if (gap_bytes(&bed.run) < SMALLEST_GAP)
		SKIP(return, "what the smallest cgroup holds would balance the node");
	STEP(stream = bed_stream(&bed, "stream", SMALL_HIGH));
	MUST(launch(&bed.run, stream));
	STEP(doomed = bed_stream(&bed, "doomed", SMALL_HIGH / 4));
	MUST(launch(&bed.run, doomed));
	MUST(bed_make_hopeless(&bed));
	MUST(bed_press(&bed));
	/* In the middle of its reclaim; the next window begins at once. */
	ASSERT_EQ(0, cg_killall(doomed->cgroup));
	end_actor(doomed);
	ASSERT_EQ(0, cg_destroy(doomed->cgroup));
	doomed->high = 0;
	PRESS_AND_JUDGE();
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, bound_by_cpuset, TIMEOUT)
{
	struct actor *stream;

	STEP(stream = bed_stream(&bed, "stream", STREAM_HIGH));
	MUST(bed_bind(&bed, stream, BIND_CPUSET));
	MUST(launch(&bed.run, stream));
	MUST(bed_hold(&bed));
	MUST(bed_fill(&bed, BIND_CPUSET));
	PRESS_AND_JUDGE();
}

TEST_F_TIMEOUT(memcg_reclaim_keeps_hopeless, bound_by_mbind, TIMEOUT)
{
	struct actor *stream;

	STEP(stream = bed_stream(&bed, "stream", STREAM_HIGH));
	MUST(launch(&bed.run, stream));
	MUST(bed_hold(&bed));
	MUST(bed_fill(&bed, BIND_RANGE));
	PRESS_AND_JUDGE();
}

/* The core of it on other nodes than the last one. */
FIXTURE(topology)
{
};

FIXTURE_VARIANT(topology)
{
	enum lru_mode lru;
	enum where where;
};

FIXTURE_VARIANT_ADD(topology, classic_first_node)
{
	.lru = LRU_CLASSIC,
	.where = FIRST_NODE,
};

FIXTURE_VARIANT_ADD(topology, mglru_first_node)
{
	.lru = LRU_MGLRU,
	.where = FIRST_NODE,
};

FIXTURE_VARIANT_ADD(topology, classic_middle_node)
{
	.lru = LRU_CLASSIC,
	.where = MIDDLE_NODE,
};

FIXTURE_VARIANT_ADD(topology, mglru_middle_node)
{
	.lru = LRU_MGLRU,
	.where = MIDDLE_NODE,
};

FIXTURE_VARIANT_ADD(topology, classic_only_node)
{
	.lru = LRU_CLASSIC,
	.where = ONLY_NODE,
};

FIXTURE_VARIANT_ADD(topology, mglru_only_node)
{
	.lru = LRU_MGLRU,
	.where = ONLY_NODE,
};

FIXTURE_VARIANT_ADD(topology, classic_beside_memoryless)
{
	.lru = LRU_CLASSIC,
	.where = BESIDE_MEMORYLESS,
};

FIXTURE_VARIANT_ADD(topology, mglru_beside_memoryless)
{
	.lru = LRU_MGLRU,
	.where = BESIDE_MEMORYLESS,
};

FIXTURE_SETUP(topology)
{
	MUST(bed_up(&bed, variant->lru, variant->where));
}

FIXTURE_TEARDOWN(topology)
{
	EXPECT_EQ(0, bed_down(&bed));
}

TEST_F_TIMEOUT(topology, memory_high, TIMEOUT)
{
	struct actor *stream;

	STEP(stream = bed_stream(&bed, "stream", STREAM_HIGH));
	MUST(launch(&bed.run, stream));
	MUST(bed_make_hopeless(&bed));
	PRESS_AND_JUDGE();
}

TEST_HARNESS_MAIN
