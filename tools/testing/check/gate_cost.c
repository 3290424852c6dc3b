// SPDX-License-Identifier: GPL-2.0
/*
 * Time that the probe of kswapd_gate takes of a call: its handlers on a function that
 * does nothing, called with a node whose count is 0, as nearly always. Loading prints
 * the result and fails on purpose, so that nothing is left to unload.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/module.h>

/* The module's own functions for that are not used. */
#pragma push_macro("module_init")
#undef module_init
#undef module_exit
#define module_init(init)	static int (*not_used_init)(void) __maybe_unused = init
#define module_exit(exit)	static void (*not_used_exit)(void) __maybe_unused = exit
#include "kswapd_gate.c"
#pragma pop_macro("module_init")

#define CALLS	100000

static noinline void target(pg_data_t *pgdat, void *control)
{
	barrier();
}

static struct kretprobe probe = {
	.kp.addr = (kprobe_opcode_t *)target,
	.entry_handler = enter,
	.handler = shrink_node_exit,
	.data_size = sizeof(struct call),
	.maxactive = 64,
};

static u64 __init ns_a_call(void)
{
	u64 begin = ktime_get_ns();
	int i;

	for (i = 0; i < CALLS; i++)
		target(NODE_DATA(first_memory_node), NULL);
	return div_u64(ktime_get_ns() - begin, CALLS);
}

static int __init cost_init(void)
{
	u64 without, with;
	int err;

	gates = kcalloc(nr_node_ids, sizeof(*gates), GFP_KERNEL);
	if (!gates)
		return -ENOMEM;
	without = ns_a_call();
	err = register_kretprobe(&probe);
	if (!err) {
		with = ns_a_call();
		unregister_kretprobe(&probe);
		pr_info("%llu ns a call, %llu ns with the probe, %d missed\n", without, with,
			probe.nmissed);
	}
	kfree(gates);
	return err ?: -ECANCELED;
}
module_init(cost_init);
