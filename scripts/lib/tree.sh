# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernel tree of the user: what it is, and in which state.

TREE=
TREE_VERSION=

OUR_NAME=pgdat_try_reset_kswapd_failures
# shellcheck disable=SC2034 # read in base.sh
UPSTREAM_NAMES='kswapd_try_clear_hopeless|kswapd_clear_hopeless'

need_tree() {
	[ -d "$1" ] || die "there is no directory $1"
	TREE=$(cd "$1" && pwd -P) || die "cannot enter $1"
	{ [ -f "$TREE/Makefile" ] && [ -f "$TREE/mm/vmscan.c" ]; } ||
		die "$1 is not a kernel tree: it has no Makefile or no mm/vmscan.c"
	TREE_VERSION=$(release_of "$TREE")
	[[ $TREE_VERSION =~ ^[0-9]+\.[0-9]+$ ]] ||
		die "$1 is not a kernel tree: its Makefile has no VERSION and PATCHLEVEL"
}

tree_has() {
	grep -Eqw "$1" "$TREE/mm/vmscan.c"
}

# Errors of git's own, such as a directory of another owner, are worth reading.
need_git_tree() {
	local top error

	if ! top=$(git -C "$TREE" rev-parse --show-toplevel 2>"$SCRATCH/error"); then
		error=$(sed -n '1s/^fatal: //p' "$SCRATCH/error")
		die "$TREE is not a git work tree ($error)"
	fi
	[ "$(cd "$top" && pwd -P)" = "$TREE" ] ||
		die "$TREE is not a git repository of its own, but a part of $top"
	git -C "$TREE" rev-parse --verify -q HEAD >/dev/null ||
		die "$TREE has no commit yet"
	need_nothing_under_way
	[ -z "$(tree_status)" ] ||
		die "$TREE has uncommitted changes; commit or stash them first"
	need_committer
}

need_nothing_under_way() {
	local what path

	for what in rebase-apply rebase-merge MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD BISECT_START; do
		path=$(git -C "$TREE" rev-parse --git-path "$what")
		[[ $path == /* ]] || path=$TREE/$path
		[ ! -e "$path" ] ||
			die "$TREE is in the middle of something ($what); finish or abort that first"
	done
}

# Files that git does not know are the user's business, and may be many.
tree_status() {
	git -C "$TREE" status --porcelain --untracked-files=no
}

# git would make up an address from the name of the machine.
need_committer() {
	git -C "$TREE" -c user.useConfigOnly=true var GIT_COMMITTER_IDENT >/dev/null 2>&1 ||
		die "git has no identity to commit with; run git config --global user.name 'Your Name'" \
			"and git config --global user.email you@example.org"
}
