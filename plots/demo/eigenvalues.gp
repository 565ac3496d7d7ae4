# eigenvalues: drawn by landscape. Edit and run again: gnuplot eigenvalues.gp
set encoding utf8
set minussign
$done0 << EOD
-0.15 48.26675567427409 3.288147386192447e-05
-0.09 25.28006353502215 1.4538216808645093e-05
-0.029999999999999992 19.72912237287074 0.0008661286015880076
0.029999999999999992 -15.367247605902794 0.007738367915185497
0.09000000000000001 -16.74196469088643 0.001165478360636329
0.15 -20.250118089369536 1.1916336417180425e-05
EOD
$done1 << EOD
0.85 11.838381690207333 4.3145028044369135e-06
0.91 11.646011355701832 3.798564693438508e-06
0.97 10.580877596401452 3.2846431798817667e-06
1.03 -4.689366570688239 0.002951363142716197
1.09 -4.829132545228471 0.0025769293061348804
1.15 -5.183340349797198 1.798117728656749e-05
EOD
$done2 << EOD
1.85 24.266039220286352 4.393851231115214e-06
1.91 10.899592033113711 3.744974604584023e-06
1.97 9.665366222887384 6.18792491065716e-06
2.03 -3.618462789608919 0.0021485489777462365
2.09 -3.8291328672108116 0.002953566079365755
2.15 -4.236039526155697 2.114125869521587e-05
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
