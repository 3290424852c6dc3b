// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a trace in a child process.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trace-cmd.h>

#include "datclock.h"
#include "decode.h"
#include "open.h"
#include "read.h"
#include "textfile.h"

#define BATCH		1024
#define MOST_CPUS	65536
#define TICK_RECORDS	(1 << 16)
/* CPU time between two ticks of the child. A file of 1 GB opens in much less. */
#ifndef STUCK_SECONDS
#define STUCK_SECONDS	20
#endif
/* Memory limit of the library, in addition to the file itself. */
#define MEMORY_BYTES	(1ULL << 30)
/* Limit of the bytes of records for each byte of a file, compressed or not. */
#define LARGEST_RATIO	256

/* Number of recent events that are compared with those of a second buffer. */
#define RECENT		32

struct reader {
	struct decode decode;
	int buffers;
	enum time_unit unit;
	uint64_t scale;		/* ns of a unit of the clock */
	uint32_t page_size;
	uint64_t *cpu_ts;	/* of each CPU's last record */
	int cpus;
	struct event recent[RECENT];
	const void *recent_from[RECENT];
	unsigned int recent_n;
	event_fn fn;
	void *ctx;
	uint64_t file_size;
	struct event_end end;
	uint64_t last_ts;
	bool runs_on;
};

/* The child */

static void send_event(struct reader *r, const struct event *ev)
{
	r->fn(ev, r->ctx);
}

static void send_lost(struct reader *r, const struct tep_record *record, uint64_t ts)
{
	struct event ev = { .ts = ts, .type = EV_LOST };

	ev.lost.count = record->missed_events > 0 ? record->missed_events : -1;
	if (record->cpu >= 0 && record->cpu < r->cpus)
		ev.lost.since = r->cpu_ts[record->cpu];
	send_event(r, &ev);
	reclaim_lost(&r->decode.reclaims);
}

/* Copies of an event in two buffers are equal in all of these fields. */
static bool is_duplicate(struct reader *r, const struct event *ev, const void *from)
{
	unsigned int i;

	if (r->buffers < 2 || ev->type >= EV_SAMPLE)
		return false;
	for (i = 0; i < RECENT && i < r->recent_n; i++) {
		const struct event *old = &r->recent[(r->recent_n - 1 - i) % RECENT];

		if (old->ts != ev->ts)
			break;
		if (r->recent_from[(r->recent_n - 1 - i) % RECENT] != from &&
		    old->type == ev->type && old->nid == ev->nid &&
		    old->task.cpu == ev->task.cpu && old->task.pid == ev->task.pid &&
		    old->task.val == ev->task.val)
			return true;
	}
	r->recent[r->recent_n % RECENT] = *ev;
	r->recent_from[r->recent_n % RECENT] = from;
	r->recent_n++;
	return false;
}

static int one_record(struct tracecmd_input *handle, struct tep_record *record,
		      int cpu, void *ctx)
{
	struct reader *r = ctx;
	uint64_t ts = record->ts * r->scale;
	struct event ev;

	(void)cpu;
	if (!r->end.records) {
		r->end.first_ts = ts;
		send_event(r, &(struct event){ .ts = ts, .type = EV_TICK });
	}
	r->last_ts = ts;
	r->end.records++;
	/* A record takes four bytes or more. */
	if (r->end.records / LARGEST_RATIO > r->file_size / 4) {
		r->runs_on = true;
		return -1;
	}
	if (record->missed_events)
		send_lost(r, record, ts);
	if (record->cpu >= 0 && record->cpu < r->cpus)
		r->cpu_ts[record->cpu] = ts;
	if (decode_record(&r->decode, record, &ev)) {
		ev.ts = ts;
		if (is_duplicate(r, &ev, handle))
			r->end.duplicates++;
		else
			send_event(r, &ev);
	} else if (!(r->end.records % TICK_RECORDS)) {
		send_event(r, &(struct event){ .ts = ts, .type = EV_TICK });
	}
	return 0;
}

static void send_start(struct reader *r, struct tep_handle *tep, const char *clock)
{
	struct event ev = { .type = EV_START };

	ev.start.formats = r->decode.formats;
	ev.start.enabled = r->decode.enabled;
	ev.start.cpus = r->cpus;
	ev.start.buffers = r->buffers;
	ev.start.big_endian = tep_is_file_bigendian(tep);
	ev.start.long_size = tep_get_long_size(tep);
	ev.start.unit = r->unit;
	ev.start.page_size = r->page_size;
	snprintf(ev.start.clock, sizeof(ev.start.clock), "%s", clock);
	send_event(r, &ev);
}

static int read_buffers(struct reader *r, struct tracecmd_input *handle, const char *clock)
{
	int n = tracecmd_buffer_instances(handle);
	struct tracecmd_input **handles;
	int count = 0;
	int err, i;

	if (n < 0 || n > 4096)
		return -1;
	handles = calloc(n + 1, sizeof(*handles));
	if (!handles)
		return -1;
	handles[count++] = handle;
	for (i = 0; i < n; i++) {
		handles[count] = tracecmd_buffer_instance_handle(handle, i);
		if (!handles[count]) {
			free(handles);
			return -1;
		}
		count++;
	}
	r->buffers = count;
	send_start(r, tracecmd_get_tep(handle), clock);
	err = tracecmd_iterate_events_multi(handles, count, one_record, r);
	for (i = 1; i < count; i++)
		tracecmd_close(handles[i]);
	free(handles);
	return err < 0 || r->runs_on ? -1 : 0;
}

int trace_read_fd(int fd, event_fn fn, void *ctx)
{
	struct event ev = { .type = EV_END };
	struct reader r = { .fn = fn, .ctx = ctx };
	struct tracecmd_input *handle;
	char clock[CLOCK_LEN];
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -1;
	r.file_size = st.st_size;
	r.unit = dat_clock(fd, clock, sizeof(clock), &r.scale, &r.page_size);
	if (lseek(fd, 0, SEEK_SET))
		return -1;
	handle = tracecmd_open_fd(fd, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!handle)
		return -1;
	decode_init(&r.decode, tracecmd_get_tep(handle));
	r.cpus = tep_get_cpus(tracecmd_get_tep(handle));
	if (r.cpus < 0 || r.cpus > MOST_CPUS)
		r.cpus = MOST_CPUS;
	r.cpu_ts = calloc(r.cpus + 1, sizeof(*r.cpu_ts));
	err = r.cpu_ts ? read_buffers(&r, handle, clock) : -1;
	if (!err) {
		ev.ts = r.last_ts;
		ev.end = r.end;
		ev.end.undecoded = r.decode.undecoded;
		send_event(&r, &ev);
	}
	tracecmd_close(handle);
	free(r.cpu_ts);
	return err;
}

struct sender {
	int fd;
	size_t count;
	struct event batch[BATCH];
};

/* Each tick restarts the CPU time limit of the child. */
static void wind_up(void)
{
	struct itimerval timer = { .it_value.tv_sec = STUCK_SECONDS };

	setitimer(ITIMER_PROF, &timer, NULL);
}

static void flush_batch(struct sender *s)
{
	size_t left = s->count * sizeof(s->batch[0]);
	const char *at = (const char *)s->batch;

	while (left) {
		ssize_t put = write(s->fd, at, left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			_exit(1);
		at += put;
		left -= put;
	}
	s->count = 0;
	wind_up();
}

static void to_pipe(const struct event *ev, void *ctx)
{
	struct sender *s = ctx;

	s->batch[s->count++] = *ev;
	if (s->count == BATCH || ev->type == EV_TICK)
		flush_batch(s);
}

static void confine(uint64_t file_size, int said, bool debug)
{
	struct rlimit none = { 0, 0 };
	int null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGPROF, SIG_DFL);
	setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(KSWAPD_REPORT_NO_LIMIT)
	{
		struct rlimit memory;

		memory.rlim_cur = memory.rlim_max = MEMORY_BYTES + file_size;
		setrlimit(RLIMIT_AS, &memory);
	}
#else
	(void)file_size;
#endif
	null = open("/dev/null", O_RDWR);
	if (null < 0)
		_exit(1);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	/* The parent prints the last line of standard error. */
	if (!debug)
		dup2(said >= 0 ? said : null, STDERR_FILENO);
	close(null);
	wind_up();
}

static void __attribute__((noreturn)) child(int fd, int out, uint64_t file_size, int said,
					    bool text, bool debug)
{
	struct sender *s;
	int err;

	confine(file_size, said, debug);
	s = calloc(1, sizeof(*s));
	if (!s)
		_exit(1);
	s->fd = out;
	if (text)
		err = text_read_events(fdopen(fd, "r"), to_pipe, s);
	else
		err = trace_read_fd(fd, to_pipe, s);
	flush_batch(s);
	_exit(err ? 1 : 0);
}

/* The parent */

/* The child may have corrupted its memory before it crashed, so its data is checked. */
static bool sane(struct event *ev)
{
	switch (ev->type) {
	case EV_FAIL:
	case EV_RESET:
	case EV_WAKE:
	case EV_SLEEP:
	case EV_WAKEUP:
	case EV_RUN_BEGIN:
	case EV_RUN_END:
		ev->task.comm[COMM_LEN - 1] = '\0';
		ev->task.reason[REASON_LEN - 1] = '\0';
		return ev->nid >= 0 && ev->nid < MAX_NODES;
	case EV_SAMPLE:
		return ev->nid >= 0 && ev->nid < MAX_NODES;
	case EV_START:
		ev->start.clock[CLOCK_LEN - 1] = '\0';
		return ev->start.unit <= TIME_NONE;
	case EV_META:
		ev->meta.host[HOST_LEN - 1] = ev->meta.release[RELEASE_LEN - 1] = '\0';
		ev->meta.boot[BOOT_LEN - 1] = '\0';
		return true;
	case EV_CGROUP:
		ev->cgroup.path[CGROUP_LEN - 1] = '\0';
		return ev->cgroup.rank < CGROUPS;
	case EV_MEMBER:
		ev->member.path[CGROUP_LEN - 1] = '\0';
		return true;
	case EV_LOST:
	case EV_SYSTEM:
	case EV_TICK:
	case EV_END:
		return true;
	}
	return false;
}

int trace_read_stream(int fd, struct read_facts *facts, event_fn fn, void *ctx)
{
	struct event *batch = calloc(BATCH, sizeof(*batch));
	bool started = false, ended = false;
	size_t have = 0;
	int err = 0;

	if (!batch)
		return -1;
	memset(facts, 0, sizeof(*facts));
	while (!err) {
		ssize_t got = read_some(fd, (char *)batch + have,
					BATCH * sizeof(*batch) - have);
		size_t i, n;

		if (got <= 0)
			break;
		have += got;
		n = have / sizeof(*batch);
		for (i = 0; i < n; i++) {
			struct event *ev = &batch[i];

			if (ended || !sane(ev) || started == (ev->type == EV_START)) {
				err = -1;
				break;
			}
			if (ev->type == EV_START) {
				facts->start = ev->start;
				started = true;
				fn(ev, ctx);
			} else if (ev->type == EV_END) {
				facts->end = ev->end;
				facts->last_ts = ev->ts;
				ended = true;
			} else {
				fn(ev, ctx);
			}
		}
		have -= n * sizeof(*batch);
		memmove(batch, batch + n, have);
	}
	free(batch);
	return err || have || !ended ? -1 : 0;
}

/* The last line of libtracecmd's standard error, without control characters. */
static void last_words(int fd, char *words, size_t size)
{
	char buf[512] = "";
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t got, i;
	char *line;

	*words = '\0';
	got = pread(fd, buf, sizeof(buf) - 1, end > (off_t)sizeof(buf) - 1 ?
		    end - (off_t)sizeof(buf) + 1 : 0);
	if (got <= 0)
		return;
	for (i = got; i > 0 && (buf[i - 1] == '\n' || buf[i - 1] == ' '); i--)
		buf[i - 1] = '\0';
	line = strrchr(buf, '\n');
	line = line ? line + 1 : buf;
	line += strspn(line, " \t");
	snprintf(words, size, "%s", line);
	for (; *words; words++)
		if (*words < ' ' || *words > '~')
			*words = '?';
}

static void explain(const char *path, int status, int said, bool text, char *error, size_t size)
{
	char words[200];

	if (text && WIFEXITED(status)) {
		snprintf(error, size, "%s is not a trace: neither a trace.dat nor perf.data, nor text of trace-cmd report, trace, trace_pipe or perf script",
			 path);
		return;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		snprintf(error, size, "%s is corrupt: reading it does not come to an end", path);
	else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		snprintf(error, size, "%s is corrupt: libtracecmd ended with signal %d on it", path,
			 WTERMSIG(status));
	else if (WIFSIGNALED(status))
		snprintf(error, size, "reading %s was ended from outside (signal 9): is there enough memory?",
			 path);
	else {
		last_words(said, words, sizeof(words));
		if (strstr(words, "nsupported"))
			snprintf(error, size, "this libtracecmd cannot read %s: %s", path, words);
		else
			snprintf(error, size, "%s is truncated or corrupt: libtracecmd cannot read it to its end%s%s%s",
				 path, *words ? " (" : "", words, *words ? ")" : "");
	}
}

int trace_read(const char *path, bool debug, struct read_facts *facts,
	       event_fn fn, void *ctx, char *error, size_t error_size)
{
	int status = 0;
	int ends[2];
	struct stat st;
	int said = -1;
	bool text;
	pid_t pid;
	int err;
	int fd;

	fd = trace_open(path, &text, &st, debug, error, error_size);
	if (fd < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC)) {
		snprintf(error, error_size, "cannot make a pipe: %s", strerror(errno));
		close(fd);
		return -1;
	}
	said = memfd_create("said", MFD_CLOEXEC);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(ends[0]);
		child(fd, ends[1], st.st_size, said, text, debug);
	}
	close(ends[1]);
	close(fd);
	if (pid < 0) {
		snprintf(error, error_size, "cannot start a process: %s", strerror(errno));
		close(ends[0]);
		return -1;
	}
	err = trace_read_stream(ends[0], facts, fn, ctx);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!err && !status) {
		close(said);
		return 0;
	}
	explain(path, status, said, text, error, error_size);
	close(said);
	return -1;
}
