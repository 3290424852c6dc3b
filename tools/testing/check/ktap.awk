# SPDX-License-Identifier: GPL-2.0
# The output of the selftests in one guest, as lines of
#	base kernel topology test variant result reason
# separated by tabs. Results are pass, fail, skip and lost.

function line(test, variant, result, reason)
{
	print base, which, topology, test, variant, result, reason
}

# Tests of the plan that the output does not have are lost.
function end_program()
{
	if (program != "" && seen < plan)
		line(program, "-", "lost", plan - seen " of " plan " tests gave no result")
	else if (program != "" && plan == "")
		line(program, "-", "lost", "no plan")
	program = ""
}

BEGIN {
	OFS = "\t"
	plan = ""
}

{ sub(/\r$/, "") }

/^# PROGRAM / {
	end_program()
	program = $3
	plan = ""
	seen = 0
	programs++
	next
}

/^# END / {
	end_program()
	next
}

/^1\.\.[0-9]+$/ {
	plan = substr($0, 4) + 0
	next
}

# The judgement that failed is the line before "Expected", or else that one.
/^# [a-z_]+\.c:[0-9]+:/ {
	words = $0
	sub(/^# [^:]*:[^:]*:[^:]*:/, "", words)
	if (why == "" && words ~ /^Expected /)
		why = said == "" ? words : said
	said = words
	next
}

/^# .*: Test terminated by timeout/ { why = "timed out" }

/^(not )?ok [0-9]+ / {
	result = $1 == "ok" ? "pass" : "fail"
	name = $1 == "ok" ? $3 : $4
	reason = result == "fail" ? why : ""
	if (match($0, /# SKIP /)) {
		result = "skip"
		reason = substr($0, RSTART + RLENGTH)
	}
	split(name, part, ".")
	line(part[1] "." part[3], part[2], result, reason)
	seen++
	why = said = ""
}

END {
	end_program()
	# The guest did not get to the end, or the kernel complained.
	if (status != 0)
		line("guest", "-", "lost", "vmtest ended with status " status)
	else if (!programs)
		line("guest", "-", "lost", "no output")
}
