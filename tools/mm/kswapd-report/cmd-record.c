// SPDX-License-Identifier: GPL-2.0
/*
 * kswapd-report record
 *
 * Everything is done in a tracefs instance of its own, and goes with it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tracefs.h>

#include "datfile.h"
#include "decode.h"
#include "instance.h"
#include "main.h"
#include "sample.h"

#define MAX_CPUS	8192
#define MAX_EVENTS	16

static const char usage[] =
"usage: kswapd-report record [option...] [-- COMMAND [ARG...]]\n"
"\n"
"Records on the running kernel what a report needs: until COMMAND ends, or for\n"
"some seconds, or until it is interrupted. Needs root.\n"
"\n"
"  -o, --output FILE   where to (trace.dat)\n"
"      --for S         end after S seconds\n"
"      --interval S    seconds from one sample of /proc to the next (1);\n"
"                      0: take none\n"
"  -b, --buffer KB     buffer of each CPU, in KiB (the kernel's default)\n"
"  -h, --help          this text\n";

struct options {
	const char *output;
	double seconds, interval, buffer;
	char **command;
};

struct recording {
	struct tracefs_instance *instance;
	struct dat_event events[MAX_EVENTS];
	int event_count;
	struct dat_cpu cpus[MAX_CPUS];
	struct pollfd polls[MAX_CPUS];
	int cpu_count;
	int marker;
	int output;
	long page;
	char *buf;
	size_t half_buffer;
	struct sampler sampler;
	bool sampling;
	unsigned long long samples;
};

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
		return take_number("--buffer", optarg, 8, 1 << 20, &o->buffer) ? -1 : STATUS_USAGE;
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
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c, status;

	opterr = 0;
	/* + ends at the command, whose options are its own. */
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

/* A file without a name, beside the output: there is room for that one. */
static int nameless(const char *output, int cpu)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s.cpu%d.%d", output, cpu, getpid());
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int open_cpu(struct recording *r, int cpu, const char *output)
{
	char path[64];

	r->cpus[cpu].fd = -1;
	r->polls[cpu].fd = -1;
	r->polls[cpu].events = POLLIN;
	snprintf(path, sizeof(path), "per_cpu/cpu%d/trace_pipe_raw", cpu);
	if (!tracefs_file_exists(r->instance, path))
		return 0;
	r->polls[cpu].fd = tracefs_instance_file_open(r->instance, path,
						      O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	r->cpus[cpu].fd = nameless(output, cpu);
	if (r->polls[cpu].fd < 0 || r->cpus[cpu].fd < 0) {
		complain("cannot record CPU %d: %s", cpu, strerror(errno));
		return -1;
	}
	return 0;
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

/* The output is made before anything is recorded: it may not be possible. */
static int set_up(struct recording *r, const struct options *o)
{
	ssize_t size;
	int cpus;

	r->page = sysconf(_SC_PAGESIZE);
	r->buf = malloc(r->page);
	/* What is there stays until there is something new. */
	r->output = open(o->output, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (!r->buf || r->output < 0) {
		complain("cannot write %s: %s", o->output, strerror(errno));
		return -1;
	}
	r->instance = instance_new();
	if (!r->instance)
		return -1;
	if (o->buffer && tracefs_instance_set_buffer_size(r->instance, o->buffer, -1)) {
		complain("the kernel does not give each CPU a buffer of %g KiB", o->buffer);
		return -1;
	}
	size = tracefs_instance_get_buffer_size(r->instance, 0);
	r->half_buffer = size > 0 ? size * 1024 / 2 : 1 << 19;
	cpus = count_cpus(r);
	for (; r->cpu_count < cpus; r->cpu_count++)
		if (open_cpu(r, r->cpu_count, o->output))
			return -1;
	r->sampling = o->interval > 0;
	if (r->sampling) {
		r->marker = tracefs_instance_file_open(r->instance, "trace_marker_raw",
						       O_WRONLY | O_CLOEXEC);
		if (r->marker < 0 || sampler_init(&r->sampler)) {
			complain("cannot take samples (trace_marker_raw, /proc/zoneinfo); --interval 0 goes without");
			return -1;
		}
	}
	return enable_events(r);
}

static void clean_up(struct recording *r, const struct options *o)
{
	struct stat st;
	int cpu;

	for (cpu = 0; cpu < r->cpu_count; cpu++) {
		if (r->polls[cpu].fd >= 0)
			close(r->polls[cpu].fd);
		if (r->cpus[cpu].fd >= 0)
			close(r->cpus[cpu].fd);
	}
	if (r->marker >= 0)
		close(r->marker);
	if (r->instance)
		instance_remove(r->instance);
	sampler_free(&r->sampler);
	if (r->output >= 0) {
		/* Made by this, and nothing came of it. */
		if (!fstat(r->output, &st) && S_ISREG(st.st_mode) && !st.st_size)
			unlink(o->output);
		close(r->output);
	}
	free(r->buf);
}

static void take_samples(struct recording *r)
{
	int i;

	if (!r->sampling || sampler_read(&r->sampler))
		return;
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
			  (s.have_cpu ? SAMPLE_HAVE_CPU : 0);
		w.free = s.free;
		w.low = s.low;
		w.high = s.high;
		w.cpu_ns = s.cpu_ns;
		w.refaults = s.refaults;
		if (write(r->marker, &w, sizeof(w)) == sizeof(w))
			r->samples++;
	}
}

/*
 * Move a CPU's pages to its file, at most so many bytes: whoever empties a
 * buffer in use gets its last page while there is little on it.
 */
static int drain(struct recording *r, int cpu, size_t most)
{
	size_t done = 0;

	if (r->polls[cpu].fd < 0)
		return 0;
	while (done < most) {
		ssize_t got = read(r->polls[cpu].fd, r->buf, r->page);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		/* The reader of the file counts in whole pages. */
		memset(r->buf + got, 0, r->page - got);
		if (pwrite(r->cpus[cpu].fd, r->buf, r->page, r->cpus[cpu].size) != r->page) {
			complain("cannot write what was recorded: %s", strerror(errno));
			return -1;
		}
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
	for (cpu = 0; cpu < r->cpu_count; cpu++)
		if ((r->polls[cpu].revents & POLLIN) && drain(r, cpu, r->half_buffer))
			return -1;
	return 0;
}

/* The command waits until it is told to go on. */
static pid_t start_command(char **command, int *go)
{
	int ends[2];
	pid_t pid;
	char c;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	fflush(NULL);
	pid = fork();
	if (pid) {
		close(ends[0]);
		*go = ends[1];
		return pid;
	}
	close(ends[1]);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (read(ends[0], &c, 1) != 1)
		_exit(1);
	execvp(command[0], command);
	complain("cannot run '%s': %s", command[0], strerror(errno));
	_exit(127);
}

/* Until the command ends, the time is over, or a signal came. */
static int run(struct recording *r, const struct options *o, int *command_status)
{
	unsigned long long step = o->interval * 1e9, next = now_ns(), end = 0, now;
	pid_t pid = 0;
	int go = -1, err = 0;

	if (o->command) {
		pid = start_command(o->command, &go);
		if (pid < 0) {
			complain("cannot start a process: %s", strerror(errno));
			return -1;
		}
	}
	if (o->seconds)
		end = next + o->seconds * 1e9;
	if (go >= 0) {
		if (write(go, "", 1) != 1)
			stop = 1;
		close(go);
	}
	while (!stop && !err) {
		now = now_ns();
		if (end && now >= end)
			break;
		if (r->sampling && now >= next) {
			take_samples(r);
			next = now + step;
		}
		if (pid && waitpid(pid, command_status, WNOHANG) == pid) {
			pid = 0;
			break;
		}
		/* A tenth of a second: a command that ended is noticed by then. */
		err = drain_ready(r, r->sampling && next - now < NSEC / 10 ? next - now :
				  NSEC / 10);
	}
	take_samples(r);
	if (pid) {
		kill(pid, SIGTERM);
		while (waitpid(pid, command_status, 0) < 0 && errno == EINTR)
			;
		*command_status = 0;
	}
	return err;
}

static int finish(struct recording *r, const struct options *o)
{
	char *dir = tracefs_instance_get_dir(r->instance);
	unsigned long long bytes = 0;
	int cpu, err = 0;

	tracefs_event_disable(r->instance, NULL, NULL);
	tracefs_trace_off(r->instance);
	for (cpu = 0; cpu < r->cpu_count && !err; cpu++) {
		err = drain(r, cpu, SIZE_MAX);
		bytes += r->cpus[cpu].size;
	}
	if (!err && dir && ftruncate(r->output, 0)) {
		complain("cannot write %s: %s", o->output, strerror(errno));
		err = -1;
	}
	if (!err && dir) {
		err = dat_write(r->output, tracefs_tracing_dir(), dir, r->events, r->cpus,
				r->cpu_count);
		r->output = -1;
		if (err)
			complain("cannot write %s: %s", o->output, strerror(errno));
	}
	tracefs_put_tracing_file(dir);
	if (!err)
		fprintf(stderr, "kswapd-report: wrote %s: %llu bytes from %d CPUs, %llu samples\n",
			o->output, bytes, r->cpu_count, r->samples);
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

int cmd_record(int argc, char **argv)
{
	struct options o = { .output = "trace.dat", .interval = 1 };
	struct recording *r;
	int command_status = 0;
	int status;

	status = parse(argc, argv, &o);
	if (status >= 0)
		return status;
	r = calloc(1, sizeof(*r));
	if (!r) {
		complain("out of memory");
		return STATUS_ERROR;
	}
	r->marker = r->output = -1;
	stop_on_signals();
	status = STATUS_ERROR;
	if (!set_up(r, &o) && !run(r, &o, &command_status) && !finish(r, &o))
		status = command_result(&o, command_status);
	clean_up(r, &o);
	free(r);
	return status;
}
