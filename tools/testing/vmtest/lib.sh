# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# Shared by the scripts of the project: messages, progress of long steps, and the
# cache directory. Source it after setting "me", the name in messages.

# Outlives a clone, so that the next one does not start from nothing.
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/kswapd-failures

# Per cent of a CPU that kswapd may take in the mean once it has stopped: a retry in some
# seconds, of up to 0.25 s under emulation. Stock takes five times as much or more.
limit=$(<"${BASH_SOURCE[0]%/*}/kswapd-limit")

# Debian's directories of mke2fs and similar tools, which not every PATH has.
PATH=$PATH:/usr/sbin:/sbin

# Variables of the front door's make are not for the makefiles that run from here.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL

note() {
	printf '%s: %s\n' "$me" "$*" >&2
}

# Bad input, or something missing: one sentence, exit status 2.
die() {
	note "$*"
	exit 2
}

# need COMMAND PACKAGE [INSTALLER]: stop if a tool is missing, and name its package and the
# command that installs it with all others (make deps).
need() {
	command -v "$1" >/dev/null ||
		die "$1 is missing: install Debian's package $2 ('${3:-make deps}' installs all)"
}

# has_kvm: a /dev/kvm that opens is no proof: behind some hypervisors a guest then hangs at
# full CPU. The processor's own word is.
has_kvm() {
	grep -qwE '(svm|vmx)' /proc/cpuinfo && [ -r /dev/kvm ] && [ -w /dev/kvm ]
}

# release_of TREE: VERSION.PATCHLEVEL of a kernel tree, such as 6.12.
release_of() {
	sed -n -e 's/^VERSION = //p' -e 's/^PATCHLEVEL = //p' "$1/Makefile" | paste -s -d .
}

# bases: their names, one a line. Needs $repo.
bases() {
	(cd "$repo/patches" && printf '%s\n' */base) | sed 's|/base$||'
}

# base_fact BASE KEY: the first value of a key in patches/BASE/base. Needs $repo.
base_fact() {
	sed -n "s/^$2:[[:space:]]*//p" "$repo/patches/$1/base" | head -n 1
}

# brings BASE GROUP: its set has that group of new files. Needs $repo.
brings() {
	! grep -q "^without: $2 |" "$repo/patches/$1/base"
}

# patches_in DIR: their paths, one a line, as its series file lists them.
patches_in() {
	sed "/^[^#]/!d; s|^|$1/|" "$1/series"
}

# gate_fixes BASE: how many of its fixes the balance check alone needs. Needs $repo.
gate_fixes() {
	local n

	n=$(base_fact "$1" gate-fixes)
	echo "${n:-0}"
}

# kdir_of BASE: the user's tree, KDIR, if it is of the base; else nothing.
kdir_of() {
	[ -n "${KDIR-}" ] || return 0
	[ -f "$KDIR/mm/vmscan.c" ] || die "KDIR=$KDIR is no kernel tree"
	[ "$(release_of "$KDIR")" != "$(base_fact "$1" kernel)" ] || echo "$KDIR"
}

# base_kernel BASE OPTION...: vmtest kernel, on KDIR if that is of the base. Prints the
# last line, a path; has the status of vmtest with pipefail. Needs $vmtest.
base_kernel() {
	local kdir

	kdir=$(kdir_of "$1") || return
	KDIR=$kdir "$vmtest" kernel --base "$@" | tail -n 1
}

# need_space DIR MIB STEP: stop before a long step that would fill the disk.
need_space() {
	local have

	have=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$have" -ge "$2" ] ||
		die "$3 needs $2 MiB free in $1, which has $have MiB"
}

# A step runs in a process group of its own, which ends with the script.
step_pid=

# All that it started ends: TERM once, and KILL after 10 s.
end_step() {
	local n

	[ -n "$step_pid" ] || return 0
	kill -TERM -- "-$step_pid" 2>/dev/null || :
	for ((n = 0; n < 100; n++)); do
		kill -0 -- "-$step_pid" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL -- "-$step_pid" 2>/dev/null || :
	wait "$step_pid" || :
}
trap 'end_step; exit 130' INT
trap 'end_step; exit 143' TERM HUP

# step WORDS LOG COMMAND...: run a long command with its output in LOG, and say how long
# it has been at it: every quarter of a minute, or every minute if no terminal shows it.
# On failure show the end of the log and return the command's status.
step() {
	local words=$1 log=$2 rc=0 start=$SECONDS last every=60

	shift 2
	[ ! -t 2 ] || every=15
	note "$words (log: $log)"
	# Locks that this script holds are not the command's.
	set -m
	"$@" >>"$log" 2>&1 </dev/null 8>&- 9>&- &
	step_pid=$!
	set +m
	last=$SECONDS
	while kill -0 "$step_pid" 2>/dev/null; do
		sleep 0.2
		if [ $((SECONDS - last)) -ge "$every" ]; then
			last=$SECONDS
			note "  $((SECONDS - start)) s: $(tail -n 1 "$log" | cut -c 1-60)"
		fi
	done
	wait "$step_pid" || rc=$?
	step_pid=
	if [ "$rc" -ne 0 ]; then
		note "$words: failed with status $rc after $((SECONDS - start)) s; the end of $log:"
		tail -n 15 "$log" | sed 's/^/    /' >&2
		return "$rc"
	fi
	note "$words: done in $((SECONDS - start)) s"
}
