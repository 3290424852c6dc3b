/* SPDX-License-Identifier: GPL-2.0 */
/* The events of the series, by their names there, for kernels without it. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmscan

#if !defined(_KSWAPD_GATE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KSWAPD_GATE_TRACE_H

#include <linux/tracepoint.h>

/*
 * Numbers as in enum reset_kswapd_failures_reason of the series. A kernel with the series
 * has that enum: the module builds there, and refuses to load.
 */
#ifndef _KSWAPD_GATE_REASONS
#define _KSWAPD_GATE_REASONS
enum kswapd_gate_reason {
	KSWAPD_GATE_OTHER = 0,
	KSWAPD_GATE_KSWAPD = 1,
};
#endif

TRACE_DEFINE_ENUM(KSWAPD_GATE_OTHER);
TRACE_DEFINE_ENUM(KSWAPD_GATE_KSWAPD);

#define show_kswapd_gate_reason(reason)			\
	__print_symbolic(reason,			\
		{ KSWAPD_GATE_OTHER,	"OTHER" },	\
		{ KSWAPD_GATE_KSWAPD,	"KSWAPD" })

TRACE_EVENT(mm_vmscan_reset_kswapd_failures,
	TP_PROTO(int nid, int reason),
	TP_ARGS(nid, reason),
	TP_STRUCT__entry(
		__field(int, nid)
		__field(int, reason)
	),
	TP_fast_assign(
		__entry->nid = nid;
		__entry->reason = reason;
	),
	TP_printk("nid=%d reason=%s", __entry->nid,
		  show_kswapd_gate_reason(__entry->reason))
);

TRACE_EVENT(mm_vmscan_kswapd_reclaim_fail,
	TP_PROTO(int nid, int failures),
	TP_ARGS(nid, failures),
	TP_STRUCT__entry(
		__field(int, nid)
		__field(int, failures)
	),
	TP_fast_assign(
		__entry->nid = nid;
		__entry->failures = failures;
	),
	TP_printk("nid=%d failures=%d", __entry->nid, __entry->failures)
);

#endif /* _KSWAPD_GATE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE kswapd_gate_trace
#include <trace/define_trace.h>
