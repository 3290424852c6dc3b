# SPDX-License-Identifier: GPL-2.0
# One episode of the node: its last run of failures, and the reset after it.

# The time stamp is the third word from the event's name backwards.
function stamp(line,	words, n, i) {
	n = split(line, words)
	for (i = 1; i <= n; i++)
		if (words[i] ~ /^[0-9]+\.[0-9]+:$/)
			return words[i] + 0
	return 0
}

$0 !~ node "( |$)" { next }

/kswapd_reclaim_fail/ {
	if (/ failures=1$/)
		n = 0
	line[++n] = $0
	reset = ""
}

/reset_kswapd_failures|kswapd_clear_hopeless/ && n && !reset {
	reset = $0
	kept = n
	for (i = 1; i <= n; i++)
		keep[i] = line[i]
	kept_reset = reset
}

END {
	if (!kept) {
		print "    no episode that ends with a reset was recorded"
		exit
	}
	for (i = 1; i <= kept; i++)
		print keep[i]
	printf "    (silence for %.1f s)\n", stamp(kept_reset) - stamp(keep[kept])
	print kept_reset
}
