# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# The source of a base: the user's tree (KDIR), or the source package that the base
# names, through apt. Needs lib.sh, packages.sh, $repo, $base and $kdir.

# skip WORDS: the base cannot be had here.
skip() {
	note "SKIP: $base: $*"
	exit 4
}

fetch_package() {
	local package suite version deb

	package=$(base_fact "$base" source)
	suite=$(base_fact "$base" suite)
	[ -n "$package" ] || skip "no package has its source; KDIR=/path/to/tree builds from a tree"
	apt_of "$suite"
	find_version "$package"
	[ -n "$version" ] ||
		skip "the registry has no package $package${suite:+ in $suite}, or does not answer"
	source_id=${package}_$version
	source_dir=$cache/src/$source_id
	[ ! -d "$source_dir" ] || return 0

	need_space "$cache" 3000 "fetching $package"
	deb=$state/deb
	mkdir -p "$deb"
	step "fetching $package $version" "$cache/log/fetch.log" download "$deb" "$package=$version" ||
		exit 1
	step "extracting $package $version" "$cache/log/extract.log" extract "$deb" "$package" ||
		exit 1
}

# The source is a tar archive inside the package. It appears under its name
# only when it is whole.
extract() {
	local part=$source_dir.part

	rm -rf "$part" &&
		mkdir -p "$part" &&
		dpkg-deb --fsys-tarfile "$1"/*.deb | tar -x -C "$part" "./usr/src/$2.tar.xz" &&
		tar -x -C "$part" --strip-components=1 -f "$part/usr/src/$2.tar.xz" &&
		rm -rf "$part/usr/src" "${1:?}" &&
		mv "$part" "$source_dir"
}

# A user's tree is only read: the build uses a copy, without build products.
copy_kdir() {
	local part=$source_dir.part

	rm -rf "$part" && mkdir -p "$part" &&
		rsync -a --exclude=/.git --exclude=/build --exclude='*.o' \
			--exclude='*.ko' --exclude='*.cmd' --exclude=/.config \
			--exclude=/include/config --exclude=/include/generated \
			--exclude='/arch/*/include/generated' "$kdir/" "$part/" &&
		mv "$part" "$source_dir"
}

# Names, sizes and times of a tree's files tell whether the copy is still right.
kdir_state() {
	(cd "$kdir" && find . \( -name .git -o -path ./build \) -prune -o -type f \
		-printf '%P %s %T@\n') | sort | sha256sum | cut -c 1-12
}

# Does the tree belong to the base? Its own release says.
check_release() {
	local want have

	want=$(base_fact "$base" kernel)
	have=$(release_of "$1")
	[ "$have" = "$want" ] ||
		die "wrong base: patches/$base are for $want, and $1 is a $have tree"
}

use_kdir() {
	[ -f "$kdir/mm/vmscan.c" ] || die "KDIR=$kdir is no kernel tree"
	check_release "$kdir"
	need rsync rsync
	kdir=$(readlink -f "$kdir")
	source_id=$(make -s -C "$kdir" kernelversion)_$(kdir_state)
	source_dir=$cache/src/kdir_$source_id
	[ -d "$source_dir" ] || {
		need_space "$cache" 3000 "copying $kdir"
		step "copying $kdir" "$cache/log/copy.log" copy_kdir || exit 1
	}
}

# find_source: sets source_id and source_dir, a clean tree that no build writes to.
find_source() {
	mkdir -p "$cache/src" "$cache/log"
	exec 8>"$cache/src.lock"
	flock 8
	if [ -n "$kdir" ]; then
		use_kdir
	else
		fetch_package
		check_release "$source_dir"
	fi
	# Sources that were of no use for a month go, or the cache grows for ever.
	touch "$source_dir"
	find "$cache/src" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} +
	exec 8>&-
}
