# SPDX-License-Identifier: GPL-2.0
#
# Prints PATH|LINE for each line that a list of patches adds to a file, without
# those that a later one removes again. Empty lines do not count: which of two
# is the new one is git's guess.

function patch_ends(	key) {
	for (key in net) {
		if (key in sum || net[key] > 0)
			sum[key] += net[key]
		if (sum[key] < 0)
			sum[key] = 0
	}
	split("", net)
}

FNR == 1 { patch_ends(); minus = plus = 0; path = "" }
minus <= 0 && plus <= 0 && /^[+][+][+] b\// { path = substr($0, 7); next }
/^@@ / && minus <= 0 && plus <= 0 && path != "" {
	split($2, old, ",")
	split($3, new, ",")
	minus = old[2] == "" ? 1 : old[2]
	plus = new[2] == "" ? 1 : new[2]
	next
}
minus <= 0 && plus <= 0 { next }
/^ / || $0 == "" { minus--; plus--; next }
/^-/ { minus--; count($0, -1) }
/^[+]/ { plus--; count($0, 1) }

function count(line, by) {
	line = substr(line, 2)
	if (line !~ /^[ \t]*$/)
		net[path "|" line] += by
}

END {
	patch_ends()
	for (key in sum)
		for (i = 0; i < sum[key]; i++)
			print key
}
