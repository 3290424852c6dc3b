# SPDX-License-Identifier: GPL-2.0
#
# Puts entries into the kernel's MAINTAINERS: reads the entries, then MAINTAINERS
# twice. An entry of the same title is replaced. The list is not sorted
# everywhere, so the place is the one that leaves the fewest pairs in wrong order.

FNR == 1 { pass++; listing = 0; inside = "" }

pass == 1 && $0 == "" { title = ""; next }
pass == 1 && title == "" { title = $0; titles[++news] = $0; mine[$0] = 1 }
pass == 1 { text[title] = text[title] $0 "\n"; next }

/^Maintainers List$/ { listing = 1 }

# A title is the line before the first `M:`, `S:`, ... after an empty line.
pass == 2 && listing && /^[A-Z]:[ \t]/ && heading != "" {
	if (!(heading in mine)) {
		count++
		key[count] = sortable(heading)
		start[count] = headed
	}
	has[heading] = 1
}
pass == 2 { heading = (last == "" && FNR > 1 && !/^[ \t]/) ? $0 : ""; headed = FNR; last = $0; end = FNR; next }

# This is the order of scripts/parse-maintainers.pl.
function sortable(title) {
	title = toupper(title)
	return title == "THE REST" ? "ZZZZZZ" : title
}

function place(title,	i, wrong, best, where) {
	title = sortable(title)
	for (i = 1; i <= count; i++)
		wrong += (key[i] < title)
	best = wrong
	where = 1
	for (i = 1; i <= count; i++) {
		wrong += (key[i] < title) ? -1 : 1
		if (wrong < best) {
			best = wrong
			where = i + 1
		}
	}
	return where
}

# Entries that go to the same place stay in the order of their titles.
function sort_news(	i, j, t) {
	for (i = 2; i <= news; i++)
		for (j = i; j > 1 && sortable(titles[j]) < sortable(titles[j - 1]); j--) {
			t = titles[j]
			titles[j] = titles[j - 1]
			titles[j - 1] = t
		}
}

pass == 3 && FNR == 1 {
	if (!count) {
		failed = 1
		exit 1
	}
	sort_news()
	for (i = 1; i <= news; i++) {
		where = place(titles[i])
		line = where > count ? end + 1 : start[where]
		before[line] = before[line] text[titles[i]] (where > count ? "" : "\n")
	}
}
pass == 3 && (FNR in before) { printf "%s", before[FNR] }
pass == 3 && listing && skipping {
	if ($0 == "")
		skipping = 0
	next
}
pass == 3 && listing && ($0 in mine) && ($0 in has) { skipping = 1; next }
pass == 3 { print }

END {
	if (!failed && (end + 1) in before)
		printf "\n%s", before[end + 1]
}
