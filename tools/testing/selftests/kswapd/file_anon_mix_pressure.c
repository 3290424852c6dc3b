// SPDX-License-Identifier: GPL-2.0
/*
 * Mixed pressure on a memory cgroup: readers read a mapped file repeatedly, while
 * threads allocate and free anonymous memory, round after round. File and anonymous
 * memory together exceed the limit of the cgroup, and there is no swap. No OOM kill
 * is needed, because file pages can be evicted. The program reports OOM kills, and
 * the file pages that were left.
 */
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_anon_mix.h"

#define EXIT_KILLED		3

#define MAX_MIX_WORKERS		4096
#define MAX_ROUNDS		1000000
#define POLL_NS			10000000
#define STUCK_SECONDS		240
/* Stacks, page tables and kernel memory of a task. */
#define TASK_BYTES		(128 * KIB)
#define OURS			"workers"

static const char help_text[] =
"Usage: file_anon_mix_pressure [option...] FILE anon_size file_size\n"
"           [anon_workers] [file_workers] [reader_sleep_us] [anon_wait_s]\n"
"\n"
"Makes FILE, a new file of file_size bytes, and deletes it at the end.\n"
"file_workers processes map it and read a byte of each page, repeatedly, and\n"
"sleep reader_sleep_us (120000) after each pass. Rounds begin after the first\n"
"pass of each process. In a round, anon_workers threads write a byte to each\n"
"page of anon_size bytes of anonymous memory, free it, and wait anon_wait_s (1)\n"
"seconds. The default is one worker of each kind for each CPU.\n"
"\n"
"A size is a number with an optional k, m or g suffix.\n"
"\n"
"  --rounds N         number of rounds (128)\n"
"  --memory-max SIZE  run in a new memory cgroup, with this memory.max and no\n"
"                     swap (in the caller's cgroup)\n"
"  --cgroup DIR       parent of that cgroup (/sys/fs/cgroup)\n"
"  --lru BITS         use the multi-gen LRU with these bits of\n"
"                     /sys/kernel/mm/lru_gen/enabled, 0 to 7 (the present ones)\n"
"  --json             one JSON document on stdout, the rest on stderr\n"
"  --help             this text\n"
"\n"
"Exit status: 0 all rounds finished, 1 failed, 2 bad input, 3 the OOM killer\n"
"killed a worker, 4 cannot run here.\n";

enum option_id {
	OPT_HELP = FIRST_OPTION, OPT_ROUNDS, OPT_MEMORY_MAX, OPT_CGROUP,
	OPT_LRU, OPT_JSON,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, OPT_HELP },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "memory-max", required_argument, NULL, OPT_MEMORY_MAX },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "lru", required_argument, NULL, OPT_LRU },
	{ "json", no_argument, NULL, OPT_JSON },
	{ }
};

static double mib(unsigned long long bytes)
{
	return (double)bytes / MIB;
}

static FILE *output(const struct mix *mix)
{
	return mix->run.opt.json ? stderr : stdout;
}

/* The command line */

static int parse_arguments(struct mix *mix, int argc, char **argv)
{
	struct mix_options *opt = &mix->opt;
	unsigned long long page = mix->run.env.page_size;
	struct run *run = &mix->run;
	struct {
		const char *name;
		int least;
		int most;
		int *val;
	} numbers[] = {
		{ "anon_workers", 1, MAX_MIX_WORKERS, &opt->anon_workers },
		{ "file_workers", 1, MAX_MIX_WORKERS, &opt->file_workers },
		{ "reader_sleep_us", 0, 60000000, &opt->reader_sleep_us },
		{ "anon_wait_s", 0, 86400, &opt->anon_wait_s },
	};
	size_t i;

	if (argc < 3)
		return fail(run, EXIT_USAGE,
			    "name FILE, anon_size and file_size (see --help)");
	if (argc > 3 + (int)ARRAY_SIZE(numbers))
		return fail(run, EXIT_USAGE,
			    "unexpected argument '%s'",
			    argv[3 + ARRAY_SIZE(numbers)]);
	opt->file = argv[0];
	if (parse_size(run, "anon_size", argv[1], &opt->anon_size) ||
	    parse_size(run, "file_size", argv[2], &opt->file_size))
		return -1;
	for (i = 0; i < ARRAY_SIZE(numbers) && (int)i + 3 < argc; i++)
		if (parse_int(run, numbers[i].name, argv[i + 3],
			      numbers[i].least, numbers[i].most,
			      numbers[i].val))
			return -1;

	opt->anon_size -= opt->anon_size % page;
	opt->file_size -= opt->file_size % page;
	if (!opt->file_size)
		return fail(run, EXIT_USAGE,
			    "file_size must be at least a page of %llu bytes",
			    page);
	if (opt->anon_size / page < (unsigned int)opt->anon_workers)
		return fail(run, EXIT_USAGE,
			    "anon_size must be at least a page of %llu bytes for each of %d workers",
			    page, opt->anon_workers);
	return 0;
}

static int parse_option(struct mix *mix, int id, const char *name)
{
	struct run *run = &mix->run;

	switch (id) {
	case OPT_ROUNDS:
		return parse_int(run, name, optarg, 1, MAX_ROUNDS,
				 &mix->opt.rounds);
	case OPT_MEMORY_MAX:
		if (parse_size(run, name, optarg, &mix->opt.memory_max))
			return -1;
		if (!mix->opt.memory_max)
			return fail(run, EXIT_USAGE,
				    "%s: must be larger than 0", name);
		return 0;
	case OPT_CGROUP:
		run->opt.cgroup = optarg;
		return 0;
	case OPT_LRU:
		return parse_int(run, name, optarg, 0, 7, &mix->opt.lru_gen);
	case OPT_JSON:
		run->opt.json = true;
		return 0;
	}
	return -1;
}

/* 1: help was asked for */
static int parse_options(struct mix *mix, int argc, char **argv)
{
	const char *parent = mix->run.opt.cgroup;
	struct run *run = &mix->run;
	int index = 0;
	int id;

	while ((id = next_option(run, argc, argv, long_options, &index)) != -1) {
		if (id == OPT_HELP)
			return 1;
		if (id == '?' ||
		    parse_option(mix, id, option_name(&long_options[index])))
			return -1;
	}
	if (run->opt.cgroup != parent && !mix->opt.memory_max)
		return fail(run, EXIT_USAGE,
			    "--cgroup needs --memory-max");
	return parse_arguments(mix, argc - optind, argv + optind);
}

/* Checks of the machine, before anything is made */

static int check_file(struct mix *mix)
{
	char copy[PATH_MAX];
	char real[PATH_MAX];
	struct run *run = &mix->run;
	const char *file = mix->opt.file;
	const char *name;

	if (strlen(file) >= sizeof(copy))
		return fail(run, EXIT_USAGE, "FILE: the name is too long");
	strcpy(copy, file);
	if (check_disk(run, "FILE", dirname(copy), mix->opt.file_size, real))
		return -1;
	if (!access(file, F_OK))
		return fail(run, EXIT_USAGE,
			    "FILE: %s exists already, and would be overwritten and deleted",
			    file);
	name = strrchr(file, '/');
	if (snprintf(run->cleanup.file, sizeof(run->cleanup.file), "%s/%s", real,
		     name ? name + 1 : file) >= (int)sizeof(run->cleanup.file))
		return fail(run, EXIT_USAGE, "FILE: the name is too long");
	return 0;
}

/* The cgroup of the caller, below the usual mount point of cgroup v2. */
static int callers_group(struct mix *mix, char *group, size_t size)
{
	struct run *run = &mix->run;
	const char *at;

	if (text_read(&run->scratch, "/proc/self/cgroup"))
		at = NULL;
	else
		at = strstr(run->scratch.buf, "0::/");
	if (!at)
		return fail(run, EXIT_SKIP, "there is no cgroup v2 here");
	at += strlen("0::");
	if (snprintf(group, size, "%s%.*s", run->opt.cgroup,
		     (int)strcspn(at, "\n"), at) >= (int)size)
		return fail(run, EXIT_SKIP, "the name of the cgroup is too long");
	return 0;
}

static void lower(unsigned long long *least, unsigned long long val)
{
	if (val < *least)
		*least = val;
}

/* The smallest memory.max of a cgroup and its ancestors. */
static unsigned long long limit_of(const char *group)
{
	unsigned long long limit = ULLONG_MAX;
	unsigned long long max;
	char path[PATH_MAX + 32];
	char dir[PATH_MAX];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", group);
	for (;;) {
		snprintf(path, sizeof(path), "%s/memory.max", dir);
		/* The root has no memory.max. */
		if (!read_number(path, &max))
			lower(&limit, max);
		slash = strrchr(dir, '/');
		if (!slash)
			return limit;
		*slash = '\0';
	}
}

static int check_groups(struct mix *mix)
{
	struct run *run = &mix->run;
	char caller[PATH_MAX];

	if (mix->opt.memory_max) {
		if (check_cgroup(run) || name_group(run))
			return -1;
		if (snprintf(mix->group, sizeof(mix->group), "%s/%s",
			     run->cleanup.group, OURS) >= (int)sizeof(mix->group))
			return fail(run, EXIT_USAGE,
				    "--cgroup: the name is too long");
		snprintf(caller, sizeof(caller), "%s", mix->group);
		lower(&mix->limit, limit_of(run->cleanup.parent));
		lower(&mix->limit, mix->opt.memory_max);
	} else {
		if (callers_group(mix, caller, sizeof(caller)))
			return -1;
		lower(&mix->limit, limit_of(caller));
	}
	snprintf(mix->events, sizeof(mix->events), "%s/memory.events", caller);
	snprintf(mix->stat, sizeof(mix->stat), "%s/memory.stat", caller);
	if (mix->opt.memory_max)
		return 0;
	/* The root has no events of its own. */
	if (access(mix->events, R_OK))
		strcpy(mix->events, "/proc/vmstat");
	if (access(mix->stat, R_OK))
		return fail(run, EXIT_SKIP, "cannot read %s: %s", mix->stat,
			    strerror(errno));
	return 0;
}

/*
 * Anonymous memory must fit if all file pages are evicted, or an OOM kill would be
 * correct. A page table has a word for each page, and each reader has page tables.
 */
static unsigned long long needed(const struct mix *mix)
{
	const struct mix_options *opt = &mix->opt;
	unsigned long long page = mix->run.env.page_size;
	unsigned long long mapped = opt->anon_size / page +
				    opt->file_size / page * opt->file_workers;

	return opt->anon_size + mapped * sizeof(long) +
	       TASK_BYTES * (opt->anon_workers + opt->file_workers);
}

static int check_machine(struct mix *mix)
{
	struct run *run = &mix->run;
	unsigned long long available = 0;
	unsigned long long total = 0;

	if (text_read(&run->scratch, "/proc/meminfo") ||
	    !keyed_number(run->scratch.buf, "MemTotal:", &total) ||
	    !keyed_number(run->scratch.buf, "MemAvailable:", &available))
		return fail(run, EXIT_SKIP, "cannot read /proc/meminfo");
	total *= KIB;
	available *= KIB;
	mix->limit = total;
	if (mix->opt.memory_max > total)
		return fail(run, EXIT_USAGE,
			    "--memory-max: %.0f MiB exceed the memory of this machine, %.0f MiB",
			    mib(mix->opt.memory_max), mib(total));
	if (needed(mix) > available)
		return fail(run, EXIT_USAGE,
			    "anon_size with page tables and tasks needs %.0f MiB, but only %.0f MiB are available on this machine",
			    mib(needed(mix)), mib(available));
	return 0;
}

static int check_limit(struct mix *mix)
{
	if (needed(mix) > mix->limit)
		return fail(&mix->run, EXIT_USAGE,
			    "anon_size with page tables and tasks needs %.0f MiB, but the limit of the cgroup is %.0f MiB",
			    mib(needed(mix)), mib(mix->limit));
	return 0;
}

static int check_mix_requirements(struct mix *mix)
{
	struct environment *env = &mix->run.env;
	struct utsname uts;

	if (!uname(&uts))
		snprintf(env->kernel, sizeof(env->kernel), "%s", uts.release);
	if (read_line(LRU_FILE, mix->lru_gen, sizeof(mix->lru_gen)))
		*mix->lru_gen = '\0';
	if (check_file(mix) || check_machine(mix))
		return -1;
	if (geteuid())
		return fail(&mix->run, EXIT_SKIP,
			    "making cgroups and surviving the OOM killer need root");
	if (mix->opt.lru_gen >= 0) {
		if (access(LRU_FILE, W_OK))
			return fail(&mix->run, EXIT_SKIP, "cannot change %s: %s", LRU_FILE,
				    strerror(errno));
		snprintf(mix->run.cleanup.lru, sizeof(mix->run.cleanup.lru), "%s", mix->lru_gen);
	}
	return check_groups(mix) || check_limit(mix) ? -1 : 0;
}

/* The cgroups made later use this LRU from the start. */
static int set_mix_lru(struct mix *mix)
{
	int err;

	if (mix->opt.lru_gen < 0)
		return 0;
	err = write_line(LRU_FILE, "%d", mix->opt.lru_gen);
	if (!err)
		err = read_line(LRU_FILE, mix->lru_gen, sizeof(mix->lru_gen));
	return err ? fail(&mix->run, EXIT_FAILED, "cannot change %s: %s", LRU_FILE,
			  strerror(-err)) : 0;
}

static int make_workers_group(struct mix *mix)
{
	char path[PATH_MAX + 32];

	if (make_group(&mix->run))
		return -1;
	if (mkdir(mix->group, 0755))
		return fail(&mix->run, EXIT_FAILED,
			    "cannot make the cgroup %s: %s", mix->group,
			    strerror(errno));
	snprintf(path, sizeof(path), "%s/memory.swap.max", mix->group);
	/* A kernel without swap has no such file. */
	if (!access(path, F_OK) &&
	    set_memory(&mix->run, mix->group, "memory.swap.max", 0))
		return -1;
	return set_memory(&mix->run, mix->group, "memory.max",
			  mix->opt.memory_max);
}

static int make_file(struct mix *mix)
{
	fprintf(output(mix), "filling %s with %.0f MiB\n", mix->opt.file,
		mib(mix->opt.file_size));
	fflush(output(mix));
	return make_filled_file(&mix->run, mix->opt.file, mix->opt.file_size);
}

static int map_shared(struct mix *mix)
{
	size_t size = sizeof(*mix->shared) +
		      mix->opt.file_workers * sizeof(struct slot);

	mix->shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mix->rounds = calloc(mix->opt.rounds, sizeof(*mix->rounds));
	mix->pids = calloc(mix->opt.file_workers + 1, sizeof(*mix->pids));
	if (mix->shared == MAP_FAILED || !mix->rounds || !mix->pids)
		return fail(&mix->run, EXIT_FAILED,
			    "no memory for the samples");
	return 0;
}

/* Watching the workers */

static int read_memcg(struct mix *mix, struct memcg_sample *sample)
{
	static const struct {
		const char *key;
		size_t where;
	} keys[] = {
		{ "anon", offsetof(struct memcg_sample, anon) },
		{ "file", offsetof(struct memcg_sample, file) },
		{ "file_dirty", offsetof(struct memcg_sample, dirty) },
		{ "pagetables", offsetof(struct memcg_sample, pagetables) },
		{ "workingset_refault_file", offsetof(struct memcg_sample, refaults) },
	};
	struct run *run = &mix->run;
	size_t i;

	memset(sample, 0, sizeof(*sample));
	sample->time_ns = now_ns();
	if (text_read(&run->scratch, mix->stat))
		return fail(run, EXIT_FAILED, "cannot read %s", mix->stat);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		keyed_number(run->scratch.buf, keys[i].key,
			     (void *)((char *)sample + keys[i].where));
	/* Last: if there is no kill yet, all other values are from before it. */
	if (text_read(&run->scratch, mix->events) ||
	    !keyed_number(run->scratch.buf, "oom_kill", &sample->kills))
		return fail(run, EXIT_FAILED, "cannot read %s", mix->events);
	return 0;
}

static int report_kill(struct mix *mix, const struct memcg_sample *sample)
{
	mix->killed = *sample;
	return fail(&mix->run, EXIT_KILLED,
		    "OOM kill in round %d of %d: %.0f ms before it was seen, there were %.1f MiB of anonymous memory and %.1f MiB of file, %.1f MiB of that dirty, below a limit of %.0f MiB",
		    mix->nr_rounds + 1, mix->opt.rounds,
		    (sample->time_ns - mix->last.time_ns) / 1e6,
		    mib(mix->last.anon), mib(mix->last.file),
		    mib(mix->last.dirty), mib(mix->limit));
}

static int report_end(struct mix *mix, int status)
{
	struct run *run = &mix->run;
	const char *note = mix->shared->anon.note;
	int i;

	for (i = 0; i < mix->opt.file_workers && !*note; i++)
		note = mix->shared->readers[i].note;
	if (*note)
		return fail(run, EXIT_FAILED, "a worker failed: it %s",
			    note);
	if (WIFSIGNALED(status))
		return fail(run, EXIT_FAILED,
			    "a worker was killed by signal %d",
			    WTERMSIG(status));
	return fail(run, EXIT_FAILED, "a worker ended with status %d",
		    WEXITSTATUS(status));
}

/* -1 at a signal, a failure or a kill; *ended after the last round. */
static int poll_workers(struct mix *mix, bool *ended)
{
	struct memcg_sample sample;
	int status = 0;
	pid_t pid;

	/* Workers only: the cleanup process has another process group. */
	pid = waitpid(0, &status, WNOHANG);
	if (check_workers(&mix->run) || read_memcg(mix, &sample))
		return -1;
	if (sample.kills > mix->kills_at_start)
		return report_kill(mix, &sample);
	mix->last = sample;
	*ended = pid > 0 && mix->nr_pids > mix->opt.file_workers &&
		 pid == mix->pids[mix->nr_pids - 1] && !status;
	return pid > 0 && !*ended ? report_end(mix, status) : 0;
}

static bool all_have_read(const struct mix *mix, unsigned long long *bytes)
{
	bool all = true;
	int i;

	*bytes = 0;
	for (i = 0; i < mix->opt.file_workers; i++) {
		*bytes += atomic_load(&mix->shared->readers[i].bytes);
		all &= atomic_load(&mix->shared->readers[i].rounds) > 0;
	}
	return all;
}

static int wait_for_readers(struct mix *mix)
{
	unsigned long long moved = now_ns();
	unsigned long long before = 0;
	unsigned long long bytes;
	bool ended;

	while (!all_have_read(mix, &bytes)) {
		if (poll_workers(mix, &ended))
			return -1;
		if (bytes != before)
			moved = now_ns();
		before = bytes;
		if (now_ns() - moved > STUCK_SECONDS * NS_A_SECOND)
			return fail(&mix->run, EXIT_FAILED,
				    "for %d seconds no file worker has read a MiB",
				    STUCK_SECONDS);
		sleep_until(now_ns() + POLL_NS);
	}
	fprintf(output(mix), "each of %d file workers has read all of it\n",
		mix->opt.file_workers);
	fflush(output(mix));
	return 0;
}

static void say_round(struct mix *mix, struct round *round,
		      unsigned long long refaults)
{
	round->seconds = (double)atomic_load(&mix->shared->anon.changed_ns) /
			 NS_A_SECOND;
	round->refaults = mix->last.refaults - refaults;
	fprintf(output(mix),
		"Round %d/%d: %.2f s, %llu refaults; anon up to %.0f MiB, file down to %.0f MiB\n",
		mix->nr_rounds, mix->opt.rounds, round->seconds,
		round->refaults, mib(round->anon), mib(round->file));
	fflush(output(mix));
}

static int watch_rounds(struct mix *mix)
{
	unsigned long long refaults = mix->last.refaults;
	struct round *round = mix->rounds;
	bool ended = false;

	round->file = mix->last.file;
	while (!ended) {
		if (poll_workers(mix, &ended))
			return -1;
		if (mix->last.anon > round->anon)
			round->anon = mix->last.anon;
		lower(&round->file, mix->last.file);
		if (atomic_load(&mix->shared->anon.rounds) >
		    (unsigned int)mix->nr_rounds) {
			mix->nr_rounds++;
			say_round(mix, round, refaults);
			refaults = mix->last.refaults;
			if (mix->nr_rounds < mix->opt.rounds)
				(++round)->file = mix->last.file;
		}
		sleep_until(now_ns() + POLL_NS);
	}
	return 0;
}

static int work(struct mix *mix)
{
	struct memcg_sample first;

	if ((mix->opt.memory_max && make_workers_group(mix)) ||
	    make_file(mix) || read_memcg(mix, &first))
		return -1;
	mix->kills_at_start = first.kills;
	if (start_readers(mix) || wait_for_readers(mix) || start_anon(mix))
		return -1;
	/* With more tasks than CPUs, samples would come too late otherwise. */
	setpriority(PRIO_PROCESS, 0, -20);
	return watch_rounds(mix);
}

static void end_workers(struct mix *mix)
{
	int i;

	for (i = 0; mix->pids && i < mix->nr_pids; i++)
		kill(mix->pids[i], SIGKILL);
	/* Workers only, as above. */
	while (waitpid(0, NULL, 0) > 0 || errno == EINTR)
		;
}

/* The memory left is known only after a kill. */
static void json_left(FILE *out, const struct mix *mix, const char *name,
		      double value, int digits)
{
	json_value(out, name, mix->run.status == EXIT_KILLED ? value : -1,
		   digits);
}

static void print_mix(FILE *out, const struct mix *mix)
{
	const struct mix_options *opt = &mix->opt;
	const struct run *run = &mix->run;
	int i;

	fprintf(out, "{\n  \"program\": \"%s\", \"version\": 1,\n", PROGRAM);
	json_end(out, run);
	fprintf(out, "  \"options\": {\"file\": ");
	json_string(out, opt->file);
	fprintf(out,
		", \"anon_size\": %llu, \"file_size\": %llu, \"anon_workers\": %d, \"file_workers\": %d,\n",
		opt->anon_size, opt->file_size, opt->anon_workers,
		opt->file_workers);
	fprintf(out,
		"    \"reader_sleep_us\": %d, \"anon_wait_s\": %d, \"rounds\": %d",
		opt->reader_sleep_us, opt->anon_wait_s, opt->rounds);
	json_value(out, "memory_max",
		   opt->memory_max ? (double)opt->memory_max : -1, 0);
	fprintf(out, "},\n  \"environment\": {\"kernel\": ");
	json_string(out, run->env.kernel);
	fprintf(out, ", \"cpus\": %d, \"page_size\": %llu, \"lru_gen\": ",
		run->env.cpus, run->env.page_size);
	json_string(out, mix->lru_gen);
	fprintf(out, ", \"limit\": %llu},\n  \"rounds\": [", mix->limit);
	for (i = 0; i < mix->nr_rounds; i++)
		fprintf(out,
			"%s\n    {\"seconds\": %.3f, \"refaults\": %llu, \"anon_most\": %llu, \"file_least\": %llu}",
			i ? "," : "", mix->rounds[i].seconds,
			mix->rounds[i].refaults, mix->rounds[i].anon,
			mix->rounds[i].file);
	fprintf(out, "],\n  \"result\": {\"finished\": %s, \"rounds\": %d, \"oom_kills\": %llu",
		mix->nr_rounds == opt->rounds ? "true" : "false",
		mix->nr_rounds, mix->killed.kills ?
		mix->killed.kills - mix->kills_at_start : 0);
	json_left(out, mix, "anon_left", mix->last.anon, 0);
	json_left(out, mix, "file_left", mix->last.file, 0);
	json_left(out, mix, "dirty_left", mix->last.dirty, 0);
	json_left(out, mix, "pagetables_left", mix->last.pagetables, 0);
	json_left(out, mix, "seen_after_s",
		  (double)(mix->killed.time_ns - mix->last.time_ns) /
		  NS_A_SECOND, 3);
	fprintf(out, "}\n}\n");
}

static int report(struct mix *mix)
{
	struct run *run = &mix->run;
	bool measured = run->status != EXIT_USAGE && run->status != EXIT_SKIP;

	if (measured && mix->nr_rounds == mix->opt.rounds)
		fprintf(output(mix), "All %d rounds finished.\n",
			mix->nr_rounds);
	else if (measured)
		fprintf(output(mix), "%d of %d rounds finished.\n",
			mix->nr_rounds, mix->opt.rounds);
	if (measured && run->opt.json)
		print_mix(stdout, mix);
	return finish(run);
}

static int supervise(struct mix *mix)
{
	struct run *run = &mix->run;

	if (check_mix_requirements(mix) || outlive_oom(run) || map_shared(mix))
		return report(mix);
	if (!cleanup_start(run)) {
		if (!set_mix_lru(mix))
			work(mix);
		end_workers(mix);
	}
	cleanup_finish(run);
	return report(mix);
}

int main(int argc, char **argv)
{
	static struct mix mix;
	int status;
	int asked;

	init_run(&mix.run);
	mix.run.opt.min = 0;
	mix.run.env.cpus = sysconf(_SC_NPROCESSORS_ONLN);
	mix.opt = (struct mix_options){
		.anon_workers = mix.run.env.cpus,
		.file_workers = mix.run.env.cpus,
		.reader_sleep_us = 120000,
		.anon_wait_s = 1,
		.rounds = 128,
		.lru_gen = -1,
	};
	asked = parse_options(&mix, argc, argv);
	if (asked)
		return exit_early(&mix.run, asked > 0, help_text);

	catch_signals();
	status = supervise(&mix);
	text_free(&mix.run.scratch);
	free(mix.rounds);
	free(mix.pids);
	return status;
}
