# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The report tool: reports of recorded traces, and errors of bad files.

report_dir=tools/testing/kswapd-report

report_built() {
	make -s kswapd-report && echo "$repo/build/kswapd-report"
}

report_sanitized() {
	local dir=$repo/build/kswapd-report-sanitized

	make -s -C tools/mm/kswapd-report OUTPUT="$dir" SANITIZE=1 CFLAGS='-Werror -O1 -g' &&
		echo "$dir/kswapd-report"
}

# with_tool built|sanitized FUNCTION...: a test that calls "$tool".
with_tool() {
	tool=$("report_$1")
	"${@:2}"
}

# As tools/mm/Makefile has it: built in its own directory, on a copy without the rest.
report_in_tree() {
	mkdir -p "$1/tools"
	cp -r tools/mm "$1/tools/"
	sed -n 's/^Append: tools.mm.Makefile | //p' scripts/series.d/30-kswapd-report \
		>"$1/tools/mm/Makefile"
	make -s -C "$1/tools/mm" kswapd-report
	"$1/tools/mm/kswapd-report/kswapd-report" --version
}

# A missing library is named by its package.
report_features() {
	cat >"$1/pkg-config" <<-'END'
	#!/bin/sh
	case "$*" in
	*libtracefs*) exit 1 ;;
	esac
	END
	chmod +x "$1/pkg-config"
	expect 2 "install libtracefs-dev" make -C tools/mm/kswapd-report OUTPUT="$1" \
		PKG_CONFIG="$1/pkg-config"
	expect 2 "install pkg-config" make -C tools/mm/kswapd-report OUTPUT="$1" \
		PKG_CONFIG="$1/none"
}

report_golden() {
	"$report_dir/golden" "$tool"
	# It does find a difference.
	cat >"$1/tool" <<-END
	#!/bin/sh
	"$tool" "\$@" | sed 's/DIRECT/direct/'
	END
	chmod +x "$1/tool"
	expect 1 "accept it" "$report_dir/golden" "$1/tool" runaway-6.12
}

# unpack NAME DIR: a recorded trace.
unpack() {
	xz -dc "$report_dir/traces/$1.dat.xz" >"$2/$1.dat"
}

report_counts() {
	local name

	for name in "$report_dir"/traces/*.dat.xz; do
		name=$(basename "$name" .dat.xz)
		unpack "$name" "$1"
		"$report_dir/counts" "$tool" "$1/$name.dat"
	done
}

# made_counts TOOL TRACE OPTION...: the report has the counts of an artificial trace.
made_counts() {
	local tool=$1 trace=$2

	shift 2
	"$report_dir/mktrace" "$trace" "$@" | jq -S '{ lost, records, nodes }' >"$trace.in"
	"$tool" report --json "$trace" | jq -S -f "$report_dir/counts.jq" >"$trace.out"
	diff -u "$trace.in" "$trace.out"
}

# Artificial machines: byte order, size of a long, CPUs, lost records.
report_machines() {
	local options trace=$1/made.dat

	while read -r options; do
		echo "made with: $options"
		# shellcheck disable=SC2086
		made_counts "$tool" "$trace" $options
		"$report_dir/counts" "$tool" "$trace"
	done <<-'END'
	--cpus 1
	--cpus 2 --endian big
	--cpus 2 --endian big --long 4 --upstream
	--cpus 3 --long 4 --noise 3 --lose 77
	--cpus 2 --retries 7
	--cpus 40 --lose 5 --noise 2 --episodes 2
	END
	expect 0 "LOST: at least 5 records" "$tool" report "$trace"
}

# Failed retries belong to the episode, and are no runaway.
report_retries() {
	"$report_dir/mktrace" "$1/retries.dat" --cpus 1 --episodes 2 --retries 100 >"$1/in"
	expect 0 "100 failed retries" sh -c "'$tool' report '$1/retries.dat' |
		sed 's/ *200 failed while the node was hopeless/100 failed retries in each/'"
	"$tool" report --json "$1/retries.dat" | jq -e '.traces[0].nodes[0] |
		.verdict == "recovered" and .give_ups == 2 and .restarts == 2 and
		.spurious_restarts == 0 and .failed_retries == 200 and
		.restarts_not_recorded == 0 and .hopeless_bound == "exact" and
		(.hopeless_seconds > 20 and .hopeless_seconds < 20.4) and .episodes_total == 2 and
		(.episodes | all(.failures == 116 and .failed_retries == 100))'
}

# The interval of the samples does not decide whether a kernel runs away.
report_intervals() {
	local interval picture=$1/picture.svg

	for interval in 1 0.3 0.1 0.02; do
		"$report_dir/mktrace" "$1/made.dat" --cpus 1 --episodes 1 --samples "$interval" \
			--runaway >"$1/in"
		expect 3 "Node 0: runaway" "$tool" report --fail-on runaway "$1/made.dat"
	done
	for interval in 0.1 1 10 30; do
		"$report_dir/mktrace" "$1/made.dat" --cpus 1 --episodes 1 --samples "$interval" >"$1/in"
		expect 0 "Node 0: healthy" "$tool" report "$1/made.dat"
	done
	# 10,000 pages of that machine: the axis ends at 35 or 600 MiB.
	for interval in 4096:35 65536:600; do
		"$report_dir/mktrace" "$1/made.dat" --cpus 1 --episodes 1 --samples 1 --runaway \
			--page "${interval%:*}" >"$1/in"
		"$tool" report --svg "$picture" "$1/made.dat" >"$1/said"
		grep -o '>[0-9.]* MiB<' "$picture" | tail -n 1 | grep -Fx ">${interval#*:} MiB<"
	done
	# Without samples, three restarts of which the last one lasts.
	awk 'function event(after, words) {
		printf("kswapd0-50 [000] %.6f: mm_vmscan_%s\n", now += after, words)
	}
	BEGIN {
		now = 100
		for (episode = 0; episode < 4; episode++) {
			for (n = 1; n <= (episode < 3 ? 16 : 1); n++) {
				event(0.001, "kswapd_wake: nid=0 order=0")
				event(0.15, "kswapd_reclaim_fail: nid=0 failures=" n)
			}
			if (episode < 3)
				event(0.5, "reset_kswapd_failures: nid=0 reason=DIRECT")
		}
		event(1.2, "reset_kswapd_failures: nid=0 reason=DIRECT")
		event(3, "kswapd_wake: nid=0 order=0")
	}' >"$1/text"
	expect 0 "Node 0: runaway suspected" "$tool" report "$1/text"
	expect 0 "resets restarted it each time" "$tool" report "$1/text"
}

# The cgroup of a reset: by the record of reclaim, else by that of the task.
report_cgroups() {
	local dir=$1 options sums='.nodes[0] | [.resets_by_cgroup[] | [.cgroup, .cgroup_id, .resets]]'

	for options in "" "--endian big --long 4"; do
		# shellcheck disable=SC2086
		"$report_dir/mktrace" "$dir/cgroups.dat" --cpus 1 --cgroups $options >"$dir/in"
		# Another task had the PID at every second reset.
		"$tool" report --json "$dir/cgroups.dat" | jq -e '.traces[0] |
			('"$sums"' == [["/web/streamer", null, 2]]) and
			(.nodes[0].episodes | map(.cgroup) ==
				["/web/streamer", null, "/web/streamer", null])'
		# shellcheck disable=SC2086
		"$report_dir/mktrace" "$dir/ids.dat" --cpus 1 --cgroups --reclaim $options >"$dir/in"
		# The first reclaim is not known to end.
		"$tool" report --json "$dir/ids.dat" | jq -e '.traces[0] |
			('"$sums"' == [[null, 7, 3], ["/web/streamer", null, 1]]) and
			(.nodes[0].episodes | map(.cgroup_id) == [null, 7, 7, 7])'
	done
	expect 0 "3 by reclaim of the cgroup with id 7" "$tool" report "$dir/ids.dat"
	expect 0 "2 by other or unknown cgroups" "$tool" report "$dir/cgroups.dat"
	"$tool" report --csv "$dir/ids.dat" | grep -q ',"DIRECT","streamer",99,,7,'
	"$tool" report --perfetto "$dir/x.pf" "$dir/cgroups.dat" >"$dir/said"
	jq -e '[.traceEvents[].args.by | select(. != null)] == ["cgroup /web/streamer", "cgroup /web/streamer"]' "$dir/x.pf"
	# As trace-cmd prints the events of 7.1
	text_is "$sums"' == [[null, 4711, 1]]' printf '%s\n' \
		'a-9 [000] 1.0: mm_vmscan_memcg_reclaim_begin: order=0 gfp_flags=GFP_KERNEL pid=9 memcg_id=4710 ' \
		'a-9 [000] 1.1: mm_vmscan_memcg_reclaim_end: nr_reclaimed=32 pid=9 memcg_id=4710 ' \
		'a-9 [000] 1.2: mm_vmscan_kswapd_clear_hopeless: nid=1 reason=DIRECT' \
		'a-9 [000] 1.3: mm_vmscan_memcg_reclaim_begin: order=0 gfp_flags=GFP_KERNEL pid=9 memcg_id=4711 ' \
		'a-9 [000] 1.4: mm_vmscan_kswapd_clear_hopeless: nid=1 reason=DIRECT'
}

# case_is NAME FILTER: the report of the case passes the filter of jq.
case_is() {
	xz -dc "$report_dir/cases/$1.dat.xz" >"$dir/$1.dat"
	"$tool" report --json "$dir/$1.dat" >"$dir/$1.json"
	jq -e ".traces[0] | $2" "$dir/$1.json" >/dev/null || {
		echo "$1: not so: $2"
		jq '.traces[0] | del(.nodes[].episodes)' "$dir/$1.json"
		return 1
	}
}

# Traces with a known truth: a wrong verdict on each was given once.
report_cases() {
	local dir=$1

	# Of two buffers libtracecmd 1.3.1 takes the last words of the head for a size.
	export ASAN_OPTIONS=allocator_may_return_null=1
	case_is fail-only '.nodes[0] | .verdict == "given-up" and .hopeless_bound == "at-least"'
	case_is reset-only '.nodes[0] | .verdict == "unknown" and .gave_up == null and
		.resets == 40 and .hopeless_seconds == null and .hopeless_bound == "at-least"'
	case_is begins-hopeless '.nodes[0] | .verdict == "unknown" and .gave_up == null and
		.unknown_seconds == 30 and .hopeless_bound == "at-least"'
	case_is hopeless-throughout '.verdict == "unknown" and .nodes == [] and
		.limits[0].code == "no-failure-or-reset"'
	case_is buffer '.buffers == 1 and (.nodes[0] | .give_ups == 1 and .episodes_total == 1)'
	case_is two-buffers '.buffers == 2 and .records.duplicates == 36 and
		(.nodes[0] | .give_ups == 1 and .episodes_total == 1 and .failed_runs == 16)'
	case_is fail-reset-only-3jobs '.nodes[0] | .verdict == "recovered" and
		.spurious_restarts == null and .balance_known == false'
	case_is busy-with-events '.verdict == "runaway-suspected"'
	case_is busy-without-events '.verdict == "runaway-suspected"'
	case_is busy-few-refaults '.nodes[0] | .verdict == "unknown" and .diagnosis_code == "busy"'
	case_is busy-and-hopeless '.nodes[0] | .verdict == "unknown" and .diagnosis_code == "busy"'
	case_is clock-counter '.clock == "counter" and .time_unit == "none" and
		.duration_seconds == null and .limits[0].code == "no-durations" and
		(.nodes[0] | .verdict == "recovered" and .hopeless_seconds == null)'
	case_is long-reasons '.nodes[0].resets_by_reason | keys == ["A_VERY_LONG_REASON_NAME",
		"DIRECT RECLAIM", "direct,reclaim"]'
	case_is uptime-100d '.nodes[0].hopeless_seconds == 5.0003'
	expect 0 "2: Unknown: the trace has nothing of kswapd" "$tool" report "$dir/buffer.dat" \
		"$dir/hopeless-throughout.dat"
	# The first line has the path, however long.
	! "$tool" report "$dir/uptime-100d.dat" | sed 1d | grep -E '^.{81}' || return 1
	"$tool" report "$dir/uptime-100d.dat" | awk '/first failure/ { want = index($0, " reset at") + 9 }
		/^  8640000/ && $3 != "" { if (substr($0, want - 1, 1) == " ") exit 1; n++ }
		END { exit !n }'
	"$tool" report --csv "$dir/long-reasons.dat" | python3 -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
assert [r["reason"] for r in rows] == ["DIRECT RECLAIM", "A_VERY_LONG_REASON_NAME", "direct,reclaim"], rows
assert all(None not in r for r in rows)'
	case_is comm '.nodes[0].episodes[0].comm | startswith("=cmd|")'
	"$tool" report --csv "$dir/comm.dat" | python3 -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
assert rows and all(r["comm"][0] == "\t" for r in rows), rows'
}

# One trace on several clocks: hopeless for 100001 microseconds if it counts nanoseconds.
report_clocks() {
	local clock name unit seconds

	while read -r clock name unit seconds; do
		"$report_dir/mktrace" "$1/clock.dat" --cpus 1 --episodes 1 --clock "$clock" >"$1/in"
		"$tool" report --json "$1/clock.dat" >"$1/clock.json"
		jq -e --arg name "$name" --arg unit "$unit" --argjson seconds "$seconds" '.traces[0] |
			.clock == $name and .time_unit == $unit and (.nodes[0] |
			.verdict == "recovered" and .hopeless_seconds == $seconds) and
			(.limits | any(.code == "no-durations")) == ($unit == "none")' "$1/clock.json" || {
			echo "clock $clock: expected $unit, and hopeless for $seconds s"
			jq '.traces[0] | del(.nodes[].episodes)' "$1/clock.json"
			return 1
		}
	done <<-'END'
	local local seconds 0.100001
	uptime uptime seconds 1000010
	x86-tsc+ x86-tsc seconds 0.200002
	x86-tsc x86-tsc none null
	counter counter none null
	END

	# Text does not name the clock. A count is shown as it is.
	cat >"$1/text" <<-'END'
	kswapd1-70    [001] .....     15: mm_vmscan_kswapd_reclaim_fail: nid=1 failures=1
	kswapd1-70    [001] .....     19: mm_vmscan_kswapd_reclaim_fail: nid=1 failures=16
	memhog-90     [001] .....     29: mm_vmscan_reset_kswapd_failures: nid=1 reason=DIRECT
	END
	"$tool" report "$1/text" >"$1/report"
	"$tool" report --json "$1/text" >"$1/json"
	"$tool" report --csv "$1/text" >"$1/csv"
	if ! grep -q ': times without a unit, 3 events of text' "$1/report" ||
		! grep -qE '^ +15 +16 +19 +29 DIRECT memhog-90$' "$1/report" ||
		! grep -q ',15,16,19,29,,"DIRECT"' "$1/csv" ||
		! jq -e '.traces[0] | [.start, .end] == [15, 29]' "$1/json" >/dev/null; then
		cat "$1/report" "$1/csv"
		return 1
	fi
}

# text_is FILTER COMMAND...: the report of the command's output passes the filter.
text_is() {
	local filter=$1

	shift
	"$@" >"$dir/text" || return
	"$tool" report --json "$dir/text" | jq -e ".traces[0] | $filter" >/dev/null || {
		echo "not so: $filter, in the report of the output of: $*"
		"$tool" report --json "$dir/text" | jq '.traces[0] | del(.nodes[].episodes)'
		return 1
	}
}

# A trace and its text have the same report.
same_as_text() {
	local what='.traces[0].nodes[] | select(.runs != null and .runs + .failed_runs > 0) |
		[.node, .give_ups, .restarts, .failed_runs, .runs, .resets_by_reason,
		(.hopeless_seconds * 1000 | round), (.awake_seconds * 1000 | round),
		[.episodes[] | [.reason, .comm, .pid, .failures]]]'

	"$tool" report --json "$1" | jq -c "$what" >"$dir/1"
	[ -s "$dir/1" ]
	"$tool" report --json "$2" | jq -c "$what" >"$dir/2"
	diff "$dir/1" "$dir/2"
}

# In the forms that people have: four printers, mail, packed, from a pipe.
report_text() {
	local dir=$1 name cases=$report_dir/cases
	local posting='.source == "text" and .machine.cpus == 4 and
		(.nodes[1] | .node == 1 and .give_ups == 1 and .hopeless_seconds == 10.243756 and
		(.episodes[0] | .reason == "DIRECT" and .comm == "dd" and .pid == 417)) and
		(.nodes[0] | .node == 0 and .give_ups == 1 and .hopeless_seconds == 0.548785 and
		(.episodes[0] | .reason == "PCP" and .comm == "ann" and .pid == 416))'

	text_is "$posting" cat "$cases/posting.txt"
	text_is "$posting" sed 's/^/> > /; s/$/\r/' "$cases/posting.txt"
	# Mail programs break lines.
	text_is "$posting" sed 's/\(failures\|fail\): /\1:\n> /' "$cases/posting.txt"
	text_is "$posting" sed 's/ \([0-9.]*:\) mm_/ d..2. \1 mm_/; s/ \[/ (     73) [/' \
		"$cases/posting.txt"
	text_is "${posting/.machine.cpus == 4/.machine.cpus == 0}" \
		sed '1d; s/^\([^ ]*\)-\([0-9]*\) /\1 \2\/\2 /; s/ mm_/ vmscan:mm_/' "$cases/posting.txt"
	# Records that are said to be lost: the reset may be among them.
	text_is '.lost.records == 23 and (.nodes[] | select(.node == 1) | .verdict == "gave-up" and
		.hopeless_bound == "at-least")' \
		sed 's/^ann-416 .*/CPU:2 [LOST 23 EVENTS]\n&/; /^dd-417/d' "$cases/posting.txt"
	for name in runaway patched; do
		unpack "$name-6.12" "$dir"
		trace-cmd report -i "$dir/$name-6.12.dat" >"$dir/$name.txt" 2>/dev/null
		same_as_text "$dir/$name-6.12.dat" "$dir/$name.txt"
	done
	for name in gzip xz 'zstd -q'; do
		$name -c "$cases/posting.txt" >"$dir/packed"
		expect 0 "10.244 s" "$tool" report "$dir/packed"
		$name -c "$dir/patched-6.12.dat" >"$dir/packed"
		expect 0 "18.250 s" "$tool" report "$dir/packed"
		expect 0 "18.250 s" sh -c "cat '$dir/packed' | '$tool' report -"
		head -c 300 "$dir/packed" >"$dir/cut"
		one_sentence "cannot read it to its end" "$tool" report "$dir/cut"
		one_sentence "reading $dir/packed needs ${name% *}" env PATH=/nonexistent "$tool" report "$dir/packed"
	done
	expect 0 "10.244 s" sh -c "'$tool' report - <'$cases/posting.txt'"
	mkfifo "$dir/fifo"
	cat "$cases/posting.txt" >"$dir/fifo" &
	expect 0 "10.244 s" "$tool" report "$dir/fifo"
	# perf.data, by a perf that prints a known text
	mkdir "$dir/bin"
	printf 'PERFILE2' >"$dir/perf.data"
	# shellcheck disable=SC2016 # the script expands it
	printf '#!/bin/sh\n[ "$1" = script ] || exit 1\ncat "%s"\n' "$PWD/$cases/posting.txt" >"$dir/bin/perf"
	chmod +x "$dir/bin/perf"
	expect 0 "10.244 s" env PATH="$dir/bin:$PATH" "$tool" report "$dir/perf.data"
}

# report_perf DIR: a trace that perf has just recorded. It mounts tracefs.
report_perf() {
	unshare -m --propagation private perf record -q -a -e sched:sched_switch \
		-o "$1/real.data" sleep 0.2 2>"$1/said" || skip "perf cannot record: $(head -n 1 "$1/said")"
	"$tool" report --json "$1/real.data" | jq -e '.traces[0] | .records.all > 5 and
		.verdict == "unknown" and .source == "text"'
}

# made_text WORDS...: a node's failed runs and resets, printed. Each word is a time in
# milliseconds and fN (up to the count N, 1 ms apart), a reason, wake, sleep, or run for both.
made_text() {
	python3 - "$@" <<-'END'
	import sys
	reset = "mm_vmscan_reset_kswapd_failures"
	for word in sys.argv[1:]:
	    if word == "7.x":
	        reset = "mm_vmscan_kswapd_clear_hopeless"
	        continue
	    at, what = word.split(":")
	    ms = int(at)
	    def line(event, fields):
	        print(f"kswapd1-51 [000] {ms // 1000}.{ms % 1000:03}000: {event}: nid=1{fields}")
	    if what[0] == "f":
	        first, _, last = what[1:].rpartition("-")
	        for n in range(int(first or 1), int(last) + 1):
	            line("mm_vmscan_kswapd_reclaim_fail", f" failures={n}")
	            ms += 1
	    elif what in ("wake", "sleep", "run"):
	        if what != "sleep":
	            line("mm_vmscan_kswapd_wake", " order=0")
	            ms += 1
	        if what != "wake":
	            line("mm_vmscan_kswapd_sleep", "")
	    else:
	        line(reset, f" reason={what}")
	END
}

# The audit's sequences, as text
report_sequences() {
	local dir=$1 n jobs=() early=() runs=()

	# Fills in a minute, each ended by a reset that 7.x makes on a balanced node.
	for n in 10 20 30 40 50; do
		jobs+=("${n}000:f16" "${n}500:DIRECT")
	done
	text_is '.nodes[0] | .verdict == "recovered" and .restarts == 5' made_text 7.x "${jobs[@]}"
	text_is '.nodes[0] | .verdict == "recovered" and .restarts == 5' made_text "${jobs[@]}"
	# Forty failed runs in as many seconds cost nothing.
	for n in $(seq 10 49); do
		early+=("${n}000:f1" "${n}500:DIRECT")
	done
	text_is '.nodes[0] | .verdict == "healthy" and .early_resets_failing_again > 30' \
		made_text 1:run "${early[@]}"
	# A run that neither fails nor resets the count: if another run was just before, it
	# proves that a reset was lost; else it may be a retry that was cut short.
	for n in $(seq 20 60); do
		runs+=("${n}000:run")
	done
	# The same on 7.x, whose resets have another name
	text_is '.nodes[0] | .verdict == "gave-up" and .restarts_not_recorded == 0' \
		made_text 7.x 1000:f1 1100:DIRECT 10000:f16 "${runs[@]}"
	text_is '.nodes[0] | .verdict == "given-up" and .restarts_not_recorded == 0 and
		.failed_retries == 2 and .spurious_restarts == 1 and
		(.hopeless_seconds | . > 1.5 and . < 2)' \
		made_text 7.x 1000:f1 1100:DIRECT 10000:f16 10020:sleep 10200:wake 10201:f17-17 \
		10202:sleep 10600:wake 10601:f18-18 10602:sleep 12000:wake 12002:KSWAPD 13000:f16
	text_is '.nodes[0] | .verdict == "recovered" and .restarts_not_recorded == 1' \
		made_text 1000:f1 1100:DIRECT 10000:f16 20000:run 20050:run
	text_is '.nodes[0] | .verdict == "gave-up" and .hopeless_bound == "at-least" and
		.restarts_not_recorded == 0 and (.hopeless_seconds | . != null and . < 1) and
		.unknown_seconds > 40' \
		made_text 1000:f1 1100:DIRECT 10000:f16 "${runs[@]}"
	text_is '.nodes[0] | .verdict == "given-up" and .failed_retries == 1 and
		.restarts_not_recorded == 0 and .hopeless_seconds > 40' \
		made_text 1000:f1 1100:DIRECT 10000:f16 11000:f17-17 "${runs[@]}"
	text_is '.nodes[0] | .verdict == "recovered" and .hopeless_bound == "exact" and
		.give_ups == 1 and .failed_retries == 4 and (.hopeless_seconds | . > 30 and . < 31) and
		.longest_hopeless_seconds == .hopeless_seconds' \
		made_text 1000:f1 1100:DIRECT 10000:f16 11000:f17-17 12000:f18-18 20000:f19-19 \
		30000:f20-20 40500:KSWAPD
	text_is '.nodes[0] | .verdict == "given-up" and .restarts_not_recorded == 1 and
		.give_ups == 2' made_text 1000:f1 1100:DIRECT 10000:f16 20000:f16
	# Since 7.2, runs have a begin and an end.
	text_is '.nodes[0] | .run_seconds == 1.5 and .reclaimed_pages == 112' printf \
		'kswapd1-51 [000] %s: mm_vmscan_balance_pgdat_%s: nid=1 order=0 highest_zoneidx=Normal  %s\n' \
		1.000000 end nr_reclaimed=5 2.000000 begin '' 3.000000 end nr_reclaimed=100 \
		4.000000 begin '' 4.500000 end nr_reclaimed=12
	# The trace begins within a retry of a hopeless node.
	text_is '.nodes[0] | .verdict == "recovered" and .give_ups == 0 and .gave_up and
		(.episodes[0] | .cut)' made_text 10000:f23-23 15000:KSWAPD 16000:f1
}

# simulator DIR CFLAGS...: build the simulator of kernels, and print its path.
simulator() {
	local to=$1/sim

	shift
	make -s -C "$report_dir/sim" OUTPUT="$to" CFLAGS="$*" && echo "$to/sim"
}

# No verdict contradicts the state of a simulated kernel; a broken tool fails.
report_simulated() {
	local sim

	sim=$(simulator "$1" -O2)
	"$sim" 1 12000
	sim=$(simulator "$1/san" -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all)
	"$sim" 2 600
	cp -r tools/mm/kswapd-report "$1/tool"
	sed -i 's/unclear ? UNSURE : node->state, ts/node->state, ts/' "$1/tool/model.c"
	! cmp -s "$1/tool/model.c" tools/mm/kswapd-report/model.c || return 1
	make -s -C "$report_dir/sim" OUTPUT="$1/broken" TOOL="$1/tool" CFLAGS=-O2
	expect 1 "hopeless for longer than it was" "$1/broken/sim" 1 4000
}

# Each is told in one sentence, with status 2.
report_bad_files() {
	local n size redirection trace=$1/patched-6.12.dat

	unpack patched-6.12 "$1"
	xz -dc "$report_dir/cases/hopeless-throughout.dat.xz" >"$1/blind.dat"
	size=$(stat -c %s "$trace")
	one_sentence "No such file" "$tool" report "$1/none"
	one_sentence "is a directory" "$tool" report "$1"
	: >"$1/empty"
	one_sentence "is empty" "$tool" report "$1/empty"
	echo text >"$1/text"
	one_sentence "is not a trace" "$tool" report "$1/text"
	for n in 11 40 200 3000 8000 $((size / 2)) $((size - 1)); do
		head -c "$n" "$trace" >"$1/cut"
		one_sentence "truncated or corrupt" "$tool" report "$1/cut"
	done
	# One bad file among good ones: the others are reported.
	expect 2 "cut is truncated" "$tool" report "$trace" "$1/cut"
	expect 2 "Node 1: recovered" "$tool" report "$1/cut" "$trace"
	expect 3 "cut is truncated" "$tool" report --fail-on given-up,unknown \
		"$1/cut" "$trace" "$1/blind.dat"
	# A file of which the size is not known, such as trace of tracefs.
	expect 0 "1 events of text" env -i X="
kswapd0-50 [000] 100.1: mm_vmscan_kswapd_reclaim_fail: nid=0 failures=1
" "$tool" report /proc/self/environ
	# shellcheck disable=SC2016 # the inner shell expands it
	one_sentence "cannot copy -" sh -c 'cat "$2" | TMPDIR=$2/none "$1" report -' - "$tool" "$trace"
	# Not each root may mount.
	# shellcheck disable=SC2016
	! unshare -m sh -c 'mount -t tmpfs none "$1"' - "$1" 2>/dev/null || expect 2 "the disk of TMPDIR or /tmp is full" unshare -m sh -euc '
		mount -t tmpfs -o size=16k none "$2"
		TMPDIR=$2 "$1" report "$3"' - "$tool" "$1" "$repo/$report_dir/traces/patched-6.12.dat.xz"
	# Written, as holes, and packed twice beside enough to raise the limit
	head -c 70M /dev/zero | tr '\0' x | xz >"$1/large.xz"
	head -c 70M /dev/zero | xz >"$1/zeros.xz"
	{ cat "$1/zeros.xz" && head -c 2M /dev/zero; } | xz >"$1/twice.xz"
	for n in large zeros twice; do
		expect 2 "has more than 256 times its size when it is unpacked" \
			"$tool" report "$1/$n.xz"
	done
	one_sentence "is empty" "$tool" report /dev/null
	one_sentence "is empty" "$tool" report -
	for redirection in '<&-' '>&-' '2>&-'; do
		sh -c "'$tool' report '$trace' $redirection" >"$1/said"
	done
}

report_bad_options() {
	local words

	sentences "$tool" <<-'END'
	frobnicate|unknown command 'frobnicate'
	report|name a trace
	report --frobnicate x|unknown option '--frobnicate'
	report -json x|unknown option '-j'
	report --svg|takes a value
	report --json --csv x|choose one
	report --fail-on x a|--fail-on takes
	report --fail-on runaway, a|--fail-on takes
	record --for x|takes a number
	record --for 0|takes a number
	record --interval 0.001|0.01 and more
	record -b 1|takes a number
	record -b 8.5|takes a whole number
	record --for 0x10|takes a number
	record --for 1e3|takes a number
	top -n 1.5|takes a whole number
	record --flight 10x|takes a time
	record --flight 10m --on x|--on takes
	record --flight 10m|needs -o DIR
	record --flight 10m --for 1|without a command
	record --on given-up|need --flight
	record sleep 1|-- goes before the command
	top --count 0|takes a number
	top x|takes no argument
	END
	for words in "" record report top; do
		# shellcheck disable=SC2086
		expect 0 "usage: kswapd-report" "$tool" $words --help
	done
	expect 2 "usage:" "$tool"
}

# broken_library DIR BODY: one whose function to open a file has this body.
broken_library() {
	printf '%s\n' '#include <signal.h>' '#include <stdio.h>' '#include <stdlib.h>' \
		'#include <unistd.h>' 'void *tracecmd_open_fd(int fd, int flags);' \
		"void *tracecmd_open_fd(int fd, int flags) { (void)fd; (void)flags; $2 }" \
		>"$1/broken.c"
	gcc -shared -fPIC -o "$1/broken.so" "$1/broken.c"
}

# A child that crashes or exits early gives one sentence.
report_contains() {
	local body said

	unpack patched-6.12 "$1"
	while IFS='|' read -r body said; do
		broken_library "$1" "$body"
		one_sentence "$said" env LD_PRELOAD="$1/broken.so" "$tool" report \
			"$1/patched-6.12.dat"
	done <<-'END'
	abort();|ended with signal 6
	return *(void *volatile *)8;|ended with signal 11
	exit(0);|truncated or corrupt
	puts("noise"); fflush(NULL); return NULL;|truncated or corrupt
	fputs("Unsupported file compression zlib\n", stderr); return NULL;|this libtracecmd cannot read
	raise(SIGKILL); return NULL;|is there enough memory
	END
}

# In the tool as it is, the child has 20 seconds.
report_stuck() {
	make -s -C tools/mm/kswapd-report OUTPUT="$1" CFLAGS='-O2 -DSTUCK_SECONDS=1'
	unpack patched-6.12 "$1"
	broken_library "$1" 'for (;;);'
	one_sentence "does not come to an end" env LD_PRELOAD="$1/broken.so" \
		"$1/kswapd-report" report "$1/patched-6.12.dat"
}

report_large() {
	TMPDIR=$1 "$report_dir/large" "$tool" 1000 --beside
	TMPDIR=$1 "$report_dir/large" "$tool" 400 --text
}

report_fuzz() {
	"$report_dir/fuzz/run" 5000
}

report_statuses() {
	local name

	unpack runaway-6.12 "$1"
	unpack patched-6.12 "$1"
	expect 0 "Node 1: runaway" "$tool" report "$1/runaway-6.12.dat"
	expect 3 "Node 1: runaway" "$tool" report --fail-on runaway "$1/runaway-6.12.dat"
	expect 0 "Node 1: runaway" "$tool" report --fail-on given-up "$1/runaway-6.12.dat"
	expect 0 "Node 1: recovered" "$tool" report --fail-on runaway,suspected,given-up,unknown \
		"$1/patched-6.12.dat"
	expect 3 "recovered" "$tool" report --fail-on runaway "$1/runaway-6.12.dat" \
		"$1/patched-6.12.dat"
	for name in fail-only:given-up hopeless-throughout:unknown reset-only:unknown \
		busy-with-events:suspected; do
		xz -dc "$report_dir/cases/${name%:*}.dat.xz" >"$1/case.dat"
		expect 3 "" "$tool" report --fail-on "${name#*:}" "$1/case.dat"
		expect 0 "" "$tool" report --fail-on runaway "$1/case.dat"
	done
	expect 1 "cannot write" "$tool" report --svg "$1/none/x.svg" "$1/patched-6.12.dat"
	expect 1 "cannot write the output" sh -c "'$tool' report '$1/patched-6.12.dat' >/dev/full"
	# To a pipe, to the file that a link is of, and never over a trace.
	expect 0 "kswapd_verdict" sh -c "timeout 30 '$tool' report --prometheus /dev/stdout \
		'$1/patched-6.12.dat' | grep ^kswapd_verdict"
	: >"$1/metrics"
	ln -s metrics "$1/link"
	expect 0 "" "$tool" report --prometheus "$1/link" "$1/patched-6.12.dat"
	[ -L "$1/link" ]
	grep ^kswapd_verdict "$1/metrics"
	for name in xz gzip zstd; do
		command -v "$name" >/dev/null || continue
		"$name" -c "$1/patched-6.12.dat" >"$1/packed"
		one_sentence "is a trace" "$tool" report --json --svg "$1/packed" "$1/packed"
		"$name" -dc <"$1/packed" | cmp "$1/patched-6.12.dat"
	done
}

# A recording that fails keeps the last trace.
report_record_fails() {
	local new=-rm

	# Only root may unmount a tracefs of the machine, in a namespace.
	if [ "$(id -u)" -eq 0 ]; then
		new=-m
	elif mountpoint -q /sys/kernel/tracing; then
		skip "needs root, as tracefs is mounted"
	fi
	echo old >"$1/old"
	# shellcheck disable=SC2016 # the inner shell expands it
	expect 1 "tracefs is not mounted" unshare "$new" sh -c \
		'umount -l /sys/kernel/tracing /sys/kernel/debug 2>/dev/null; mount -t tmpfs t /sys/kernel || exit 9
		"$1" record -o "$2/old" --for 1; rc=$?; "$1" record -o "$2/new" --for 1; exit "$rc"' \
		- "$tool" "$1"
	grep -qx old "$1/old"
	[ "$(ls "$1"/old*)" = "$1/old" ]
	expect 1 "is not a file" "$tool" record -o /dev/null --for 1
	expect 1 "cannot write the output" sh -c "'$tool' --help >/dev/full"
	[ ! -e "$1/new" ]
}

may_trace() {
	unshare -m --propagation private sh -c 'mountpoint -q /sys/kernel/tracing ||
		mount -t tracefs tracefs /sys/kernel/tracing' 2>/dev/null
}

# Files, memory and CPU time of the flight recorder.
report_flight() {
	may_trace || skip "needs root, and a kernel with tracefs"
	expect 0 "ok: " "$report_dir/host-flight" "$tool" "$2" "$1"
}

# On this machine, if root may mount tracefs.
report_host() {
	may_trace || skip "needs root, and a kernel with tracefs"
	expect 0 "ok: files can be read, and nothing is left behind" \
		"$report_dir/host-record" "$tool" "$1"
}

# In a guest with the series: the recording has the give-up, and the reset by kswapd.
report_records() {
	local kernel

	kernel=$(kernel_of 6.12.y all)
	mkdir "$1/disk" "$1/out"
	expect 0 "ok: nothing is left behind" "$vmtest" run --kernel "$kernel" --timeout 600 \
		--append maxcpus=3 \
		--disk "$1/disk" --out "$1/out" --out-size 64M --with "$(built)" --with "$tool" \
		-- "$report_dir/guest-record"
	"$tool" report --json "$1/out/trace.dat" | jq -e '.traces[0].nodes[] | select(.node == 1) |
		.give_ups == 1 and .failed_runs >= 16 and .samples.count > 3 and
		([.episodes[] | select(.reset)] | length > 0 and all(.cgroup == "/"))'
	"$report_dir/counts" "$tool" "$1/out/trace.dat"
}

# On a stock kernel, the script reports failed runs and the tasks that reset them.
report_bpftrace() {
	local kernel lru header

	command -v bpftrace >/dev/null || skip "bpftrace is missing"
	kernel=$(base_kernel 6.12.y --patches 0 --config tools/testing/vmtest/configs/bpf)
	mkdir "$1/disk"
	# For a kernel without BTF bpftrace wants the types of linux-libc-dev.
	for header in $(gcc -E -M -include linux/types.h -x c /dev/null); do
		[ "${header#/usr/include}" = "$header" ] || cp --parents "$header" "$1/disk/"
	done
	for lru in classic mglru; do
		expect 0 "ok: " "$vmtest" run --kernel "$kernel" --timeout 300 --memory 3G \
			--disk "$1/disk" --with "$(built)" --with bpftrace \
			--with tools/mm/kswapd-report/kswapd_failures.bt \
			-- "$report_dir/guest-bpftrace" "$lru"
	done
}

# Files for programs are well-formed, and no line of text is too wide.
report_forms() {
	local name

	unpack runaway-6.12 "$1"
	unpack patched-6.12 "$1"
	cp "$1/patched-6.12.dat" "$1/<odd> & \"name\" é.dat"
	(cd "$1" && "$tool" report --svg x.svg --html x.html --perfetto x.pf --prometheus x.prom \
		--json ./*.dat >x.json &&
		"$tool" report --csv ./*.dat >x.csv && "$tool" report ./*.dat >x.txt &&
		"$tool" report runaway-6.12.dat >y.txt)
	jq -e '.schema == "kswapd-report" and .version == 3 and (.traces | length) == 3 and
		.traces[0].file == "./<odd> & \"name\" é.dat"' "$1/x.json"
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1/x.svg"
	python3 -c 'import csv, sys; rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) > 50 and all(len(r) == 15 and None not in r.values() for r in rows), rows[0]
' "$1/x.csv"
	! grep -E '^.{81}' "$1/y.txt" "$1/x.txt" || return 1
	one_sentence "is a trace: the name of the file is missing" "$tool" report --svg \
		"$1/patched-6.12.dat" "$1/runaway-6.12.dat"
	# One page, of which nothing is elsewhere; links would be.
	python3 - "$1/x.html" <<-'END'
	import html.parser, sys
	class Page(html.parser.HTMLParser):
	    tags = []
	    def handle_starttag(self, tag, attrs):
	        self.tags.append(tag)
	        assert not {"src", "href"} & dict(attrs).keys(), attrs
	page = Page()
	page.feed(open(sys.argv[1]).read())
	assert {"svg", "pre"} < set(page.tags) and page.tags.count("table") == 3, page.tags
	END
	# The JSON trace event format: each phase has its fields.
	jq -e '.traceEvents | length > 100 and all(.ph as $ph | (.name | type) == "string" and
		(.pid | type) == "number" and (.tid | type) == "number" and (.ts | type) == "number" and
		(["M", "X", "i", "C"] | index($ph)) and ($ph != "X" or .dur >= 0) and
		($ph != "i" or .s == "t") and
		($ph != "C" or (.args | all(.[]; type == "number"))))' "$1/x.pf"
	jq -e '[.traceEvents[] | select(.name == "reset DIRECT")] | length == 82' "$1/x.pf"
	# Metrics: each has a type before it, and is there once with its labels.
	awk '/^# TYPE/ { type[$3] = 1; next } /^#/ { next }
		{ name = $0; sub(/[{].*/, "", name); labels = $0; sub(/ [^ ]*$/, "", labels) }
		!type[name] || seen[labels]++ || $NF !~ /^[0-9.]+$/ { print; bad = 1 }
		END { exit bad || NR < 50 }' "$1/x.prom"
	grep -F 'node="1",verdict="runaway"} 1' "$1/x.prom"
	grep -F 'name\" é.dat",node="1",reason="DIRECT"} 1' "$1/x.prom"
	[ -z "$(find "$1" -name 'x.*.??????')" ]
	# A name that is no UTF-8 makes no file that is none.
	cp "$1/patched-6.12.dat" "$1/$(printf 'bad\200name.dat')"
	(cd "$1" && "$tool" report --svg z.svg --html z.html --perfetto z.pf --prometheus z.prom \
		--csv ./bad*.dat >z.csv && "$tool" report --json ./bad*.dat >z.json)
	for name in svg html pf prom csv json; do
		iconv -f UTF-8 -t UTF-8 "$1/z.$name" >/dev/null || {
			echo "z.$name is no UTF-8"
			return 1
		}
	done
}

# The schema has all printed fields, and the report has all required fields.
report_schema() {
	local python=/usr/bin/python3	# whose modules are Debian's packages

	"$python" -c 'import jsonschema' || skip "python3-jsonschema is missing"
	export ASAN_OPTIONS=allocator_may_return_null=1
	"$tool" report --json "$report_dir"/traces/*.xz "$report_dir"/cases/* >"$1/x.json"
	"$python" - tools/mm/kswapd-report/kswapd-report.schema.json "$1/x.json" <<-'END'
	import json, jsonschema, sys
	schema, report = (json.load(open(path)) for path in sys.argv[1:])
	jsonschema.Draft7Validator.check_schema(schema)
	def closed(s):
	    if isinstance(s, dict):
	        if "properties" in s:
	            s["additionalProperties"] = False
	        for key in s.values():
	            closed(key)
	    elif isinstance(s, list):
	        for item in s:
	            closed(item)
	closed(schema)
	jsonschema.validate(report, schema)
	assert len(report["traces"]) > 15
	report["traces"][0]["nodes"][0]["gave_up"] = "perhaps"
	try:
	    jsonschema.validate(report, schema)
	except jsonschema.ValidationError:
	    sys.exit(0)
	sys.exit("a report that is wrong is valid")
	END
}

# Colours of the picture differ with deuteranopia and protanopia.
report_picture() {
	unpack runaway-6.12 "$1"
	unpack patched-6.12 "$1"
	"$tool" report --svg "$1/x.svg" "$1/runaway-6.12.dat" "$1/patched-6.12.dat" >"$1/said"
	python3 - "$1/x.svg" tools/mm/kswapd-report/svg.c <<-'END'
	import re, sys
	svg, source = (open(path).read() for path in sys.argv[1:])
	assert re.search(r'viewBox="0 0 \d+ \d+"', svg)
	assert "<title>" in svg and " MiB<" in svg and ">0<" in svg
	# Nothing runs off the picture.
	width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
	for x, y in re.findall(r'<(?:rect|text)[^>]* x="([\d.]+)" y="([\d.]+)"', svg):
	    assert float(x) <= width and float(y) <= height, (x, y)
	# One scale of time: the shorter trace has the narrower frame.
	frames = re.findall(r'width="([\d.]+)" height="100" class="frame outline"', svg)
	assert len(frames) == 2 and float(frames[0]) == 800 and 690 < float(frames[1]) < 720, frames
	colours = re.findall(r'{ "(\w+)", "(#[0-9a-f]{6})", "(#[0-9a-f]{6})" }', source)
	reasons = [c for c in colours if c[0].isupper()]
	assert len(colours) == 14 and len(reasons) == 4, colours
	# Each colour has a class, which the dark style sets.
	for name, light, dark in colours:
	    assert f"rect.{name}, text.{name} {{ fill: {dark} }}" in svg, name
	for name in re.findall(r'class="(\w+)', svg):
	    assert name in [c[0] for c in colours], name
	drawn = re.sub(r'<clipPath.*?</clipPath>', '', svg)
	assert not re.search(r'<(?:rect|text|line|polyline)(?![^>]*class=)', drawn)
	def linear(c):
	    v = [int(c[i:i + 2], 16) / 255 for i in (1, 3, 5)]
	    return [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in v]
	MATRICES = {  # of Vienot, Brettel and Mollon, 1999
	    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
	    "protan": ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1)),
	    "deutan": ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1)),
	}
	def lab(rgb):
	    x, y, z = (sum(a * b for a, b in zip(row, rgb)) / white for row, white in (
	        ((0.4124, 0.3576, 0.1805), 0.9505), ((0.2126, 0.7152, 0.0722), 1),
	        ((0.0193, 0.1192, 0.9505), 1.089)))
	    f = lambda t: max(t, 0) ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
	    return 116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))
	def least(colours):
	    worst = 1e9
	    for matrix in MATRICES.values():
	        seen = [lab([sum(a * b for a, b in zip(row, linear(c))) for row in matrix])
	                for c in colours]
	        for i, a in enumerate(seen):
	            for b in seen[:i]:
	                worst = min(worst, sum((p - q) ** 2 for p, q in zip(a, b)) ** 0.5)
	    return worst
	def contrast(a, b):
	    light, dark = sorted((sum(f * c for f, c in zip((0.2126, 0.7152, 0.0722), linear(x)))
	        for x in (a, b)), reverse=True)
	    return (light + 0.05) / (dark + 0.05)
	by_name = {c[0]: c[1:] for c in colours}
	for mode in 0, 1:
	    marks = [c[1 + mode] for c in reasons]
	    print("least distance:", least(marks))
	    assert least(marks) > 15, least(marks)
	    # Areas differ from each other, and lines and text are legible on the paper.
	    areas = [by_name[n][mode] for n in ("paper", "hopeless", "unknown", "awake")]
	    assert least(areas) > 8, least(areas)
	    for name in "ink", "free", "fail":
	        assert contrast(by_name[name][mode], areas[0]) > 4.5, name
	    for name in "mark", "frame", "DIRECT", "KSWAPD", "PCP":
	        assert contrast(by_name[name][mode], areas[0]) > 3, name
	# Red, green and brown of one lightness are not.
	assert least(["#c0392b", "#1e8449", "#7d3c98", "#2471a3", "#b9770e"]) < 15
	END
}

# The page looks like the stored screenshots; a page without dark colours does not.
report_screenshots() {
	local compare=$report_dir/screenshots

	command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
		skip "chromium is missing"
	mkdir "$1/good" "$1/bad"
	"$compare" "$tool" "$1/good"
	cat >"$1/tool" <<-END
	#!/bin/sh
	"$tool" "\$@" && sed -i 's/scheme: dark/scheme: none/' "\$3"
	END
	chmod +x "$1/tool"
	expect 1 "800-dark.png differs" "$compare" "$1/tool" "$1/bad"
}

# The manual shows the reports of recorded traces, and builds without a warning.
report_manual() {
	local page=Documentation/tools/kswapd-report/kswapd-report-report.rst line name

	sphinx-build -q -W -C -D master_doc=index -D project=kswapd-report \
		Documentation/tools/kswapd-report "$1/html"
	for name in stock-6.12 runaway-6.12 patched-6.12 retries-6.19; do
		unpack "$name" "$1"
	done
	cd "$1" || return
	{
		"$tool" report patched-6.12.dat | sed -n '/^Node 1/,/^  resets by/p'
		"$tool" report runaway-6.12.dat | sed -n '/^Node 1/,/^  resets by/p'
		"$tool" report retries-6.19.dat | sed -n '/^Node 1/,/^  resets |/p'
		"$tool" report stock-6.12.dat patched-6.12.dat | sed -n '/^Node 1 /,/^1: /p' |
			sed '$d'
	} >said
	while IFS= read -r line; do
		[ -z "$line" ] || grep -qxF "        $line" "$repo/$page" || {
			echo "the manual does not have the line: $line"
			return 1
		}
	done <said
	[ "$(wc -l <said)" -gt 50 ]
}

# Pages that show output of the tool
report_pages='Documentation/admin-guide/mm/kswapd_failures.rst Documentation/tools/*/*.rst'

# Each line of a report that a page shows is in the report of a recorded trace.
report_pages_reports() {
	local name

	for name in "$report_dir"/traces/*.xz "$report_dir"/cases/*.xz; do
		"$tool" report "$name"
	done >"$1/said"
	"$tool" report "$report_dir"/traces/{stock,patched}-6.12.dat.xz >>"$1/said"
	# shellcheck disable=SC2086
	tools/testing/check/page printed report "$1/said" $report_pages
	sed 's/hopeless at the end/given up/' "$1/said" >"$1/old"
	# shellcheck disable=SC2086
	expect 1 "not printed by" tools/testing/check/page printed report "$1/old" $report_pages
}

# The same for record and top, which read a /proc/zoneinfo with a hopeless node.
report_pages_live() {
	local verb

	may_trace || skip "needs root, and a kernel with tracefs"
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -m --propagation private sh -euc '
		mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
		mount --bind "$2" /proc/zoneinfo
		"$1" record -o "$3/trace.dat" --for 1 2>"$3/record"
		"$1" top -n 2 -d 0.2 >"$3/top"
		"$1" report "$3/trace.dat"' - "$tool" \
		"$PWD/$report_dir/hopeless.zoneinfo" "$1" >"$1/report"
	for verb in record top; do
		cat "$1/$verb"
		# shellcheck disable=SC2086
		tools/testing/check/page printed "$verb" "$1/$verb" $report_pages
	done
	grep -qx 'Node 1: hopeless at the end' "$1/report"
}

report_install() {
	make -s -C tools/mm/kswapd-report OUTPUT="$1/out" DESTDIR="$1/the root" prefix=/usr install
	(cd "$1/the root" && find . -type f | sort)
	"$1/the root/usr/bin/kswapd-report" --help >"$1/help"
	for page in '' -record -report -top; do
		test -s "$1/the root/usr/share/man/man1/kswapd-report$page.1"
	done
	test -x "$1/the root/usr/bin/kswapd_failures.bt"
	grep -qx 'ExecStart=/usr/bin/kswapd-report record --flight .*' \
		"$1/the root/usr/lib/systemd/system/kswapd-report.service"
	bash -n "$1/the root/usr/share/bash-completion/completions/kswapd-report"
	# shellcheck disable=SC2016 # the inner shell expands it
	bash -c '. "$1"; COMP_WORDS=(kswapd-report re); COMP_CWORD=1; _kswapd_report
		[ "${COMPREPLY[*]}" = "record report" ] || exit 1
		COMP_WORDS=(kswapd-report record -- mktem); COMP_CWORD=3; _kswapd_report
		[[ " ${COMPREPLY[*]} " == *" mktemp "* ]]' - \
		"$1/the root/usr/share/bash-completion/completions/kswapd-report"
}

check "report: builds without a warning by gcc and clang" with_dir compilers \
	tools/mm/kswapd-report '-O2 -Werror'
check "report: builds in tools/mm, without a file of the selftests" with_dir report_in_tree
check "report: a missing library is named by its package" with_dir report_features
check "report: recorded traces give the reports that are known" \
	with_tool sanitized with_dir report_golden
check "report: counts are those of trace-cmd" with_tool built with_dir report_counts
check "report: other byte orders, machines, lost records" \
	with_tool sanitized with_dir report_machines
check "report: failed retries are no runaway" with_tool sanitized with_dir report_retries
check "report: samples of any interval, pages of any size" \
	with_tool sanitized with_dir report_intervals
check "report: cgroups of resets" with_tool sanitized with_dir report_cgroups
check "report: clocks that do not count nanoseconds" with_tool built with_dir report_clocks
check "report: traces with a known truth" with_tool sanitized with_dir report_cases
check "report: text of trace-cmd, tracefs and perf, in mail and packed" \
	with_tool sanitized with_dir report_text
check "report: a trace that perf records" with_tool built with_dir report_perf
check "report: sequences of failures and resets" with_tool sanitized with_dir report_sequences
check "report: no verdict contradicts a simulated kernel" with_dir report_simulated
check "report: bad files are told in one sentence" with_tool sanitized with_dir report_bad_files
check "report: a reader that crashes is contained" with_tool built with_dir report_contains
check "report: bad options are told in one sentence" with_tool sanitized report_bad_options
check "report: exit statuses" with_tool sanitized with_dir report_statuses
check "report: a recording that fails leaves the old file" \
	with_tool sanitized with_dir report_record_fails
check "report: files for programs are well-formed" with_tool sanitized with_dir report_forms
check "report: JSON is as its schema says" with_tool sanitized with_dir report_schema
check "report: the picture scales, and its colours differ" \
	with_tool sanitized with_dir report_picture
check_all "report: screenshots of the page, light and dark" \
	with_tool built with_dir report_screenshots
check "report: the manual shows the reports of the tool" with_tool built with_dir report_manual
check "report: pages show the words of its reports" with_tool built with_dir report_pages_reports
check "report: pages show the words of record and top" with_tool built with_dir report_pages_live
check "report: installs, with manual pages and completion" with_dir report_install
# Sanitizers lock no memory.
check "report: a recorder that is ended in any way" with_tool built with_dir report_host
check "report: the flight recorder writes the time before an incident" \
	with_tool built with_dir report_flight 5
check_all "report: the flight recorder, an hour of incidents" with_tool built with_dir report_flight 60
check_all "report: records in a guest, and leaves nothing behind" \
	with_tool built with_dir report_records
check_all "report: the bpftrace script sees failures and resets on stock" \
	with_dir report_bpftrace
check_all "report: a reader that does not end is ended" with_dir report_stuck
check_all "report: a trace of 1 GB, in 64 MiB" with_tool built with_dir report_large
check_all "report: fuzzers find nothing" report_fuzz
