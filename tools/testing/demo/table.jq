# SPDX-License-Identifier: GPL-2.0
# The summary as rows for column: name, stock, patched, ratio.

def one: . * 10 | round / 10 | tostring;
def spread: "\(.mean | one) (\(.min | one) to \(.max | one))";
def ratio: if . == null then "-" else . * 1000 | round / 1000 | tostring end;

def rows($name):
	[$name, "stock", "patched", "patched/stock"],
	["  kswapd, % of a CPU", (.stock.kswapd_cpu_pct | spread),
		(.patched.kswapd_cpu_pct | spread), (.ratio.kswapd_cpu | ratio)],
	["  hot file, refaults/s", (.stock.hot_refaults_per_s | one),
		(.patched.hot_refaults_per_s | one), (.ratio.hot_refaults | ratio)],
	["  hot file, major faults/s", (.stock.hot_major_faults_per_s | one),
		(.patched.hot_major_faults_per_s | one), ""],
	["  direct reclaim stalls/s", (.stock.stalls_per_s | one),
		(.patched.stalls_per_s | one), ""],
	["  node hopeless, % of the time", (.stock.hopeless_pct | one),
		(.patched.hopeless_pct | one), ""],
	["  verdict", "", (if .holds then "stopped" else "DOES NOT HOLD" end), ""];

(.classic | rows("classic LRU")), (.mglru | rows("MGLRU")) | @tsv
