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
	local status=$1 words=$2 kernel=$3 dir=$4 options=()

	shift 4
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	mkdir -p "$dir/disk"
	expect "$status" "$words" "$vmtest" run --kernel "$kernel" --memory 1G --timeout 900 \
		--disk "$dir/disk" --disk-size 400M --with "$(built)" --with "$module" \
		"${run_options[@]}" "${options[@]}" -- tools/testing/check/guest-gate "$@"
}

# gate_builds PACKAGE DIR: also against headers with the series, or DKMS would fail there.
gate_builds() {
	local kernel names=enum.h

	kernel=$(debian_kernel "$1" --headers)
	gate_module "$kernel" "$2"
	modinfo "$module" | grep '^license: *GPL$'
	sed -n '/^+enum reset_kswapd_failures_reason/,/^+};/s/^+//p' \
		"$repo"/patches/mm-new/0002-*.patch >"$2/$names"
	grep -w RESET_KSWAPD_FAILURES_KSWAPD "$2/$names"
	make -s -C "$gate" KDIR="$(echo "$kernel"/lib/modules/*/build)" OUTPUT="$2/series" \
		KCFLAGS="-Werror -include $2/$names"
}

# checkpatch_ignores TYPES FILE DIR: HOME may hold a .checkpatch.conf.
checkpatch_ignores() {
	HOME=$3 env -C "$3" perl "$tree/scripts/checkpatch.pl" "--root=$tree" --strict --terse \
		--show-types --ignore "$1" -f "$gate/$2"
}

# A module for many kernels compares their versions, and macros of events have a form of
# their own. A line of bad style is found, so that silence means good style.
gate_style() {
	local version=LINUX_VERSION_CODE,CONSTANT_COMPARISON

	need_tree 6.12.y
	checkpatch_ignores "$version" kswapd_gate.c "$1"
	checkpatch_ignores PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE kswapd_gate_trace.h "$1"
	sed 's/int err, nid;/int err,nid;/' "$gate/kswapd_gate.c" >"$1/kswapd_gate.c"
	gate=$1
	expect 1 "space required after that ','" checkpatch_ignores "$version" kswapd_gate.c "$1"
}

# gate_stops_on KERNEL DIR: kswapd runs away, not with the module, and again without it.
gate_stops_on() {
	fact lru=classic lru=mglru scale=300
	gate_guest 0 "with 2 of 2" "$1" "$2" -- stops classic mglru
}

# gate_stops PACKAGE DIR: on a binary kernel of Debian.
gate_stops() {
	local kernel

	kernel=$(debian_kernel "$1" --headers)
	gate_module "$kernel" "$2"
	gate_stops_on "$kernel" "$2"
}

# gate_cycles_of STATUS WORDS N KERNEL LRU DIR: of "module". The guest patches its code all
# the time, and waits for each CPU then: two CPUs, in turn.
gate_cycles_of() {
	gate_guest "$1" "$2" "$4" "$6" --cpus 2 --cpus-in-turn --timeout $((600 + 5 * $3)) \
		--append slub_debug=F -- cycles "$5" "$3"
}

# gate_cycles STATUS WORDS N PACKAGE LRU DIR [SED]
gate_cycles() {
	local kernel

	kernel=$(debian_kernel "$4" --headers)
	gate_module "$kernel" "$6" "${7-}"
	gate_cycles_of "${@:1:3}" "$kernel" "$5" "$6"
}

# gate_does_not_leak N PACKAGE LRU DIR
gate_does_not_leak() {
	fact "lru=$3" scale=300
	gate_cycles 0 "no leak in $1 cycles" "$@"
}

# gate_on_own_kernel DIR: sets "image", and "module" for it.
gate_on_own_kernel() {
	kernel_options+=(--config "$configs/module-debug" --headers)
	image=$(kernel_of 6.12.y 0)
	gate_module "${image%/*}" "$1"
}

# gate_on_debug LRU DIR: the kernel looks for wrong uses of memory, locks and work items.
gate_on_debug() {
	local image

	fact "lru=$1" scale=300
	gate_on_own_kernel "$2"
	gate_cycles_of 0 "no leak in 60 cycles" 60 "$image" "$1" "$2"
}

# gate_on_arm64 DIR: a call's arguments are read in another way there.
gate_on_arm64() {
	local image

	export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
	gate_on_own_kernel "$1"
	gate_stops_on "$image" "$1"
}

# A module that keeps an object at each unload is found out: the test can fail.
gate_leak_is_found() {
	gate_cycles 1 "leak: objects of kmalloc-" 100 "$debian_6_12" classic "$1" \
		'/^static void __exit/,/^}/s/kfree(gates);//'
}

# A module that leaves its other probe makes the kernel run code that is gone.
gate_probe_is_found() {
	gate_cycles 126 "panicked or oopsed" 1 "$debian_6_12" classic "$1" \
		'/^static void __exit/,/^}/s/ARRAY_SIZE(probes)/1/'
}

# gate_test_fails WORDS SED DIR: the test of a module that is wrong on purpose says so.
gate_test_fails() {
	local kernel

	kernel=$(debian_kernel "$debian_6_12" --headers)
	gate_module "$kernel" "$3" "$2"
	gate_guest 1 "$1" "$kernel" "$3" -- stops mglru
}

# gate_cost PACKAGE DIR: what the probe takes; emulated, so the numbers are not judged.
gate_cost() {
	local kernel

	kernel=$(debian_kernel "$1" --headers)
	gate_module "$kernel" "$2"
	mkdir "$2/cost"
	cp "$gate"/*.[ch] tools/testing/check/gate_cost.c "$2/cost/"
	sed 's/obj-m := .*/obj-m := gate_cost.o/' "$gate/Kbuild" >"$2/cost/Kbuild"
	make -s -C "$(echo "$kernel"/lib/modules/*/build)" "M=$2/cost" \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules
	gate_guest 0 "ns with the probe" "$kernel" "$2" --with "$2/cost/gate_cost.ko" -- cost classic
}

# Recovery after the hog has left: kswapd is back within a backoff and does its part of
# the work, of which it may do a third less than on stock, where runs differ as much.
gate_recovers() {
	local kernel with dir=$3 lru=$2

	fact "lru=$lru" scale=300
	kernel=$(debian_kernel "$1" --headers)
	gate_module "$kernel" "$dir"
	for with in stock gate; do
		gate_guest 0 passed "$kernel" "$dir" --out "$dir/$with" -- restart "$lru" "$with"
		jq '.summary' "$dir/$with/restart.json" >"$dir/$with.json"
		jq -c '{ reset_after_s, work_kswapd_scan_share, work_hopeless_share }' "$dir/$with.json"
	done
	jq -e -s '.[0].work_kswapd_scan_share as $stock | .[1] |
		(.reset_after_s | . != null and . <= 4) and
		(.work_hopeless_share | . != null and . <= 0.1) and
		.work_kswapd_scan_share >= $stock * 2 / 3' "$dir/stock.json" "$dir/gate.json"
}

# Each reason to refuse, by a module that expects another kernel than it finds, or by
# types of the kernel that are missing or cut short.
gate_refuses() {
	local kernel dir=$1 name edit with=()

	kernel=$(debian_kernel "$debian_6_12" --headers)
	gate_module "$kernel" "$dir/right"
	with+=(--with "$module")
	while IFS='|' read -r name edit; do
		gate_module "$kernel" "$dir/$name" "$edit"
		mv "$module" "$dir/$name.ko"
		with+=(--with "$dir/$name.ko")
	done <<-'END'
	check|s/has_function("kswapd_clear_hopeless")/has_function("wakeup_kswapd")/
	clone|s/"shrink_node.part.0"/"wakeup_kswapd"/
	layout|s/FIELD(zone, managed_pages)/{ "zone", "managed_pages", 0 }/
	size|s/SIZE(zone)/{ "zone", NULL, 8 }/
	nodes|s/"kswapd%d"/"kswapx%d"/
	field|s/"nr_reclaimed")/"nr_claimed")/
	args|s/"balance_pgdat", 3/"balance_pgdat", 2/
	symbol|s/symbol_name = "balance_pgdat"/symbol_name = "balance_pgdap"/
	END
	# shellcheck disable=SC2016 # the guest expands it
	expect 0 "all refused" "$vmtest" run --kernel "$kernel" --timeout 300 "${with[@]}" -- \
		sh -ec 'refused() {
			! insmod "/vmtest/$1.ko" $3 2>/tmp/error || exit 1
			# modprobe takes that error for success.
			! grep "File exists" /tmp/error || exit 1
			dmesg | grep -F "kswapd_gate: $2"
			! grep kswapd_gate /proc/modules || exit 1
			! dmesg -c | grep -F "cut here"
		}
		refused check "this kernel has the balance check"
		refused clone "this kernel has a clone wakeup_kswapd"
		refused layout "struct zone of this kernel is not that of the headers of the build (managed_pages)"
		refused size "struct zone of this kernel is not that of the headers of the build (size)"
		refused nodes "node 0 is not laid out as in the headers"
		refused field "the BTF of this kernel does not have nr_reclaimed in struct scan_control"
		refused args "shrink_node() or balance_pgdat() of this kernel takes other arguments"
		refused symbol "cannot probe shrink_node() and balance_pgdat() (error -2)"
		refused kswapd_gate "maxactive takes a number from 0 to 65536, not -1" maxactive=-1
		mkdir /tmp/btf
		head -c 1000000 /sys/kernel/btf/vmlinux >/tmp/btf/vmlinux
		mount -o bind /tmp/btf /sys/kernel/btf
		refused kswapd_gate "cannot read /sys/kernel/btf/vmlinux (error -22)"
		: >/tmp/btf/vmlinux
		refused kswapd_gate "cannot read /sys/kernel/btf/vmlinux (error -22)"
		rm /tmp/btf/vmlinux
		refused kswapd_gate "cannot open /sys/kernel/btf/vmlinux (error -2)"
		umount /sys/kernel/btf
		insmod /vmtest/kswapd_gate.ko
		rmmod kswapd_gate
		echo all refused'
}

# Debian has 7.3 in a newer suite. Neither make nor the kernel takes the module for it.
gate_newer() {
	local kernel newer

	newer=$("$vmtest" fetch-kernel --suite trixie-backports linux-image-cloud-amd64)
	expect 2 "this kernel has the balance check" \
		make -s -C "$gate" "KDIR=$(echo "$newer"/lib/modules/*)/build" OUTPUT="$1/out"
	kernel=$(debian_kernel "$debian_6_12" --headers)
	gate_module "$kernel" "$1"
	expect 0 "refused" "$vmtest" run --kernel "$newer" --timeout 300 --with "$module" -- \
		sh -ec '! insmod /vmtest/kswapd_gate.ko || exit 1
		dmesg | grep "kswapd_gate: .*should be"
		echo refused'
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
	7.0-amd64|this kernel has the balance check
	7.3.4+deb13-amd64|this kernel has the balance check
	10.1.0|this kernel has the balance check
	6.0.12|is for Linux 6.1 to 6.19
	6.0+unreleased-amd64|is for Linux 6.1 to 6.19
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
	local kernel options option src

	make -s -C "$gate" DESTDIR="$1" install
	src=$(echo "$1"/usr/src/kswapd-gate-*)
	(cd "$1" && find . -type f)
	grep -x "PACKAGE_VERSION=\"${src##*-}\"" "$src/dkms.conf"
	grep -x kswapd_gate "$1/usr/share/kswapd-gate/kswapd-gate.conf"
	[ ! -e "$1/usr/lib/modules-load.d" ]
	test -s "$1/usr/share/man/man8/kswapd-gate.8"
	kernel=$(debian_kernel "$debian_6_12" --headers)
	make -s -C "$src" KDIR="$(echo "$kernel"/lib/modules/*/build)"
	# DKMS skips a kernel without these.
	read -ra options < <(sed -n 's/^BUILD_EXCLUSIVE_CONFIG="\(.*\)"$/\1/p' "$src/dkms.conf")
	[ ${#options[@]} -gt 0 ]
	for option in "${options[@]}"; do
		grep -x "$option=y" "$(echo "$kernel"/lib/modules/*/build)/.config"
	done
	[ "$(modinfo -F version "$src/kswapd_gate.ko")" = "${src##*-}" ]
	make -s -C "$src" clean
	[ "$(find "$src" -type f | wc -l)" -eq 5 ]
	# Debian names its release candidates and newest kernels in this way.
	for kernel in 6.1.192-2-amd64 6.12+unreleased-amd64 6.19-amd64; do
		echo "$kernel" | grep -E "$(sed -n 's/^BUILD_EXCLUSIVE_KERNEL="\(.*\)"$/\1/p' "$src/dkms.conf")"
	done
	make -s -C "$gate" DESTDIR="$1" uninstall
	[ -z "$(find "$1" -type f)" ]
	# A blank in the name takes no other directory away.
	mkdir "$1/my"
	make -s -C "$gate" DESTDIR="$1/my root" install uninstall
	[ -d "$1/my" ]
	[ -z "$(find "$1" -type f)" ]
}

check "kswapd-gate: builds for Debian's 6.12 without a warning" with_dir gate_builds "$debian_6_12"
check_all "kswapd-gate: builds for Debian's 6.1 without a warning" with_dir gate_builds "$debian_6_1"
check "kswapd-gate: checkpatch --strict is silent" with_dir gate_style
check "kswapd-gate: make names kernels that it is not for" with_dir gate_make_refuses
check_all "kswapd-gate: installs for DKMS" with_dir gate_installs
check_all "kswapd-gate: refuses what it cannot prove" with_dir gate_refuses
check_all "kswapd-gate: 7.3 does not take it" with_dir gate_newer
check_all "kswapd-gate: a module that puts nothing back is found out" with_dir gate_test_fails \
	"kswapd runs on" 's/if (READ_ONCE(\*count) < want)/if (want < 0)/
		/WRITE_ONCE(\*failures_of(pgdat), gate->want)/d'
check_all "kswapd-gate: a module that grants no retry is found out" with_dir gate_test_fails \
	"no retry was granted" 's/jiffies - gate->failed_at >= gate->backoff/false/'
check_all "kswapd-gate: a module that leaks is found out" with_dir gate_leak_is_found
check_all "kswapd-gate: a module that leaves a probe is found out" with_dir gate_probe_is_found
for package in "$debian_6_12" "$debian_6_1"; do
	words="kswapd-gate: 6.12"
	[ "$package" = "$debian_6_12" ] || words="kswapd-gate: 6.1"
	check_all "$words: kswapd stops while it is loaded" with_dir gate_stops "$package"
	check_all "$words: cost of the probe" with_dir gate_cost "$package"
	for lru in classic mglru; do
		check_all "$words: kswapd recovers, $lru" with_dir gate_recovers "$package" "$lru"
		check_all "$words: 250 cycles of loading while kswapd runs away, $lru" \
			with_dir gate_does_not_leak 250 "$package" "$lru"
	done
done
for lru in classic mglru; do
	check_suite debug "kswapd-gate: 60 cycles under KASAN and lockdep, $lru" \
		on_debug debug with_dir gate_on_debug "$lru"
done
check_suite long "kswapd-gate: 6.12: 10,000 cycles of loading while kswapd runs away, mglru" \
	with_dir gate_does_not_leak 10000 "$debian_6_12" mglru
