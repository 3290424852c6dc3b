// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks that make the pressure. Each is a child of the supervisor, sits in
 * a memory cgroup of its own and takes its memory from the node under test.
 */
#include <errno.h>
#include <fcntl.h>
#include <numa.h>
#include <numaif.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pressure.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define STREAM_BLOCK		(128 * 1024)
#define READER_BLOCK		(1024 * 1024)
#define WRITE_BLOCK		(1024 * 1024)
#define RECLAIM_BYTES		(1024 * 1024)
#define RECLAIM_PAUSE_US	2000
#define HOG_STEP_BYTES		(64ULL << 20)
#define HOG_POLL_US		100000
#define HOG_POLLS_OF_ROOM	20
#define HOG_REST_NS		20000000
#define FLIP_WAIT_NS		100000000
#define FLIP_SLACK_BYTES	(4ULL << 20)

void actor_give_up(struct slot *slot, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(slot->note, sizeof(slot->note), fmt, ap);
	va_end(ap);
	_exit(EXIT_FAILED);
}

static void pause_us(unsigned long long us)
{
	struct timespec ts = {
		.tv_sec = us / 1000000,
		.tv_nsec = us % 1000000 * 1000,
	};

	if (us)
		nanosleep(&ts, NULL);
}

static int set_policy(int mode, int nid)
{
	struct bitmask *mask = numa_allocate_nodemask();
	int err = 0;

	numa_bitmask_setbit(mask, nid);
	/* The kernel reads one bit less than it is told. */
	if (set_mempolicy(mode, mask->maskp, mask->size + 1))
		err = -errno;
	numa_bitmask_free(mask);
	return err;
}

/* The supervisor has a policy, which children inherit. */
static int set_policy_default(void)
{
	return set_mempolicy(MPOL_DEFAULT, NULL, 0) ? -errno : 0;
}

int prefer_node(int nid)
{
	return set_policy(MPOL_PREFERRED, nid);
}

int bind_to_node(int nid)
{
	return set_policy(MPOL_BIND, nid);
}

static int bind_range(void *mem, size_t size, int nid)
{
	struct bitmask *mask = numa_allocate_nodemask();
	int err = 0;

	numa_bitmask_setbit(mask, nid);
	if (mbind(mem, size, MPOL_BIND, mask->maskp, mask->size + 1, 0))
		err = -errno;
	numa_bitmask_free(mask);
	return err;
}

void *map_small_pages(struct slot *slot, size_t size)
{
	void *mem;

	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		actor_give_up(slot, "cannot map %zu bytes: %s", size,
			      strerror(errno));
	/*
	 * Huge pages would take memory in lumps larger than the distance
	 * between two watermarks, and bring compaction into the picture.
	 */
	madvise(mem, size, MADV_NOHUGEPAGE);
	return mem;
}

/* A byte of each. */
void write_pages(char *mem, size_t size, size_t page)
{
	size_t at;

	for (at = 0; at < size; at += page)
		mem[at] = 1;
}

static void *map_anonymous(const struct run *run, struct actor *actor,
			   size_t size)
{
	struct slot *slot = actor->slot;
	void *mem = map_small_pages(slot, size);
	int err;

	if (actor->binding == BIND_RANGE) {
		err = bind_range(mem, size, run->opt.node);
		if (err)
			actor_give_up(slot, "cannot bind its memory to node %d: %s",
				      run->opt.node, strerror(-err));
	}
	return mem;
}

/* Where nothing but the others is to bring free memory below low. */
static bool hog_stops_at_low(const struct options *opt)
{
	return opt->scenario == RUNAWAY || opt->scenario == EDGE ||
	       opt->scenario == PRODUCTIVE;
}

/*
 * False where the gaps between the watermarks are too small for the pulses of
 * touch, which must not reach min: from there on the allocator would look for
 * something to kill.
 */
bool gaps_suffice(const struct options *opt, const struct node_state *node,
		  unsigned long long page_size)
{
	unsigned long long pulse = opt->touch_size / page_size;
	unsigned long long below = node->low - node->min;
	unsigned long long above = node->high - node->low;

	if (hog_stops_at_low(opt))
		return above >= pulse && below >= 2 * pulse;
	return below / 2 >= pulse;
}

static void *map_file(struct slot *slot, int fd, size_t size, int prot)
{
	void *mem;

	mem = mmap(NULL, size, prot, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		actor_give_up(slot, "cannot map its file: %s",
			      strerror(errno));
	return mem;
}

struct hog {
	const struct run *run;
	struct slot *slot;
	struct text text;
	int fd;
	char *mem;
	bool written;			/* by it; else it is only read */
	size_t size;
	size_t taken;
	size_t page;
	unsigned long long slack;	/* pages that it leaves of the excess */
	void *hot;			/* the hot file; NULL: there is none */
	unsigned char *cached;		/* of each of its pages: is it? */
};

static void hog_look(struct hog *hog, struct node_state *node)
{
	int err;

	err = text_read(&hog->text, "/proc/zoneinfo");
	if (err)
		actor_give_up(hog->slot, "cannot read /proc/zoneinfo: %s",
			      strerror(-err));
	if (!node_state_parse(hog->text.buf, hog->run->opt.node, node))
		actor_give_up(hog->slot, "cannot find node %d any more",
			      hog->run->opt.node);
}

/* Where there is a hot file, it was made before. */
static void hog_map_hot(struct hog *hog)
{
	const struct actor *hot = find_actor(hog->run, HOT);
	size_t size = hog->run->opt.hot_size;
	int fd;

	if (!hot)
		return;
	fd = open(hot->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		actor_give_up(hog->slot, "cannot open the hot file: %s",
			      strerror(errno));
	hog->hot = map_file(hog->slot, fd, size, PROT_READ);
	close(fd);
	hog->cached = malloc(size / hog->page + 1);
	if (!hog->cached)
		actor_give_up(hog->slot, "has no memory to look at the hot file");
}

/* Pages of the hot file that were evicted. They will be back. */
static unsigned long long hot_pages_away(const struct hog *hog)
{
	size_t size = hog->run->opt.hot_size;
	unsigned long long away = 0;
	size_t i;

	if (!hog->hot)
		return 0;
	if (mincore(hog->hot, size, hog->cached))
		actor_give_up(hog->slot, "cannot look at the hot file: %s",
			      strerror(errno));
	for (i = 0; i < size / hog->page; i++)
		away += !(hog->cached[i] & 1);
	return away;
}

/*
 * What is left to take. For runaway free memory is to lie just above low while
 * all of the hot file is there, so that its eviction balances nothing. The
 * hog itself wakes nobody then; a pulse of touch gets below low and wakes
 * kswapd, which wants free memory up to high and finds little more than the
 * hot file. For strand it is to lie between min and low, or at low where that
 * is asked for: below low, the zones of a node are not taken from in turn, and
 * the largest could be down at min before another one gives what it has.
 */
static unsigned long long hog_excess(const struct hog *hog,
				     const struct node_state *node)
{
	unsigned long long excess;
	unsigned long long keep = hog->slack + hot_pages_away(hog);

	excess = hog_stops_at_low(&hog->run->opt) || hog->run->opt.at_low ?
		 node->over_low : node->over_mid;
	return excess > keep ? excess - keep : 0;
}

static void hog_take(struct hog *hog, unsigned long long pages)
{
	size_t end = hog->taken + pages * hog->page;
	unsigned char seen = 0;

	if (end > hog->size)
		actor_give_up(hog->slot, "took all of the node's %zu MiB and has not filled it",
			      hog->size >> 20);
	/* One call where the kernel has it (5.14): an emulated CPU faults slowly. */
	if (!madvise(hog->mem + hog->taken, end - hog->taken,
		     hog->written ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		hog->taken = end;
	for (; hog->taken < end; hog->taken += hog->page) {
		if (hog->written)
			hog->mem[hog->taken] = 1;
		else
			seen += hog->mem[hog->taken];
	}
	/* Or the compiler would see no use in reading. */
	atomic_store(&hog->slot->seen, seen);
	atomic_store(&hog->slot->bytes, hog->taken);
	atomic_store(&hog->slot->changed_ns, now_ns());
}

/*
 * Half of the distance at a time: other takers and per-CPU lists make the
 * number of free pages a moving target, and what is below it must stay there.
 */
static void hog_fill(struct hog *hog)
{
	unsigned long long most = HOG_STEP_BYTES / hog->page;
	struct node_state node;
	unsigned long long room;

	for (;;) {
		hog_look(hog, &node);
		room = hog_excess(hog, &node);
		if (!room)
			return;
		if (room > 32)
			room /= 2;
		hog_take(hog, room < most ? room : most);
	}
}

static unsigned long long kswapd_ns(const struct hog *hog)
{
	unsigned long long ns = 0;

	thread_cpu_ns(hog->run->env.kswapd, hog->run->env.schedstat, &ns);
	return ns;
}

/*
 * Has the node had room for two seconds, and a kswapd that has not given up?
 * That comes from page cache of before, in whose place the hog goes. Free pages
 * also rise for a moment when somebody's pages were evicted who needs them.
 */
static bool hog_sees_room(struct hog *hog)
{
	struct node_state node;
	int i;

	for (i = 0; i < HOG_POLLS_OF_ROOM; i++) {
		pause_us(HOG_POLL_US);
		hog_look(hog, &node);
		if (node.hopeless || node.over_low <= hot_pages_away(hog) ||
		    atomic_load(&hog->slot->leave))
			return false;
	}
	return true;
}

/*
 * What it takes cannot be reclaimed: anonymous memory without swap, a file on
 * tmpfs likewise, a file that is locked, or one that memory.min protects.
 */
static void hog_map(struct hog *hog, struct actor *actor)
{
	struct slot *slot = hog->slot;

	hog->written = true;
	switch (hog->run->opt.by) {
	case BY_EXIT:
	case BY_SWAPON:
	case NR_RECOVERIES:
		hog->mem = map_anonymous(hog->run, actor, hog->size);
		return;
	case BY_TMPFS:
		/* A file of the kernel's own tmpfs, deleted when it is closed. */
		hog->fd = memfd_create("hog", MFD_CLOEXEC);
		if (hog->fd < 0 || ftruncate(hog->fd, hog->size))
			actor_give_up(slot, "cannot make a file on tmpfs: %s",
				      strerror(errno));
		hog->mem = map_file(slot, hog->fd, hog->size,
				    PROT_READ | PROT_WRITE);
		return;
	case BY_MUNLOCK:
	case BY_MIN:
		hog->written = false;
		hog->fd = actor->fd;
		hog->mem = map_file(slot, hog->fd, hog->size, PROT_READ);
		/* Page by page: what is read ahead is not locked. */
		madvise(hog->mem, hog->size, MADV_RANDOM);
		if (hog->run->opt.by == BY_MUNLOCK &&
		    mlock2(hog->mem, hog->size, MLOCK_ONFAULT))
			actor_give_up(slot, "cannot lock its file: %s",
				      strerror(errno));
		return;
	}
}

static void hog_let_go(struct hog *hog)
{
	if (hog->run->opt.by == BY_MUNLOCK) {
		if (munlock(hog->mem, hog->size))
			actor_give_up(hog->slot, "cannot unlock its file: %s",
				      strerror(errno));
	} else {
		munmap(hog->mem, hog->size);
		close(hog->fd);
	}
	atomic_store(&hog->slot->left, true);
	for (;;)
		pause();
}

static bool hog_sees(struct hog *hog, bool hopeless, unsigned long long ns)
{
	unsigned long long end = now_ns() + ns;
	struct node_state node;

	do {
		hog_look(hog, &node);
		if (node.hopeless == hopeless)
			return true;
	} while (now_ns() < end);
	return false;
}

/*
 * Gives back what balances the node, and says how much that was, in bytes. Much
 * of it goes no further than the per-CPU lists, where it does not count as free.
 */
static size_t hog_balance(struct hog *hog)
{
	size_t before = hog->taken;
	struct node_state node;
	unsigned long long pages;

	for (;;) {
		hog_look(hog, &node);
		if (before != hog->taken && node.free >= node.high)
			break;
		pages = FLIP_SLACK_BYTES / hog->page;
		pages += node.high > node.free ? node.high - node.free : 0;
		if (pages > hog->taken / hog->page)
			break;
		hog->taken -= pages * hog->page;
		madvise(hog->mem + hog->taken, pages * hog->page, MADV_DONTNEED);
	}
	return before - hog->taken;
}

/*
 * Gives back what balances the node, and takes the same again as soon as that has
 * brought kswapd back. Where it has not within the time, the next try may.
 */
static void __noreturn hog_flip(struct hog *hog)
{
	bool hopeless;
	size_t size;

	for (;;) {
		hopeless = hog_sees(hog, true, FLIP_WAIT_NS);
		size = hog_balance(hog);
		if (hog_sees(hog, false, FLIP_WAIT_NS) && hopeless)
			atomic_fetch_add(&hog->slot->rounds, 1);
		hog_take(hog, size / hog->page);
		/* Others may have given or taken in the meantime. */
		if (!hopeless)
			hog_fill(hog);
	}
}

/*
 * kswapd may find page cache that was on the node before, and have enough with
 * that. The hog takes its place. Should kswapd be asleep all the time, as pulses
 * are served from per-CPU lists and never reach low, then leaving less than
 * before will help.
 */
static void hog_body(const struct run *run, struct actor *actor)
{
	unsigned long long above = run->node.high - run->node.low;
	unsigned long long pulse = run->opt.touch_size / run->env.page_size;
	unsigned long long kswapd_before;
	struct hog hog = {
		.run = run,
		.slot = actor->slot,
		.page = run->env.page_size,
		.size = node_bytes(run),
	};

	if (hog_stops_at_low(&run->opt))
		hog.slack = above / 4 < pulse / 2 ? above / 4 : pulse / 2;
	hog_map(&hog, actor);
	hog_map_hot(&hog);
	hog_fill(&hog);
	atomic_store(&actor->slot->ready, true);

	if (run->opt.scenario == FLIP)
		hog_flip(&hog);
	while (!atomic_load(&actor->slot->leave)) {
		kswapd_before = kswapd_ns(&hog);
		if (!hog_sees_room(&hog))
			continue;
		hog_fill(&hog);
		if (kswapd_ns(&hog) - kswapd_before < HOG_REST_NS)
			hog.slack /= 2;
	}
	hog_let_go(&hog);
}

static void note_latency(struct slot *slot, unsigned long long us)
{
	unsigned int i = us;
	unsigned int exp;

	if (us >= LATENCY_EXACT) {
		exp = 63 - __builtin_clzll(us);
		i = LATENCY_EXACT + (exp - 4) * LATENCY_STEPS +
		    (us >> (exp - 3)) % LATENCY_STEPS;
	}
	if (us >> 28)
		i = NR_LATENCIES - 1;
	atomic_fetch_add(&slot->latency[i], 1);
}

/*
 * What a server does whose two clients want the same file. Pages that are used
 * twice go to the active list.
 */
static ssize_t send_twice(int sink, int fd, size_t block, off_t at)
{
	off_t again = at;
	ssize_t sent;

	sent = sendfile(sink, fd, &at, block);
	if (sent > 0 && sendfile(sink, fd, &again, sent) < 0)
		return -1;
	return sent;
}

static void read_forever(const struct run *run, struct actor *actor,
			 size_t block)
{
	struct slot *slot = actor->slot;
	unsigned long long before;
	off_t at = 0;
	int sink = -1;
	ssize_t got;
	char *buf;

	buf = map_anonymous(run, actor, block);
	if (run->opt.by_sendfile) {
		sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (sink < 0)
			actor_give_up(slot, "cannot open /dev/null: %s",
				      strerror(errno));
	}
	for (;;) {
		before = now_ns();
		got = sink < 0 ? pread(actor->fd, buf, block, at) :
				 send_twice(sink, actor->fd, block, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			actor_give_up(slot, "cannot read its file: %s",
				      strerror(errno));
		if (!got) {
			at = 0;
			atomic_fetch_add(&slot->rounds, 1);
			continue;
		}
		note_latency(slot, (now_ns() - before) / 1000);
		at += got;
		atomic_fetch_add(&slot->bytes, got);
	}
}

static void stream_body(const struct run *run, struct actor *actor)
{
	read_forever(run, actor, STREAM_BLOCK);
}

/* The same by mapped pages: each one is touched. */
static void touch_forever(const struct run *run, struct actor *actor)
{
	size_t size = run->opt.file_size - run->opt.file_size % READER_BLOCK;
	size_t page = run->env.page_size;
	struct slot *slot = actor->slot;
	unsigned char seen = 0;
	const char *mem;
	size_t at;

	if (!size)
		size = run->opt.file_size;
	mem = map_file(slot, actor->fd, size, PROT_READ);
	for (;;) {
		for (at = 0; at < size; at += page) {
			seen += mem[at];
			if (at % READER_BLOCK)
				continue;
			atomic_store(&slot->seen, seen);
			atomic_fetch_add(&slot->bytes, READER_BLOCK);
		}
		atomic_fetch_add(&slot->rounds, 1);
	}
}

static void reader_body(const struct run *run, struct actor *actor)
{
	if (run->opt.by_mmap)
		touch_forever(run, actor);
	else
		read_forever(run, actor, run->opt.scenario == PRODUCTIVE ||
			     run->opt.by_sendfile ? STREAM_BLOCK : READER_BLOCK);
}

/*
 * Written, on the disk, and out of the page cache again: the first touch then
 * reads it for the cgroup that uses it, and later ones are refaults. 0 or a
 * negative errno.
 */
static int fill_file(int fd, char *block, size_t block_size,
		     unsigned long long size)
{
	ssize_t put;

	memset(block, 0x5a, block_size);
	while (size) {
		put = write(fd, block, size < block_size ? size : block_size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put ? -errno : -ENOSPC;
		size -= put;
	}
	if (fsync(fd))
		return -errno;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

/* A new file that is filled so. */
int make_filled_file(struct run *run, const char *path, unsigned long long size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char *block;
	int err;

	if (fd < 0)
		return give_up(run, EXIT_FAILED, "cannot create %s: %s", path,
			       strerror(errno));
	block = malloc(WRITE_BLOCK);
	err = block ? fill_file(fd, block, WRITE_BLOCK, size) : -ENOMEM;
	free(block);
	close(fd);
	return err ? give_up(run, EXIT_FAILED, "cannot write %s: %s", path,
			     strerror(-err)) : 0;
}

/*
 * No MADV_RANDOM on the mapping. It would keep the kernel from reading a
 * page's neighbours along with it, which blurs the count of refaults a little;
 * but since 6.3 the kernel takes accesses through such a mapping for no sign
 * of use and evicts its pages first, and nothing would be hot any more. All
 * pages are touched in each round, so a neighbour that is read along is one
 * that was evicted and is needed at once.
 */
static void hot_body(const struct run *run, struct actor *actor)
{
	size_t page = run->env.page_size;
	size_t size = run->opt.hot_size;
	struct slot *slot = actor->slot;
	unsigned char seen = 0;
	const char *mem;
	size_t at;

	mem = map_file(slot, actor->fd, size, PROT_READ);
	for (;;) {
		for (at = 0; at < size; at += page)
			seen += mem[at];
		atomic_store(&slot->seen, seen);
		atomic_fetch_add(&slot->rounds, 1);
		atomic_store(&slot->ready, true);
		pause_us(run->opt.hot_pause_us);
	}
}

static void touch_body(const struct run *run, struct actor *actor)
{
	size_t page = run->env.page_size;
	size_t size = run->opt.touch_size;
	char *mem;

	for (;;) {
		mem = map_anonymous(run, actor, size);
		write_pages(mem, size, page);
		munmap(mem, size);
		atomic_fetch_add(&actor->slot->rounds, 1);
		pause_us(run->opt.touch_interval_us);
	}
}

/* Goes through more anonymous memory than it may keep. */
static void anon_body(const struct run *run, struct actor *actor)
{
	size_t page = run->env.page_size;
	size_t at;
	char *mem;

	mem = map_anonymous(run, actor, actor->size);
	for (;;) {
		for (at = 0; at < actor->size; at += page) {
			mem[at] = 1;
			atomic_fetch_add(&actor->slot->bytes, page);
		}
		atomic_fetch_add(&actor->slot->rounds, 1);
	}
}

/* Has another's cgroup reclaimed, whose task brings the pages back. */
static void reclaimer_body(const struct run *run, struct actor *actor)
{
	char path[PATH_MAX + 32];
	int err;

	(void)run;
	snprintf(path, sizeof(path), "%s/memory.reclaim",
		 actor->target->cgroup);
	for (;;) {
		err = write_line(path, "%d", RECLAIM_BYTES);
		/* Fewer pages than asked for are no failure here. */
		if (err && err != -EAGAIN)
			actor_give_up(actor->slot, "cannot write to %s: %s",
				      path, strerror(-err));
		atomic_fetch_add(&actor->slot->rounds, 1);
		pause_us(RECLAIM_PAUSE_US);
	}
}

/* Its output is of no interest, and must not get into ours. */
static void __noreturn run_command(const char *command)
{
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 ||
	    dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(EXIT_FAILED);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(EXIT_FAILED);
}

static void job_body(const struct run *run, struct actor *actor)
{
	unsigned long long before;
	int status;
	pid_t pid;

	for (;;) {
		before = now_ns();
		pid = fork();
		if (pid < 0)
			actor_give_up(actor->slot, "cannot start its command: %s",
				      strerror(errno));
		if (!pid)
			run_command(run->opt.job);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			actor_give_up(actor->slot,
				      "saw its command fail, with status %d",
				      WIFEXITED(status) ? WEXITSTATUS(status) :
				      128 + WTERMSIG(status));
		atomic_fetch_add(&actor->slot->bytes,
				 (now_ns() - before) / 1000);
		atomic_fetch_add(&actor->slot->rounds, 1);
	}
}

static const struct {
	void (*body)(const struct run *run, struct actor *actor);
	/* Should it come to that, the hog is the one to be killed. */
	int oom_score_adj;
} kinds[] = {
	[HOG]		= { hog_body, 1000 },
	[STREAMER]	= { stream_body, 0 },
	[HOT]		= { hot_body, 0 },
	[TOUCH]		= { touch_body, 0 },
	[READER]	= { reader_body, 0 },
	[ANON]		= { anon_body, 0 },
	[RECLAIMER]	= { reclaimer_body, 0 },
	[JOB]		= { job_body, 0 },
};

/*
 * Whoever wants the program to end tells the supervisor. A terminal tells the
 * whole process group, and actors that went first would look like failures.
 */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

/*
 * A child's first steps: it ends with its parent. What it could not do is in
 * note then, and it ends.
 */
void begin_child(const struct run *run, pid_t parent, int oom_score_adj,
		 struct slot *slot)
{
	int err;

	/* The janitor's pipe must have one writer, the supervisor. */
	close(run->janitor_fd);
	ignore_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILED);

	err = write_line("/proc/self/oom_score_adj", "%d", oom_score_adj);
	if (err)
		actor_give_up(slot, "cannot set its oom_score_adj: %s",
			      strerror(-err));
}

/* Nothing to do where it has none. */
void enter_cgroup(const char *cgroup, struct slot *slot)
{
	char path[PATH_MAX + 32];
	int err;

	if (!*cgroup)
		return;
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	err = write_line(path, "0");
	if (err)
		actor_give_up(slot, "cannot enter its cgroup: %s",
			      strerror(-err));
}

/* Its size, or 0 for an actor that has none. */
static unsigned long long size_of_file(const struct run *run,
				       const struct actor *actor)
{
	switch (actor->kind) {
	case HOT:
		return run->opt.hot_size;
	case STREAMER:
	case READER:
		return actor->size ? actor->size : run->opt.file_size;
	case HOG:
		if (run->opt.by == BY_MUNLOCK || run->opt.by == BY_MIN)
			return node_bytes(run);
		return 0;
	default:
		return 0;
	}
}

/*
 * The file belongs to whoever writes to it first, also for its writeback, and
 * that must not be a cgroup that goes with the test: v6.19 may free the
 * writeback of a dying cgroup while it still hands over its files.
 *
 * What is hot is written. What is only streamed has holes: they are page cache
 * like any other, and no disk slows the reading down.
 */
static void make_file(const struct run *run, struct actor *actor)
{
	unsigned long long size = size_of_file(run, actor);
	struct slot *slot = actor->slot;
	char *block;
	int err;

	if (!size)
		return;
	actor->fd = open(actor->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			 0600);
	if (actor->fd < 0)
		actor_give_up(slot, "cannot create its file: %s",
			      strerror(errno));
	if (actor->kind != HOT) {
		if (ftruncate(actor->fd, size))
			actor_give_up(slot,
				      "cannot make a sparse file of %llu bytes: %s",
				      size, strerror(errno));
		return;
	}
	block = map_anonymous(run, actor, WRITE_BLOCK);
	err = fill_file(actor->fd, block, WRITE_BLOCK, size);
	if (err)
		actor_give_up(slot, "cannot write its file: %s",
			      strerror(-err));
	munmap(block, WRITE_BLOCK);
}

static void __noreturn
actor_main(const struct run *run, struct actor *actor, pid_t parent)
{
	struct slot *slot = actor->slot;
	int err = 0;

	begin_child(run, parent, kinds[actor->kind].oom_score_adj, slot);
	make_file(run, actor);
	enter_cgroup(actor->cgroup, slot);
	if (actor->kind == READER && run->opt.anywhere)
		err = set_policy_default();
	else if (actor->binding == BIND_TASK)
		err = bind_to_node(run->opt.node);
	if (err)
		actor_give_up(slot, "cannot set its policy for node %d: %s",
			      run->opt.node, strerror(-err));
	kinds[actor->kind].body(run, actor);
	_exit(EXIT_OK);
}

/* The child's pid or a negative errno. */
pid_t actor_start(const struct run *run, struct actor *actor)
{
	pid_t parent = getpid();
	pid_t pid;

	/* What stdio still holds must not be written twice. */
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		actor_main(run, actor, parent);
	return pid;
}
