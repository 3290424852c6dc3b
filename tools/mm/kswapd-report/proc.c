// SPDX-License-Identifier: GPL-2.0
/*
 * Reads what the kernel tells about nodes, zones, reclaim and threads.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"

#define TEXT_FIRST_SIZE		(64 * 1024)

unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int text_grow(struct text *text)
{
	size_t cap = text->cap ? text->cap * 2 : TEXT_FIRST_SIZE;
	char *buf = realloc(text->buf, cap);

	if (!buf)
		return -ENOMEM;
	text->buf = buf;
	text->cap = cap;
	return 0;
}

int text_read(struct text *text, const char *path)
{
	ssize_t got;
	int err = 0;
	int fd;

	text->len = 0;
	if (!text->cap && text_grow(text))
		return -ENOMEM;
	text->buf[0] = '\0';

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	for (;;) {
		if (text->len + 1 >= text->cap) {
			err = text_grow(text);
			if (err)
				break;
		}
		got = read(fd, text->buf + text->len,
			   text->cap - text->len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = -errno;
		if (got <= 0)
			break;
		text->len += got;
	}
	text->buf[text->len] = '\0';
	close(fd);
	return err;
}

void text_free(struct text *text)
{
	free(text->buf);
	memset(text, 0, sizeof(*text));
}

int read_line(const char *path, char *buf, size_t size)
{
	ssize_t got;
	int err;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, buf, size - 1);
	} while (got < 0 && errno == EINTR);
	err = errno;
	close(fd);
	if (got < 0)
		return -err;
	buf[got] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

/*
 * The rest of a line after its first word, or NULL if that is another word. Blanks
 * before the word are skipped, and a blank must follow.
 */
static const char *after_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	while (*line == ' ')
		line++;
	if (strncmp(line, word, len))
		return NULL;
	line += len;
	return *line == ' ' || *line == '\t' ? line : NULL;
}

const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

bool keyed_number(const char *text, const char *key, unsigned long long *val)
{
	const char *rest;

	for (; text && *text; text = next_line(text)) {
		rest = after_word(text, key);
		if (rest) {
			*val = strtoull(rest, NULL, 10);
			return true;
		}
	}
	return false;
}

unsigned long long keyed_sum(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);
	unsigned long long sum = 0;
	const char *space;

	for (; text && *text; text = next_line(text)) {
		if (strncmp(text, prefix, len))
			continue;
		space = strchr(text, ' ');
		if (space)
			sum += strtoull(space, NULL, 10);
	}
	return sum;
}

struct zone_state {
	unsigned long long free;
	unsigned long long boost;
	unsigned long long low;
	unsigned long long high;
	unsigned long long managed;
	unsigned long long reserve;
	bool hopeless;
	unsigned long long refaults;
	int failures;
};

/* "(0, 948, 948)": the largest lowmem reserve of the zone. */
static unsigned long long largest_of_list(const char *list)
{
	unsigned long long largest = 0;
	unsigned long long val;
	char *end;

	while (*list && *list != ')' && *list != '\n') {
		if (!isdigit((unsigned char)*list)) {
			list++;
			continue;
		}
		val = strtoull(list, &end, 10);
		if (val > largest)
			largest = val;
		list = end;
	}
	return largest;
}

/*
 * One line of a zone. No other line matches these words: pagesets have "high:" with
 * a colon, and the names of statistics begin with nr_, numa_ or workingset_.
 */
static void zone_line(struct zone_state *zone, const char *line)
{
	static const struct {
		const char *word;
		size_t where;
	} words[] = {
		{ "pages free", offsetof(struct zone_state, free) },
		{ "boost", offsetof(struct zone_state, boost) },
		{ "low", offsetof(struct zone_state, low) },
		{ "high", offsetof(struct zone_state, high) },
		{ "managed", offsetof(struct zone_state, managed) },
	};
	const char *rest;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		rest = after_word(line, words[i].word);
		if (!rest)
			continue;
		*(unsigned long long *)((char *)zone + words[i].where) =
			strtoull(rest, NULL, 10);
		return;
	}
	rest = after_word(line, "protection:");
	if (rest) {
		zone->reserve = largest_of_list(rest);
		return;
	}
	rest = after_word(line, "node_unreclaimable:");
	if (rest)
		zone->hopeless = strtoull(rest, NULL, 10) != 0;
	rest = after_word(line, "kswapd_failures:");
	if (rest)
		zone->failures = atoi(rest);
	rest = after_word(line, "workingset_refault_file");
	if (!rest)
		rest = after_word(line, "workingset_refault_anon");
	if (rest)
		zone->refaults += strtoull(rest, NULL, 10);
}

static unsigned long long above(unsigned long long val,
				unsigned long long mark)
{
	return val > mark ? val - mark : 0;
}

static void node_add_zone(struct node_state *node, struct zone_state *zone)
{
	/* Statistics of the node stand below its first zone that has pages. */
	node->refaults += zone->refaults;
	if (!zone->managed)
		return;
	node->managed += zone->managed;
	node->hopeless |= zone->hopeless;
	node->failures = zone->failures;

	/* The kernel prints these two with the boost. */
	zone->low = above(zone->low, zone->boost) + zone->reserve;
	zone->high = above(zone->high, zone->boost) + zone->reserve;
	if (zone->managed <= zone->high)
		return;

	node->free += zone->free;
	node->low += zone->low;
	node->high += zone->high;
	node->balanced |= zone->free > zone->high;
}

/* Not by sscanf(), which measures all of the text each time */
int node_heading(const char *text)
{
	const char *rest = *text == 'N' ? after_word(text, "Node") : NULL;
	char *end;
	long nid;

	if (!rest)
		return -1;
	nid = strtol(rest, &end, 10);
	return end != rest && nid >= 0 && nid <= INT_MAX && !strncmp(end, ", zone", 6) ? nid : -1;
}

bool node_state_parse(const char *text, int nid, struct node_state *node)
{
	static const struct zone_state none = { .failures = -1 };
	struct zone_state zone = none;
	bool inside = false;

	memset(node, 0, sizeof(*node));
	for (; text && *text; text = next_line(text)) {
		if (*text != 'N') {
			if (inside)
				zone_line(&zone, text);
			continue;
		}
		if (inside)
			node_add_zone(node, &zone);
		zone = none;
		inside = node_heading(text) == nid;
	}
	if (inside)
		node_add_zone(node, &zone);
	return node->managed != 0;
}

bool read_kswapd_counts(int nid, struct text *text, struct kswapd_counts *counts)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/vmstat", nid);
	return !text_read(text, path) &&
	       keyed_number(text->buf, "kswapd_runs_failed", &counts->runs_failed) &&
	       keyed_number(text->buf, "kswapd_given_up", &counts->given_up) &&
	       keyed_number(text->buf, "kswapd_revived", &counts->revived);
}

/* The name is in parentheses and may contain blanks and parentheses. */
int stat_field(pid_t pid, int field, unsigned long long *val)
{
	char path[64];
	char line[1024];
	char *at;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	err = read_line(path, line, sizeof(line));
	if (err)
		return err;
	at = strrchr(line, ')');
	if (!at)
		return -EINVAL;
	at++;
	for (;;) {
		at += strspn(at, " ");
		if (!*at)
			return -EINVAL;
		if (!field--)
			break;
		at += strcspn(at, " ");
	}
	*val = strtoull(at, NULL, 10);
	return 0;
}

#define STAT_PPID	1
#define STAT_UTIME	11
#define STAT_STIME	12

pid_t find_kswapd(int nid)
{
	unsigned long long parent;
	struct dirent *entry;
	char wanted[32];
	char path[300];
	char comm[64];
	pid_t found = 0;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc)
		return 0;
	snprintf(wanted, sizeof(wanted), "kswapd%d", nid);
	while (!found && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (read_line(path, comm, sizeof(comm)) || strcmp(comm, wanted))
			continue;
		/* Any program can have that name, but only kswapd is a child of kthreadd. */
		if (!stat_field(atoi(entry->d_name), STAT_PPID, &parent) &&
		    parent == 2)
			found = atoi(entry->d_name);
	}
	closedir(proc);
	return found;
}

static int schedstat_ns(const char *path, unsigned long long *ns)
{
	char line[128];
	int err;

	err = read_line(path, line, sizeof(line));
	if (err)
		return err;
	*ns = strtoull(line, NULL, 10);
	return 0;
}

bool have_schedstat(void)
{
	unsigned long long ns;

	/* Without CONFIG_SCHED_INFO, the file exists and is always zero. */
	return !schedstat_ns("/proc/self/schedstat", &ns) && ns;
}

int thread_cpu_ns(pid_t pid, bool schedstat, unsigned long long *ns)
{
	unsigned long long utime;
	unsigned long long stime;
	char path[64];
	int err;

	if (schedstat) {
		snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
		return schedstat_ns(path, ns);
	}
	err = stat_field(pid, STAT_UTIME, &utime);
	if (!err)
		err = stat_field(pid, STAT_STIME, &stime);
	if (!err)
		*ns = (utime + stime) * (1000000000ULL / sysconf(_SC_CLK_TCK));
	return err;
}
