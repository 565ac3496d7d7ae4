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
3.9650542104702393 0.0 0.0
EOD
$p1v1 << EOD
2.332908375961453 1.0 0.0
EOD
$p1v2 << EOD
2.0073648985441044 2.0 0.0
EOD
$p2v0 << EOD
48.26678279242311 0.0 8.679025121791807e-06
EOD
$p2v1 << EOD
11.83837890625 1.0 2.322675930222332e-06
EOD
$p2v2 << EOD
24.266039419062032 2.0 3.948825641507121e-06
EOD
$p3v0 << EOD
-20.250118762268873 0.0 7.038510072540915e-06
EOD
$p3v1 << EOD
-5.183340408403825 1.0 1.8015606032763496e-05
EOD
$p3v2 << EOD
-4.236041069030762 2.0 2.0999882048145122e-05
EOD
$p4v0 << EOD
281.19379818439484 0.0 29.493074241366912
EOD
$p4v1 << EOD
217.59720587730405 1.0 14.678094662942268
EOD
$p4v2 << EOD
368.99207258224493 2.0 13.46791734450926
EOD
$p5v0 << EOD
122.50104008447171 0.0 2.743883323860287
EOD
$p5v1 << EOD
57.09446477834077 1.0 0.9548532770092274
EOD
$p5v2 << EOD
56.60582349493768 2.0 1.734248441353202
EOD
$p6v0 << EOD
2.2954400876147263 0.0 0.22704518304699778
EOD
$p6v1 << EOD
3.811178661926107 1.0 0.21970812100187173
EOD
$p6v2 << EOD
6.518623876485858 2.0 0.16246170094076087
EOD
$p7v0 << EOD
0.20942710619419813 0.0 0.013518798325414156
EOD
$p7v1 << EOD
0.12419590621721 1.0 0.006173329087136767
EOD
$p7v2 << EOD
0.10742484248476103 2.0 0.005978743356948472
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
    set xrange [0.0:4.202957463098453]; set xtics 2.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'gradient norm' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p1v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p1v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p1v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [0.0:51.16279895973512]; set xtics 20.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ max' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p2v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p2v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p2v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [-21.46513334882568:0.0]; set xtics 10.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ min' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p3v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p3v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p3v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.62295; set tmargin at screen 0.89344
    set xrange [0.0:405.40758932235946]; set xtics 200.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p4v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p4v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p4v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:132.75961881283192]; set xtics 100.0 font small; set format x '%.3g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'Frobenius norm' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p5v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p5v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p5v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:7.081950712072216]; set xtics 5.0 font small; set format x '%.3g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace / Frobenius' noenhanced offset 0,-0.5
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p6v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p6v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p6v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.12295; set tmargin at screen 0.39344
    set xrange [0.0:0.23632265879078904]; set xtics 0.1 font small; set format x '%.3g'
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
