#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# File and anonymous pressure in a memory cgroup must not cause an OOM kill while
# file pages can be evicted, under each LRU. KSWAPD_TEST_DIR is the directory of the
# file, not on a tmpfs.

PATH=$(dirname "$0"):$PATH
file=${KSWAPD_TEST_DIR:-.}/file_anon_mix.$$
switch=/sys/kernel/mm/lru_gen/enabled
former=
failed=0
number=0
# More tasks than CPUs, but the page tables of all must fit.
readers=$(nproc)
[ "$readers" -le 32 ] || readers=32

# The program removes its file.
# shellcheck disable=SC2317 # run by the trap
restore()
{
	[ -z "$former" ] || echo "$former" >"$switch"
}

# one WORDS VALUE: a test with that value of the switch, "" on a kernel without it.
one()
{
	number=$((number + 1))
	# The cgroups made later use this LRU from the start.
	if [ -n "$2" ] && ! { echo "$2" >"$switch"; } 2>/dev/null; then
		echo "ok $number $1 # SKIP cannot change the LRU"
		return
	fi
	rc=0
	text=$(file_anon_mix_pressure --rounds 10 --memory-max 256m \
		"$file" 200m 128m "$((2 * readers))" "$readers" 120000 0 2>&1) || rc=$?
	echo "$text" | sed 's/^/# /'
	case $rc in
	0) echo "ok $number $1" ;;
	4) echo "ok $number $1 # SKIP $(echo "$text" | tail -n 1)" ;;
	*)
		echo "not ok $number $1"
		failed=1
		;;
	esac
}

trap restore EXIT
trap 'exit 1' INT TERM HUP
echo "TAP version 13"
if [ -e $switch ]; then
	former=$(cat $switch)
	echo "1..3"
	one "MGLRU" 7
	one "MGLRU without the walk of page tables" 5
	one "classic LRU" 0
else
	echo "1..1"
	one "classic LRU" ""
fi
exit $failed
