# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Functions that the tests of tests.d/ share, and the process of each test: 'check' runs
# this file with the command of a test, or without one for a list, which has a line
# "SUITES<tab>words<tab>COMMAND" for each test.
set -euo pipefail
shopt -s inherit_errexit

me=check
repo=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../../..")
vmtest=$repo/tools/testing/vmtest/vmtest
cd "$repo"
# shellcheck source=tools/testing/vmtest/lib.sh
. tools/testing/vmtest/lib.sh

# check_suite SUITE "words" FUNCTION [ARG...]: names a test.
check_suite() {
	local words

	printf -v words '%q ' "${@:3}"
	printf '%s\t%s\t%s\n' "$1" "$2" "$words"
}

check() {
	check_suite "default all" "$@"
}

# check_all: a test that only --all runs.
check_all() {
	check_suite all "$@"
}

# fact KEY=VALUE...: for the fact of a test, beside those that vmtest tells.
fact() {
	printf '%s\n' "$@" >>"$VMTEST_FACTS"
}

# skip WORDS: for use in a test.
skip() {
	echo "$*" >&2
	exit 4
}

# expect STATUS WORDS COMMAND...: the command ends with the status and says WORDS.
expect() {
	local status=$1 words=$2 rc=0 output

	shift 2
	output=$("$@" 2>&1 </dev/null) || rc=$?
	printf '%s\n' "$output"
	[ "$rc" -eq "$status" ] || {
		echo "expected status $status, got $rc, of: $*"
		return 1
	}
	case $output in
	*"$words"*) ;;
	*)
		echo "expected '$words' in the output above, of: $*"
		return 1
		;;
	esac
}

# one_sentence WORDS COMMAND...: bad input gives status 2 and one line, with WORDS.
one_sentence() {
	local lines

	expect 2 "$@"
	lines=$(shift && "$@" 2>&1 </dev/null | wc -l) || :
	[ "$lines" -eq 1 ] || {
		echo "expected one line, got $lines, of: $*"
		return 1
	}
}

# sentences COMMAND: it says so, by one_sentence, to each line "ARG...|WORDS" of
# standard input.
sentences() {
	local args words

	while IFS='|' read -r args words; do
		# shellcheck disable=SC2086
		one_sentence "$words" "$1" $args
	done
}

# with_dir FUNCTION...: give it a directory of its own, removed when the test ends.
with_dir() {
	test_dir=$(mktemp -d "${TMPDIR:-/tmp}/check.XXXXXX")
	trap 'rm -rf "$test_dir"' EXIT
	"$@" "$test_dir"
}

# source_tree BASE: where its source is; a base that cannot be had is a skip.
source_tree() {
	env -u KDIR "$vmtest" kernel --base "$1" --source | tail -n 1
}

# need_tree BASE: sets "tree", KDIR if it is of the base, or skips for the reason that
# vmtest has just given. A base without a source here is skipped by name; 6.12.y never is.
need_tree() {
	local rc=0

	tree=$(kdir_of "$1")
	[ -n "$tree" ] || tree=$(source_tree "$1") || rc=$?
	if [ "$rc" -eq 4 ] && [ "$1" != 6.12.y ]; then
		exit 4
	fi
	if [ "$rc" -eq 4 ]; then
		echo "the source of $1 cannot be had, and it must never be skipped" >&2
		return 1
	fi
	return "$rc"
}

# A test that runs needs the functions only, so for it no test of a base is named.
named_bases=
[ $# -gt 0 ] || named_bases=$(bases)
exec 3>&1
[ $# -eq 0 ] || exec 3>/dev/null
for file in tools/testing/check/tests.d/*.sh; do
	# shellcheck disable=SC1090
	. "$file" >&3
done
exec 3>&-
[ $# -gt 0 ] || exit 0
trap end_step EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# A process group of its own. In its shell set -e works, or tests would ignore errors;
# a signal waits there for the program that runs.
set -m
(
	trap 'exit 143' TERM
	eval "$1"
) &
step_pid=$!
set +m
wait "$step_pid"
