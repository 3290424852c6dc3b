// SPDX-License-Identifier: GPL-2.0
/*
 * A task that moves a folio under lru_lock clears its LRU flag first. Until the move
 * is done, reclaim cannot isolate the folio. One such folio must not keep reclaim
 * from all other folios: a cgroup with evictable file pages must see no OOM kill.
 *
 * The flag is cleared for a moment only, so a faulty kernel fails only if that moment
 * is long: on a virtual CPU that is preempted, or with a delay in the kernel.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup_util.h"
#include "expect.h"

/* Warm and cold file pages fill half of the cgroup, anonymous memory needs 3/4 of it. */
#define MEMORY_MAX	(64 * MIB)
#define WARM_SIZE	(24 * MIB)
#define COLD_SIZE	(8 * MIB)
#define ANON_SIZE	(48 * MIB)
#define TIMEOUT		120

FIXTURE(isolated_folio)
{
	char group[PATH_MAX];
};

FIXTURE_VARIANT(isolated_folio)
{
	enum lru_mode lru;
	bool no_walk;			/* of page tables */
};

FIXTURE_VARIANT_ADD(isolated_folio, classic)
{
	.lru = LRU_CLASSIC,
};

FIXTURE_VARIANT_ADD(isolated_folio, mglru)
{
	.lru = LRU_MGLRU,
};

FIXTURE_VARIANT_ADD(isolated_folio, mglru_no_walk)
{
	.lru = LRU_MGLRU,
	.no_walk = true,
};

FIXTURE_SETUP(isolated_folio)
{
	SKIP_UNLESS_CHOSEN();
}

FIXTURE_TEARDOWN(isolated_folio)
{
	EXPECT_EQ(0, fixture_teardown(&fixture));
}

enum file { ONE_PAGE, WARM, COLD };

static void name_file(char *path, enum file file)
{
	snprintf(path, PATH_MAX, "%.*s/file%d", PATH_MAX - 16, fixture.run.cleanup.dir,
		 file);
}

static int make_file(struct run *run, enum file file, unsigned long long size)
{
	char path[PATH_MAX];

	name_file(path, file);
	return make_filled_file(run, path, size);
}

static int open_file(struct slot *slot, enum file file)
{
	char path[PATH_MAX];
	int fd;

	name_file(path, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		worker_fail(slot, "cannot open %s: %s", path, strerror(errno));
	return fd;
}

/* Maps the file and reads a byte of each page. */
static char *map_file(struct slot *slot, int fd, size_t size, size_t page)
{
	char *mem = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	unsigned char seen = 0;
	size_t at;

	if (mem == MAP_FAILED)
		worker_fail(slot, "cannot map a file: %s", strerror(errno));
	for (at = 0; at < size; at += page)
		seen += mem[at];
	/* Keeps the compiler from dropping the reads. */
	atomic_store(&slot->seen, seen);
	return mem;
}

static void read_all(struct slot *slot, int fd)
{
	char buf[4096];
	ssize_t got;

	do {
		got = read(fd, buf, sizeof(buf));
	} while (got > 0);
	if (got < 0)
		worker_fail(slot, "cannot read a file: %s", strerror(errno));
}

/*
 * Moves a single page constantly. It has a CPU for itself, so that no other task
 * flushes the batch of that CPU. Under MGLRU, pages that were read are older than
 * mapped pages. The single page is the oldest, and is alone in the oldest generation
 * after the eviction of the rest. Each madvise() puts the page into the batch and
 * moves it. Linux 6.19 does not move a page of the oldest generation, so the race is
 * rarer there.
 */
static void __noreturn mover_body(const struct run *run, struct slot *slot,
				  int cpu)
{
	size_t size = run->env.page_size;
	char *page;
	int fd;

	stay_on_cpu(slot, cpu);
	fd = open_file(slot, ONE_PAGE);
	read_all(slot, fd);
	page = map_file(slot, fd, size, size);
	map_file(slot, open_file(slot, WARM), WARM_SIZE, size);
	read_all(slot, open_file(slot, COLD));
	do {
		if (madvise(page, size, MADV_COLD))
			worker_fail(slot, "cannot use MADV_COLD: %s",
				    strerror(errno));
		atomic_store(&slot->ready, true);
	} while (true);
}

static void __noreturn taker_body(const struct run *run, struct slot *slot)
{
	char *mem;

	mem = mmap(NULL, ANON_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		worker_fail(slot, "cannot map memory: %s", strerror(errno));
	write_pages(mem, ANON_SIZE, run->env.page_size);
	_exit(EXIT_OK);
}

/* Reserves the last allowed CPU for the mover. */
static int keep_cpu(struct run *run)
{
	cpu_set_t cpus;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return fail(run, EXIT_SKIP, "there are too many CPUs: %s",
			    strerror(errno));
	if (CPU_COUNT(&cpus) < 2)
		return fail(run, EXIT_SKIP, "there is only one CPU");
	while (!CPU_ISSET(cpu, &cpus))
		cpu--;
	CPU_CLR(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return fail(run, EXIT_FAILED, "cannot leave CPU %d: %s", cpu,
			    strerror(errno));
	return cpu;
}

/* Starts a task in the group: the mover on a CPU, or the taker with cpu -1. */
static pid_t start(const char *group, struct slot *slot, int cpu)
{
	/* The OOM killer must choose the taker. */
	pid_t pid = fixture_fork(&fixture, cpu < 0 ? 1000 : -1000, slot);

	if (pid)
		return pid;
	enter_cgroup(group, slot);
	if (cpu < 0)
		taker_body(&fixture.run, slot);
	mover_body(&fixture.run, slot, cpu);
}

static int make_limited_group(struct run *run, char *group)
{
	snprintf(group, PATH_MAX, "%.*s/limited", PATH_MAX - 16,
		 run->cleanup.group);
	if (cg_create(group))
		return fail(run, EXIT_FAILED, "cannot make %s: %s", group,
			    strerror(errno));
	return set_memory(run, group, "memory.max", MEMORY_MAX);
}

static int walk_no_page_tables(struct run *run)
{
	int err = write_line(LRU_FILE, "5");

	return err ? fail(run, EXIT_SKIP, "cannot change the LRU: %s",
			  strerror(-err)) : 0;
}

TEST_F_TIMEOUT(isolated_folio, others_are_evicted, TIMEOUT)
{
	struct slot *mover, *taker;
	struct run *run = &fixture.run;
	pid_t mover_pid, taker_pid;
	int status;
	int cpu;

	ASSERT_STEP(fixture_setup(&fixture, variant->lru, LAST_NODE));
	if (variant->no_walk)
		ASSERT_STEP(walk_no_page_tables(run));
	cpu = keep_cpu(run);
	ASSERT_STEP(cpu < 0);
	ASSERT_STEP(make_limited_group(run, self->group));
	ASSERT_STEP(make_file(run, ONE_PAGE, run->env.page_size) ||
		    make_file(run, WARM, WARM_SIZE) || make_file(run, COLD, COLD_SIZE));
	mover = fixture_slot();
	taker = fixture_slot();
	ASSERT_TRUE(mover && taker);

	mover_pid = start(self->group, mover, cpu);
	ASSERT_LT(0, mover_pid);
	ASSERT_STEP(fixture_wait_for(&fixture, "mover", mover_pid, mover));
	taker_pid = start(self->group, taker, -1);
	ASSERT_EQ(taker_pid, waitpid(taker_pid, &status, 0));
	TH_LOG("%ld MiB of file left, of %llu",
	       cg_read_key_long(self->group, "memory.stat", "\nfile ") /
	       (long)MIB, (WARM_SIZE + COLD_SIZE) / MIB);
	EXPECT_EQ(0, cg_read_key_long(self->group, "memory.events", "oom_kill "));
	/* The note has the reason of a failure; a killed taker has none. */
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status)) {
		TH_LOG("the taker of memory %s", *taker->note ? taker->note :
		       "was killed");
	}
}

TEST_HARNESS_MAIN
