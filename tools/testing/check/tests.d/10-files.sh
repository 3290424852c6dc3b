# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# The project's own files.

# Shell scripts by their first line.
scripts() {
	git grep -lE '^#!/bin/(ba)?sh' -- . ':!patches'
}

# Sourced files are checked along with their script; the tests are sourced by name.
shellcheck_clean() {
	scripts | xargs shellcheck -x -a -P "$repo"
	shellcheck -x tools/testing/check/lib.sh tools/testing/check/tests.d/*.sh
}

# Every source file says its licence; data and prose do not have to.
licences() {
	local f files bad=0

	files=$(git ls-files -- '*.[ch]' '*.sh' '*.rst' '*.py' '*/Makefile' Makefile ':!README.rst')
	files+=" $(git grep -l '^#!/' -- . ':!patches')"
	for f in $files; do
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0' || {
			echo "$f: no SPDX tag"
			bad=1
		}
	done
	return "$bad"
}

maintainers_parse() {
	local tree=$1/tree source

	mkdir -p "$tree"
	# get_maintainer.pl recognizes the top of a kernel tree by these.
	(cd "$tree" && touch COPYING CREDITS Kbuild Makefile README &&
		mkdir -p Documentation arch include drivers fs init ipc kernel lib scripts)
	{
		printf 'Maintainers List\n----------------\n\n'
		cat MAINTAINERS
	} >"$tree/MAINTAINERS"
	source=$(source_tree 6.12.y)
	cp "$source/scripts/get_maintainer.pl" "$tree/scripts/"
	cp --parents tools/testing/selftests/kswapd/Makefile "$tree/"
	expect 0 'KSWAPD FAILURES' env -C "$tree" perl scripts/get_maintainer.pl --no-git \
		--no-git-fallback --sections -f tools/testing/selftests/kswapd/Makefile
}

# Pages, results, cover letters and messages of patches, each by itself, and files of
# sources, taken together. proc.c is a copy of a file of the selftests; a changed comment
# in a configuration builds all kernels.
prose_is_plain() {
	local files

	scripts/check-prose README.rst Documentation/mm/*.rst Documentation/admin-guide/mm/*.rst \
		Documentation/tools/*/*.rst tools/testing/mglru/results tools/testing/bench/results
	scripts/check-prose patches/*/cover-letter patches/*/*/cover-letter patches/*/*.patch \
		patches/*/*/*.patch
	scripts/check-prose scripts/series scripts/stack scripts/stacklib/*.py \
		scripts/check-* scripts/series.d/* mm/tests/*.c
	for files in tools/mm tools/testing/selftests tools/testing/kswapd-report \
		tools/testing/bench tools/testing/vmtest \
		'tools/testing/demo tools/testing/mglru' \
		'Makefile .ci scripts/install-deps tools/testing/check/check tools/testing/check/*.py
		tools/testing/check/lib.sh
		tools/testing/check/guest-* tools/testing/check/page
		tools/testing/check/selftests tools/testing/check/tests.d/7*-[rp]*.sh'; do
		# shellcheck disable=SC2086
		git ls-files -- $files | grep -vE '\.(xz|json|txt|svg|png)$|/proc\.c$|/results$|vmtest/config' |
			xargs scripts/check-prose --together
	done
}

check "shell scripts are shellcheck clean" shellcheck_clean
check "every source file says its licence" licences
check "get_maintainer.pl reads MAINTAINERS" with_dir maintainers_parse
check "prose: pages, results, patches, comments and messages keep to the kernel's rates" \
	prose_is_plain
check "prose: the lint's own tests" python3 scripts/test_check_prose.py
