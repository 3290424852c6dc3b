/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the records of a trace to events, by the formats that came with it.
 */
#ifndef KSWAPD_REPORT_DECODE_H
#define KSWAPD_REPORT_DECODE_H

#include <event-parse.h>

#include "event.h"

#define DECODERS	12

/*
 * Tasks that reclaim a cgroup: since 7.1, mm_vmscan_memcg_reclaim_begin has its id. A
 * task of an equal remainder replaces an earlier one, whose cgroup is then unknown.
 */
#define RECLAIMS	1024

struct reclaims {
	struct {
		int32_t pid;
		uint64_t cgroup_id;	/* 0: none */
	} tasks[RECLAIMS];
	bool ends;	/* the ends of reclaim are recorded */
};

void reclaim_begins(struct reclaims *r, int32_t pid, uint64_t cgroup_id);
void reclaim_ends(struct reclaims *r, int32_t pid);
/* An end may be among lost records. */
void reclaim_lost(struct reclaims *r);
/* The id of the cgroup that the task reclaims, or 0. */
uint64_t reclaim_cgroup(const struct reclaims *r, int32_t pid);

#define RECLAIM_BEGIN	"mm_vmscan_memcg_reclaim_begin"
#define RECLAIM_END	"mm_vmscan_memcg_reclaim_end"

struct decoder {
	enum event_type type;
	struct tep_event *event;
	struct tep_format_field *nid;
	struct tep_format_field *val;
};

struct decode {
	struct tep_handle *tep;
	struct decoder decoders[DECODERS];
	int count;
	uint32_t formats;
	uint32_t enabled;	/* the file has formats of selected events alone */
	uint64_t undecoded;
	struct tep_event *reclaim_begin, *reclaim_end;	/* NULL: not in the file */
	struct tep_format_field *cgroup_id;
	struct reclaims reclaims;
};

/* The reset event of 7.x. Its name does not tell whether the kernel has retries. */
#define CLEAR_HOPELESS	"mm_vmscan_kswapd_clear_hopeless"

/*
 * Does every kernel with this event and reason reset on balanced nodes only? A node
 * may be balanced at another reset as well, but the trace does not say so.
 */
bool reset_is_balanced(const char *event, const char *reason);

/* Events that the report uses; the last entry has no name. */
struct known_event {
	enum event_type type;
	const char *system;
	const char *name;
	const char *val;	/* the field with the number that counts */
};

extern const struct known_event known_events[];

/* Copy at most size - 1 bytes of a text from a file, with ? for each that is not printable. */
void printable(char *to, size_t size, const char *from);

void decode_init(struct decode *d, struct tep_handle *tep);
/* Fills *ev and returns true if the record is of a known event. */
bool decode_record(struct decode *d, struct tep_record *record, struct event *ev);

/*
 * A sample as kswapd-report record writes it to trace_marker_raw: the id, then these
 * numbers, in the byte order of the machine.
 */
#define SAMPLE_ID	0x6b737764U	/* in ASCII: kswd */
#define SAMPLE_VERSION	1

struct sample_wire {
	uint32_t id;
	uint32_t version;
	int32_t nid;
	uint32_t flags;
	uint64_t free;
	uint64_t low;
	uint64_t high;
	uint64_t cpu_ns;
	uint64_t refaults;
};

/* Written the same way, with a version and a structure: */
#define META_ID		0x6b73776dU	/* kswm, struct event_meta */
#define SYSTEM_ID	0x6b737779U	/* kswy, numbers of struct event_system in order */
#define CGROUP_ID	0x6b737763U	/* kswc, struct event_cgroup */
#define MEMBER_ID	0x6b737774U	/* kswt, struct event_member */
#define SYSTEM_NUMBERS	8
#define MARK_VERSION	1

struct meta_wire {
	uint32_t id;
	uint32_t version;
	uint64_t wall_ns;
	char host[HOST_LEN], release[RELEASE_LEN], boot[BOOT_LEN];
	char pad;
};

struct cgroup_wire {
	uint32_t id;
	uint32_t version;
	uint64_t high, psi_us;
	uint64_t rank;
	char path[CGROUP_LEN];
};

struct member_wire {
	uint32_t id;
	uint32_t version;
	uint64_t since;
	int64_t pid;
	char path[CGROUP_LEN];
};

struct system_wire {
	uint32_t id;
	uint32_t version;
	uint64_t have_psi;
	uint64_t numbers[SYSTEM_NUMBERS];
};

#define SAMPLE_HOPELESS	(1U << 0)
#define SAMPLE_BALANCED	(1U << 1)
#define SAMPLE_HAVE_CPU	(1U << 2)
#define SAMPLE_RETRIED	(1U << 3)

#endif
