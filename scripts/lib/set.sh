# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Builds the whole set as commits in a throw-away repository. That repository
# holds only those files of the kernel tree which the set touches: copying a
# kernel tree takes longer than all the rest.

REPO=
SET_DATE=
THERE=0		# patches, from the first one, that the tree has already
SEEN=0		# patches that were looked at
TOTAL=0		# commits in the whole set
FIXES=0		# of them, those of patches/BASE/fixes
NEW=0		# of them, those that the tree does not have
CONFLICT=no
FAILED_PATCH=
FAILED_FILE=
FAILED_LINE=
FAILED_WHY=

# git without anything that the user may have configured for it
scratch_git() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HOME=$SCRATCH \
		GIT_AUTHOR_DATE=$SET_DATE GIT_COMMITTER_DATE=$SET_DATE \
		git -C "$REPO" -c core.abbrev=12 -c core.autocrlf=false -c gc.auto=0 \
		-c core.fileMode=true "$@"
}

# The dates of commits that are made here follow the last patch, so that the
# same input gives the same output.
set_date() {
	local last

	last=$(patch_names "$1" | sed -n '$p')
	SET_DATE=$(sed -n 's/^Date: //p;/^$/q' "$PATCHES/$1/$last")
	[ -n "$SET_DATE" ] || die "patches/$1/$last has no Date: line"
}

# Usage: prepare_repo BASE WITH-GROUPS
prepare_repo() {
	local base=$1 groups=$2

	REPO=$SCRATCH/repo.${base//\//.}
	rm -rf "$REPO"
	mkdir "$REPO"
	scratch_git init -q --template= -b series
	scratch_git config user.name "$AUTHOR_NAME"
	scratch_git config user.email "$AUTHOR_EMAIL"
	set_date "$base"
	touched_files "$base" "$groups" | sort -u >"$SCRATCH/touched"
	copy_files "$TREE" "$SCRATCH/touched"
	scratch_git add -A -f
	scratch_git commit -q --allow-empty -m start
	scratch_git tag start
	THERE=0 SEEN=0 TOTAL=0 FIXES=0 NEW=0 CONFLICT=no
}

touched_files() {
	local name group

	while read -r name; do
		patch_files "$PATCHES/$1/$name"
	done < <(all_names "$1")
	[ "$2" = yes ] || return 0
	printf '%s\n' MAINTAINERS
	for group in $(groups_of "$1"); do
		group_files "$group"
		group_values "$group" Register | sed 's/ | .*//'
		append_files "$group"
	done
}

patch_files() {
	sed -n -e 's|^--- a/||p' -e 's|^+++ b/||p' "$1"
}

# Usage: copy_files FROM LIST; what FROM lacks is left out.
copy_files() {
	local path

	while IFS= read -r path; do
		[ -e "$1/$path" ] || [ -L "$1/$path" ] || continue
		case $path in
		*/*) mkdir -p "$REPO/${path%/*}" ;;
		esac
		cp -P --preserve=mode --remove-destination "$1/$path" "$REPO/$path" ||
			die "cannot copy $1/$path"
		[ -L "$REPO/$path" ] || chmod u+rw "$REPO/$path"
	done <"$2"
}

# How many of the first patches are in the tree already: the largest K for which
# K, K-1, ... 1 can be taken back. Only the start of the list is looked at; one
# in the middle that is there alone shows up as a conflict.
count_there() {
	local names k i

	mapfile -t names < <(all_names "$1")
	for ((k = ${#names[@]}; k > 0; k--)); do
		GIT_INDEX_FILE=$SCRATCH/index scratch_git read-tree start
		for ((i = k - 1; i >= 0; i--)); do
			GIT_INDEX_FILE=$SCRATCH/index scratch_git apply --cached -R \
				"$PATCHES/$1/${names[i]}" 2>/dev/null || break
		done
		if [ "$i" -lt 0 ]; then
			THERE=$k
			return
		fi
	done
}

# Commits the patches after the first THERE, up to the first that conflicts.
# Usage: apply_patches BASE fix_names|patch_names
apply_patches() {
	local name

	[ "$CONFLICT" = no ] || return 0
	while read -r name; do
		SEEN=$((SEEN + 1))
		[ "$SEEN" -gt "$THERE" ] || continue
		if ! scratch_git am -q --no-3way --whitespace=nowarn "$PATCHES/$1/$name" \
			</dev/null >"$SCRATCH/am" 2>&1; then
			find_conflict "$1" "$name"
			scratch_git am --abort
			CONFLICT=yes
			return 0
		fi
		NEW=$((NEW + 1))
	done < <("$2" "$1")
	TOTAL=$((TOTAL + $("$2" "$1" | wc -l)))
}

# git prints the file and the line number in the patch. The place in the tree is the
# one that fits the hunk's old lines best.
find_conflict() {
	local start

	FAILED_PATCH=$1/$2
	FAILED_WHY=$(sed -n 's/^error: //p' "$SCRATCH/am" | sed -n 1p)
	FAILED_FILE=$(sed -n 's/^error: patch failed: \(.*\):[0-9]*$/\1/p' "$SCRATCH/am" | sed -n 1p)
	FAILED_LINE=1
	if [ -z "$FAILED_FILE" ]; then
		FAILED_FILE=$(sed -n -e 's/^error: \(.*\): does not exist in index$/\1/p' \
			-e 's/^error: \(.*\): already exists in .*$/\1/p' "$SCRATCH/am" | sed -n 1p)
		return 0
	fi
	start=$(sed -n 's/^error: patch failed: .*:\([0-9]*\)$/\1/p' "$SCRATCH/am" | sed -n 1p)
	FAILED_LINE=$(FILE=$FAILED_FILE awk -v start="$start" -f "$SCRIPTS/lib/locate.awk" \
		"$PATCHES/$1/$2" "$TREE/$FAILED_FILE")
}

conflict_sentence() {
	if [ -z "$FAILED_FILE" ]; then
		printf 'patches/%s cannot be applied: %s' "$FAILED_PATCH" "${FAILED_WHY:-git am failed}"
		return
	fi
	printf 'conflict at %s:%s with patches/%s' "$FAILED_FILE" "$FAILED_LINE" "$FAILED_PATCH"
	[[ $FAILED_WHY == patch\ failed* ]] || printf ' (%s)' "$FAILED_WHY"
}

# Groups of new files

group_names() {
	local path

	for path in "$GROUPS_DIR"/[0-9][0-9]-*; do
		[ ! -f "$path" ] || basename "$path"
	done
}

# Usage: groups_of BASE; those that go with it
groups_of() {
	local group

	for group in $(group_names); do
		base_values "$1" without | grep -q "^$group | ." || printf '%s\n' "$group"
	done
}

group_values() {
	KEY=$2 awk '
		/^$/ { exit }
		index($0, ENVIRON["KEY"] ": ") == 1 {
			print substr($0, length(ENVIRON["KEY"]) + 3)
		}' "$GROUPS_DIR/$1"
}

group_message() {
	sed '1,/^$/d' "$GROUPS_DIR/$1"
}

# The files that git tracks, so that nothing built is among them.
group_files() {
	local spec found

	while read -r spec; do
		git -C "$ROOT" -c core.quotePath=false ls-files -- "$spec" | while IFS= read -r found; do
			[ ! -f "$ROOT/$found" ] || printf '%s\n' "$found"
		done
	done < <(group_values "$1" Files) | sort -u
}

need_groups() {
	local top group bad

	top=$(git -C "$ROOT" rev-parse --show-toplevel 2>/dev/null) || top=
	[ "$top" = "$ROOT" ] ||
		die "$ROOT is no git repository, but the list of new files comes from git"
	for group in $(group_names); do
		bad=$(sed -n -e '/^$/q' -e '/^\(Files\|Register\|Append\|Place\): ./!p' "$GROUPS_DIR/$group" |
			sed -n 1p)
		[ -z "$bad" ] || die "scripts/series.d/$group: unknown line '$bad'"
		[ -n "$(group_message "$group")" ] ||
			die "scripts/series.d/$group has no commit message"
		case $(group_values "$group" Place) in
		'' | before) ;;
		*) die "scripts/series.d/$group: Place: takes only 'before'" ;;
		esac
		need_group_files "$group"
	done
}

# All of a group or nothing: a part of it would be a mistake in a name.
need_group_files() {
	local spec

	[ -n "$(group_files "$1")" ] || return 0
	while read -r spec; do
		[ -n "$(git -C "$ROOT" ls-files -- "$spec")" ] ||
			die "scripts/series.d/$1: no file matches '$spec'"
	done < <(group_values "$1" Files)
}

# Usage: commit_groups BASE before|after
commit_groups() {
	local group place

	for group in $(groups_of "$1"); do
		place=$(group_values "$group" Place)
		[ "${place:-after}" = "$2" ] || continue
		group_files "$group" >"$SCRATCH/files"
		[ -s "$SCRATCH/files" ] || continue
		TOTAL=$((TOTAL + 1))
		copy_files "$ROOT" "$SCRATCH/files"
		register_group "$group"
		append_group "$group"
		update_maintainers
		scratch_git add -A -f
		if scratch_git diff --cached --quiet; then
			continue
		fi
		group_message "$group" | scratch_git commit -q -F -
		NEW=$((NEW + 1))
	done
}

register_group() {
	local value file from pattern line

	while IFS= read -r value; do
		[[ $value =~ ^([^|]+)\ \|\ (.+)\ \|\ (.+)\ \|\ (.+)$ ]] ||
			die "scripts/series.d/$1: Register: FILE | FROM | PATTERN | LINE"
		file=${BASH_REMATCH[1]} from=${BASH_REMATCH[2]}
		pattern=${BASH_REMATCH[3]} line=${BASH_REMATCH[4]}
		[ -f "$REPO/$file" ] || die "$TREE has no $file"
		FROM=$from PATTERN=$pattern LINE=$line awk -f "$SCRIPTS/lib/register.awk" \
			"$REPO/$file" "$REPO/$file" >"$SCRATCH/registered" ||
			die "scripts/series.d/$1: no list in $file matches '$pattern'"
		cat "$SCRATCH/registered" >"$REPO/$file"
	done < <(group_values "$1" Register)
}

append_files() {
	group_values "$1" Append | sed 's/ |.*//' | awk '!seen[$0]++'
}

# Lines that are in the file already, all of them in a row, are not added again.
append_group() {
	local file lines

	! group_values "$1" Append | grep -Eqv '^[^|]+ [|]( |$)' ||
		die "scripts/series.d/$1: Append: FILE | LINE"
	while IFS= read -r file; do
		[ -f "$REPO/$file" ] || die "$TREE has no $file"
		lines=$(group_values "$1" Append | FILE=$file awk '
			index($0, ENVIRON["FILE"] " |") == 1 {
				print substr($0, length(ENVIRON["FILE"]) + 4)
			}')
		[[ $(cat "$REPO/$file") == *"$lines"* ]] ||
			printf '\n%s\n' "$lines" >>"$REPO/$file"
	done < <(append_files "$1")
}

# The entries, with only the F: lines for which there is a file by now.
update_maintainers() {
	[ -f "$ROOT/MAINTAINERS" ] || return 0
	[ -f "$REPO/MAINTAINERS" ] || die "$TREE has no MAINTAINERS"
	known_maintainers >"$SCRATCH/entries"
	[ -s "$SCRATCH/entries" ] || return 0
	awk -f "$SCRIPTS/lib/maintainers.awk" "$SCRATCH/entries" "$REPO/MAINTAINERS" \
		"$REPO/MAINTAINERS" >"$SCRATCH/maintainers" ||
		die "cannot find the list of entries in $TREE/MAINTAINERS"
	cat "$SCRATCH/maintainers" >"$REPO/MAINTAINERS"
}

known_maintainers() {
	local line entry='' files=no in_entry=no

	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		'')
			flush_entry
			continue
			;;
		F:*) file_exists "$line" || continue ;;
		esac
		[[ $line != F:* ]] || files=yes
		[[ ! $line =~ ^[A-Z]:[[:blank:]] ]] || in_entry=yes
		entry+=$line$'\n'
	done <"$ROOT/MAINTAINERS"
	flush_entry
}

# Text above the entries has no `S:` lines and the like, and is not passed on.
flush_entry() {
	if [ "$files" = yes ] && [ "$in_entry" = yes ]; then
		printf '%s\n' "$entry"
	fi
	entry='' files=no in_entry=no
}

file_exists() {
	local pattern=${1#F:}

	pattern=${pattern#"${pattern%%[![:blank:]]*}"}
	# compgen takes a name that ends with a slash for there.
	pattern=${pattern%/}
	compgen -G "$REPO/$pattern" >/dev/null || compgen -G "$TREE/$pattern" >/dev/null
}

# Usage: build_set BASE WITH-GROUPS RESUME; sets CONFLICT if a patch conflicts.
# (bash drops -e in functions whose status is tested with `if`.) The tag
# "fixes" is on the commit that the set itself goes on top of.
build_set() {
	prepare_repo "$1" "$2"
	[ "$3" = no ] || count_there "$1"
	apply_patches "$1" fix_names
	FIXES=$TOTAL
	scratch_git tag fixes
	[ "$2" = no ] || commit_groups "$1" before
	apply_patches "$1" patch_names
	[ "$2" = no ] || [ "$CONFLICT" = yes ] || commit_groups "$1" after
}
