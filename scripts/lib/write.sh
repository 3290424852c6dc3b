# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Writes the whole set for mailing.

OUT=
OUT_NEW=
OUT_OLD=

need_out() {
	local parent

	OUT=${1%/}
	parent=$(dirname "$OUT")
	mkdir -p "$parent" 2>/dev/null || die "cannot make the directory $parent"
	OUT=$(cd "$parent" && pwd -P)/$(basename "$OUT")
	case $OUT/ in
	"$TREE"/*) die "$OUT is inside the tree, which is only read" ;;
	esac
	[ -e "$OUT" ] || [ -L "$OUT" ] || return 0
	{ [ -d "$OUT" ] && [ ! -L "$OUT" ]; } || die "$OUT is there and is not a directory"
	is_earlier_output "$OUT" ||
		die "$OUT holds files that are not an earlier output; choose another directory"
}

# Only numbered mails from this project: those can be written again.
is_earlier_output() {
	local path

	while IFS= read -r -d '' path; do
		[ -f "$path" ] && [[ ${path##*/} =~ ^[0-9]{4}-.*\.patch$ ]] &&
			grep -q "^From: $AUTHOR_NAME <$AUTHOR_EMAIL>\$" "$path" || return 1
	done < <(find "$1" -mindepth 1 -maxdepth 1 -print0)
}

need_cover_letter() {
	local file=$PATCHES/$1/cover-letter

	[ -s "$file" ] || die "patches/$1 has no cover-letter"
	{ [ -n "$(sed -n 1p "$file")" ] && [ -z "$(sed -n 2p "$file")" ]; } ||
		die "patches/$1/cover-letter: expected the subject, an empty line, the text"
	# git gives the mail no character set for the sake of the cover letter
	! grep -q '[^ -~	]' "$file" || die "patches/$1/cover-letter: expected ASCII only"
}

format_set() {
	local prefix commit cover=$SCRATCH/out/0000-cover-letter.patch

	prefix=$(base_value "$(base_of "$1")" prefix)
	commit=$(base_value "$(base_of "$1")" base-commit)
	scratch_git config branch.series.description "$(cat "$PATCHES/$1/cover-letter")"
	scratch_git format-patch -q --zero-commit --no-signature --cover-letter \
		--cover-from-description=subject --subject-prefix="${prefix:-PATCH}" \
		-o "$SCRATCH/out" fixes..series
	[ -z "$commit" ] || printf 'base-commit: %s\n' "$commit" >>"$cover"
}

# What is at OUT is either the old or the new set, also after an interruption.
publish() {
	UNDO+=(unpublish)
	OUT_NEW=$(mktemp -d "$OUT.new.XXXXXX") || die "cannot write beside $OUT"
	cp "$SCRATCH/out"/*.patch "$OUT_NEW" 2>"$SCRATCH/error" ||
		die "cannot write $OUT: $(sed -n '1s/.*: //p' "$SCRATCH/error")"
	chmod "$(printf %o $((0777 & ~$(umask))))" "$OUT_NEW"
	if [ -d "$OUT" ]; then
		OUT_OLD=$OUT_NEW.old
		mv -T "$OUT" "$OUT_OLD"
	fi
	mv -T "$OUT_NEW" "$OUT"
}

unpublish() {
	if [ -n "$OUT_OLD" ] && [ -d "$OUT_OLD" ] && [ ! -e "$OUT" ]; then
		mv -T "$OUT_OLD" "$OUT"
	fi
	[ -z "$OUT_NEW" ] || rm -rf "$OUT_NEW" "$OUT_NEW.old"
}

cmd_write() {
	local base groups=yes

	options 'base= tree= out=' "$@"
	need_options base tree out
	base=$OPT_base
	need_patches "$base"
	need_tree "$OPT_tree"
	need_out "$OPT_out"
	need_cover_letter "$base"
	need_groups
	# Only the series itself brings new files.
	[ "$(base_of "$base")" = "$base" ] || groups=no
	build_set "$base" "$groups" no
	if [ "$CONFLICT" = yes ]; then
		refuse "$base" given
	fi
	[ "$NEW" = "$TOTAL" ] ||
		die "some of the new files are in $TREE already; write wants a tree without them"
	format_set "$base"
	publish
	outcome 0 "wrote a cover letter and $((TOTAL - FIXES)) patches to $OUT"
}
