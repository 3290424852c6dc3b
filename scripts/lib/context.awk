# SPDX-License-Identifier: GPL-2.0
#
# Prints where a patch has a hunk with more context than git's three lines.

function hunk_ends() {
	if (inside && !told && (lead > 3 || trail > 3)) {
		printf "a hunk at line %d has more than three lines of context", line
		told = 1
	}
	inside = 0
}

/^diff --git / { hunk_ends() }
/^@@ / {
	hunk_ends()
	split($2, old, ",")
	split($3, new, ",")
	minus = old[2] == "" ? 1 : old[2]
	plus = new[2] == "" ? 1 : new[2]
	inside = 1
	lead = trail = changed = 0
	line = NR
	next
}
inside && minus <= 0 && plus <= 0 { hunk_ends() }
inside && /^ / {
	minus--
	plus--
	trail++
	if (!changed)
		lead++
}
inside && /^-/ { minus--; trail = 0; changed = 1 }
inside && /^[+]/ { plus--; trail = 0; changed = 1 }
END { hunk_ends() }
