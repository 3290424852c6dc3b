// SPDX-License-Identifier: GPL-2.0
/*
 * A private tracefs instance.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decode.h"
#include "instance.h"
#include "main.h"

#define PREFIX	"kswapd-report."

/*
 * The owner of an instance holds a lock on the directory of the instance. File locks
 * work across PID namespaces, and the kernel drops them when the owner dies.
 */
static struct {
	struct tracefs_instance *instance;
	int lock;
} mine = { .lock = -1 };

static int lock_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Is the locked directory still at that path? */
static bool same_directory(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/*
 * Events stay enabled here: the kernel disables them when it removes an instance, and
 * refuses to remove an instance whose files are open.
 */
static void remove_stale(void)
{
	char path[4096];
	struct dirent *entry;
	DIR *dir;
	int lock;

	snprintf(path, sizeof(path), "%s/instances", tracefs_tracing_dir());
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			continue;
		snprintf(path, sizeof(path), "%s/instances/%s", tracefs_tracing_dir(),
			 entry->d_name);
		lock = lock_directory(path);
		if (lock < 0)
			continue;
		rmdir(path);
		close(lock);
	}
	if (dir)
		closedir(dir);
}

/* A locked directory with a unique name. */
static bool make_directory(char *name, size_t size)
{
	char path[4096];
	int tries;

	for (tries = 0; tries < 100; tries++) {
		snprintf(path, sizeof(path), "%s/instances/" PREFIX "%d.XXXXXX",
			 tracefs_tracing_dir(), getpid());
		if (!mkdtemp(path))
			return false;
		mine.lock = lock_directory(path);
		/* Another process may have removed it before it was locked. */
		if (mine.lock >= 0 && same_directory(mine.lock, path)) {
			snprintf(name, size, "%s", strrchr(path, '/') + 1);
			return true;
		}
		if (mine.lock >= 0)
			close(mine.lock);
	}
	errno = EBUSY;
	return false;
}

static void remove_mine(void)
{
	if (mine.instance)
		instance_remove(mine.instance);
}

struct tracefs_instance *instance_new(void)
{
	static bool at_exit;
	char name[64];

	tracefs_set_loglevel(TEP_LOG_NONE);
	/* The library would mount tracefs and leave it mounted. */
	if (tracefs_tracing_dir_is_mounted(false, NULL) <= 0) {
		complain("tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing");
		return NULL;
	}
	remove_stale();
	if (!make_directory(name, sizeof(name))) {
		complain("cannot make an instance in %s: %s (are you root?)",
			 tracefs_tracing_dir(), strerror(errno));
		return NULL;
	}
	mine.instance = tracefs_instance_create(name);
	if (!mine.instance) {
		complain("cannot use the instance %s: %s", name, strerror(errno));
		close(mine.lock);
		return NULL;
	}
	if (!at_exit)
		atexit(remove_mine);
	at_exit = true;
	/* One time for all CPUs; the default clock drifts between CPUs. */
	tracefs_instance_file_write(mine.instance, "trace_clock", "mono");
	return mine.instance;
}

/* libtracefs destroys only instances that it has created. */
void instance_remove(struct tracefs_instance *instance)
{
	char *path = tracefs_instance_get_dir(instance);

	if (path && rmdir(path) && errno != ENOENT)
		complain("cannot remove %s: %s", path, strerror(errno));
	tracefs_put_tracing_file(path);
	tracefs_instance_free(instance);
	if (instance == mine.instance) {
		mine.instance = NULL;
		close(mine.lock);
		mine.lock = -1;
	}
}

static bool exists(struct tracefs_instance *instance, const char *name)
{
	return tracefs_event_file_exists(instance, "vmscan", name, "enable");
}

int instance_enable(struct tracefs_instance *instance,
		    void (*fn)(const char *name, void *ctx), void *ctx)
{
	const struct known_event *known;
	int n = 0;

	for (known = known_events; known->name; known++) {
		/* Samples are of ftrace, which records them without being asked. */
		if (strcmp(known->system, "vmscan") || !exists(instance, known->name))
			continue;
		if (tracefs_event_enable(instance, "vmscan", known->name)) {
			complain("cannot switch on the event vmscan:%s: %s", known->name,
				 strerror(errno));
			return -1;
		}
		if (fn)
			fn(known->name, ctx);
		n++;
	}
	return n;
}

bool instance_has_failures(struct tracefs_instance *instance)
{
	return exists(instance, "mm_vmscan_kswapd_reclaim_fail");
}
