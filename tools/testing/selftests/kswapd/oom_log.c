// SPDX-License-Identifier: GPL-2.0
/*
 * Free pages of the node at each OOM kill, from the kernel's log.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#define RECORD_SIZE	8192

static int log_fd = -1;
static struct oom_kill now;
static bool inside;
static bool begun;			/* a zone, whose reserve follows */
static unsigned long long zone_free;
static unsigned long long zone_min;

/* Later records only. */
int open_oom_log(struct run *run)
{
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log_fd < 0 || lseek(log_fd, 0, SEEK_END) < 0)
		return fail(run, EXIT_SKIP, "cannot read /dev/kmsg: %s",
			    strerror(errno));
	return 0;
}

static void end_zone(unsigned long long reserve_kib)
{
	if (begun && zone_free > zone_min + reserve_kib)
		now.above_kib += zone_free - zone_min - reserve_kib;
	begun = false;
}

/* "Node 1 Normal free:2812kB boost:0kB min:2820kB ... free_pcp:1234kB ..." */
static void zone_line(const struct run *run, const char *line)
{
	unsigned long long lists;
	char name[16];
	char *at;
	int id;

	if (sscanf(line, "Node %d %15s free:%llukB boost:%*ukB min:%llukB", &id,
		   name, &zone_free, &zone_min) != 4 || id != run->opt.node)
		return;
	begun = true;
	now.free_kib += zone_free;
	now.min_kib += zone_min;
	at = strstr(line, " free_pcp:");
	if (at && sscanf(at, " free_pcp:%llukB", &lists) == 1)
		now.lists_kib += lists;
}

/* "lowmem_reserve[]: 0 0 948 948", in pages */
static void reserve_line(const struct run *run, const char *list)
{
	unsigned long long most = 0;
	unsigned long long val;
	int len;

	while (sscanf(list, "%llu%n", &val, &len) == 1) {
		if (val > most)
			most = val;
		list += len;
	}
	end_zone(most * run->env.page_size / KIB);
}

static void end_kill(struct run *run)
{
	if (!inside)
		return;
	inside = false;
	if (run->nr_kills < MAX_OOM_KILLS)
		run->kills[run->nr_kills++] = now;
	else
		run->kills_lost = true;
}

static void log_line(struct run *run, double t, const char *line)
{
	const char *at;

	if (strstr(line, " invoked oom-killer: ")) {
		memset(&now, 0, sizeof(now));
		now.t = t;
		inside = true;
	} else if (!inside) {
		return;
	} else if (!strncmp(line, "Node ", 5)) {
		zone_line(run, line);
	} else if (!strncmp(line, "lowmem_reserve[]:", 17)) {
		reserve_line(run, line + 17);
	} else if (!strncmp(line, "Out of memory: Killed process ", 30)) {
		at = strchr(line, '(');
		if (at)
			snprintf(now.victim, sizeof(now.victim), "%.*s",
				 (int)strcspn(at + 1, ")"), at + 1);
		end_kill(run);
	}
}

/* A record is "priority,number,microseconds,flags;text". */
void read_oom_log(struct run *run)
{
	unsigned long long us;
	char record[RECORD_SIZE];
	ssize_t got;
	char *text;

	if (log_fd < 0)
		return;
	for (;;) {
		got = read(log_fd, record, sizeof(record) - 1);
		if (got < 0 && errno == EPIPE) {
			run->kills_lost = true;
			continue;
		}
		if (got <= 0)
			return;
		record[got] = '\0';
		text = strchr(record, ';');
		if (text && sscanf(record, "%*u,%*u,%llu", &us) == 1)
			log_line(run, us / 1e6, text + 1);
	}
}
