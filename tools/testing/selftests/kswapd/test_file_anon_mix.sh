#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# File and anonymous pressure at once must not get anybody in a memory cgroup
# OOM-killed as long as there are file pages to evict, whatever the LRU.
# KSWAPD_TEST_DIR is where the file goes; no tmpfs.

PATH=$(dirname "$0"):$PATH
file=${KSWAPD_TEST_DIR:-.}/file_anon_mix.$$
switch=/sys/kernel/mm/lru_gen/enabled
former=
failed=0
number=0
# More tasks than CPUs, but page tables for all of them must fit as well.
readers=$(nproc)
[ "$readers" -le 32 ] || readers=32

# The program removes its file itself.
# shellcheck disable=SC2317 # run by the trap
restore()
{
	[ -z "$former" ] || echo "$former" >"$switch"
}

# one WORDS VALUE: the switch's value, or nothing for a kernel that has none.
one()
{
	number=$((number + 1))
	# Groups made from here on begin with it.
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
