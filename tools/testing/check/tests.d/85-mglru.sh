# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The series for MGLRU, alone and after the other one, the selftest of mixed pressure
# on a kernel whose aging is held up, and that of a folio off the LRU on one where
# such a folio stays so for longer.

mglru_patches_are_good() {
	local base=$1 dir=$2

	need_tree "$base"
	scripts/series check --base "$base/mglru" --tree "$tree"
	# shellcheck disable=SC2046 # names without spaces
	patched_copy "$dir/tree" $(scripts/series list "$base/fixes") \
		$(scripts/series list "$base") $(scripts/series list "$base/mglru")
	edit_applies "$dir/tree" "$repo/tools/testing/mglru/widen.patch"
	[ "$base" != 6.12.y ] || edit_applies "$dir/tree" "$repo/tools/testing/mglru/widen-move.patch"
}

# expect_no_skip STATUS WORDS COMMAND...: as expect, and no test is skipped.
expect_no_skip() {
	expect "$@" | awk '{ print } /# SKIP/ { skipped = 1 } END { exit skipped }'
}

# mixed_pressure BASE STATUS WORDS OPTION...: of vmtest kernel.
mixed_pressure() {
	local base=$1 status=$2 words=$3 kernel workload dir=$repo/tools/testing/selftests/kswapd

	shift 3
	need_tree "$base"
	workload=$(built file_anon_mix_pressure)
	kernel=$(base_kernel "$base" "$@" --edit tools/testing/mglru/widen.patch)
	expect_no_skip "$status" "$words" "$vmtest" run --kernel "$kernel" --nodes 1 --cpus 8 --memory 1G \
		--timeout 300 --disk tools/testing/mglru --with "$workload" \
		--with "$dir/test_file_anon_mix.sh" -- \
		sh -c 'echo 20 >/sys/module/kernel/parameters/aging_delay_ms && test_file_anon_mix.sh'
}

# off_lru STATUS WORDS OPTION...: of vmtest kernel.
off_lru() {
	local status=$1 words=$2 dir=build/selftests/off-lru kernel

	shift 2
	tools/testing/check/selftests --build --base 6.12.y --out "$dir"
	kernel=$(base_kernel 6.12.y --patches 0 "$@" --edit tools/testing/mglru/widen-move.patch)
	expect_no_skip "$status" "$words" "$vmtest" run --kernel "$kernel" --memory 800M --timeout 300 \
		--disk tools/testing/mglru \
		--with "$dir/6.12.y/tree/tools/testing/selftests/kswapd/test_isolated_folio" -- \
		sh -c 'echo 100 >/sys/module/kernel/parameters/lru_move_delay_ms && test_isolated_folio'
}

for base in $named_bases; do
	[ -f "$repo/patches/$base/mglru/series" ] || continue
	check "$base: the series for MGLRU applies, alone and after the other, checkpatch" \
		with_dir mglru_patches_are_good "$base"
	check_all "$base: mixed pressure gets a cgroup OOM-killed under MGLRU on stock" \
		mixed_pressure "$base" 1 "OOM kill in round" --patches 0
	check_all "$base: mixed pressure causes no OOM kill with the series for MGLRU" \
		mixed_pressure "$base" 0 "ok 3 classic LRU" --patches 0 --mglru all
	check_all "$base: mixed pressure causes no OOM kill with both series" \
		mixed_pressure "$base" 0 "ok 3 classic LRU" --patches all --mglru all
	check_all "$base: the selftests of kswapd pass with both series" selftests_run "$base" \
		--mglru --kernel series --out "build/selftests/$base-mglru"
done
check_all "6.12.y: a folio off the LRU gets a cgroup OOM-killed with the first patch alone" \
	off_lru 1 "not ok 3 isolated_folio.mglru_no_walk" --mglru 1
check_all "6.12.y: a folio off the LRU causes no OOM kill with the series for MGLRU" \
	off_lru 0 "ok 3 isolated_folio.mglru_no_walk" --mglru all
