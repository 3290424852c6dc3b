// SPDX-License-Identifier: GPL-2.0
/*
 * The events of kswapd, in a new tracefs instance.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace.h"

#define BUFFER_KIB	512

/* The event of a reset has two names in the kernel's history. */
static const struct {
	enum event_kind kind;
	const char *name;
} names[] = {
	{ WAKE, "mm_vmscan_kswapd_wake" },
	{ FAIL, "mm_vmscan_kswapd_reclaim_fail" },
	{ RESET, "mm_vmscan_reset_kswapd_failures" },
	{ RESET, "mm_vmscan_kswapd_clear_hopeless" },
};

static int trace_set(struct run *run, const char *file, const char *val)
{
	char path[PATH_MAX + 128];
	int err;

	snprintf(path, sizeof(path), "%s/%s", run->cleanup.tracing, file);
	err = write_line(path, "%s", val);
	if (err)
		return fail(run, EXIT_FAILED, "cannot write %s to %s: %s",
			    val, path, strerror(-err));
	return 0;
}

int trace_start(struct run *run, struct trace *trace)
{
	char path[PATH_MAX + 128];
	char size[16];
	size_t i;

	memset(trace, 0, sizeof(*trace));
	if (!*run->cleanup.tracing)
		return 0;
	if (mkdir(run->cleanup.tracing, 0750))
		return fail(run, EXIT_FAILED, "cannot make %s: %s",
			    run->cleanup.tracing, strerror(errno));
	snprintf(size, sizeof(size), "%d", BUFFER_KIB);
	if (trace_set(run, "buffer_size_kb", size) ||
	    trace_set(run, "trace_clock", "mono"))
		return -1;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/events/vmscan/%s",
			 run->cleanup.tracing, names[i].name);
		if (access(path, F_OK))
			continue;
		snprintf(path, sizeof(path), "events/vmscan/%s/enable",
			 names[i].name);
		if (trace_set(run, path, "1"))
			return -1;
		trace->has[names[i].kind] = true;
	}
	return 0;
}

/* "comm-pid [cpu] flags time: event: nid=1 ..." */
static bool parse_event(const char *line, const char *end, int nid,
			struct event *event)
{
	const char *name = memmem(line, end - line, ": mm_vmscan_", 12);
	const char *args;
	const char *at;
	size_t len;
	size_t i;
	int val;

	if (!name)
		return false;
	args = memmem(name, end - name, ": nid=", 6);
	if (!args)
		return false;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		len = strlen(names[i].name);
		if (args == name + 2 + len &&
		    !strncmp(name + 2, names[i].name, len))
			break;
	}
	if (i == ARRAY_SIZE(names) || sscanf(args, ": nid=%d", &val) != 1 ||
	    val != nid)
		return false;

	memset(event, 0, sizeof(*event));
	event->kind = names[i].kind;
	at = memmem(args, end - args, "failures=", 9);
	if (at)
		event->number = atoi(at + 9);
	at = memmem(args, end - args, "reason=", 7);
	if (at)
		sscanf(at, "reason=%15s", event->reason);
	for (at = name; at > line && at[-1] != ' '; at--)
		;
	event->t = atof(at);
	/* The name of the task may contain blanks and dashes. A bracket follows. */
	at = memmem(line, end - line, " [", 2);
	while (at && at > line && at[-1] == ' ')
		at--;
	while (at && at > line && at[-1] != '-')
		at--;
	event->pid = at ? atoi(at) : 0;
	return true;
}

/* Says whether a line of the head, or one between events, tells that some are gone. */
static bool tells_loss(const char *line, const char *end)
{
	unsigned long kept;
	unsigned long written;

	if (*line != '#')
		return memmem(line, end - line, "LOST", 4);
	return sscanf(line, "# entries-in-buffer/entries-written: %lu/%lu",
		      &kept, &written) == 2 && kept != written;
}

int trace_read(struct run *run, struct trace *trace)
{
	char path[PATH_MAX + 128];
	const char *line;
	const char *end;
	struct event event;
	int room = 0;
	int err;

	trace->nr = 0;
	if (!*run->cleanup.tracing)
		return 0;
	snprintf(path, sizeof(path), "%s/trace", run->cleanup.tracing);
	err = text_read(&trace->text, path);
	if (err)
		return fail(run, EXIT_FAILED, "cannot read %s: %s", path,
			    strerror(-err));
	free(trace->events);
	trace->events = NULL;
	for (line = trace->text.buf; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (tells_loss(line, end))
			trace->overrun = true;
		if (*line == '#' ||
		    !parse_event(line, end, run->opt.node, &event))
			continue;
		if (trace->nr == room) {
			room = room ? room * 2 : 256;
			trace->events = realloc(trace->events,
						room * sizeof(event));
			if (!trace->events)
				return fail(run, EXIT_FAILED,
					    "no memory for the events");
		}
		trace->events[trace->nr++] = event;
	}
	return 0;
}

int trace_count(const struct trace *trace, enum event_kind kind,
		double from, double to)
{
	int n = 0;
	int i;

	for (i = 0; i < trace->nr; i++)
		n += trace->events[i].kind == kind &&
		     trace->events[i].t >= from && trace->events[i].t < to;
	return n;
}

const struct event *trace_find(const struct trace *trace, enum event_kind kind,
			       const char *reason, double since)
{
	int i;

	for (i = 0; i < trace->nr; i++)
		if (trace->events[i].kind == kind &&
		    trace->events[i].t >= since &&
		    !strcmp(trace->events[i].reason, reason))
			return &trace->events[i];
	return NULL;
}

void trace_free(struct trace *trace)
{
	free(trace->events);
	text_free(&trace->text);
}
