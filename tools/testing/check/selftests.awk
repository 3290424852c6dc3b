# SPDX-License-Identifier: GPL-2.0
# The results of the selftests (see ktap.awk) as one table, and the verdict. The exit
# status is 1 if a test failed with the series, or passed without the tested change: on
# stock, or (only=recovery) with the balance check alone.

BEGIN {
	FS = "\t"
	without = only == "recovery" ? "gate" : "stock"
}

{
	column = $1 " " $2 " " $3
	row = $4 " " $5
	if (!(column in columns)) {
		columns[column] = ++nr_columns
		head[nr_columns] = column
		split(column, part, " ")
		base_of[nr_columns] = part[1]
		kernel_of[nr_columns] = part[2]
		topology_of[nr_columns] = part[3]
	}
	if (!(row in rows)) {
		rows[row] = ++nr_rows
		name[nr_rows] = row
	}
	c = columns[column]
	r = rows[row]
	count[r, c, $6]++
	runs[r, c]++
	if ($6 == "skip")
		note_of[r, c] = $7
	if (length(row) > width)
		width = length(row)
	# A test must fail in one of its variants and topologies.
	if ($2 == without && $6 != "skip")
		tried[$1, $4]++
	if ($2 == without && $6 == "fail")
		failed[$1, $4]++
	if ($2 == without)
		is_without[$1, $4]
	if (($2 == "series" && $6 == "fail") || $6 == "lost") {
		bad++
		why[bad] = $1 " " $2 ", topology " $3 ": " $4 " " $5 ": " $6 ": " $7
	}
}

function cell(r, c,    s, n)
{
	if (!runs[r, c])
		return ""
	if (count[r, c, "skip"] == runs[r, c]) {
		if (!(note_of[r, c] in notes)) {
			notes[note_of[r, c]] = ++nr_notes
			note_text[nr_notes] = note_of[r, c]
		}
		return "skip " notes[note_of[r, c]]
	}
	s = count[r, c, "lost"] ? "LOST" : count[r, c, "fail"] ? "FAIL" : "pass"
	n = count[r, c, s == "LOST" ? "lost" : tolower(s)]
	return runs[r, c] == 1 ? s : s " " n "/" runs[r, c]
}

END {
	for (i = 1; i <= 3; i++) {
		printf "%-*s", width, i == 3 ? "nodes" : ""
		for (c = 1; c <= nr_columns; c++)
			printf "  %-10s", i == 1 ? base_of[c] : i == 2 ? kernel_of[c] : topology_of[c]
		print ""
	}
	for (r = 1; r <= nr_rows; r++) {
		printf "%-*s", width, name[r]
		for (c = 1; c <= nr_columns; c++)
			printf "  %-10s", cell(r, c)
		print ""
	}
	for (i = 1; i <= nr_notes; i++)
		print "skip " i ": " note_text[i]
	for (i = 1; i <= bad; i++)
		print "wrong: " why[i]
	for (key in is_without) {
		split(key, part, SUBSEP)
		if (!tried[key])
			print "not tried on " without " " part[1] ": " part[2]
		else if (!failed[key]) {
			print "wrong: cannot be seen to fail on " without " " part[1] ": " part[2]
			bad++
		}
	}
	exit bad > 0
}
