// SPDX-License-Identifier: GPL-2.0
/*
 * Undoes everything, whatever way the supervisor ends.
 *
 * A process of its own is started before anything is made. It knows from the
 * beginning all that there may be to undo, and it waits for the end of a pipe
 * that only the supervisor holds open: the kernel closes it even for a
 * supervisor that was killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pressure.h"

#define KILL_SECONDS	120
#define RETRY_NS	10000000

static void short_rest(void)
{
	struct timespec ts = { .tv_nsec = RETRY_NS };

	nanosleep(&ts, NULL);
}

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
}

static void remove_child_group(const char *path, bool is_dir)
{
	if (is_dir)
		rmdir(path);
}

static void remove_file(const char *path, bool is_dir)
{
	if (is_dir)
		rmdir(path);
	else
		unlink(path);
}

/*
 * The supervisor is gone and the last of its children may be on its way into
 * the group, so killing is repeated for as long as the group is there.
 */
static bool undo_group(const struct undo *undo)
{
	unsigned long long deadline = now_ns() + KILL_SECONDS * NS_A_SECOND;
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/cgroup.kill", undo->group);
	for (;;) {
		/* Kernels before 5.14 do not have that file. */
		if (write_line(path, "1"))
			visit_entries(undo->group, kill_members);
		visit_entries(undo->group, remove_child_group);
		if (!rmdir(undo->group) || errno == ENOENT)
			return true;
		if (errno != EBUSY || now_ns() > deadline) {
			complain("remove the cgroup", undo->group, errno);
			return false;
		}
		short_rest();
	}
}

/* Once nobody is left whose pages would have to come back from it. */
static bool undo_swap(const struct undo *undo)
{
	/* Not there, or not yet swapped on, or already off. */
	if (!*undo->swap || !swapoff(undo->swap) || errno == ENOENT ||
	    errno == EINVAL)
		return true;
	complain("swap off", undo->swap, errno);
	return false;
}

static bool undo_dir(const struct undo *undo)
{
	visit_entries(undo->dir, remove_file);
	if (!rmdir(undo->dir) || errno == ENOENT)
		return true;
	complain("remove", undo->dir, errno);
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

static bool undo_control(const struct undo *undo)
{
	char path[PATH_MAX + 32];
	char list[256];
	int err;

	if (!undo->memory_off)
		return true;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", undo->parent);
	if (read_line(path, list, sizeof(list)) || !has_word(list, "memory"))
		return true;
	err = write_line(path, "-memory");
	/* Busy: somebody else came to rely on it. */
	if (!err || err == -EBUSY)
		return true;
	complain("restore", path, -err);
	return false;
}

static bool undo_all(const struct undo *undo)
{
	bool clean;

	clean = undo_group(undo);
	clean &= undo_swap(undo);
	clean &= undo_dir(undo);
	clean &= undo_setting(SCALE_FACTOR_FILE, undo->scale_factor);
	clean &= undo_setting(LRU_FILE, undo->lru);
	clean &= undo_control(undo);
	return clean;
}

static void __noreturn janitor_main(const struct undo *undo, int pipe_fd)
{
	ssize_t got;
	char byte;
	int null;
	int sig;

	setsid();
	for (sig = 1; sig < NSIG; sig++)
		if (sig != SIGCHLD)
			signal(sig, SIG_IGN);
	/* Whoever reads our output must not have to wait for us. */
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	do {
		got = read(pipe_fd, &byte, 1);
	} while (got > 0 || (got < 0 && errno == EINTR));
	_exit(undo_all(undo) ? EXIT_OK : EXIT_FAILED);
}

/* 0 or a negative errno. */
int janitor_start(struct run *run)
{
	int fds[2];
	int err;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	run->janitor = fork();
	if (run->janitor < 0) {
		err = -errno;
		run->janitor = 0;
		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!run->janitor) {
		close(fds[1]);
		janitor_main(&run->undo, fds[0]);
	}
	close(fds[0]);
	run->janitor_fd = fds[1];
	return 0;
}

/* Lets the janitor do its work and waits for it; is everything undone? */
bool janitor_finish(struct run *run)
{
	int status;
	pid_t pid;
	int i;

	if (!run->janitor)
		return true;
	close(run->janitor_fd);
	do {
		pid = waitpid(run->janitor, &status, 0);
	} while (pid < 0 && errno == EINTR);
	run->janitor = 0;

	/* A janitor that somebody killed leaves its work to us. */
	run->clean = pid > 0 && WIFEXITED(status) ?
		     WEXITSTATUS(status) == EXIT_OK : undo_all(&run->undo);

	for (i = 0; run->clean && i < run->nr_actors; i++)
		if (run->actors[i].pid > 0)
			waitpid(run->actors[i].pid, NULL, 0);
	return run->clean;
}
