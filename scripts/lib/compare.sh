# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Holds the bases together.

COMPARE_STATUS=0

complain() {
	COMPARE_STATUS=1
	printf '%s\n' "$*"
}

# The list and the directory agree, and the names are those that git would give.
compare_list() {
	local base=$1 name n=0 path

	[ "$(base_value "$base" name)" = "$base" ] ||
		complain "patches/$base/base: name: is not $base"
	while read -r name; do
		n=$((n + 1))
		[[ $name == "$(printf %04d "$n")-"* ]] ||
			complain "patches/$base/series: $name is number $n"
	done < <(patch_names "$base")
	while read -r name; do
		{ [[ $name =~ ^([^|]+)\ \|\ *[^|] ]] && [ -f "$GROUPS_DIR/${BASH_REMATCH[1]}" ]; } ||
			complain "patches/$base/base: without: wants GROUP | reason, not: $name"
	done < <(base_values "$base" without)
	for path in "$PATCHES/$base"/*.patch; do
		[ -e "$path" ] || continue
		patch_names "$base" | grep -qxF -- "${path##*/}" ||
			complain "patches/$base/series does not list ${path##*/}"
	done
	[ -z "$(patch_names "$base")" ] || compare_names "$base"
}

# git is asked for the names, by commits that have nothing but the subject.
compare_names() {
	local base=$1 name subject parent=() tree

	REPO=$SCRATCH/names
	rm -rf "$REPO" "$SCRATCH/named"
	mkdir "$REPO"
	scratch_git init -q --template= -b series
	set_date "$base"
	tree=$(scratch_git write-tree)
	while read -r name; do
		subject=$(scratch_git mailinfo /dev/null /dev/null <"$PATCHES/$base/$name" |
			sed -n 's/^Subject: //p')
		parent=(-p "$(as_project commit-tree "${parent[@]}" -m "$subject" "$tree")")
	done < <(patch_names "$base")
	scratch_git update-ref refs/heads/series "${parent[1]}"
	scratch_git format-patch -q --always --root -o "$SCRATCH/named" series
	for name in $(patch_names "$base" | sort); do
		[ -e "$SCRATCH/named/$name" ] ||
			complain "patches/$base/$name: git format-patch would name it" \
				"$(basename "$SCRATCH/named/${name%%-*}"-*)"
	done
}

as_project() {
	scratch_git -c user.name="$AUTHOR_NAME" -c user.email="$AUTHOR_EMAIL" "$@"
}

# Usage: net_lines BASE EXCLUDED-LIST; prints PATH|LINE, sorted
net_lines() {
	local name

	while read -r name; do
		grep -qxF -- "$name" "$2" || printf '%s\n' "$PATCHES/$1/$name"
	done < <(patch_names "$1") >"$SCRATCH/counted"
	[ -s "$SCRATCH/counted" ] || return 0
	xargs -d '\n' awk -f "$SCRIPTS/lib/net-lines.awk" <"$SCRATCH/counted" | sort
}

# Splits `differs:` into three files with as many lines: path, line, reason. The
# line may hold the separator itself, being C.
read_differs() {
	local value what

	: >"$SCRATCH/path"
	: >"$SCRATCH/line"
	: >"$SCRATCH/left-out"
	: >"$SCRATCH/left-out.mm-new"
	while IFS= read -r value; do
		if [[ ! $value =~ ^([^|]*[^|[:blank:]])\ \|\ (.*[^[:blank:]])\ \|\ *([^|[:blank:]].*)$ ]]; then
			complain "patches/$1/base: differs: wants PATH | +LINE | reason, not: $value"
			continue
		fi
		what=${BASH_REMATCH[2]}
		case ${BASH_REMATCH[1]} in
		*.patch) leave_out "$1" "${BASH_REMATCH[1]}" "$what" ;;
		*)
			[[ $what == [+-]* || $what == '*' ]] ||
				complain "patches/$1/base: differs: '$what' is neither +LINE, -LINE nor *"
			printf '%s\n' "${BASH_REMATCH[1]}" >>"$SCRATCH/path"
			printf '%s\n' "$what" >>"$SCRATCH/line"
			;;
		esac
	done < <(base_values "$1" differs)
}

leave_out() {
	local base=$1 name=$2 list=$SCRATCH/left-out

	[ "$3" = '*' ] || complain "patches/$base/base: differs: a patch goes with *, not '$3'"
	if [[ $name == mm-new/* ]]; then
		base=mm-new
		name=${name#mm-new/}
		list=$list.mm-new
	fi
	patch_names "$base" | grep -qxF -- "$name" ||
		complain "patches/$1/base: differs: $base has no patch $name (stale?)"
	printf '%s\n' "$name" >>"$list"
}

# Prints what differs as a diff would, and entries that match nothing.
compare_lines() {
	local base=$1

	read_differs "$base"
	net_lines mm-new "$SCRATCH/left-out.mm-new" >"$SCRATCH/lines.mm-new"
	net_lines "$base" "$SCRATCH/left-out" >"$SCRATCH/lines"
	{
		comm -23 "$SCRATCH/lines.mm-new" "$SCRATCH/lines" | sed 's/^/-/'
		comm -13 "$SCRATCH/lines.mm-new" "$SCRATCH/lines" | sed 's/^/+/'
	} | sort -s -t '|' -k 1.2,1 >"$SCRATCH/differences"
	paste -d '\t' "$SCRATCH/path" "$SCRATCH/line" >"$SCRATCH/entries"
	BASE=$base awk -f "$SCRIPTS/lib/differences.awk" "$SCRATCH/entries" \
		"$SCRATCH/differences" || COMPARE_STATUS=1
}

cmd_compare() {
	local base

	options '' "$@"
	[ -f "$PATCHES/mm-new/base" ] || die "there is no patches/mm-new, which the others follow"
	need_patches mm-new
	for base in $(bases); do
		need_base "$base"
		compare_list "$base"
	done
	for base in $(filled_bases); do
		[ "$base" = mm-new ] || compare_lines "$base"
	done
	for base in $(bases); do
		[ -n "$(patch_names "$base")" ] || printf 'patches/%s has no patches yet\n' "$base"
	done
	[ "$COMPARE_STATUS" -ne 0 ] ||
		printf 'the bases add the same lines: %s\n' "$(filled_bases | paste -sd ' ')"
	exit "$COMPARE_STATUS"
}
