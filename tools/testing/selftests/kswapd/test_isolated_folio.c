// SPDX-License-Identifier: GPL-2.0
/*
 * A folio whose LRU flag somebody has taken, to move the folio under lru_lock,
 * cannot be isolated until that is done. It must not keep reclaim from all the
 * others: a memory cgroup with file pages left is not to be OOM-killed for it.
 *
 * The flag is gone for a moment only, so a kernel that has it wrong is seen
 * where that moment is long: where the processor is virtual and does not run,
 * or where a debugging aid holds it up there.
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

/* Warm and cold file pages fill half; anonymous memory needs half of that. */
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

/* Returns what is mapped, with a byte of each page read. */
static char *map_file(struct slot *slot, int fd, size_t size, size_t page)
{
	char *mem = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	unsigned char seen = 0;
	size_t at;

	if (mem == MAP_FAILED)
		worker_fail(slot, "cannot map a file: %s", strerror(errno));
	for (at = 0; at < size; at += page)
		seen += mem[at];
	/* Or the compiler would see no use in reading. */
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
 * Nobody else is to empty the batch of its CPU. Under MGLRU what is read comes
 * to be older than what is mapped, the one page first of all, which is alone in
 * the oldest generation once the rest of that has been evicted. Each madvise()
 * moves it, and puts it into the batch to be moved again. 6.19 does not move a
 * page that is in the oldest generation already, and so it is asked less there.
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

/* The last CPU that we may use, and no other task of ours will. */
static int keep_cpu(struct run *run)
{
	cpu_set_t cpus;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return fail(run, EXIT_SKIP, "there are too many CPUs: %s",
			    strerror(errno));
	if (CPU_COUNT(&cpus) < 2)
		return fail(run, EXIT_SKIP, "there is one CPU only");
	while (!CPU_ISSET(cpu, &cpus))
		cpu--;
	CPU_CLR(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return fail(run, EXIT_FAILED, "cannot leave CPU %d: %s", cpu,
			    strerror(errno));
	return cpu;
}

/* A task in the group; cpu: what the mover is bound to, or -1 for the taker. */
static pid_t start(const char *group, struct slot *slot, int cpu)
{
	/* The mover would be a larger victim than it is worth. */
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
	/* Was it killed for that, or did it give up? */
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status)) {
		TH_LOG("the taker of memory %s", *taker->note ? taker->note :
		       "was killed");
	}
}

TEST_HARNESS_MAIN
