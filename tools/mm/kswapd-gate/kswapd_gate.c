// SPDX-License-Identifier: GPL-2.0
/*
 * The balance check of Linux 7.0 for running kernels from 6.1 to 6.19.
 *
 * On those kernels any reclaim that frees a page on a node resets
 * pgdat->kswapd_failures at the end of shrink_node(), also that of a memory
 * cgroup which reclaims its own pages for its memory.high. A kswapd that has
 * given up on its node then starts anew, for as long as the cgroup runs.
 *
 * The module keeps the count itself and judges kswapd by its runs:
 *
 * - When shrink_node() returns, a count that was reset is put back.
 * - When balance_pgdat() returns, a run that reclaimed what the node lacked at its
 *   start resets the count. If it reclaimed less and the node is short, it has failed.
 *
 * A hopeless node is not left alone for good. Delayed work sets its count to 15 once
 * the backoff has passed, and the next wakeup gives kswapd one run. Its count is
 * reset if free memory is far above the watermarks, as after the exit of a hog.
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

#define CREATE_TRACE_POINTS
#include "kswapd_gate_trace.h"

/* mm/internal.h: as many failed runs of kswapd make a node hopeless */
#define MAX_RECLAIM_RETRIES	16

/* The wait before a retry: 128 times the CPU time of the failed run, within these */
#define BACKOFF_MIN	(HZ * 16 / 5)
#define BACKOFF_MAX	(BACKOFF_MIN << 3)
#define BACKOFF_SHARE	128

/* A hopeless node is looked at this often. */
#define POLL		(HZ / 10)

/**
 * struct gate - state of a node
 * @failures: failed runs of kswapd; the kernel's count is brought up to it
 * @retrying: kswapd was granted a run that has not ended yet
 * @failed_at: jiffies at which the last run failed on a hopeless node
 * @backoff: jiffies from then to the retry
 * @lacked: pages that the node was short of when kswapd's run began
 * @reclaimed: pages that the run has reclaimed
 * @runtime: kswapd's CPU time when the run began, in ns
 * @kept: resets that were undone
 * @resets: resets by the module
 * @retries: runs that kswapd was granted
 * @failed: of them, those that failed
 */
struct gate {
	int failures;
	int retrying;
	unsigned long failed_at;
	unsigned long backoff;
	unsigned long lacked;
	unsigned long reclaimed;
	u64 runtime;
	atomic_long_t kept;
	atomic_long_t resets;
	atomic_long_t retries;
	atomic_long_t failed;
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
static void gate_poll(struct work_struct *work);
static DECLARE_DELAYED_WORK(gate_work, gate_poll);

/* An int up to 6.17, an atomic_t later. */
static int *failures_of(pg_data_t *pgdat)
{
	BUILD_BUG_ON(sizeof(pgdat->kswapd_failures) != sizeof(int));
	return (int *)&pgdat->kswapd_failures;
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
 * As pgdat_balanced() in mm/vmscan.c for order 0 and all zones. With @plenty, by so
 * much that the memory which made the node hopeless must be gone.
 */
static bool balanced(pg_data_t *pgdat, bool plenty)
{
	struct zone *zone;

	for (zone = pgdat->node_zones; zone < pgdat->node_zones + MAX_NR_ZONES; zone++) {
		unsigned long mark;

		if (!managed_zone(zone))
			continue;
		mark = high_wmark_pages(zone) + zone->lowmem_reserve[MAX_NR_ZONES - 1];
		if (plenty)
			mark += high_wmark_pages(zone) - low_wmark_pages(zone) +
				zone_managed_pages(zone) / 64;
		if (usable_pages(zone) > mark)
			return true;
	}
	return false;
}

/*
 * The pages that the node is short of, over all zones. Boosts of the watermarks are
 * left out: they pass with the run.
 */
static unsigned long lacks(pg_data_t *pgdat)
{
	unsigned long sum = 0;
	struct zone *zone;

	for (zone = pgdat->node_zones; zone < pgdat->node_zones + MAX_NR_ZONES; zone++) {
		unsigned long mark = zone->_watermark[WMARK_HIGH];

		if (managed_zone(zone))
			sum += mark - min(mark, usable_pages(zone));
	}
	return sum;
}

static void reset(pg_data_t *pgdat, struct gate *gate,
		  enum reset_kswapd_failures_reason reason)
{
	if (!READ_ONCE(gate->failures) && !READ_ONCE(*failures_of(pgdat)))
		return;
	WRITE_ONCE(gate->failures, 0);
	WRITE_ONCE(gate->retrying, 0);
	WRITE_ONCE(*failures_of(pgdat), 0);
	atomic_long_inc(&gate->resets);
	trace_mm_vmscan_reset_kswapd_failures(pgdat->node_id, reason);
}

/* Returns whether the node is hopeless, so that it has to be watched. */
static bool poll_node(pg_data_t *pgdat, struct gate *gate)
{
	int failures = READ_ONCE(gate->failures);

	/* Given up on before the module was loaded */
	if (!failures && READ_ONCE(*failures_of(pgdat)) >= MAX_RECLAIM_RETRIES) {
		failures = MAX_RECLAIM_RETRIES;
		WRITE_ONCE(gate->failed_at, jiffies);
		WRITE_ONCE(gate->backoff, BACKOFF_MIN);
		WRITE_ONCE(gate->failures, failures);
	}
	if (failures < MAX_RECLAIM_RETRIES - 1)
		return false;
	if (balanced(pgdat, true)) {
		reset(pgdat, gate, RESET_KSWAPD_FAILURES_OTHER);
		return false;
	}
	if (failures < MAX_RECLAIM_RETRIES ||
	    jiffies - READ_ONCE(gate->failed_at) < READ_ONCE(gate->backoff))
		return true;
	/* The next wakeup gets through to kswapd. */
	WRITE_ONCE(gate->retrying, 1);
	WRITE_ONCE(gate->failures, MAX_RECLAIM_RETRIES - 1);
	WRITE_ONCE(*failures_of(pgdat), MAX_RECLAIM_RETRIES - 1);
	atomic_long_inc(&gate->retries);
	return true;
}

static void gate_poll(struct work_struct *work)
{
	bool again = false;
	int nid;

	for_each_node_state(nid, N_MEMORY)
		again |= poll_node(NODE_DATA(nid), &gates[nid]);
	if (again)
		schedule_delayed_work(&gate_work, POLL);
}

/* Nonzero: no node that the module knows. */
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
NOKPROBE_SYMBOL(enter);

static int shrink_node_exit(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct call *call = (struct call *)instance->data;
	struct gate *gate = &gates[call->pgdat->node_id];
	int now = READ_ONCE(*failures_of(call->pgdat)), want = READ_ONCE(gate->failures);

	if (current_is_kswapd())
		gate->reclaimed = *(unsigned long *)(call->control + nr_reclaimed_at);
	if (now < want && cmpxchg(failures_of(call->pgdat), now, want) == now)
		atomic_long_inc(&gate->kept);
	return 0;
}
NOKPROBE_SYMBOL(shrink_node_exit);

static int balance_pgdat_enter(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct call *call = (struct call *)instance->data;
	struct gate *gate;

	if (enter(instance, regs))
		return 1;
	gate = &gates[call->pgdat->node_id];
	gate->lacked = lacks(call->pgdat);
	gate->reclaimed = 0;
	gate->runtime = current->se.sum_exec_runtime;
	return 0;
}
NOKPROBE_SYMBOL(balance_pgdat_enter);

static int balance_pgdat_exit(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct call *call = (struct call *)instance->data;
	pg_data_t *pgdat = call->pgdat;
	struct gate *gate = &gates[pgdat->node_id];
	int failures = READ_ONCE(gate->failures);
	u64 busy = current->se.sum_exec_runtime - gate->runtime;
	bool is_balanced = balanced(pgdat, false);
	unsigned long lacked = gate->lacked;

	/* A balanced node does not need the pages that other zones still lack */
	if (is_balanced)
		lacked -= min(lacked, lacks(pgdat));
	/*
	 * The run was of use, or others balanced the node: failures of this episode
	 * say nothing about the next.
	 */
	if (gate->reclaimed >= max(lacked, SWAP_CLUSTER_MAX) ||
	    (is_balanced && failures < MAX_RECLAIM_RETRIES && !READ_ONCE(gate->retrying))) {
		reset(pgdat, gate, RESET_KSWAPD_FAILURES_KSWAPD);
		return 0;
	}
	if (xchg(&gate->retrying, 0))
		atomic_long_inc(&gate->failed);
	failures = min(failures + 1, MAX_RECLAIM_RETRIES);
	WRITE_ONCE(gate->failed_at, jiffies);
	WRITE_ONCE(gate->backoff, clamp(nsecs_to_jiffies(busy) * BACKOFF_SHARE,
					(unsigned long)BACKOFF_MIN,
					(unsigned long)BACKOFF_MAX));
	WRITE_ONCE(gate->failures, failures);
	WRITE_ONCE(*failures_of(pgdat), failures);
	trace_mm_vmscan_kswapd_reclaim_fail(pgdat->node_id, failures);
	if (failures == MAX_RECLAIM_RETRIES)
		schedule_delayed_work(&gate_work, POLL);
	return 0;
}
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

static unsigned long missed(struct kretprobe *probe)
{
	return probe->nmissed + probe->kp.nmissed;
}

static int state_show(struct seq_file *file, void *unused)
{
	int nid;

	seq_printf(file, "missed %lu\n",
		   missed(&shrink_node_probe) + missed(&balance_pgdat_probe));
	for_each_node_state(nid, N_MEMORY) {
		struct gate *gate = &gates[nid];

		seq_printf(file, "node %d failures %d kept %ld resets %ld retries %ld failed %ld backoff_ms %u\n",
			   nid, READ_ONCE(*failures_of(NODE_DATA(nid))),
			   atomic_long_read(&gate->kept), atomic_long_read(&gate->resets),
			   atomic_long_read(&gate->retries), atomic_long_read(&gate->failed),
			   jiffies_to_msecs(READ_ONCE(gate->backoff)));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

/* Is there a function of this name? */
static bool __init has_function(const char *name)
{
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };

	if (register_kprobe(&probe))
		return false;
	unregister_kprobe(&probe);
	return true;
}

/*
 * The compiler's clones of a function have a suffix. With one of them, not all
 * calls come through the function that is probed.
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
		return -EEXIST;
	}
	for (i = 0; i < ARRAY_SIZE(clones); i++) {
		if (has_function(clones[i])) {
			pr_err("this kernel has a clone %s, refusing to load\n", clones[i]);
			return -EINVAL;
		}
	}
	return 0;
}

/*
 * The module was built against the headers of this kernel, or the kernel would not
 * load it. Prove it by the data all the same: next to the count is the task that
 * it belongs to.
 */
static int __init check_layout(void)
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

/* The offset of struct scan_control's nr_reclaimed, by the kernel's own types. */
static int __init find_offset(const void *data, size_t size)
{
	const struct btf_header *header = data;
	const void *types, *end, *p;
	const char *strings;
	size_t extra;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    size < (u64)header->hdr_len + header->type_off + header->type_len ||
	    size < (u64)header->hdr_len + header->str_off + header->str_len ||
	    !header->str_len)
		return -EINVAL;
	types = data + header->hdr_len + header->type_off;
	end = types + header->type_len;
	strings = data + header->hdr_len + header->str_off;
	if (strings[header->str_len - 1])
		return -EINVAL;

	for (p = types; p + sizeof(struct btf_type) <= end; p += extra) {
		const struct btf_type *type = p;
		const struct btf_member *member = p + sizeof(*type);
		int i, n = BTF_INFO_VLEN(type->info);

		p += sizeof(*type);
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
			extra = 0;
			break;
		case BTF_KIND_INT:
		case BTF_KIND_VAR:
		case BTF_KIND_DECL_TAG:
			extra = sizeof(u32);
			break;
		case BTF_KIND_ARRAY:
			extra = sizeof(struct btf_array);
			break;
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			extra = n * sizeof(struct btf_member);
			break;
		case BTF_KIND_ENUM:
			extra = n * sizeof(struct btf_enum);
			break;
		case BTF_KIND_ENUM64:
			extra = n * sizeof(struct btf_enum64);
			break;
		case BTF_KIND_FUNC_PROTO:
			extra = n * sizeof(struct btf_param);
			break;
		case BTF_KIND_DATASEC:
			extra = n * sizeof(struct btf_var_secinfo);
			break;
		default:
			return -EINVAL;
		}
		if (BTF_INFO_KIND(type->info) != BTF_KIND_STRUCT || extra > end - p ||
		    type->name_off >= header->str_len ||
		    strcmp(strings + type->name_off, "scan_control"))
			continue;
		for (i = 0; i < n; i++, member++) {
			u32 bits = BTF_INFO_KFLAG(type->info) ?
				   BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;

			if (member->name_off >= header->str_len ||
			    strcmp(strings + member->name_off, "nr_reclaimed"))
				continue;
			if (bits % (8 * sizeof(long)) || bits / 8 >= type->size)
				return -EINVAL;
			nr_reclaimed_at = bits / 8;
			return 0;
		}
	}
	return -ENOENT;
}

static int __init check_types(void)
{
	struct file *file = filp_open("/sys/kernel/btf/vmlinux", O_RDONLY, 0);
	loff_t at = 0, size;
	void *data;
	int err = 0;

	if (IS_ERR(file)) {
		pr_err("cannot open /sys/kernel/btf/vmlinux (error %ld), refusing to load\n",
		       PTR_ERR(file));
		return PTR_ERR(file);
	}
	size = i_size_read(file_inode(file));
	data = vmalloc(size);
	if (!data)
		err = -ENOMEM;
	/* sysfs gives a page at a time. */
	while (!err && at < size)
		if (kernel_read(file, data + at, size - at, &at) <= 0)
			err = -EIO;
	if (!err)
		err = find_offset(data, size);
	vfree(data);
	filp_close(file, NULL);
	if (err)
		pr_err("/sys/kernel/btf/vmlinux does not tell the layout of struct scan_control (error %d), refusing to load\n",
		       err);
	return err;
}

static int __init gate_init(void)
{
	int err;

	err = check_functions() ?: check_layout() ?: check_types();
	if (err)
		return err;
	if (maxactive < 0 || maxactive > 65536) {
		pr_err("maxactive takes a number from 0 to 65536, not %d\n", maxactive);
		return -EINVAL;
	}
	shrink_node_probe.maxactive = maxactive ?: max(1024U, 16 * num_possible_cpus());
	balance_pgdat_probe.maxactive = 2 * nr_node_ids;
	gates = kcalloc(nr_node_ids, sizeof(*gates), GFP_KERNEL);
	if (!gates)
		return -ENOMEM;
	err = register_kretprobes(probes, ARRAY_SIZE(probes));
	if (err) {
		pr_err("cannot probe shrink_node() and balance_pgdat() (error %d), refusing to load\n",
		       err);
		kfree(gates);
		return err;
	}
	debugfs = debugfs_create_file("kswapd_gate", 0444, NULL, NULL, &state_fops);
	/* A node may be hopeless already. */
	schedule_delayed_work(&gate_work, 0);
	return 0;
}

/* Stock behaviour is back with the next reset: nothing of it was kept elsewhere. */
static void __exit gate_exit(void)
{
	debugfs_remove(debugfs);
	unregister_kretprobes(probes, ARRAY_SIZE(probes));
	cancel_delayed_work_sync(&gate_work);
	kfree(gates);
}

module_init(gate_init);
module_exit(gate_exit);

MODULE_DESCRIPTION("Balance check for kswapd on kernels before 7.0");
MODULE_LICENSE("GPL");
MODULE_VERSION("1");
