# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The patches of every base, and the tool that writes and applies them.

# Those of patches/BASE/fixes, which apply to the tree as it is, and those on top.
patches_are_good() {
	need_tree "$1"
	scripts/series check --base "$1/fixes" --tree "$tree"
	scripts/series check --base "$1" --tree "$tree"
}

# patched_copy DIR PATCH...: those files of the tree that the patches change, with them.
patched_copy() {
	local dir=$1 patch

	shift
	mkdir "$dir"
	sed -n 's|^--- a/||p' "$@" | sort -u | (cd "$tree" && xargs cp --parents -t "$dir")
	for patch; do
		GIT_CEILING_DIRECTORIES=${dir%/*} git -C "$dir" apply "$patch"
	done
}

# edit_applies DIR PATCH: to such a copy, which takes further files from the tree.
edit_applies() {
	local file

	while read -r file; do
		[ -e "$1/$file" ] || (cd "$tree" && cp --parents "$file" "$1")
	done < <(sed -n 's|^--- a/||p' "$2")
	GIT_CEILING_DIRECTORIES=${1%/*} git -C "$1" apply --check "$2" || {
		echo "$2 does not apply: make its change again in the sources with the series"
		return 1
	}
}

# The balance check alone applies without the fixes that it does not need.
gate_stands_alone() {
	local base=$1 dir=$2

	need_tree "$base"
	# shellcheck disable=SC2046 # names without spaces
	patched_copy "$dir/tree" $(scripts/series list "$base/fixes" | head -n "$(gate_fixes "$base")") \
		$(scripts/series list "$base" | head -n "$(base_fact "$base" gate)")
}

# Without a compiler and QEMU, write and list patches: both work.
without_compiler() {
	local bin=$1/bin

	mkdir "$bin"
	ln -s /usr/bin/* "$bin/"
	rm -f "$bin"/{bc,bison,cc,ccache,flex,gcc,ld,sparse,trace-cmd,qemu-system-*,*-gcc*,clang*}
	expect 0 "" env -u KDIR PATH="$bin" make -s series BASE=6.12.y
	expect 0 "6.12.y: series" env -u KDIR PATH="$bin" make -s status BASE=6.12.y
}

# tree_parts DIR BASE PATH...: a repository with those files of the tree that the set of the
# base touches, and PATHs.
tree_parts() {
	local dir=$1 base=$2

	mkdir "$dir"
	(cd "$tree" && cp -a --parents Makefile MAINTAINERS mm include/linux include/trace \
		Documentation/mm Documentation/admin-guide/mm Documentation/tools/index.rst \
		tools/testing/selftests/Makefile "${@:3}" "$dir/")
	! brings "$base" 30-kswapd-report || (cd "$tree" && cp --parents tools/mm/Makefile "$dir/")
	export GIT_CONFIG_GLOBAL=/dev/null
	git -C "$dir" init -q -b main
	git -C "$dir" config user.name t
	git -C "$dir" config user.email t@example.invalid
	git -C "$dir" add -A -f
	git -C "$dir" commit -qm base
}

# At no commit of the applied set does the entry name what comes only later.
entries_hold() {
	local commit file nothing

	nothing=$(git hash-object -t tree /dev/null)
	for commit in $(git rev-list main); do
		git show "$commit:MAINTAINERS" | sed -n '/^KSWAPD FAILURES$/,/^$/s/^F:\t//p' >.git/entry
		while read -r file; do
			git diff --name-only "$nothing" "$commit" -- "$file" | grep -q . || {
				git log --oneline -1 "$commit"
				echo "its MAINTAINERS has $file, which is not there yet"
				return 1
			}
		done <.git/entry
	done
}

# The written set, applied to a copy of the files, is the series and the new
# files; no patch leaves a rejected hunk behind.
set_is_whole() {
	local base=$1 dir=$2 page

	need_tree "$base"
	scripts/series write --base "$base" --tree "$tree" --out "$dir/set"
	tree_parts "$dir/tree" "$base"
	cd "$dir/tree" || return 1
	rm "$dir"/set/0000-*
	# shellcheck disable=SC2046 # names without spaces
	git am -q $("$repo/scripts/series" list "$base/fixes") "$dir"/set/*.patch
	grep -qE '(pgdat_try_reset_kswapd_failures|kswapd_try_clear_hopeless)' mm/vmscan.c
	cmp "$repo/tools/testing/selftests/kswapd/Makefile" tools/testing/selftests/kswapd/Makefile
	if brings "$base" 20-documentation; then
		for page in Documentation/{mm,admin-guide/mm}/kswapd_failures.rst; do
			cmp "$repo/$page" "$page"
		done
	fi
	if brings "$base" 05-kunit; then
		tail -n 2 mm/vmscan.c | grep -qx '#include "tests/kswapd_failures_kunit.c"'
		grep -qx 'config KSWAPD_FAILURES_KUNIT_TEST' mm/Kconfig.debug
	fi
	grep -qx 'TARGETS += kswapd' tools/testing/selftests/Makefile
	! brings "$base" 30-kswapd-report ||
		grep -qx '   kswapd-report/index' Documentation/tools/index.rst
	grep -q '^KSWAPD FAILURES$' MAINTAINERS
	entries_hold
}

# A change of one constant, made in mm-new's stack if its tree is at hand and else in the
# text of its patches, reaches every base with a source, and changes only patches.
constant_carries_over() {
	local dir=$1 base kdir change='s|(KSWAPD_BACKOFF_SHARE\t)128|\164|'

	git clone -q "$repo" "$dir/clone"
	cp -r "$repo/patches" "$repo/scripts" "$dir/clone/"
	cd "$dir/clone" || return 1
	git add -A
	git -c user.name=t -c user.email=t@example.invalid commit -q --allow-empty -m as-it-is
	kdir=$(kdir_of mm-new)
	if [ -n "$kdir" ]; then
		scripts/stack edit --base mm-new
		sed -i -E "$change" build/edit/mm-new/mm/vmscan.c
		git -C build/edit/mm-new commit -q -a --fixup \
			"$(git -C build/edit/mm-new log --format=%H -1 -S'define KSWAPD_BACKOFF_SHARE')"
		GIT_SEQUENCE_EDITOR=true git -C build/edit/mm-new rebase -q -i --autosquash base
		scripts/stack refresh --base mm-new
	else
		sed -i -E "$change" patches/mm-new/0*.patch
	fi
	for base in $(bases); do
		[ "$base" != mm-new ] || continue
		(need_tree "$base") || { [ $? -eq 4 ] && continue; return 1; }
		scripts/stack port --base "$base"
		scripts/stack check --base "$base"
		git diff -U0 "patches/$base" | grep '^++#define KSWAPD_BACKOFF_SHARE.*64$'
	done
	! git status --porcelain | grep -v '^ M patches/'
}

# Byte for byte.
patches_are_products() {
	need_tree "$1"
	scripts/stack check --base "$1"
}

docs_build() {
	need_tree "$1"
	scripts/check-docs "$1"
}

check "the series tool's own tests" python3 scripts/test_series.py
check "the stack tool's own tests" python3 scripts/test_stack.py
check "patches are written, and looked at, without a compiler" with_dir without_compiler
check "a constant of the policy carries over to all bases" with_dir constant_carries_over
for base in $named_bases; do
	check "$base: the patches are what the stack gives" patches_are_products "$base"
	check "$base: every patch applies without fuzz and is checkpatch clean" patches_are_good "$base"
	check "$base: the mail-ready set is whole" with_dir set_is_whole "$base"
	[ -z "$(base_fact "$base" gate)" ] ||
		check "$base: the balance check applies without the fixes" with_dir gate_stands_alone "$base"
	! brings "$base" 20-documentation ||
		check_all "$base: the documentation builds without a warning" docs_build "$base"
done
