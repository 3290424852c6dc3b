// SPDX-License-Identifier: GPL-2.0
/*
 * Latencies of reads, page faults and passes, as text and as JSON.
 */
#include "run.h"

const char * const kind_names[NR_KINDS] = {
	[HOG]		= "hog",
	[STREAMER]	= "stream",
	[HOT]		= "hot",
	[TOUCH]		= "touch",
	[READER]	= "reader",
	[ANON]		= "anon",
	[RECLAIMER]	= "reclaimer",
	[JOB]		= "job",
	[CHURN]		= "churn",
	[SET]		= "set",
	[WRITER]	= "writer",
	[SHIFTER]	= "shifter",
};

/* Unit of the latencies; NULL: not measured. */
static const char * const unit_names[NR_KINDS] = {
	[STREAMER]	= "reads by containers",
	[HOT]		= "passes over the hot file",
	[TOUCH]		= "page faults of touch",
	[READER]	= "reads",
	[SET]		= "touches of the anonymous set",
	[WRITER]	= "writes of 128 KiB",
	[SHIFTER]	= "shifts from CPU to CPU",
};

/* The longest latency that counts in bucket i. */
static double latency_of(int i)
{
	unsigned int step;
	unsigned int exp;

	if (i < LATENCY_EXACT)
		return i;
	i -= LATENCY_EXACT;
	exp = i / LATENCY_STEPS + 4;
	step = i % LATENCY_STEPS + LATENCY_STEPS + 1;
	return (double)((unsigned long long)step << (exp - 3)) - 1;
}

static double percentile(const unsigned long long *counts,
			 unsigned long long all, double part)
{
	unsigned long long seen = 0;
	int i;

	for (i = 0; i < NR_LATENCIES; i++) {
		seen += counts[i];
		if (seen && seen >= part * all)
			return latency_of(i);
	}
	return 0;
}

/* Adds the latencies of a worker to the counts of its kind. */
static void add_latencies(const struct run *run, int worker,
			  unsigned long long *counts, struct latency *sum)
{
	unsigned long long own[NR_LATENCIES];
	unsigned long long n = 0;
	double p99;
	int i;

	for (i = 0; i < NR_LATENCIES; i++) {
		own[i] = atomic_load(&run->workers[worker].slot->latency[i]) -
			 run->latency[worker][i];
		counts[i] += own[i];
		n += own[i];
	}
	sum->n += n;
	p99 = percentile(own, n, 0.99);
	if (p99 > sum->worst_p99)
		sum->worst_p99 = p99;
}

void summarize_latencies(const struct run *run, struct summary *sum)
{
	int kind;
	int i;

	if (!run->latency_noted)
		return;
	for (kind = 0; kind < NR_KINDS; kind++) {
		unsigned long long counts[NR_LATENCIES] = { 0 };
		struct latency *latency = &sum->latency[kind];

		for (i = 0; i < run->nr_workers; i++)
			if ((int)run->workers[i].kind == kind)
				add_latencies(run, i, counts, latency);
		latency->median = percentile(counts, latency->n, 0.5);
		latency->p99 = percentile(counts, latency->n, 0.99);
		latency->max = percentile(counts, latency->n, 1);
	}
}

void say_latencies(FILE *out, const struct summary *sum)
{
	int kind;

	for (kind = 0; kind < NR_KINDS; kind++) {
		const struct latency *latency = &sum->latency[kind];

		if (latency->n && unit_names[kind])
			fprintf(out,
				"%llu %s: median %.0f us, 99th percentile %.0f us, maximum %.0f us.\n",
				latency->n, unit_names[kind], latency->median,
				latency->p99, latency->max);
	}
}

static void json_latency(FILE *out, const struct latency *latency)
{
	if (!latency->n)
		fprintf(out, "null");
	else
		fprintf(out,
			"{\"n\": %llu, \"median\": %.0f, \"p99\": %.0f, \"worst_p99\": %.0f, \"max\": %.0f}",
			latency->n, latency->median, latency->p99,
			latency->worst_p99, latency->max);
}

void json_latencies(FILE *out, const struct summary *sum)
{
	const char *comma = "";
	int kind;

	fprintf(out, ",\n    \"latency_us\": {");
	for (kind = 0; kind < NR_KINDS; kind++) {
		if (!unit_names[kind])
			continue;
		fprintf(out, "%s\"%s\": ", comma, kind_names[kind]);
		json_latency(out, &sum->latency[kind]);
		comma = ",\n      ";
	}
	fprintf(out, "}");
}
