# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# Debian packages of a patched kernel, for vmtest kernel --deb: their configuration,
# version and names. Needs lib.sh, packages.sh, source.sh and the variables of that script.

# deb_version SOURCE_ID: above the version of the source, and below all that can follow
# it: a rebuild (+b1), a security update (+deb12u1), the next revision, the next release.
deb_version() {
	local stock

	case $1 in
	linux-source-*_*) stock=${1#*_} ;;
	*)
		# A user's tree: below each package of that release.
		stock=${1%%_*}
		stock=${stock/-rc/~rc}-0
		;;
	esac
	echo "$stock+0kswapd1"
}

check_deb() {
	[ ${#queue[@]} -gt 0 ] || die "--deb packs a patched kernel: --patches 0 leaves nothing to do"
	[ -z "$check" ] || die "--deb and --check exclude each other"
	[ ${#fragments[@]} -eq 0 ] || die "--deb names the whole configuration: --config is not for it"
	[ "$arch" = "$(uname -m | sed s/aarch64/arm64/)" ] ||
		die "--deb builds for this machine, not for $arch"
	case $deb in
	guest) fragments=("$here/configs/system") ;;
	running)
		deb_config=/boot/config-$(uname -r)
		[ -r "$deb_config" ] || deb_config=/proc/config.gz
		[ -r "$deb_config" ] ||
			die "this machine has no configuration of its kernel, neither /boot/config-$(uname -r) nor /proc/config.gz: name a file"
		check_deb_config
		;;
	debian)
		case $(base_fact "$base" source) in
		linux-source-*) ;;
		*) die "no package of Debian has the configuration of $base: name a file" ;;
		esac
		;;
	*)
		deb_config=$deb
		[ -f "$deb_config" ] ||
			die "--deb takes running, debian, guest or a file with a kernel's configuration, not '$deb'"
		check_deb_config
		;;
	esac
	need dpkg-buildpackage dpkg-dev 'scripts/install-deps deb'
	need dh_builddeb debhelper 'scripts/install-deps deb'
	need python3 python3
}

# print_config: as it is, packed or not.
print_config() {
	case $deb_config in
	*.gz) zcat "$deb_config" ;;
	*.xz) xzcat "$deb_config" ;;
	*) cat "$deb_config" ;;
	esac
}

check_deb_config() {
	local option=CONFIG_${arch^^}=y

	# All of it is read, or zcat would complain of a closed pipe.
	print_config 2>/dev/null | grep -x "$option" >/dev/null ||
		die "$deb_config is no configuration of a whole $arch kernel: it has no line $option"
	print_config | grep -x CONFIG_DEBUG_INFO_BTF=y >/dev/null || return 0
	# Else the kernel would be built without its types, and nothing would say so.
	need pahole dwarves 'scripts/install-deps deb'
}

# fetch_config: Debian's own configuration of the kernel that the source is of.
fetch_config() {
	local package suite version dir machine=amd64

	[ "$arch" = x86_64 ] || machine=$arch
	package=$(base_fact "$base" source)
	package=linux-config-${package#linux-source-}
	suite=$(base_fact "$base" suite)
	version=${source_id#*_}
	apt_of "$suite"
	dir=$cache/package/${package}_$version
	[ -d "$dir" ] || fetch_packages "$dir" true "$package=$version"
	deb_config=$dir/usr/src/$package/config.${machine}_none_$machine.xz
	[ -e "$deb_config" ] || die "$package $version has no file ${deb_config##*/}"
	check_deb_config
}

# start_deb: when the source is known; sets deb_version and deb_suffix.
start_deb() {
	[ "$deb" != debian ] || fetch_config
	[ "$deb" = guest ] || need_space "$cache" 25000 "packing a kernel"
	deb_version=$(deb_version "$source_id")
	deb_suffix=-kswapd-$(series_hash)
}

# name_kernel: its release. The keys that a distributor builds in are not in its source.
name_kernel() {
	local config=$tree/scripts/config

	"$config" --file "$tree/build/.config" --set-str LOCALVERSION "$deb_suffix" \
		--disable LOCALVERSION_AUTO --set-str SYSTEM_TRUSTED_KEYS '' \
		--set-str SYSTEM_REVOCATION_KEYS ''
}

# make_deb: Kbuild's own packages. linux-libc-dev is left to the distributor.
make_deb() {
	export KDEB_PKGVERSION=$deb_version KDEB_CHANGELOG_DIST=unstable
	export DEBFULLNAME="${DEBFULLNAME:-kswapd-failures project}"
	export DEBEMAIL="${DEBEMAIL:-kswapd-failures@project.invalid}"
	kmake LOCALVERSION= bindeb-pkg &&
		rm -f "$tree"/linux-libc-dev_*.deb && mv "$tree"/linux-*.deb "$dir.part/"
}
