# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# The core on arm64: cross-built, and booted under software emulation.

on_arm64() {
	arch=arm64
	kernel_options=(--arch arm64)
	"$@"
}

# What cannot run in the guest is told before it boots.
bad_on_arm64() {
	local run dir=$1 kernel

	kernel=$(stock)
	run=("$vmtest" run --kernel "$kernel")
	one_sentence "is no program for aarch64" "${run[@]}" -- "$(arch='' built)"
	echo 'int main(void) { return 0; }' >"$dir/main.c"
	aarch64-linux-gnu-gcc -o "$dir/main" "$dir/main.c"
	one_sentence "is not static" "${run[@]}" -- "$dir/main"
}

# Only where the machine is of another kind.
on_foreign_arm64() {
	[ "$(uname -m)" != aarch64 ] || skip "this machine is one"
	on_arm64 "$@"
}

check_suite arm64 "vmtest, arm64: two nodes and one without memory" on_arm64 topology 2 1 4
check_suite arm64 "vmtest, arm64: programs of another kind" on_foreign_arm64 with_dir bad_on_arm64
# Stock that has upstream's balance check does not run away, has nothing to fail, and
# traces resets under other names: no test on x86 expects these of it.
for base in $named_bases; do
	stock_runs_away=$(base_fact "$base" gate)
	check_suite arm64 "$base, arm64: the whole series builds and boots" on_arm64 boots "$base" all
	for lru in classic mglru; do
		[ -z "$stock_runs_away" ] || check_suite arm64 "$base, arm64: kswapd runs away on stock, $lru" \
			on_arm64 with_dir runaway "$base" "$lru" 0 1 "more than the $limit % allowed"
		check_suite arm64 "$base, arm64: kswapd stops with the series, $lru" on_arm64 \
			with_dir runaway "$base" "$lru" all 0 passed
	done
	if [ -z "$stock_runs_away" ]; then
		check_suite arm64 "$base, arm64: the core selftests pass with the series" on_arm64 \
			selftests_run "$base" --core --kernel series --arch arm64 \
			--out "build/selftests/$base-arm64"
		continue
	fi
	for reason in $(reasons_of "$base"); do
		check_suite arm64 "$base, arm64: a reset with reason $reason is traced" on_arm64 \
			with_dir reason "$base" "$reason" classic
	done
	check_suite arm64 "$base, arm64: the core selftests fail on stock and pass with the series" \
		on_arm64 selftests_run "$base" --core --arch arm64 --out "build/selftests/$base-arm64"
done
check_suite arm64 "kswapd-gate, arm64: kswapd stops while it is loaded" on_arm64 with_dir gate_on_arm64
