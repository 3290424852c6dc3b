# SPDX-License-Identifier: GPL-2.0
# The arms. Input: an array of {kernel, lru, data}, one of a run. Arguments: $accel,
# $delay (ms), $cpus.

def mean: if length == 0 then null else add / length end;

def arm:
	{
		kernel: .[0].kernel, lru: .[0].lru,
		release: .[0].data.environment.kernel,
		runs: length,
		killed: map(select(.data.result.oom_kills > 0)) | length,
		rounds: map(.data.result.rounds),
		file_left: map(.data.result.file_left | values),
		anon_left: map(.data.result.anon_left | values),
		refaults_per_round: ([.[].data.rounds[].refaults] | mean),
		seconds_per_round: ([.[].data.rounds[].seconds] | mean)
	} | .killed_pct = 100 * .killed / .runs;

group_by([(.kernel | if . == "stock" then 0 elif . == "patched" then 1 else 2 end),
	  (.lru | if . == "mglru" then 0 elif . == "nowalk" then 1 else 2 end)]) as $groups |
.[0].data as $first |
{
	version: 1, accelerator: $accel, aging_delay_ms: $delay, cpus: $cpus,
	options: ($first.options | del(.file)), arms: ($groups | map(arm))
} |
.title = "\($first.options.anon_size / 1048576) MiB anonymous and \($first.options.file_size / 1048576) MiB of file in a cgroup of \($first.options.memory_max / 1048576) MiB, \($first.options.rounds) rounds a run, \($cpus) CPUs, \($accel)\(if $delay > 0 then ", aging held up by \($delay) ms" else "" end)" |
def killed($kernel; $lru): .arms[] | select(.kernel == $kernel and .lru == $lru) | .killed_pct;
.verdict = (killed("stock"; "mglru") >= 80 and killed("stock"; "classic") == 0 and
	killed("patched"; "mglru") == 0 and killed("patched"; "classic") == 0 and
	killed("patched"; "nowalk") == 0)
