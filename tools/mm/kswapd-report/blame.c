// SPDX-License-Identifier: GPL-2.0
/*
 * The cgroups that hit their memory.high, or stalled for memory, most often.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"

#define ROOT		"/sys/fs/cgroup"
#define MOST		65536
#define DEEPEST		32

struct blame_cgroup {
	char *path;
	uint64_t high, psi_us;
};

static void forget(struct blame *b)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		free(b->list[i].path);
	b->count = 0;
}

void blame_free(struct blame *b)
{
	forget(b);
	free(b->list);
	text_free(&b->text);
	memset(b, 0, sizeof(*b));
}

static void add(struct blame *b, const char *dir)
{
	struct blame_cgroup cgroup = { };
	unsigned long long val;
	const char *total;
	char path[4352];

	snprintf(path, sizeof(path), "%s/memory.events", dir);
	if (text_read(&b->text, path))
		return;
	if (keyed_number(b->text.buf, "high", &val))
		cgroup.high = val;
	snprintf(path, sizeof(path), "%s/memory.pressure", dir);
	if (!text_read(&b->text, path)) {
		total = strstr(b->text.buf, "total=");
		if (total && sscanf(total, "total=%llu", &val) == 1)
			cgroup.psi_us = val;
	}
	if (b->count == b->room) {
		size_t room = b->room ? 2 * b->room : 64;
		void *list = room <= MOST ? realloc(b->list, room * sizeof(*b->list)) : NULL;

		if (!list)
			return;
		b->list = list;
		b->room = room;
	}
	cgroup.path = strdup(dir + strlen(ROOT));
	if (cgroup.path)
		b->list[b->count++] = cgroup;
}

static void walk(struct blame *b, const char *dir, int depth)
{
	DIR *d = depth < DEEPEST ? opendir(dir) : NULL;
	struct dirent *entry;
	char path[4096];

	while (d && (entry = readdir(d))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path))
			continue;
		add(b, path);
		walk(b, path, depth + 1);
	}
	if (d)
		closedir(d);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct blame_cgroup *)a)->path,
		      ((const struct blame_cgroup *)b)->path);
}

void blame_begin(struct blame *b)
{
	forget(b);
	walk(b, ROOT, 0);
	if (b->count)
		qsort(b->list, b->count, sizeof(*b->list), by_path);
}

static uint64_t growth(uint64_t now, uint64_t was)
{
	return now > was ? now - was : 0;
}

static bool is_more(const struct event_cgroup *a, const struct event_cgroup *b)
{
	return a->high != b->high ? a->high > b->high : a->psi_us > b->psi_us;
}

static void insert(struct event_cgroup *top, int *n, const struct event_cgroup *new)
{
	int i;

	if (*n == CGROUPS && !is_more(new, &top[CGROUPS - 1]))
		return;
	i = *n < CGROUPS ? (*n)++ : CGROUPS - 1;
	for (; i > 0 && is_more(new, &top[i - 1]); i--)
		top[i] = top[i - 1];
	top[i] = *new;
}

int blame_top(struct blame *b, struct event_cgroup *top)
{
	struct blame now = { };
	size_t i;
	int n = 0;

	walk(&now, ROOT, 0);
	for (i = 0; i < now.count; i++) {
		static const struct blame_cgroup none;
		const struct blame_cgroup *c = &now.list[i], *was = NULL;
		struct event_cgroup new = { };
		size_t len = strlen(c->path);

		if (b->count)
			was = bsearch(c, b->list, b->count, sizeof(*b->list), by_path);
		if (!was)
			was = &none;
		new.high = growth(c->high, was->high);
		new.psi_us = growth(c->psi_us, was->psi_us);
		if (!new.high && !new.psi_us)
			continue;
		/* The end of a long path is more specific. */
		snprintf(new.path, sizeof(new.path), "%s",
			 c->path + (len < sizeof(new.path) ? 0 : len - sizeof(new.path) + 1));
		insert(top, &n, &new);
	}
	blame_free(&now);
	for (i = 0; i < (size_t)n; i++)
		top[i].rank = i;
	return n;
}

void blame_task(pid_t pid, char *path, size_t size)
{
	struct text text = { };
	const char *at;
	char name[64];

	*path = '\0';
	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	if (!text_read(&text, name)) {
		at = strstr(text.buf, "0::");
		if (at)
			snprintf(path, size, "%.*s", (int)strcspn(at + 3, "\n"), at + 3);
	}
	text_free(&text);
}
