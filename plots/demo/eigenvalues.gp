# eigenvalues: drawn by landscape. Edit and run again: gnuplot eigenvalues.gp
set encoding utf8
set minussign
$done0 << EOD
-0.15 48.26678308726342 0.002869393261633286
-0.09 25.280047806644077 0.006349975930542045
-0.029999999999999992 19.729117323396054 0.00465100586295383
0.029999999999999992 -15.367237187980862 0.012580642137267476
0.09000000000000001 -16.7419582471851 0.004718957369460827
0.15 -20.25012038391665 0.004168736122692291
EOD
$done1 << EOD
0.85 11.838377358731769 0.003533476586822577
0.91 11.646009162143738 0.0032561315834437952
0.97 10.580877548254454 0.001999822539045687
1.03 -4.689369968198677 0.0026650579694934493
1.09 -4.829135877862742 0.0019151081822960164
1.15 -5.183339196451885 0.0022935982482976767
EOD
$done2 << EOD
1.85 24.266033837454994 0.008173573313996553
1.91 10.899587860382109 0.0033164336533565994
1.97 9.665370091121043 0.0034803659027613006
2.03 -3.6184605177593463 0.0024680584716933354
2.09 -3.8291337987919136 0.0022695216243680846
2.15 -4.236039351893757 0.0019834899288438098
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
