# eigenvalues: drawn by landscape. Edit and run again: gnuplot eigenvalues.gp
set encoding utf8
set minussign
$done0 << EOD
-0.15 48.26678279242311 8.679025121791807e-06
-0.09 25.280053691867213 7.109552537082327e-06
-0.029999999999999992 19.72911980997088 0.0008659896273313103
0.029999999999999992 -15.367247656911891 0.007738146086727464
0.09000000000000001 -16.741960525512695 0.0011654262061048203
0.15 -20.250118762268873 7.038510072540915e-06
EOD
$done1 << EOD
0.85 11.83837890625 2.322675930222332e-06
0.91 11.646009185672353 3.755195403205899e-06
0.97 10.580877304077148 3.273031395956044e-06
1.03 -4.6893664228160885 0.0029511711968134083
1.09 -4.829133609430028 0.002576903157577285
1.15 -5.183340408403825 1.8015606032763496e-05
EOD
$done2 << EOD
1.85 24.266039419062032 3.948825641507121e-06
1.91 10.89958919291625 1.914304836621144e-06
1.97 9.66537094116211 2.667437842220967e-06
2.03 -3.6184632778167725 0.002148641780128231
2.09 -3.8291337490081787 0.002953443288857751
2.15 -4.236041069030762 2.0999882048145122e-05
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
