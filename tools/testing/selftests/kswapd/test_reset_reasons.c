// SPDX-License-Identifier: GPL-2.0
/*
 * What brings a kswapd back that has given its node up. Each test first makes
 * sure that pressure alone does not.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "judge.h"

#define CACHE_SIZE	(96 * MIB)
#define ATTEMPTS	5
#define SLOWING_GROUPS	300
#define GIVE_WAY_AT	2
#define TIMEOUT		600

FIXTURE(reset_reasons)
{
};

FIXTURE_VARIANT(reset_reasons)
{
	enum lru_mode lru;
};

FIXTURE_VARIANT_ADD(reset_reasons, classic)
{
	.lru = LRU_CLASSIC,
};

FIXTURE_VARIANT_ADD(reset_reasons, mglru)
{
	.lru = LRU_MGLRU,
};

FIXTURE_SETUP(reset_reasons)
{
}

FIXTURE_TEARDOWN(reset_reasons)
{
	EXPECT_EQ(0, bed_down(&bed));
}

/*
 * Hopeless, pressed and still hopeless; the pressure is stopped again. Where
 * kswapd did not stay away, there is no revival to wait for.
 */
#define PRESS_IN_VAIN() do {						\
	struct actor *stream_;						\
									\
	STEP(stream_ = bed_stream(&bed, "stream", STREAM_HIGH));	\
	MUST(launch(&bed.run, stream_));				\
	MUST(bed_make_hopeless(&bed));				\
	MUST(bed_press(&bed));					\
	WATCH_AWAY();							\
	EXPECT_PRESSURE();						\
	EXPECT_AWAY();						\
	ASSERT_TRUE(bed.window.kswapd_cpu <= ALLOWED_CPU);		\
	bed_stop(&bed);							\
	MUST(wait_until(&bed.run, node_is_hopeless,		\
			"the node is not hopeless"));			\
} while (0)

#define BEGIN(where) do {						\
	MUST(bed_up(&bed, variant->lru, where));			\
	PRESS_IN_VAIN();						\
} while (0)

/*
 * The event tells the reason and the task, where the kernel has it; 0: any task. A
 * hog that exits asks for memory of its node once more: that wakes kswapd, which may
 * be the first to find the node balanced.
 */
#define EXPECT_REASON(why, who) do {					\
	const struct event *event_;					\
	pid_t who_ = (who);						\
									\
	MUST(wait_until(&bed.run, node_is_not_hopeless,			\
			"kswapd does not come back"));			\
	MUST(trace_read(&bed.run, &bed.trace));			\
	event_ = trace_find(&bed.trace, RESET, why, bed.to);		\
	if (!event_ && bed.gone)					\
		event_ = trace_find(&bed.trace, RESET, "KSWAPD", bed.to); \
	if (bed.trace.has[RESET]) {					\
		EXPECT_NE(NULL, event_);				\
		if (event_)						\
			TH_LOG("reset by %d, reason %s",		\
			       (int)event_->pid, event_->reason);	\
		if (event_ && who_ && !strcmp(event_->reason, why))	\
			EXPECT_EQ(who_, event_->pid);			\
	}								\
} while (0)

/*
 * Nothing wakes kswapd any more, the hog's looks at the node neither, and the time is
 * over for which it was to be left alone: a reset by others counts from here on.
 */
#define LET_SLEEP() do {						\
	end_actor(find_actor(&bed.run, TOUCH));				\
	kill(find_actor(&bed.run, HOG)->pid, SIGSTOP);			\
	sleep_until(now_ns() + OTHERS_WAIT_NS);				\
} while (0)

/* The hog goes, and reclaim of a cgroup then finds the node balanced. */
TEST_F_TIMEOUT(reset_reasons, balanced_after_exit, TIMEOUT)
{
	BEGIN(LAST_NODE);
	LET_SLEEP();
	bed_leave(&bed);
	MUST(wait_until(&bed.run, node_is_empty,
			"the hog's memory has not come back"));
	MUST(bed_press(&bed));
	EXPECT_REASON("DIRECT", find_actor(&bed.run, STREAMER)->pid);
}

/* Freed pages do it alone, where there is a node to fall back to. */
TEST_F_TIMEOUT(reset_reasons, pages_freed, TIMEOUT)
{
	BEGIN(FIRST_NODE);
	LET_SLEEP();
	bed_leave(&bed);
	EXPECT_REASON("PCP", 0);
}

TEST_F_TIMEOUT(reset_reasons, demotion_switched_on, TIMEOUT)
{
	if (access(DEMOTION_FILE, W_OK))
		SKIP(return, "demotion cannot be switched on and off here");
	BEGIN(LAST_NODE);
	LET_SLEEP();
	ASSERT_EQ(0, write_line(DEMOTION_FILE, "0"));
	ASSERT_EQ(0, write_line(DEMOTION_FILE, "1"));
	EXPECT_REASON("OTHER", getpid());
}

/* Give the hog swap: the next run of kswapd reclaims enough, with no reset by others. */
TEST_F_TIMEOUT(reset_reasons, swap_added, TIMEOUT)
{
	MUST(bed_up(&bed, variant->lru, LAST_NODE));
	MUST(make_swap(&bed.run));
	PRESS_IN_VAIN();
	MUST(bed_let_swap(&bed));
	MUST(bed_swap_on(&bed));
	EXPECT_REASON("KSWAPD", bed.run.env.kswapd);
}

/* kswapd's own runs have become long enough to step in between. */
static int slow_down(struct bed *bed)
{
	char path[PATH_MAX + 32];
	int i;

	for (i = 0; i < SLOWING_GROUPS; i++) {
		snprintf(path, sizeof(path), "%s/slow%d", bed->run.undo.group, i);
		if (cg_create(path))
			return give_up(&bed->run, EXIT_FAILED,
				       "cannot make %s: %s", path,
				       strerror(errno));
	}
	return 0;
}

static struct actor *add_cache(struct bed *bed)
{
	struct actor *cache = new_actor(&bed->run, STREAMER, "cache");

	if (!cache || bed_protect(bed, cache, CACHE_SIZE + 8 * MIB))
		return NULL;
	cache->size = CACHE_SIZE;
	cache->high = CACHE_SIZE;
	return launch(&bed->run, cache) || bed_hold(bed) ? NULL : cache;
}

/* Reads failures from the pipe as they happen, until enough have. */
static int wait_for_failures(struct bed *bed)
{
	unsigned long long deadline = now_ns() + 60 * NS_A_SECOND;
	char path[PATH_MAX + 32];
	char text[4096];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/trace_pipe", bed->run.undo.tracing);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return give_up(&bed->run, EXIT_FAILED, "cannot open %s: %s",
			       path, strerror(errno));
	while (now_ns() < deadline && !all_well(&bed->run)) {
		char *at;

		got = read(fd, text, sizeof(text) - 1);
		if (got <= 0)
			continue;
		text[got] = '\0';
		for (at = text; (at = strstr(at, "failures=")); at++) {
			if (atoi(at + 9) >= GIVE_WAY_AT) {
				close(fd);
				return 0;
			}
		}
	}
	close(fd);
	return give_up(&bed->run, EXIT_FAILED, "kswapd does not fail");
}

static bool reset_or_hopeless(struct run *run)
{
	if (trace_read(run, &bed.trace))
		return true;
	return trace_find(&bed.trace, RESET, "KSWAPD", bed.to) ||
	       node_is_hopeless(run);
}

/* Let page cache of a hopeless node lose its protection: the next run finds it. */
TEST_F_TIMEOUT(reset_reasons, cache_loses_protection, TIMEOUT)
{
	struct actor *cache;

	MUST(bed_up(&bed, variant->lru, LAST_NODE));
	STEP(cache = add_cache(&bed));
	PRESS_IN_VAIN();
	MUST(bed_protect(&bed, cache, 0));
	EXPECT_REASON("KSWAPD", bed.run.env.kswapd);
}

/* It has failed a few times when page cache loses its protection. */
TEST_F_TIMEOUT(reset_reasons, kswapd_itself, TIMEOUT)
{
	struct run *run = &bed.run;
	struct actor *cache;
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		MUST(bed_up(&bed, variant->lru, LAST_NODE));
		if (!bed.trace.has[RESET] || !bed.trace.has[FAIL])
			SKIP(return, "this kernel has no events of failed runs and resets");
		MUST(slow_down(&bed));
		STEP(cache = add_cache(&bed));
		bed.to = (double)now_ns() / NS_A_SECOND;
		MUST(bed_hog_and_touch(&bed, BIND_TASK));
		MUST(wait_for_failures(&bed));
		MUST(bed_protect(&bed, cache, 0));
		MUST(wait_until(run, reset_or_hopeless,
				"kswapd neither gives up nor comes back"));
		if (trace_find(&bed.trace, RESET, "KSWAPD", bed.to))
			break;
		TH_LOG("attempt %d was too late", i + 1);
		ASSERT_EQ(0, bed_down(&bed));
	}
	ASSERT_LT(i, ATTEMPTS);
	EXPECT_REASON("KSWAPD", bed.run.env.kswapd);
}

TEST_HARNESS_MAIN
