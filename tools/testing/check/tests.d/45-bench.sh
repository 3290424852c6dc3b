# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The comparison of kernels: bad input, and what it makes of known numbers.

bench=$repo/tools/testing/bench

bench_bad_input() {
	one_sentence "there is no base '2.4'" env BASE=2.4 "$bench/bench"
	one_sentence "'frobnicate' is none of" env SCENARIO=frobnicate "$bench/bench"
	one_sentence "LRU takes" env LRU=new "$bench/bench"
	one_sentence "'runaway-frob' is none of" env SCENARIO='stream runaway-frob' "$bench/bench"
	one_sentence "SCALE takes" env SCALE='10 0' "$bench/bench"
	one_sentence "SCALE takes" env SCALE=3001 "$bench/bench"
	one_sentence "kernel: takes NAME=PATH" env ARMS=kernel:x "$bench/bench"
	one_sentence "cannot read the kernel" env ARMS=kernel:x=/none "$bench/bench"
	one_sentence "two arms" env ARMS='kernel:x=/dev/null kernel:x=/dev/null' "$bench/bench"
	one_sentence "REPEAT takes" env REPEAT=0 "$bench/bench"
	one_sentence "ARMS: 'mine' is none of" env ARMS=mine "$bench/bench"
	one_sentence "unknown argument" "$bench/bench" runaway
	expect 0 "Exit status" "$bench/bench" --help
}

# made_run DIR ARM ROUND STATUS STALLS: a run that was never made.
made_run() {
	jq -n --arg arm "$2" --argjson round "$3" --argjson status "$4" --argjson stalls "$5" '{
		arm: $arm, base: "b", patches: "0", scenario: "stream", lru: "classic",
		scale: 10, round: $round, status: $status, config: "c", accelerator: "software emulation",
		host: {cpu: "p", cpus: 2, load_before: "0.5 0.4 0.3"},
		data: {environment: {kernel: "1.0"}, summary: {hopeless_share: 0, stalls_per_s: $stalls,
			mb_read_per_s: 100, kswapd_scan_share: null, pageoutrun_per_s: 1,
			kswapd_cpu_pct: {mean: 10}}}
	}' >"$1/raw/stream-classic-10-$2-$3.json"
}

# Of two times four runs the ranks tell apart what does not overlap (p = 2/70) and
# nothing that does; a failed run counts as such, and not as a number.
bench_table() {
	local dir=$1 i

	mkdir "$dir/raw"
	for i in 1 2 3 4; do
		made_run "$dir" stock "$i" 0 $((100 + i))
		made_run "$dir" gate "$i" 0 $((200 + i))
		made_run "$dir" ours "$i" 0 $((99 + i * i))
	done
	made_run "$dir" ours 5 1 100000
	expect 0 "software emulation" python3 "$bench/summary.py" "$dir" stock gate ours
	grep 'stalls/s' "$dir/table.txt"
	grep -qF 'stream, classic LRU, scale 10, 4 runs' "$dir/table.txt"
	grep -qF '102 [101..104]' "$dir/table.txt"
	grep -qE '202 \( *\+97.6%\)\* \[201..204\]' "$dir/table.txt"
	grep -qE '106 \( *\+2.9%\)  \[100..115\]' "$dir/table.txt"
	grep -qF 'ours: 1 failed (1)' "$dir/table.txt"
	[ "$(jq -r '.results[0].metrics.stalls_per_s.gate.p * 70 | round' "$dir/bench.json")" -eq 2 ]
	[ "$(grep -c stalls_per_s "$dir/bench.csv")" -eq 13 ]
	gnuplot "$dir/stream.gp"
	grep -q '<svg' "$dir/stream.svg"
}

# Each scenario has metrics by its first word, and one that has none is told.
bench_metrics() {
	local names

	names=$(sed 's/#.*//; s/[ |].*//' "$bench/scenarios" | tr '\n' ' ')
	# shellcheck disable=SC2086 # names
	[ -z "$(python3 "$bench/summary.py" --unknown $names)" ]
	[ "$(python3 "$bench/summary.py" --unknown runaway frob-1 oom-8)" = frob-1 ]
}

t "bench: each scenario has metrics" bench_metrics
t "bench: the statistics" python3 "$bench/test_summary.py"
t "bench: facts and tables" python3 "$bench/test_facts.py"
t "bench: the tables are those of the facts" python3 "$bench/facts.py" check --base mm-new
t "bench: bad input" bench_bad_input
t "bench: the table of known numbers" with_dir bench_table
