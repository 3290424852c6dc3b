// SPDX-License-Identifier: GPL-2.0
/*
 * Opens a trace. Compressed files and perf.data are converted by other programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "open.h"

ssize_t read_some(int fd, char *to, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, to, size);
	} while (got < 0 && errno == EINTR);
	return got;
}

enum form { FORM_DAT, FORM_PERF, FORM_GZIP, FORM_XZ, FORM_ZSTD, FORM_TEXT };

/* Magic numbers, and the commands that convert these files. */
static const struct {
	const char *magic;
	size_t size;
	const char *package;
	const char *command[16];
} forms[] = {
	[FORM_DAT] = { "\x17\x08\x44tracing", 10, NULL, { } },
	[FORM_PERF] = { "PERFILE2", 8, "linux-perf",
		{ "perf", "script", "-f", "-F", "comm,pid,tid,cpu,time,event,trace", "--ns",
		  "-i", "/proc/self/fd/0", NULL } },
	[FORM_GZIP] = { "\x1f\x8b", 2, "gzip", { "gzip", "-dc", NULL } },
	[FORM_XZ] = { "\xfd" "7zXZ", 5, "xz-utils", { "xz", "-dc", NULL } },
	[FORM_ZSTD] = { "\x28\xb5\x2f\xfd", 4, "zstd", { "zstd", "-dcq", NULL } },
	[FORM_TEXT] = { "", 0, NULL, { } },
};

static enum form form_of(int fd)
{
	char head[16] = "";
	ssize_t got = pread(fd, head, sizeof(head), 0);
	int i;

	for (i = 0; i < FORM_TEXT; i++)
		if (got >= (ssize_t)forms[i].size && !memcmp(head, forms[i].magic, forms[i].size))
			break;
	return i;
}

bool is_trace(const char *path)
{
	struct stat st;
	bool is = false;
	int fd;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		is = form_of(fd) != FORM_TEXT;
		close(fd);
	}
	return is;
}

/* An unlinked file on disk, because the data may be large. */
static int nameless(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/kswapd-report.XXXXXX", dir && *dir ? dir : "/tmp");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int copy_all(int from, int to)
{
	char buf[65536];
	ssize_t got;

	while ((got = read_some(from, buf, sizeof(buf))) > 0) {
		errno = ENOSPC;	/* if only a part could be written */
		if (write(to, buf, got) != got)
			return -1;
	}
	return got < 0 ? -1 : 0;
}

/* Did the converter end because the disk is full? errno tells. */
static bool is_full(int fd)
{
	static const char block[65536];
	off_t end = lseek(fd, 0, SEEK_END);

	return end >= 0 && pwrite(fd, block, sizeof(block), end) != (ssize_t)sizeof(block);
}

/* A small hostile file must not fill the disk, which may be memory, also if packed twice. */
#define UNPACKED_RATIO	256
#define UNPACKED_LEAST	((off_t)64 << 20)

/* Replaces fd by the converted file. */
static int unpack(const char *path, enum form form, int *fd, off_t most, bool debug, char *error,
		  size_t size)
{
	int to = nameless(), status;

	if (to < 0) {
		snprintf(error, size, "cannot make a temporary file for %s: %s", path,
			 strerror(errno));
		return -1;
	}
	status = run_filter(forms[form].command, *fd, to, most, debug);
	close(*fd);
	*fd = to;
	if (!status)
		return 0;
	if (status == 127)
		snprintf(error, size, "reading %s needs %s: install %s (its name in Debian)", path,
			 forms[form].command[0], forms[form].package);
	else if (status == FILTER_TOO_LARGE)
		snprintf(error, size, "%s has more than %d times its size when it is unpacked: unpack it by hand if you trust it",
			 path, UNPACKED_RATIO);
	else if (is_full(to))
		snprintf(error, size, "cannot write the temporary file for %s: the disk of TMPDIR or /tmp is full",
			 path);
	else
		snprintf(error, size, "%s is truncated or corrupt: %s cannot read it to its end",
			 path, forms[form].command[0]);
	return -1;
}

/* A pipe is copied, because it can be read only once. */
static int seekable(int *fd)
{
	int to = nameless();

	if (to < 0 || copy_all(*fd, to))
		return -1;
	close(*fd);
	*fd = to;
	return 0;
}

int trace_open(const char *path, bool *text, struct stat *st, bool debug, char *error, size_t size)
{
	enum form form;
	int fd, turns = 0;
	off_t most;

	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) :
				 fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0 || fstat(fd, st)) {
		snprintf(error, size, "cannot open %s: %s", path, strerror(errno));
		goto bad;
	}
	if (S_ISDIR(st->st_mode)) {
		snprintf(error, size, "%s is a directory", path);
		goto bad;
	}
	/* A block device is never a trace. */
	if (S_ISBLK(st->st_mode)) {
		snprintf(error, size, "%s is not a file", path);
		goto bad;
	}
	/* The size of a file of tracefs is 0, whatever it has. */
	if ((!S_ISREG(st->st_mode) || !st->st_size) && seekable(&fd)) {
		snprintf(error, size, "cannot copy %s to a temporary file in TMPDIR or /tmp: %s", path,
			 strerror(errno));
		goto bad;
	}
	most = lseek(fd, 0, SEEK_END) * UNPACKED_RATIO;
	if (most < UNPACKED_LEAST)
		most = UNPACKED_LEAST;
	while ((form = form_of(fd)) != FORM_DAT && form != FORM_TEXT) {
		if (turns++ == 3) {
			snprintf(error, size, "%s is compressed more than 3 times", path);
			goto bad;
		}
		if (unpack(path, form, &fd, most, debug, error, size))
			goto bad;
	}
	if (fstat(fd, st) || lseek(fd, 0, SEEK_SET)) {
		snprintf(error, size, "cannot read %s: %s", path, strerror(errno));
		goto bad;
	}
	if (!st->st_size) {
		snprintf(error, size, "%s is not a trace: it is empty", path);
		goto bad;
	}
	*text = form == FORM_TEXT;
	return fd;
bad:
	if (fd >= 0)
		close(fd);
	return -1;
}
