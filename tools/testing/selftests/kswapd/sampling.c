// SPDX-License-Identifier: GPL-2.0
/*
 * Reads counters of the kernel and takes samples.
 */
#include <string.h>

#include "run.h"

#define POLL_NS		(NS_A_SECOND / POLLS_A_SECOND)

/*
 * The kernel detects a refault by the shadow of the evicted page. A cgroup with few
 * pages keeps few shadows, so heavy thrashing is undercounted. Major faults, and the
 * number of dropped shadow nodes, show that.
 */
static void read_worker_counters(struct run *run, int i, struct counters *c)
{
	struct worker *worker = &run->workers[i];
	char path[PATH_MAX + 32];

	c->worker[i].cpu_us = group_number(run, worker, "cpu.stat", "usage_usec");
	c->worker[i].rounds = atomic_load(&worker->slot->rounds);
	c->worker[i].bytes = atomic_load(&worker->slot->bytes);

	snprintf(path, sizeof(path), "%s/memory.stat", worker->cgroup);
	if (text_read(&run->scratch, path))
		return;
	keyed_number(run->scratch.buf, worker->kind == SET ?
		     "workingset_refault_anon" : "workingset_refault_file",
		     &c->worker[i].refaults);
	keyed_number(run->scratch.buf, "pgmajfault", &c->worker[i].major_faults);
	keyed_number(run->scratch.buf, "workingset_nodereclaim",
		     &c->worker[i].nodes_dropped);
}

int read_counters(struct run *run, struct counters *c)
{
	char path[PATH_MAX + 32];
	const char *reclaim;
	int err;
	int i;

	memset(c, 0, sizeof(*c));
	c->time_ns = now_ns();
	err = thread_cpu_ns(run->env.kswapd, run->env.schedstat, &c->kswapd_ns);
	if (err)
		return fail(run, EXIT_FAILED,
			    "cannot read the CPU time of kswapd%d: %s",
			    run->opt.node, strerror(-err));
	err = text_read(&run->vmstat, "/proc/vmstat");
	if (err)
		return fail(run, EXIT_FAILED, "cannot read /proc/vmstat: %s",
			    strerror(-err));
	c->stalls = keyed_sum(run->vmstat.buf, "allocstall");
	keyed_number(run->vmstat.buf, "oom_kill", &run->oom_kills);
	keyed_number(run->vmstat.buf, "pageoutrun", &c->runs);

	reclaim = run->vmstat.buf;
	if (run->env.node_scope) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/vmstat",
			 run->opt.node);
		err = text_read(&run->scratch, path);
		if (err)
			return fail(run, EXIT_FAILED, "cannot read %s: %s",
				    path, strerror(-err));
		reclaim = run->scratch.buf;
	}
	keyed_number(reclaim, "pgscan_kswapd", &c->kswapd_scanned);
	keyed_number(reclaim, "pgsteal_kswapd", &c->kswapd_stolen);
	keyed_number(reclaim, "pgscan_direct", &c->direct_scanned);
	keyed_number(reclaim, "pgsteal_direct", &c->direct_stolen);

	for (i = 0; i < run->nr_workers; i++)
		read_worker_counters(run, i, c);
	return 0;
}

/* A counter that is summed over CPUs may read a little lower than before. */
static unsigned long long step(unsigned long long from, unsigned long long to)
{
	return to > from ? to - from : 0;
}

static void subtract_worker(const struct worker *worker, int i,
			    const struct counters *from,
			    const struct counters *to, struct counters *diff)
{
	diff->worker[i].cpu_us = step(from->worker[i].cpu_us,
				      to->worker[i].cpu_us);
	diff->worker[i].refaults = step(from->worker[i].refaults,
					to->worker[i].refaults);
	diff->worker[i].major_faults = step(from->worker[i].major_faults,
					    to->worker[i].major_faults);
	diff->worker[i].nodes_dropped = step(from->worker[i].nodes_dropped,
					     to->worker[i].nodes_dropped);
	diff->worker[i].rounds = step(from->worker[i].rounds,
				      to->worker[i].rounds);
	diff->worker[i].bytes = step(from->worker[i].bytes, to->worker[i].bytes);
	/* The bytes of the hog are its size, not a counter. */
	if (worker->kind == HOG)
		diff->worker[i].bytes = to->worker[i].bytes;
}

static void subtract(const struct run *run, const struct counters *from,
		     const struct counters *to, struct counters *diff)
{
	int i;

	diff->time_ns = step(from->time_ns, to->time_ns);
	diff->kswapd_ns = step(from->kswapd_ns, to->kswapd_ns);
	diff->kswapd_scanned = step(from->kswapd_scanned, to->kswapd_scanned);
	diff->kswapd_stolen = step(from->kswapd_stolen, to->kswapd_stolen);
	diff->direct_scanned = step(from->direct_scanned, to->direct_scanned);
	diff->direct_stolen = step(from->direct_stolen, to->direct_stolen);
	diff->stalls = step(from->stalls, to->stalls);
	diff->runs = step(from->runs, to->runs);
	for (i = 0; i < run->nr_workers; i++)
		subtract_worker(&run->workers[i], i, from, to, diff);
}

static int poll_node(struct run *run, struct sample *s,
		     unsigned long long start)
{
	double t;

	if (check_workers(run) || read_node(run, &s->node))
		return -1;
	s->polls++;
	s->hopeless += s->node.hopeless;
	s->left_alone += s->node.hopeless && thread_asleep(run->env.kswapd);
	s->unbalanced += !s->node.balanced;
	t = (double)(now_ns() - start) / NS_A_SECOND;
	if (!s->node.over_low && run->short_after < 0)
		run->short_after = t;
	if (!s->node.hopeless && run->reset_after < 0)
		run->reset_after = t;
	return 0;
}

/* Keeps the latencies of the settling time, which the summary subtracts. */
static void note_latencies(struct run *run, unsigned long long start)
{
	int i;
	int j;

	if (run->latency_noted || now_ns() - start + NS_A_SECOND / 2 <
				  run->opt.settle * NS_A_SECOND)
		return;
	for (i = 0; i < run->nr_workers; i++)
		for (j = 0; j < NR_LATENCIES; j++)
			run->latency[i][j] =
				atomic_load(&run->workers[i].slot->latency[j]);
	run->latency_noted = true;
}

/*
 * Polls ten times a second. If the supervisor was delayed, it skips the missed polls,
 * and the sample is longer.
 */
int take_sample(struct run *run, unsigned long long start,
		unsigned long long end, struct counters *before)
{
	struct sample *s = &run->samples[run->nr_samples];
	struct counters after;

	memset(s, 0, sizeof(*s));
	s->after = run->nr_samples >= run->opt.seconds;
	note_latencies(run, start);
	do {
		unsigned long long since = now_ns() - start;

		sleep_until(start + (since / POLL_NS + 1) * POLL_NS);
		if (poll_node(run, s, start))
			return -1;
	} while (now_ns() < end);

	if (read_counters(run, &after))
		return -1;
	subtract(run, before, &after, &s->diff);
	s->seconds = (double)s->diff.time_ns / NS_A_SECOND;
	s->t = (double)(after.time_ns - start) / NS_A_SECOND;
	s->kswapd_cpu = 100.0 * s->diff.kswapd_ns / s->diff.time_ns;
	run->woken |= after.runs > run->runs_at_start;
	*before = after;
	run->nr_samples++;
	return 0;
}
