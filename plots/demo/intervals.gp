# intervals: drawn by landscape. Edit and run again: gnuplot intervals.gp
if (!exists('formats')) formats = 'svg png pdf svg-dark'    # also png-dark, cairolatex
if (!exists('letters')) letters = 0    # 1 where the fonts have every letter of the names
if (!exists('checked')) checked = 0    # 1: gnuplot does not notice a write that fails, cat does; PDF takes no pipe
into(file) = checked && format ne 'pdf' && !tex ? '|cat > '.file.' || rm -f '.file : file
set encoding utf8
$v1sure << EOD
10.431892174147489 -0.18 5.49385111791059 15.369933230384389
-40.69731533655959 0.8200000000000001 -49.77455071923633 -31.62007995388285
-51.94700723801864 1.82 -61.30610486838264 -42.58790960765465
-11.63960561004565 2.82 -20.850098095605684 -2.4291131244856206
-27.989838334377698 3.82 -36.15564838916609 -19.824028279589307
-74.70743182447822 5.82 -123.76740746429422 -25.647456184662218
-90.83421808241766 7.82 -103.8060210531408 -77.86241511169452
-42.01262813846808 8.82 -73.8043155027394 -10.220940774196759
EOD
$v1open << EOD
-56.353855932575506 4.82 -112.77285225258295 0.06514038743194371
629.4265870962012 6.82 -392.4060498519559 1651.2592240443582
EOD
$v2sure << EOD
-9.195949123646843 0.18 -12.260099890836237 -6.13179835645745
-48.705389404171164 1.18 -58.089399496540636 -39.3213793118017
-43.96284036184334 2.18 -52.450863607904424 -35.47481711578226
-38.424903827196445 3.18 -49.56472287201692 -27.28508478237596
-38.735758856571884 4.18 -47.05025877630618 -30.421258936837578
-82.74464712316069 8.18 -95.04168589677793 -70.44760834954346
-46.79321876427112 9.18 -63.38618583189752 -30.200251696644717
EOD
$v2open << EOD
-21.072091476379303 5.18 -86.1708208564474 44.02663790368881
-39.702004722350445 6.18 -94.50355269753497 15.099543252834094
636.2373062604088 7.18 -390.34824693299413 1662.8228594538114
EOD

do for [format in formats] {
    dark = strstrt(format, 'dark') > 0
    tex = format eq 'cairolatex'
    paper = dark ? '#161616' : '#ffffff'; ink = dark ? '#e8e8e8' : '#1b1b1b'; mid = dark ? '#b0b0b0' : '#555555'
    faint = dark ? '#6e6e6e' : '#999999'; shade = dark ? '#333333' : '#eeeeee'
    c0 = dark ? '#4aa3df' : '#0072B2'; c1 = dark ? '#ff8a3d' : '#D55E00'; c2 = dark ? '#2cc295' : '#009E73'; c3 = dark ? '#e2a3c4' : '#CC79A7'; c4 = dark ? '#f2f2f2' : '#000000'; c5 = dark ? '#f0b429' : '#E69F00'; c6 = dark ? '#9ad4f5' : '#56B4E9'; c7 = dark ? '#a6a6a6' : '#7F7F7F'
    if (format eq 'svg') {
        set terminal svg size 673,346 font 'DejaVu Sans,10.7' background paper; small = ',9'
        set output into('intervals.svg')
    }
    if (format eq 'png') {
        set terminal pngcairo size 1402,720 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2 background paper; small = ',7'
        set output into('intervals.png')
    }
    if (format eq 'pdf') {
        set terminal pdfcairo size 17.800cm,9.150cm font 'DejaVu Sans,8' fontscale 0.75 linewidth 1 pointscale 0.6 background paper; small = ',7'
        set output into('intervals.pdf')
    }
    if (format eq 'svg-dark') {
        set terminal svg size 673,346 font 'DejaVu Sans,10.7' background paper; small = ',9'
        set output into('intervals-dark.svg')
    }
    if (format eq 'png-dark') {
        set terminal pngcairo size 1402,720 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2 background paper; small = ',7'
        set output into('intervals-dark.png')
    }
    if (format eq 'cairolatex') {
        set terminal cairolatex pdf input size 17.800cm,9.150cm font ',8' fontscale 0.5 linewidth 1 pointscale 0.6; small = ''
        set output into('intervals-latex.tex')
    }
    set minussign
    set border lc rgb ink; set tics tc rgb ink; set key tc rgb ink; set title tc rgb ink
    set xlabel tc rgb ink; set ylabel tc rgb ink; set zlabel tc rgb ink; set cblabel tc rgb ink
    set lmargin at screen 0.20730; set rmargin at screen 0.97191; set bmargin at screen 0.14754; set tmargin at screen 0.89071
    set object 1 rectangle from graph 0, first -0.5 to graph 1, first 0.5 fillstyle solid noborder fillcolor rgb shade behind
    set object 3 rectangle from graph 0, first 1.5 to graph 1, first 2.5 fillstyle solid noborder fillcolor rgb shade behind
    set object 5 rectangle from graph 0, first 3.5 to graph 1, first 4.5 fillstyle solid noborder fillcolor rgb shade behind
    set object 7 rectangle from graph 0, first 5.5 to graph 1, first 6.5 fillstyle solid noborder fillcolor rgb shade behind
    set object 9 rectangle from graph 0, first 7.5 to graph 1, first 8.5 fillstyle solid noborder fillcolor rgb shade behind
    set label (tex ? '629 \% →' : '629 % →') at graph 0.99, first 6.82 right offset 0,0.45 noenhanced tc rgb c1 font small front
    set label (tex ? '636 \% →' : '636 % →') at graph 0.99, first 7.18 right offset 0,0.45 noenhanced tc rgb c2 font small front
    set border 1; set tics nomirror out
    set xrange [-142.5625288451669:142.5625288451669]
    set yrange [9.5:-0.5]
    set ytics ('loss' 0, 'SAM sharpness' 1, 'm-sharpness' 2, 'ASAM' 3, 'ASAM, rows' 4, 'average sharpness' 5, 'adaptive average' 6, (letters || strstrt(format, 'svg') > 0 ? 'θᵀHθ' : 'θ□Hθ') 7, 'Fisher-Rao norm' 8, 'relative flatness' 9) noenhanced scale 0
    set xlabel (tex ? 'difference from pretrained, \% of its value (95 \% interval; filled: leaves out 0)' : 'difference from pretrained, % of its value (95 % interval; filled: leaves out 0)') noenhanced
    set arrow from first 0, graph 0 to first 0, graph 1 nohead lc rgb mid
    set key at screen 0.20730337078651687,0.9836065573770492 left top horizontal Left reverse samplen 1 maxrows 1
    plot $v1sure using 1:2:3:4 with xerrorbars pt 7 ps 0.7 lw 1.2 lc rgb c1 notitle, \
         $v1open using 1:2:3:4 with xerrorbars pt 6 ps 0.7 lw 1.2 lc rgb c1 notitle, \
         NaN with points pt 7 ps 0.8 lc rgb c1 title 'scratch' noenhanced, \
         $v2sure using 1:2:3:4 with xerrorbars pt 7 ps 0.7 lw 1.2 lc rgb c2 notitle, \
         $v2open using 1:2:3:4 with xerrorbars pt 6 ps 0.7 lw 1.2 lc rgb c2 notitle, \
         NaN with points pt 7 ps 0.8 lc rgb c2 title 'sff:0.7' noenhanced
    reset
}
set output
