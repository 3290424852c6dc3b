# SPDX-License-Identifier: GPL-2.0
#
# Locates a hunk that does not apply. Reads the patch, then the file; prints the first
# line that differs at the place that fits the hunk's old lines best.
# FILE is in the environment, start is the old line number in the hunk's header.

FNR == 1 { pass++ }

pass == 1 && /^--- / { mine = ($0 == "--- a/" ENVIRON["FILE"]) ; left = 0; next }
pass == 1 && /^@@ / {
	split($2, old, ",")
	left = (mine && -old[1] == start + 0) ? (old[2] == "" ? 1 : old[2]) : 0
	next
}
pass == 1 && left > 0 && /^[- ]/ { want[++wanted] = substr($0, 2); left-- }

pass == 2 { line[++lines] = $0 }

# Empty lines and lone braces are everywhere and prove little.
function weight(text) {
	gsub(/[ \t]/, "", text)
	return length(text) < 4 ? 1 : 4
}

function score(at,	i, sum) {
	for (i = 1; i <= wanted; i++)
		if (line[at + i - 1] == want[i])
			sum += weight(want[i])
	return sum + 0
}

function away(at) {
	return at > start ? at - start : start - at
}

END {
	for (at = 1; at <= lines; at++) {
		now = score(at)
		if (now > best || (now == best && best && away(at) < away(place))) {
			best = now
			place = at
		}
	}
	if (best < 4) {
		print start < lines ? start : (lines ? lines : 1)
		exit
	}
	for (i = 1; i < wanted && line[place + i - 1] == want[i]; i++)
		;
	print place + i - 1
}
