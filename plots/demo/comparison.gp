# comparison: drawn by landscape. Edit and run again: gnuplot comparison.gp
set encoding utf8
set minussign
$p0v0 << EOD
1.9329301097313873 0.0 0.09134437333411166
EOD
$p0v1 << EOD
2.134571293485351 1.0 0.09342246048235203
EOD
$p0v2 << EOD
1.7551788604469039 2.0 0.07868953571749457
EOD
$p1v0 << EOD
3.965052338924573 0.0 0.0
EOD
$p1v1 << EOD
2.332908273763447 1.0 0.0
EOD
$p1v2 << EOD
2.007363978061529 2.0 0.0
EOD
$p2v0 << EOD
48.26675567427409 0.0 3.288147386192447e-05
EOD
$p2v1 << EOD
11.838381690207333 1.0 4.3145028044369135e-06
EOD
$p2v2 << EOD
24.266039220286352 2.0 4.393851231115214e-06
EOD
$p3v0 << EOD
-20.250118089369536 0.0 1.1916336417180425e-05
EOD
$p3v1 << EOD
-5.183340349797198 1.0 1.798117728656749e-05
EOD
$p3v2 << EOD
-4.236039526155697 2.0 2.114125869521587e-05
EOD
$p4v0 << EOD
281.19373956322664 0.0 29.493065825502907
EOD
$p4v1 << EOD
217.597193479538 1.0 14.678098888640802
EOD
$p4v2 << EOD
368.9920778274536 2.0 13.467917942815877
EOD
$p5v0 << EOD
122.50101313658614 0.0 2.7438820414016702
EOD
$p5v1 << EOD
57.09445781300332 1.0 0.954853122798989
EOD
$p5v2 << EOD
56.60581633469189 2.0 1.7342484381475596
EOD
$p6v0 << EOD
2.2954401140315577 0.0 0.2270451766141892
EOD
$p6v1 << EOD
3.8111789097326367 1.0 0.2197082102356327
EOD
$p6v2 << EOD
6.518624793708879 2.0 0.16246169791978746
EOD
$p7v0 << EOD
0.20942718134028837 0.0 0.013518802621652488
EOD
$p7v1 << EOD
0.12419591890648007 1.0 0.0061733294119658165
EOD
$p7v2 << EOD
0.10742489265976474 2.0 0.0059787464767133425
EOD
$p8v0 << EOD
0.01608908663620241 0.0 0.0018811914280218184
EOD
$p8v1 << EOD
0.009251535881776362 1.0 0.001047508032139533
EOD
$p8v2 << EOD
0.020047852175775916 2.0 0.0013840201429692726
EOD
$p9v0 << EOD
0.0492029056942556 0.0 0.007245872105439062
EOD
$p9v1 << EOD
0.014396711823064835 1.0 0.004069703038147994
EOD
$p9v2 << EOD
0.024903397297021002 2.0 0.004136315127200891
EOD

do for [format = 0:1] {
    if (format == 0) {
        set terminal svg size 673,231 font 'DejaVu Sans,10.7' background '#ffffff'
        small = ',9'
        set output 'comparison.svg'
    } else {
        set terminal pngcairo size 1402,480 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2
        small = ',7'
        set output 'comparison.png'
    }
    set multiplot
    set border 1 lw 0.7; set tics nomirror out; unset key
    set yrange [2.5:-0.5]
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [0.0:2.361673379205765]; set xtics 1.0 font small; set format x '%.3g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'loss' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p0v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p0v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p0v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [0.0:4.202955479260047]; set xtics 2.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'gradient norm' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p1v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p1v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p1v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [0.0:51.162795869092825]; set xtics 20.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ max' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p2v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p2v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p2v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [-21.46513780604831:0.0]; set xtics 10.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ min' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p3v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p3v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p3v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [0.0:405.4075955164856]; set xtics 200.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p4v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p4v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p4v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:132.75958888866708]; set xtics 100.0 font small; set format x '%.3g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'Frobenius norm' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p5v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p5v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p5v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:7.0819516811263865]; set xtics 5.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace / Frobenius' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p6v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p6v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p6v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:0.2363227429996573]; set xtics 0.1 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'SAM sharpness' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p7v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p7v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p7v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:0.0227177846578699]; set xtics 0.01 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'average sharpness' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p8v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p8v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p8v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:0.059835704467676346]; set xtics 0.05 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'adaptive average' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p9v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p9v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p9v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    unset multiplot
    reset
}
set output
