# SPDX-License-Identifier: GPL-2.0
# The counts of a JSON report of one trace, as mktrace prints them.
.traces[0] | { lost: .lost.records, records: .records.all,
	nodes: ([.nodes[] | { key: (.node | tostring),
		value: ({ failed_runs, runs } + (.resets_by_reason | with_entries(.key |= "reset " + .)))
	}] | from_entries) }
