// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks that free memory on one CPU and allocate as much on another, while the free
 * pages are on the lists of the first CPU.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run.h"

#define WAIT_US		10000
#define TOGETHER_US	1000
#define TOGETHER_NS	NS_A_SECOND

void stay_on_cpu(struct slot *slot, int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		worker_fail(slot, "cannot be bound to CPU %d: %s", cpu,
			    strerror(errno));
}

static int next_cpu(const cpu_set_t *allowed, int cpu)
{
	do {
		cpu = (cpu + 1) % CPU_SETSIZE;
	} while (!CPU_ISSET(cpu, allowed));
	return cpu;
}

/*
 * Waits until all tasks have allocated, so that the only free pages of the node are on
 * per-CPU lists. The time limit covers a task that was killed.
 */
static void wait_for_others(struct slot *shared, int tasks,
			    unsigned long long round)
{
	unsigned long long end = now_ns() + TOGETHER_NS;

	atomic_fetch_add(&shared->bytes, 1);
	while (atomic_load(&shared->bytes) < tasks * round && now_ns() < end)
		usleep(TOGETHER_US);
}

/*
 * Begins when slot->leave is set, and shifts so many times; 0: until killed. The
 * tasks count their rounds in the shared slot.
 */
void shift(const struct run *run, struct slot *slot, struct slot *shared,
	   int tasks, size_t size, unsigned long long times)
{
	size_t page = run->env.page_size;
	unsigned long long before;
	unsigned long long i;
	cpu_set_t allowed;
	int cpu = -1;
	char *mem;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		worker_fail(slot, "has too many CPUs: %s", strerror(errno));
	mem = map_small_pages(slot, size);
	write_pages(mem, size, page);
	atomic_store(&slot->ready, true);
	while (!atomic_load(&slot->leave))
		usleep(WAIT_US);
	for (i = 0; !times || i < times; i++) {
		cpu = next_cpu(&allowed, cpu);
		stay_on_cpu(slot, cpu);
		before = now_ns();
		write_pages(mem, size, page);
		note_latency(slot, (now_ns() - before) / 1000);
		wait_for_others(shared, tasks, i + 1);
		madvise(mem, size, MADV_DONTNEED);
		atomic_fetch_add(&slot->rounds, 1);
	}
	_exit(EXIT_OK);
}

void shifter_body(const struct run *run, struct worker *worker)
{
	shift(run, worker->slot, find_worker(run, SHIFTER)->slot, run->opt.tasks,
	      run->opt.shift_size, 0);
}
