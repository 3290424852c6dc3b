# SPDX-License-Identifier: GPL-2.0
# The arms side by side. Variables: dir, title.

set terminal svg size 900,760 font "sans,12" background "white"
set output dir . "/mixed.svg"
set datafile separator "\t"
stats dir . "/arms.tsv" using 0 nooutput
set xrange [-0.6:STATS_max + 0.6]
set multiplot layout 3,1 title title
set style fill solid
set boxwidth 0.6
set grid ytics
unset key
do for [i=1:3] {
	set ylabel (i == 1 ? "killed, % of the runs" : i == 2 ? "refaults/round" : "s/round")
	if (i == 1) { set yrange [0:105] } else { set yrange [0:1<*] }
	plot dir . "/arms.tsv" using 0:(column(i + 1)):xtic(1) with boxes lc rgb "#2471a3"
}
unset multiplot
