// SPDX-License-Identifier: GPL-2.0
/*
 * Reads events from text.
 *
 * All formats have the time, a colon, the name of the event, a colon, and the fields,
 * in this order:
 *
 *	kswapd1-73 [002] 24.863112: mm_vmscan_kswapd_reclaim_fail: nid=1 failures=1
 *	kswapd1-73 (73) [002] d..2. 24.863112: mm_vmscan_kswapd_sleep: nid=1
 *	kswapd1 73 [002] 24.863112: vmscan:mm_vmscan_kswapd_sleep: nid=1
 *
 * and for lost records:
 *
 *	CPU:2 [LOST 23 EVENTS]
 *	CPU:2 [23 EVENTS DROPPED]
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "textfile.h"

#define LINE_SIZE	4096
#ifndef TEXT_CPUS
#define TEXT_CPUS	65536
#endif
#define TICK_LINES	(1 << 16)

struct text_reader {
	event_fn fn;
	void *ctx;
	bool started, whole;	/* whole: times are integers, of a counter */
	uint32_t cpus;
	struct event_end end;
	uint64_t last_ts, lines;
	uint64_t cpu_ts[TEXT_CPUS];
	struct reclaims reclaims;
	struct {
		bool pending;
		int64_t count;
	} lost[TEXT_CPUS];
};

struct line {
	char *head;	/* task, CPU and flags */
	uint64_t ts;
	bool whole;
	const char *name, *fields;
};

/* "24.863112" in nanoseconds, "24863112" unchanged; false if it is no time */
static bool time_of(const char *text, size_t len, uint64_t *ts, bool *whole)
{
	uint64_t val = 0, unit = NSEC;
	size_t i, dot = len;

	if (!len || !isdigit((unsigned char)text[0]))
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] == '.' && dot == len) {
			dot = i;
			if (val > UINT64_MAX / NSEC / 2)
				return false;
			val *= NSEC;
			continue;
		}
		if (!isdigit((unsigned char)text[i]))
			return false;
		if (dot == len) {
			if (val > UINT64_MAX / 20)
				return false;
			val = val * 10 + (text[i] - '0');
		} else {
			unit /= 10;
			val += (text[i] - '0') * unit;
		}
	}
	*whole = dot == len;
	*ts = val;
	return dot != len - 1;
}

static bool is_name(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_:-.", text[i]))
			return false;
	return len > 0;
}

/* Marks of a quotation in mail */
static char *unquoted(char *text)
{
	return text + strspn(text, "> \t|");
}

/* Find "TIME: [SYSTEM:]NAME: FIELDS". */
static bool split(char *text, struct line *line)
{
	char *at, *time, *name, *end, *colon;

	for (at = strstr(text, ": "); at; at = strstr(at + 1, ": ")) {
		for (time = at; time > text && !isspace((unsigned char)time[-1]) &&
		     time[-1] != ']'; time--)
			;
		if (!time_of(time, at - time, &line->ts, &line->whole))
			continue;
		name = at + 1 + strspn(at + 1, " \t");
		end = strchr(name, ':');
		/* perf prints the system in front */
		while (end && end[1] && !isspace((unsigned char)end[1]))
			end = strchr(end + 1, ':');
		if (!end || !is_name(name, end - name))
			continue;
		*end = '\0';
		colon = strrchr(name, ':');
		line->name = colon ? colon + 1 : name;
		line->fields = end + 1;
		*time = '\0';
		line->head = text;
		return true;
	}
	return false;
}

static void trim(char *text)
{
	size_t len = strlen(text);

	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
}

/* The number at the end of text, cut off; false if there is none. */
static bool take_last_number(char *text, int32_t *val)
{
	size_t len = strlen(text), n = len;
	long number;

	while (n && isdigit((unsigned char)text[n - 1]))
		n--;
	if (n == len || len - n > 9)
		return false;
	number = strtol(text + n, NULL, 10);
	*val = number;
	text[n] = '\0';
	return true;
}

/* "comm-pid (tgid) [cpu] flags", or "comm pid/tid [cpu]" */
static bool take_task(char *head, struct event_task *task)
{
	char *open = NULL, *at, *buffer;

	task->cpu = -1;
	task->pid = -1;
	for (at = strchr(head, '['); at; at = strchr(at + 1, '[')) {
		size_t digits = strspn(at + 1, "0123456789");

		if (digits && digits < 8 && at[1 + digits] == ']')
			open = at;
	}
	if (open) {
		task->cpu = atoi(open + 1);
		*open = '\0';
	}
	trim(head);
	/* the thread group, in parentheses */
	if (*head && head[strlen(head) - 1] == ')') {
		at = strrchr(head, '(');
		if (at && at > head && strspn(at + 1, " -0123456789") == strlen(at + 1) - 1) {
			*at = '\0';
			trim(head);
		}
	}
	if (take_last_number(head, &task->pid)) {
		size_t len = strlen(head);

		if (len && head[len - 1] == '/') {
			head[len - 1] = '\0';
			take_last_number(head, &task->pid);
			len = strlen(head);
		}
		if (len && head[len - 1] == '-')
			head[len - 1] = '\0';
	}
	trim(head);
	/* trace-cmd prints the name of a second buffer in front. */
	buffer = strstr(head, ": ");
	if (buffer)
		head = buffer + 1;
	head += strspn(head, " \t");
	printable(task->comm, sizeof(task->comm), head);
	return task->cpu >= 0 || task->pid >= 0;
}

/* The value of " key=", or NULL */
static const char *value_of(const char *fields, const char *key)
{
	size_t len = strlen(key);
	const char *at;

	for (at = strstr(fields, key); at; at = strstr(at + 1, key))
		if (at[len] == '=' && (at == fields || isspace((unsigned char)at[-1])))
			return at + len + 1;
	return NULL;
}

static bool take_number(const char *fields, const char *key, int32_t *val)
{
	const char *at = value_of(fields, key);
	char *end;
	long number;

	if (!at)
		return false;
	number = strtol(at, &end, 10);
	*val = number;
	return end != at && number == *val && (!*end || isspace((unsigned char)*end));
}

/* Up to the next "key=", or the end */
static bool take_reason(const char *fields, const char *key, struct event_task *task)
{
	const char *at = value_of(fields, key);
	size_t n, word;

	if (!at)
		return false;
	for (n = 0; at[n] && n + 1 < sizeof(task->reason); n++) {
		if (at[n] == ' ') {
			word = strcspn(at + n + 1, " =");
			if (!word || at[n + 1 + word] == '=')
				break;
		}
		task->reason[n] = at[n] < ' ' || at[n] > '~' ? '?' : at[n];
	}
	task->reason[n] = '\0';
	return n > 0;
}

static void start(struct text_reader *r)
{
	struct event ev = { .type = EV_START };

	ev.start.text = 1;
	ev.start.cpus = r->cpus;
	ev.start.buffers = 1;
	ev.start.unit = r->whole ? TIME_NONE : TIME_NS;
	r->fn(&ev, r->ctx);
	r->started = true;
}

static void tell_lost(struct text_reader *r, int cpu, uint64_t ts)
{
	struct event ev = { .ts = ts, .type = EV_LOST };

	ev.lost.count = r->lost[cpu].count;
	ev.lost.since = r->cpu_ts[cpu];
	r->fn(&ev, r->ctx);
	reclaim_lost(&r->reclaims);
	r->lost[cpu].pending = false;
}

static void note_reclaim(struct text_reader *r, const struct line *line, int32_t pid)
{
	const char *id;

	if (!strcmp(line->name, RECLAIM_END)) {
		reclaim_ends(&r->reclaims, pid);
	} else if (!strcmp(line->name, RECLAIM_BEGIN)) {
		id = value_of(line->fields, "memcg_id");
		reclaim_begins(&r->reclaims, pid, id ? strtoull(id, NULL, 10) : 0);
	}
}

static void take_line(struct text_reader *r, struct line *line)
{
	const struct known_event *known;
	struct event ev = { .ts = line->ts };

	if (!take_task(line->head, &ev.task))
		return;
	if (!r->started) {
		r->whole = line->whole;
		start(r);
	}
	if (!r->end.records) {
		r->end.first_ts = line->ts;
		r->fn(&(struct event){ .ts = line->ts, .type = EV_TICK }, r->ctx);
	}
	r->end.records++;
	if (line->ts > r->last_ts)
		r->last_ts = line->ts;
	if (ev.task.cpu >= 0 && ev.task.cpu < TEXT_CPUS) {
		if (r->lost[ev.task.cpu].pending)
			tell_lost(r, ev.task.cpu, line->ts);
		r->cpu_ts[ev.task.cpu] = line->ts;
	}
	for (known = known_events; known->name; known++)
		if (known->type != EV_SAMPLE && !strcmp(known->name, line->name))
			break;
	if (!known->name) {
		note_reclaim(r, line, ev.task.pid);
		return;
	}
	ev.type = known->type;
	if (!take_number(line->fields, "nid", &ev.nid) || ev.nid < 0 || ev.nid >= MAX_NODES ||
	    ((ev.type == EV_FAIL || ev.type == EV_RUN_END) && !take_number(line->fields, known->val,
								    &ev.task.val)) ||
	    (ev.type == EV_RESET && !take_reason(line->fields, known->val, &ev.task))) {
		r->end.undecoded++;
		return;
	}
	if (ev.type == EV_RESET) {
		ev.task.balanced = reset_is_balanced(known->name, ev.task.reason);
		ev.task.cgroup_id = reclaim_cgroup(&r->reclaims, ev.task.pid);
	}
	r->fn(&ev, r->ctx);
}

static bool take_lost(struct text_reader *r, const char *text)
{
	long long count = -1;
	int cpu;

	if (sscanf(text, "CPU:%d [", &cpu) != 1 || cpu < 0 || cpu >= TEXT_CPUS ||
	    !strstr(text, "EVENTS"))
		return false;
	if (sscanf(text, "CPU:%d [LOST %lld EVENTS]", &cpu, &count) != 2 &&
	    sscanf(text, "CPU:%d [%lld EVENTS DROPPED]", &cpu, &count) != 2)
		count = -1;
	r->lost[cpu].pending = true;
	r->lost[cpu].count = count > 0 ? count : -1;
	return true;
}

/* Did a mail program break the line after the name of an event? */
static bool is_broken(const char *text)
{
	const struct known_event *known;
	size_t len = strlen(text), n;

	for (known = known_events; known->name; known++) {
		n = strlen(known->name);
		if (len > n + 1 && text[len - 1] == ':' &&
		    !strncmp(text + len - 1 - n, known->name, n))
			return true;
	}
	return false;
}

/* A line without its newline, cut if it is too long. */
static bool next_line(FILE *in, char *buf, size_t size)
{
	size_t len;
	int c;

	if (!fgets(buf, size, in))
		return false;
	len = strlen(buf);
	if (len && buf[len - 1] != '\n')
		while ((c = getc(in)) != EOF && c != '\n')
			;
	trim(buf);
	return true;
}

static void read_lines(struct text_reader *r, FILE *in)
{
	char buf[2 * LINE_SIZE], *text;
	struct line line;
	size_t len;

	while (next_line(in, buf, LINE_SIZE)) {
		if (!(++r->lines % TICK_LINES) && r->started)
			r->fn(&(struct event){ .ts = r->last_ts, .type = EV_TICK }, r->ctx);
		text = unquoted(buf);
		if (is_broken(text)) {
			len = strlen(buf);
			buf[len] = ' ';
			if (next_line(in, buf + len + 1, LINE_SIZE)) {
				char *rest = unquoted(buf + len + 1);

				memmove(buf + len + 1, rest, strlen(rest) + 1);
			} else {
				buf[len] = '\0';
			}
		}
		if (take_lost(r, text))
			continue;
		if (!r->started && sscanf(text, "cpus=%u", &r->cpus) == 1)
			continue;
		if (*text != '#' && split(text, &line))
			take_line(r, &line);
	}
}

int text_read_events(FILE *in, event_fn fn, void *ctx)
{
	struct text_reader *r = calloc(1, sizeof(*r));
	struct event ev = { .type = EV_END };
	int err;

	if (!r)
		return -1;
	r->fn = fn;
	r->ctx = ctx;
	read_lines(r, in);
	err = r->started && !ferror(in) ? 0 : -1;
	if (!err) {
		ev.ts = r->last_ts;
		ev.end = r->end;
		fn(&ev, ctx);
	}
	free(r);
	return err;
}
