# SPDX-License-Identifier: GPL-2.0
#
# Reads the entries (PATH, tab, [+-]LINE or *), then the differences
# ([+-]PATH|LINE): prints those that no entry covers, and entries that cover none.
# BASE is in the environment.

function bare(line) {
	sub(/^[ \t]+/, "", line)
	return line
}

FILENAME == ARGV[1] {
	tab = index($0, "\t")
	entry_path = substr($0, 1, tab - 1)
	entry = substr($0, tab + 1)
	if (entry != "*")
		entry = substr(entry, 1, 1) bare(substr(entry, 2))
	entries++
	id[entries] = entry_path SUBSEP entry
	shown[entries] = entry_path " | " entry
	wanted[id[entries]] = 1
	next
}

{
	bar = index($0, "|")
	sign = substr($0, 1, 1)
	path = substr($0, 2, bar - 2)
	line = substr($0, bar + 1)
	narrow = path SUBSEP sign bare(line)
	wide = path SUBSEP "*"
	if (narrow in wanted) {
		used[narrow] = 1
		next
	}
	if (wide in wanted) {
		used[wide] = 1
		next
	}
	if (!failed)
		printf "--- mm-new\n+++ %s\n", ENVIRON["BASE"]
	if (path != last)
		printf "@@ %s @@\n", path
	last = path
	failed = 1
	print sign line
}

END {
	for (i = 1; i <= entries; i++)
		if (!(id[i] in used)) {
			printf "patches/%s/base: no difference matches the entry (stale?): %s\n", \
				ENVIRON["BASE"], shown[i]
			failed = 1
		}
	exit failed
}
