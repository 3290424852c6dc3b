// SPDX-License-Identifier: GPL-2.0
/*
 * Nobody is to be OOM-killed for memory that is free, but lies on the lists of
 * other CPUs. A kswapd that runs keeps these lists short; one that has given the
 * node up does not.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"

#define SHIFTS		32
#define SLACK		(16 * MIB)
#define TIMEOUT		120

FIXTURE(oom)
{
};

FIXTURE_VARIANT(oom)
{
	enum lru_mode lru;
};

FIXTURE_VARIANT_ADD(oom, classic)
{
	.lru = LRU_CLASSIC,
};

FIXTURE_VARIANT_ADD(oom, mglru)
{
	.lru = LRU_MGLRU,
};

FIXTURE_SETUP(oom)
{
	MUST(bed_up(&bed, variant->lru, LAST_NODE));
}

FIXTURE_TEARDOWN(oom)
{
	EXPECT_EQ(0, bed_down(&bed));
}

/* As the kernel has them; they may then hold an eighth of a zone. */
static int let_lists_grow(struct run *run)
{
	int err = write_line(LISTS_FILE, "0");

	return err ? give_up(run, EXIT_SKIP, "cannot write to %s: %s",
			     LISTS_FILE, strerror(-err)) : 0;
}

static int next_cpu(const cpu_set_t *allowed, int cpu)
{
	do {
		cpu = (cpu + 1) % CPU_SETSIZE;
	} while (!CPU_ISSET(cpu, allowed));
	return cpu;
}

/* Gives back what it has on one CPU, and takes the same on the next one. */
static void __noreturn shifter_body(const struct run *run, struct slot *slot,
				    size_t size)
{
	size_t page = run->env.page_size;
	cpu_set_t allowed;
	int cpu = -1;
	char *mem;
	int err;
	int i;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		actor_give_up(slot, "has too many CPUs: %s", strerror(errno));
	err = bind_to_node(run->opt.node);
	if (err)
		actor_give_up(slot, "cannot be bound to node %d: %s",
			      run->opt.node, strerror(-err));
	mem = map_small_pages(slot, size);
	write_pages(mem, size, page);
	atomic_store(&slot->ready, true);
	while (!atomic_load(&slot->leave))
		usleep(10000);
	for (i = 0; i < SHIFTS; i++) {
		cpu = next_cpu(&allowed, cpu);
		stay_on_cpu(slot, cpu);
		write_pages(mem, size, page);
		madvise(mem, size, MADV_DONTNEED);
		atomic_fetch_add(&slot->rounds, 1);
	}
	_exit(EXIT_OK);
}

/*
 * What it takes, it has given back before. The hog is not to fill the room of
 * that moment, and nobody is to wake kswapd.
 */
TEST_F_TIMEOUT(oom, lists_are_drained_first, TIMEOUT)
{
	struct run *run = &bed.run;
	struct slot *shifter;
	int status;
	pid_t pid;

	MUST(let_lists_grow(run));
	shifter = bed_slot();
	ASSERT_NE(NULL, shifter);
	pid = bed_fork(&bed, -1000, shifter);
	ASSERT_LE(0, pid);
	if (!pid)
		shifter_body(run, shifter, (run->node.high - run->node.low) *
			     run->env.page_size + SLACK);
	MUST(bed_wait_for(&bed, "shifter", pid, shifter));
	MUST(bed_make_hopeless(&bed));
	end_actor(find_actor(run, TOUCH));
	kill(find_actor(run, HOG)->pid, SIGSTOP);
	atomic_store(&shifter->leave, true);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	TH_LOG("went from CPU to CPU %llu times",
	       (unsigned long long)atomic_load(&shifter->rounds));
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status)) {
		TH_LOG("the shifter %s", *shifter->note ? shifter->note : "was killed");
	}
	MUST(all_well(run));
}

TEST_HARNESS_MAIN
