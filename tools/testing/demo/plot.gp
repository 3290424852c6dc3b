# SPDX-License-Identifier: GPL-2.0
# kswapd's CPU time and the hot file's refaults over time, stock beside patched.
# Variables: dir, accel, release.

set terminal svg size 900,640 font "sans,12" background "white"
set output dir . "/runaway.svg"
set datafile separator "\t"
set multiplot layout 2,2 title sprintf("Runaway on %s, %s", release, accel)
set grid
set key outside bottom center horizontal
set xlabel "seconds"

set style line 1 lw 2 lc rgb "#c0392b"
set style line 2 lw 2 lc rgb "#2471a3"

do for [lru in "classic mglru"] {
	set title (lru eq "classic" ? "classic LRU" : "MGLRU")
	set ylabel "kswapd, % of a CPU"
	set yrange [-3:110]
	plot dir . "/stock-" . lru . ".tsv" using 1:2 with linespoints ls 1 title "stock", \
	     dir . "/patched-" . lru . ".tsv" using 1:2 with linespoints ls 2 title "patched"
	set ylabel "hot file, refaults/s"
	set yrange [0:1<*]
	plot dir . "/stock-" . lru . ".tsv" using 1:3 with linespoints ls 1 title "stock", \
	     dir . "/patched-" . lru . ".tsv" using 1:3 with linespoints ls 2 title "patched"
}
unset multiplot
