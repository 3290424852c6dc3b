# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The module with the balance check, on binary kernels of Debian.

gate=$repo/tools/mm/kswapd-gate

# gate_module KERNEL DIR [SED]: sets "module": built for it in DIR, with no warning; the
# source is edited before, for a module that is wrong on purpose.
gate_module() {
	local build

	build=$(echo "$1"/lib/modules/*/build)
	mkdir -p "$2/source/a/b/c"
	cp "$gate"/* "$2/source/a/b/c/"
	[ -z "${3-}" ] || {
		sed -i "$3" "$2/source/a/b/c/kswapd_gate.c"
		! cmp -s "$gate/kswapd_gate.c" "$2/source/a/b/c/kswapd_gate.c" || {
			echo "'$3' changes nothing"
			return 1
		}
	}
	make -s -C "$2/source/a/b/c" KDIR="$build" OUTPUT="$2" W=1 KCFLAGS=-Werror
	module=$2/kswapd_gate.ko
	[ "$(modinfo -F vermagic "$module" | cut -d ' ' -f 1)/build" = "${build#"$1"/lib/modules/}" ]
}

# gate_guest STATUS WORDS KERNEL DIR OPTION... -- ARG...: of guest-gate
gate_guest() {
	local status=$1 words=$2 kernel=$3 dir=$4

	shift 4
	mkdir -p "$dir/disk"
	expect "$status" "$words" "$vmtest" run --kernel "$kernel" --mem 1G --timeout 400 \
		--disk "$dir/disk" --disk-size 400M --with "$(built)" --with "$module" \
		--with "$repo/tools/testing/check/guest-gate" "$@"
}

gate_builds() {
	local kernel

	kernel=$(debian_kernel "$1" --headers)
	gate_module "$kernel" "$2"
	modinfo "$module" | grep '^license: *GPL$'
}

# gate_stops PACKAGE LRU CYCLES DIR: the module against the same guest without it.
gate_stops() {
	local kernel

	fact "lru=$2" scale=300
	kernel=$(debian_kernel "$1" --headers)
	gate_module "$kernel" "$4"
	gate_guest 0 "loaded and unloaded $3 times" "$kernel" "$4" -- guest-gate runaway "$2" "$3"
}

# A module that puts nothing back does not stop it: the test can fail.
gate_test_fails() {
	local kernel

	kernel=$(debian_kernel "$debian_6_12" --headers)
	gate_module "$kernel" "$1" 's/if (now < want \&\& /if (want < 0 \&\& /'
	gate_guest 1 "kswapd runs on" "$kernel" "$1" -- guest-gate runaway mglru 0
}

# Recovery after the hog has left: kswapd is back within a backoff and does its part of
# the work, of which it may do a third less than on stock, where runs differ as much.
gate_recovers() {
	local kernel with dir=$3 lru=$2

	fact "lru=$lru" scale=300
	kernel=$(debian_kernel "$1" --headers)
	gate_module "$kernel" "$dir"
	for with in stock gate; do
		gate_guest 0 passed "$kernel" "$dir" --out "$dir/$with" -- \
			guest-gate strand "$lru" "$with"
		jq '.summary' "$dir/$with/strand.json" >"$dir/$with.json"
		jq -c '{ reset_after_s, work_kswapd_scan_share, work_hopeless_share }' "$dir/$with.json"
	done
	jq -e -s '.[0].work_kswapd_scan_share as $stock | .[1] |
		.reset_after_s <= 4 and .work_hopeless_share <= 0.1 and
		.work_kswapd_scan_share >= $stock * 2 / 3' "$dir/stock.json" "$dir/gate.json"
}

# Each reason to refuse, by a module that expects another kernel than it finds.
gate_refuses() {
	local kernel dir=$1 name edit with=()

	kernel=$(debian_kernel "$debian_6_12" --headers)
	while IFS='|' read -r name edit; do
		gate_module "$kernel" "$dir/$name" "$edit"
		mv "$module" "$dir/$name.ko"
		with+=(--with "$dir/$name.ko")
	done <<-'END'
	check|s/has_function("kswapd_clear_hopeless")/has_function("wakeup_kswapd")/
	clone|s/"shrink_node.part.0"/"wakeup_kswapd"/
	layout|s/"kswapd%d"/"kswapx%d"/
	field|s/"nr_reclaimed")/"nr_claimed")/
	struct|s/"scan_control")/"scam_control")/
	symbol|s/symbol_name = "balance_pgdat"/symbol_name = "balance_pgdap"/
	END
	# shellcheck disable=SC2016 # the guest expands it
	expect 0 "all six refused" "$vmtest" run --kernel "$kernel" --timeout 200 "${with[@]}" -- \
		sh -ec 'refused() {
			! insmod "/vmtest/$1.ko" || exit 1
			dmesg | grep -F "$2"
			! grep kswapd_gate /proc/modules
		}
		refused check "kswapd_gate: this kernel has the balance check"
		refused clone "this kernel has a clone"
		refused layout "is not laid out as in the headers"
		refused field "does not tell the layout of struct scan_control (error -2)"
		dmesg -c >/dev/null
		refused struct "does not tell the layout of struct scan_control (error -2)"
		refused symbol "cannot probe shrink_node() and balance_pgdat() (error -2)"
		! dmesg | grep -F "cut here"
		echo all six refused'
}

# No compiler is started for a kernel that does not need the module.
gate_make_refuses() {
	local release words

	mkdir -p "$1/include/config"
	while IFS='|' read -r release words; do
		echo "$release" >"$1/include/config/kernel.release"
		expect 2 "$words" make -s -C "$gate" KDIR="$1" OUTPUT="$1/out"
		[ ! -e "$1/out" ]
	done <<-'END'
	7.0.0-1-amd64|this kernel has the balance check
	7.3.4+deb13-amd64|this kernel has the balance check
	10.1.0|this kernel has the balance check
	6.0.12|is for Linux 6.1 to 6.19
	5.15.1|is for Linux 6.1 to 6.19
	END
	expect 2 "there are no headers" make -s -C "$gate" KDIR="$1/none" OUTPUT="$1/out"
	expect 2 "there are no headers" make -s -C "$gate" KDIR=/lib/modules/6.12.0-none/build \
		OUTPUT="$1/out"
	expect 2 "this kernel has the balance check" make -s -C "$gate" \
		KDIR=/lib/modules/7.0.0-none/build OUTPUT="$1/out"
}

# What DKMS gets is whole: it builds from what was installed.
gate_installs() {
	local kernel src

	make -s -C "$gate" DESTDIR="$1" install
	src=$(echo "$1"/usr/src/kswapd-gate-*)
	(cd "$1" && find . -type f)
	grep -x "PACKAGE_VERSION=\"${src##*-}\"" "$src/dkms.conf"
	grep -x kswapd_gate "$1/usr/share/kswapd-gate/kswapd-gate.conf"
	[ ! -e "$1/usr/lib/modules-load.d" ]
	test -s "$1/usr/share/man/man8/kswapd-gate.8"
	kernel=$(debian_kernel "$debian_6_12" --headers)
	make -s -C "$src" KDIR="$(echo "$kernel"/lib/modules/*/build)"
	[ "$(modinfo -F version "$src/kswapd_gate.ko")" = "${src##*-}" ]
	make -s -C "$src" clean
	[ "$(find "$src" -type f | wc -l)" -eq 5 ]
}

t "kswapd-gate: builds for Debian's 6.12 without a warning" with_dir gate_builds "$debian_6_12"
ta "kswapd-gate: builds for Debian's 6.1 without a warning" with_dir gate_builds "$debian_6_1"
t "kswapd-gate: make names kernels that it is not for" with_dir gate_make_refuses
ta "kswapd-gate: installs for DKMS" with_dir gate_installs
ta "kswapd-gate: refuses what it cannot prove" with_dir gate_refuses
ta "kswapd-gate: a module that puts nothing back is found out" with_dir gate_test_fails
for lru in classic mglru; do
	ta "kswapd-gate: kswapd of 6.12 stops while it is loaded, 300 cycles, $lru" \
		with_dir gate_stops "$debian_6_12" "$lru" 300
	ta "kswapd-gate: kswapd of 6.1 stops while it is loaded, 20 cycles, $lru" \
		with_dir gate_stops "$debian_6_1" "$lru" 20
	ta "kswapd-gate: kswapd of 6.12 recovers, $lru" with_dir gate_recovers "$debian_6_12" "$lru"
	ta "kswapd-gate: kswapd of 6.1 recovers, $lru" with_dir gate_recovers "$debian_6_1" "$lru"
done
