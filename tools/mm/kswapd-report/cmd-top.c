// SPDX-License-Identifier: GPL-2.0
/*
 * kswapd-report top
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "blame.h"
#include "decode.h"
#include "fields.h"
#include "instance.h"
#include "jsonw.h"
#include "main.h"
#include "output.h"
#include "sample.h"
#include "verdict.h"

static const char usage[] =
"usage: kswapd-report top [option...]\n"
"\n"
"Shows the state of kswapd of each node, live. If the kernel has no events of failed\n"
"runs and resets, or without root, the values are from /proc and the kernel's\n"
"counters, and unknown values are named.\n"
"\n"
"  -d, --interval S    seconds from one sample to the next (1)\n"
"  -n, --count N       end after N samples\n"
"      --no-events     use /proc only\n"
"      --follow        print a line of JSON for each node and sample\n"
"  -h, --help          this text\n";

#define LIVE_CPUS	8192

struct options {
	double interval, count;
	bool no_events, follow;
};

struct live {
	struct sampler sampler;
	struct tracefs_instance *instance;
	struct tep_handle *tep;
	struct decode decode;
	bool failures;
	struct model *model;
	struct event_sample before[MAX_NODES];
	bool have_before[MAX_NODES];
	struct kswapd_counts first[MAX_NODES];
	int known;			/* nodes that have first counts */
	struct blame blame;
	struct event_task last_reset[MAX_NODES];	/* without a reason: none */
	char reset_in[MAX_NODES][CGROUP_LEN];		/* its cgroup, or "" */
	const char *why;		/* reason if there are no events */
	bool counts;			/* the kernel has them */
	uint64_t cpu_ts[LIVE_CPUS];	/* of each CPU's last record */
	unsigned long long began, last;
};

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "interval", required_argument, NULL, 'd' },
		{ "count", required_argument, NULL, 'n' },
		{ "no-events", no_argument, NULL, 'p' },
		{ "follow", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":d:n:h", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			if (!take_number("--interval", optarg, 0.05, 3600, &o->interval))
				return STATUS_USAGE;
			break;
		case 'n':
			if (!take_whole("--count", optarg, 1, 1e9, &o->count))
				return STATUS_USAGE;
			break;
		case 'p':
			o->no_events = true;
			break;
		case 'f':
			o->follow = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return STATUS_OK;
		default:
			return refuse_option("top", c, argv);
		}
	}
	if (optind < argc) {
		complain("'%s': top takes no argument", argv[optind]);
		return STATUS_USAGE;
	}
	return -1;
}

static void start_events(struct live *live)
{
	const char *systems[] = { "vmscan", NULL };

	live->why = tracefs_tracing_dir_is_mounted(false, NULL) <= 0 ? "tracefs is not mounted" :
		    "there is no instance of tracefs (not root)";
	live->instance = instance_new();
	if (!live->instance)
		return;
	live->tep = tracefs_local_events_system(NULL, systems);
	if (!live->tep || instance_enable(live->instance, NULL, NULL) <= 0) {
		instance_remove(live->instance);
		live->instance = NULL;
		return;
	}
	decode_init(&live->decode, live->tep);
	live->failures = instance_has_failures(live->instance);
	live->model->formats = live->model->enabled = live->decode.formats;
}

/* Records are read once an interval: a task may have exited since. */
static void note_reset(struct live *live, const struct event *reset)
{
	struct event ev = { .ts = reset->ts, .type = EV_MEMBER };

	live->last_reset[reset->nid] = reset->task;
	live->reset_in[reset->nid][0] = '\0';
	if (!blame_task(reset->task.pid, &ev.member))
		return;
	model_event(&ev, live->model);
	if (ev.member.since <= reset->ts)
		memcpy(live->reset_in[reset->nid], ev.member.path, CGROUP_LEN);
}

static int one_event(struct tep_event *event, struct tep_record *record, int cpu, void *ctx)
{
	struct live *live = ctx;
	struct event ev;

	(void)event;
	record->cpu = cpu;
	if (record->missed_events) {
		ev = (struct event){ .ts = record->ts, .type = EV_LOST };
		ev.lost.count = record->missed_events > 0 ? record->missed_events : -1;
		ev.lost.since = live->cpu_ts[cpu % LIVE_CPUS];
		model_event(&ev, live->model);
	}
	live->cpu_ts[cpu % LIVE_CPUS] = record->ts;
	if (!decode_record(&live->decode, record, &ev))
		return 0;
	model_event(&ev, live->model);
	if (ev.type == EV_RESET)
		note_reset(live, &ev);
	return 0;
}

static void look(struct live *live)
{
	if (live->instance) {
		tracefs_load_cmdlines(NULL, live->tep);
		tracefs_iterate_raw_events(live->tep, live->instance, NULL, 0, one_event, live);
	}
}

static double mib(uint64_t pages)
{
	return (double)pages * sysconf(_SC_PAGESIZE) / (1 << 20);
}

static const char *state_of(const struct event_sample *s)
{
	if (s->hopeless)
		return "hopeless";
	return s->balanced ? "balanced" : "short";
}

static void rates(const struct event_sample *s, const struct event_sample *was, double seconds)
{
	if (!was || seconds <= 0) {
		printf(" %5s %9s", "-", "-");
		return;
	}
	if (s->have_cpu && was->have_cpu && s->cpu_ns >= was->cpu_ns)
		printf(" %5.1f", (s->cpu_ns - was->cpu_ns) / seconds / 1e7);
	else
		printf(" %5s", "?");
	printf(" %9.0f", s->refaults >= was->refaults ?
	       (s->refaults - was->refaults) / seconds : 0);
}

/* val, or a question mark if it is not known. */
static void cell(int width, bool known, uint64_t val)
{
	if (known)
		printf(" %*" PRIu64, width, val);
	else
		printf(" %*s", width, "?");
}

/* The kernel's counters are complete; events have the values that it does not count. */
static void counts(struct live *live, int i, const struct node *node)
{
	int failures = sampler_failures(&live->sampler, i);
	uint64_t failed = node->fails, giveups = node->giveups;
	struct kswapd_counts now;
	bool counted = live->counts && sampler_counts(&live->sampler, i, &now);

	if (counted) {
		failed = now.runs_failed - live->first[i].runs_failed;
		giveups = now.given_up - live->first[i].given_up;
	}
	cell(5, failures >= 0, failures);
	cell(6, counted || live->failures, failed);
	cell(6, live->failures, node->resets);
	cell(6, counted || live->failures, giveups);
	cell(8, live->failures, node->spurious);
	putchar('\n');
}

static void show_node(struct live *live, int i, unsigned long long now)
{
	int nid = live->sampler.node[i].nid;
	struct event ev = { .ts = now, .type = EV_SAMPLE, .nid = nid };
	const struct event_sample *was = live->have_before[i] ? &live->before[i] : NULL;

	if (!sampler_node(&live->sampler, i, &ev.sample))
		return;
	model_event(&ev, live->model);
	printf("%4d %-8s %7.0f %6.0f", nid, state_of(&ev.sample), mib(ev.sample.free),
	       mib(ev.sample.high));
	rates(&ev.sample, was, (now - live->last) / 1e9);
	counts(live, i, model_node(live->model, nid));
	live->before[i] = ev.sample;
	live->have_before[i] = true;
}

/* Since top began */
static void show_cgroups(struct live *live)
{
	struct event_cgroup top[CGROUPS];
	int n = blame_top(&live->blame, top), i;

	for (i = 0; i < n && top[i].high; i++)
		printf("memory.high %8" PRIu64 ", stalled %.3f s: %s\n", top[i].high,
		       top[i].psi_us / 1e6, top[i].path);
}

static void show_resets(struct live *live, const struct node *node)
{
	const struct event_task *last = &live->last_reset[node->nid];
	const char *cgroup = live->reset_in[node->nid];
	char by[CGROUP_WORDS];
	int i, n;

	if (last->reason[0])
		printf("  last reset %s by %s-%d, cgroup %s\n", last->reason, last->comm, last->pid,
		       *cgroup ? cgroup : "not known");
	for (n = 0; n < CGROUPS && (i = model_reset_cgroup(live->model, node, n)); n++)
		printf("  resets %8" PRIu64 " by %s\n", node->resets_in[i],
		       cgroup_words(&live->model->reset_cgroups[i], by));
}

static void show_words(struct live *live)
{
	int i;

	for (i = 0; i < live->sampler.nodes; i++) {
		struct node *node = model_node(live->model, live->sampler.node[i].nid);
		char head[24];

		if (!node || verdict_now(live->model, node) == HEALTHY)
			continue;
		snprintf(head, sizeof(head), "node %d: ", node->nid);
		wrap_owned(stdout, 0, 2, head, words_now(live->model, node, false));
		show_resets(live, node);
		wrap_owned(stdout, 2, 2, "to do: ", words_now(live->model, node, true));
	}
	if (!live->instance)
		printf("? %s: resets and spurious are unknown.\n", live->why);
	else if (!live->failures)
		puts("? This kernel has no events of failed runs and resets: resets and spurious are\n  unknown.");
	if (!live->failures && !live->counts)
		puts("? This kernel has no kswapd counters: failed and giveup are unknown.");
}

/* A node that gets memory later counts from then on. */
static void first_counts(struct live *live)
{
	for (; live->known < live->sampler.nodes; live->known++)
		live->counts |= sampler_counts(&live->sampler, live->known,
					       &live->first[live->known]);
}

static void show(struct live *live)
{
	unsigned long long now;
	struct utsname u;
	char when[32];
	time_t t;
	int i;

	look(live);
	if (sampler_read(&live->sampler))
		return;
	first_counts(live);
	now = now_ns();
	time(&t);
	strftime(when, sizeof(when), "%H:%M:%S", localtime(&t));
	uname(&u);
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	printf("kswapd-report top, %s, %s, MiB, sums of the last %.0f s\n", u.release, when,
	       (now - live->began) / 1e9);
	printf("%4s %-8s %7s %6s %5s %9s %5s %6s %6s %6s %8s\n", "node", "state", "free",
	       "high", "CPU%", "refault/s", "count", "failed", "resets", "giveup", "spurious");
	for (i = 0; i < live->sampler.nodes; i++)
		show_node(live, i, now);
	live->last = now;
	show_words(live);
	show_cgroups(live);
	fputc('\n', stdout);
	fflush(stdout);
}

static void json_count(struct jsonw *w, const char *key, bool known, uint64_t val)
{
	if (known)
		jsonw_number(w, key, val);
	else
		jsonw_null(w, key);
}

static void follow_reset(struct live *live, int nid, struct jsonw *w)
{
	const struct event_task *last = &live->last_reset[nid];

	if (!last->reason[0]) {
		jsonw_null(w, "last_reset");
		return;
	}
	jsonw_open(w, "last_reset", '{');
	jsonw_string(w, "reason", last->reason);
	jsonw_string(w, "comm", last->comm);
	jsonw_int(w, "pid", last->pid);
	jsonw_string(w, "cgroup", live->reset_in[nid][0] ? live->reset_in[nid] : NULL);
	jsonw_close(w, '}');
}

/* The values of show_node() as a line of JSON. */
static void follow_node(struct live *live, int i, unsigned long long now, const char *when)
{
	int nid = live->sampler.node[i].nid, failures = sampler_failures(&live->sampler, i);
	struct event ev = { .ts = now, .type = EV_SAMPLE, .nid = nid };
	struct kswapd_counts counts;
	struct node *node;
	struct jsonw w;
	bool counted;

	if (!sampler_node(&live->sampler, i, &ev.sample))
		return;
	model_event(&ev, live->model);
	node = model_node(live->model, nid);
	counted = live->counts && sampler_counts(&live->sampler, i, &counts);
	jsonw_start(&w, stdout, true);
	jsonw_open(&w, NULL, '{');
	jsonw_string(&w, "time", when);
	jsonw_int(&w, "node", nid);
	jsonw_string(&w, "verdict", verdict_code(verdict_now(live->model, node)));
	jsonw_bool(&w, "hopeless", ev.sample.hopeless);
	jsonw_bool(&w, "balanced", ev.sample.balanced);
	jsonw_number(&w, "free_pages", ev.sample.free);
	jsonw_number(&w, "high_pages", ev.sample.high);
	json_count(&w, "kswapd_cpu_ns", ev.sample.have_cpu, ev.sample.cpu_ns);
	jsonw_number(&w, "refaults", ev.sample.refaults);
	json_count(&w, "failures", failures >= 0, failures);
	json_count(&w, "failed_runs", counted || live->failures, counted ?
		   counts.runs_failed - live->first[i].runs_failed : node->fails);
	json_count(&w, "give_ups", counted || live->failures, counted ?
		   counts.given_up - live->first[i].given_up : node->giveups);
	json_count(&w, "resets", live->failures, node->resets);
	follow_reset(live, nid, &w);
	jsonw_close(&w, '}');
	jsonw_end(&w);
}

static void follow(struct live *live)
{
	unsigned long long now;
	time_t t = time(NULL);
	char when[32];
	struct tm tm;
	int i;

	look(live);
	if (sampler_read(&live->sampler))
		return;
	first_counts(live);
	now = now_ns();
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	for (i = 0; i < live->sampler.nodes; i++)
		follow_node(live, i, now, when);
	fflush(stdout);
}

static void rest(double seconds)
{
	struct timespec ts = { .tv_sec = seconds };

	ts.tv_nsec = (seconds - ts.tv_sec) * 1e9;
	nanosleep(&ts, NULL);
}

int cmd_top(int argc, char **argv)
{
	struct options o = { .interval = 1 };
	struct live *live;
	double looks;
	int status;

	status = parse(argc, argv, &o);
	if (status >= 0)
		return status;
	live = calloc(1, sizeof(*live));
	if (live)
		live->model = model_new();
	if (!live || !live->model) {
		complain("out of memory");
		free(live);
		return STATUS_ERROR;
	}
	stop_on_signals();
	status = STATUS_ERROR;
	if (sampler_init(&live->sampler)) {
		complain("cannot read /proc/zoneinfo, or it has no node with memory");
		goto out;
	}
	first_counts(live);
	blame_begin(&live->blame);
	if (!o.no_events)
		start_events(live);
	else
		live->why = "events were not asked for";
	live->began = live->last = now_ns();
	for (looks = 0; !stop && (!o.count || looks < o.count); looks++) {
		if (looks)
			rest(o.interval);
		if (o.follow)
			follow(live);
		else
			show(live);
		/* The reader of the pipe has exited. */
		if (ferror(stdout))
			break;
	}
	status = STATUS_OK;
out:
	if (live->instance)
		instance_remove(live->instance);
	if (live->tep)
		tep_free(live->tep);
	sampler_free(&live->sampler);
	blame_free(&live->blame);
	model_free(live->model);
	free(live);
	return status;
}
