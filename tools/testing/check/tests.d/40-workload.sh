# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The workloads' build, and what they say to bad input, under the sanitizers.

# built [PROGRAM]. Tests on another architecture set "arch".
built() {
	make -s workload ARCH="${arch-}" &&
		echo "$repo/build/workload${arch:+-$arch}/${1-kswapd_pressure}"
}

# sanitized [PROGRAM]
sanitized() {
	local dir=$repo/build/workload-sanitized

	make -s -C tools/testing/selftests/kswapd OUTPUT="$dir" SANITIZE=1 \
		CFLAGS='-Wall -Wextra -Werror -O1 -D_GNU_SOURCE=' && echo "$dir/${1-kswapd_pressure}"
}

# compilers SOURCE CFLAGS DIR
compilers() {
	local cc

	for cc in gcc clang; do
		make -s -C "$1" OUTPUT="$3/$cc" CC="$cc" CFLAGS="$2"
	done
}

bad_options() {
	local pressure

	pressure=$(sanitized)
	sentences "$pressure" <<-'END'
	|name a scenario
	frobnicate|unknown scenario
	runaway stream|unexpected argument
	runaway --frobnicate|unknown or ambiguous option
	runaway --node|takes a value
	runaway --node x|invalid number
	runaway --node -1|invalid number
	runaway --seconds 0|invalid number
	runaway --high 8q|invalid size
	runaway --high -8m|invalid size
	runaway --high 99999999999999999999g|is too large
	runaway --seconds 5 --settle 5|must be smaller than
	stream --max-cpu 2|is for runaway only
	runaway --max-cpu 101|invalid percentage
	stream --after 3|no hog exits
	stream --file-size 0|larger than 0
	runaway --lru new|invalid LRU
	stream --readers 65|invalid number
	near-oom --high 1|must be at least a page
	runaway --hot-size x%|invalid number 'x'
	runaway --touch-size 123456789%|is too large
	restart --by magic|invalid way
	runaway --hog magic|invalid kind
	stream --hog tmpfs|needs a scenario with a hog
	restart --hog tmpfs --by munlock|cannot be released
	stream --containers 2|is for runaway, near-oom, oscillate and restart only
	runaway --containers 25|expected 0 to 24
	restart --by min --containers 1|both need memory.min
	near-oom --churn|is for runaway only
	runaway --grow|is for near-oom only
	stream --dirty-ratio 20|is for write only
	write --dirty-ratio 101|expected 0 to 100
	write --write-size 4k|at least 1m
	runaway --lists-fraction 7|must be 0 or at least 8
	runaway --min-free 4k|must be 0 or at least 1m
	anon --shift-size 1m|is for oom only
	oom --tasks 65|expected 1 to 64
	random --mmap|are not for random
	stream --by min|are for restart only
	runaway --mmap|are for restart, stream, hog-stream, low, write and random only
	stream --mmap --sendfile|choose one
	restart --by swapon --swap-size 4k|at least 16 pages
	job|needs --job COMMAND
	stream --job x|is for runaway and job only
	stream --job-high 1m|needs --job
	runaway --job x|needs --job-high
	job --job x --job-high 1k|must be at least a page
	END
	expect 0 "Exit status" "$pressure" --help
}

# Nothing of it takes root.
bad_mix() {
	local mix

	mix=$(sanitized file_anon_mix_pressure)
	: >"$1/there"
	sentences "$mix" <<-END
	|name FILE, anon_size and file_size
	$1/f 1m|name FILE, anon_size and file_size
	$1/f 1m 1m 1 1 1 1 1|unexpected argument
	$1/f 1x 1m|anon_size: invalid size '1x'
	$1/f 1m m1|file_size: invalid size 'm1'
	$1/f 1m 1k|file_size must be at least a page
	$1/f 4k 1m 2|a page of 4096 bytes for each of 2 workers
	$1/f 1m 1m 0|anon_workers: invalid number '0'
	$1/f 1m 1m 1 4097|file_workers: invalid number '4097'
	$1/f 1m 1m 1 1 x|reader_sleep_us: invalid number 'x'
	$1/f 1m 1m 1 1 1 -1|unknown option
	--rounds 0 $1/f 1m 1m|--rounds: invalid number '0'
	--memory-max 0 $1/f 1m 1m|must be larger than 0
	--memory-max 99999t $1/f 1m 1m|invalid size
	--cgroup /sys $1/f 1m 1m|needs --memory-max
	--memory-max 1000000g $1/f 1m 1m 1 1|exceed the memory of this machine
	$1/f 1000000g 1m 1 1|are available on this machine
	$1/f 1m 1000000g 1 1|KiB free
	$1/none/f 1m 1m|cannot use
	$1/there 1m 1m 1 1|exists already
	/dev/shm/f 1m 1m 1 1|is on a tmpfs
	END
	expect 0 "Exit status" "$mix" --help
	[ "$(ls "$1")" = there ]
}

# Reading zoneinfo, vmstat and cgroup files goes on in the supervisor and in the
# hog: both under the sanitizers, on both topologies.
sanitized_runs() {
	local pressure scenario

	pressure=$(sanitized)
	for scenario in "runaway --seconds 4 --settle 1 --after 2" "stream --seconds 3 --settle 1" \
		"oom --seconds 4 --settle 1" "anon --seconds 3 --settle 1" "write --seconds 3 --settle 1 --write-size 32m" \
		"low --seconds 3 --settle 1" "random --seconds 3 --settle 1" \
		"runaway --seconds 4 --settle 1 --hog hugetlb --hot-size 25% --containers 3"; do
		# shellcheck disable=SC2086
		outcome 0 "kswapd" --nodes "$1" --disk "$2" -- "$pressure" $scenario --json
	done
}

# shellcheck disable=SC2016 # the guest expands it
# What it made and changed is gone, also after it was killed.
cleans_up() {
	outcome 0 "all clean" --timeout 900 --with "$(built)" --with "$(built file_anon_mix_pressure)" \
		--with tools/testing/check/guest-state --disk "$1" -- sh -c '
		. guest-state
		# Everything is there once the cgroup of the last actor is.
		until_there() {
			until ls -d /sys/fs/cgroup/kswapd_pressure.*/$1; do
				kill -0 $pid || exit 1
				sleep 0.5
			done
		}
		for signal in INT TERM KILL; do
			kswapd_pressure runaway --lru classic --seconds 60 &
			pid=$!
			until_there touch
			kill -$signal $pid
			gone $pid $signal
		done
		# Each with a setting of its own, that is there once this actor is.
		for run in "runaway --hog hugetlb:touch" "runaway --hog holes:touch" \
			"runaway --hog swapfull --swap-size 32m:touch" "anon:set3" \
			"write --dirty-ratio 80 --write-size 32m:reader0" "oom:shifter7"; do
			kswapd_pressure ${run%:*} --scale-factor 10 --seconds 60 &
			pid=$!
			until_there ${run#*:}
			state | cmp -s - /tmp/before && exit 1
			kill -KILL $pid
			gone $pid "$run"
		done
		kswapd_pressure stream --sendfile --seconds 60 &
		pid=$!
		until_there reader3
		grep -x 128 /sys/block/*/bdi/read_ahead_kb || exit 1
		kill -KILL $pid
		gone $pid KILL
		file_anon_mix_pressure --memory-max 64m f 8m 8m 2 2 &
		pid=$!
		# Each of its workers is there.
		until [ "$(cat /sys/fs/cgroup/file_anon_mix_pressure.*/workers/cgroup.procs | wc -l)" = 3 ]; do
			kill -0 $pid || exit 1
			sleep 0.2
		done
		kill -KILL $pid
		gone $pid KILL
		echo all clean'
}

check "workload: gcc and clang, no warning" with_dir compilers \
	tools/testing/selftests/kswapd '-Wall -Wextra -Werror -O2 -D_GNU_SOURCE='
check "workload: bad input" bad_options
check "workload: file_anon_mix_pressure, bad input" with_dir bad_mix
check "workload: removes what it made on INT, TERM and KILL" with_dir cleans_up
check_all "workload: sanitizers find nothing, 1 node" with_dir sanitized_runs 1
check_all "workload: sanitizers find nothing, 2 nodes" with_dir sanitized_runs 2
