// SPDX-License-Identifier: GPL-2.0
/*
 * The samples and their summary as text.
 */
#include "run.h"

/* At most six characters. */
static const char *brief(char *buf, size_t size, double n)
{
	static const char units[] = " kMGT";
	int unit = 0;

	if (n < 99999.5) {
		snprintf(buf, size, "%.0f", n);
		return buf;
	}
	while (n >= 999.95 && units[unit + 1]) {
		n /= 1000;
		unit++;
	}
	snprintf(buf, size, "%.1f%c", n, units[unit]);
	return buf;
}

static double mib(const struct run *run, unsigned long long pages)
{
	return pages * (double)run->env.page_size / MIB;
}

void say_header(FILE *out, const struct run *run)
{
	fprintf(out, "%s: %s on node %d of %d (%.0f MiB), %s, %s LRU\n",
		PROGRAM, scenario_names[run->opt.scenario], run->opt.node,
		run->env.nodes, mib(run, run->node.managed), run->env.kernel,
		run->env.mglru ? "multi-gen" : "classic");
	fprintf(out,
		"watermarks in MiB: min %.1f, low %.1f, high %.1f; reclaim is counted per %s\n",
		mib(run, run->node.min), mib(run, run->node.low),
		mib(run, run->node.high),
		run->env.node_scope ? "node" : "system");
	fprintf(out, "gap from low to high %.2f MiB; pulses %.2f MiB",
		mib(run, run->node.high - run->node.low),
		(double)run->opt.touch_size / MIB);
	if (has_hot_file(&run->opt))
		fprintf(out, "; hot file %.2f MiB",
			(double)run->opt.hot_size / MIB);
	fputc('\n', out);
	fprintf(out, "%5s%8s%7s%9s%8s%8s%8s%8s%8s%10s%10s%8s\n",
		"t s", "kswapd%", "hopel.", "free MiB", "k-scan", "k-steal",
		"d-scan", "d-steal", "stalls", "refaults", "read MB", "k-runs");
}

void say_sample(FILE *out, const struct run *run, const struct sample *s)
{
	const struct counters *d = &s->diff;
	double rate = 1 / s->seconds;
	char b[8][32];
	char polls[32];

	snprintf(polls, sizeof(polls), "%d/%d", s->hopeless, s->polls);
	fprintf(out, "%5.0f%8.1f%7s%9.1f%8s%8s%8s%8s%8s%10s%10s%8s\n",
		s->t, s->kswapd_cpu, polls, mib(run, s->node.free),
		brief(b[0], sizeof(b[0]), d->kswapd_scanned * rate),
		brief(b[1], sizeof(b[1]), d->kswapd_stolen * rate),
		brief(b[2], sizeof(b[2]), d->direct_scanned * rate),
		brief(b[3], sizeof(b[3]), d->direct_stolen * rate),
		brief(b[4], sizeof(b[4]), d->stalls * rate),
		brief(b[5], sizeof(b[5]), sample_refaults(run, s) * rate),
		brief(b[6], sizeof(b[6]), sample_mb_read(run, s) * rate),
		brief(b[7], sizeof(b[7]), d->runs * rate));
	fflush(out);
}

/* The work of kswapd shows only if readers fill the node. */
static void say_work(FILE *out, const struct run *run,
		     const struct summary *sum)
{
	if (sum->work_share >= 0)
		fprintf(out,
			"From %d s after the node was full, kswapd did %.0f %% of the scanning, and the node was hopeless %.0f %% of the time.\n",
			WORK_AFTER, sum->work_share * 100,
			sum->work_hopeless * 100);
	if (run->opt.scenario != RESTART)
		return;
	if (!run->hopeless_at_start)
		fprintf(out, "The node was not hopeless any more when the readers started.\n");
	else if (run->reset_after >= 0)
		fprintf(out, "The first poll with a node that was not hopeless came after %.1f s.\n",
			run->reset_after);
	else
		fprintf(out, "The node stayed hopeless.\n");
}

static void say_kills(FILE *out, const struct run *run)
{
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if (run->workers[i].oom_killed_ns)
			fprintf(out,
				"%s was OOM-killed %.1f s after the hog had filled the node.\n",
				run->workers[i].name,
				killed_after(run, &run->workers[i]));
	fprintf(out, "OOM kills: %llu.\n",
		run->oom_kills - run->oom_kills_at_start);
	for (i = 0; i < run->nr_kills; i++)
		fprintf(out,
			"OOM kill of %s: %llu KiB of the node were free, %llu KiB of them above min, and %llu KiB on per-CPU lists.\n",
			*run->kills[i].victim ? run->kills[i].victim : "?",
			run->kills[i].free_kib, run->kills[i].above_kib,
			run->kills[i].lists_kib);
	if (run->kills_lost)
		fprintf(out, "The log may have lost further kills.\n");
}

void say_summary(FILE *out, const struct run *run, const struct summary *sum)
{
	if (!sum->samples) {
		fprintf(out, "No second was measured after the first %d.\n",
			run->opt.settle);
		return;
	}
	fprintf(out,
		"After the first %d s, in %d samples: kswapd%d took %.1f %% of a CPU (median %.1f, %.1f to %.1f)\n",
		run->opt.settle, sum->samples, run->opt.node, sum->cpu_mean,
		sum->cpu_median, sum->cpu_min, sum->cpu_max);
	fprintf(out,
		"and ran %.0f times a second; the node was hopeless %.0f %% of the time, not balanced %.0f %%.\n",
		sum->runs, sum->hopeless * 100, sum->unbalanced * 100);
	fprintf(out,
		"Each second: %.0f refaults of %s, %.0f direct reclaim stalls, %.0f MB read.\n",
		sum->refaults,
		has_hot_file(&run->opt) ? "the hot file" :
		run->opt.job ? "the job" :
		run->opt.scenario == ANON_SET ? "the anonymous set" :
		"the readers",
		sum->stalls, sum->mb_read);
	if (has_hot_file(&run->opt))
		fprintf(out,
			"The task of the hot file took %.0f major faults a second and made %.1f passes%s.\n",
			sum->major_faults, sum->rounds,
			sum->nodes_dropped >= 1 ?
			"; shadows were dropped, so refaults are undercounted" :
			"");
	else if (run->opt.scenario == RESTART || is_healthy(&run->opt))
		say_work(out, run, sum);
	if (run->opt.scenario == OSCILLATE)
		fprintf(out,
			"The node went from hopeless to healthy %.1f times a second.\n",
			sum->oscillations);
	if (run->opt.scenario == WRITE)
		fprintf(out, "The writers wrote %.1f MB a second.\n",
			sum->mb_written);
	if (run->opt.scenario == ANON_SET)
		fprintf(out,
			"The anonymous set was touched %.0f times a second; its swap is %s.\n",
			sum->touches, *run->cleanup.zram ? "zram" : "a file");
	if (run->opt.scenario == OOM)
		fprintf(out, "Memory went from CPU to CPU %.0f times a second.\n",
			sum->shifts);
	if (run->opt.job)
		fprintf(out,
			"The job ran %llu times; mean %.2f s.\n",
			sum->job_runs, sum->job_seconds);
	if (kill_is_a_result(run))
		say_kills(out, run);
	say_latencies(out, sum);
}
