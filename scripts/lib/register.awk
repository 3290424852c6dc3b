# SPDX-License-Identifier: GPL-2.0
#
# Puts LINE into a sorted list in a file, which is read twice. The kernel's lists
# are not sorted everywhere, so the place is the one that leaves the fewest pairs
# in wrong order. FROM, PATTERN and LINE are in the environment.

BEGIN {
	from = ENVIRON["FROM"]
	pattern = ENVIRON["PATTERN"]
	new = ENVIRON["LINE"]
}

FNR == 1 { pass++ }

pass == 1 && from != "-" && $0 ~ from { count = 0; there = 0; next }
pass == 1 && $0 ~ pattern {
	if ($0 == new)
		there = 1
	item[++count] = $0
	at[count] = FNR
}

function place(	i, wrong, best, where) {
	for (i = 1; i <= count; i++)
		wrong += (item[i] < new)
	best = wrong
	for (i = 1; i <= count; i++) {
		wrong += (item[i] < new) ? -1 : 1
		if (wrong < best) {
			best = wrong
			where = i
		}
	}
	return where + 0
}

pass == 2 && FNR == 1 {
	if (!count)
		exit 1
	where = place()
	first = where ? 0 : at[1]
	after = where ? at[where] : 0
}
pass == 2 && FNR == first && !there { print new }
pass == 2 { print }
pass == 2 && FNR == after && !there { print new }
