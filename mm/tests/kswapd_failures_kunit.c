// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the count of failed kswapd runs: its resets, the backoff of a
 * hopeless node, the trace events and the counters.
 *
 * mm/vmscan.c includes this file at its end, since most of the tested
 * functions are static there. All tests work on an artificial node that the rest
 * of the kernel does not know: no real node, zone or counter is read or written.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/string.h>
#include <linux/trace_events.h>

/* No real node has this number, so events of real nodes are told apart. */
#define FAKE_NID	MAX_NUMNODES

#define FAKE_MANAGED	10000
#define FAKE_MIN	100
#define FAKE_LOW	150
#define FAKE_HIGH	200

/* Every configuration has these two zones. */
#define LOWER		ZONE_NORMAL
#define UPPER		ZONE_MOVABLE

struct fake_node {
	pg_data_t pgdat;
	struct list_head block;		/* stands for a free block of pages */
	struct wait_queue_entry kswapd;	/* asleep, or not in the queue */

	/* The number of traced resets, and the fields of the last one. */
	atomic_t resets;
	int reason;
	int count_then;
};

static void fake_node_traced(void *data, int nid, int reason)
{
	struct fake_node *node = data;

	if (nid != FAKE_NID)
		return;
	node->reason = reason;
	node->count_then = atomic_read(&node->pgdat.kswapd_failures);
	atomic_inc(&node->resets);
}

static void fake_node_untrace(void *data)
{
	unregister_trace_mm_vmscan_reset_kswapd_failures(fake_node_traced, data);
	tracepoint_synchronize_unregister();
}

#ifdef CONFIG_SMP
static void fake_zone_free_stats(void *data)
{
	free_percpu((struct per_cpu_zonestat __percpu *)data);
}

static void fake_zone_alloc_stats(struct kunit *test, struct zone *zone)
{
	struct per_cpu_zonestat __percpu *stats = alloc_percpu(struct per_cpu_zonestat);

	KUNIT_ASSERT_TRUE(test, stats);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fake_zone_free_stats,
							   (void __force *)stats));
	zone->per_cpu_zonestats = stats;
}
#else
/* There is nothing in them. */
static void fake_zone_alloc_stats(struct kunit *test, struct zone *zone)
{
}
#endif

/*
 * The node's counters. An overflow of a CPU's counter also goes to the sums of the
 * whole machine, and must be subtracted there again.
 */
static void fake_node_free_stats(void *data)
{
	pg_data_t *pgdat = data;
	int item;

	for (item = 0; item < NR_VM_NODE_STAT_ITEMS; item++)
		atomic_long_sub(atomic_long_read(&pgdat->vm_stat[item]), &vm_node_stat[item]);
	free_percpu(pgdat->per_cpu_nodestats);
}

static void fake_node_alloc_stats(struct kunit *test, pg_data_t *pgdat)
{
	pgdat->per_cpu_nodestats = alloc_percpu(struct per_cpu_nodestat);
	KUNIT_ASSERT_TRUE(test, pgdat->per_cpu_nodestats);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fake_node_free_stats, pgdat));
}

static long counted(struct fake_node *node, enum node_stat_item item)
{
	long sum = atomic_long_read(&node->pgdat.vm_stat[item]);
#ifdef CONFIG_SMP
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(node->pgdat.per_cpu_nodestats, cpu)->vm_node_stat_diff[item];
#endif
	return sum;
}

static void fake_zone_init(struct kunit *test, struct zone *zone)
{
	unsigned int order, mt;

	fake_zone_alloc_stats(test, zone);
	for_each_migratetype_order(order, mt)
		INIT_LIST_HEAD(&zone->free_area[order].free_list[mt]);
}

/* A node whose zones have no pages. */
static int kswapd_failures_test_init(struct kunit *test)
{
	struct fake_node *node = kunit_kzalloc(test, sizeof(*node), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, node);
	node->pgdat.node_id = FAKE_NID;
	init_waitqueue_head(&node->pgdat.kswapd_wait);
	init_waitqueue_head(&node->pgdat.pfmemalloc_wait);
	init_waitqueue_entry(&node->kswapd, current);
	add_wait_queue(&node->pgdat.kswapd_wait, &node->kswapd);
	fake_node_alloc_stats(test, &node->pgdat);
	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &node->pgdat.node_zones[i];

		zone->zone_pgdat = &node->pgdat;
		zone->name = "Fake";
		fake_zone_init(test, zone);
	}

	KUNIT_ASSERT_EQ(test, 0,
			register_trace_mm_vmscan_reset_kswapd_failures(fake_node_traced, node));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fake_node_untrace, node));
	test->priv = node;
	return 0;
}

/* Give the zone pages, @free of them free. */
static void fake_zone_fill(struct fake_node *node, enum zone_type idx, long free)
{
	struct zone *zone = &node->pgdat.node_zones[idx];
	int item;

	atomic_long_set(&zone->managed_pages, FAKE_MANAGED);
	zone->_watermark[WMARK_MIN] = FAKE_MIN;
	zone->_watermark[WMARK_LOW] = FAKE_LOW;
	zone->_watermark[WMARK_HIGH] = FAKE_HIGH;
	/* The same, so that a machine with memory tiering gives no other result. */
	zone->_watermark[WMARK_PROMO] = FAKE_HIGH;
	/* Newer kernels count free pages in whole blocks, too. */
	for (item = NR_FREE_PAGES; item < NR_ZONE_LRU_BASE; item++)
		atomic_long_set(&zone->vm_stat[item], free);
}

static void fake_zone_add_block(struct fake_node *node, enum zone_type idx, int order, int mt)
{
	struct free_area *area = &node->pgdat.node_zones[idx].free_area[order];

	list_add(&node->block, &area->free_list[mt]);
	area->nr_free = 1;
}

#ifdef CONFIG_SMP
/* Of the free pages, @diff are still in the counter of one CPU. */
static void fake_zone_drift(struct fake_node *node, enum zone_type idx, s8 diff)
{
	struct zone *zone = &node->pgdat.node_zones[idx];
	int cpu = cpumask_first(cpu_online_mask);
	int item;

	zone->percpu_drift_mark = FAKE_MANAGED;
	for (item = NR_FREE_PAGES; item < NR_ZONE_LRU_BASE; item++)
		per_cpu_ptr(zone->per_cpu_zonestats, cpu)->vm_stat_diff[item] = diff;
}
#endif

static int failures_of(struct fake_node *node)
{
	return atomic_read(&node->pgdat.kswapd_failures);
}

/* Reclaim makes progress on the node, which may reset its count. */
static void progress(struct fake_node *node, int order, enum zone_type highest)
{
	struct scan_control sc = { .order = order, .reclaim_idx = highest };

	pgdat_try_reset_kswapd_failures(&node->pgdat, &sc);
}

/*
 * When is a node balanced? One case a line; a zone that is left at 0 has no
 * pages at all, and EMPTY is a zone whose pages are all in use.
 */
#define EMPTY	(-1)

struct balance_case {
	const char *name;
	long lower, upper;	/* free pages of the zones */
	int order;
	enum zone_type highest;	/* LOWER unless said */
	bool balanced;
	int block;		/* order of the only free block; 0: none */
	int block_type;		/* of which migratetype */
	long boost;		/* of the lower zone's watermarks */
	long reserve;		/* of it, kept from users of the upper zone */
};

static const struct balance_case balance_cases[] = {
	{ "nothing free", .lower = EMPTY },
	{ "below min", .lower = FAKE_MIN - 1 },
	{ "between min and low", .lower = FAKE_MIN + 1 },
	{ "between low and high", .lower = FAKE_LOW + 1 },
	{ "at high", .lower = FAKE_HIGH },
	{ "above high", .lower = FAKE_HIGH + 1, .balanced = true },
	{ "all free", .lower = FAKE_MANAGED, .balanced = true },

	/* The order's own pages, but for one, do not count as free. */
	{ "order 3, no block", .lower = FAKE_HIGH + 8, .order = 3 },
	{ "order 3, block too small", .lower = FAKE_HIGH + 8, .order = 3, .block = 2 },
	{ "order 3, block", .lower = FAKE_HIGH + 8, .order = 3, .block = 3,
	  .balanced = true },
	{ "order 3, block of a larger order", .lower = FAKE_HIGH + 8, .order = 3, .block = 4,
	  .balanced = true },
	{ "order 3, block, at high", .lower = FAKE_HIGH + 7, .order = 3, .block = 3 },
	{ "order 3, block that is reserved", .lower = FAKE_HIGH + 8, .order = 3, .block = 3,
	  .block_type = MIGRATE_HIGHATOMIC },
	{ "largest order, no block", .lower = FAKE_MANAGED, .order = MAX_PAGE_ORDER,
	  .block = MAX_PAGE_ORDER - 1 },
	{ "largest order, block", .lower = FAKE_MANAGED, .order = MAX_PAGE_ORDER,
	  .block = MAX_PAGE_ORDER, .balanced = true },
	{ "order 0 with a block, at high", .lower = FAKE_HIGH, .block = 3 },

	/* One balanced zone is enough, if it may be used. */
	{ "upper zone balanced, not to be used", .lower = FAKE_HIGH, .upper = FAKE_HIGH + 1 },
	{ "upper zone balanced", .lower = FAKE_HIGH, .upper = FAKE_HIGH + 1, .highest = UPPER,
	  .balanced = true },
	{ "lower zone balanced", .lower = FAKE_HIGH + 1, .upper = EMPTY, .highest = UPPER,
	  .balanced = true },
	{ "neither zone balanced", .lower = FAKE_HIGH, .upper = FAKE_HIGH, .highest = UPPER },
	{ "lower zone balanced, but reserved", .lower = FAKE_HIGH + 1, .upper = EMPTY,
	  .highest = UPPER, .reserve = 50 },
	{ "lower zone balanced, reserved for its users", .lower = FAKE_HIGH + 1, .upper = EMPTY,
	  .reserve = 50, .balanced = true },
	{ "lower zone balanced beyond the reserve", .lower = FAKE_HIGH + 51, .upper = EMPTY,
	  .highest = UPPER, .reserve = 50, .balanced = true },

	/* Without a zone to balance there is nothing to do. */
	{ "no zone with pages", .highest = UPPER, .balanced = true },
	{ "no zone with pages that may be used", .upper = EMPTY, .balanced = true },

	{ "boosted, above high", .lower = FAKE_HIGH + 1, .boost = 64 },
	{ "boosted, at the boosted high", .lower = FAKE_HIGH + 64, .boost = 64 },
	{ "boosted, above the boosted high", .lower = FAKE_HIGH + 65, .boost = 64,
	  .balanced = true },
};

KUNIT_ARRAY_PARAM_DESC(balance, balance_cases, name);

static void fill_from_case(struct fake_node *node, const struct balance_case *c)
{
	struct zone *lower = &node->pgdat.node_zones[LOWER];

	if (c->lower)
		fake_zone_fill(node, LOWER, max(c->lower, 0L));
	if (c->upper)
		fake_zone_fill(node, UPPER, max(c->upper, 0L));
	if (c->block)
		fake_zone_add_block(node, LOWER, c->block, c->block_type);
	lower->watermark_boost = c->boost;
	lower->lowmem_reserve[UPPER] = c->reserve;
}

static void test_balanced(struct kunit *test)
{
	const struct balance_case *c = test->param_value;
	enum zone_type highest = c->highest ? c->highest : LOWER;
	struct fake_node *node = test->priv;

	fill_from_case(node, c);
	KUNIT_EXPECT_EQ(test, pgdat_balanced(&node->pgdat, c->order, highest), c->balanced);
	/* All zones with a boost are above their own watermark. */
	KUNIT_EXPECT_EQ(test, pgdat_short(&node->pgdat, c->order, highest),
			!c->balanced && !c->boost);
}

/* Progress resets the count only if the node is balanced. */
static void test_progress_needs_balance(struct kunit *test)
{
	const struct balance_case *c = test->param_value;
	enum zone_type highest = c->highest ? c->highest : LOWER;
	struct fake_node *node = test->priv;

	fill_from_case(node, c);
	atomic_set(&node->pgdat.kswapd_failures, MAX_RECLAIM_RETRIES);
	progress(node, c->order, highest);
	KUNIT_EXPECT_EQ(test, failures_of(node), c->balanced ? 0 : MAX_RECLAIM_RETRIES);
	KUNIT_EXPECT_EQ(test, atomic_read(&node->resets), c->balanced ? 1 : 0);
}

#ifdef CONFIG_SMP
/* Near the watermarks, free pages that the CPUs have not yet flushed count. */
static const struct drift_case {
	const char *name;
	long free;
	s8 diff;
	bool balanced;
} drift_cases[] = {
	{ "above high only by the sum", FAKE_HIGH + 1, -1, false },
	{ "above high only by a CPU", FAKE_HIGH, 1, true },
	{ "far above high", FAKE_HIGH + 100, -50, true },
};

KUNIT_ARRAY_PARAM_DESC(drift, drift_cases, name);

static void test_pending_counts(struct kunit *test)
{
	const struct drift_case *c = test->param_value;
	struct fake_node *node = test->priv;

	fake_zone_fill(node, LOWER, c->free);
	fake_zone_drift(node, LOWER, c->diff);
	atomic_set(&node->pgdat.kswapd_failures, MAX_RECLAIM_RETRIES);
	progress(node, 0, LOWER);
	KUNIT_EXPECT_EQ(test, failures_of(node), c->balanced ? 0 : MAX_RECLAIM_RETRIES);
}
#endif

/* Counts around the threshold at which kswapd gives up. */
static const struct count_case {
	const char *name;
	int count;
	bool hopeless;
} count_cases[] = {
	{ "0 failures", 0, false },
	{ "1 failure", 1, false },
	{ "15 failures", 15, false },
	{ "16 failures", 16, true },
	{ "17 failures", 17, true },
};

KUNIT_ARRAY_PARAM_DESC(count, count_cases, name);

static void test_count_balanced(struct kunit *test)
{
	const struct count_case *c = test->param_value;
	struct fake_node *node = test->priv;

	fake_zone_fill(node, LOWER, FAKE_HIGH + 1);
	atomic_set(&node->pgdat.kswapd_failures, c->count);
	progress(node, 0, LOWER);
	/* A lower count holds up no wakeup, and is left to kswapd. */
	KUNIT_EXPECT_EQ(test, failures_of(node), c->hopeless ? 0 : c->count);
	KUNIT_EXPECT_EQ(test, atomic_read(&node->resets), c->hopeless ? 1 : 0);

	/* Once is enough. */
	progress(node, 0, LOWER);
	KUNIT_EXPECT_EQ(test, failures_of(node), c->hopeless ? 0 : c->count);
	KUNIT_EXPECT_EQ(test, atomic_read(&node->resets), c->hopeless ? 1 : 0);
}

static void test_count_unbalanced(struct kunit *test)
{
	const struct count_case *c = test->param_value;
	struct fake_node *node = test->priv;

	fake_zone_fill(node, LOWER, FAKE_HIGH);
	atomic_set(&node->pgdat.kswapd_failures, c->count);
	progress(node, 0, LOWER);
	KUNIT_EXPECT_EQ(test, failures_of(node), c->count);
	KUNIT_EXPECT_EQ(test, atomic_read(&node->resets), 0);
}

/* A reset by a caller does not check the node. */
static void test_count_reset(struct kunit *test)
{
	const struct count_case *c = test->param_value;
	struct fake_node *node = test->priv;

	fake_zone_fill(node, LOWER, 0);
	atomic_set(&node->pgdat.kswapd_failures, c->count);
	pgdat_reset_kswapd_failures(&node->pgdat, RESET_KSWAPD_FAILURES_KSWAPD);
	KUNIT_EXPECT_EQ(test, failures_of(node), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&node->resets), c->count ? 1 : 0);
	if (c->count)
		KUNIT_EXPECT_EQ(test, node->count_then, 0);
	KUNIT_EXPECT_EQ(test, counted(node, KSWAPD_REVIVED), c->hopeless ? 1 : 0);
	KUNIT_EXPECT_EQ(test, counted(node, KSWAPD_GIVEN_UP), 0);
}

/* On a node that is not balanced, kswapd sleeps only once it has given up. */
static void test_count_sleep(struct kunit *test)
{
	const struct count_case *c = test->param_value;
	struct fake_node *node = test->priv;

	fake_zone_fill(node, LOWER, FAKE_HIGH);
	atomic_set(&node->pgdat.kswapd_failures, c->count);
	KUNIT_EXPECT_EQ(test, kswapd_hopeless(&node->pgdat), c->hopeless);
	/* To go to sleep touches more than an artificial node has. */
	KUNIT_ASSERT_FALSE(test, pgdat_balanced(&node->pgdat, 0, LOWER));
	if (!c->hopeless)
		KUNIT_EXPECT_FALSE(test, prepare_kswapd_sleep(&node->pgdat, 0, LOWER));
	KUNIT_EXPECT_EQ(test, failures_of(node), c->count);
}

/* The values are known to user space: a case for each, with its printed name. */
static const struct reason_case {
	const char *name;
	enum reset_kswapd_failures_reason reason;
	int value;
} reason_cases[] = {
	{ "OTHER", RESET_KSWAPD_FAILURES_OTHER, 0 },
	{ "KSWAPD", RESET_KSWAPD_FAILURES_KSWAPD, 1 },
	{ "DIRECT", RESET_KSWAPD_FAILURES_DIRECT, 2 },
	{ "PCP", RESET_KSWAPD_FAILURES_PCP, 3 },
};

KUNIT_ARRAY_PARAM_DESC(reason, reason_cases, name);

static void test_reason_is_traced(struct kunit *test)
{
	const struct reason_case *c = test->param_value;
	struct fake_node *node = test->priv;

	KUNIT_EXPECT_EQ(test, (int)c->reason, c->value);
	node->reason = -1;
	atomic_set(&node->pgdat.kswapd_failures, MAX_RECLAIM_RETRIES);
	pgdat_reset_kswapd_failures(&node->pgdat, c->reason);
	KUNIT_EXPECT_EQ(test, node->reason, c->value);
}

/* The line that the kernel prints for the event. */
static const char *print_reset(struct kunit *test, int nid, int reason)
{
	struct trace_event *event = &event_mm_vmscan_reset_kswapd_failures.event;
	struct trace_event_raw_mm_vmscan_reset_kswapd_failures entry = {
		.ent.type = event->type,
		.nid = nid,
		.reason = reason,
	};
	struct trace_iterator *iter = kunit_kzalloc(test, sizeof(*iter), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, iter);
	trace_seq_init(&iter->seq);
	iter->ent = &entry.ent;
	iter->ent_size = sizeof(entry);
	event->funcs->trace(iter, 0, event);
	iter->ent = NULL;
	return strim(iter->seq.buffer);
}

static void test_reason_is_printed(struct kunit *test)
{
	const struct reason_case *c = test->param_value;
	char want[80];

	snprintf(want, sizeof(want), "mm_vmscan_reset_kswapd_failures: nid=1 reason=%s", c->name);
	KUNIT_EXPECT_STREQ(test, print_reset(test, 1, c->value), want);
}

/* The values by which trace-cmd and perf resolve the names on another machine. */
static void test_reason_is_exported(struct kunit *test)
{
	const char *format = event_mm_vmscan_reset_kswapd_failures.print_fmt;
	const struct reason_case *c = test->param_value;
	char want[40];

	snprintf(want, sizeof(want), "{ %d, \"%s\" }", c->value, c->name);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(format, want), "no '%s' in: %s", want, format);
}

/* A reason that has a name has a case above. */
static void test_reasons_are_all_known(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, print_reset(test, 1, ARRAY_SIZE(reason_cases)),
			   "mm_vmscan_reset_kswapd_failures: nid=1 reason=0x4");
}

static void test_reason_by_context(struct kunit *test)
{
	struct fake_node *node = test->priv;

	fake_zone_fill(node, LOWER, FAKE_HIGH + 1);
	atomic_set(&node->pgdat.kswapd_failures, MAX_RECLAIM_RETRIES);
	progress(node, 0, LOWER);
	KUNIT_EXPECT_EQ(test, node->reason, RESET_KSWAPD_FAILURES_DIRECT);

	/* A pass of kswapd is a part of a run, which has not ended. */
	atomic_set(&node->pgdat.kswapd_failures, MAX_RECLAIM_RETRIES);
	current->flags |= PF_KSWAPD;
	progress(node, 0, LOWER);
	current->flags &= ~PF_KSWAPD;
	KUNIT_EXPECT_EQ(test, failures_of(node), MAX_RECLAIM_RETRIES);
	KUNIT_EXPECT_EQ(test, atomic_read(&node->resets), 1);
}

/* The count and the backoff after a run, by the pages that it reclaimed. */
static const struct run_case {
	const char *name;
	unsigned long lacked, reclaimed;
	int before, after;
	unsigned int backoff_before, backoff_after;
	bool balanced, cut_short, high_order;
	unsigned long busy;
} run_cases[] = {
	{ "nothing, the first time", 32, 0, 0, 1 },
	{ "nothing, the fifteenth time", 32, 0, 14, 15 },
	{ "nothing, the last time", 32, 0, 15, 16, 0, KSWAPD_BACKOFF_MIN },
	{ "nothing, the first retry", 32, 0, 16, 17, KSWAPD_BACKOFF_MIN,
	  2 * KSWAPD_BACKOFF_MIN },
	{ "nothing, a later retry", 32, 0, 20, 21, KSWAPD_BACKOFF_LONG / 2, KSWAPD_BACKOFF_LONG },
	{ "nothing, a late retry", 32, 0, 99, 100, KSWAPD_BACKOFF_LONG, KSWAPD_BACKOFF_LONG },
	{ "nothing, a late retry that takes less than its share", 32, 0, 99, 100,
	  KSWAPD_BACKOFF_LONG, KSWAPD_BACKOFF_LONG,
	  .busy = KSWAPD_BACKOFF_LONG / KSWAPD_BACKOFF_SHARE },
	{ "nothing, a late retry that takes more", 32, 0, 99, 100, KSWAPD_BACKOFF_LONG,
	  KSWAPD_BACKOFF_SHARE * (KSWAPD_BACKOFF_LONG / KSWAPD_BACKOFF_SHARE + 1),
	  .busy = KSWAPD_BACKOFF_LONG / KSWAPD_BACKOFF_SHARE + 1 },
	{ "nothing, a late retry that takes very long", 32, 0, 99, 100, KSWAPD_BACKOFF_LONG,
	  2 * KSWAPD_BACKOFF_LONG, .busy = KSWAPD_BACKOFF_MAX },
	{ "nothing, the longest retries", 32, 0, 99, 100, KSWAPD_BACKOFF_MAX,
	  KSWAPD_BACKOFF_MAX, .busy = ULONG_MAX / KSWAPD_BACKOFF_SHARE },
	{ "nothing, shorter again", 32, 0, 99, 100, KSWAPD_BACKOFF_MAX, KSWAPD_BACKOFF_LONG },
	{ "nothing, hopeless again after a reset", 32, 0, 15, 16, 4 * KSWAPD_BACKOFF_MIN,
	  8 * KSWAPD_BACKOFF_MIN },
	{ "too little, without failures", 100, 99, 0, 1 },
	{ "too little, the last time", 100, 99, 15, 16, 0, KSWAPD_BACKOFF_MIN },
	{ "too little, but balanced", 100, 99, 15, 15, .balanced = true },
	{ "too little, but balanced, a retry", 100, 99, 16, 16, KSWAPD_BACKOFF_MIN,
	  KSWAPD_BACKOFF_MIN, .balanced = true },
	{ "too little, but balanced, long retries", 100, 99, 99, 99, KSWAPD_BACKOFF_MAX,
	  KSWAPD_BACKOFF_LONG, .balanced = true },
	{ "too little, but cut short", 100, 99, 15, 15, .cut_short = true },
	{ "nothing, but cut short, a retry", 32, 0, 16, 16, KSWAPD_BACKOFF_MIN,
	  KSWAPD_BACKOFF_MIN, .cut_short = true },
	{ "enough, without failures", 100, 100, 0, 0, .balanced = true },
	{ "enough, after 15 failures", 100, 100, 15, 0 },
	{ "enough, a retry", 100, 100, 20, 0, KSWAPD_BACKOFF_LONG, 0, .balanced = true },
	{ "enough, a retry, but not balanced", 100, 100, 20, 0, KSWAPD_BACKOFF_LONG,
	  KSWAPD_BACKOFF_LONG },
	{ "enough for a high order, a retry", 32, 32, 20, 0, KSWAPD_BACKOFF_LONG,
	  KSWAPD_BACKOFF_LONG, .balanced = true, .high_order = true },
	{ "enough, cut short", 100, 100, 20, 0, KSWAPD_BACKOFF_LONG, KSWAPD_BACKOFF_LONG,
	  .cut_short = true },
};

KUNIT_ARRAY_PARAM_DESC(run, run_cases, name);

static void test_run(struct kunit *test)
{
	const struct run_case *c = test->param_value;
	struct fake_node *node = test->priv;
	unsigned long then = jiffies - 10 * HZ;
	bool of_use = c->reclaimed >= c->lacked;
	bool failed = !of_use && !c->balanced && !c->cut_short;
	bool retry = c->before >= MAX_RECLAIM_RETRIES;

	fake_zone_fill(node, LOWER, FAKE_HIGH);
	atomic_set(&node->pgdat.kswapd_failures, c->before);
	node->pgdat.kswapd_backoff = c->backoff_before;
	node->pgdat.kswapd_failed_at = then;
	node->pgdat.kswapd_for_pages = !c->high_order;
	kswapd_account_run(&node->pgdat, c->lacked, c->reclaimed, c->busy, c->balanced,
			   !c->cut_short);
	KUNIT_EXPECT_EQ(test, failures_of(node), c->after);
	KUNIT_EXPECT_EQ(test, node->pgdat.kswapd_backoff, c->backoff_after);
	/* A retry that was of no use is the one try of its backoff, in each case. */
	KUNIT_EXPECT_EQ(test, node->pgdat.kswapd_failed_at != then,
			failed || (retry && !of_use));
	KUNIT_EXPECT_EQ(test, atomic_read(&node->resets), c->after < c->before ? 1 : 0);
	if (c->after < c->before)
		KUNIT_EXPECT_EQ(test, node->reason, RESET_KSWAPD_FAILURES_KSWAPD);
	KUNIT_EXPECT_EQ(test, counted(node, KSWAPD_RUNS_FAILED), c->after > c->before ? 1 : 0);
	KUNIT_EXPECT_EQ(test, counted(node, KSWAPD_GIVEN_UP),
			c->after > c->before && c->after == MAX_RECLAIM_RETRIES ? 1 : 0);
	KUNIT_EXPECT_EQ(test, counted(node, KSWAPD_REVIVED),
			c->after < c->before && c->before >= MAX_RECLAIM_RETRIES ? 1 : 0);
}

/* When kswapd may retry, and when a reset by others counts. */
static const struct backoff_case {
	const char *name;
	int count;
	unsigned int backoff;
	unsigned long ago;		/* jiffies since the last failure */
	bool due;			/* for a retry, of a hopeless node */
} backoff_cases[] = {
	{ "1 failure", 1, 0, KSWAPD_BACKOFF_LONG, true },
	{ "15 failures", 15, 0, KSWAPD_BACKOFF_LONG, true },
	{ "16 failures, at once", 16, KSWAPD_BACKOFF_MIN, 0, false },
	{ "16 failures, later", 16, KSWAPD_BACKOFF_MIN, KSWAPD_BACKOFF_MIN, true },
	{ "16 failures, twice as late", 16, KSWAPD_BACKOFF_MIN, 2 * KSWAPD_BACKOFF_MIN, true },
	{ "21 failures, after the shortest backoff", 21, KSWAPD_BACKOFF_LONG,
	  KSWAPD_BACKOFF_MIN, false },
	{ "21 failures, after the longest one", 21, KSWAPD_BACKOFF_LONG, KSWAPD_BACKOFF_LONG,
	  true },
	{ "21 failures, long runs, early", 21, KSWAPD_BACKOFF_MAX, KSWAPD_BACKOFF_MIN, false },
	{ "21 failures, long runs, later", 21, KSWAPD_BACKOFF_MAX, KSWAPD_BACKOFF_LONG, false },
	{ "21 failures, long runs, after twice the limit for others", 21, KSWAPD_BACKOFF_MAX,
	  2 * KSWAPD_BACKOFF_LONG, false },
	{ "21 failures, long runs, late", 21, KSWAPD_BACKOFF_MAX, KSWAPD_BACKOFF_MAX, true },
	{ "jiffies have wrapped half way", 21, KSWAPD_BACKOFF_LONG, LONG_MAX, true },
	{ "jiffies have wrapped nearly", 21, KSWAPD_BACKOFF_LONG, ULONG_MAX - HZ, true },
	{ "memory was added", 21, 0, 0, true },
};

KUNIT_ARRAY_PARAM_DESC(backoff, backoff_cases, name);

/* Time passes while a case runs: each try gets a time stamp of its own. */
static void fake_failure(struct fake_node *node, const struct backoff_case *c)
{
	atomic_set(&node->pgdat.kswapd_failures, c->count);
	node->pgdat.kswapd_backoff = c->backoff;
	node->pgdat.kswapd_failed_at = jiffies - c->ago;
}

static void test_backoff(struct kunit *test)
{
	static const enum reset_kswapd_failures_reason others[] = {
		RESET_KSWAPD_FAILURES_DIRECT, RESET_KSWAPD_FAILURES_PCP,
	};
	const struct backoff_case *c = test->param_value;
	struct fake_node *node = test->priv;
	bool hopeless = c->count >= MAX_RECLAIM_RETRIES;
	/* The time that runs take does not hold up a reset of a balanced node. */
	bool counts = hopeless &&
		      c->ago >= 2 * min(c->backoff, (unsigned int)KSWAPD_BACKOFF_LONG);
	int i;

	fake_failure(node, c);
	KUNIT_EXPECT_EQ(test, kswapd_retry_due(&node->pgdat), c->due);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		fake_failure(node, c);
		pgdat_reset_kswapd_failures(&node->pgdat, others[i]);
		KUNIT_EXPECT_EQ(test, failures_of(node), counts ? 0 : c->count);
		KUNIT_EXPECT_EQ(test, atomic_read(&node->resets), counts ? i + 1 : 0);
		/* Only a run of kswapd ends the backoff. */
		KUNIT_EXPECT_EQ(test, node->pgdat.kswapd_backoff, hopeless ?
				min(c->backoff, (unsigned int)KSWAPD_BACKOFF_LONG) : c->backoff);
	}

	fake_failure(node, c);
	pgdat_reset_kswapd_failures(&node->pgdat, RESET_KSWAPD_FAILURES_KSWAPD);
	KUNIT_EXPECT_EQ(test, failures_of(node), 0);
	KUNIT_EXPECT_EQ(test, node->pgdat.kswapd_backoff, c->backoff);

	/* Added memory and demotion are no guess: failures before do not count. */
	fake_failure(node, c);
	pgdat_reset_kswapd_failures(&node->pgdat, RESET_KSWAPD_FAILURES_OTHER);
	KUNIT_EXPECT_EQ(test, failures_of(node), 0);
	KUNIT_EXPECT_EQ(test, node->pgdat.kswapd_backoff, 0);
}

/* While kswapd runs, tasks leave the verdict to it. */
static void test_at_work(struct kunit *test)
{
	struct fake_node *node = test->priv;
	const struct backoff_case long_ago = {
		.count = MAX_RECLAIM_RETRIES,
		.backoff = KSWAPD_BACKOFF_MIN,
		.ago = 10 * KSWAPD_BACKOFF_MAX,
	};

	remove_wait_queue(&node->pgdat.kswapd_wait, &node->kswapd);
	fake_failure(node, &long_ago);
	pgdat_reset_kswapd_failures(&node->pgdat, RESET_KSWAPD_FAILURES_DIRECT);
	pgdat_reset_kswapd_failures(&node->pgdat, RESET_KSWAPD_FAILURES_PCP);
	KUNIT_EXPECT_EQ(test, failures_of(node), MAX_RECLAIM_RETRIES);
	/* It has other memory now. */
	pgdat_reset_kswapd_failures(&node->pgdat, RESET_KSWAPD_FAILURES_OTHER);
	KUNIT_EXPECT_EQ(test, failures_of(node), 0);
}

/* Single pages wait only for tries that were for them. */
static void test_untried_for_pages(struct kunit *test)
{
	struct fake_node *node = test->priv;

	fake_zone_fill(node, LOWER, FAKE_HIGH);
	KUNIT_EXPECT_TRUE(test, kswapd_untried_for_pages(&node->pgdat, LOWER));
	node->pgdat.kswapd_for_pages = true;
	KUNIT_EXPECT_FALSE(test, kswapd_untried_for_pages(&node->pgdat, LOWER));

	/* There are enough. */
	fake_zone_fill(node, LOWER, FAKE_HIGH + 1);
	node->pgdat.kswapd_for_pages = false;
	KUNIT_EXPECT_FALSE(test, kswapd_untried_for_pages(&node->pgdat, LOWER));
}

/* The pages that a node is short of its watermarks. */
static void test_lacks(struct kunit *test)
{
	struct fake_node *node = test->priv;
	struct zone *zone = &node->pgdat.node_zones[LOWER];

	KUNIT_EXPECT_EQ(test, pgdat_lacks(&node->pgdat, UPPER), 0);
	fake_zone_fill(node, LOWER, 0);
	KUNIT_EXPECT_EQ(test, pgdat_lacks(&node->pgdat, LOWER), FAKE_HIGH);
	fake_zone_fill(node, LOWER, FAKE_HIGH - 1);
	atomic_long_set(&zone->vm_stat[NR_FREE_CMA_PAGES], 0);
	KUNIT_EXPECT_EQ(test, pgdat_lacks(&node->pgdat, LOWER), 1);
	/* Free pages for CMA and for atomic requests do not count. */
	atomic_long_set(&zone->vm_stat[NR_FREE_CMA_PAGES], 10);
	zone->nr_free_highatomic = 20;
	KUNIT_EXPECT_EQ(test, pgdat_lacks(&node->pgdat, LOWER), 31);
	/* A boost passes with the run. */
	zone->watermark_boost = FAKE_HIGH;
	KUNIT_EXPECT_EQ(test, pgdat_lacks(&node->pgdat, LOWER), 31);
	/* An upper zone adds to it if it is eligible. */
	fake_zone_fill(node, UPPER, FAKE_HIGH - 5);
	atomic_long_set(&node->pgdat.node_zones[UPPER].vm_stat[NR_FREE_CMA_PAGES], 0);
	KUNIT_EXPECT_EQ(test, pgdat_lacks(&node->pgdat, LOWER), 31);
	KUNIT_EXPECT_EQ(test, pgdat_lacks(&node->pgdat, UPPER), 36);
}

/*
 * Two tasks that reset at once: one of them is traced. They meet before and
 * after each reset; the first raises the count and looks at the outcome.
 */
#define RACE_ROUNDS	5000
#define RACERS		2

struct race {
	struct fake_node *node;
	atomic_t met;
	int wrong;			/* rounds without exactly one trace */
	struct completion ended;
};

struct racer {
	struct race *race;
	struct task_struct *task;
	bool first;
};

/* cpu_relax() may cost a guest microseconds, and the race takes nanoseconds. */
static void race_meet(struct race *race, int times)
{
	int spins = 0;

	atomic_inc(&race->met);
	while (atomic_read(&race->met) < times * RACERS) {
		if (++spins < 10000)
			continue;
		cpu_relax();
		cond_resched();
	}
}

static int race_run(void *data)
{
	struct racer *racer = data;
	struct race *race = racer->race;
	struct fake_node *node = race->node;
	int round, i;

	for (round = 0; round < RACE_ROUNDS; round++) {
		if (racer->first) {
			atomic_set(&node->resets, 0);
			atomic_set(&node->pgdat.kswapd_failures, MAX_RECLAIM_RETRIES);
		}
		race_meet(race, 2 * round + 1);
		/* Neither is always the earlier one. */
		for (i = racer->first ? round % 64 : 32; i; i--)
			barrier();
		pgdat_reset_kswapd_failures(&node->pgdat, RESET_KSWAPD_FAILURES_DIRECT);
		race_meet(race, 2 * round + 2);
		if (racer->first && atomic_read(&node->resets) != 1)
			race->wrong++;
	}
	complete(&race->ended);
	return 0;
}

static void test_reset_once(struct kunit *test)
{
	struct racer racers[RACERS] = { };
	struct race *race;
	int i, cpu = -1;

	if (num_online_cpus() < RACERS)
		kunit_skip(test, "needs %d CPUs", RACERS);

	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	race->node = test->priv;
	init_completion(&race->ended);
	for (i = 0; i < RACERS; i++) {
		cpu = cpumask_next(cpu, cpu_online_mask);
		racers[i].race = race;
		racers[i].first = i == 0;
		racers[i].task = kthread_create(race_run, &racers[i], "kswapd_failures");
		if (IS_ERR(racers[i].task))
			break;
		kthread_bind(racers[i].task, cpu);
	}
	if (i < RACERS) {
		while (i--)
			kthread_stop(racers[i].task);
		KUNIT_FAIL_AND_ABORT(test, "cannot start the tasks");
	}
	for (i = 0; i < RACERS; i++)
		wake_up_process(racers[i].task);
	for (i = 0; i < RACERS; i++)
		wait_for_completion(&race->ended);

	KUNIT_EXPECT_EQ(test, race->wrong, 0);
	KUNIT_EXPECT_EQ(test, failures_of(race->node), 0);
	KUNIT_EXPECT_EQ(test, counted(race->node, KSWAPD_REVIVED), RACE_ROUNDS);
}

static struct kunit_case kswapd_failures_test_cases[] = {
	KUNIT_CASE_PARAM(test_balanced, balance_gen_params),
	KUNIT_CASE_PARAM(test_progress_needs_balance, balance_gen_params),
#ifdef CONFIG_SMP
	KUNIT_CASE_PARAM(test_pending_counts, drift_gen_params),
#endif
	KUNIT_CASE_PARAM(test_count_balanced, count_gen_params),
	KUNIT_CASE_PARAM(test_count_unbalanced, count_gen_params),
	KUNIT_CASE_PARAM(test_count_reset, count_gen_params),
	KUNIT_CASE_PARAM(test_count_sleep, count_gen_params),
	KUNIT_CASE_PARAM(test_reason_is_traced, reason_gen_params),
	KUNIT_CASE_PARAM(test_reason_is_printed, reason_gen_params),
	KUNIT_CASE_PARAM(test_reason_is_exported, reason_gen_params),
	KUNIT_CASE(test_reasons_are_all_known),
	KUNIT_CASE(test_reason_by_context),
	KUNIT_CASE_PARAM(test_run, run_gen_params),
	KUNIT_CASE_PARAM(test_backoff, backoff_gen_params),
	KUNIT_CASE(test_at_work),
	KUNIT_CASE(test_untried_for_pages),
	KUNIT_CASE(test_lacks),
	KUNIT_CASE(test_reset_once),
	{ }
};

static struct kunit_suite kswapd_failures_test_suite = {
	.name = "kswapd_failures",
	.init = kswapd_failures_test_init,
	.test_cases = kswapd_failures_test_cases,
};

kunit_test_suite(kswapd_failures_test_suite);
