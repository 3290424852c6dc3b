// SPDX-License-Identifier: GPL-2.0
/*
 * No OOM kill may happen while free memory is on the lists of other CPUs. A running
 * kswapd keeps these lists short, but not on a hopeless node.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

#define SHIFTS		32
#define MANY		8
#define SLACK		(16 * MIB)
#define TIMEOUT		120

FIXTURE_FOR_EACH_LRU(oom_pcp_drain)

FIXTURE_SETUP(oom_pcp_drain)
{
	SKIP_UNLESS_CHOSEN();
	ASSERT_STEP(fixture_setup(&fixture, variant->lru, LAST_NODE));
}

/* The kernel's default, with which the lists may hold an eighth of a zone. */
static int let_lists_grow(struct run *run)
{
	int err = write_line(LISTS_FILE, "0");

	return err ? fail(run, EXIT_SKIP, "cannot write to %s: %s",
			  LISTS_FILE, strerror(-err)) : 0;
}

/* Starts a shifter on the node and waits until it is ready. */
static pid_t add_shifter(struct node_fixture *fixture, struct slot *slot,
			 struct slot *shared, int tasks, size_t size)
{
	pid_t pid = fixture_fork(fixture, -1000, slot);
	int err;

	if (pid)
		return pid < 0 || fixture_wait_for(fixture, "shifter", pid, slot) ? -1 :
		       pid;
	err = bind_to_node(fixture->run.opt.node);
	if (err)
		worker_fail(slot, "cannot be bound to node %d: %s",
			    fixture->run.opt.node, strerror(-err));
	shift(&fixture->run, slot, shared, tasks, size, SHIFTS);
}

#define SHIFT_AND_EXPECT_NO_KILL(n, size) do {					\
	struct slot *slots_[n];							\
	pid_t pids_[n];								\
	int status_;								\
	int i_;									\
										\
	ASSERT_STEP(let_lists_grow(&fixture.run));				\
	for (i_ = 0; i_ < (n); i_++) {						\
		slots_[i_] = fixture_slot();					\
		ASSERT_NE(NULL, slots_[i_]);					\
		pids_[i_] = add_shifter(&fixture, slots_[i_], slots_[0], n, size); \
		ASSERT_LT(0, pids_[i_]) {					\
			TH_LOG("%s", fixture.run.why);				\
		}								\
	}									\
	ASSERT_STEP(fixture_make_hopeless(&fixture));				\
	end_worker(find_worker(&fixture.run, TOUCH));				\
	kill(find_worker(&fixture.run, HOG)->pid, SIGSTOP);			\
	for (i_ = 0; i_ < (n); i_++)						\
		atomic_store(&slots_[i_]->leave, true);				\
	for (i_ = 0; i_ < (n); i_++) {						\
		ASSERT_EQ(pids_[i_], waitpid(pids_[i_], &status_, 0));		\
		TH_LOG("moved from CPU to CPU %llu times",			\
		       (unsigned long long)atomic_load(&slots_[i_]->rounds));	\
		EXPECT_TRUE(WIFEXITED(status_) && !WEXITSTATUS(status_)) {	\
			TH_LOG("a shifter %s", *slots_[i_]->note ?		\
			       slots_[i_]->note : "was killed");		\
		}								\
	}									\
	ASSERT_STEP(check_workers(&fixture.run));				\
} while (0)

/*
 * Shift memory that was just freed from CPU to CPU: no OOM kill. The hog is stopped, so
 * that it does not take these pages, and touch ends, so that kswapd is not woken.
 */
TEST_F_TIMEOUT(oom_pcp_drain, lists_are_drained_first, TIMEOUT)
{
	SHIFT_AND_EXPECT_NO_KILL(1, gap_bytes(&fixture.run) + SLACK);
}

/* The same with several tasks: each allocates pages that the others have freed. */
TEST_F_TIMEOUT(oom_pcp_drain, lists_are_drained_for_many, TIMEOUT)
{
	SHIFT_AND_EXPECT_NO_KILL(MANY, gap_bytes(&fixture.run) / MANY + SLACK);
}

TEST_HARNESS_MAIN
