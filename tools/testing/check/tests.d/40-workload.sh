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

compilers() {
	local cc dir=$1

	for cc in gcc clang; do
		make -s -C tools/testing/selftests/kswapd OUTPUT="$dir/$cc" CC="$cc" \
			CFLAGS='-Wall -Wextra -Werror -O2 -D_GNU_SOURCE='
	done
}

bad_options() {
	local pressure

	pressure=$(sanitized)
	sentences "$pressure" <<-'END'
	|name a scenario
	frobnicate|is no scenario
	runaway stream|one argument too many
	runaway --frobnicate|is no option
	runaway --node|takes a value
	runaway --node x|is no whole number
	runaway --node -1|is no whole number
	runaway --seconds 0|is no whole number
	runaway --high 8q|is no size
	runaway --high -8m|is no size
	runaway --high 99999999999999999999g|is too large
	runaway --seconds 5 --settle 5|leaves nothing
	stream --max-cpu 2|goes with runaway only
	runaway --max-cpu 101|is no percentage
	stream --after 3|there is no hog to leave
	stream --file-size 0|cannot be streamed
	runaway --lru new|is none of
	stream --readers 65|is no whole number
	edge --high 1|must be at least a page
	runaway --hot-size x%|is no whole number from 1
	runaway --touch-size 123456789%|is too large
	strand --by magic|is none of
	runaway --hog magic|is none of
	stream --hog tmpfs|with a scenario that has one
	strand --hog tmpfs --by munlock|has no way back
	stream --containers 2|goes with runaway, edge, flip and strand only
	runaway --containers 25|is no whole number from 0 to 24
	strand --by min --containers 1|both need memory.min
	edge --churn|goes with runaway only
	stream --dirty-ratio 20|goes with write only
	write --dirty-ratio 101|is no whole number from 0 to 100
	write --write-size 4k|at least 1m
	runaway --lists-fraction 7|must be 0 or at least 8
	runaway --min-free 4k|must be 0 or at least 1m
	anon --shift-size 1m|goes with oom only
	oom --tasks 65|is no whole number from 1 to 64
	random --mmap|do not go with random
	stream --by min|go with strand only
	runaway --mmap|go with strand, stream, productive, low, write and random only
	stream --mmap --sendfile|choose one
	strand --by swapon --swap-size 4k|at least 16 pages
	job|needs --job COMMAND
	stream --job x|goes with runaway and job only
	stream --job-high 1m|name it with --job
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
	$1/f 1m 1m 1 1 1 1 1|one argument too many
	$1/f 1x 1m|anon_size: "1x" is no size
	$1/f 1m m1|file_size: "m1" is no size
	$1/f 1m 1k|file_size must be at least a page
	$1/f 4k 1m 2|a page of 4096 bytes for each of 2 workers
	$1/f 1m 1m 0|anon_workers: "0" is no whole number from 1
	$1/f 1m 1m 1 4097|file_workers: "4097" is no whole number
	$1/f 1m 1m 1 1 x|reader_sleep_us: "x" is no whole number
	$1/f 1m 1m 1 1 1 -1|is no option
	--rounds 0 $1/f 1m 1m|--rounds: "0" is no whole number
	--memory-max 0 $1/f 1m 1m|nothing fits
	--memory-max 99999t $1/f 1m 1m|is no size
	--cgroup /sys $1/f 1m 1m|goes with --memory-max only
	--memory-max 1000000g $1/f 1m 1m 1 1|more than the machine has
	$1/f 1000000g 1m 1 1|the machine has no more than
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
		for signal in INT TERM KILL; do
			kswapd_pressure runaway --lru classic --seconds 60 &
			pid=$!
			# Everything is there once the last actor is.
			until ls -d /sys/fs/cgroup/kswapd_pressure.*/touch; do
				kill -0 $pid || exit 1
				sleep 0.5
			done
			kill -$signal $pid
			gone $pid $signal
		done
		# Each with a setting of its own, that is there once this actor is.
		for run in "runaway --hog hugetlb:touch" "runaway --hog holes:touch" \
			"runaway --hog swapfull --swap-size 32m:touch" "anon:set3" \
			"write --dirty-ratio 80 --write-size 32m:reader0" "oom:shifter7"; do
			kswapd_pressure ${run%:*} --scale-factor 10 --seconds 60 &
			pid=$!
			until ls -d /sys/fs/cgroup/kswapd_pressure.*/${run#*:}; do
				kill -0 $pid || exit 1
				sleep 0.5
			done
			state | cmp -s - /tmp/before && exit 1
			kill -KILL $pid
			gone $pid "$run"
		done
		kswapd_pressure stream --sendfile --seconds 60 &
		pid=$!
		until ls -d /sys/fs/cgroup/kswapd_pressure.*/reader3; do
			kill -0 $pid || exit 1
			sleep 0.5
		done
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

t "workload: gcc and clang, no warning" with_dir compilers
t "workload: bad input" bad_options
t "workload: file_anon_mix_pressure, bad input" with_dir bad_mix
t "workload: removes what it made on INT, TERM and KILL" with_dir cleans_up
ta "workload: sanitizers find nothing, 1 node" with_dir sanitized_runs 1
ta "workload: sanitizers find nothing, 2 nodes" with_dir sanitized_runs 2
