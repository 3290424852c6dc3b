/* SPDX-License-Identifier: GPL-2.0 */
/* The events of the series, by their names there, for kernels without it. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmscan

#if !defined(_KSWAPD_GATE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KSWAPD_GATE_TRACE_H

#include <linux/tracepoint.h>

#ifndef _KSWAPD_GATE_REASONS
#define _KSWAPD_GATE_REASONS
enum reset_kswapd_failures_reason {
	RESET_KSWAPD_FAILURES_OTHER = 0,
	RESET_KSWAPD_FAILURES_KSWAPD,
	RESET_KSWAPD_FAILURES_DIRECT,
	RESET_KSWAPD_FAILURES_PCP,
};
#endif

TRACE_DEFINE_ENUM(RESET_KSWAPD_FAILURES_OTHER);
TRACE_DEFINE_ENUM(RESET_KSWAPD_FAILURES_KSWAPD);
TRACE_DEFINE_ENUM(RESET_KSWAPD_FAILURES_DIRECT);
TRACE_DEFINE_ENUM(RESET_KSWAPD_FAILURES_PCP);

#define show_reset_kswapd_failures_reason(reason)		\
	__print_symbolic(reason,				\
		{ RESET_KSWAPD_FAILURES_OTHER,	"OTHER" },	\
		{ RESET_KSWAPD_FAILURES_KSWAPD,	"KSWAPD" },	\
		{ RESET_KSWAPD_FAILURES_DIRECT,	"DIRECT" },	\
		{ RESET_KSWAPD_FAILURES_PCP,	"PCP" })

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
		  show_reset_kswapd_failures_reason(__entry->reason))
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
