# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# The files of a guest, for 'vmtest run': the root file system with the program, its
# disks, and what comes back from them.

is_script() {
	[ "$(head -c 2 "$1" | tr -d '\0')" = '#!' ]
}

is_static() {
	! readelf -lW "$1" | grep INTERP >/dev/null
}

# copy_in FILE: a file, and its libraries or interpreter, at the same paths in the root.
# A system has its own, and gets all files in one directory.
copy_in() {
	local file=$1 real lib

	real=$(readlink -f "$file")
	fits "$real" || die "$file is no program for $machine"
	if [ -n "$system" ]; then
		install "$real" "$root/vmtest/${file##*/}"
		return
	fi
	[ -e "$root$file" ] || install -D "$real" "$root$file"
	if is_script "$real"; then
		lib=$(sed -n '1s/^#![[:space:]]*\([^[:space:]]*\).*/\1/p' "$real" | tr -d '\0')
		# busybox is sh in the guest; env finds the programs of --with.
		case $lib in
		/bin/sh | /usr/bin/env) ;;
		*) [ -e "$root$lib" ] || copy_in "$lib" ;;
		esac
		return
	fi
	if [ -n "$foreign" ]; then
		is_static "$real" || die "$file is not static: a guest for $machine has no libraries"
		return
	fi
	# A static program has none. The loader is named without an arrow.
	{ ldd "$real" 2>/dev/null || :; } | awk '/=> \// { print $3; next } /^[[:space:]]*\// { print $1 }' |
		while read -r lib; do
			[ -e "$root$lib" ] || install -D "$(readlink -f "$lib")" "$root$lib"
		done
}

# unpacked FILE: a module, compressed or not.
unpacked() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -dqc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# put_modules: the modules of the guest's disks and ports, in the order of loading.
put_modules() {
	local name file n=100

	mkdir "$root/vmtest/modules"
	for name in virtio_pci virtio_blk virtio_console ext4; do
		modprobe -C /dev/null -d "$modules" -S "$module_release" --show-depends "$name" \
			2>"$work/modprobe.log" ||
			die "$modules has no $name for $module_release: $(head -n 1 "$work/modprobe.log")"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/modules"
	while read -r file; do
		n=$((n + 1))
		name=${file##*/}
		unpacked "$file" >"$root/vmtest/modules/$n-${name%%.*}.ko" || die "cannot unpack $file"
	done <"$work/modules"
}

quote() {
	printf "'%s' " "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

put_busybox() {
	local busybox

	if [ -n "$foreign" ]; then
		[ "$machine" = aarch64 ] || die "a kernel for $machine needs a machine like that"
		busybox=$("$here/sysroot" arm64)/bin/busybox
	else
		busybox=$(command -v busybox) ||
			die "busybox is missing: install Debian's package busybox-static"
	fi
	is_static "$busybox" || die "$busybox is not static: install Debian's package busybox-static"
	mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,dev,proc,sys,tmp,root,etc,run,mnt/disk,mnt/out,vmtest}
	install "$busybox" "$root/bin/busybox"
	install "$here/init" "$root/init"
	ln -s busybox "$root/bin/sh"
	ln -s ../../bin/busybox "$root/usr/bin/env"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
}

# make_root: the root file system, or the directory that a system gets at /vmtest.
make_root() {
	local extra arg path

	root=$work/root
	if [ -n "$system" ]; then
		mkdir -p "$root/vmtest"
		install "$here/init" "$root/vmtest/init"
	else
		put_busybox
	fi
	[ -z "$modules" ] || put_modules
	[ -z "$program" ] || copy_in "$program"
	for extra in ${with[@]+"${with[@]}"}; do
		path=$extra
		[[ -f $extra && $extra == */* ]] || path=$(type -P -- "$extra") ||
			die "--with $extra: no such program or file"
		path=$(readlink -f "$path")
		copy_in "$path"
		[ -z "$system" ] || path=/vmtest/${path##*/}
		[ -e "$root/vmtest/${extra##*/}" ] || ln -sf "$path" "$root/vmtest/${extra##*/}"
	done
	[ -z "$system" ] || program=${program:+/vmtest/${program##*/}}
	{
		echo "export VMTEST_SLOW=$slow"
		quote "${program:-${command[0]}}"
		for arg in "${command[@]:1}"; do
			quote "$arg"
		done
		echo
	} >"$root/vmtest/command"
	[ -z "$system" ] || return 0
	(cd "$root" && find . -print0 | cpio --quiet -0 -o -H newc) | gzip -1 >"$work/initramfs"
}

# make_disk IMAGE MIB [DIR]: an ext4 image. No journal: the guest may end at any
# moment, and the image is checked before anything is read from it.
make_disk() {
	if ! mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 ${3:+-d "$3"} \
		"$1" "${2}M" >"$work/mke2fs.log" 2>&1; then
		die "cannot make a disk of $2 MiB: $(tail -n 1 "$work/mke2fs.log")"
	fi
}

# make_full_disk IMAGE DIR MIB: DIR's files, and so much free.
make_full_disk() {
	local used

	used=$(du -sm --apparent-size "$2" | cut -f 1)
	make_disk "$1" $((used + used / 16 + 16 + $3)) "$2"
}

make_disks() {
	[ -z "$system" ] || make_full_disk "$work/vmtest.img" "$root/vmtest" 0
	[ -z "$disk" ] || make_full_disk "$work/disk.img" "$disk" "$disk_size"
	if [ -n "$out" ]; then
		make_disk "$work/out.img" "$out_size"
	fi
}

fetch_out() {
	[ -n "$out" ] || return 0
	mkdir "$work/files"
	e2fsck -fy "$work/out.img" >"$work/e2fsck.log" 2>&1 || :
	debugfs -R "rdump / \"$work/files\"" "$work/out.img" >"$work/debugfs.log" 2>&1 || :
	# debugfs tells of errors, but not by its exit status.
	if grep -vE '^debugfs |changing ownership' "$work/debugfs.log" >&2; then
		die "cannot copy the guest's files out of its disk, see above"
	fi
	rm -rf "$work/files/lost+found"
	cp -a --no-preserve=ownership "$work/files/." "$out/" ||
		die "cannot copy the guest's files to $out"
}
