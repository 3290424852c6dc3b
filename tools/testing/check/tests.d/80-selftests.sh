# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The selftests, built in a kernel tree onto which the series was put.

selftests_run() {
	local base=$1

	shift
	need_tree "$base"
	fact "scale=${scale-600}"
	tools/testing/check/selftests --base "$base" --out "build/selftests/$base" "$@"
}

# selftests_at_scale N BASE OPTION...: with this vm.watermark_scale_factor
selftests_at_scale() {
	local scale=$1

	shift
	selftests_run "$@" --scale "$scale" --out "build/selftests/$1-scale-$scale"
}

# tree_with_series DIR BASE: the tree's part for the selftests, with the series in it.
tree_with_series() {
	tree_parts "$1" "$2" .gitignore scripts/subarch.include tools/include/uapi \
		tools/testing/selftests/{lib.mk,kselftest.h,kselftest_harness.h,kselftest} \
		tools/testing/selftests/{run_kselftest.sh,cgroup,clone3,pidfd}
	scripts/series am --base "$2" --tree "$1"
}

# every_target DIR MAKE-ARGUMENT...: of the selftests' makefile.
every_target() {
	local tree=$1 target

	shift
	for target in all install gen_tar clean; do
		make -C "$tree/tools/testing/selftests" TARGETS=kswapd FORCE_TARGETS=1 \
			"$@" "$target"
	done
}

# No target leaves anything behind that git does not ignore, or fails to make
# what it is for.
selftests_build() {
	local base=$1 dir=$2 files packed programs

	need_tree "$base"
	tree_with_series "$dir/tree" "$base"
	grep -qx 'TARGETS += kswapd' "$dir/tree/tools/testing/selftests/Makefile"
	every_target "$dir/tree" "KSFT_INSTALL_PATH=$dir/in"
	files=$(git -C "$dir/tree" status --porcelain)
	[ -z "$files" ] || {
		echo "left after make clean: $files"
		return 1
	}
	mkdir "$dir/o"
	every_target "$dir/tree" "O=$dir/o" "KSFT_INSTALL_PATH=$dir/out"
	files=$(git -C "$dir/tree" status --porcelain)
	[ -z "$files" ]
	programs=$(make -s -C tools/testing/selftests/kswapd print-TEST_GEN_PROGS)
	for packed in "$dir/in" "$dir/out"; do
		tar tzf "$packed/kselftest-packages/kselftest.tar.gz" >"$dir/list"
		for files in $programs kswapd_pressure settings config; do
			grep -qx "./kswapd/$files" "$dir/list"
		done
		grep -qx kswapd:test_memcg_reclaim_keeps_hopeless "$packed/kselftest-list.txt"
	done
}

# shellcheck disable=SC2016 # the guest expands it
# A test that has a node hopeless and swap on, and whose runner, or itself, is
# killed, leaves nothing behind.
selftests_clean_up() {
	local dir=$1 kernel

	kernel=$(kernel_of 6.12.y all)
	tools/testing/check/selftests --build --base 6.12.y --out "$dir"
	expect 0 "all clean" "$vmtest" run --kernel "$kernel" --timeout 240 --memory 1200M \
		--with "$dir/6.12.y/tree/tools/testing/selftests/kswapd/test_memcg_reclaim_keeps_hopeless" \
		--with tools/testing/check/guest-state --with pgrep --disk "$dir/6.12.y/tree/scripts" -- sh -c '
		. guest-state
		hopeless() {
			awk "/node_unreclaimable:/ { n += \$2 } END { exit !n }" /proc/zoneinfo
		}
		for victim in "runner TERM" "runner KILL" "test KILL" "test TERM"; do
			test_memcg_reclaim_keeps_hopeless -r memcg_reclaim_keeps_hopeless.classic.anon_only &
			pid=$!
			# It may still be so from the one before.
			until hopeless && ! state | cmp -s - /tmp/before; do
				kill -0 $pid || exit 1
				sleep 0.2
			done
			# The test is a child of a child of the runner.
			case $victim in
			runner*) kill -${victim#* } $pid ;;
			test*) kill -${victim#* } $(pgrep -P $(pgrep -P $pid)) ;;
			esac || exit 1
			gone $pid "$victim"
		done
		echo all clean'
}

# test_says STATUS WORDS DIR TEST [OPTION...]: one test, under one LRU, on a kernel with
# the series and an edit.
test_says() {
	local status=$1 words=$2 dir=$3 test=$4 kernel

	shift 4
	kernel=$(base_kernel 6.12.y "$@")
	mkdir -p "$dir/disk"
	expect "$status" "$words" "$vmtest" run --kernel "$kernel" --timeout 300 --memory 800M \
		--disk "$dir/disk" -- \
		"$dir/6.12.y/tree/tools/testing/selftests/kswapd/test_${test%%.*}" -r "$test"
}

# Run tests on a kernel without swap, and in a tmpfs: skipped with the remedy, not failed.
selftests_lack() {
	local kernel test=memcg_reclaim_keeps_hopeless.classic.anon_only
	local other=memcg_reclaim_keeps_hopeless.classic.memory_high_protected

	tools/testing/check/selftests --build --base 6.12.y --out "$1"
	kernel=$(base_kernel 6.12.y --config tools/testing/vmtest/configs/no-swap)
	mkdir "$1/disk"
	# shellcheck disable=SC2016 # the guest expands it
	expect 0 "all as it should be" "$vmtest" run --kernel "$kernel" --timeout 300 \
		--memory 1200M --disk "$1/disk" --with "$(built file_anon_mix_pressure)" \
		--with tools/testing/selftests/kswapd/test_file_anon_mix.sh --with \
		"$1/6.12.y/tree/tools/testing/selftests/kswapd/test_memcg_reclaim_keeps_hopeless" -- sh -c '
		has() {
			cat /tmp/said
			grep -q "$1" /tmp/said || exit 1
		}
		export KSWAPD_TEST_DIR=/tmp
		test_memcg_reclaim_keeps_hopeless -r '$test' >/tmp/said
		has "^ok 1 '$test' # SKIP KSWAPD_TEST_DIR: /tmp is on a tmpfs"
		test_file_anon_mix.sh >/tmp/said
		has "^ok 3 classic LRU # SKIP .*is on a tmpfs"
		unset KSWAPD_TEST_DIR
		test_memcg_reclaim_keeps_hopeless -r '$test' >/tmp/said
		has "^ok 1 '$test' # SKIP cannot swap to .*: Function not implemented"
		test_memcg_reclaim_keeps_hopeless -r '$other' >/tmp/said
		has "^ok 1 '$other'$"
		echo all as it should be'
}

# A script that is ended ends its program, and the LRU is what it was.
mix_is_ended() {
	local kernel

	kernel=$(stock)
	mkdir "$1/disk"
	# shellcheck disable=SC2016 # the guest expands it
	expect 0 "all clean" "$vmtest" run --kernel "$kernel" --timeout 200 --memory 1200M \
		--disk "$1/disk" --with "$(built file_anon_mix_pressure)" \
		--with tools/testing/selftests/kswapd/test_file_anon_mix.sh --with pgrep \
		--with tools/testing/check/guest-state -- sh -c '
		lru=/sys/kernel/mm/lru_gen/enabled
		echo 3 >$lru
		former=$(cat $lru)
		. guest-state
		for signal in TERM KILL; do
			test_file_anon_mix.sh >/dev/null 2>&1 &
			pid=$!
			until [ "$(cat $lru)" != "$former" ]; do sleep 0.1; done
			sleep 2
			kill -$signal $pid
			# Its cleanup process has the same name.
			[ $signal = TERM ] || kill -KILL $(pgrep -o file_anon_mix_p)
			gone $pid $signal
		done
		echo all clean'
}

# Tests of events and counters, which stock lacks, are tried on mutants: kernels that have them
# wrong, and a healthy node on one whose kswapd takes every run for a failed one.
selftests_see_mistakes() {
	local mutant words test

	tools/testing/check/selftests --build --base 6.12.y --out "$1"
	test_says 0 "SKIP this kernel does not count" "$1" tracepoints.mglru.counters_agree --patches 6
	while IFS='|' read -r mutant words test; do
		echo "$words, for $test"
		test_says 1 "not ok 1 $test" "$1" "$test" --edit "$mutant"
	done < <(mutants selftest)
}

# unit PROGRAM BASE: the program's own tests, with the KTAP parser of a base's tree.
unit() {
	need_tree "$2"
	python3 "tools/testing/check/test_$1.py" "$tree"
}

selftests_bad_input() {
	sentences tools/testing/check/selftests <<-'END'
	--frobnicate|unknown option
	--base 2.4|no base
	--kernel patched|--kernel takes
	--topology 3|--topology takes
	--arch sparc|--arch takes
	--system scripts|--system takes
	--scale 3001|--scale takes
	--repeat 0|--repeat takes
	--out|takes a value
	--out /dev/null/x|cannot make the directory
	END
}

check "check: results, facts, choice, interrupts" unit check 6.12.y
check "selftests: bad input" selftests_bad_input
check_all "selftests: remove what they made when they are killed" with_dir selftests_clean_up
check_all "selftests: what a machine lacks is a skip" with_dir selftests_lack
check "selftests: file_anon_mix is ended, and the LRU restored" with_dir mix_is_ended
check_all "6.12.y: the selftests see what stock cannot show" with_dir selftests_see_mistakes
check "6.12.y: the core selftests fail on stock and pass with the series" \
	selftests_run 6.12.y --core
for base in $named_bases; do
	check "$base: selftests: KTAP by the parser of the tree, the table, the guest" \
		unit selftests "$base"
	check "$base: the selftests build, install, pack and clean, also with O=" \
		with_dir selftests_build "$base"
	for topology in 1 2 4 memoryless; do
		topologies+=(--topology "$topology")
	done
	# Stock that has a gate of its own has nothing to fail.
	kernels=()
	[ -n "$(base_fact "$base" gate)" ] || kernels=(--kernel series)
	check_all "$base: the selftests in every topology" selftests_run "$base" \
		"${topologies[@]}" "${kernels[@]}"
	for factor in 10 300; do
		check_all "$base: the core selftests at watermark_scale_factor $factor" \
			selftests_at_scale "$factor" "$base" --core "${kernels[@]}"
	done
	unset topologies
	# Where the base's facts have the line "recovery: yes".
	[ "$(base_fact "$base" recovery)" = yes ] || continue
	check_all "$base: kswapd is there when there is work for it" \
		selftests_run "$base" --recovery --kernel series --topology 1 --topology 2 \
		--out "build/selftests/$base-recovery"
	check_all "$base: the gate alone keeps kswapd away" selftests_run "$base" --recovery \
		--kernel gate --topology 1 --topology 2 --out "build/selftests/$base-gate" \
		--filter '-t readers_after_exit -t swap_for_the_hog -t senders_on_a_healthy_node'
done
