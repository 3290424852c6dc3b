# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Reads patches/BASE: the facts, and the list of patches.

# The order is that of the names, mm-new first: it is what the others follow.
bases() {
	local dir

	for dir in "$PATCHES/mm-new" "$PATCHES"/*; do
		if [ -f "$dir/base" ]; then
			basename "$dir"
		fi
	done | awk '!seen[$0]++'
}

# Those that have patches already.
filled_bases() {
	local base

	for base in $(bases); do
		[ -z "$(patch_names "$base")" ] || printf '%s\n' "$base"
	done
}

# The series for MGLRU and the bug fixes of a base are sets of their own, BASE/mglru
# and BASE/fixes; the base has the facts.
base_of() {
	local base=${1%/mglru}

	printf '%s\n' "${base%/fixes}"
}

need_base() {
	local base=$1 name of

	of=$(base_of "$1")
	{ [[ $of =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] && [ -f "$PATCHES/$of/base" ]; } ||
		die "unknown base '$base'; expected one of: $(bases | paste -sd ' ')"
	[ -f "$PATCHES/$base/series" ] || die "patches/$base has no file 'series'"
	while read -r name; do
		[[ $name =~ ^[0-9]{4}-[A-Za-z0-9._-]+\.patch$ ]] ||
			die "patches/$base/series: invalid patch name '$name'"
		[ -f "$PATCHES/$base/$name" ] ||
			die "patches/$base/series lists $name, which is not there"
	done < <(patch_names "$base")
}

need_patches() {
	need_base "$1"
	[ -n "$(patch_names "$1")" ] || die "patches/$1 has no patches yet"
}

# The patches that a set goes on top of, as names below patches/SET: the fixes of a
# base, for its series.
fix_names() {
	[ ! -f "$PATCHES/$1/fixes/series" ] || patch_names "$1/fixes" | sed 's|^|fixes/|'
}

all_names() {
	fix_names "$1"
	patch_names "$1"
}

patch_names() {
	sed -e 's/[[:space:]]*$//' -e '/^#/d' -e '/^$/d' "$PATCHES/$1/series"
}

# All values of a key, one a line, as they stand.
base_values() {
	KEY=$2 awk '
		index($0, ENVIRON["KEY"] ":") == 1 {
			sub(/^[^:]*:[ \t]*/, "")
			print
		}' "$PATCHES/$1/base"
}

base_value() {
	base_values "$1" "$2" | sed -n '1s/[[:space:]]*$//p'
}

# A base made for trees with upstream's form of the gate has that form's names
# among the lines that it finds there.
base_knows_upstream() {
	local name

	while read -r name; do
		if grep -Eq "^[- ].*($UPSTREAM_NAMES)" "$PATCHES/$1/$name"; then
			return 0
		fi
	done < <(all_names "$1")
	return 1
}

# 6.12 -> 132: the first number goes up after .19, so that distances make sense
# across it.
version_rank() {
	local major=${1%%.*} minor=${1#*.}

	printf '%s\n' $((major * 20 + ${minor%%.*}))
}

# The base whose kernel is next to the given version.
nearest_base() {
	local base kernel rank distance best='' best_distance=

	rank=$(version_rank "$1")
	for base in $(filled_bases); do
		kernel=$(base_value "$base" kernel)
		[[ $kernel =~ ^[0-9]+\.[0-9]+ ]] || continue
		distance=$(($(version_rank "$kernel") - rank))
		distance=${distance#-}
		if [ -z "$best" ] || [ "$distance" -lt "$best_distance" ]; then
			best=$base
			best_distance=$distance
		fi
	done
	printf '%s\n' "$best"
}

cmd_list() {
	case ${1:-} in
	'') bases ;;
	-h | --help) help ;;
	*)
		[ $# -eq 1 ] || die "list takes one base"
		need_base "$1"
		patch_names "$1" | sed "s|^|$PATCHES/$1/|"
		;;
	esac
}
