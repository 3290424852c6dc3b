// SPDX-License-Identifier: GPL-2.0
/*
 * Simulates kernels whose state is known, cuts windows out of their traces at random, and
 * checks the verdicts: none may contradict the state.
 *
 * usage: sim SEED WINDOWS: prints the number of windows of each verdict. Status 1 and a
 * list of the windows if a verdict is wrong, or if too many are unknown.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "fields.h"
#include "verdict.h"

#define US		1000ULL
#define MS		(1000 * US)
#define SECONDS		300		/* of a simulated kernel */
#define STEPS		(SECONDS * 1000)
#define CPUS		4
#define NID		1
#define PER_WORLD	40		/* windows */
#define MOST		400000		/* events */
#define EDGE		(2 * MS)	/* of a window: the state is not judged */

enum policy { STOCK, GATED, SERIES, POLICIES };

/* The state at the end of each millisecond */
struct truth {
	uint8_t hopeless, balanced;
	uint32_t cpu_ms, refaults, resets;	/* since the begin */
};

struct world {
	enum policy policy;
	bool renamed;			/* the reset has its name of 7.x */
	struct event *events;
	int count;
	struct truth truth[STEPS];
};

static struct world world;
static uint64_t state;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t below(uint64_t n)
{
	return next() % n;
}

static bool chance(double p)
{
	return next() % 1000000 < p * 1000000;
}

/* The kernel */

enum phase { IDLE, EASY, FULL, STREAM, PHASES };

static struct {
	enum phase phase;
	int phase_left;
	int count, give_ups;
	bool awake, running, balanced;
	int run_left, cpu, retry_at, nap;
	uint32_t cpu_ms, refaults, resets;
	uint64_t at;		/* the last event */
} k;

static struct event *put(enum event_type type, int cpu)
{
	struct event *ev = &world.events[world.count];

	if (world.count == MOST)
		errx(2, "too many events");
	memset(ev, 0, sizeof(*ev));
	k.at += 5 * US;
	ev->ts = k.at;
	ev->type = type;
	ev->nid = NID;
	ev->task.cpu = cpu;
	ev->task.pid = 50 + cpu;
	world.count++;
	return ev;
}

static bool hopeless(void)
{
	return k.count >= GIVE_UP;
}

static void reset(const char *reason, int cpu)
{
	struct event *ev;

	if (!k.count)
		return;
	k.count = 0;
	k.give_ups = 0;
	k.resets++;
	ev = put(EV_RESET, cpu);
	snprintf(ev->task.reason, sizeof(ev->task.reason), "%s", reason);
	snprintf(ev->task.comm, sizeof(ev->task.comm), "task");
	ev->task.balanced = reset_is_balanced(world.renamed ? CLEAR_HOPELESS : "", reason);
}

static void back_off(int step)
{
	k.retry_at = step + (100 << (k.give_ups < 5 ? k.give_ups : 5));
}

static void fail(int step)
{
	put(EV_FAIL, k.cpu)->task.val = ++k.count;
	if (hopeless()) {
		back_off(step);
		k.give_ups++;
	}
}

static void begin_run(void)
{
	put(EV_WAKE, k.cpu);
	k.running = true;
	k.run_left = 1 + below(k.phase == STREAM ? 8 : 4);
}

static void end_run(int step)
{
	bool progress = k.phase == EASY || k.phase == IDLE || (k.phase == STREAM && chance(0.1));
	bool enough = progress && (k.phase == IDLE || chance(0.6));

	k.running = false;
	if (progress && enough && k.phase != STREAM)
		k.balanced = true;
	switch (world.policy) {
	case STOCK:
		if (progress)
			reset("KSWAPD", k.cpu);
		else
			fail(step);
		break;
	case GATED:
		if (k.balanced)
			reset("KSWAPD", k.cpu);
		else if (!progress)
			fail(step);
		break;
	default:
		if (enough)
			reset("KSWAPD", k.cpu);
		/* Cut short, or balanced by others: neither, also on a hopeless node */
		else if (!k.balanced && !chance(0.2))
			fail(step);
		else if (hopeless())
			back_off(step);
	}
}

static void kswapd(int step)
{
	if (k.running) {
		k.cpu_ms++;
		if (k.phase != IDLE)
			k.refaults += 5;
		if (--k.run_left > 0)
			return;
		end_run(step);
	}
	if (k.awake) {
		if (hopeless() || k.balanced) {
			if (k.nap++ < (hopeless() ? 0 : 100))
				return;
			if (world.policy == SERIES && k.balanced && !hopeless())
				reset("KSWAPD", k.cpu);
			put(EV_SLEEP, k.cpu);
			k.awake = false;
			return;
		}
		k.nap = 0;
		begin_run();
		return;
	}
	if (k.balanced || !chance(0.05))
		return;
	if (hopeless() && (world.policy != SERIES || step < k.retry_at))
		return;
	put(EV_WAKEUP, below(CPUS));
	k.cpu = chance(0.1) ? below(CPUS) : (uint64_t)k.cpu;
	k.awake = true;
	k.nap = 0;
	begin_run();
}

static void others(void)
{
	if (k.phase == IDLE)
		k.balanced |= chance(0.01);
	else if (k.balanced)
		k.balanced = !chance(k.phase == EASY ? 0.02 : 0.1);
	if (world.policy == STOCK && ((k.phase == STREAM && chance(0.05)) ||
				      (k.phase == FULL && chance(0.0002))))
		reset("DIRECT", below(CPUS));
	if (k.balanced && chance(0.002))
		reset(chance(0.5) ? "DIRECT" : "PCP", below(CPUS));
	if (chance(0.000005))
		reset("OTHER", below(CPUS));
}

static void sample(void)
{
	struct event *ev = put(EV_SAMPLE, below(CPUS));

	memset(&ev->sample, 0, sizeof(ev->sample));
	ev->sample.high = 3000;
	ev->sample.low = 2000;
	ev->sample.free = k.balanced ? 3100 : 2500;
	ev->sample.balanced = k.balanced;
	ev->sample.hopeless = hopeless();
	ev->sample.have_cpu = 1;
	ev->sample.cpu_ns = k.cpu_ms * MS;
	ev->sample.refaults = k.refaults;
}

static void make_world(enum policy policy)
{
	int step;

	memset(&k, 0, sizeof(k));
	world.policy = policy;
	world.renamed = policy == GATED || (policy == SERIES && chance(0.5));
	world.count = 0;
	k.balanced = true;
	for (step = 0; step < STEPS; step++) {
		struct truth *t = &world.truth[step];

		k.at = 1000 * NSEC + step * MS;
		if (k.phase_left-- <= 0) {
			k.phase = below(PHASES);
			k.phase_left = 500 + below(chance(0.3) ? 60000 : 8000);
		}
		others();
		kswapd(step);
		if (step % 1000 == 500)
			sample();
		t->hopeless = hopeless();
		t->balanced = k.balanced;
		t->cpu_ms = k.cpu_ms;
		t->refaults = k.refaults;
		t->resets = k.resets;
	}
}

/* Windows */

struct window {
	uint64_t from, to;
	uint32_t recorded;	/* HAS() */
	bool formats, enabled, text, local, counter;
	int losses;
	bool healthy_start;
	struct event *events;
	int count;
};

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->ts < y->ts ? -1 : x->ts > y->ts;
}

static int step_of(uint64_t ts)
{
	return (ts - 1000 * NSEC) / MS;
}

static void cut_out(struct window *w)
{
	int64_t skew[CPUS];
	int i;

	for (i = 0; i < CPUS; i++)
		skew[i] = w->local ? (int64_t)below(100 * US) - 50 * (int64_t)US : 0;
	w->count = 0;
	for (i = 0; i < world.count; i++) {
		struct event *ev = &world.events[i];
		int cpu = ev->type == EV_SAMPLE ? (int)(ev->ts % CPUS) : ev->task.cpu;

		if (ev->ts < w->from || ev->ts > w->to || !(w->recorded & HAS(ev->type)))
			continue;
		w->events[w->count] = *ev;
		w->events[w->count++].ts += skew[cpu];
	}
	qsort(w->events, w->count, sizeof(*w->events), by_time);
}

static int cpu_of(const struct event *ev)
{
	return ev->type == EV_SAMPLE ? (int)(ev->ts % CPUS) : ev->task.cpu;
}

/* Removes some records of a CPU; the next record reports the loss. */
static void lose(struct window *w)
{
	int cpu = below(CPUS), begin, left, i, n = 0, lost = 0;
	uint64_t since = 0, last_kept = 0;
	struct event *out;

	if (!w->count)
		return;
	out = calloc(w->count + 1, sizeof(*out));
	if (!out)
		err(2, "memory");
	begin = below(w->count);
	left = 1 + below(chance(0.5) ? 5 : 200);
	for (i = w->count - 1; i >= begin; i--)
		if (w->events[i].type != EV_LOST && cpu_of(&w->events[i]) == cpu)
			break;
	last_kept = i;	/* a later record must report the loss */
	for (i = 0; i < w->count; i++) {
		struct event *ev = &w->events[i];
		bool mine = ev->type != EV_LOST && cpu_of(ev) == cpu;

		if (mine && i >= begin && left && (uint64_t)i < last_kept) {
			left--;
			lost++;
			continue;
		}
		if (mine && lost) {
			struct event gap = { .ts = ev->ts, .type = EV_LOST };

			gap.lost.count = chance(0.5) ? lost : -1;
			gap.lost.since = since;
			out[n++] = gap;
			lost = 0;
			left = 0;
		}
		if (mine && !lost)
			since = ev->ts;
		out[n++] = *ev;
	}
	/* one event more at most: a gap instead of the lost records */
	memcpy(w->events, out, n * sizeof(*out));
	w->count = n;
	free(out);
}

static struct model *report_on(const struct window *w)
{
	struct model *m = model_new();
	struct event ev = { .type = EV_START };
	uint64_t first = w->from, last = w->to;
	int i;

	if (!m)
		errx(2, "memory");
	ev.start.text = w->text;
	ev.start.formats = w->formats ? w->recorded : 0;
	ev.start.enabled = w->enabled ? w->recorded : 0;
	ev.start.unit = w->counter ? TIME_NONE : TIME_NS;
	model_event(&ev, m);
	ev = (struct event){ .type = EV_TICK, .ts = w->counter ? 0 : first };
	model_event(&ev, m);
	for (i = 0; i < w->count; i++) {
		ev = w->events[i];
		if (w->counter) {
			ev.ts = i;
			if (ev.type == EV_LOST)
				ev.lost.since = 0;
		}
		model_event(&ev, m);
	}
	model_finish(m, w->counter ? 0 : first, w->counter ? (uint64_t)w->count : last);
	return m;
}

/* The truth of a window, with edges for clocks that differ */
struct known {
	bool ever, ever_edge, end, end_edge;
	uint64_t hopeless_ms;
	bool costly, runaway, surely_suspicious;
};

static struct known known_of(const struct window *w)
{
	int a = step_of(w->from), b = step_of(w->to), i, edge = EDGE / MS;
	struct known t = { };

	for (i = a - edge > 0 ? a - edge : 0; i <= b + edge && i < STEPS; i++) {
		t.ever_edge |= world.truth[i].hopeless;
		if (i < a || i > b)
			continue;
		t.ever |= world.truth[i].hopeless;
		t.hopeless_ms += world.truth[i].hopeless;
	}
	t.end = world.truth[b].hopeless;
	for (i = b - edge > 0 ? b - edge : 0; i <= b + edge && i < STEPS; i++)
		t.end_edge |= world.truth[i].hopeless != t.end;
	/* Seconds of CPU time without a balanced one. */
	for (i = a; i + 9000 <= b; i += 250) {
		int to = i + 9000, j, balanced = 0;
		uint32_t cpu = world.truth[to].cpu_ms - world.truth[i].cpu_ms;

		if (cpu < 9000 * RUNAWAY_CPU / 100 * 4 / 5)
			continue;
		t.costly = true;
		/* Samples miss a short change between two of them. */
		for (j = i; j <= to; j++)
			balanced += world.truth[j].balanced;
		if (balanced < 4500 && world.policy == STOCK &&
		    world.truth[to].resets - world.truth[i].resets >= RUNAWAY_RESETS)
			t.runaway = true;
	}
	for (i = a; i + 24000 <= b; i += 500) {
		int to = i + 24000, j, balanced = 0;

		for (j = i; j <= to; j++)
			balanced += world.truth[j].balanced;
		if (!balanced && world.truth[to].cpu_ms - world.truth[i].cpu_ms > 24000 / 2 &&
		    world.truth[to].refaults - world.truth[i].refaults > 24 * 2 * SUSPECT_REFAULTS)
			t.surely_suspicious = true;
	}
	return t;
}

static uint64_t tally[RUNAWAY + 1], wrong, healthy_starts, healthy_unknown, judged;

static void complain_of(const struct window *w, const char *what, uint64_t number)
{
	if (wrong++ < 20)
		printf("window %" PRIu64 " (policy %d, recorded %x, formats %d, enabled %d, losses %d, local %d, counter %d): %s\n",
		       number, world.policy, w->recorded, w->formats, w->enabled, w->losses,
		       w->local, w->counter, what);
}

static void check_verdict(const struct window *w, enum verdict v, const struct known *t,
			  uint64_t number)
{
	bool samples_alone = !(w->recorded & (HAS(EV_FAIL) | HAS(EV_RESET)));

	switch (v) {
	case HEALTHY:
		if (t->ever && !samples_alone)
			complain_of(w, "healthy, but it was hopeless", number);
		break;
	case RECOVERED:
		if (!t->ever_edge)
			complain_of(w, "recovered, but it was never hopeless", number);
		if (t->end && !t->end_edge && !samples_alone)
			complain_of(w, "recovered, but it is hopeless", number);
		break;
	case GIVEN_UP:
		if (!t->end && !t->end_edge && !samples_alone)
			complain_of(w, "given up, but it is not hopeless", number);
		break;
	case GAVE_UP:
		if (!t->ever_edge)
			complain_of(w, "gave up, but it was never hopeless", number);
		break;
	case SUSPECTED:
		if (!t->costly)
			complain_of(w, "a runaway suspected that costs nothing", number);
		break;
	case RUNAWAY:
		if (!t->runaway)
			complain_of(w, "a runaway that is none", number);
		break;
	case UNKNOWN:
		break;
	}
	if (t->surely_suspicious && v < SUSPECTED && (w->recorded & HAS(EV_SAMPLE)) &&
	    !w->losses && !w->counter)
		complain_of(w, "a runaway that was not seen", number);
}

static void check_times(const struct window *w, const struct node *node, const struct known *t,
			uint64_t number)
{
	uint64_t truth = t->hopeless_ms * MS, slack = 20 * MS + t->hopeless_ms * US;
	const char *bound = hopeless_bound(node);

	if (w->counter || !(w->recorded & HAS(EV_FAIL)))
		return;
	if (!strcmp(bound, "estimate"))
		return;
	slack += truth / 100;
	if (node->hopeless_ns > truth + slack)
		complain_of(w, "hopeless for longer than it was", number);
	if (node->hopeless_ns + node->unsure_ns + slack < truth)
		complain_of(w, "hopeless for longer than is possible", number);
}

static void one_window(uint64_t number)
{
	static const uint32_t both = HAS(EV_FAIL) | HAS(EV_RESET);
	static const uint32_t runs = HAS(EV_WAKE) | HAS(EV_SLEEP);
	static const uint32_t all = both | runs | HAS(EV_WAKEUP);
	static const struct {
		uint32_t recorded;
		bool formats, enabled;
	} kinds[] = {
		{ all | HAS(EV_SAMPLE), true, true }, { all | HAS(EV_SAMPLE), true, true },
		{ all, true, true }, { all, true, false }, { both, true, true },
		{ both, true, false }, { both, false, false }, { both | runs, false, false },
		{ HAS(EV_FAIL), true, true }, { HAS(EV_FAIL), true, false },
		{ HAS(EV_RESET), true, true }, { runs | HAS(EV_FAIL), true, true },
		{ runs, true, true }, { runs | HAS(EV_SAMPLE), true, true },
		{ HAS(EV_FAIL) | HAS(EV_WAKEUP) | runs, false, false },
	};
	static struct window w, whole;
	const struct node *node;
	struct model *m, *without;
	struct known t;
	enum verdict v;
	int i, kind = below(sizeof(kinds) / sizeof(kinds[0]));
	uint64_t length = (100 + below(chance(0.3) ? 100000 : 20000)) * MS;

	if (!w.events) {
		w.events = calloc(MOST + 64, sizeof(*w.events));
		whole.events = calloc(MOST + 64, sizeof(*whole.events));
		if (!w.events || !whole.events)
			err(2, "memory");
	}
	w.recorded = kinds[kind].recorded;
	w.formats = kinds[kind].formats;
	w.enabled = kinds[kind].enabled;
	/* A kernel without events of failed runs has no retries and no balance check. */
	if (!(w.recorded & both) && world.policy != STOCK)
		w.recorded |= both;
	w.text = !w.formats;
	w.from = 1000 * NSEC + below((STEPS - 200) * MS - length);
	w.to = w.from + length;
	w.local = chance(0.2);
	w.counter = chance(0.05);
	w.losses = chance(0.3) ? 1 + below(3) : 0;
	w.healthy_start = !world.truth[step_of(w.from)].hopeless;
	cut_out(&w);
	memcpy(whole.events, w.events, w.count * sizeof(*w.events));
	whole.count = w.count;
	for (i = 0; i < w.losses; i++)
		lose(&w);
	m = report_on(&w);
	node = model_node(m, NID);
	v = node ? verdict_of(m, node) : UNKNOWN;
	t = known_of(&w);
	tally[v]++;
	judged++;
	check_verdict(&w, v, &t, number);
	if (node)
		check_times(&w, node, &t, number);
	if (w.losses && v >= SUSPECTED) {
		memcpy(w.events, whole.events, whole.count * sizeof(*w.events));
		w.count = whole.count;
		without = report_on(&w);
		if (!model_node(without, NID) || verdict_of(without, model_node(without, NID)) < v)
			complain_of(&w, "stronger with lost records", number);
		model_free(without);
	}
	if ((w.recorded & all) == all && !w.losses && w.healthy_start && w.count) {
		healthy_starts++;
		healthy_unknown += v == UNKNOWN || v == GAVE_UP;
	}
	model_free(m);
}

int main(int argc, char **argv)
{
	uint64_t seed, windows, number, w;

	if (argc != 3)
		errx(2, "usage: sim SEED WINDOWS");
	seed = strtoull(argv[1], NULL, 10);
	windows = strtoull(argv[2], NULL, 10);
	world.events = calloc(MOST, sizeof(*world.events));
	if (!world.events)
		err(2, "memory");
	for (number = 0; number < windows;) {
		state = (seed * 1000003 + number + 1) * 0x9e3779b97f4a7c15ULL;
		next();
		make_world(below(POLICIES));
		for (w = 0; w < PER_WORLD && number < windows; w++)
			one_window(number++);
	}
	printf("%" PRIu64 " windows:", judged);
	for (w = 0; w <= RUNAWAY; w++)
		printf(" %s %" PRIu64 "%s", verdict_code(w), tally[w], w < RUNAWAY ? "," : "\n");
	printf("all events from a start that is not hopeless: %" PRIu64 ", of these not known %" PRIu64 " (%.2f %%)\n",
	       healthy_starts, healthy_unknown, percent(healthy_unknown, healthy_starts));
	printf("wrong: %" PRIu64 "\n", wrong);
	/* The share of few windows means nothing. */
	return wrong || (healthy_starts >= 500 && healthy_unknown * 10 > healthy_starts);
}
