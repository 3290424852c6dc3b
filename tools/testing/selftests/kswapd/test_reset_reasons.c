// SPDX-License-Identifier: GPL-2.0
/*
 * Each reset of the count of a hopeless node, and its reason. Each test first checks
 * that pressure alone resets nothing.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "expect.h"

#define CACHE_SIZE	(96 * MIB)
#define ATTEMPTS	5
#define SLOWING_GROUPS	300
#define GIVE_WAY_AT	2
#define TIMEOUT		600

FIXTURE_FOR_EACH_LRU(reset_reasons)

FIXTURE_SETUP(reset_reasons)
{
	SKIP_UNLESS_CHOSEN();
}

/*
 * Makes the node hopeless, presses, expects a stopped kswapd, and stops the pressure.
 * If kswapd runs, there is no reset to wait for.
 */
#define EXPECT_STILL_HOPELESS() do {					\
	ASSERT_STEP(fixture_add_streams(&fixture, 1, STREAM_HIGH));	\
	ASSERT_STEP(fixture_make_hopeless(&fixture));		\
	ASSERT_STEP(fixture_press(&fixture));			\
	WATCH_UNTIL_STOPPED();						\
	EXPECT_PRESSURE();						\
	EXPECT_KSWAPD_STOPPED();				\
	ASSERT_TRUE(fixture.window.kswapd_cpu <= ALLOWED_CPU);		\
	fixture_stop(&fixture);						\
	ASSERT_STEP(wait_until(&fixture.run, node_is_hopeless,	\
			       "the node is not hopeless"));		\
} while (0)

#define SET_UP_HOPELESS(where) do {					\
	ASSERT_STEP(fixture_setup(&fixture, variant->lru, where));	\
	EXPECT_STILL_HOPELESS();					\
} while (0)

static struct worker *add_cache(struct node_fixture *fixture)
{
	struct worker *cache = new_worker(&fixture->run, STREAMER, "cache");

	if (!cache || fixture_protect(fixture, cache, CACHE_SIZE + 8 * MIB))
		return NULL;
	cache->size = CACHE_SIZE;
	cache->high = CACHE_SIZE;
	return launch(&fixture->run, cache) || fixture_hold(fixture) ? NULL : cache;
}

/*
 * Checks reason and task of the event, if the kernel has it; task 0: any. A hog that
 * exits frees pages and allocates on its node once more. So the reset may come from the
 * free path, or from kswapd.
 */
#define EXPECT_REASON(why, who) do {					\
	const struct event *event_;					\
	pid_t who_ = (who);						\
									\
	ASSERT_STEP(wait_until(&fixture.run, node_is_not_hopeless,	\
			       "kswapd does not restart"));		\
	ASSERT_STEP(trace_read(&fixture.run, &fixture.trace));	\
	event_ = trace_find(&fixture.trace, RESET, why, fixture.to);	\
	if (!event_ && fixture.hog_gone)				\
		event_ = trace_find(&fixture.trace, RESET, "PCP", fixture.to); \
	if (!event_ && fixture.hog_gone)				\
		event_ = trace_find(&fixture.trace, RESET, "KSWAPD", fixture.to); \
	if (fixture.trace.has[RESET]) {					\
		EXPECT_NE(NULL, event_);				\
		if (event_)						\
			TH_LOG("reset by %d, reason %s",		\
			       (int)event_->pid, event_->reason);	\
		if (event_ && who_ && !strcmp(event_->reason, why))	\
			EXPECT_EQ(who_, event_->pid);			\
	}								\
} while (0)

/*
 * Stops all tasks that wake kswapd and waits for the backoff: from then on, resets by
 * other tasks count.
 */
#define LET_KSWAPD_SLEEP() do {						\
	end_worker(find_worker(&fixture.run, TOUCH));			\
	kill(find_worker(&fixture.run, HOG)->pid, SIGSTOP);		\
	sleep_until(now_ns() + OTHERS_WAIT_NS);				\
} while (0)

static bool kernel_before(int major, int minor)
{
	struct utsname uts;
	int is[2];

	return !uname(&uts) && sscanf(uts.release, "%d.%d", &is[0], &is[1]) == 2 &&
	       (is[0] < major || (is[0] == major && is[1] < minor));
}

/* End the hog and press: reclaim of a cgroup finds the node balanced. */
TEST_F_TIMEOUT(reset_reasons, balanced_after_exit, TIMEOUT)
{
	SET_UP_HOPELESS(LAST_NODE);
	LET_KSWAPD_SLEEP();
	fixture_end_hog(&fixture);
	ASSERT_STEP(wait_until(&fixture.run, node_is_empty,
			       "the memory of the hog has not become free"));
	ASSERT_STEP(fixture_press(&fixture));
	EXPECT_REASON("DIRECT", find_worker(&fixture.run, STREAMER)->pid);
}

/*
 * Truncate a cached file on a node without a fallback node: freed pages reset the count.
 * The exit of the hog would wake kswapd first, for a retry that may fail.
 */
TEST_F_TIMEOUT(reset_reasons, pages_freed, TIMEOUT)
{
	struct worker *cache;

	if (kernel_before(6, 12))
		SKIP(return, "kernels before 6.12 do not reset the count where pages are freed");
	ASSERT_STEP(fixture_setup(&fixture, variant->lru, LAST_NODE));
	SKIP_OR_ASSERT(cache = add_cache(&fixture));
	EXPECT_STILL_HOPELESS();
	LET_KSWAPD_SLEEP();
	ASSERT_EQ(0, truncate(cache->file, 0));
	EXPECT_REASON("PCP", 0);
}

TEST_F_TIMEOUT(reset_reasons, demotion_switched_on, TIMEOUT)
{
	if (access(DEMOTION_FILE, W_OK))
		SKIP(return, "demotion cannot be switched on and off here");
	SET_UP_HOPELESS(LAST_NODE);
	LET_KSWAPD_SLEEP();
	ASSERT_EQ(0, write_line(DEMOTION_FILE, "0"));
	ASSERT_EQ(0, write_line(DEMOTION_FILE, "1"));
	EXPECT_REASON("OTHER", getpid());
}

/* Give the hog swap: the next run of kswapd reclaims enough, with no reset by others. */
TEST_F_TIMEOUT(reset_reasons, swap_added, TIMEOUT)
{
	ASSERT_STEP(fixture_setup(&fixture, variant->lru, LAST_NODE));
	ASSERT_STEP(make_swap(&fixture.run));
	EXPECT_STILL_HOPELESS();
	ASSERT_STEP(fixture_allow_swap(&fixture));
	ASSERT_STEP(swap_on(&fixture.run));
	EXPECT_REASON("KSWAPD", fixture.run.env.kswapd);
}

/* More cgroups make the runs of kswapd long enough to change a setting between two. */
static int slow_down(struct node_fixture *fixture)
{
	char path[PATH_MAX + 32];
	int i;

	for (i = 0; i < SLOWING_GROUPS; i++) {
		snprintf(path, sizeof(path), "%s/slow%d", fixture->run.cleanup.group, i);
		if (cg_create(path))
			return fail(&fixture->run, EXIT_FAILED,
				    "cannot make %s: %s", path,
				    strerror(errno));
	}
	return 0;
}

/* Reads failed runs from the pipe, until there are enough. */
static int wait_for_failures(struct node_fixture *fixture)
{
	unsigned long long deadline = now_ns() + 60 * NS_A_SECOND;
	char path[PATH_MAX + 32];
	char text[4096];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/trace_pipe", fixture->run.cleanup.tracing);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail(&fixture->run, EXIT_FAILED, "cannot open %s: %s",
			    path, strerror(errno));
	while (now_ns() < deadline && !check_workers(&fixture->run)) {
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
	return fail(&fixture->run, EXIT_FAILED, "kswapd does not fail");
}

static bool reset_or_hopeless(struct run *run)
{
	if (trace_read(run, &fixture.trace))
		return true;
	return trace_find(&fixture.trace, RESET, "KSWAPD", fixture.to) ||
	       node_is_hopeless(run);
}

/* Let page cache of a hopeless node lose its protection: the next run finds it. */
TEST_F_TIMEOUT(reset_reasons, cache_loses_protection, TIMEOUT)
{
	struct worker *cache;

	ASSERT_STEP(fixture_setup(&fixture, variant->lru, LAST_NODE));
	SKIP_OR_ASSERT(cache = add_cache(&fixture));
	EXPECT_STILL_HOPELESS();
	ASSERT_STEP(fixture_protect(&fixture, cache, 0));
	EXPECT_REASON("KSWAPD", fixture.run.env.kswapd);
}

/* Let page cache lose its protection after a few failed runs: kswapd resets the count. */
TEST_F_TIMEOUT(reset_reasons, kswapd_itself, TIMEOUT)
{
	struct run *run = &fixture.run;
	struct worker *cache;
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		ASSERT_STEP(fixture_setup(&fixture, variant->lru, LAST_NODE));
		if (!fixture.trace.has[RESET] || !fixture.trace.has[FAIL])
			SKIP(return, "this kernel has no events of failed runs and resets");
		ASSERT_STEP(slow_down(&fixture));
		SKIP_OR_ASSERT(cache = add_cache(&fixture));
		fixture.to = (double)now_ns() / NS_A_SECOND;
		ASSERT_STEP(fixture_hog_and_touch(&fixture, BIND_TASK));
		ASSERT_STEP(wait_for_failures(&fixture));
		ASSERT_STEP(fixture_protect(&fixture, cache, 0));
		ASSERT_STEP(wait_until(run, reset_or_hopeless,
				       "kswapd neither gives up nor resets the count"));
		if (trace_find(&fixture.trace, RESET, "KSWAPD", fixture.to))
			break;
		TH_LOG("attempt %d was too late", i + 1);
		ASSERT_EQ(0, fixture_teardown(&fixture));
	}
	ASSERT_LT(i, ATTEMPTS);
	EXPECT_REASON("KSWAPD", fixture.run.env.kswapd);
}

TEST_HARNESS_MAIN
