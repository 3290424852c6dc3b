// SPDX-License-Identifier: GPL-2.0
/*
 * Removes and restores everything, even if the supervisor is killed.
 *
 * The cleanup process starts before anything is made or changed, with the complete
 * list. It waits for the end of a pipe that only the supervisor holds open: the
 * kernel closes that end even if the supervisor is killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

#define KILL_SECONDS	120
#define RETRY_US	10000

static void complain(const char *what, const char *path, int err)
{
	fprintf(stderr, "%s: cannot %s %s: %s\n", PROGRAM, what, path,
		strerror(err));
}

typedef void (*entry_fn)(const char *path, bool is_dir);

static void visit_entries(const char *dir, entry_fn fn)
{
	char path[PATH_MAX + 300];
	struct dirent *entry;
	DIR *d;

	d = opendir(dir);
	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		fn(path, entry->d_type == DT_DIR);
	}
	closedir(d);
}

static void kill_members(const char *path, bool is_dir)
{
	char procs[PATH_MAX + 350];
	FILE *list;
	int pid;

	if (!is_dir)
		return;
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	list = fopen(procs, "re");
	if (!list)
		return;
	while (fscanf(list, "%d", &pid) == 1)
		if (pid > 0)
			kill(pid, SIGKILL);
	fclose(list);
	visit_entries(path, kill_members);
}

static void remove_child_group(const char *path, bool is_dir)
{
	if (!is_dir)
		return;
	visit_entries(path, remove_child_group);
	rmdir(path);
}

static void remove_entry(const char *path, bool is_dir)
{
	(void)is_dir;
	remove(path);
}

/*
 * After the death of the supervisor, its last child may still enter the group. So
 * repeat the kill until the group can be removed.
 */
static bool undo_group(const struct cleanup *cleanup)
{
	unsigned long long deadline = now_ns() + KILL_SECONDS * NS_A_SECOND;
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/cgroup.kill", cleanup->group);
	for (;;) {
		/* cgroup.kill exists since Linux 5.14. */
		if (write_line(path, "1"))
			visit_entries(cleanup->group, kill_members);
		visit_entries(cleanup->group, remove_child_group);
		if (!rmdir(cleanup->group) || errno == ENOENT)
			return true;
		if (errno != EBUSY || now_ns() > deadline) {
			complain("remove the cgroup", cleanup->group, errno);
			return false;
		}
		pause_us(RETRY_US);
	}
}

/* A file, an empty directory or a tracefs instance; "": none. */
static bool undo_path(const char *path)
{
	if (!*path || !remove(path) || errno == ENOENT)
		return true;
	complain("remove", path, errno);
	return false;
}

static bool undo_setting(const char *path, const char *former)
{
	char now[32];
	int err;

	if (!*former)
		return true;
	if (!read_line(path, now, sizeof(now)) && !strcmp(now, former))
		return true;
	err = write_line(path, "%s", former);
	if (err)
		complain("restore", path, -err);
	return !err;
}

static bool undo_controller(const struct cleanup *cleanup, const char *name)
{
	char path[PATH_MAX + 32];
	char list[256];
	int err;

	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", cleanup->parent);
	if (read_line(path, list, sizeof(list)) || !has_word(list, name))
		return true;
	err = write_line(path, "-%s", name);
	/* Busy: another cgroup uses the controller by now. */
	if (!err || err == -EBUSY)
		return true;
	complain("restore", path, -err);
	return false;
}

static bool undo_swap(const struct cleanup *cleanup)
{
	char path[sizeof(cleanup->zram) + 16];
	int err;

	/* Swap that is off, or whose file is deleted, needs nothing. Kernels can lack swap. */
	if (*cleanup->swap && swapoff(cleanup->swap) && errno != EINVAL &&
	    errno != ENOENT && errno != ENOSYS) {
		complain("swap off", cleanup->swap, errno);
		return false;
	}
	if (!*cleanup->zram)
		return true;
	snprintf(path, sizeof(path), "%s/reset", cleanup->zram);
	err = write_line(path, "1");
	if (err)
		complain("reset", cleanup->zram, -err);
	return !err;
}

static bool undo_all(const struct cleanup *cleanup)
{
	bool clean;
	int i;

	clean = undo_group(cleanup);
	clean &= undo_swap(cleanup);
	visit_entries(cleanup->dir, remove_entry);
	clean &= undo_path(cleanup->dir);
	clean &= undo_path(cleanup->file);
	clean &= undo_setting(SCALE_FACTOR_FILE, cleanup->scale_factor);
	clean &= undo_setting(LRU_FILE, cleanup->lru);
	clean &= undo_setting(DEMOTION_FILE, cleanup->demotion);
	clean &= undo_setting(LISTS_FILE, cleanup->lists);
	clean &= undo_setting(cleanup->huge_file, cleanup->huge);
	clean &= undo_setting(MIN_FREE_FILE, cleanup->min_free);
	clean &= undo_setting(DIRTY_FILE, cleanup->dirty);
	clean &= undo_setting(DIRTY_BACKGROUND_FILE, cleanup->dirty_background);
	clean &= undo_setting(COMPACT_FILE, cleanup->compact);
	clean &= undo_setting(THP_DEFRAG_FILE, cleanup->thp_defrag);
	clean &= undo_setting(cleanup->readahead_file, cleanup->readahead);
	clean &= undo_path(cleanup->tracing);
	for (i = 0; i < NR_CONTROLLERS; i++)
		if (cleanup->given[i])
			clean &= undo_controller(cleanup, controller_names[i]);
	return clean;
}

/*
 * Returns after the end of the supervisor. If its master ends first, kill the
 * supervisor: a test must not outlive its runner.
 */
static void wait_for_end(pid_t master, pid_t supervisor, int pipe_fd)
{
	struct pollfd ends[2] = {
		{ .fd = pipe_fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};

	if (master)
		ends[1].fd = syscall(SYS_pidfd_open, master, 0);
	for (;;) {
		if (poll(ends, ARRAY_SIZE(ends), -1) < 0 && errno != EINTR)
			return;
		if (ends[0].revents)
			return;
		if (ends[1].revents && getppid() == supervisor) {
			kill(supervisor, SIGKILL);
			ends[1].fd = -1;
		}
	}
}

static void __noreturn
cleanup_main(const struct run *run, pid_t supervisor, int pipe_fd)
{
	int null;
	int sig;

	setsid();
	for (sig = 1; sig < NSIG; sig++)
		if (sig != SIGCHLD)
			signal(sig, SIG_IGN);
	/* A reader of the supervisor's output must not wait for the cleanup. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	wait_for_end(run->master, supervisor, pipe_fd);
	_exit(undo_all(&run->cleanup) ? EXIT_OK : EXIT_FAILED);
}

static int no_cleanup(struct run *run, int err)
{
	return fail(run, EXIT_FAILED, "cannot start the cleanup process: %s",
		    strerror(err));
}

int cleanup_start(struct run *run)
{
	pid_t supervisor = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return no_cleanup(run, errno);
	fflush(NULL);
	run->cleanup_pid = fork();
	if (run->cleanup_pid < 0) {
		no_cleanup(run, errno);
		run->cleanup_pid = 0;
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	if (!run->cleanup_pid) {
		close(fds[1]);
		cleanup_main(run, supervisor, fds[0]);
	}
	close(fds[0]);
	run->cleanup_fd = fds[1];
	return 0;
}

/* Returns true if everything is removed and restored. */
bool cleanup_finish(struct run *run)
{
	int status;
	pid_t pid;
	int i;

	if (!run->cleanup_pid)
		return true;
	close(run->cleanup_fd);
	do {
		pid = waitpid(run->cleanup_pid, &status, 0);
	} while (pid < 0 && errno == EINTR);
	run->cleanup_pid = 0;

	/* If the cleanup process was killed, do its work here. */
	run->clean = pid > 0 && WIFEXITED(status) ?
		     WEXITSTATUS(status) == EXIT_OK : undo_all(&run->cleanup);

	for (i = 0; run->clean && i < run->nr_workers; i++)
		if (run->workers[i].pid > 0)
			waitpid(run->workers[i].pid, NULL, 0);
	return run->clean;
}
