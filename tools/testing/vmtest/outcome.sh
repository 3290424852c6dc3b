# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# The boot of a guest and how it ended, for 'vmtest run'.

# Exit statuses of our own. The program's status is handed on otherwise.
timed_out=124
guest_lost=125
crashed=126

choose_console() {
	if [ -n "$out" ]; then
		console=$(readlink -f "$out")/console.log
	else
		mkdir -p "$cache/console"
		console=$cache/console/$(date +%Y%m%d-%H%M%S)-$$.log
		# Keep the last fifty.
		find "$cache/console" -name '*.log' | sort -r | tail -n +51 |
			while read -r log; do rm -f "$log" "${log%.log}.races"; done
	fi
}

# A second signal must not end the cleanup.
# shellcheck disable=SC2317 # run by the traps
end_guest() {
	trap - EXIT
	trap '' INT TERM HUP
	[ -z "$qemu_pid" ] || kill -KILL "$qemu_pid" 2>/dev/null || :
	[ -z "$cat_pid" ] || kill -KILL "$cat_pid" 2>/dev/null || :
	[ -z "$work" ] || rm -rf "$work"
}

# The guest is ended by SIGKILL: under a broken KVM it ignores SIGTERM.
boot() {
	local rc=0

	: >"$console"
	: >"$work/status"
	mkfifo "$work/output"
	setpriv --pdeathsig KILL cat "$work/output" &
	cat_pid=$!
	setpriv --pdeathsig KILL timeout --foreground -s KILL "$timeout" \
		setpriv --pdeathsig KILL "${qemu[@]}" </dev/null >"$work/qemu.log" 2>&1 &
	qemu_pid=$!
	wait "$qemu_pid" || rc=$?
	qemu_pid=
	# QEMU may have ended before it opened its end; this lets cat go on.
	: <>"$work/output"
	wait "$cat_pid" || :
	cat_pid=
	# Ended by timeout, and not by the host's OOM killer.
	[ "$rc" -ne 137 ] || [ $((SECONDS - start)) -lt "$timeout" ] || qemu_timed_out=1
	qemu_status=$rc
}

show_console() {
	note "the end of the console, $console:"
	tail -n "$1" "$console" | tr -d '\r' | sed 's/^/    /' >&2
}

# verdict: say in one line how it ended and exit with the status for it.
verdict() {
	local status fault tail="after $((SECONDS - start)) s, $accel_words, console $console"

	status=$(sed -n 's/^exit \([0-9]*\)$/\1/p' "$work/status" | head -n 1)
	# A kernel without virtio console: the init says it on the serial line.
	[ -n "$status" ] || status=$(tr -d '\r' <"$console" |
		sed -n 's/^vmtest-init: exit \([0-9]*\)$/\1/p' | head -n 1)
	fault=$("$here/faults" "$console" "$kernel" "${console%.log}.races") ||
		die "cannot look for faults in $console"
	if [ -n "$fault" ]; then
		show_console 30
		note "faults of the kernel:"
		awk 'NR <= 20 { print "    " $0 }' <<<"$fault" >&2
		note "panicked or oopsed: ${fault%%$'\n'*} ($tail)"
		exit "$crashed"
	elif [ -n "$qemu_timed_out" ]; then
		show_console 15
		note "timed out: the guest was ended after $timeout s ($tail)"
		exit "$timed_out"
	elif [ -z "$status" ]; then
		sed 's/^/    /' "$work/qemu.log" >&2
		show_console 15
		note "guest lost: it ended without the program's exit status, QEMU's is $qemu_status ($tail)"
		exit "$guest_lost"
	fi
	case $status in
	0) note "passed ($tail)" ;;
	4) note "skipped: the program exited with 4 ($tail)" ;;
	"$timed_out" | "$guest_lost" | "$crashed")
		note "failed: the program exited with $status, reported as 1 ($tail)"
		status=1
		;;
	*)
		show_console 5
		note "failed: the program exited with $status ($tail)"
		;;
	esac
	exit "$status"
}
