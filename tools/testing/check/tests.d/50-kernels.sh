# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Kernels: what builds, boots, and warns of nothing that stock does not warn of.

# Tests of other kernels than the default one say so here.
kernel_options=()
run_options=()

kernel_of() {
	need_tree "$1"
	KDIR=$(kdir_of "$1") "$vmtest" kernel --base "$1" --patches "$2" "${kernel_options[@]}" |
		tail -n 1
}

# kdir_of BASE: the user's tree, where it is the base's.
kdir_of() {
	if [ -n "${KDIR-}" ] && [ "$(tree_of "$1")" = "$KDIR" ]; then
		echo "$KDIR"
	fi
}

boots() {
	local kernel

	kernel=$(kernel_of "$1" "$2")
	expect 0 "Linux version" "$vmtest" run --kernel "$kernel" --timeout 120 \
		"${run_options[@]}" -- cat /proc/version
}

# same_warnings BASE OPTION...: W=1 and sparse say the same of mm/ with the
# series as without it.
same_warnings() {
	local base=$1 stock all

	shift
	need_patches "$base"
	need_tree "$base"
	export KDIR
	KDIR=$(kdir_of "$base")
	stock=$("$vmtest" kernel --base "$base" --patches 0 --check "$@" | tail -n 1)
	all=$("$vmtest" kernel --base "$base" --check "$@" | tail -n 1)
	wc -l "$stock" "$all"
	comm -13 "$stock" "$all" | sed 's/^/new: /'
	[ -z "$(comm -13 "$stock" "$all")" ]
}

# A whole kernel of a configuration, linked.
links() {
	local base=$1

	shift
	need_tree "$base"
	KDIR=$(kdir_of "$base") "$vmtest" kernel --base "$base" "$@"
}

configs=tools/testing/vmtest/configs
t "6.12.y: the whole series builds and boots" boots 6.12.y all
t "mm-new: the whole series builds and boots" boots mm-new all
for base in $(cd "$repo" && bases); do
	ta "$base: stock builds and boots" boots "$base" 0
	for ((n = 1; n < $(patches_of "$base"); n++)); do
		ta "$base: builds and boots with $n patches" boots "$base" "$n"
	done
	ta "$base: no new warning: gcc, W=1, sparse" same_warnings "$base"
	ta "$base: no new warning: clang, W=1" same_warnings "$base" --cc clang
	for config in "$repo/$configs"/*; do
		config=${config##*/}
		arch=x86_64
		[ "$config" != i386 ] || arch=i386
		ta "$base: no new warning: gcc, $config" \
			same_warnings "$base" --arch "$arch" --config "$configs/$config"
		ta "$base: builds: gcc, $config" \
			links "$base" --arch "$arch" --config "$configs/$config"
	done
	ta "$base: builds: clang" links "$base" --cc clang
done
