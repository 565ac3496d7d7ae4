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
1.7551788592827506 2.0 0.07868953550880417
EOD
$p1v0 << EOD
3.965053975695143 0.0 0.0
EOD
$p1v1 << EOD
2.332908441665824 1.0 0.0
EOD
$p1v2 << EOD
2.007364840738035 2.0 0.0
EOD
$p2v0 << EOD
48.26678464101925 0.0 0.003109931371229202
EOD
$p2v1 << EOD
11.83837754962006 1.0 0.0035145494101762355
EOD
$p2v2 << EOD
24.266033575440645 2.0 0.00811889954271615
EOD
$p3v0 << EOD
-20.250117978056696 0.0 0.004094705631946598
EOD
$p3v1 << EOD
-5.183339269951748 1.0 0.002258521308185902
EOD
$p3v2 << EOD
-4.236039290330026 2.0 0.0020093209418805963
EOD
$p4v0 << EOD
275.2110943776462 0.0 23.454071696391242
EOD
$p4v1 << EOD
201.8404834345622 1.0 12.569446651557667
EOD
$p4v2 << EOD
353.1732539154932 2.0 9.46501157725611
EOD
$p5v0 << EOD
122.63865117221732 0.0 0.7266761824379084
EOD
$p5v1 << EOD
56.05132040522089 1.0 0.5126671657961868
EOD
$p5v2 << EOD
54.871406773769834 2.0 0.31528266660672255
EOD
$p6v0 << EOD
2.2440812235546894 0.0 0.19333774732225067
EOD
$p6v1 << EOD
3.600994266956855 1.0 0.2114067922648991
EOD
$p6v2 << EOD
6.436380524589002 2.0 0.150653341213418
EOD
$p7v0 << EOD
0.2094271332025528 0.0 0.013518803594865897
EOD
$p7v1 << EOD
0.12419590837089345 1.0 0.006173329517659501
EOD
$p7v2 << EOD
0.10742483276408166 2.0 0.005978743554072985
EOD
$p8v0 << EOD
0.01608908663620241 0.0 0.0018811914280218184
EOD
$p8v1 << EOD
0.009251535881776362 1.0 0.001047508032139533
EOD
$p8v2 << EOD
0.020047844207147135 2.0 0.001384017895663589
EOD
$p9v0 << EOD
0.0492029056942556 0.0 0.007245872105439062
EOD
$p9v1 << EOD
0.014396711823064835 1.0 0.004069703038147994
EOD
$p9v2 << EOD
0.024903388269012793 2.0 0.004136313462549678
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
    set xrange [0.0:2.361673379205765]; set xtics 1.0 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'loss' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p0v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p0v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p0v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [0.0:4.202957214236852]; set xtics 2.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'gradient norm' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p1v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p1v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p1v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [0.0:51.166088246733906]; set xtics 20.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ max' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p2v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p2v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p2v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [-21.46946544470996:0.0]; set xtics 10.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ min' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p3v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p3v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p3v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [0.0:384.3965614223143]; set xtics 200.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p4v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p4v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p4v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:130.76724699593456]; set xtics 100.0 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'Frobenius norm' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p5v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p5v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p5v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:6.982255897750565]; set xtics 5.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace / Frobenius' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p6v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p6v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p6v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:0.23632269300526382]; set xtics 0.1 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'SAM sharpness' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p7v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p7v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p7v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:0.022717773828979368]; set xtics 0.01 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'average sharpness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p8v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p8v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p8v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:0.059835704467676346]; set xtics 0.05 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'adaptive average' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p9v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p9v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p9v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    unset multiplot
    reset
}
set output
