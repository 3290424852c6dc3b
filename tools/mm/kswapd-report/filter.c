// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a program on a file. The fuzzer of perf.data has its own run_filter().
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "open.h"

int run_filter(const char *const *command, int in, int out, off_t most, bool debug)
{
	struct rlimit limit;
	int status, null;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		null = open("/dev/null", O_WRONLY);
		if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur > (rlim_t)most) {
			limit.rlim_cur = most;
			setrlimit(RLIMIT_FSIZE, &limit);
		}
		if (lseek(in, 0, SEEK_SET) || dup2(in, STDIN_FILENO) < 0 ||
		    dup2(out, STDOUT_FILENO) < 0 || (!debug && dup2(null, STDERR_FILENO) < 0))
			_exit(1);
		signal(SIGPIPE, SIG_DFL);
		signal(SIGXFSZ, SIG_DFL);
		execvp(command[0], (char *const *)command);
		_exit(127);
	}
	if (pid < 0)
		return 1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
		return FILTER_TOO_LARGE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
