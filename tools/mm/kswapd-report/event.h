/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts of a trace, one record at a time. The reader of a file and the live view
 * produce events; the model and all reports consume them.
 */
#ifndef KSWAPD_REPORT_EVENT_H
#define KSWAPD_REPORT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#define COMM_LEN	16
#define REASON_LEN	32
#define CLOCK_LEN	16
#ifndef MAX_NODES
#define MAX_NODES	1024	/* the most that a kernel can have */
#endif
#define NSEC		UINT64_C(1000000000)

enum event_type {
	EV_FAIL = 1,	/* mm_vmscan_kswapd_reclaim_fail: val is the new count */
	EV_RESET,	/* the count became 0: reason */
	EV_WAKE,	/* mm_vmscan_kswapd_wake: a run begins */
	EV_SLEEP,	/* mm_vmscan_kswapd_sleep */
	EV_WAKEUP,	/* mm_vmscan_wakeup_kswapd: a task asks for a run */
	EV_RUN_BEGIN,	/* mm_vmscan_balance_pgdat_begin, since 7.2 */
	EV_RUN_END,	/* mm_vmscan_balance_pgdat_end: val is the pages reclaimed */
	EV_SAMPLE,	/* values of /proc, by kswapd-report record */
	EV_META,	/* machine and time of the recording */
	EV_SYSTEM,	/* sums of the machine, beside samples */
	EV_CGROUP,	/* a cgroup that hit its memory.high, or stalled */
	EV_MEMBER,	/* the cgroup of a task that made a reset */
	EV_LOST,	/* records of a CPU were lost before this one */
	/* between the reader and its parent */
	EV_START,	/* the file was understood: its facts */
	EV_TICK,	/* at work */
	EV_END,		/* the file was read to its end */
};

/* Formats that a file has, by event type; a format is no record of it. */
#define HAS(type)	(1U << (type))

struct event_task {
	int32_t val;
	int32_t pid;
	int32_t cpu;
	uint8_t balanced;	/* of a reset: the kernel makes it only if balanced */
	char comm[COMM_LEN];
	char reason[REASON_LEN];
	uint64_t cgroup_id;	/* of a reset within reclaim of a cgroup; 0: not known */
};

struct event_lost {
	int64_t count;		/* at least 1, or -1: not known */
	uint64_t since;		/* the last record before, of the same CPU; or 0 */
};

/* Pages, except the CPU time; proc.h explains the meanings at node_state. */
struct event_sample {
	uint64_t free;
	uint64_t low;
	uint64_t high;
	uint64_t cpu_ns;	/* of kswapd, since it began */
	uint64_t refaults;	/* since boot, of the node */
	uint8_t hopeless;
	uint8_t balanced;
	uint8_t have_cpu;
	uint8_t retried;	/* the count is above GIVE_UP */
};

#define HOST_LEN	33
#define RELEASE_LEN	49
#define BOOT_LEN	37

struct event_meta {
	uint64_t wall_ns;	/* time of day when the record was made */
	char host[HOST_LEN], release[RELEASE_LEN], boot[BOOT_LEN];
};

/* Since boot; PSI in microseconds of memory pressure */
struct event_system {
	uint64_t psi_some_us, psi_full_us, allocstall, oom_kill;
	uint64_t pgscan_kswapd, pgscan_direct, pgsteal_kswapd, pgsteal_direct;
	uint8_t have_psi;
};

#define CGROUPS		5
#define CGROUP_LEN	96

/* Growth while it was recorded; the first in rank grew most. */
struct event_cgroup {
	uint64_t high, psi_us;
	uint32_t rank;
	char path[CGROUP_LEN];
};

/* Holds for resets by the task from since on, the time of its start. */
struct event_member {
	uint64_t since;
	int32_t pid;
	char path[CGROUP_LEN];
};

/* Units of a time stamp */
enum time_unit {
	TIME_NS,
	TIME_NONE,	/* a counter: the order is known, durations are not */
};

struct event_start {
	uint32_t formats;
	uint32_t enabled;	/* HAS(): the file says that they were recorded */
	uint32_t cpus;
	uint32_t buffers;
	uint8_t big_endian;
	uint8_t long_size;	/* 0: not known, as of text */
	uint8_t text;		/* printed by trace-cmd report or the like */
	uint8_t unit;		/* enum time_unit */
	uint32_t page_size;	/* 0: not known, as of text */
	char clock[CLOCK_LEN];
};

struct event_end {
	uint64_t first_ts;
	uint64_t records;	/* of any event */
	uint64_t undecoded;	/* of known events, but too short for their format */
	uint64_t duplicates;	/* of known events, in a second buffer, left out */
};

struct event {
	uint64_t ts;
	uint16_t type;
	int32_t nid;
	union {
		struct event_task task;
		struct event_sample sample;
		struct event_lost lost;
		struct event_meta meta;
		struct event_system system;
		struct event_cgroup cgroup;
		struct event_member member;
		struct event_start start;
		struct event_end end;
	};
};

#endif
