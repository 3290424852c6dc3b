// SPDX-License-Identifier: GPL-2.0
/*
 * The task that fills the node, until free memory lies at one of its watermarks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hog.h"

#define HOG_STEP_BYTES		(64ULL << 20)
#define HOG_POLL_US		100000
#define HOG_POLLS_OF_ROOM	20
#define HOG_REST_NS		20000000
#define HUGE_PAGES_LEFT		4
#define HUGE_STEP		16
#define HOLES_BYTES		(8 * MIB)
#define GROW_BYTES		(128 * KIB)
#define GROW_US			16000
#define OSCILLATE_WAIT_NS		100000000
#define OSCILLATE_SLACK_BYTES	(4ULL << 20)

/* Scenarios in which only other tasks bring free memory below low. */
static bool hog_stops_at_low(const struct options *opt)
{
	return opt->scenario == RUNAWAY || opt->scenario == NEAR_OOM ||
	       opt->scenario == STREAM_BESIDE_HOG;
}

static bool has_pulses(const struct options *opt)
{
	return opt->scenario != STREAM_BESIDE_HOG;
}

static void hog_read_node(struct hog *hog, struct node_state *node)
{
	bool found;
	int err;

	err = text_read(&hog->text, "/proc/zoneinfo");
	if (err)
		worker_fail(hog->slot, "cannot read /proc/zoneinfo: %s",
			    strerror(-err));
	found = hog->run->opt.hog == HOG_PIPE ?
		node_state_parse_fixed(hog->text.buf, hog->run->opt.node, node) :
		node_state_parse(hog->text.buf, hog->run->opt.node, node);
	if (!found)
		worker_fail(hog->slot, "cannot find node %d any more",
			    hog->run->opt.node);
}

/* The hot file, if any, exists before the hog starts. */
static void hog_map_hot(struct hog *hog)
{
	const struct worker *hot = find_worker(hog->run, HOT);
	size_t size = hog->run->opt.hot_size;
	int fd;

	if (!hot)
		return;
	fd = open(hot->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		worker_fail(hog->slot, "cannot open the hot file: %s",
			    strerror(errno));
	hog->hot = map_shared_file(hog->slot, fd, size, PROT_READ);
	close(fd);
	hog->cached = malloc(size / hog->page + 1);
	if (!hog->cached)
		worker_fail(hog->slot, "has no memory for mincore() of the hot file");
}

/* Evicted pages of the hot file, which its task will read again. */
static unsigned long long hot_pages_away(const struct hog *hog)
{
	size_t size = hog->run->opt.hot_size;
	unsigned long long away = 0;
	size_t i;

	if (!hog->hot)
		return 0;
	if (mincore(hog->hot, size, hog->cached))
		worker_fail(hog->slot, "cannot call mincore() on the hot file: %s",
			    strerror(errno));
	for (i = 0; i < size / hog->page; i++)
		away += !(hog->cached[i] & 1);
	return away;
}

/*
 * Free pages above the mark at which the hog stops, between two pulses. A pulse must
 * end below low, and above min, because below min the OOM killer may come. If a pulse
 * is larger than the gap, it crosses both watermarks: the node is balanced before the
 * pulse and short of memory after it.
 */
static unsigned long long hog_slack(const struct run *run,
				    const struct node_state *node)
{
	unsigned long long pulse = run->opt.touch_size / run->env.page_size;
	unsigned long long above = node->high - node->low;
	unsigned long long below = node->low - node->min;
	unsigned long long slack = 0;
	unsigned long long room;

	if (!has_pulses(&run->opt))
		return 0;
	if (hog_stops_at_low(&run->opt)) {
		slack = above / 4 < pulse / 2 ? above / 4 : pulse / 2;
		if (pulse > above)
			slack = (above + pulse) / 2;
	}
	/* Half of the distance to min, or a quarter if the hog itself stops below low. */
	room = hog_stops_at_low(&run->opt) || run->opt.at_low ? below / 2 :
								 below / 4;
	return pulse > slack + room ? pulse - room : slack;
}

/*
 * Pages that the hog still has to take.
 *
 * runaway: free memory must be just above low while the whole hot file is cached, so
 * that its eviction does not balance the node. Then the hog wakes no kswapd. A pulse
 * of touch ends below low and wakes kswapd, which reclaims up to high and finds
 * little more than the hot file.
 *
 * restart: free memory must be between min and low, or at low with at_low: below low,
 * the allocator drains the largest zone to min before it uses the next zone.
 */
static unsigned long long hog_excess(const struct hog *hog,
				     const struct node_state *node)
{
	unsigned long long excess;
	unsigned long long keep = hog->slack + hot_pages_away(hog);

	excess = hog_stops_at_low(&hog->run->opt) || hog->run->opt.at_low ?
		 node->over_low : node->over_mid;
	return excess > keep ? excess - keep : 0;
}

/*
 * Takes half of the distance at a time: other tasks and per-CPU lists change the
 * number of free pages, and the hog must not take too much.
 */
static void hog_fill(struct hog *hog)
{
	unsigned long long most = HOG_STEP_BYTES / hog->page;
	struct node_state node;
	unsigned long long room;

	for (;;) {
		hog_read_node(hog, &node);
		room = hog_excess(hog, &node);
		if (!room)
			return;
		if (room > 32)
			room /= 2;
		hog_take(hog, room < most ? room : most);
	}
}

/* Leaves a remainder of a few huge pages, which hog_fill() takes. */
static void hog_take_huge_pages(struct hog *hog)
{
	unsigned long long per = huge_page_bytes() / hog->page;
	unsigned long long step;
	unsigned long long got;
	struct node_state node;

	for (;;) {
		hog_read_node(hog, &node);
		step = hog_excess(hog, &node) / per;
		if (step <= HUGE_PAGES_LEFT)
			return;
		step = (step - HUGE_PAGES_LEFT + 1) / 2;
		if (set_huge_pages(hog->run, hog->huge + step, &got))
			worker_fail(hog->slot, "cannot reserve huge pages: %s",
				    strerror(errno));
		if (got <= hog->huge)
			return;
		hog->huge = got;
		atomic_store(&hog->slot->changed_ns, now_ns());
	}
}

/*
 * Leaves HOLES_BYTES free above high, with no free huge page. The rest is taken as
 * huge pages, because small pages would fill the holes first.
 */
static void hog_leave_holes(struct hog *hog)
{
	struct node_state node;
	unsigned long long got;

	hog_read_node(hog, &node);
	hog_make_holes(hog, node.low + HOLES_BYTES / hog->page);
	for (;;) {
		if (set_huge_pages(hog->run, hog->huge + HUGE_STEP, &got))
			worker_fail(hog->slot, "cannot reserve huge pages: %s",
				    strerror(errno));
		if (got <= hog->huge)
			break;
		hog->huge = got;
	}
	/* Lower the target, or the kernel reserves the next huge page that is freed. */
	set_huge_pages(hog->run, hog->huge, &got);
	hog_read_node(hog, &node);
	got = node.high + HOLES_BYTES / hog->page;
	if (node.free < got)
		hog_make_holes(hog, got - node.free);
	else
		hog_take(hog, node.free - got);
}

static unsigned long long kswapd_ns(const struct hog *hog)
{
	unsigned long long ns = 0;

	thread_cpu_ns(hog->run->env.kswapd, hog->run->env.schedstat, &ns);
	return ns;
}

/*
 * True if the node had free memory for two seconds and kswapd has not given up. Then
 * kswapd reclaims old page cache, whose place the hog takes. Evicted pages in use
 * raise the number of free pages for a moment only.
 */
static bool hog_sees_room(struct hog *hog)
{
	struct node_state node;
	int i;

	for (i = 0; i < HOG_POLLS_OF_ROOM; i++) {
		pause_us(HOG_POLL_US);
		hog_read_node(hog, &node);
		if (node.hopeless || node.over_low <= hot_pages_away(hog) ||
		    atomic_load(&hog->slot->leave))
			return false;
	}
	return true;
}

static bool hog_sees(struct hog *hog, bool hopeless, unsigned long long ns)
{
	unsigned long long end = now_ns() + ns;
	struct node_state node;

	do {
		hog_read_node(hog, &node);
		if (node.hopeless == hopeless)
			return true;
	} while (now_ns() < end);
	return false;
}

/*
 * Frees memory until the node is balanced, and returns the number of bytes. Many of
 * these pages stay on per-CPU lists, which do not count as free.
 */
static size_t hog_balance(struct hog *hog)
{
	size_t before = hog->taken;
	struct node_state node;
	unsigned long long pages;

	for (;;) {
		hog_read_node(hog, &node);
		if (before != hog->taken && node.free >= node.high)
			break;
		pages = OSCILLATE_SLACK_BYTES / hog->page;
		pages += node.high > node.free ? node.high - node.free : 0;
		if (pages > hog->taken / hog->page)
			break;
		hog->taken -= pages * hog->page;
		madvise(hog->mem + hog->taken, pages * hog->page, MADV_DONTNEED);
	}
	return before - hog->taken;
}

/*
 * Frees memory until the node is balanced, and takes it again after the count has
 * been reset, or after OSCILLATE_WAIT_NS.
 */
static void __noreturn hog_oscillate(struct hog *hog)
{
	bool hopeless;
	size_t size;

	for (;;) {
		hopeless = hog_sees(hog, true, OSCILLATE_WAIT_NS);
		size = hog_balance(hog);
		if (hog_sees(hog, false, OSCILLATE_WAIT_NS) && hopeless)
			atomic_fetch_add(&hog->slot->rounds, 1);
		hog_take(hog, size / hog->page);
		/* Other tasks may have changed free memory. */
		if (!hopeless)
			hog_fill(hog);
	}
}

static void __noreturn hog_grow(struct hog *hog)
{
	for (;;) {
		hog_take(hog, GROW_BYTES / hog->page);
		pause_us(GROW_US);
	}
}

/*
 * If kswapd finds old page cache and balances the node, the hog takes its place. If
 * kswapd sleeps, because per-CPU lists serve all pulses and free memory stays above
 * low, the hog leaves less memory free.
 */
void hog_body(const struct run *run, struct worker *worker)
{
	unsigned long long kswapd_before;
	struct node_state node;
	struct hog hog = {
		.run = run,
		.slot = worker->slot,
		.page = run->env.page_size,
		.size = node_bytes(run),
		.fd = -1,
	};

	hog_read_node(&hog, &node);
	hog.slack = hog_slack(run, &node);
	hog_map(&hog, worker);
	hog_map_hot(&hog);
	if (run->opt.hog == HOG_HUGETLB)
		hog_take_huge_pages(&hog);
	hog_fill(&hog);
	if (run->opt.hog == HOG_HOLES)
		hog_leave_holes(&hog);
	atomic_store(&worker->slot->ready, true);

	if (run->opt.scenario == OSCILLATE)
		hog_oscillate(&hog);
	if (run->opt.grow)
		hog_grow(&hog);
	while (!atomic_load(&worker->slot->leave)) {
		/* The holes must stay free. */
		if (run->opt.hog == HOG_HOLES) {
			pause_us(HOG_POLL_US);
			continue;
		}
		kswapd_before = kswapd_ns(&hog);
		if (!hog_sees_room(&hog))
			continue;
		hog_fill(&hog);
		if (kswapd_ns(&hog) - kswapd_before < HOG_REST_NS)
			hog.slack /= 2;
	}
	hog_release(&hog);
}
