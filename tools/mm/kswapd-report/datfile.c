// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a trace.dat, version 6.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "datfile.h"
#include "proc.h"

/* ids of options in the file */
#define OPTION_END	0
#define OPTION_CPUSTAT	2
#define OPTION_CLOCK	4
#define OPTION_UNAME	5

/* Least space for names of tasks in a live file */
#define NAMES_ROOM	65536

static int is_big_endian(void)
{
	const uint16_t one = 1;

	return !*(const char *)&one;
}

static void put(FILE *out, const void *data, size_t size)
{
	fwrite(data, 1, size, out);
}

static void put16(FILE *out, uint16_t val)
{
	put(out, &val, sizeof(val));
}

static void put32(FILE *out, uint32_t val)
{
	put(out, &val, sizeof(val));
}

static void put64(FILE *out, uint64_t val)
{
	put(out, &val, sizeof(val));
}

static void put_string(FILE *out, const char *s)
{
	put(out, s, strlen(s) + 1);
}

/* DIR/PATH with its size in front; -1 if a required file is missing. */
static int put_file(FILE *out, struct text *text, const char *dir, const char *path)
{
	char full[4096];
	int err;

	snprintf(full, sizeof(full), "%s/%s", dir, path);
	err = text_read(text, full);
	if (err) {
		errno = -err;
		return -1;
	}
	put64(out, text->len);
	put(out, text->buf, text->len);
	return 0;
}

static int put_format(FILE *out, struct text *text, const char *tracing,
		      const struct dat_event *event)
{
	char path[256];

	snprintf(path, sizeof(path), "events/%s/%s/format", event->system, event->name);
	return put_file(out, text, tracing, path);
}

static int put_system(FILE *out, struct text *text, const char *tracing,
		      const struct dat_event *events, int count)
{
	int i;

	put32(out, count);
	for (i = 0; i < count; i++)
		if (put_format(out, text, tracing, &events[i]))
			return -1;
	return 0;
}

/* How many of the events are of the first one's system? */
static int same_system(const struct dat_event *events)
{
	int n = 0;

	while (events[n].name && !strcmp(events[n].system, events[0].system))
		n++;
	return n;
}

/* The events of ftrace come first, without the name of the system. */
static int put_formats(FILE *out, struct text *text, const char *tracing,
		       const struct dat_event *events)
{
	const struct dat_event *at;
	int systems = 0, n = 0;

	if (events->name && !strcmp(events->system, "ftrace"))
		n = same_system(events);
	if (put_system(out, text, tracing, events, n))
		return -1;
	events += n;
	for (at = events; at->name; at += same_system(at))
		systems++;
	put32(out, systems);
	for (at = events; at->name; at += n) {
		n = same_system(at);
		put_string(out, at->system);
		if (put_system(out, text, tracing, at, n))
			return -1;
	}
	return 0;
}

static void put_option(FILE *out, uint16_t id, const char *data, size_t size)
{
	put16(out, id);
	put32(out, size);
	put(out, data, size);
}

static void put_options(FILE *out, struct text *text, const char *instance, int cpus)
{
	struct utsname u;
	char path[4096];
	char *stat;
	int i;

	put_string(out, "options  ");
	if (!uname(&u) && asprintf(&stat, "%s %s %s %s", u.sysname, u.nodename, u.release,
				   u.machine) >= 0) {
		put_option(out, OPTION_UNAME, stat, strlen(stat) + 1);
		free(stat);
	}
	snprintf(path, sizeof(path), "%s/trace_clock", instance);
	if (!text_read(text, path))
		put_option(out, OPTION_CLOCK, text->buf, text->len + 1);
	for (i = 0; i < cpus; i++) {
		snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/stats", instance, i);
		if (text_read(text, path))
			continue;
		if (asprintf(&stat, "CPU: %d\n%s", i, text->buf) < 0)
			continue;
		put_option(out, OPTION_CPUSTAT, stat, strlen(stat) + 1);
		free(stat);
	}
	put16(out, OPTION_END);
}

static off_t aligned(off_t at, off_t page)
{
	return (at + page - 1) / page * page;
}

/* A page of the file, at most */
static int copy_pages(FILE *out, const struct dat_cpu *cpu, char *buf, off_t page)
{
	off_t done = 0;

	while (done < cpu->size) {
		ssize_t got = pread(cpu->fd, buf, page, cpu->at + done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		put(out, buf, got);
		if (ferror(out))
			return -1;
		done += got;
	}
	return 0;
}

/* The table of each CPU's offset and size, and then the pages. */
static int put_data(FILE *out, const struct dat_cpu *cpus, int count, off_t page)
{
	off_t at = aligned(ftello(out) + 16LL * count, page);
	char *buf = malloc(page);
	int i, err = buf ? 0 : -1;

	for (i = 0; i < count; i++) {
		put64(out, at);
		put64(out, cpus[i].size);
		at = aligned(at + cpus[i].size, page);
	}
	for (i = 0; i < count && !err; i++) {
		err = fseeko(out, aligned(ftello(out), page), SEEK_SET);
		if (!err)
			err = copy_pages(out, &cpus[i], buf, page);
	}
	free(buf);
	return err;
}

/* Whole lines of the names, and blank ones up to the size. */
static int put_names(FILE *out, struct text *text, const char *tracing, size_t *room)
{
	char path[4096];
	size_t len;
	int err;

	snprintf(path, sizeof(path), "%s/saved_cmdlines", tracing);
	err = text_read(text, path);
	if (err) {
		errno = -err;
		return -1;
	}
	len = text->len;
	if (!*room)
		*room = 2 * len > NAMES_ROOM ? 2 * len : NAMES_ROOM;
	while (len > *room || (len && text->buf[len - 1] != '\n'))
		len--;
	put64(out, *room);
	put(out, text->buf, len);
	for (; len < *room; len++)
		fputc('\n', out);
	return 0;
}

static int put_head(FILE *out, struct text *text, const struct dat_source *from, int count,
		    struct dat_live *live)
{
	static const char magic[] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };

	put(out, magic, sizeof(magic));
	put_string(out, "6");
	fputc(is_big_endian(), out);
	fputc(sizeof(long), out);
	put32(out, sysconf(_SC_PAGESIZE));
	put_string(out, "header_page");
	if (put_file(out, text, from->tracing, "events/header_page"))
		return -1;
	put_string(out, "header_event");
	if (put_file(out, text, from->tracing, "events/header_event"))
		return -1;
	if (put_formats(out, text, from->tracing, from->events))
		return -1;
	put32(out, 0);	/* no kallsyms: no event here has an address */
	put32(out, 0);	/* no formats of trace_printk() */
	if (live) {
		live->names_at = ftello(out);
		if (put_names(out, text, from->tracing, &live->names_room))
			return -1;
	} else if (put_file(out, text, from->tracing, "saved_cmdlines")) {
		return -1;
	}
	put32(out, count);
	/* The number of lost records of a CPU is known at the end. */
	put_options(out, text, from->instance, live ? 0 : count);
	put_string(out, "flyrecord");
	return 0;
}

int dat_write(int fd, const struct dat_source *from, const struct dat_cpu *cpus, int count)
{
	struct text text = { };
	FILE *out = fdopen(fd, "w");
	int err;

	if (!out) {
		close(fd);
		return -1;
	}
	err = put_head(out, &text, from, count, NULL);
	if (!err)
		err = put_data(out, cpus, count, sysconf(_SC_PAGESIZE));
	text_free(&text);
	if (ferror(out))
		err = -1;
	if (fclose(out))
		err = -1;
	return err;
}

static int put_table(FILE *out, const struct dat_cpu *cpus, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		put64(out, cpus[i].at);
		put64(out, cpus[i].size);
	}
	return fflush(out) || ferror(out) ? -1 : 0;
}

/* 16 GiB for each CPU, and 2 TiB in all: file systems limit the size of a sparse file. */
#define CPU_ROOM	(1LL << 34)
#define FILE_ROOM	(1LL << 41)

int dat_live_begin(struct dat_live *live, int fd, const struct dat_source *from,
		   struct dat_cpu *cpus, int count)
{
	off_t page = sysconf(_SC_PAGESIZE), at;
	struct text text = { };
	FILE *out = fdopen(dup(fd), "w");
	int i, err;

	memset(live, 0, sizeof(*live));
	live->fd = fd;
	live->cpu_room = count > FILE_ROOM / CPU_ROOM ? aligned(FILE_ROOM / count, page) : CPU_ROOM;
	if (!out)
		return -1;
	err = put_head(out, &text, from, count, live);
	live->table_at = ftello(out);
	at = aligned(live->table_at + 16LL * count, page);
	for (i = 0; i < count; i++) {
		cpus[i].fd = fd;
		cpus[i].at = at + i * live->cpu_room;
		cpus[i].size = 0;
	}
	if (put_table(out, cpus, count))
		err = -1;
	/* The reader seeks to the region of the last CPU. */
	if (!err && count)
		err = ftruncate(fd, cpus[count - 1].at + page);
	text_free(&text);
	if (fclose(out))
		err = -1;
	return err;
}

int dat_live_update(struct dat_live *live, const struct dat_source *from,
		    const struct dat_cpu *cpus, int count)
{
	struct text text = { };
	FILE *out = fdopen(dup(live->fd), "r+");
	int err;

	if (!out)
		return -1;
	err = fseeko(out, live->names_at, SEEK_SET) ||
	      put_names(out, &text, from->tracing, &live->names_room) ||
	      fseeko(out, live->table_at, SEEK_SET) || put_table(out, cpus, count) ? -1 : 0;
	text_free(&text);
	if (fclose(out))
		err = -1;
	return err;
}
