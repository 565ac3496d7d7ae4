# eigenvalues: drawn by landscape. Edit and run again: gnuplot eigenvalues.gp
if (!exists('formats')) formats = 'svg png pdf svg-dark'    # also png-dark, cairolatex
if (!exists('letters')) letters = 0    # 1 where the fonts have every letter of the names
if (!exists('checked')) checked = 0    # 1: gnuplot does not notice a write that fails, cat does; PDF takes no pipe
into(file) = checked && format ne 'pdf' && !tex ? '|cat > '.file.' || rm -f '.file : file
set encoding utf8
$done0 << EOD
-0.15 48.2667845442479 0.002802921486065285
-0.09 25.280050968533512 0.006030782624669382
-0.029999999999999992 19.729121039135332 0.004095171888572575
0.029999999999999992 -15.367242793213638 0.010405798901859529
0.09000000000000001 -16.741957679381038 0.004590570481351072
0.15 -20.25012402073117 0.003476326354477243
EOD
$done1 << EOD
0.85 11.83837756632172 0.0034069910202996693
0.91 11.646009083055594 0.0031016931601785345
0.97 10.580877624439355 0.0019947916638063724
1.03 -4.689370031494403 0.0027049579854047617
1.09 -4.829135772359616 0.001963541636661693
1.15 -5.183339242657625 0.002234831303381791
EOD
$done2 << EOD
1.85 24.26603433630524 0.007912766267530272
1.91 10.899587834014985 0.003198310833929103
1.97 9.66537004387589 0.0033485648345047167
2.03 -3.6184605005832964 0.0024247990470627366
2.09 -3.829134072476689 0.0022123001530070983
2.15 -4.236039253724256 0.0019776101800756886
EOD

do for [format in formats] {
    dark = strstrt(format, 'dark') > 0
    tex = format eq 'cairolatex'
    paper = dark ? '#161616' : '#ffffff'; ink = dark ? '#e8e8e8' : '#1b1b1b'; mid = dark ? '#b0b0b0' : '#555555'
    faint = dark ? '#6e6e6e' : '#999999'; shade = dark ? '#333333' : '#eeeeee'
    c0 = dark ? '#4aa3df' : '#0072B2'; c1 = dark ? '#ff8a3d' : '#D55E00'; c2 = dark ? '#2cc295' : '#009E73'; c3 = dark ? '#e2a3c4' : '#CC79A7'; c4 = dark ? '#f2f2f2' : '#000000'; c5 = dark ? '#f0b429' : '#E69F00'; c6 = dark ? '#9ad4f5' : '#56B4E9'; c7 = dark ? '#a6a6a6' : '#7F7F7F'
    if (format eq 'svg') {
        set terminal svg size 673,283 font 'DejaVu Sans,10.7' background paper; small = ',9'
        set output into('eigenvalues.svg')
    }
    if (format eq 'png') {
        set terminal pngcairo size 1402,591 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2 background paper; small = ',7'
        set output into('eigenvalues.png')
    }
    if (format eq 'pdf') {
        set terminal pdfcairo size 17.800cm,7.500cm font 'DejaVu Sans,8' fontscale 0.75 linewidth 1 pointscale 0.6 background paper; small = ',7'
        set output into('eigenvalues.pdf')
    }
    if (format eq 'svg-dark') {
        set terminal svg size 673,283 font 'DejaVu Sans,10.7' background paper; small = ',9'
        set output into('eigenvalues-dark.svg')
    }
    if (format eq 'png-dark') {
        set terminal pngcairo size 1402,591 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2 background paper; small = ',7'
        set output into('eigenvalues-dark.png')
    }
    if (format eq 'cairolatex') {
        set terminal cairolatex pdf input size 17.800cm,7.500cm font ',8' fontscale 0.5 linewidth 1 pointscale 0.6; small = ''
        set output into('eigenvalues-latex.tex')
    }
    set minussign
    set border lc rgb ink; set tics tc rgb ink; set key tc rgb ink; set title tc rgb ink
    set xlabel tc rgb ink; set ylabel tc rgb ink; set zlabel tc rgb ink; set cblabel tc rgb ink
    set lmargin at screen 0.11000; set rmargin at screen 0.97000; set bmargin at screen 0.14000; set tmargin at screen 0.88000
    set border 3; set tics nomirror out
    set xrange [-0.5:2.5]
    set offsets 0, 0, graph 0.05, graph 0.05
    set xtics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set ylabel 'eigenvalue of the Hessian'
    set key at graph 1, 1.02 right bottom horizontal Left reverse samplen 1.5
    set arrow from graph 0, first 0 to graph 1, first 0 nohead lc rgb faint dt 3 back
    plot $done0 using 1:2:3 with yerrorbars pt 7 ps 0.7 lc rgb c0 notitle, \
         $done1 using 1:2:3 with yerrorbars pt 7 ps 0.7 lc rgb c1 notitle, \
         $done2 using 1:2:3 with yerrorbars pt 7 ps 0.7 lc rgb c2 notitle, \
         NaN with points pt 7 ps 0.7 lc rgb ink title 'converged, bar: residual'
    reset
}
set output
