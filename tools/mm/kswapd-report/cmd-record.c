// SPDX-License-Identifier: GPL-2.0
/*
 * kswapd-report record
 *
 * All settings are made in a private tracefs instance and are removed with it. Records
 * are written to a file that is readable at any time, also after this process was
 * killed. At the end, that file is packed into the output.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <kbuffer.h>
#include <tracefs.h>

#include "blame.h"
#include "datfile.h"
#include "decode.h"
#include "instance.h"
#include "main.h"
#include "model.h"
#include "sample.h"
#include "verdict.h"

#define MAX_CPUS	8192
#define MAX_EVENTS	16
#define UPDATE_NS	NSEC	/* the most that a killed recorder loses */
#define TERM_NS		(5 * NSEC)

static const char usage[] =
"usage: kswapd-report record [option...] [-- COMMAND [ARG...]]\n"
"\n"
"Records a trace of the running kernel for a report: until COMMAND ends, or for\n"
"some seconds, or until it is interrupted. Needs root.\n"
"\n"
"  -o, --output FILE   write the trace to FILE (trace.dat)\n"
"      --for S         end after S seconds\n"
"      --interval S    seconds from one sample of /proc to the next (1);\n"
"                      0: take none\n"
"  -b, --buffer KB     buffer of each CPU, in KiB (the kernel's default)\n"
"      --flight TIME   record into a ring that holds about TIME, such as 10m, and write\n"
"                      a file into the directory of -o at each incident\n"
"      --on LIST       incidents: given-up, runaway (both)\n"
"      --keep N        number of files to keep in the directory (20)\n"
"  -h, --help          this text\n";

struct options {
	const char *output;
	double seconds, interval, buffer, flight, keep;
	unsigned int on;
	char **command;
};

#define RESET_TASKS	64

/* Tasks that made resets, from the pages that were read since the last sample */
struct resets {
	struct tep_handle *tep;
	struct decode decode;
	struct kbuffer *page;	/* NULL: resets are not recorded */
	int32_t pids[RESET_TASKS];
	int count;
};

struct recording {
	struct tracefs_instance *instance;
	struct dat_event events[MAX_EVENTS];
	int event_count;
	struct dat_cpu cpus[MAX_CPUS];
	struct pollfd polls[MAX_CPUS];
	struct tracefs_cpu *readers[MAX_CPUS];
	int cpu_count;
	int marker;
	char *part;		/* name of the file that is written */
	struct dat_live live;
	char *instance_dir;
	int oom_score_adj;
	struct rlimit files;
	long page;
	char *buf;
	size_t half_buffer;
	struct sampler sampler;
	struct blame blame;
	struct resets resets;
	bool sampling;
	unsigned long long samples;
};

/* "90", "90s", "10m", "1h" in seconds */
static bool take_time(const char *option, const char *text, double *val)
{
	static const char units[] = "smh";
	static const int scale[] = { 1, 60, 3600 };
	size_t len = strlen(text);
	const char *unit = len ? strchr(units, text[len - 1]) : NULL;
	char number[32];

	snprintf(number, sizeof(number), "%.*s", (int)(unit ? len - 1 : len), text);
	if (len >= sizeof(number) || number[strspn(number, "0123456789")] || !*number) {
		complain("%s takes a time such as 90s, 10m or 1h, not '%s'", option, text);
		return false;
	}
	*val = atof(number) * (unit ? scale[unit - units] : 1);
	if (*val >= 1 && *val <= 86400)
		return true;
	complain("%s takes 1 second to 24 hours, not '%s'", option, text);
	return false;
}

static int take_option(int c, char **argv, struct options *o)
{
	switch (c) {
	case 'o':
		o->output = optarg;
		return -1;
	case 'f':
		return take_number("--for", optarg, 0.001, 1e9, &o->seconds) ? -1 : STATUS_USAGE;
	case 'i':
		if (!take_number("--interval", optarg, 0, 3600, &o->interval))
			return STATUS_USAGE;
		if (o->interval && o->interval < 0.01) {
			complain("--interval takes 0, or 0.01 and more");
			return STATUS_USAGE;
		}
		return -1;
	case 'b':
		return take_whole("--buffer", optarg, 8, 1 << 20, &o->buffer) ? -1 : STATUS_USAGE;
	case 'l':
		return take_time("--flight", optarg, &o->flight) ? -1 : STATUS_USAGE;
	case 'n':
		o->on = fail_list(optarg);
		if (o->on && !(o->on & ~(FAIL_GIVEN_UP | FAIL_RUNAWAY)))
			return -1;
		complain("--on takes given-up and runaway, with a comma between, not '%s'", optarg);
		return STATUS_USAGE;
	case 'k':
		return take_whole("--keep", optarg, 1, 10000, &o->keep) ? -1 : STATUS_USAGE;
	case 'h':
		fputs(usage, stdout);
		return STATUS_OK;
	}
	return refuse_option("record", c, argv);
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "for", required_argument, NULL, 'f' },
		{ "interval", required_argument, NULL, 'i' },
		{ "buffer", required_argument, NULL, 'b' },
		{ "flight", required_argument, NULL, 'l' },
		{ "on", required_argument, NULL, 'n' },
		{ "keep", required_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c, status;

	opterr = 0;
	/* +: the options of the command are not for this program. */
	while ((c = getopt_long(argc, argv, "+:o:b:h", longs, NULL)) != -1) {
		status = take_option(c, argv, o);
		if (status >= 0)
			return status;
	}
	if (optind < argc) {
		if (strcmp(argv[optind - 1], "--")) {
			complain("'%s': -- goes before the command", argv[optind]);
			return STATUS_USAGE;
		}
		o->command = argv + optind;
	}
	if (o->flight && (o->command || o->seconds || !o->interval)) {
		complain("--flight goes on until it is interrupted, and samples: without a command, --for and --interval 0");
		return STATUS_USAGE;
	}
	if (o->flight && !o->output) {
		complain("--flight needs -o DIR");
		return STATUS_USAGE;
	}
	if (!o->output)
		o->output = "trace.dat";
	if (!o->flight && (o->on || o->keep)) {
		complain("--on and --keep need --flight");
		return STATUS_USAGE;
	}
	return -1;
}

static void add_event(struct recording *r, const char *system, const char *name)
{
	r->events[r->event_count].system = system;
	r->events[r->event_count].name = name;
	r->event_count++;
}

static void add_vmscan(const char *name, void *ctx)
{
	add_event(ctx, "vmscan", name);
}

static int enable_events(struct recording *r)
{
	int n;

	if (r->sampling)
		add_event(r, "ftrace", "raw_data");
	n = instance_enable(r->instance, add_vmscan, r);
	if (!n)
		complain("this kernel has no vmscan events: is it built with CONFIG_TRACEPOINTS?");
	if (n <= 0)
		return -1;
	if (!instance_has_failures(r->instance))
		complain("this kernel has no events of failed runs and resets; the report will go by %s",
			 r->sampling ? "samples" : "kswapd's waking and sleeping alone");
	return 0;
}

static int open_cpu(struct recording *r, int cpu)
{
	char path[64];

	r->polls[cpu].fd = -1;
	r->polls[cpu].events = POLLIN;
	snprintf(path, sizeof(path), "per_cpu/cpu%d/trace_pipe_raw", cpu);
	if (!tracefs_file_exists(r->instance, path))
		return 0;
	/* tracefs_cpu_open() shows no descriptor to poll, and has no O_CLOEXEC. */
	r->polls[cpu].fd = tracefs_instance_file_open(r->instance, path,
						      O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (r->polls[cpu].fd >= 0)
		r->readers[cpu] = tracefs_cpu_alloc_fd(r->polls[cpu].fd, r->page, true);
	if (r->readers[cpu])
		return 0;
	complain("cannot record CPU %d: %s", cpu, strerror(errno));
	if (r->polls[cpu].fd >= 0)
		close(r->polls[cpu].fd);
	return -1;
}

static int count_cpus(struct recording *r)
{
	char *path = tracefs_instance_get_file(r->instance, "per_cpu");
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;
	int cpu, most = -1;

	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "cpu%d", &cpu) == 1 && cpu > most && cpu < MAX_CPUS)
			most = cpu;
	if (dir)
		closedir(dir);
	tracefs_put_tracing_file(path);
	return most + 1;
}

static void write_own(const char *path, int val)
{
	char text[16];
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	snprintf(text, sizeof(text), "%d", val);
	/* Without the permission, recording continues unprotected. */
	if (write(fd, text, strlen(text)) < 0)
		errno = 0;
	close(fd);
}

#define OOM_SCORE_ADJ	"/proc/self/oom_score_adj"

/* The recorder must survive memory shortage, and needs many files on many CPUs. */
static void protect(struct recording *r)
{
	struct rlimit most;
	char line[32];

	if (!read_line(OOM_SCORE_ADJ, line, sizeof(line)))
		r->oom_score_adj = atoi(line);
	write_own(OOM_SCORE_ADJ, -1000);
	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (!getrlimit(RLIMIT_NOFILE, &r->files)) {
		most = r->files;
		most.rlim_cur = most.rlim_max;
		setrlimit(RLIMIT_NOFILE, &most);
	}
}

/* Create the file first: an error must not cost a recording. */
static int make_file(struct recording *r, const char *output)
{
	struct stat st;
	int fd = -1;

	if (!stat(output, &st) && !S_ISREG(st.st_mode)) {
		complain("%s is not a file", output);
		return -1;
	}
	if (asprintf(&r->part, "%s.part.XXXXXX", output) < 0)
		r->part = NULL;
	else
		fd = mkostemp(r->part, O_CLOEXEC);
	if (fd < 0) {
		complain("cannot write %s: %s", output, strerror(errno));
		free(r->part);
		r->part = NULL;
		return -1;
	}
	r->live.fd = fd;
	return 0;
}

static struct dat_source source_of(const struct recording *r)
{
	struct dat_source from = {
		.tracing = tracefs_tracing_dir(), .instance = r->instance_dir,
		.events = r->events,
	};

	return from;
}

static int begin_file(struct recording *r)
{
	struct dat_source from = source_of(r);

	if (!dat_live_begin(&r->live, r->live.fd, &from, r->cpus, r->cpu_count))
		return 0;
	complain("cannot write %s: %s", r->part, strerror(errno));
	return -1;
}

/*
 * A sample of a few nodes is less than half a KiB, and all samples may be written on
 * one CPU. RINGS_KIB limits the rings of all CPUs together.
 */
#define RINGS_KIB	(12 << 10)

static double ring_kib(double samples, int cpus)
{
	double most = cpus > 0 ? RINGS_KIB / cpus : RINGS_KIB;
	double kib = samples / 2 > 256 ? samples / 2 : 256;

	return kib < most ? kib : most > 8 ? most : 8;
}

static int open_sampler(struct recording *r)
{
	r->marker = tracefs_instance_file_open(r->instance, "trace_marker_raw",
					       O_WRONLY | O_CLOEXEC);
	if (r->marker >= 0 && !sampler_init(&r->sampler))
		return 0;
	complain("cannot take samples (trace_marker_raw, /proc/zoneinfo); --interval 0 goes without");
	return -1;
}

/* Without these, the cgroups of resets are unknown. */
static void open_resets(struct resets *s)
{
	const struct known_event *known;
	const uint16_t one = 1;
	char *format;
	int size;

	/* tracefs_local_events_system() needs 20 MiB, and the pages are locked. */
	s->tep = tep_alloc();
	if (!s->tep)
		return;
	tep_set_long_size(s->tep, sizeof(long));
	tep_set_file_bigendian(s->tep, tep_is_bigendian() ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	for (known = known_events; known->name; known++) {
		if (known->type != EV_RESET)
			continue;
		format = tracefs_event_file_read(NULL, known->system, known->name, "format", &size);
		if (format)
			tep_parse_event(s->tep, format, size, known->system);
		free(format);
	}
	decode_init(&s->decode, s->tep);
	if (s->decode.formats & HAS(EV_RESET))
		s->page = kbuffer_alloc(sizeof(long) == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4,
					*(const char *)&one ? KBUFFER_ENDIAN_LITTLE :
							      KBUFFER_ENDIAN_BIG);
}

static void close_resets(struct resets *s)
{
	if (s->page)
		kbuffer_free(s->page);
	if (s->tep)
		tep_free(s->tep);
}

static int set_up(struct recording *r, const struct options *o)
{
	double buffer = o->buffer;
	ssize_t size;
	int cpus;

	r->page = sysconf(_SC_PAGESIZE);
	r->buf = malloc(r->page);
	if (!r->buf || (!o->flight && make_file(r, o->output)))
		return -1;
	r->instance = instance_new();
	if (!r->instance)
		return -1;
	r->instance_dir = tracefs_instance_get_dir(r->instance);
	cpus = count_cpus(r);
	if (o->flight && !buffer)
		buffer = ring_kib(o->flight / o->interval, cpus);
	if (buffer && tracefs_instance_set_buffer_size(r->instance, buffer, -1)) {
		complain("the kernel does not give each CPU a buffer of %g KiB", buffer);
		return -1;
	}
	size = tracefs_instance_get_buffer_size(r->instance, 0);
	r->half_buffer = size > 0 ? size * 1024 / 2 : 1 << 19;
	for (; r->cpu_count < cpus; r->cpu_count++)
		if (open_cpu(r, r->cpu_count))
			return -1;
	r->sampling = o->interval > 0;
	if (r->sampling && open_sampler(r))
		return -1;
	if (r->sampling) {
		blame_begin(&r->blame);
		open_resets(&r->resets);
	}
	if (enable_events(r))
		return -1;
	return o->flight ? 0 : begin_file(r);
}

static void clean_up(struct recording *r)
{
	int cpu;

	for (cpu = 0; cpu < r->cpu_count; cpu++)
		tracefs_cpu_close(r->readers[cpu]);
	if (r->marker >= 0)
		close(r->marker);
	tracefs_put_tracing_file(r->instance_dir);
	if (r->instance)
		instance_remove(r->instance);
	sampler_free(&r->sampler);
	blame_free(&r->blame);
	close_resets(&r->resets);
	/* Recording failed. */
	if (r->part)
		unlink(r->part);
	if (r->live.fd >= 0)
		close(r->live.fd);
	free(r->part);
	free(r->buf);
}

static void mark(struct recording *r, const void *data, size_t size)
{
	/* A report has fewer facts without it, and is none the less right. */
	if (write(r->marker, data, size) < 0)
		errno = 0;
}

/* Time of day and sums of the machine, beside the samples of nodes */
static void mark_machine(struct recording *r)
{
	struct meta_wire meta = { .id = META_ID, .version = MARK_VERSION };
	struct system_wire sums = { .id = SYSTEM_ID, .version = MARK_VERSION };
	struct event_system system;
	struct event_meta place;

	sampler_meta(&place);
	meta.wall_ns = place.wall_ns;
	memcpy(meta.host, place.host, sizeof(meta.host));
	memcpy(meta.release, place.release, sizeof(meta.release));
	memcpy(meta.boot, place.boot, sizeof(meta.boot));
	mark(r, &meta, sizeof(meta));
	sampler_system(&r->sampler, &system);
	sums.have_psi = system.have_psi;
	memcpy(sums.numbers, &system.psi_some_us, sizeof(sums.numbers));
	mark(r, &sums, sizeof(sums));
}

/* Called at the end, or before the flight recorder writes a file */
static void mark_cgroups(struct recording *r)
{
	struct event_cgroup top[CGROUPS];
	int n, i;

	if (!r->sampling)
		return;
	n = blame_top(&r->blame, top);
	for (i = 0; i < n; i++) {
		struct cgroup_wire w = { .id = CGROUP_ID, .version = MARK_VERSION,
			.high = top[i].high, .psi_us = top[i].psi_us, .rank = top[i].rank };

		memcpy(w.path, top[i].path, sizeof(w.path));
		mark(r, &w, sizeof(w));
	}
}

/* The tasks may exit soon: called once a sample, and after the last pages were read */
static void mark_members(struct recording *r)
{
	struct resets *s = &r->resets;
	struct event_member member;
	int i;

	for (i = 0; i < s->count; i++) {
		struct member_wire w = { .id = MEMBER_ID, .version = MARK_VERSION };

		if (!blame_task(s->pids[i], &member))
			continue;
		w.since = member.since;
		w.pid = member.pid;
		memcpy(w.path, member.path, sizeof(w.path));
		mark(r, &w, sizeof(w));
	}
	s->count = 0;
}

static void take_samples(struct recording *r)
{
	int i;

	if (!r->sampling || sampler_read(&r->sampler))
		return;
	mark_machine(r);
	mark_members(r);
	for (i = 0; i < r->sampler.nodes; i++) {
		struct event_sample s;
		struct sample_wire w;

		if (!sampler_node(&r->sampler, i, &s))
			continue;
		memset(&w, 0, sizeof(w));
		w.id = SAMPLE_ID;
		w.version = SAMPLE_VERSION;
		w.nid = r->sampler.node[i].nid;
		w.flags = (s.hopeless ? SAMPLE_HOPELESS : 0) | (s.balanced ? SAMPLE_BALANCED : 0) |
			  (s.have_cpu ? SAMPLE_HAVE_CPU : 0) |
			  (s.retried ? SAMPLE_RETRIED : 0);
		w.free = s.free;
		w.low = s.low;
		w.high = s.high;
		w.cpu_ns = s.cpu_ns;
		w.refaults = s.refaults;
		if (write(r->marker, &w, sizeof(w)) == sizeof(w))
			r->samples++;
	}
}

static void note_reset(struct resets *s, int32_t pid)
{
	int i;

	for (i = 0; i < s->count; i++)
		if (s->pids[i] == pid)
			return;
	if (s->count < RESET_TASKS)
		s->pids[s->count++] = pid;
}

/* Find the resets in a page. */
static void note_resets(struct resets *s, void *page)
{
	unsigned long long ts;
	struct event ev;
	void *data;

	if (!s->page || kbuffer_load_subbuffer(s->page, page))
		return;
	for (data = kbuffer_read_event(s->page, &ts); data; data = kbuffer_next_event(s->page, &ts)) {
		struct tep_record record = {
			.data = data, .size = kbuffer_event_size(s->page), .ts = ts,
		};

		if (decode_record(&s->decode, &record, &ev) && ev.type == EV_RESET)
			note_reset(s, ev.task.pid);
	}
}

/*
 * Move pages of a CPU to the file, at most this many bytes. Without a limit, draining a
 * busy buffer would never end.
 */
static int drain(struct recording *r, int cpu, size_t most)
{
	size_t done = 0;

	if (!r->readers[cpu])
		return 0;
	while (done < most) {
		int got = tracefs_cpu_read(r->readers[cpu], r->buf, true);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		/* The reader of the file counts in whole pages. */
		memset(r->buf + got, 0, r->page - got);
		errno = ENOSPC;
		if (r->cpus[cpu].size + r->page > r->live.cpu_room ||
		    pwrite(r->live.fd, r->buf, r->page, r->cpus[cpu].at + r->cpus[cpu].size) !=
			    r->page) {
			complain("cannot write the records: %s", strerror(errno));
			return -1;
		}
		note_resets(&r->resets, r->buf);
		r->cpus[cpu].size += r->page;
		done += r->page;
	}
	return 0;
}

static int drain_ready(struct recording *r, unsigned long long wait_ns)
{
	int cpu;

	if (poll(r->polls, r->cpu_count, wait_ns / 1000000 + 1) <= 0)
		return 0;
	for (cpu = 0; cpu < r->cpu_count; cpu++) {
		/* A CPU that never was online has no buffer, and poll() would not wait. */
		if (r->polls[cpu].revents & (POLLERR | POLLHUP))
			r->polls[cpu].fd = -1;
		else if ((r->polls[cpu].revents & POLLIN) && drain(r, cpu, r->half_buffer))
			return -1;
	}
	return 0;
}

/* Drain everything, so that it is in the file if this process is killed. */
static int drain_all(struct recording *r, size_t most)
{
	struct dat_source from = source_of(r);
	int cpu;

	for (cpu = 0; cpu < r->cpu_count; cpu++)
		if (drain(r, cpu, most))
			return -1;
	if (!dat_live_update(&r->live, &from, r->cpus, r->cpu_count))
		return 0;
	complain("cannot write the records: %s", strerror(errno));
	return -1;
}

struct command {
	pid_t pid;	/* 0: it has ended, or there is none */
	int go, failed;	/* pipes: start signal; errno of a failed exec */
	int status;
};

static void __attribute__((noreturn)) be_command(struct recording *r, char **command, int go,
						 int failed)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	size_t i;
	char c;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	write_own(OOM_SCORE_ADJ, r->oom_score_adj);
	setrlimit(RLIMIT_NOFILE, &r->files);
	if (read(go, &c, 1) != 1)
		_exit(1);
	execvp(command[0], command);
	i = errno;
	if (write(failed, &i, sizeof(i)) < 0)
		_exit(126);
	_exit(127);
}

/* The command waits until recording has begun. */
static int start_command(struct recording *r, char **command, struct command *c)
{
	int go[2], failed[2];

	if (pipe2(go, O_CLOEXEC))
		return -1;
	if (pipe2(failed, O_CLOEXEC))
		return -1;
	fflush(NULL);
	c->pid = fork();
	if (!c->pid) {
		close(go[1]);
		close(failed[0]);
		be_command(r, command, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	c->go = go[1];
	c->failed = failed[0];
	return c->pid < 0 ? -1 : 0;
}

/* Returns false after a message if the command could not be run. */
static bool command_ran(const struct command *c, char **command)
{
	size_t error;

	if (!command || c->pid || read(c->failed, &error, sizeof(error)) != sizeof(error))
		return true;
	complain("cannot run '%s': %s", command[0], strerror(error));
	return false;
}

/* The command may ignore the signal; a second one kills it. */
static void end_command(struct command *c)
{
	unsigned long long until = now_ns() + TERM_NS;
	int was = stop, status;

	kill(c->pid, SIGTERM);
	while (waitpid(c->pid, &status, WNOHANG) == 0) {
		if (now_ns() > until || stop > was + 1 || stop > 1) {
			kill(c->pid, SIGKILL);
			until = UINT64_MAX;
		}
		usleep(20000);
	}
	c->pid = 0;
	c->status = 0;
}

/* Until the command ends, the time is over, or a signal arrives. */
static int run(struct recording *r, const struct options *o, struct command *c)
{
	unsigned long long step = o->interval * 1e9, next = now_ns(), end = 0, now, update = 0;
	int err = 0;

	if (o->command && start_command(r, o->command, c)) {
		complain("cannot start a process: %s", strerror(errno));
		return -1;
	}
	if (o->seconds)
		end = next + o->seconds * 1e9;
	if (c->pid && write(c->go, "", 1) != 1)
		stop = 1;
	while (!stop && !err) {
		now = now_ns();
		if (end && now >= end)
			break;
		if (r->sampling && now >= next) {
			take_samples(r);
			next = now + step;
		}
		if (c->pid && waitpid(c->pid, &c->status, WNOHANG) == c->pid) {
			c->pid = 0;
			break;
		}
		/* A tenth of a second: a command that ended is noticed by then. */
		err = drain_ready(r, r->sampling && next - now < NSEC / 10 ? next - now :
				  NSEC / 10);
		if (!err && now - update >= UPDATE_NS) {
			err = drain_all(r, r->half_buffer);
			update = now;
		}
	}
	take_samples(r);
	mark_cgroups(r);
	if (c->pid)
		end_command(c);
	return err;
}

/* Number of records that the kernel dropped */
static unsigned long long overruns(struct recording *r)
{
	unsigned long long sum = 0, val;
	struct text text = { };
	char path[4096];
	const char *at;
	int cpu;

	for (cpu = 0; cpu < r->cpu_count; cpu++) {
		snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/stats", r->instance_dir, cpu);
		if (text_read(&text, path))
			continue;
		at = strstr(text.buf, "overrun: ");
		if (at && sscanf(at, "overrun: %llu", &val) == 1)
			sum += val;
		at = strstr(text.buf, "dropped events: ");
		if (at && sscanf(at, "dropped events: %llu", &val) == 1)
			sum += val;
	}
	text_free(&text);
	return sum;
}

/* Copy without the holes of the live file, which is kept if the disk is full. */
static int pack(struct recording *r, const char *output)
{
	struct dat_source from = source_of(r);
	char *packed;
	int fd = -1, err;

	if (asprintf(&packed, "%s.part.XXXXXX", output) < 0)
		return -1;
	fd = mkstemp(packed);
	err = fd < 0 ? -1 : dat_write(fd, &from, r->cpus, r->cpu_count);
	if (!err)
		err = rename(packed, output);
	if (err && fd >= 0)
		unlink(packed);
	free(packed);
	return err;
}

static int finish(struct recording *r, const struct options *o, int err)
{
	unsigned long long bytes = 0, lost;
	bool written = true;
	int cpu;

	tracefs_event_disable(r->instance, NULL, NULL);
	/* The cgroups of the last resets are records as well. */
	if (!err)
		err = drain_all(r, SIZE_MAX);
	mark_members(r);
	tracefs_trace_off(r->instance);
	if (!err)
		err = drain_all(r, SIZE_MAX);
	for (cpu = 0; cpu < r->cpu_count; cpu++)
		bytes += r->cpus[cpu].size;
	lost = overruns(r);
	/* A second signal skips the packing. */
	if (err || stop > 1 || pack(r, o->output)) {
		if (rename(r->part, o->output)) {
			complain("cannot write %s: %s; the recording is in %s", o->output,
				 strerror(errno), r->part);
			err = -1;
			written = false;
		}
	} else {
		unlink(r->part);
	}
	free(r->part);
	r->part = NULL;
	if (written)
		fprintf(stderr, "kswapd-report: wrote %s: %llu bytes of records from %d CPUs, %llu samples\n",
			o->output, bytes, r->cpu_count, r->samples);
	if (lost)
		complain("%llu records were lost: record with larger buffers (-b)", lost);
	return err;
}

static int command_result(const struct options *o, int status)
{
	if (!o->command || !status)
		return STATUS_OK;
	if (WIFSIGNALED(status))
		complain("'%s' ended with signal %d; the trace is written", o->command[0],
			 WTERMSIG(status));
	else
		complain("'%s' exited with %d; the trace is written", o->command[0],
			 WEXITSTATUS(status));
	return STATUS_ERROR;
}

/*
 * The flight recorder: the ring is read only when a sample shows that a node has become
 * hopeless, or that kswapd seems to run away. The content of the ring is then written to
 * a file.
 */

#define AFTER		5	/* samples after the incident that the file includes */
#define GAP		10	/* samples from one file to the next, at least */
#define FLIGHT_PREFIX	"kswapd-"

struct flight {
	struct model *model;
	bool hopeless[MAX_NODES], counted[MAX_NODES];
	uint64_t given_up[MAX_NODES], suspected[MAX_NODES];
	const char *incident;	/* to be written to a file, or NULL */
	int wait, gap;
};

/* The incident that a sample of a node shows, or NULL. */
static const char *incident_of(struct flight *f, struct recording *r, int i, unsigned int on)
{
	struct event ev = { .ts = now_ns(), .type = EV_SAMPLE, .nid = r->sampler.node[i].nid };
	const char *incident = NULL;
	struct kswapd_counts counts;
	struct node *node;

	if (!sampler_node(&r->sampler, i, &ev.sample))
		return NULL;
	model_event(&ev, f->model);
	node = model_node(f->model, ev.nid);
	if (node->suspected_at != f->suspected[i] && (on & FAIL_RUNAWAY) &&
	    ev.ts - f->suspected[i] > 6 * SUSPECT_NS)
		incident = "runaway";
	f->suspected[i] = node->suspected_at;
	/* The node may have been hopeless between two samples. */
	if (sampler_counts(&r->sampler, i, &counts)) {
		if (f->counted[i] && counts.given_up != f->given_up[i] && (on & FAIL_GIVEN_UP))
			incident = "given-up";
		f->counted[i] = true;
		f->given_up[i] = counts.given_up;
	}
	if (ev.sample.hopeless && !f->hopeless[i] && (on & FAIL_GIVEN_UP))
		incident = "given-up";
	f->hopeless[i] = ev.sample.hopeless;
	return incident;
}

static int oldest_first(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A file of write_flight(), and not one that a person has put there */
static int is_flight(const struct dirent *entry)
{
	return !fnmatch(FLIGHT_PREFIX "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T"
			"[0-9][0-9][0-9][0-9][0-9][0-9]Z-*.dat", entry->d_name, 0);
}

static void remove_oldest(const char *dir, int keep)
{
	struct dirent **list;
	char path[4096];
	int n = scandir(dir, &list, is_flight, oldest_first), i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (i + keep < n)
			unlink(path);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* The tasks that made the resets are known when the ring was read. */
static int drain_flight(struct recording *r)
{
	if (begin_file(r) || drain_all(r, SIZE_MAX))
		return -1;
	mark_members(r);
	return drain_all(r, SIZE_MAX);
}

/* If the disk is full, try again at the next incident. */
static void write_flight(struct recording *r, const struct options *o, const char *incident)
{
	time_t now = time(NULL);
	char path[4096], when[32];
	struct tm tm;

	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	snprintf(path, sizeof(path), "%s/" FLIGHT_PREFIX "%s-%s.dat", o->output, when, incident);
	if (make_file(r, path))
		return;
	mark_cgroups(r);
	blame_begin(&r->blame);
	/* If the disk is full, keep the part that was written. */
	if (drain_flight(r) || pack(r, path)) {
		if (rename(r->part, path))
			complain("cannot write %s: %s", path, strerror(errno));
	} else {
		unlink(r->part);
	}
	free(r->part);
	r->part = NULL;
	close(r->live.fd);
	r->live.fd = -1;
	remove_oldest(o->output, o->keep ? o->keep : 20);
	printf("%s\n", path);
	fflush(stdout);
}

static int fly(struct recording *r, const struct options *o)
{
	unsigned int on = o->on ? o->on : FAIL_GIVEN_UP | FAIL_RUNAWAY;
	struct flight f = { .model = model_new() };
	struct timespec step = { .tv_sec = o->interval };
	const char *incident;
	int i;

	if (!f.model) {
		complain("out of memory");
		return -1;
	}
	step.tv_nsec = (o->interval - step.tv_sec) * 1e9;
	while (!stop) {
		take_samples(r);
		for (i = 0; i < r->sampler.nodes; i++) {
			incident = incident_of(&f, r, i, on);
			if (incident && !f.incident) {
				f.incident = incident;
				f.wait = AFTER;
			}
		}
		f.gap -= f.gap > 0;
		f.wait -= f.wait > 0;
		if (f.incident && !f.wait && !f.gap) {
			write_flight(r, o, f.incident);
			f.incident = NULL;
			f.gap = GAP;
		}
		nanosleep(&step, NULL);
	}
	if (f.incident)
		write_flight(r, o, f.incident);
	model_free(f.model);
	return 0;
}

static int check_directory(const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode) && !access(path, W_OK))
		return 0;
	complain("--flight writes into the directory of -o, and %s is none that can be written",
		 path);
	return -1;
}

int cmd_record(int argc, char **argv)
{
	struct options o = { .interval = 1 };
	struct command command = { .go = -1, .failed = -1 };
	struct recording *r;
	int status, err;

	status = parse(argc, argv, &o);
	if (status >= 0)
		return status;
	r = calloc(1, sizeof(*r));
	if (!r) {
		complain("out of memory");
		return STATUS_ERROR;
	}
	r->marker = r->live.fd = -1;
	stop_on_signals();
	signal(SIGPIPE, SIG_IGN);
	protect(r);
	status = STATUS_ERROR;
	if (o.flight) {
		if (!check_directory(o.output) && !set_up(r, &o) && !fly(r, &o))
			status = STATUS_OK;
	} else if (!set_up(r, &o)) {
		err = run(r, &o, &command);
		if (command_ran(&command, o.command) && !finish(r, &o, err))
			status = command_result(&o, command.status);
	}
	clean_up(r);
	free(r);
	return status;
}
