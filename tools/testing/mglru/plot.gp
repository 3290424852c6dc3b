# SPDX-License-Identifier: GPL-2.0
# The arms side by side. Variables: dir, title.

set terminal svg size 900,760 font "sans,12" background "white"
set output dir . "/mixed.svg"
set datafile separator "\t"
set multiplot layout 3,1 title title
set style fill solid
set boxwidth 0.6
set grid ytics
unset key
do for [i=1:3] {
	set ylabel (i == 1 ? "killed, % of the runs" : i == 2 ? "refaults/round" : "s/round")
	set yrange [0:(i == 1 ? 105 : *)]
	plot dir . "/arms.tsv" using 0:i+1:xtic(1) with boxes lc rgb (i == 1 ? "#c0392b" : "#2471a3")
}
unset multiplot
