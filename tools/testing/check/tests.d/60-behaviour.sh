# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# What the series is for: runaway fails on stock and passes with the series, and
# a reset for each reason is traced.

# runaway BASE LRU PATCHES STATUS WORDS DIR: judged once the backoff has reached its limit.
runaway() {
	local kernel

	fact "lru=$2" scale=300
	kernel=$(kernel_of "$1" "$3")
	# shellcheck disable=SC2046 # options of the base
	expect "$4" "$5" "$vmtest" run --kernel "$kernel" --timeout 180 --disk "$6" \
		"${run_options[@]}" -- "$(built)" runaway --lru "$2" --seconds 27 --settle 12 --max-cpu "$limit" \
		$(base_fact "$1" runaway)
}

# in_hopeless_guest STATUS WORDS BASE LRU DIR GUEST [ARG...]: a script that makes a node
# hopeless.
in_hopeless_guest() {
	local kernel status=$1 words=$2 base=$3 lru=$4 dir=$5 guest=$6

	shift 6
	fact "lru=$lru" scale=300
	kernel=$(kernel_of "$base" all)
	expect "$status" "$words" "$vmtest" run --kernel "$kernel" --timeout 240 \
		--disk "$dir" --with "$(built)" --with tools/testing/check/guest-hopeless \
		"${run_options[@]}" -- "tools/testing/check/$guest" "$@"
}

reason() {
	in_hopeless_guest 0 "reset for $2 was traced" "$1" "$3" "$4" guest-reasons "$2" "$3"
}

# reason_added BASE ADDED LRU DIR: a block of the movable zone can go offline.
reason_added() {
	run_options+=(--append movablecore=400M)
	reason "$@"
}

# wrong_by MUTANT FUNCTION...: its kernel is wrong on purpose.
wrong_by() {
	kernel_options+=(--edit "$repo/tools/testing/check/mutants/$1")
	"${@:2}"
}

# boosts STATUS WORDS BASE LRU DIR: of the watermarks of a hopeless node.
boosts() {
	in_hopeless_guest "$1" "$2" "$3" "$4" "$5" guest-boosts "$4"
}

# kill_without_zones BASE PATCHES: kswapd calls the OOM killer for the min_ttl_ms of MGLRU,
# and names no zones.
kill_without_zones() {
	local kernel

	fact lru=mglru
	kernel=$(kernel_of "$1" "$2")
	# shellcheck disable=SC2016 # for the guest
	expect 0 "killed and alive" "$vmtest" run --kernel "$kernel" --timeout 180 \
		--nodes 1 --memory 400M -- sh -ec '
			echo y >/sys/kernel/mm/lru_gen/enabled
			# All pages of so short a life are younger.
			echo 100000 >/sys/kernel/mm/lru_gen/min_ttl_ms
			# kswapd has begun long before the task has no page left.
			echo 3000 >/proc/sys/vm/watermark_scale_factor
			for i in 1 2 3; do tail /dev/zero || :; done
			dmesg | grep "kswapd[0-9]* invoked oom-killer"
			grep "^oom_kill [1-9]" /proc/vmstat
			echo killed and alive'
}

# retries STATUS WORDS BASE LRU GUEST DIR: what a hopeless kswapd does in its retries.
retries() {
	in_hopeless_guest "$1" "$2" "$3" "$4" "$6" "$5"
}

# Stock that has upstream's balance check does not run away.
for base in $named_bases; do
	if [ -z "$(base_fact "$base" gate)" ]; then
		for lru in classic mglru; do
			check_all "$base: kswapd stops with the series, $lru" \
				with_dir runaway "$base" "$lru" all 0 passed
		done
		continue
	fi
	check "$base: the OOM killer is called by MGLRU for its min_ttl_ms" \
		kill_without_zones "$base" all
	check "$base: a retry of kswapd kills no task for min_ttl_ms" \
		with_dir retries 0 "retries of kswapd killed no task" "$base" mglru guest-min-ttl
	check "$base: a retry of kswapd spares memory.low while others give pages" \
		with_dir retries 0 "memory.low was kept" "$base" classic guest-low
	# One stock kernel with a package is enough for CI: each is a build of its own.
	[ "$base" = 6.1.y ] && stock=check_all || stock=check
	for lru in classic mglru; do
		"$stock" "$base: kswapd runs away on stock, $lru" \
			with_dir runaway "$base" "$lru" 0 1 "more than the $limit % allowed"
		check "$base: kswapd stops with the series, $lru" \
			with_dir runaway "$base" "$lru" all 0 passed
	done
done
# reasons_of BASE: those that the tests can bring about. Linux 6.1 does not reset the count
# where memory is freed, and its memory.reclaim spares pages that memory.min protects.
reasons_of() {
	[ "$1" = 6.1.y ] || printf '%s ' DIRECT PCP
	echo OTHER KSWAPD
}

for reason in $(reasons_of 6.12.y); do
	check "6.12.y: a reset with reason $reason is traced" with_dir reason 6.12.y "$reason" classic
	check_all "6.12.y: a reset with reason $reason is traced, MGLRU" \
		with_dir reason 6.12.y "$reason" mglru
done
for base in 6.1.y 6.18.y mm-new; do
	for reason in $(reasons_of "$base"); do
		check_all "$base: a reset with reason $reason is traced" with_dir reason "$base" "$reason" classic
	done
done
check "6.12.y: a hopeless node gets no boosts" \
	with_dir boosts 0 "gets no boosts" 6.12.y classic
for base in 6.12.y mm-new 6.18.y 7.3.y; do
	[ "$base" = 6.12.y ] || check_all "$base: a hopeless node gets no boosts" \
		with_dir boosts 0 "gets no boosts" "$base" classic
	check_all "$base: a hopeless node gets no boosts, MGLRU" \
		with_dir boosts 0 "gets no boosts" "$base" mglru
done
check_all "6.12.y: boosts of a hopeless node are seen" \
	with_dir wrong_by boosts-of-a-hopeless-node.patch \
	boosts 1 "hopeless node have a boost" 6.12.y classic
check_all "6.12.y: memory.low that gives way too early is seen" \
	with_dir wrong_by memory-low-before-the-rest.patch \
	retries 1 "memory.low was overridden" 6.12.y classic guest-low
check "6.12.y: a reset by added memory is traced" with_dir reason_added 6.12.y ADDED classic
