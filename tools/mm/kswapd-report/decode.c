// SPDX-License-Identifier: GPL-2.0
/*
 * From the records of a trace to events, by the formats that came with it.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

const struct known_event known_events[] = {
	{ EV_FAIL, "vmscan", "mm_vmscan_kswapd_reclaim_fail", "failures" },
	{ EV_RESET, "vmscan", "mm_vmscan_reset_kswapd_failures", "reason" },
	{ EV_RESET, "vmscan", CLEAR_HOPELESS, "reason" },
	{ EV_WAKE, "vmscan", "mm_vmscan_kswapd_wake", "order" },
	{ EV_SLEEP, "vmscan", "mm_vmscan_kswapd_sleep", NULL },
	{ EV_WAKEUP, "vmscan", "mm_vmscan_wakeup_kswapd", "order" },
	{ EV_RUN_BEGIN, "vmscan", "mm_vmscan_balance_pgdat_begin", NULL },
	{ EV_RUN_END, "vmscan", "mm_vmscan_balance_pgdat_end", "nr_reclaimed" },
	{ EV_SAMPLE, "ftrace", "raw_data", NULL },
	{ }
};

#define KNOWN	(sizeof(known_events) / sizeof(known_events[0]) - 1)

_Static_assert(KNOWN <= DECODERS, "more known events than decoders");

/* A number of at most eight bytes, within a record. */
static bool fits(const struct tep_format_field *field, int size)
{
	return field && field->offset >= 0 && field->size > 0 &&
	       field->size <= 8 && field->offset <= size - field->size;
}

static bool number(struct decode *d, const struct tep_format_field *field,
		   const struct tep_record *record, int32_t *val)
{
	if (!fits(field, record->size))
		return false;
	*val = (int32_t)tep_read_number(d->tep, (char *)record->data + field->offset,
					field->size);
	return true;
}

static unsigned int place_of(int32_t pid)
{
	return (uint32_t)pid % RECLAIMS;
}

void reclaim_begins(struct reclaims *r, int32_t pid, uint64_t cgroup_id)
{
	r->tasks[place_of(pid)].pid = pid;
	r->tasks[place_of(pid)].cgroup_id = cgroup_id;
}

void reclaim_ends(struct reclaims *r, int32_t pid)
{
	r->ends = true;
	if (r->tasks[place_of(pid)].pid == pid)
		r->tasks[place_of(pid)].cgroup_id = 0;
}

void reclaim_lost(struct reclaims *r)
{
	memset(r->tasks, 0, sizeof(r->tasks));
}

uint64_t reclaim_cgroup(const struct reclaims *r, int32_t pid)
{
	return r->ends && r->tasks[place_of(pid)].pid == pid ? r->tasks[place_of(pid)].cgroup_id : 0;
}

bool reset_is_balanced(const char *event, const char *reason)
{
	return !strcmp(reason, "PCP") ||
	       (!strcmp(event, CLEAR_HOPELESS) && !strcmp(reason, "DIRECT"));
}

/* A file has the formats of all events of a system, or of those recorded. */
static bool selected(struct tep_handle *tep)
{
	static const char *const others[] = {
		"mm_vmscan_direct_reclaim_begin", "mm_vmscan_lru_isolate", "mm_shrink_slab_start",
	};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (tep_find_event_by_name(tep, "vmscan", others[i]))
			return false;
	return true;
}

void decode_init(struct decode *d, struct tep_handle *tep)
{
	size_t i;

	memset(d, 0, sizeof(*d));
	d->tep = tep;
	for (i = 0; i < KNOWN; i++) {
		struct decoder *dec = &d->decoders[d->count];
		struct tep_event *event;

		event = tep_find_event_by_name(tep, known_events[i].system, known_events[i].name);
		if (!event)
			continue;
		dec->type = known_events[i].type;
		dec->event = event;
		if (known_events[i].type == EV_SAMPLE) {
			dec->nid = tep_find_field(event, "id");
			dec->val = tep_find_field(event, "buf");
		} else {
			dec->nid = tep_find_field(event, "nid");
			dec->val = known_events[i].val ? tep_find_field(event, known_events[i].val) : NULL;
		}
		d->formats |= HAS(known_events[i].type);
		d->count++;
	}
	d->reclaim_begin = tep_find_event_by_name(tep, "vmscan", RECLAIM_BEGIN);
	d->reclaim_end = tep_find_event_by_name(tep, "vmscan", RECLAIM_END);
	if (d->reclaim_begin)
		d->cgroup_id = tep_find_field(d->reclaim_begin, "memcg_id");
	d->enabled = selected(tep) ? d->formats : 0;
}

/* The names of a field's values in the print format of the event. */
static const struct tep_print_flag_sym *names_of(const struct tep_print_arg *arg)
{
	for (; arg; arg = arg->next)
		if (arg->type == TEP_PRINT_SYMBOL)
			return arg->symbol.symbols;
	return NULL;
}

/* Names come from a file: ignore a name that is not printable. */
static bool copy_name(char *to, size_t size, const char *from)
{
	size_t n;

	for (n = 0; from[n] && n + 1 < size; n++) {
		unsigned char c = from[n];

		if (c < ' ' || c > '~')
			return false;
		to[n] = c;
	}
	to[n] = '\0';
	return n > 0;
}

static void reason_name(const struct decoder *dec, struct event_task *task)
{
	const struct tep_print_flag_sym *sym;

	for (sym = names_of(dec->event->print_fmt.args); sym; sym = sym->next) {
		char *end;
		long long val;

		if (!sym->value || !sym->str)
			continue;
		val = strtoll(sym->value, &end, 0);
		if (end == sym->value || *end || val != task->val)
			continue;
		if (copy_name(task->reason, sizeof(task->reason), sym->str))
			return;
	}
	snprintf(task->reason, sizeof(task->reason), "#%d", task->val);
}

void printable(char *to, size_t size, const char *from)
{
	size_t n;

	for (n = 0; n + 1 < size && from[n]; n++)
		to[n] = from[n] < ' ' || from[n] > '~' ? '?' : from[n];
	to[n] = '\0';
}

static void task_name(struct decode *d, struct tep_record *record, struct event_task *task)
{
	const char *comm;

	task->cpu = record->cpu;
	task->pid = tep_data_pid(d->tep, record);
	comm = tep_data_comm_from_pid(d->tep, task->pid);
	printable(task->comm, sizeof(task->comm), comm ? comm : "");
}

static uint64_t wire64(struct decode *d, const char *at, size_t offset)
{
	return tep_read_number(d->tep, at + offset, 8);
}

static uint32_t wire32(struct decode *d, const char *at, size_t offset)
{
	return tep_read_number(d->tep, at + offset, 4);
}

static void decode_meta(struct decode *d, const char *at, struct event *ev)
{
	ev->type = EV_META;
	ev->meta.wall_ns = wire64(d, at, offsetof(struct meta_wire, wall_ns));
	printable(ev->meta.host, HOST_LEN, at + offsetof(struct meta_wire, host));
	printable(ev->meta.release, RELEASE_LEN, at + offsetof(struct meta_wire, release));
	printable(ev->meta.boot, BOOT_LEN, at + offsetof(struct meta_wire, boot));
}

static void decode_system(struct decode *d, const char *at, struct event *ev)
{
	uint64_t *to = &ev->system.psi_some_us;
	int i;

	ev->type = EV_SYSTEM;
	ev->system.have_psi = !!wire64(d, at, offsetof(struct system_wire, have_psi));
	for (i = 0; i < SYSTEM_NUMBERS; i++)
		to[i] = wire64(d, at, offsetof(struct system_wire, numbers) + 8 * i);
}

static void decode_cgroup(struct decode *d, const char *at, struct event *ev)
{
	ev->type = EV_CGROUP;
	ev->cgroup.high = wire64(d, at, offsetof(struct cgroup_wire, high));
	ev->cgroup.psi_us = wire64(d, at, offsetof(struct cgroup_wire, psi_us));
	ev->cgroup.rank = wire64(d, at, offsetof(struct cgroup_wire, rank));
	printable(ev->cgroup.path, CGROUP_LEN, at + offsetof(struct cgroup_wire, path));
}

static void decode_member(struct decode *d, const char *at, struct event *ev)
{
	ev->type = EV_MEMBER;
	ev->member.since = wire64(d, at, offsetof(struct member_wire, since));
	ev->member.pid = wire64(d, at, offsetof(struct member_wire, pid));
	printable(ev->member.path, CGROUP_LEN, at + offsetof(struct member_wire, path));
}

static void decode_numbers(struct decode *d, const char *at, struct event *ev)
{
	uint32_t flags = wire32(d, at, offsetof(struct sample_wire, flags));

	ev->nid = (int32_t)wire32(d, at, offsetof(struct sample_wire, nid));
	ev->sample.free = wire64(d, at, offsetof(struct sample_wire, free));
	ev->sample.low = wire64(d, at, offsetof(struct sample_wire, low));
	ev->sample.high = wire64(d, at, offsetof(struct sample_wire, high));
	ev->sample.cpu_ns = wire64(d, at, offsetof(struct sample_wire, cpu_ns));
	ev->sample.refaults = wire64(d, at, offsetof(struct sample_wire, refaults));
	ev->sample.hopeless = !!(flags & SAMPLE_HOPELESS);
	ev->sample.balanced = !!(flags & SAMPLE_BALANCED);
	ev->sample.have_cpu = !!(flags & SAMPLE_HAVE_CPU);
	ev->sample.retried = !!(flags & SAMPLE_RETRIED);
}

/* Markers of other programs are ignored. */
static bool decode_marker(struct decode *d, const struct decoder *dec,
			  struct tep_record *record, struct event *ev)
{
	static const struct {
		uint32_t id, version;
		size_t size;
		void (*decode)(struct decode *d, const char *at, struct event *ev);
	} markers[] = {
		{ SAMPLE_ID, SAMPLE_VERSION, sizeof(struct sample_wire), decode_numbers },
		{ META_ID, MARK_VERSION, sizeof(struct meta_wire), decode_meta },
		{ CGROUP_ID, MARK_VERSION, sizeof(struct cgroup_wire), decode_cgroup },
		{ MEMBER_ID, MARK_VERSION, sizeof(struct member_wire), decode_member },
		{ SYSTEM_ID, MARK_VERSION, sizeof(struct system_wire), decode_system },
	};
	size_t begin = offsetof(struct sample_wire, version), i;
	const char *at;
	int32_t id;

	if (!number(d, dec->nid, record, &id))
		return false;
	for (i = 0; i < sizeof(markers) / sizeof(markers[0]); i++)
		if ((uint32_t)id == markers[i].id)
			break;
	if (i == sizeof(markers) / sizeof(markers[0]))
		return false;
	if (!dec->val || dec->val->offset < 0 || record->size < dec->val->offset ||
	    (size_t)(record->size - dec->val->offset) < markers[i].size - begin) {
		d->undecoded++;
		return false;
	}
	/* Copy, so that the fields are aligned. */
	at = (char *)record->data + dec->val->offset - begin;
	if (wire32(d, at, begin) != markers[i].version) {
		d->undecoded++;
		return false;
	}
	markers[i].decode(d, at, ev);
	return true;
}

static void note_reclaim(struct decode *d, int type, struct tep_record *record)
{
	int pid = tep_data_pid(d->tep, record);

	if (d->reclaim_end && type == d->reclaim_end->id)
		reclaim_ends(&d->reclaims, pid);
	else if (d->reclaim_begin && type == d->reclaim_begin->id &&
		 fits(d->cgroup_id, record->size))
		reclaim_begins(&d->reclaims, pid,
			       tep_read_number(d->tep, (char *)record->data + d->cgroup_id->offset,
					       d->cgroup_id->size));
}

bool decode_record(struct decode *d, struct tep_record *record, struct event *ev)
{
	const struct decoder *dec = NULL;
	int type, i;

	if (record->size < 2)
		return false;
	type = tep_data_type(d->tep, record);
	for (i = 0; i < d->count; i++)
		if (d->decoders[i].event->id == type)
			dec = &d->decoders[i];
	if (!dec) {
		if (record->size >= 8)
			note_reclaim(d, type, record);
		return false;
	}

	memset(ev, 0, sizeof(*ev));
	ev->ts = record->ts;
	ev->type = dec->type;
	if (dec->type == EV_SAMPLE) {
		if (!decode_marker(d, dec, record, ev))
			return false;
	} else {
		/* The common fields, of which the pid is the last, are 8 bytes. */
		if (record->size < 8 || !number(d, dec->nid, record, &ev->nid) ||
		    (dec->val && !number(d, dec->val, record, &ev->task.val)) ||
		    ((dec->type == EV_FAIL || dec->type == EV_RESET) && !dec->val)) {
			d->undecoded++;
			return false;
		}
		task_name(d, record, &ev->task);
		if (dec->type == EV_RESET) {
			reason_name(dec, &ev->task);
			ev->task.balanced = reset_is_balanced(dec->event->name,
							      ev->task.reason);
			ev->task.cgroup_id = reclaim_cgroup(&d->reclaims, ev->task.pid);
		}
	}
	if (ev->nid < 0 || ev->nid >= MAX_NODES) {
		d->undecoded++;
		return false;
	}
	return true;
}
