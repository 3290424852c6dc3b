// SPDX-License-Identifier: GPL-2.0
/*
 * Sums, means and medians of the samples, and the verdict.
 */
#include <stdlib.h>
#include <string.h>

#include "run.h"

/* Refaults of the hot file; without one, those of readers, job and anonymous set. */
static bool refaults_count(const struct run *run, int i)
{
	enum worker_kind kind = run->workers[i].kind;

	if (has_hot_file(&run->opt))
		return kind == HOT;
	return kind == READER || kind == JOB || kind == SET;
}

double sample_refaults(const struct run *run, const struct sample *s)
{
	double sum = 0;
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if (refaults_count(run, i))
			sum += s->diff.worker[i].refaults;
	return sum;
}

/* The bytes of the hog are its size, not bytes read. */
static bool reads(const struct worker *worker)
{
	return worker->kind == STREAMER || worker->kind == READER;
}

double sample_mb_read(const struct run *run, const struct sample *s)
{
	double sum = 0;
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if (reads(&run->workers[i]))
			sum += s->diff.worker[i].bytes / BYTES_A_MB;
	return sum;
}

static void add_workers(const struct run *run, const struct sample *s,
			struct summary *sum)
{
	int i;

	for (i = 0; i < run->nr_workers; i++) {
		switch (run->workers[i].kind) {
		case HOT:
			sum->major_faults += s->diff.worker[i].major_faults;
			sum->nodes_dropped += s->diff.worker[i].nodes_dropped;
			sum->rounds += s->diff.worker[i].rounds;
			break;
		case HOG:
			sum->oscillations += s->diff.worker[i].rounds;
			break;
		case WRITER:
			sum->mb_written += s->diff.worker[i].bytes / BYTES_A_MB;
			break;
		case SET:
			sum->touches += s->diff.worker[i].rounds;
			break;
		case SHIFTER:
			sum->shifts += s->diff.worker[i].rounds;
			break;
		case JOB:
			sum->job_runs += s->diff.worker[i].rounds;
			sum->job_seconds += s->diff.worker[i].bytes / 1e6;
			break;
		default:
			break;
		}
	}
}

double killed_after(const struct run *run, const struct worker *worker)
{
	if (worker->oom_killed_ns < run->hog_there_ns)
		return 0;
	return (double)(worker->oom_killed_ns - run->hog_there_ns) / NS_A_SECOND;
}

/* OOM kills while the node had free pages above min. */
int kills_above_min(const struct run *run)
{
	int n = 0;
	int i;

	for (i = 0; i < run->nr_kills; i++)
		n += run->kills[i].above_kib > 0;
	return n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int n)
{
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static bool settled(const struct run *run, const struct sample *s)
{
	/* By the start of the sample. Half a second allows for a late timer. */
	return !s->after && s->t - s->seconds > run->opt.settle - 0.5;
}

static double share(unsigned long long part, unsigned long long rest)
{
	return part + rest ? (double)part / (part + rest) : -1;
}

static void summarize_work(const struct run *run, struct summary *sum)
{
	unsigned long long kswapd = 0;
	unsigned long long direct = 0;
	int hopeless = 0;
	int polls = 0;
	int i;

	for (i = 0; i < run->nr_samples && run->short_after >= 0; i++) {
		const struct sample *s = &run->samples[i];

		if (s->t - s->seconds < run->short_after + WORK_AFTER)
			continue;
		kswapd += s->diff.kswapd_scanned;
		direct += s->diff.direct_scanned;
		hopeless += s->hopeless;
		polls += s->polls;
	}
	sum->work_share = share(kswapd, direct);
	sum->work_hopeless = polls ? (double)hopeless / polls : -1;
}

void summarize(const struct run *run, struct summary *sum)
{
	unsigned long long kswapd_scanned = 0;
	unsigned long long polls = 0;
	double *cpu;
	int i;

	memset(sum, 0, sizeof(*sum));
	cpu = calloc(run->nr_samples + 1, sizeof(*cpu));
	if (!cpu)
		return;
	for (i = 0; i < run->nr_samples; i++) {
		const struct sample *s = &run->samples[i];

		if (!settled(run, s))
			continue;
		cpu[sum->samples++] = s->kswapd_cpu;
		sum->seconds += s->seconds;
		sum->cpu_mean += s->kswapd_cpu * s->seconds;
		sum->hopeless += s->hopeless;
		sum->unbalanced += s->unbalanced;
		sum->stalls += s->diff.stalls;
		sum->runs += s->diff.runs;
		sum->direct_scanned += s->diff.direct_scanned;
		kswapd_scanned += s->diff.kswapd_scanned;
		sum->refaults += sample_refaults(run, s);
		sum->mb_read += sample_mb_read(run, s);
		add_workers(run, s, sum);
		polls += s->polls;
	}
	summarize_work(run, sum);
	summarize_latencies(run, sum);
	if (sum->job_runs)
		sum->job_seconds /= sum->job_runs;
	sum->kswapd_share = share(kswapd_scanned, sum->direct_scanned);
	if (sum->samples) {
		sum->cpu_median = median(cpu, sum->samples);
		sum->cpu_min = cpu[0];
		sum->cpu_max = cpu[sum->samples - 1];
		sum->cpu_mean /= sum->seconds;
		sum->hopeless /= polls;
		sum->unbalanced /= polls;
		sum->stalls /= sum->seconds;
		sum->runs /= sum->seconds;
		sum->direct_scanned /= sum->seconds;
		sum->refaults /= sum->seconds;
		sum->mb_read /= sum->seconds;
		sum->major_faults /= sum->seconds;
		sum->nodes_dropped /= sum->seconds;
		sum->rounds /= sum->seconds;
		sum->oscillations /= sum->seconds;
		sum->mb_written /= sum->seconds;
		sum->touches /= sum->seconds;
		sum->shifts /= sum->seconds;
	}
	free(cpu);
}

/*
 * An idle kswapd counts only under pressure: it must have been woken, and the node
 * must have been unbalanced most of the time.
 */
bool verdict(const struct run *run, const struct summary *sum, char *why,
	     size_t size)
{
	if (!sum->samples)
		snprintf(why, size, "no second was measured after settling");
	else if (!run->woken)
		snprintf(why, size,
			 "kswapd was never woken, so there was no pressure to measure");
	else if (sum->unbalanced < 0.5)
		snprintf(why, size,
			 "the node was unbalanced only %.0f %% of the time, so there was no pressure to measure",
			 sum->unbalanced * 100);
	else if (sum->cpu_mean > run->opt.max_cpu)
		snprintf(why, size,
			 "kswapd%d took %.1f %% of a CPU, more than the %g %% allowed",
			 run->opt.node, sum->cpu_mean, run->opt.max_cpu);
	else
		return true;
	return false;
}
