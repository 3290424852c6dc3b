#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# File and anonymous pressure in a memory cgroup must not cause an OOM kill while
# file pages can be evicted, under each LRU. KSWAPD_TEST_DIR is the directory of the
# file, not on a tmpfs.

PATH=$(dirname "$0"):$PATH
file=${KSWAPD_TEST_DIR:-.}/file_anon_mix.$$
switch=/sys/kernel/mm/lru_gen/enabled
failed=0
number=0
program=
said=$(mktemp) || exit 1
# More tasks than CPUs, but the page tables of all must fit.
readers=$(nproc)
[ "$readers" -le 32 ] || readers=32

# The program removes its file, and restores the switch.
# shellcheck disable=SC2317 # run by the trap
stop()
{
	[ -z "$program" ] || kill "$program" 2>/dev/null
	wait
	rm -f "$said"
}

# one WORDS [BITS]: a test with those bits of the switch, if the kernel has it.
one()
{
	number=$((number + 1))
	rc=0
	file_anon_mix_pressure ${2:+--lru "$2"} --rounds 10 --memory-max 256m \
		"$file" 200m 128m "$((2 * readers))" "$readers" 120000 0 >"$said" 2>&1 &
	program=$!
	wait "$program" || rc=$?
	program=
	sed 's/^/# /' "$said"
	case $rc in
	0) echo "ok $number $1" ;;
	# 2: the directory or the machine does not suit
	2 | 4) echo "ok $number $1 # SKIP $(tail -n 1 "$said")" ;;
	*)
		echo "not ok $number $1"
		failed=1
		;;
	esac
}

trap stop EXIT
trap 'exit 1' INT TERM HUP PIPE
echo "TAP version 13"
if [ -e $switch ]; then
	echo "1..3"
	one "MGLRU" 7
	one "MGLRU without the walk of page tables" 5
	one "classic LRU" 0
else
	echo "1..1"
	one "classic LRU"
fi
exit $failed
