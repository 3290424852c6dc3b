// SPDX-License-Identifier: GPL-2.0
/*
 * The samples and their summary as JSON.
 */
#include "run.h"

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
		sample_mb_read(run, s) * BYTES_A_MB);
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
	if (run->opt.scenario == OSCILLATE)
		fprintf(out, ", \"oscillations_per_s\": %.2f", sum->oscillations);
	if (run->opt.job) {
		fprintf(out, ",\n    \"job_runs\": %llu", sum->job_runs);
		json_value(out, "job_mean_s", sum->job_runs ? sum->job_seconds : -1, 3);
	}
	json_value(out, "kswapd_scan_share", sum->kswapd_share, 4);
	fprintf(out, ",\n    \"work_after_s\": %d", WORK_AFTER);
	json_value(out, "work_kswapd_scan_share", sum->work_share, 4);
	json_value(out, "work_hopeless_share", sum->work_hopeless, 4);
	json_value(out, "short_after_s", run->short_after, 1);
	if (run->opt.scenario == RESTART || run->opt.scenario == OOM) {
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
