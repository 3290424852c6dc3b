# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Debian packages of a patched kernel.

deb_bad_input() {
	local deb=("$vmtest" kernel --base 6.12.y)

	one_sentence "--deb takes running, debian, guest or a file" "${deb[@]}" --deb /nowhere
	one_sentence "is no configuration of a whole" "${deb[@]}" --deb Makefile
	one_sentence "--patches 0 leaves nothing" "${deb[@]}" --deb guest --patches 0
	one_sentence "exclude each other" "${deb[@]}" --deb guest --check
	one_sentence "--config is not for it" "${deb[@]}" --deb guest --config Makefile
	one_sentence "--headers is for an image" "${deb[@]}" --deb guest --headers
	one_sentence "no package of Debian has" "$vmtest" kernel --base mm-new --deb debian
	expect 2 "CONFIG is needed" make deb BASE=6.12.y CONFIG=
}

# follows VERSION SOURCE_ID: the version of the packages is below that one.
follows() {
	local version

	version=$(deb_version "$2")
	dpkg --compare-versions "$version" lt "$1" || {
		echo "$version is not below $1"
		return 1
	}
}

# A package is above the one that it is made from, and below all that can follow it.
deb_versions_sort() {
	local stock next

	command -v dpkg >/dev/null || skip "no dpkg here"
	# shellcheck disable=SC1091 # is checked with its script
	. tools/testing/vmtest/deb.sh
	while read -r stock next; do
		dpkg --compare-versions "$(deb_version "linux-source-1_$stock")" gt "$stock"
		for next in $next; do
			follows "$next" "linux-source-1_$stock"
		done
	done <<-'END'
	6.12.117-1 6.12.117-1+b1 6.12.117-1.1 6.12.117-1+deb12u1 6.12.117-2 6.12.118-1~deb12u1
	6.12.117-1~deb12u1 6.12.117-1~deb12u1+b1 6.12.117-1~deb12u2 6.12.117-1 6.12.118-1~deb12u1
	6.1.192-2 6.1.192-2+b1 6.1.192-2+deb12u1 6.1.192-3 6.1.193-1
	7.3.4-1~bpo13+1 7.3.4-1~bpo13+2 7.3.4-1 7.3.5-1~bpo13+1
	END
	# Of a user's tree: above the release before, below each package of the same one.
	dpkg --compare-versions "$(deb_version 6.18.35_0e44f692c51f)" gt 6.18.34-3
	follows 6.18.35-1~exp1 6.18.35_0e44f692c51f
	follows 6.20.0-0 6.20.0-rc3_0e44f692c51f
}

# The packages of a guest's kernel have that version, and a kernel that boots and has
# the hash of the series in its release.
deb_boots() {
	local dir=$1 package release version

	scripts/install-deps deb
	make --no-print-directory deb BASE=6.12.y CONFIG=guest
	package=$(echo build/deb/6.12.y/linux-image-*.deb)
	version=$(dpkg-deb -f "$package" Version)
	release=$(dpkg-deb -f "$package" Package)
	release=${release#linux-image-}
	case $version in
	6.12.*+0kswapd1) ;;
	*) echo "version $version" && return 1 ;;
	esac
	PYTHONPATH=tools/testing/bench python3 -c 'import arms; print(arms.series_of("6.12.y"))' |
		grep -x "${release##*-}"
	dpkg-deb -x "$package" "$dir"
	# The boot loader takes the last of them.
	printf '%s\n' "$release" "${release%%-*}+deb12-amd64" | sort -V | tail -n 1 | grep -x "$release"
	expect 0 "$release" "$vmtest" run --kernel "$dir/boot/vmlinuz-$release" --timeout 120 -- \
		uname -r
}

# Debian's installer takes the package, and its kernel boots a system with its own
# initramfs. The core selftests pass there, and Debian's trace-cmd reads an event of the
# series, of a program that Debian's numactl starts.
deb_system() {
	local system

	scripts/install-deps deb
	scripts/install-deps userland
	make --no-print-directory deb BASE=6.12.y CONFIG=guest
	system=$("$vmtest" system build/deb/6.12.y/linux-image-*.deb)
	fact scale=600
	tools/testing/check/selftests --core --system "$system" --out build/selftests/system
	# shellcheck disable=SC2016 # the guest expands it
	expect 0 "is traced" "$vmtest" run --system "$system" --timeout 600 --memory 800M \
		--with "$(built)" -- sh -ec '
		trace-cmd record -q -o /tmp/trace.dat -e mm_vmscan_kswapd_reclaim_fail \
			numactl --cpunodebind=0 kswapd_pressure hopeless --node 1 --seconds 6
		trace-cmd report -i /tmp/trace.dat | grep -m 3 mm_vmscan_kswapd_reclaim_fail
		echo is traced'
}

# Debian's tools apply the queue without fuzz, and what it gives is what git makes of the
# patches. Each patch has the headers of DEP-3.
queue_applies() {
	local base=$1 dir=$2 name field

	need_tree "$base"
	command -v patch >/dev/null || skip "no patch here"
	scripts/series quilt --base "$base" --out "$dir/queue"
	mkdir "$dir/a" "$dir/b"
	(cd "$tree" && cp -r --parents -t "$dir/a" mm include/linux include/trace Documentation/mm)
	cp -r "$dir/a/." "$dir/b/"
	while read -r name; do
		for field in From Subject Origin Forwarded Last-Update; do
			sed '/^$/q' "$dir/queue/$name" | grep "^$field: ." >/dev/null || {
				echo "$name has no $field:"
				return 1
			}
		done
		patch -d "$dir/a" -p1 -F0 --no-backup-if-mismatch <"$dir/queue/$name"
		GIT_CEILING_DIRECTORIES=$dir git -C "$dir/b" apply "$repo/patches/$base/${name#*/}"
	done <"$dir/queue/series"
	# All of them are in it, in their order.
	diff <(scripts/series list "$base/fixes" && scripts/series list "$base") \
		<(sed "s|^[^/]*|$repo/patches/$base|" "$dir/queue/series")
	diff -r "$dir/a" "$dir/b"
}

# debian_source DIR PACKAGE: in DIR/source, the newest source of that package that the
# machine's mirrors still have: they drop one before their lists do.
debian_source() {
	local dir=$1 package=$2 version label part address suite

	# shellcheck disable=SC1091 # is checked with its script
	. tools/testing/vmtest/packages.sh
	source_tree 6.12.y # for current lists of the machine's mirrors
	apt_words '' ''
	# shellcheck disable=SC2016 # apt expands it
	apt-get "${apt[@]}" indextargets --format '$(LABEL) $(COMPONENT) $(REPO_URI) $(CODENAME)' \
		'Created-By: Packages' | while read -r label part address suite; do
		case $label/$part in
		Debian*/main) source_entry deb-src "$address" "$suite" ;;
		esac
	done >"$dir/suite.sources"
	[ -s "$dir/suite.sources" ] || skip "apt has no mirror of Debian set up"
	apt_words source ''
	cp "$dir/suite.sources" "$state"
	apt-get "${apt[@]}" update
	for version in $(apt-cache "${apt[@]}" showsrc "$package" | sed -n 's/^Version: //p' | sort -ruV); do
		rm -rf "$dir"/linux*
		(cd "$dir" && apt-get "${apt[@]}" source "$package=$version") || continue
		mv "$dir"/linux*/ "$dir/source"
		return
	done
	skip "the registry has no source of $package, or does not answer"
}

# Debian's own script takes the queue: all patches apply without fuzz. Its last step builds
# for hours; in place of it, mm/ is compiled in the configuration that it has set up.
test_patches() {
	local dir=$1 flavour=cloud-amd64 patches

	[ "$(dpkg --print-architecture)" = amd64 ] || skip "this machine is no amd64"
	need_space "$dir" 9000 "building in Debian's source"
	scripts/install-deps source
	debian_source "$dir" linux-source-6.12
	scripts/series quilt --base 6.12.y --out "$dir/queue"
	mkdir "$dir/bin"
	ln -s /bin/true "$dir/bin/dpkg-buildpackage"
	mapfile -t patches < <(sed "s|^|$dir/queue/|" "$dir/queue/series")
	cd "$dir/source" || return
	PATH=$dir/bin:$PATH debian/bin/test-patches -f "$flavour" "${patches[@]}"
	make -s -f debian/rules.gen "setup_amd64_none_$flavour"
	make -s -C "debian/build/build_amd64_none_$flavour" "-j$(nproc)" mm/
	nm "debian/build/build_amd64_none_$flavour/mm/built-in.a" | grep -w pgdat_try_reset_kswapd_failures
}

queue_bad_input() {
	one_sentence "unknown base '2.4'" scripts/series quilt --base 2.4 --out "$1/queue"
	one_sentence "required: --out" scripts/series quilt --base 6.12.y
	one_sentence "no earlier queue" scripts/series quilt --base 6.12.y --out scripts
	one_sentence "cannot write" scripts/series quilt --base 6.12.y --out /proc/queue
	[ ! -e "$1/queue" ]
	mkdir "$1/mine"
	echo fix.patch >"$1/mine/series"
	one_sentence "no earlier queue" scripts/series quilt --base 6.12.y --out "$1/mine"
	for _ in 1 2; do
		scripts/series quilt --base 6.12.y --out "$1/queue"
	done
	touch "$1/queue/kswapd-failures/notes"
	one_sentence "no earlier queue" scripts/series quilt --base 6.12.y --out "$1/queue"
	expect 2 "FORMAT is quilt" make series BASE=6.12.y FORMAT=rpm
}

check "make deb: bad input" deb_bad_input
check "make deb: the version is above the source's and below the next" deb_versions_sort
check_all "make deb: a guest's kernel as a package, which boots" with_dir deb_boots
check_all "make deb: its kernel boots a Debian system and passes the selftests" deb_system
check "quilt queue: bad input" with_dir queue_bad_input
check_all "quilt queue: Debian's test-patches takes it, and mm/ compiles" with_dir test_patches
for base in $named_bases; do
	check "$base: the quilt queue applies without fuzz" with_dir queue_applies "$base"
done
