// SPDX-License-Identifier: GPL-2.0
/*
 * The clock of a trace.dat.
 *
 * Parses the head of the file up to the options, by trace-cmd.dat.v6(5) and .v7(5). A
 * malformed file has no clock here; libtracecmd reports the error.
 */
#include <endian.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "datclock.h"

#define OPTION_CLOCK	4
#define OPTION_TSC2NSEC	14
#define SECTION_PACKED	(1U << 0)
#define MOST_ITEMS	65536
#define MOST		(INT64_MAX / 4)	/* of a file */

struct cursor {
	int fd;
	off_t at;
	bool big, bad;
};

static void take(struct cursor *c, void *to, size_t size)
{
	if (c->bad || c->at < 0 || c->at > MOST || pread(c->fd, to, size, c->at) != (ssize_t)size) {
		memset(to, 0, size);
		c->bad = true;
	}
	c->at += size;
}

static uint64_t take64(struct cursor *c)
{
	uint64_t val;

	take(c, &val, sizeof(val));
	return c->big ? be64toh(val) : le64toh(val);
}

static uint32_t take32(struct cursor *c)
{
	uint32_t val;

	take(c, &val, sizeof(val));
	return c->big ? be32toh(val) : le32toh(val);
}

static uint16_t take16(struct cursor *c)
{
	uint16_t val;

	take(c, &val, sizeof(val));
	return c->big ? be16toh(val) : le16toh(val);
}

static void skip(struct cursor *c, uint64_t size)
{
	if (c->at < 0 || c->at > MOST || size > MOST)
		c->bad = true;
	else
		c->at += size;
}

/* Up to and with the zero. */
static void take_string(struct cursor *c, char *to, size_t size)
{
	size_t n = 0;
	char byte;

	do {
		take(c, &byte, 1);
		if (n + 1 < size)
			to[n++] = byte;
		if (c->bad)
			break;
	} while (byte);
	to[n < size ? n : size - 1] = '\0';
}

static void skip_sized(struct cursor *c, uint32_t count)
{
	for (; count && !c->bad; count--)
		skip(c, take64(c));
}

struct clock {
	char name[CLOCK_LEN];
	bool tsc_scaled;
};

/* "local global [mono] boot": the one in brackets */
static void bracketed(const char *text, char *to, size_t size)
{
	const char *from = strchr(text, '['), *end = from ? strchr(from, ']') : NULL;

	if (end)
		snprintf(to, size, "%.*s", (int)(end - from - 1), from + 1);
}

static void one_option(struct cursor *c, uint16_t id, uint32_t size, struct clock *clock)
{
	char text[512] = "";

	if (id == OPTION_CLOCK) {
		take(c, text, size < sizeof(text) ? size : sizeof(text) - 1);
		if (size >= sizeof(text))
			skip(c, size - (sizeof(text) - 1));
		bracketed(text, clock->name, sizeof(clock->name));
		return;
	}
	clock->tsc_scaled |= id == OPTION_TSC2NSEC;
	skip(c, size);
}

static void options_v6(struct cursor *c, struct clock *clock)
{
	int n;

	for (n = 0; n < MOST_ITEMS && !c->bad; n++) {
		uint16_t id = take16(c);

		if (!id)
			return;
		one_option(c, id, take32(c), clock);
	}
}

static void head_v6(struct cursor *c, struct clock *clock)
{
	char word[64];
	uint32_t systems;

	take_string(c, word, sizeof(word));	/* header_page */
	skip_sized(c, 1);
	take_string(c, word, sizeof(word));	/* header_event */
	skip_sized(c, 1);
	skip_sized(c, take32(c));		/* ftrace's own formats */
	for (systems = take32(c); systems && !c->bad; systems--) {
		take_string(c, word, sizeof(word));
		skip_sized(c, take32(c));
	}
	skip(c, take32(c));			/* kallsyms */
	skip(c, take32(c));			/* formats of trace_printk() */
	skip_sized(c, 1);			/* names of tasks */
	take32(c);				/* CPUs */
	take(c, word, 10);
	if (!c->bad && !memcmp(word, "options  ", 10))
		options_v6(c, clock);
}

/* Sections of options: the last option has the offset of the next section, or 0. */
static void head_v7(struct cursor *c, struct clock *clock)
{
	char word[64];
	int n;

	take_string(c, word, sizeof(word));	/* compression, and its version */
	take_string(c, word, sizeof(word));
	c->at = take64(c);
	for (n = 0; n < MOST_ITEMS && !c->bad && c->at; n++) {
		uint16_t flags;
		off_t end;

		take16(c);			/* id of the section */
		flags = take16(c);
		take32(c);			/* its name */
		end = take64(c);
		if (flags & SECTION_PACKED || c->at > MOST || end < 0 || end > MOST)
			return;
		end += c->at;
		while (c->at < end && !c->bad) {
			uint16_t id = take16(c);
			uint32_t size = take32(c);

			if (!id) {
				c->at = take64(c);
				break;
			}
			one_option(c, id, size, clock);
		}
		if (c->at == end)
			return;
	}
}

enum time_unit dat_clock(int fd, char *name, size_t size, uint64_t *scale,
			 uint32_t *page_size)
{
	struct cursor c = { .fd = fd, .at = 10 };
	struct clock clock = { };
	char version[8];
	unsigned char byte;

	take_string(&c, version, sizeof(version));
	take(&c, &byte, 1);
	c.big = byte;
	take(&c, &byte, 1);
	*page_size = take32(&c);
	if (!strcmp(version, "6"))
		head_v6(&c, &clock);
	else if (!strcmp(version, "7"))
		head_v7(&c, &clock);
	snprintf(name, size, "%s", clock.name);
	*scale = 1;
	if (!strcmp(clock.name, "uptime")) {
		*scale = NSEC / 100;	/* USER_HZ */
		return TIME_NS;
	}
	if (!strcmp(clock.name, "counter"))
		return TIME_NONE;
	if (!strcmp(clock.name, "x86-tsc") || !strcmp(clock.name, "ppc-tb"))
		return clock.tsc_scaled ? TIME_NS : TIME_NONE;
	return TIME_NS;
}
