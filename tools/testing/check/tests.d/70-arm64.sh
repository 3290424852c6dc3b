# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# The core on arm64: cross-built, and booted under software emulation.

on_arm64() {
	arch=arm64
	kernel_options=(--arch arm64)
	"$@"
}

for base in $(cd "$repo" && bases); do
	ts arm64 "$base, arm64: the whole series builds and boots" on_arm64 boots "$base" all
	for lru in classic mglru; do
		ts arm64 "$base, arm64: kswapd runs away on stock, $lru" on_arm64 \
			with_dir runaway "$base" "$lru" 0 1 "more than the $(limit_of "$base") % allowed"
		ts arm64 "$base, arm64: kswapd stops with the series, $lru" on_arm64 \
			with_dir runaway "$base" "$lru" all 0 passed
	done
	for reason in OTHER DIRECT PCP KSWAPD; do
		ts arm64 "$base, arm64: a reset with reason $reason is traced" on_arm64 \
			with_dir reason "$base" "$reason" classic
	done
done
