# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Debian systems in guests: systemd, containers, and kernels as packages.

# debian_system: with Debian's own 6.12.
debian_system() {
	local packages

	scripts/install-deps userland >&2
	mapfile -t packages < <("$vmtest" fetch-kernel --deb "$debian_6_12")
	"$vmtest" system "${packages[@]}"
}

# The outcomes are those of other guests; the program is a unit, on two nodes.
system_runs() {
	local run

	run=("$vmtest" run --system "$(debian_system)" --timeout 900)
	mkdir "$1/disk"
	echo there >"$1/disk/file"
	# shellcheck disable=SC2016 # the guest expands it
	expect 3 "failed: the program exited with 3" "${run[@]}" --disk "$1/disk" --out "$1/out" \
		--with "$(built)" -- sh -ec '
		grep -x "0::/system.slice/vmtest.service" /proc/self/cgroup
		[ "$(cat /proc/1/comm)" = systemd ]
		numactl -H | grep "available: 2 nodes"
		kswapd_pressure --help >/dev/null
		cp /mnt/disk/file /mnt/out/back
		systemctl --failed --no-legend
		[ -z "$(systemctl --failed --no-legend)" ]
		exit 3'
	[ "$(cat "$1/out/back")" = there ]
	expect 126 "panicked" "${run[@]}" -- sh -c 'echo c >/proc/sysrq-trigger'
	expect 125 "guest lost" "${run[@]}" -- poweroff -f
	expect 124 "timed out" "${run[@]}" --timeout 20 -- sleep 1000
}

system_bad_input() {
	local run=("$vmtest" run --system)

	one_sentence "--system takes the directory" "${run[@]}" /nowhere -- true
	one_sentence "a kernel of its own" "${run[@]}" "$1" --kernel x -- true
	one_sentence "name a kernel's package" "$vmtest" system
	one_sentence "is no package of Debian" "$vmtest" system Makefile
	one_sentence "unknown option" "$vmtest" system --frobnicate
	one_sentence "exclude each other" "$vmtest" fetch-kernel --deb --headers linux-image-a
	mkdir -p "$1/a/DEBIAN" "$1/bin"
	printf '%s\n' 'Package: a' 'Version: 1' 'Architecture: all' 'Maintainer: a' \
		'Description: a' >"$1/a/DEBIAN/control"
	dpkg-deb -b "$1/a" "$1/a.deb" >/dev/null
	one_sentence "0 have a kernel" "$vmtest" system "$1/a.deb"
	ln -s /usr/bin/* "$1/bin/"
	rm -f "$1/bin/mmdebstrap"
	mkdir -p "$1/a/boot"
	: >"$1/a/boot/vmlinuz-1"
	dpkg-deb -b "$1/a" "$1/a.deb" >/dev/null
	one_sentence "mmdebstrap is missing" env PATH="$1/bin" "$vmtest" system "$1/a.deb"
}

gate_page=Documentation/tools/kswapd-gate/kswapd-gate.rst

# userland_stops KIND... DIR: of guest-userland. kswapd runs away; stops while the module is
# loaded; and runs away again. The commands are those of the module's page.
userland_stops() {
	local kinds=("$@") dir=${!#} kernel system kind out=build/userland

	unset 'kinds[-1]'
	fact lru=mglru scale=300
	kernel=$(debian_kernel "$debian_6_12" --headers)
	gate_module "$kernel" "$dir"
	system=$(debian_system)
	rm -rf "$out"
	mkdir -p "$dir/disk" "$out"
	for kind in "${kinds[@]}"; do
		tools/testing/check/page commands "$kind" "$gate_page" >"$dir/disk/$kind"
	done
	expect 0 "ok: ${#kinds[@]} transcripts" "$vmtest" run --system "$system" --timeout 1200 \
		--disk "$dir/disk" --disk-size 600M --out "$out" --out-size 16M --with "$module" -- \
		tools/testing/check/guest-userland . "${kinds[@]}"
	for kind in "${kinds[@]}"; do
		awk -v limit="$limit" '$1 == "kswapd1" { cpu[n++] = $2 }
			END { exit !(n == 3 && cpu[0] >= 10 && cpu[1] <= limit && cpu[2] >= 10) }' "$out/$kind"
		tools/testing/check/page compare "$kind" "$gate_page" "$out/$kind"
	done
}

check "vmtest system: bad input" with_dir system_bad_input
check_all "vmtest: a Debian system with its 6.12" with_dir system_runs
check_all "6.12: slices and a pod: kswapd stops while kswapd-gate is loaded" with_dir userland_stops slice pod
