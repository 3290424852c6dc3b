// SPDX-License-Identifier: GPL-2.0
/*
 * What the samples say, for people and as JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "run.h"

#define MB		1000000.0

/* Keeps a count within five or six characters. */
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

/* Whose refaults count: hot's, or where there is none, the readers' or the job's. */
static bool refaults_count(const struct run *run, int i)
{
	enum worker_kind kind = run->workers[i].kind;

	if (has_hot_file(&run->opt))
		return kind == HOT;
	return kind == READER || kind == JOB || kind == SET;
}

static double sample_refaults(const struct run *run, const struct sample *s)
{
	double sum = 0;
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if (refaults_count(run, i))
			sum += s->diff.worker[i].refaults;
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
			sum->flips += s->diff.worker[i].rounds;
			break;
		case WRITER:
			sum->mb_written += s->diff.worker[i].bytes / MB;
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

/* The hog's bytes are what it holds; nobody read them. */
static bool reads(const struct worker *worker)
{
	return worker->kind == STREAMER || worker->kind == READER;
}

static double sample_mb_read(const struct run *run, const struct sample *s)
{
	double sum = 0;
	int i;

	for (i = 0; i < run->nr_workers; i++)
		if (reads(&run->workers[i]))
			sum += s->diff.worker[i].bytes / MB;
	return sum;
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
	/* By its beginning; half a second forgives a late timer. */
	return !s->after && s->t - s->seconds > run->opt.settle - 0.5;
}

static double share(unsigned long long part, unsigned long long rest)
{
	return part + rest ? (double)part / (part + rest) : -1;
}

/*
 * kswapd is expected at work from two seconds after the readers have brought
 * the node below its low watermark.
 */
#define WORK_AFTER	2

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
		sum->flips /= sum->seconds;
		sum->mb_written /= sum->seconds;
		sum->touches /= sum->seconds;
		sum->shifts /= sum->seconds;
	}
	free(cpu);
}

/* Only readers that fill the node tell whether kswapd is at work. */
static void say_work(FILE *out, const struct run *run,
		     const struct summary *sum)
{
	if (sum->work_share >= 0)
		fprintf(out,
			"Once the node was full, and from %d s after that on, kswapd did %.0f %% of the scanning, and the node was hopeless %.0f %% of the time.\n",
			WORK_AFTER, sum->work_share * 100,
			sum->work_hopeless * 100);
	if (run->opt.scenario != STRAND)
		return;
	if (!run->hopeless_at_start)
		fprintf(out, "It was no longer hopeless when the readers started.\n");
	else if (run->reset_after >= 0)
		fprintf(out, "It was first seen to be no longer hopeless after %.1f s.\n",
			run->reset_after);
	else
		fprintf(out, "It stayed hopeless.\n");
}

static double killed_after(const struct run *run, const struct worker *worker)
{
	if (worker->oom_killed_ns < run->hog_there_ns)
		return 0;
	return (double)(worker->oom_killed_ns - run->hog_there_ns) / NS_A_SECOND;
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
	fprintf(out, "The OOM killer killed %llu.\n",
		run->oom_kills - run->oom_kills_at_start);
	for (i = 0; i < run->nr_kills; i++)
		fprintf(out,
			"It killed %s when %llu KiB of the node were free, %llu KiB of them above min, and %llu KiB on the lists of CPUs.\n",
			*run->kills[i].victim ? run->kills[i].victim : "?",
			run->kills[i].free_kib, run->kills[i].above_kib,
			run->kills[i].lists_kib);
	if (run->kills_lost)
		fprintf(out, "The log of further kills is lost.\n");
}

/* The node had free pages above min at each of these. */
static int kills_above_min(const struct run *run)
{
	int n = 0;
	int i;

	for (i = 0; i < run->nr_kills; i++)
		n += run->kills[i].above_kib > 0;
	return n;
}

static void json_oom_log(FILE *out, const struct run *run)
{
	int i;

	fprintf(out,
		",\n    \"oom_kills_above_min\": %d, \"oom_log_lost\": %s, \"oom_log\": [",
		kills_above_min(run), run->kills_lost ? "true" : "false");
	for (i = 0; i < run->nr_kills; i++) {
		const struct oom_kill *kill = &run->kills[i];

		fprintf(out, "%s\n      {\"victim\": ", i ? "," : "");
		json_string(out, kill->victim);
		fprintf(out,
			", \"t\": %.3f, \"free_kib\": %llu, \"min_kib\": %llu, \"above_min_kib\": %llu, \"lists_kib\": %llu}",
			kill->t, kill->free_kib, kill->min_kib, kill->above_kib,
			kill->lists_kib);
	}
	fprintf(out, "]");
}

static void json_kills(FILE *out, const struct run *run)
{
	const char *comma = "";
	int i;

	fprintf(out, ",\n    \"oom_kills\": %llu, \"oom_killed_after_s\": {",
		run->oom_kills - run->oom_kills_at_start);
	for (i = 0; i < run->nr_workers; i++) {
		if (!run->workers[i].oom_killed_ns)
			continue;
		fprintf(out, "%s\"%s\": %.1f", comma, run->workers[i].name,
			killed_after(run, &run->workers[i]));
		comma = ", ";
	}
	fprintf(out, "}");
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
			"The hot file took %.0f major faults a second and was gone through %.1f times%s.\n",
			sum->major_faults, sum->rounds,
			sum->nodes_dropped >= 1 ?
			"; shadows were dropped, so there are more refaults than counted" :
			"");
	else if (run->opt.scenario == STRAND || is_healthy(&run->opt))
		say_work(out, run, sum);
	if (run->opt.scenario == FLIP)
		fprintf(out,
			"The node went from hopeless to healthy %.1f times a second.\n",
			sum->flips);
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
			"The job was done %llu times, and took %.2f s in the mean.\n",
			sum->job_runs, sum->job_seconds);
	if (kill_is_a_result(run))
		say_kills(out, run);
	say_latencies(out, sum);
}

/*
 * A quiet kswapd proves nothing if nothing pressed: it must have been woken,
 * and the node must have been short of free pages most of the time.
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

static void json_options(FILE *out, const struct options *opt)
{
	static const char * const lru[] = { "keep", "classic", "mglru" };

	fprintf(out,
		"  \"options\": {\"node\": %d, \"seconds\": %d, \"settle\": %d, \"after\": %d, \"readers\": %d,\n",
		opt->node, opt->seconds, opt->settle, opt->after, opt->readers);
	fprintf(out,
		"    \"high\": %llu, \"min\": %llu, \"hot_size\": %llu, \"touch_size\": %llu,\n",
		opt->high, opt->min, opt->hot_size, opt->touch_size);
	fprintf(out,
		"    \"touch_interval_us\": %llu, \"file_size\": %llu, \"scale_factor\": %d,\n",
		opt->touch_interval_us, opt->file_size, opt->scale_factor);
	fprintf(out,
		"    \"by\": \"%s\", \"wait\": %d, \"swap_size\": %llu, \"mmap\": %s, \"sendfile\": %s, \"free\": %s,\n",
		release_names[opt->by], opt->wait, opt->swap_size,
		opt->by_mmap ? "true" : "false",
		opt->by_sendfile ? "true" : "false",
		opt->anywhere ? "true" : "false");
	fprintf(out, "    \"min_free\": %llu, \"lists_fraction\": %d,\n",
		opt->min_free, opt->lists_fraction);
	fprintf(out,
		"    \"tasks\": %d, \"shift_size\": %llu, \"writers\": %d, \"write_size\": %llu, \"dirty_ratio\": %d,\n",
		opt->tasks, opt->shift_size, opt->writers, opt->write_size,
		opt->dirty_ratio);
	fprintf(out, "    \"hog\": \"%s\", \"containers\": %d, \"churn\": %s,\n",
		hog_names[opt->hog], opt->containers,
		opt->churn ? "true" : "false");
	fprintf(out, "    \"lru\": \"%s\"", lru[opt->lru]);
	json_value(out, "max_cpu", opt->max_cpu, 3);
	fprintf(out, ", \"job_high\": %llu, \"job\": ", opt->job_high);
	json_string(out, opt->job);
	fprintf(out, ",\n    \"dir\": ");
	json_string(out, opt->dir);
	fprintf(out, ", \"cgroup\": ");
	json_string(out, opt->cgroup);
	fprintf(out, "},\n");
}

static void json_environment(FILE *out, const struct run *run)
{
	const struct environment *env = &run->env;

	fprintf(out, "  \"environment\": {\"kernel\": ");
	json_string(out, env->kernel);
	fprintf(out, ", \"node\": %d, \"nodes\": %d, \"cpus\": %d,\n",
		run->opt.node, env->nodes, env->cpus);
	fprintf(out,
		"    \"lru\": \"%s\", \"scope\": \"%s\", \"kswapd_time\": \"%s\", \"page_size\": %llu,\n",
		env->mglru ? "mglru" : "classic",
		env->node_scope ? "node" : "system",
		env->schedstat ? "schedstat" : "stat", env->page_size);
	fprintf(out,
		"    \"node_pages\": %llu, \"usable_pages\": %llu, \"reserve_pages\": %llu,\n",
		run->node.managed, run->node.usable, run->node.reserve);
	fprintf(out, "    \"min_pages\": %llu, \"low_pages\": %llu, \"high_pages\": %llu, \"gap_pages\": %llu,\n",
		run->node.min, run->node.low, run->node.high,
		run->node.high - run->node.low);
	fprintf(out, "    \"pulse_pages\": %llu",
		run->opt.touch_size / env->page_size);
	json_value(out, "hot_pages", has_hot_file(&run->opt) ?
		   (double)(run->opt.hot_size / env->page_size) : -1, 0);
	fprintf(out, "},\n");
}

static void json_sample(FILE *out, const struct run *run,
			const struct sample *s)
{
	const struct counters *d = &s->diff;
	const char *comma = "";
	int i;

	fprintf(out,
		"    {\"t\": %.3f, \"seconds\": %.3f, \"kswapd_cpu_pct\": %.2f, \"hopeless\": %d, \"unbalanced\": %d, \"polls\": %d, \"after\": %s,\n",
		s->t, s->seconds, s->kswapd_cpu, s->hopeless, s->unbalanced,
		s->polls, s->after ? "true" : "false");
	fprintf(out,
		"     \"reclaim\": {\"scope\": \"%s\", \"pgscan_kswapd\": %llu, \"pgsteal_kswapd\": %llu, \"pgscan_direct\": %llu, \"pgsteal_direct\": %llu},\n",
		run->env.node_scope ? "node" : "system", d->kswapd_scanned,
		d->kswapd_stolen, d->direct_scanned, d->direct_stolen);
	fprintf(out,
		"     \"stalls\": %llu, \"pageoutrun\": %llu, \"refaults\": %.0f, \"bytes_read\": %.0f,\n",
		d->stalls, d->runs, sample_refaults(run, s),
		sample_mb_read(run, s) * MB);
	fprintf(out,
		"     \"pages\": {\"free\": %llu, \"min\": %llu, \"low\": %llu, \"high\": %llu, \"boost\": %llu},\n",
		s->node.free, s->node.min, s->node.low, s->node.high,
		s->node.boost);
	fprintf(out, "     \"actors\": {");
	for (i = 0; i < run->nr_workers; i++) {
		const struct worker *worker = &run->workers[i];

		fprintf(out,
			"%s\n      \"%s\": {\"cpu_pct\": %.2f, \"refaults\": %llu, \"major_faults\": %llu, \"nodereclaim\": %llu, \"rounds\": %llu, \"%s\": %llu}",
			comma, worker->name,
			d->worker[i].cpu_us / s->seconds / 10000,
			d->worker[i].refaults, d->worker[i].major_faults,
			d->worker[i].nodes_dropped, d->worker[i].rounds,
			worker->kind == HOG ? "bytes_taken" :
			worker->kind == JOB ? "us_taken" : "bytes_read",
			d->worker[i].bytes);
		comma = ", ";
	}
	fprintf(out, "}}");
}

static void json_summary(FILE *out, const struct run *run,
			 const struct summary *sum)
{
	fprintf(out, "  \"summary\": ");
	if (!sum->samples) {
		fprintf(out, "null");
		return;
	}
	fprintf(out, "{\"samples\": %d, \"seconds\": %.3f,\n", sum->samples,
		sum->seconds);
	fprintf(out,
		"    \"kswapd_cpu_pct\": {\"mean\": %.2f, \"median\": %.2f, \"min\": %.2f, \"max\": %.2f},\n",
		sum->cpu_mean, sum->cpu_median, sum->cpu_min, sum->cpu_max);
	fprintf(out,
		"    \"hopeless_share\": %.4f, \"unbalanced_share\": %.4f, \"refaults_per_s\": %.1f,\n",
		sum->hopeless, sum->unbalanced, sum->refaults);
	fprintf(out,
		"    \"stalls_per_s\": %.1f, \"pageoutrun_per_s\": %.1f, \"pgscan_direct_per_s\": %.1f, \"mb_read_per_s\": %.1f",
		sum->stalls, sum->runs, sum->direct_scanned, sum->mb_read);
	if (has_hot_file(&run->opt))
		fprintf(out,
			",\n    \"hot_major_faults_per_s\": %.1f, \"hot_rounds_per_s\": %.2f, \"hot_nodereclaim_per_s\": %.1f",
			sum->major_faults, sum->rounds, sum->nodes_dropped);
	json_latencies(out, sum);
	if (kill_is_a_result(run))
		json_kills(out, run);
	if (run->opt.scenario == OOM) {
		json_oom_log(out, run);
		fprintf(out, ", \"shifts_per_s\": %.1f", sum->shifts);
	}
	if (run->opt.scenario == WRITE)
		fprintf(out, ", \"mb_written_per_s\": %.1f", sum->mb_written);
	if (run->opt.scenario == ANON_SET)
		fprintf(out, ", \"touches_per_s\": %.1f, \"swap\": \"%s\"",
			sum->touches, *run->cleanup.zram ? "zram" : "file");
	if (run->opt.scenario == FLIP)
		fprintf(out, ", \"flips_per_s\": %.2f", sum->flips);
	if (run->opt.job) {
		fprintf(out, ",\n    \"job_runs\": %llu", sum->job_runs);
		json_value(out, "job_mean_s", sum->job_runs ? sum->job_seconds : -1, 3);
	}
	json_value(out, "kswapd_scan_share", sum->kswapd_share, 4);
	fprintf(out, ",\n    \"work_after_s\": %d", WORK_AFTER);
	json_value(out, "work_kswapd_scan_share", sum->work_share, 4);
	json_value(out, "work_hopeless_share", sum->work_hopeless, 4);
	json_value(out, "short_after_s", run->short_after, 1);
	if (run->opt.scenario == STRAND || run->opt.scenario == OOM) {
		fprintf(out, ",\n    \"hopeless_at_start\": %s",
			run->hopeless_at_start ? "true" : "false");
		json_value(out, "reset_after_s", run->reset_after, 1);
	}
	fprintf(out, "}");
}

static void json_verdict(FILE *out, const struct run *run,
			 const struct summary *sum)
{
	char why[256];
	bool holds;

	if (run->opt.max_cpu < 0)
		return;
	fprintf(out, ",\n  \"verdict\": {\"max_cpu\": %.3f, \"holds\": ",
		run->opt.max_cpu);
	if (run->signal || run->status) {
		fprintf(out, "null}");
		return;
	}
	holds = verdict(run, sum, why, sizeof(why));
	fprintf(out, "%s, \"reason\": ", holds ? "true" : "false");
	json_string(out, holds ? NULL : why);
	fputc('}', out);
}

void print_json(FILE *out, const struct run *run, const struct summary *sum)
{
	int i;

	fprintf(out, "{\n  \"program\": \"%s\", \"version\": 2, \"scenario\": \"%s\",\n",
		PROGRAM, scenario_names[run->opt.scenario]);
	json_end(out, run);
	json_options(out, &run->opt);
	json_environment(out, run);
	fprintf(out, "  \"samples\": [");
	for (i = 0; i < run->nr_samples; i++) {
		fprintf(out, i ? ",\n" : "\n");
		json_sample(out, run, &run->samples[i]);
	}
	fprintf(out, "],\n");
	json_summary(out, run, sum);
	json_verdict(out, run, sum);
	fprintf(out, "\n}\n");
}
