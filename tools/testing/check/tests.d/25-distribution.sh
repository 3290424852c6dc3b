# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Kernels as Debian ships them, in vmtest.

# The smallest that there are; in the suite that this machine is set up with.
debian_6_1=$(base_fact 6.1.y package)
debian_6_12=$(base_fact 6.12.y package)

# debian_kernel PACKAGE [OPTION...]: its directory. 6.1 may be gone from a newer
# suite, and is then skipped by name; 6.12 must never be.
debian_kernel() {
	local rc=0 dir

	dir=$("$vmtest" fetch-kernel "${@:2}" "$1") || rc=$?
	if [ "$rc" -eq 4 ] && [ "$1" = "$debian_6_1" ]; then
		exit 4
	fi
	[ "$rc" -eq 0 ] || {
		echo "cannot fetch $1" >&2
		return 1
	}
	case $1:$dir in
	"$debian_6_1":*/linux-image-6.1.* | "$debian_6_12":*/linux-image-6.12.*) echo "$dir" ;;
	"$debian_6_1":*) skip "$1 is no 6.1 in this suite: $dir" ;;
	*)
		echo "$1 is another kernel than its name says: $dir" >&2
		return 1
		;;
	esac
}

# Disks and ports work, which are modules there, and the second way to name them.
debian_runs() {
	local kernel

	kernel=$(debian_kernel "$1")
	mkdir "$2/disk"
	echo there >"$2/disk/file"
	# shellcheck disable=SC2016 # the guest expands it
	expect 0 "${kernel##*/linux-image-}" "$vmtest" run --kernel "$kernel"/boot/vmlinuz-* \
		--modules "$kernel" --timeout 200 --disk "$2/disk" --out "$2/out" -- sh -ec '
		grep -q virtio_blk /proc/modules
		cp /mnt/disk/file /mnt/out/back
		echo "$(uname -r)_$(uname -v | sed "s/.* Debian \([^ ]*\) .*/\1/")"'
	[ "$(cat "$2/out/back")" = there ]
}

bad_modules() {
	local kernel dir=$1 run

	kernel=$(debian_kernel "$debian_6_12")
	mkdir -p "$dir"/{none,two/lib/modules/{a,b},other/lib/modules/6.12.0,unlisted/lib/modules}
	cp -r "$kernel/boot" "$dir/unlisted/"
	mkdir "$dir/unlisted/lib/modules/$(basename "$kernel"/lib/modules/*)"
	run=("$vmtest" run --kernel "$(echo "$kernel"/boot/vmlinuz-*)" --modules)
	one_sentence "there is not one kernel" "$vmtest" run --kernel "$dir" -- true
	one_sentence "is no directory" "${run[@]}" /nowhere -- true
	one_sentence "not one directory in lib/modules" "${run[@]}" "$dir/none" -- true
	one_sentence "not one directory in lib/modules" "${run[@]}" "$dir/two" -- true
	one_sentence "is for 6.12.0, and the kernel is" "${run[@]}" "$dir/other" -- true
	one_sentence "run depmod -b" "$vmtest" run --kernel "$dir/unlisted" -- true
	sentences "$vmtest" <<-'END'
	fetch-kernel|name a package
	fetch-kernel bash|takes a package linux-image-
	fetch-kernel linux-image-a/b|takes a package linux-image-
	fetch-kernel linux-image-a linux-image-b|one argument too many
	fetch-kernel --suite|takes a value
	fetch-kernel --suite a/b linux-image-a|takes the name of a suite
	fetch-kernel --frobnicate|unknown option
	END
	expect 4 "SKIP: linux-image-no-such: apt has no such package" \
		"$vmtest" fetch-kernel linux-image-no-such
}

check "vmtest: Debian's 6.12 cloud kernel, with its modules" with_dir debian_runs "$debian_6_12"
check_all "vmtest: Debian's 6.1 cloud kernel, with its modules" with_dir debian_runs "$debian_6_1"
check "vmtest fetch-kernel, --modules: bad input" with_dir bad_modules
