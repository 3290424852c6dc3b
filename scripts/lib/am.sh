# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Puts the set on the user's tree, or says why not.

BASE=
HOW=
CANDIDATES=()
# `am` is content with a tree that has the change, `write` cannot work with it.
OTHER_FORM_STATUS=2

# Says why a base does not fit, with the status of the kind of reason. With a
# base that was given, and another one made for just this version, the choice is
# the mistake; otherwise the place of the conflict helps most.
# Usage: refuse BASE given|exact|guess
refuse() {
	local base=$1 how=$2 nearest

	nearest=$(nearest_base "$TREE_VERSION")
	if [ "$THERE" -gt 0 ]; then
		outcome 4 "the first $THERE of $(all_names "$base" | wc -l) patches of $base" \
			"are there already, then $(conflict_sentence)"
	fi
	if tree_has "$OUR_NAME"; then
		outcome "$OTHER_FORM_STATUS" "already there: $TREE has $OUR_NAME(), though not as patches/$base adds it"
	fi
	refuse_upstream_form "$base" "$how"
	if [ "$how" = guess ]; then
		outcome 5 "wrong base: no base here is for $TREE, a $TREE_VERSION tree;" \
			"the nearest is patches/$nearest, which does not apply"
	fi
	if [ -n "$nearest" ] && [ "$nearest" != "$base" ] &&
		[ "$(base_value "$base" kernel)" != "$TREE_VERSION" ]; then
		outcome 5 "wrong base: patches/$base does not apply to $TREE," \
			"a $TREE_VERSION tree; the nearest is patches/$nearest"
	fi
	outcome 4 "$(conflict_sentence)"
}

# Usage: refuse_upstream_form BASE given|exact|guess
refuse_upstream_form() {
	local base

	tree_has "$UPSTREAM_NAMES" || return 0
	if [ "$2" != guess ] && [ -n "$1" ] && base_knows_upstream "$1"; then
		return 0
	fi
	for base in $(filled_bases); do
		if base_knows_upstream "$base"; then
			outcome 3 "upstream's form of the gate is merged in $TREE already;" \
				"patches/$base is for such trees"
		fi
	done
	outcome 3 "upstream's form of the gate is merged in $TREE already;" \
		"no base here is for it yet"
}

# Leaves BASE built in the scratch repository if it applies or is there already;
# does not return otherwise. Usage: choose_base WITH-GROUPS
choose_base() {
	local first='' tried=0

	candidates
	for BASE in "${CANDIDATES[@]}"; do
		build_set "$BASE" "$1" yes
		[ "$CONFLICT" = yes ] || return 0
		first=${first:-$BASE}
		tried=$((tried + 1))
	done
	# No base is for this form of the tree, so the name does not matter.
	[ -n "$first" ] || refuse_upstream_form '' guess
	[ "$tried" -eq 1 ] || build_set "$first" "$1" yes
	refuse "$first" "$HOW"
}

# The base that was given, or that of the tree's version, or else all of them,
# the nearest first, for a development tree. A base for other trees is not tried
# on one that has upstream's form: if it happened to apply, the tree would
# have two gates.
candidates() {
	local base list

	HOW=given
	list=$OPT_base
	if [ -z "$list" ]; then
		HOW=exact
		list=$(base_of_version "$TREE_VERSION")
	fi
	keep_fitting "$list"
	if [ -z "$OPT_base" ] && [ ${#CANDIDATES[@]} -eq 0 ]; then
		HOW=guess
		base=$(nearest_base "$TREE_VERSION")
		[ -n "$base" ] || die "no base in $PATCHES names its kernel"
		keep_fitting "$base $(filled_bases | grep -vxF -- "$base" | paste -sd ' ')"
	fi
}

keep_fitting() {
	local base

	CANDIDATES=()
	for base in $1; do
		if ! tree_has "$UPSTREAM_NAMES" || base_knows_upstream "$base"; then
			CANDIDATES+=("$base")
		fi
	done
}

base_of_version() {
	local base

	for base in $(filled_bases); do
		if [ "$(base_value "$base" kernel)" = "$1" ]; then
			printf '%s\n' "$base"
			return
		fi
	done
}

# Removes the state that git leaves after a patch that does not apply, or a signal.
restore_tree() {
	[ "$AM_RUNNING" = yes ] || return 0
	AM_RUNNING=no
	git -C "$TREE" am --abort >/dev/null 2>&1 || true
	if [ "$(git -C "$TREE" rev-parse HEAD)" != "$AM_HEAD" ]; then
		git -C "$TREE" reset -q --keep "$AM_HEAD" || true
	fi
	[ "$(git -C "$TREE" rev-parse HEAD)" = "$AM_HEAD" ] && [ -z "$(tree_status)" ] ||
		printf 'series: %s is not as it was: its commit was %s\n' "$TREE" "$AM_HEAD" >&2
}

AM_RUNNING=no
AM_HEAD=

apply_to_tree() {
	local reason

	AM_HEAD=$(git -C "$TREE" rev-parse HEAD)
	AM_RUNNING=yes
	UNDO+=(restore_tree)
	# The user's settings must not loosen the match or change the commits.
	if ! git -C "$TREE" -c am.threeWay=false -c am.keepcr=false -c apply.whitespace=nowarn \
		-c apply.ignoreWhitespace=no -c mailinfo.scissors=false -c am.messageid=false \
		-c gc.auto=0 am -q "$SCRATCH/out"/*.patch </dev/null >"$SCRATCH/am" 2>&1; then
		reason=$(sed -n -e 's/^error: //p' -e 's/^fatal: //p' "$SCRATCH/am" | sed -n 1p)
		restore_tree
		outcome 4 "git am failed in $TREE, which is as it was: ${reason:-$(sed -n 1p "$SCRATCH/am")}"
	fi
	AM_RUNNING=no
}

cmd_am() {
	local groups=yes there

	options 'base= tree= kernel-only' "$@"
	need_options tree
	[ -z "$OPT_base" ] || need_patches "$OPT_base"
	need_tree "$OPT_tree"
	need_git_tree
	if [ -n "$OPT_kernel_only" ]; then
		groups=no
	else
		need_groups
	fi
	OTHER_FORM_STATUS=0
	choose_base "$groups"
	there=$((TOTAL - NEW))
	[ "$NEW" -gt 0 ] ||
		outcome 0 "already there: all $TOTAL patches of $BASE are in $TREE"
	scratch_git format-patch -q --no-signature -o "$SCRATCH/out" start..series
	apply_to_tree
	[ "$there" -eq 0 ] ||
		outcome 0 "applied $NEW patches of $BASE to $TREE, $there of $TOTAL were there already"
	outcome 0 "applied $NEW patches of $BASE to $TREE"
}
