# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The comparison of kernels: its own tests, and the tables in the tree.

bench=$repo/tools/testing/bench

bench_front() {
	expect 2 "REPEAT takes" make -s -C "$repo" -o deps bench REPEAT=0
	expect 0 "Exit status" "$bench/bench.py" --help
}

# The test cases of a file.
bench_unit() {
	PYTHONPATH=$bench python3 -B -m unittest "test_$1"
}

# Nothing is built for it but the module.
demo_quick() {
	fact lru=classic lru=mglru scale=300
	expect 0 "kswapd runs away on Debian's kernel; with the module it waits" \
		make -s -C "$repo" -o deps demo QUICK=yes OUT="$1"
}

check "bench: bad input and --help" bench_front
check "bench: a whole bench, on an artificial vmtest" bench_unit bench
check "bench: the statistics" bench_unit summary
check "bench: facts and tables" bench_unit facts
check "bench: the tables and the caption of the figure are those of the facts" "$bench/facts.py" check --base mm-new
check "demo: whole demos, on an artificial vmtest" bench_unit demo
check_all "demo: Debian's kernel without and with the module" with_dir demo_quick
check "demo: the figure of README, by runs of a bench" bench_unit figure
