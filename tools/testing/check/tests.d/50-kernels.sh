# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Kernels: what builds, boots, and warns of nothing that stock does not warn of.

kernel_of() {
	need_tree "$1"
	base_kernel "$1" --patches "$2" "${kernel_options[@]}"
}

boots() {
	local kernel

	kernel=$(kernel_of "$1" "$2")
	expect 0 "Linux version" "$vmtest" run --kernel "$kernel" --timeout 120 \
		"${run_options[@]}" -- cat /proc/version
}

# Symbols that the series wants from kernel/sched/core.c and kernel/time/time.c, which
# have them in each configuration.
always_there='nsecs_to_jiffies|task_sched_runtime'

# adds_nothing BASE OPTION...: of mm/, W=1 and sparse say the same with the series
# as without it, and it wants no symbol from the rest of the kernel that could be
# missing. So it links where stock does, in a fraction of the time.
adds_nothing() {
	local base=$1 stock all list new failed=0

	shift
	need_tree "$base"
	stock=$(base_kernel "$base" --patches 0 --check "$@")
	all=$(base_kernel "$base" --check "$@")
	for list in warnings symbols; do
		wc -l "${stock%/*}/$list" "${all%/*}/$list"
		new=$(comm -13 "${stock%/*}/$list" "${all%/*}/$list" |
			{ grep -Exv "$always_there" || :; })
		[ -z "$new" ] || failed=1
		[ -z "$new" ] || printf 'new in %s: %s\n' "$list" "$new"
	done
	[ -s "${all%/*}/symbols" ] && [ "$failed" -eq 0 ]
}

# An option that the kernel does not know ends the build before it begins.
configs_hold() {
	echo CONFIG_FROBNICATE=y >"$1/unknown"
	expect 1 "does not take 'CONFIG_FROBNICATE=y'" "$vmtest" kernel --base 6.12.y --patches 0 \
		--check --config "$repo/tools/testing/vmtest/configs/no-swap" --config "$1/unknown"
}

configs=tools/testing/vmtest/configs
check "vmtest: options that do not take effect" with_dir configs_hold
check "6.12.y: the whole series builds and boots" boots 6.12.y all
check "mm-new: the whole series builds and boots" boots mm-new all
for base in 6.1.y 6.18.y 7.3.y; do
	check_all "$base: the whole series builds and boots" boots "$base" all
done
for base in $named_bases; do
	check_all "$base: stock builds and boots" boots "$base" 0
	count=$(patches_in "$repo/patches/$base" | wc -l)
	for ((n = 1; n < count; n++)); do
		check_all "$base: builds and boots with $n patches" boots "$base" "$n"
	done
	check_all "$base: no new warning or symbol: gcc, W=1, sparse" adds_nothing "$base"
	check_all "$base: no new warning or symbol: clang, W=1" adds_nothing "$base" --cc clang-19
	for config in "$repo/$configs"/*; do
		config=${config##*/}
		kernel_arch=x86_64
		case $config in
		debug | kcsan | module-debug | system) continue ;; # in other files
		i386) kernel_arch=i386 ;;
		esac
		check_all "$base: no new warning or symbol: gcc, $config" \
			adds_nothing "$base" --arch "$kernel_arch" --config "$configs/$config"
	done
done
