# SPDX-License-Identifier: GPL-2.0
# The summary as rows for column.

def span: if length == 0 then "-" elif min == max then "\(min)" else "\(min) to \(max)" end;
def two: if . == null then "-" else . * 100 | round / 100 | tostring end;
def lru: {mglru: "MGLRU", nowalk: "MGLRU, no walk", classic: "classic"}[.];

["kernel", "LRU", "killed", "rounds", "file left, MiB", "refaults/round", "s/round"],
(.arms[] | [
	(if .kernel == "stock" or .kernel == "patched" then "\(.release) \(.kernel)" else .release end),
	(.lru | lru), "\(.killed) of \(.runs)", (.rounds | span),
	(.file_left | map(. / 1048576 | round) | span), (.refaults_per_round | two),
	(.seconds_per_round | two)
]) | @tsv
