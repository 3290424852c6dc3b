// SPDX-License-Identifier: GPL-2.0
/*
 * The balance check of Linux 7.0 for running kernels from 6.1 to 6.19.
 *
 * On those kernels any reclaim that frees a page on a node resets
 * pgdat->kswapd_failures at the end of shrink_node(), also that of a memory
 * cgroup that reclaims its own pages at its memory.high. If kswapd had given up on
 * the node, it restarts, again and again for as long as the cgroup reclaims.
 *
 * The module counts failures itself, by the runs of kswapd alone:
 *
 * - When shrink_node() returns, a reset of the kernel's count is undone.
 * - When balance_pgdat() returns, a run that reclaimed the node's shortfall at the
 *   start resets the count. A run that reclaimed less failed if the node is still short.
 *
 * kswapd retries on a hopeless node. Once the backoff has passed, delayed work sets
 * the count to 15, and the next wakeup gives kswapd one run. If the node has plenty of
 * free memory by balanced(), as after the exit of a hog, the work resets the count.
 *
 * The module must not be worse than the kernel without it. A run that the kernel
 * counts as failed is never a success here, or a kswapd that the kernel stops would
 * continue. A run is not judged if the probe missed calls of shrink_node() in it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/btf.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/swap.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#error "this kernel has the balance check: Linux 7.0 and later do not need kswapd-gate"
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "kswapd-gate is for Linux 6.1 and later"
#endif
#if !defined(CONFIG_KRETPROBES) || !defined(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API)
#error "kswapd-gate needs a kernel with CONFIG_KRETPROBES that can read arguments of calls"
#endif

#define CREATE_TRACE_POINTS
#include "kswapd_gate_trace.h"

/* mm/internal.h: number of failed runs after which kswapd gives up on a node */
#define MAX_RECLAIM_RETRIES	16

/*
 * The backoff doubles from the first to the long one, which is 128 times the CPU time
 * of the failed run, within limits.
 */
#define BACKOFF_FIRST	(HZ / 10)
#define BACKOFF_LONG	(BACKOFF_FIRST << 5)
#define MAX_DOUBLINGS	8U
#define BACKOFF_MAX	(BACKOFF_FIRST << MAX_DOUBLINGS)
#define BACKOFF_SHARE	128

/* Interval of gate_poll() while a node is hopeless */
#define POLL		(HZ / 10)

/**
 * struct run - one call of balance_pgdat(), used by the node's kswapd alone
 * @lacked: shortfall of the node when the run began, in pages
 * @reclaimed: pages that the run has reclaimed
 * @count: the kernel's count after the last call of shrink_node(), resets undone
 * @seen: the probe saw such a call
 * @missed: calls that had been missed when the run began
 * @runtime: kswapd's CPU time when the run began, in ns
 * @highest: the highest zone that the run is for
 * @boosted: a watermark of these zones was boosted when the run began
 */
struct run {
	unsigned long lacked;
	unsigned long reclaimed;
	int count;
	bool seen;
	unsigned long missed;
	u64 runtime;
	int highest;
	bool boosted;
};

/**
 * struct gate - state of a node
 * @lock: protects all but @run. The kernel takes no lock for its count; this one
 *	keeps the module from undoing a reset of its own on another CPU.
 * @failures: failed runs since the last reset; 16 and more: hopeless
 * @want: the least value of the kernel's count, which is raised to it: @failures, but
 *	at most 16, or 15 from the end of the backoff until the retry ends
 * @doublings: of the backoff, since a run balanced the node
 * @plenty: the last run failed although the node had plenty of free memory
 * @failed_at: jiffies at which the last run failed on a hopeless node
 * @backoff: jiffies from then to the retry
 * @kept: resets that were undone
 * @resets: resets by the module
 * @runs: runs that the probe saw
 * @retries: backoffs that ended in a retry
 * @failed: retries that failed
 * @run: kswapd's run
 */
struct gate {
	raw_spinlock_t lock;
	int failures;
	int want;
	unsigned int doublings;
	bool plenty;
	unsigned long failed_at;
	unsigned long backoff;
	unsigned long kept;
	unsigned long resets;
	unsigned long runs;
	unsigned long retries;
	unsigned long failed;
	struct run run;
};

/* Arguments of the probed call */
struct call {
	pg_data_t *pgdat;
	void *control;
};

static int maxactive;
module_param(maxactive, int, 0444);
MODULE_PARM_DESC(maxactive, "tasks that can be in shrink_node() at once (0: 1024, or 16 for each CPU)");

/* Offset of nr_reclaimed in struct scan_control, which is private to mm/vmscan.c */
static unsigned int nr_reclaimed_at;
static struct gate *gates;
static struct dentry *debugfs;
static struct kretprobe shrink_node_probe, balance_pgdat_probe;
static void gate_poll(struct work_struct *work);
static DECLARE_DELAYED_WORK(gate_work, gate_poll);
/* Of its own: a node may wait for the work while all other workers reclaim. */
static struct workqueue_struct *gate_queue;

/* An int up to 6.17, an atomic_t later. */
static int *failures_of(pg_data_t *pgdat)
{
	BUILD_BUG_ON(sizeof(pgdat->kswapd_failures) != sizeof(int));
	return (int *)&pgdat->kswapd_failures;
}

static unsigned long missed(struct kretprobe *probe)
{
	return READ_ONCE(probe->nmissed) + READ_ONCE(probe->kp.nmissed);
}

static bool hopeless(const struct gate *gate)
{
	return gate->failures >= MAX_RECLAIM_RETRIES;
}

static bool retrying(const struct gate *gate)
{
	return hopeless(gate) && gate->want < MAX_RECLAIM_RETRIES;
}

/* Free pages that an allocation without privileges can use. */
static unsigned long usable_pages(struct zone *zone)
{
	unsigned long unusable, free = zone_page_state(zone, NR_FREE_PAGES);

	if (zone->percpu_drift_mark && free < zone->percpu_drift_mark)
		free = zone_page_state_snapshot(zone, NR_FREE_PAGES);
#ifdef HAVE_NR_FREE_HIGHATOMIC
	unusable = READ_ONCE(zone->nr_free_highatomic);
#else
	unusable = READ_ONCE(zone->nr_reserved_highatomic);
#endif
#ifdef CONFIG_CMA
	unusable += zone_page_state(zone, NR_FREE_CMA_PAGES);
#endif
	return free - min(free, unusable);
}

/*
 * As pgdat_balanced() in mm/vmscan.c for order 0. With @plenty, a zone needs further
 * free pages: the gap between its watermarks and 1/64 of its memory. If it has them, the
 * memory that made the node hopeless must have been freed.
 */
static bool balanced(pg_data_t *pgdat, int highest, bool plenty)
{
	bool eligible = false;
	struct zone *zone;

	for (zone = pgdat->node_zones; zone <= pgdat->node_zones + highest; zone++) {
		unsigned long mark;

		if (!managed_zone(zone))
			continue;
		eligible = true;
		mark = high_wmark_pages(zone) + zone->lowmem_reserve[highest];
		if (plenty)
			mark += high_wmark_pages(zone) - low_wmark_pages(zone) +
				zone_managed_pages(zone) / 64;
		if (usable_pages(zone) > mark)
			return true;
	}
	return !eligible && !plenty;
}

/*
 * The shortfall of the node in pages, over the zones up to the highest. Boosts of the
 * watermarks do not count, since they end with the run.
 */
static unsigned long lacks(pg_data_t *pgdat, int highest)
{
	unsigned long sum = 0;
	struct zone *zone;

	for (zone = pgdat->node_zones; zone <= pgdat->node_zones + highest; zone++) {
		unsigned long mark = zone->_watermark[WMARK_HIGH];

		if (managed_zone(zone))
			sum += mark - min(mark, usable_pages(zone));
	}
	return sum;
}

static bool boosted(pg_data_t *pgdat, int highest)
{
	struct zone *zone;

	for (zone = pgdat->node_zones; zone <= pgdat->node_zones + highest; zone++)
		if (READ_ONCE(zone->watermark_boost))
			return true;
	return false;
}

static void set_want(struct gate *gate, int want)
{
	lockdep_assert_held(&gate->lock);
	/* shrink_node_exit() reads it without the lock. */
	WRITE_ONCE(gate->want, want);
}

static void reset(pg_data_t *pgdat, struct gate *gate,
		  enum kswapd_gate_reason reason)
{
	if (!gate->failures && !READ_ONCE(*failures_of(pgdat)))
		return;
	gate->failures = 0;
	set_want(gate, 0);
	WRITE_ONCE(*failures_of(pgdat), 0);
	gate->resets++;
	trace_mm_vmscan_reset_kswapd_failures(pgdat->node_id, reason);
}

/* Set the kernel's count as after a failed run, and begin the backoff. */
static void back_off(pg_data_t *pgdat, struct gate *gate)
{
	set_want(gate, min(gate->failures, MAX_RECLAIM_RETRIES));
	WRITE_ONCE(*failures_of(pgdat), gate->want);
	gate->failed_at = jiffies;
}

/* @long_backoff: the longest backoff that the run asks for, in jiffies */
static void run_failed(pg_data_t *pgdat, struct gate *gate, unsigned long long_backoff,
		       bool plenty)
{
	if (retrying(gate))
		gate->failed++;
	/* The kernel may have counted runs that were not judged here. */
	gate->failures = max(gate->failures + 1, READ_ONCE(*failures_of(pgdat)));
	gate->plenty = plenty;
	if (hopeless(gate)) {
		gate->backoff = min((unsigned long)BACKOFF_FIRST << gate->doublings,
				    long_backoff);
		gate->doublings = min(gate->doublings + 1, MAX_DOUBLINGS);
	}
	back_off(pgdat, gate);
	trace_mm_vmscan_kswapd_reclaim_fail(pgdat->node_id, gate->failures);
}

/* Returns whether the node is hopeless, so that it has to be watched. */
static bool poll_node(int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);
	struct gate *gate = &gates[nid];
	int *count = failures_of(pgdat);
	bool watch, plenty = balanced(pgdat, MAX_NR_ZONES - 1, true);

	raw_spin_lock(&gate->lock);
	if (!node_state(nid, N_MEMORY)) {
		/* Its memory was removed. Memory that is added later needs a kswapd. */
		if (gate->failures)
			WRITE_ONCE(*count, 0);
		gate->failures = 0;
		set_want(gate, 0);
	} else if (!gate->failures && READ_ONCE(*count) >= MAX_RECLAIM_RETRIES) {
		/* Given up on before the module was loaded: no run failed in spite of plenty. */
		gate->failures = MAX_RECLAIM_RETRIES;
		gate->plenty = false;
		gate->backoff = BACKOFF_FIRST;
		back_off(pgdat, gate);
	}
	if (hopeless(gate) && plenty && !gate->plenty) {
		gate->doublings = 0;
		reset(pgdat, gate, KSWAPD_GATE_OTHER);
	}
	watch = hopeless(gate);
	if (watch && !retrying(gate) && jiffies - gate->failed_at >= gate->backoff) {
		/* wakeup_kswapd() wakes kswapd if the count is below 16. */
		set_want(gate, MAX_RECLAIM_RETRIES - 1);
		if (READ_ONCE(*count) > gate->want)
			WRITE_ONCE(*count, gate->want);
		gate->retries++;
	}
	raw_spin_unlock(&gate->lock);
	return watch;
}

static void gate_poll(struct work_struct *work)
{
	bool again = false;
	int nid;

	/* Include nodes without memory: it may have been removed. */
	for_each_node(nid)
		if (NODE_DATA(nid))
			again |= poll_node(nid);
	if (again)
		queue_delayed_work(gate_queue, &gate_work, POLL);
}

/* Nonzero, which skips the call, if the argument is no node that the module knows. */
static int enter(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct call *call = (struct call *)instance->data;
	pg_data_t *pgdat = (pg_data_t *)regs_get_kernel_argument(regs, 0);
	int nid;

	if (get_kernel_nofault(nid, &pgdat->node_id) || nid < 0 || nid >= nr_node_ids ||
	    NODE_DATA(nid) != pgdat)
		return 1;
	call->pgdat = pgdat;
	call->control = (void *)regs_get_kernel_argument(regs, 1);
	return 0;
}

static int shrink_node_exit(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct call *call = (struct call *)instance->data;
	struct gate *gate = &gates[call->pgdat->node_id];
	int *count = failures_of(call->pgdat), want = READ_ONCE(gate->want);

	if (READ_ONCE(*count) < want) {
		raw_spin_lock(&gate->lock);
		want = gate->want;
		if (READ_ONCE(*count) < want) {
			WRITE_ONCE(*count, want);
			gate->kept++;
		}
		raw_spin_unlock(&gate->lock);
		/* If no work polled the node, its backoff would never end. */
		if (want >= MAX_RECLAIM_RETRIES - 1)
			queue_delayed_work(gate_queue, &gate_work, POLL);
	}
	if (current_is_kswapd()) {
		struct run *run = &gate->run;

		run->seen = !get_kernel_nofault(run->reclaimed, (unsigned long *)
						(call->control + nr_reclaimed_at));
		run->count = max(READ_ONCE(*count), want);
	}
	return 0;
}

static int balance_pgdat_enter(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct call *call = (struct call *)instance->data;
	struct run *run;

	if (enter(instance, regs))
		return 1;
	run = &gates[call->pgdat->node_id].run;
	run->highest = clamp_t(int, regs_get_kernel_argument(regs, 2), 0, MAX_NR_ZONES - 1);
	run->lacked = lacks(call->pgdat, run->highest);
	run->boosted = boosted(call->pgdat, run->highest);
	run->reclaimed = 0;
	run->seen = false;
	run->missed = missed(&shrink_node_probe);
	run->runtime = current->se.sum_exec_runtime;
	return 0;
}

static int balance_pgdat_exit(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct call *call = (struct call *)instance->data;
	pg_data_t *pgdat = call->pgdat;
	struct gate *gate = &gates[pgdat->node_id];
	struct run *run = &gate->run;
	u64 busy = current->se.sum_exec_runtime - run->runtime;
	unsigned long long_backoff = clamp(nsecs_to_jiffies(busy) * BACKOFF_SHARE,
					   (unsigned long)BACKOFF_LONG,
					   (unsigned long)BACKOFF_MAX);
	bool is_balanced = balanced(pgdat, run->highest, false);
	bool plenty = balanced(pgdat, MAX_NR_ZONES - 1, true);
	bool known = run->seen && missed(&shrink_node_probe) == run->missed;
	/* The kernel counts a run in which it reclaimed nothing. */
	bool counted = run->seen && !run->reclaimed &&
		       READ_ONCE(*failures_of(pgdat)) > run->count;
	unsigned long lacked = run->lacked;
	bool watch;

	/* One zone suffices for balance: then ignore the shortfall of the others. */
	if (is_balanced)
		lacked -= min(lacked, lacks(pgdat, run->highest));

	raw_spin_lock(&gate->lock);
	gate->runs++;
	if (run->reclaimed >= max(lacked, SWAP_CLUSTER_MAX)) {
		if (is_balanced)
			gate->doublings = 0;
		reset(pgdat, gate, KSWAPD_GATE_KSWAPD);
	} else if (is_balanced && (!counted || run->boosted)) {
		/*
		 * Other tasks balanced the node, or it lacked no more than the boost
		 * of a watermark: the failures say nothing about the next shortage.
		 * If the node is hopeless, that does not show that kswapd could make
		 * progress. A run that reclaimed nothing leaves the count alone, as
		 * in the kernel, or kswapd would never stop on a node that is
		 * balanced now and then.
		 */
		if (hopeless(gate) && run->boosted && !lacked)
			/* The retry is for a shortage. */
			WRITE_ONCE(*failures_of(pgdat), gate->want);
		else if (hopeless(gate))
			back_off(pgdat, gate);
		else if (run->reclaimed)
			reset(pgdat, gate, KSWAPD_GATE_KSWAPD);
	} else if (known || retrying(gate)) {
		run_failed(pgdat, gate, long_backoff, plenty);
	}
	watch = hopeless(gate);
	raw_spin_unlock(&gate->lock);
	if (watch)
		queue_delayed_work(gate_queue, &gate_work, POLL);
	return 0;
}

NOKPROBE_SYMBOL(enter);
NOKPROBE_SYMBOL(shrink_node_exit);
NOKPROBE_SYMBOL(balance_pgdat_enter);
NOKPROBE_SYMBOL(balance_pgdat_exit);

static struct kretprobe shrink_node_probe = {
	.kp.symbol_name = "shrink_node",
	.entry_handler = enter,
	.handler = shrink_node_exit,
	.data_size = sizeof(struct call),
};

static struct kretprobe balance_pgdat_probe = {
	.kp.symbol_name = "balance_pgdat",
	.entry_handler = balance_pgdat_enter,
	.handler = balance_pgdat_exit,
	.data_size = sizeof(struct call),
};

static struct kretprobe *probes[] = { &shrink_node_probe, &balance_pgdat_probe };

static int state_show(struct seq_file *file, void *unused)
{
	int nid;

	seq_printf(file, "missed %lu\n",
		   missed(&shrink_node_probe) + missed(&balance_pgdat_probe));
	for_each_node_state(nid, N_MEMORY) {
		struct gate gate;

		raw_spin_lock(&gates[nid].lock);
		gate = gates[nid];
		raw_spin_unlock(&gates[nid].lock);
		seq_printf(file, "node %d runs %lu failures %d kept %lu resets %lu retries %lu failed %lu backoff_ms %u\n",
			   nid, gate.runs, gate.failures, gate.kept, gate.resets,
			   gate.retries, gate.failed, jiffies_to_msecs(gate.backoff));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

/* Is there a function of this name? */
static bool __init has_function(const char *name)
{
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	int err = register_kprobe(&probe);

	if (!err)
		unregister_kprobe(&probe);
	return err != -ENOENT;
}

/*
 * The compiler's clones of a function have a suffix. If there is one, the probe of
 * the function misses calls.
 */
static int __init check_functions(void)
{
	static const char * const clones[] __initconst = {
		"shrink_node.part.0", "shrink_node.isra.0", "shrink_node.constprop.0",
		"balance_pgdat.part.0", "balance_pgdat.isra.0", "balance_pgdat.constprop.0",
	};
	int i;

	if (has_function("pgdat_reset_kswapd_failures") ||
	    has_function("kswapd_clear_hopeless")) {
		pr_err("this kernel has the balance check, there is nothing to do\n");
		/* Not -EEXIST: modprobe takes that for a module that is loaded. */
		return -EOPNOTSUPP;
	}
	for (i = 0; i < ARRAY_SIZE(clones); i++) {
		if (has_function(clones[i])) {
			pr_err("this kernel has a clone %s, refusing to load\n", clones[i]);
			return -EINVAL;
		}
	}
	return 0;
}

/* Check the layout by known data: each node has its number and its kswapd task. */
static int __init check_nodes(void)
{
	char want[TASK_COMM_LEN], comm[TASK_COMM_LEN];
	struct task_struct *kswapd;
	unsigned int flags;
	int nid, failures;

	for_each_node_state(nid, N_MEMORY) {
		pg_data_t *pgdat = NODE_DATA(nid);

		snprintf(want, sizeof(want), "kswapd%d", nid);
		if (get_kernel_nofault(kswapd, &pgdat->kswapd) ||
		    get_kernel_nofault(flags, &kswapd->flags) ||
		    copy_from_kernel_nofault(comm, kswapd->comm, sizeof(comm)) ||
		    get_kernel_nofault(failures, failures_of(pgdat)) ||
		    !(flags & PF_KSWAPD) || strncmp(comm, want, sizeof(comm)) ||
		    pgdat->node_id != nid || failures < 0) {
			pr_err("node %d is not laid out as in the headers of the build, refusing to load\n",
			       nid);
			return -EINVAL;
		}
	}
	return 0;
}

/* The kernel's own types, from its BTF */
struct types {
	const struct btf_type **type;
	u32 n;
	const char *strings;
	u32 strings_len;
};

static const char * __init type_string(const struct types *types, u32 at)
{
	return at < types->strings_len ? types->strings + at : "";
}

/* Bytes that follow a type's header, or -1 */
static ssize_t __init type_extra(const struct btf_type *type)
{
	size_t n = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return n * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return n * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return n * sizeof(struct btf_var_secinfo);
	default:
		return -1;
	}
}

static int __init read_types(struct types *types, const void *data, size_t size)
{
	const struct btf_header *header = data;
	const void *p, *end;
	size_t max;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    (header->hdr_len + header->type_off) % sizeof(u32) ||
	    size < (u64)header->hdr_len + header->type_off + header->type_len ||
	    size < (u64)header->hdr_len + header->str_off + header->str_len ||
	    !header->str_len)
		return -EINVAL;
	types->strings = data + header->hdr_len + header->str_off;
	types->strings_len = header->str_len;
	if (types->strings[header->str_len - 1])
		return -EINVAL;

	/* Number 0 is void. */
	max = header->type_len / sizeof(struct btf_type) + 1;
	types->type = vmalloc(array_size(max, sizeof(*types->type)));
	if (!types->type)
		return -ENOMEM;
	types->n = 1;
	p = data + header->hdr_len + header->type_off;
	for (end = p + header->type_len; p + sizeof(struct btf_type) <= end;) {
		ssize_t extra = type_extra(p);

		if (extra < 0 || extra > end - p - (ssize_t)sizeof(struct btf_type))
			return -EINVAL;
		types->type[types->n++] = p;
		p += sizeof(struct btf_type) + extra;
	}
	return 0;
}

/* Is this the type of that kind and name? */
static bool __init is_type(const struct types *types, u32 id, u32 kind, const char *name)
{
	const struct btf_type *type;

	if (!id || id >= types->n)
		return false;
	type = types->type[id];
	return BTF_INFO_KIND(type->info) == kind &&
	       !strcmp(type_string(types, type->name_off), name);
}

/*
 * The offset of a struct's field in bytes, or without a field the struct's size.
 * If the kernel has several structs of the name, they must agree.
 */
static int __init layout_of(const struct types *types, const char *name, const char *field)
{
	int found = -ENOENT;
	u32 id;

	for (id = 1; id < types->n; id++) {
		const struct btf_type *type = types->type[id];
		const struct btf_member *member = (void *)(type + 1);
		int i, at = field ? -ENOENT : type->size;

		if (!is_type(types, id, BTF_KIND_STRUCT, name))
			continue;
		for (i = 0; field && i < BTF_INFO_VLEN(type->info); i++, member++) {
			bool packed = BTF_INFO_KFLAG(type->info);

			if (strcmp(type_string(types, member->name_off), field))
				continue;
			if (packed && BTF_MEMBER_BITFIELD_SIZE(member->offset))
				return -EINVAL;
			at = (packed ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset) / 8;
		}
		if (at < 0)
			return at;
		if (found >= 0 && found != at)
			return -EINVAL;
		found = at;
	}
	return found;
}

/* Is this a pointer to that struct? */
static bool __init points_to(const struct types *types, u32 id, const char *name)
{
	bool pointer = false;
	int depth;

	for (depth = 0; depth < 16 && id && id < types->n; depth++) {
		const struct btf_type *type = types->type[id];

		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_PTR:
			if (pointer)
				return false;
			pointer = true;
			break;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			break;
		default:
			return pointer && is_type(types, id, BTF_KIND_STRUCT, name);
		}
		id = type->type;
	}
	return false;
}

/* Does the function take so many arguments, and pointers to these structs first? */
static bool __init function_takes(const struct types *types, const char *name, int n,
				  const char *first, const char *second)
{
	bool found = false;
	u32 id;

	for (id = 1; id < types->n; id++) {
		const struct btf_type *proto;
		const struct btf_param *param;
		u32 of;

		if (!is_type(types, id, BTF_KIND_FUNC, name))
			continue;
		of = types->type[id]->type;
		proto = of && of < types->n ? types->type[of] : NULL;
		if (!proto || BTF_INFO_KIND(proto->info) != BTF_KIND_FUNC_PROTO ||
		    BTF_INFO_VLEN(proto->info) != n)
			return false;
		param = (void *)(proto + 1);
		if (!points_to(types, param[0].type, first) ||
		    (second && !points_to(types, param[1].type, second)))
			return false;
		found = true;
	}
	return found;
}

/* A field of a struct, or the struct's size if field is NULL */
struct layout {
	const char *type, *field;
	size_t at;
};

static int __init check_types(const struct types *types)
{
#define FIELD(type, field)	{ #type, #field, offsetof(struct type, field) }
#define SIZE(type)		{ #type, NULL, sizeof(struct type) }
	/* All fields that are read here, or by macros and inline functions of the headers */
	static const struct layout layout[] __initconst = {
		FIELD(pglist_data, node_zones),
		FIELD(pglist_data, node_id),
		FIELD(pglist_data, kswapd),
		FIELD(pglist_data, kswapd_failures),
		SIZE(pglist_data),
		FIELD(zone, _watermark),
		FIELD(zone, watermark_boost),
#ifdef HAVE_NR_FREE_HIGHATOMIC
		FIELD(zone, nr_free_highatomic),
#else
		FIELD(zone, nr_reserved_highatomic),
#endif
		FIELD(zone, lowmem_reserve),
		FIELD(zone, per_cpu_zonestats),
		FIELD(zone, managed_pages),
		FIELD(zone, percpu_drift_mark),
		FIELD(zone, vm_stat),
		FIELD(per_cpu_zonestat, vm_stat_diff),
		SIZE(zone),
		FIELD(task_struct, flags),
		FIELD(task_struct, comm),
		FIELD(task_struct, se),
		FIELD(sched_entity, sum_exec_runtime),
	};
	int i, at, size;

	for (i = 0; i < ARRAY_SIZE(layout); i++) {
		if (layout_of(types, layout[i].type, layout[i].field) == layout[i].at)
			continue;
		pr_err("struct %s of this kernel is not that of the headers of the build (%s), refusing to load\n",
		       layout[i].type, layout[i].field ?: "size");
		return -EINVAL;
	}
	if (!function_takes(types, "shrink_node", 2, "pglist_data", "scan_control") ||
	    !function_takes(types, "balance_pgdat", 3, "pglist_data", NULL)) {
		pr_err("shrink_node() or balance_pgdat() of this kernel takes other arguments, refusing to load\n");
		return -EINVAL;
	}
	at = layout_of(types, "scan_control", "nr_reclaimed");
	size = layout_of(types, "scan_control", NULL);
	if (at < 0 || size < 0 || at % sizeof(long) || at + sizeof(long) > size) {
		pr_err("the BTF of this kernel does not have nr_reclaimed in struct scan_control, refusing to load\n");
		return -EINVAL;
	}
	nr_reclaimed_at = at;
	return 0;
}

static int __init check_btf(void)
{
	static const char path[] __initconst = "/sys/kernel/btf/vmlinux";
	struct file *file = filp_open(path, O_RDONLY, 0);
	struct types types = {};
	loff_t at = 0, size;
	void *data;
	int err = 0;

	if (IS_ERR(file)) {
		pr_err("cannot open %s (error %ld), without which the layout of the kernel's data is not known, refusing to load\n",
		       path, PTR_ERR(file));
		return PTR_ERR(file);
	}
	size = i_size_read(file_inode(file));
	data = size > 0 && size < INT_MAX ? vmalloc(size) : NULL;
	if (!data)
		err = size > 0 ? -ENOMEM : -EINVAL;
	/* sysfs gives a page at a time. */
	while (!err && at < size)
		if (kernel_read(file, data + at, size - at, &at) <= 0)
			err = -EIO;
	filp_close(file, NULL);
	if (!err)
		err = read_types(&types, data, size);
	if (err)
		pr_err("cannot read %s (error %d), refusing to load\n", path, err);
	else
		err = check_types(&types);
	vfree(types.type);
	vfree(data);
	return err;
}

static int __init gate_init(void)
{
	int err, nid;

	if (maxactive < 0 || maxactive > 65536) {
		pr_err("maxactive takes a number from 0 to 65536, not %d\n", maxactive);
		return -EINVAL;
	}
	err = check_functions() ?: check_btf() ?: check_nodes();
	if (err)
		return err;
	if (!maxactive)
		maxactive = max(1024U, 16 * num_possible_cpus());
	shrink_node_probe.maxactive = maxactive;
	balance_pgdat_probe.maxactive = 2 * nr_node_ids;
	gates = kcalloc(nr_node_ids, sizeof(*gates), GFP_KERNEL);
	if (!gates)
		return -ENOMEM;
	gate_queue = alloc_workqueue(KBUILD_MODNAME, WQ_MEM_RECLAIM | WQ_UNBOUND, 1);
	if (!gate_queue) {
		err = -ENOMEM;
		goto free_gates;
	}
	for (nid = 0; nid < nr_node_ids; nid++)
		raw_spin_lock_init(&gates[nid].lock);
	err = register_kretprobes(probes, ARRAY_SIZE(probes));
	if (err) {
		pr_err("cannot probe shrink_node() and balance_pgdat() (error %d), refusing to load\n",
		       err);
		goto destroy_queue;
	}
	debugfs = debugfs_create_file("kswapd_gate", 0444, NULL, NULL, &state_fops);
	/* A node may be hopeless already. */
	queue_delayed_work(gate_queue, &gate_work, 0);
	return 0;

destroy_queue:
	destroy_workqueue(gate_queue);
free_gates:
	kfree(gates);
	return err;
}

/*
 * Without the module, the kernel would have reset the count of a hopeless node. Reset it,
 * or kswapd does not restart until a task reclaims on the node. Unregister the probes
 * first, since they queue the work. No handler runs afterwards: tasks that are still in
 * shrink_node() return without one.
 */
static void __exit gate_exit(void)
{
	int nid;

	debugfs_remove(debugfs);
	unregister_kretprobes(probes, ARRAY_SIZE(probes));
	cancel_delayed_work_sync(&gate_work);
	destroy_workqueue(gate_queue);
	for_each_node_state(nid, N_MEMORY)
		if (hopeless(&gates[nid]))
			WRITE_ONCE(*failures_of(NODE_DATA(nid)), 0);
	kfree(gates);
}

module_init(gate_init);
module_exit(gate_exit);

MODULE_DESCRIPTION("Balance check for kswapd on kernels before 7.0");
MODULE_LICENSE("GPL");
MODULE_VERSION("1");
