# eigenvalues: drawn by landscape. Edit and run again: gnuplot eigenvalues.gp
set encoding utf8
set minussign
$done0 << EOD
-0.15 48.26678464101925 0.003109931371229202
-0.09 25.28004923969875 0.007334986289421202
-0.029999999999999992 19.72911888991242 0.004358480590355799
0.029999999999999992 -15.367238092510664 0.011094108710594608
0.09000000000000001 -16.741958016325935 0.00419650846885347
0.15 -20.250117978056696 0.004094705631946598
EOD
$done1 << EOD
0.85 11.83837754962006 0.0035145494101762355
0.91 11.646009119858586 0.003195143579364204
0.97 10.580877616014597 0.0019963100137894724
1.03 -4.689370010477662 0.0027515348870099502
1.09 -4.829135903831697 0.0019240000461946607
1.15 -5.183339269951748 0.002258521308185902
EOD
$done2 << EOD
1.85 24.266033575440645 0.00811889954271615
1.91 10.899587768267802 0.0033387786478174183
1.97 9.665369965117652 0.003595279672680553
2.03 -3.6184608992898815 0.0024244788583244812
2.09 -3.8291338472167937 0.002293254352726116
2.15 -4.236039290330026 0.0020093209418805963
EOD

do for [format = 0:1] {
    if (format == 0) {
        set terminal svg size 673,283 font 'DejaVu Sans,10.7' background '#ffffff'
        small = ',9'
        set output 'eigenvalues.svg'
    } else {
        set terminal pngcairo size 1402,591 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2
        small = ',7'
        set output 'eigenvalues.png'
    }
    set lmargin at screen 0.11000; set rmargin at screen 0.97000; set bmargin at screen 0.14000; set tmargin at screen 0.88000
    set border 3; set tics nomirror out
    set xrange [-0.5:2.5]
    set offsets 0, 0, graph 0.05, graph 0.05
    set xtics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set ylabel 'eigenvalue of the Hessian'
    set key at graph 1, 1.02 right bottom horizontal Left reverse samplen 1.5
    set arrow from graph 0, first 0 to graph 1, first 0 nohead lc rgb '#999999' dt 3 back
    plot $done0 using 1:2:3 with yerrorbars pt 7 ps 0.7 lc rgb '#0072B2' notitle, \
         $done1 using 1:2:3 with yerrorbars pt 7 ps 0.7 lc rgb '#D55E00' notitle, \
         $done2 using 1:2:3 with yerrorbars pt 7 ps 0.7 lc rgb '#009E73' notitle, \
         NaN with points pt 7 ps 0.7 lc rgb '#444444' title 'converged, bar: residual'
    reset
}
set output
