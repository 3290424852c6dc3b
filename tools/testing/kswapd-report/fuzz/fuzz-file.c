// SPDX-License-Identifier: GPL-2.0
/*
 * Changes trace.dat files at random and reads them as the tool's child does.
 *
 * libtracecmd and libtraceevent are the installed libraries, without sanitizers. They
 * crash on some of the files. The tool contains such a crash in its child, so it is not
 * a finding unless the tool's code, or memory that it passed, is at fault. The
 * sanitizers' reports go to a directory, and "classify" reads them. Execution N is
 * reproducible.
 *
 * usage: fuzz-file FIRST COUNT LOG-DIRECTORY FILE...
 *        fuzz-file --events FILE TO
 *        fuzz-file --make N TO FILE...: the file of an execution
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trace-cmd.h>

#include "model.h"
#include "read.h"

#define LARGEST		(1 << 20)
/* Executions of a worker, which also frees the leaks of the libraries. */
#define TURN		500
#define HANG_SECONDS	5

struct input {
	unsigned char *data;
	size_t size;
};

struct shared {
	unsigned long done;	/* executions begun */
	unsigned long whole, refused, events;
};

static struct input *inputs;
static int input_count;
static struct shared *shared;
static uint64_t state;

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "symbolize=0:allocator_may_return_null=1:max_allocation_size_mb=256:detect_leaks=0:abort_on_error=0:exitcode=99:handle_abort=1";
}

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static size_t below(size_t n)
{
	return n ? next() % n : 0;
}

/* Prefer the front of the file, which has the formats. */
static size_t place(size_t size)
{
	return next() % 3 ? below(size < 16384 ? size : 16384) : below(size);
}

static size_t change(unsigned char *data, size_t size)
{
	static const uint64_t numbers[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000,
		0xffffffff, 0x7fffffffffffffff, UINT64_MAX, 4096, 4095, 28, 29, 30, 31,
	};
	size_t at = place(size), n, to;
	uint64_t val;

	switch (next() % 8) {
	case 0:
		data[at] ^= 1 << (next() % 8);
		return size;
	case 1:
		data[at] = next();
		return size;
	case 2:
		val = numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
		n = (size_t)1 << (next() % 4);
		if (at + n <= size)
			memcpy(data + at, &val, n);
		return size;
	case 3:
		n = 1 + below(64);
		to = place(size);
		if (at + n <= size && to + n <= size)
			memmove(data + to, data + at, n);
		return size;
	case 4:	/* take some out */
		n = 1 + below(next() % 8 ? 16 : 512);
		if (at + n >= size)
			return size;
		memmove(data + at, data + at + n, size - at - n);
		return size - n;
	case 5:	/* put some in */
		n = 1 + below(next() % 8 ? 16 : 512);
		if (size + n > LARGEST)
			return size;
		memmove(data + at + n, data + at, size - at);
		return size + n;
	case 6:	/* a digit, or another letter of the formats */
		for (n = 0; n < 256 && at + n < size; n++) {
			if (data[at + n] >= '0' && data[at + n] <= '9') {
				data[at + n] = '0' + next() % 10;
				break;
			}
		}
		return size;
	default:
		if (!(next() % 8))
			return at ? at : size;
		data[at] = " \t\n:;,(){}\"-<>&%0"[below(17)];
		return size;
	}
}

static void count_event(const struct event *ev, void *ctx)
{
	unsigned long *events = ctx;

	(void)ev;
	(*events)++;
}

/* The n-th file, in buf; returns its size. */
static size_t make(unsigned long n, unsigned char *buf)
{
	const struct input *in;
	size_t size;
	int changes;

	state = (n + 1) * 0x9e3779b97f4a7c15ULL;
	next();
	in = &inputs[below(input_count)];
	size = in->size;
	memcpy(buf, in->data, size);
	for (changes = 1 + below(next() % 4 ? 4 : 32); changes; changes--)
		size = change(buf, size);
	return size;
}

static void one(unsigned long n, unsigned char *buf, int fd)
{
	struct itimerval timer = { .it_value.tv_sec = HANG_SECONDS };
	size_t size = make(n, buf);

	if (ftruncate(fd, 0) || pwrite(fd, buf, size, 0) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET))
		err(1, "memfd");
	setitimer(ITIMER_PROF, &timer, NULL);
	if (trace_read_fd(dup(fd), count_event, &shared->events))
		shared->refused++;
	else
		shared->whole++;
}

/* Seeds for the fuzzer of the pipe */
static void append_event(const struct event *ev, void *ctx)
{
	if (ev->type != EV_TICK)
		fwrite(ev, sizeof(*ev), 1, ctx);
}

static int events_of(const char *path, const char *to)
{
	FILE *out = fopen(to, "w");
	int fd = open(path, O_RDONLY);

	if (!out || fd < 0 || trace_read_fd(fd, append_event, out) || fclose(out))
		errx(1, "cannot read %s or write %s", path, to);
	return 0;
}

static void worker(unsigned long first, unsigned long end, const char *logs)
{
	unsigned char *buf = malloc(LARGEST + 1024);
	int fd = memfd_create("trace", 0);
	char path[4096];
	int log;

	snprintf(path, sizeof(path), "%s/%lu", logs, first);
	log = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (!buf || fd < 0 || log < 0)
		err(1, "worker");
	dup2(log, STDERR_FILENO);
	dup2(log, STDOUT_FILENO);
	tracecmd_set_loglevel(TEP_LOG_NONE);
	for (; first < end; first++) {
		shared->done = first + 1;
		one(first, buf, fd);
	}
	unlink(path);
	_exit(0);
}

static int write_file(unsigned long n, const char *to)
{
	unsigned char *buf = malloc(LARGEST + 1024);
	FILE *out = fopen(to, "w");

	if (!buf || !out || !fwrite(buf, make(n, buf), 1, out) || fclose(out))
		err(1, "%s", to);
	return 0;
}

static void load(struct input *in, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0 || st.st_size > LARGEST)
		errx(2, "%s: cannot be read, or is too large", path);
	in->size = st.st_size;
	in->data = malloc(in->size);
	if (!in->data || read(fd, in->data, in->size) != st.st_size)
		err(1, "%s", path);
	close(fd);
}

static volatile sig_atomic_t stop;

/* A signal prints the progress. */
static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void tell(unsigned long done, unsigned long crashed, unsigned long hung)
{
	printf("%lu executions: %lu read to the end (%lu events), %lu refused, %lu crashed, %lu did not end\n",
	       done, shared->whole, shared->events, shared->refused, crashed, hung);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	unsigned long first, count, crashed = 0, hung = 0, at;
	const char *logs;
	int i;

	if (argc == 4 && !strcmp(argv[1], "--events"))
		return events_of(argv[2], argv[3]);
	if (argc < 5)
		errx(2, "usage: fuzz-file FIRST COUNT LOG-DIRECTORY FILE...");
	first = strtoul(argv[1], NULL, 10);
	count = strtoul(argv[2], NULL, 10);
	logs = argv[3];
	input_count = argc - 4;
	inputs = calloc(input_count, sizeof(*inputs));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!inputs || shared == MAP_FAILED)
		err(1, "memory");
	for (i = 0; i < input_count; i++)
		load(&inputs[i], argv[4 + i]);
	if (!strcmp(argv[1], "--make"))
		return write_file(strtoul(argv[2], NULL, 10), argv[3]);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	for (at = first; at < first + count && !stop; at = shared->done) {
		unsigned long end = at + TURN < first + count ? at + TURN : first + count;
		char from[4096], to[4096];
		int status;
		pid_t pid = fork();

		if (!pid)
			worker(at, end, logs);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			err(1, "fork");
		if ((at - first) / 10000 != (shared->done - first) / 10000)
			tell(shared->done - first, crashed, hung);
		if (!status)
			continue;
		/* The name of the log has the number of the execution. */
		snprintf(from, sizeof(from), "%s/%lu", logs, at);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) {
			hung++;
			snprintf(to, sizeof(to), "%s/hang-%lu", logs, shared->done - 1);
		} else {
			crashed++;
			snprintf(to, sizeof(to), "%s/crash-%lu", logs, shared->done - 1);
		}
		rename(from, to);
	}
	tell(at - first, crashed, hung);
	return 0;
}
