# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Checks each patch of a base by itself.

PROBLEMS=()

problem() {
	PROBLEMS+=("$*")
}

need_checkpatch() {
	local file

	command -v perl >/dev/null || die "'perl' is missing, which checkpatch.pl needs"
	for file in checkpatch.pl spelling.txt const_structs.checkpatch; do
		[ -f "$TREE/scripts/$file" ] || die "$TREE has no scripts/$file"
	done
}

# Run where no .git is, so that checkpatch does the same whether or not the tree
# is a git repository; HOME may hold a .checkpatch.conf. Without upstream's
# history nobody can tell whether a commit that is named exists.
check_style() {
	local out=$SCRATCH/checkpatch/out first

	mkdir -p "$SCRATCH/checkpatch"
	(
		cd "$SCRATCH/checkpatch"
		HOME=$PWD perl "$TREE/scripts/checkpatch.pl" --root="$TREE" --strict \
			--no-signoff --ignore UNKNOWN_COMMIT_ID --terse --no-summary --color=never "$1"
	) >"$out" 2>&1 && return
	first=$(sed -n '1s/.*\.patch:\([0-9]*\): /line \1: /p' "$out")
	problem "checkpatch: ${first:-$(sed -n 1p "$out")} ($(wc -l <"$out") in all)"
}

check_mail() {
	local mail=$1 subject body=$SCRATCH/body info=$SCRATCH/info

	scratch_git mailinfo "$body" /dev/null <"$mail" >"$info"
	{ grep -qx "Author: $AUTHOR_NAME" "$info" && grep -qx "Email: $AUTHOR_EMAIL" "$info"; } ||
		problem "the author is not $AUTHOR_NAME <$AUTHOR_EMAIL>"
	subject=$(sed -n 's/^Subject: //p' "$info")
	[[ $subject == mm/vmscan:\ * || $subject == mm,\ oom:\ * ]] ||
		problem "the subject does not start with 'mm/vmscan: ' or 'mm, oom: '"
	[ "$(columns "$subject")" -le 75 ] ||
		problem "the subject has $(columns "$subject") columns, of 75"
	! grep -q '^Signed-off-by:' "$body" || problem "it is signed off"
	check_body "$body"
}

columns() {
	printf '%s\n' "$1" | LC_ALL=C.UTF-8 wc -L
}

# Quoted text, tables, tags of other commits and links cannot be wrapped.
check_body() {
	local line

	while IFS= read -r line; do
		case $line in
		[[:blank:]]* | '>'* | '|'* | 'Fixes: '* | *https://* | *http://*) continue ;;
		esac
		[ "$(columns "$line")" -le 75 ] || {
			problem "a line of the message has $(columns "$line") columns, of 75: $line"
			return
		}
	done < <(awk 'length($0) > 75' "$1")
}

check_diff() {
	local why path

	why=$(awk -f "$SCRIPTS/lib/context.awk" "$1")
	[ -z "$why" ] || problem "$why"
	! grep -Eq '^(new file mode|deleted file mode|rename from|copy from|GIT binary) ' "$1" ||
		problem "it does more than edit files of the kernel"
	while read -r path; do
		[ -f "$TREE/$path" ] || problem "the tree has no $path"
	done < <(patch_files "$1" | sort -u)
}

# Each patch goes on top of those before it, also after one that failed.
check_applies() {
	if scratch_git am -q --no-3way --whitespace=nowarn "$PATCHES/$1/$2" \
		</dev/null >"$SCRATCH/am" 2>&1; then
		return
	fi
	find_conflict "$1" "$2"
	scratch_git am --abort
	problem "$(conflict_sentence)"
}

cmd_check() {
	local base name status=0

	options 'base= tree=' "$@"
	need_options base tree
	base=$OPT_base
	need_patches "$base"
	need_tree "$OPT_tree"
	need_checkpatch
	prepare_repo "$base" no
	apply_patches "$base" fix_names
	[ "$CONFLICT" = no ] || outcome 1 "$(conflict_sentence)"
	while read -r name; do
		PROBLEMS=()
		check_applies "$base" "$name"
		check_mail "$PATCHES/$base/$name"
		check_diff "$PATCHES/$base/$name"
		check_style "$PATCHES/$base/$name"
		if [ ${#PROBLEMS[@]} -eq 0 ]; then
			printf 'ok %s\n' "$name"
		else
			status=1
			printf 'not ok %s: ' "$name"
			printf '%s\n' "${PROBLEMS[@]}" | paste -sd ';' | sed 's/;/; /g'
		fi
	done < <(patch_names "$base")
	exit "$status"
}
