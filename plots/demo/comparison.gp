# comparison: drawn by landscape. Edit and run again: gnuplot comparison.gp
if (!exists('formats')) formats = 'svg png pdf svg-dark'    # also png-dark, cairolatex
if (!exists('letters')) letters = 0    # 1 where the fonts have every letter of the names
if (!exists('checked')) checked = 0    # 1: gnuplot does not notice a write that fails, cat does; PDF takes no pipe
into(file) = checked && format ne 'pdf' && !tex ? '|cat > '.file.' || rm -f '.file : file
set encoding utf8
$p0v0 << EOD
1.9329301109537482 0.0 0.09134437396248202
EOD
$p0v1 << EOD
2.1345712959300727 1.0 0.09342246073126903
EOD
$p0v2 << EOD
1.755178841354791 2.0 0.07868953402210146
EOD
$p1v0 << EOD
3.9650539773836977 0.0 0.0
EOD
$p1v1 << EOD
2.3329084232808364 1.0 0.0
EOD
$p1v2 << EOD
2.00736481176348 2.0 0.0
EOD
$p2v0 << EOD
48.2667845442479 0.0 0.002802921486065285
EOD
$p2v1 << EOD
11.83837756632172 1.0 0.0034069910202996693
EOD
$p2v2 << EOD
24.26603433630524 2.0 0.007912766267530272
EOD
$p3v0 << EOD
-20.25012402073117 0.0 0.003476326354477243
EOD
$p3v1 << EOD
-5.183339242657625 1.0 0.002234831303381791
EOD
$p3v2 << EOD
-4.236039253724256 2.0 0.0019776101800756886
EOD
$p4v0 << EOD
275.21114896944863 0.0 23.454069035460552
EOD
$p4v1 << EOD
201.84048468262728 1.0 12.569446465173433
EOD
$p4v2 << EOD
353.1732557173515 2.0 9.465011195852453
EOD
$p5v0 << EOD
0.003922174623324715 0.0 0.0003342559148822904
EOD
$p5v1 << EOD
0.002876531819100263 1.0 0.0001791336002903522
EOD
$p5v2 << EOD
0.005033252418728644 2.0 0.00013489070795594078
EOD
$p6v0 << EOD
122.63865048006953 0.0 0.7266759652893092
EOD
$p6v1 << EOD
56.05132026667794 1.0 0.512667166006595
EOD
$p6v2 << EOD
54.871406588282994 2.0 0.31528265579683795
EOD
$p7v0 << EOD
2.244081681363366 0.0 0.19333772268966698
EOD
$p7v1 << EOD
3.600994298123961 1.0 0.21140678944408614
EOD
$p7v2 << EOD
6.436380579184325 2.0 0.15065333538554876
EOD
$p8v0 << EOD
0.20942713209660724 0.0 0.013518801668376315
EOD
$p8v1 << EOD
0.12419591174693778 1.0 0.006173328830997123
EOD
$p8v2 << EOD
0.10742483189096674 2.0 0.005978742517434901
EOD
$p9v0 << EOD
0.3109927510959096 0.0 0.019622967221376044
EOD
$p9v1 << EOD
0.14944132417440414 1.0 0.00727996482708278
EOD
$p9v2 << EOD
0.17427150439471006 2.0 0.009111612705834143
EOD
$p10v0 << EOD
0.4803306770627387 0.0 0.030688332421362298
EOD
$p10v1 << EOD
0.4244220806285739 1.0 0.01953057537984153
EOD
$p10v2 << EOD
0.2957640763488598 2.0 0.015333893451387207
EOD
$p11v0 << EOD
1.392624187283218 0.0 0.0885109300246721
EOD
$p11v1 << EOD
1.002830928657204 1.0 0.047652943868938834
EOD
$p11v2 << EOD
0.8531806403188966 2.0 0.04543261118128457
EOD
$p12v0 << EOD
0.02101029299083166 0.0 0.004462327716626197
EOD
$p12v1 << EOD
0.009170182747766376 1.0 0.0010856158042305219
EOD
$p12v2 << EOD
0.016582984832348303 2.0 0.0009552554633508315
EOD
$p13v0 << EOD
0.031387040490517396 0.0 0.006648892062581125
EOD
$p13v1 << EOD
0.007938588614342735 1.0 0.004705960628964621
EOD
$p13v2 << EOD
0.01892575619276613 2.0 0.003171523179624271
EOD
$p14v0 << EOD
-0.9444586236655272 0.0 4.882538547409316
EOD
$p14v1 << EOD
5.000215057808189 1.0 0.2290826604725234
EOD
$p14v2 << EOD
5.064539482288184 2.0 0.42418432094411734
EOD
$p15v0 << EOD
46.37183149284661 0.0 3.171483854806952
EOD
$p15v1 << EOD
4.2503409458231385 1.0 0.18819731599066605
EOD
$p15v2 << EOD
8.001623159543993 2.0 0.45970667924910175
EOD
$p16v0 << EOD
118.98662826231809 0.0 11.572467153631262
EOD
$p16v1 << EOD
68.99721859596902 1.0 9.566317823621329
EOD
$p16v2 << EOD
63.308954999301534 2.0 6.837037435390218
EOD
$p17v0 << EOD
0.9477252183550389 0.0 0.00016037916654870754
EOD
$p17v1 << EOD
5.862420590786723 1.0 0.00012400879834162382
EOD
$p17v2 << EOD
3.49295191611972 2.0 7.388701698807232e-05
EOD
$p18v0 << EOD
16.563539159361166 0.0 0.0
EOD
$p18v1 << EOD
7.544264204692574 1.0 0.0
EOD
$p18v2 << EOD
7.353391588582415 2.0 0.0
EOD

do for [format in formats] {
    dark = strstrt(format, 'dark') > 0
    tex = format eq 'cairolatex'
    paper = dark ? '#161616' : '#ffffff'; ink = dark ? '#e8e8e8' : '#1b1b1b'; mid = dark ? '#b0b0b0' : '#555555'
    faint = dark ? '#6e6e6e' : '#999999'; shade = dark ? '#333333' : '#eeeeee'
    c0 = dark ? '#4aa3df' : '#0072B2'; c1 = dark ? '#ff8a3d' : '#D55E00'; c2 = dark ? '#2cc295' : '#009E73'; c3 = dark ? '#e2a3c4' : '#CC79A7'; c4 = dark ? '#f2f2f2' : '#000000'; c5 = dark ? '#f0b429' : '#E69F00'; c6 = dark ? '#9ad4f5' : '#56B4E9'; c7 = dark ? '#a6a6a6' : '#7F7F7F'
    if (format eq 'svg') {
        set terminal svg size 673,461 font 'DejaVu Sans,10.7' background paper; small = ',9'
        set output into('comparison.svg')
    }
    if (format eq 'png') {
        set terminal pngcairo size 1402,961 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2 background paper; small = ',7'
        set output into('comparison.png')
    }
    if (format eq 'pdf') {
        set terminal pdfcairo size 17.800cm,12.200cm font 'DejaVu Sans,8' fontscale 0.75 linewidth 1 pointscale 0.6 background paper; small = ',7'
        set output into('comparison.pdf')
    }
    if (format eq 'svg-dark') {
        set terminal svg size 673,461 font 'DejaVu Sans,10.7' background paper; small = ',9'
        set output into('comparison-dark.svg')
    }
    if (format eq 'png-dark') {
        set terminal pngcairo size 1402,961 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2 background paper; small = ',7'
        set output into('comparison-dark.png')
    }
    if (format eq 'cairolatex') {
        set terminal cairolatex pdf input size 17.800cm,12.200cm font ',8' fontscale 0.5 linewidth 1 pointscale 0.6; small = ''
        set output into('comparison-latex.tex')
    }
    set minussign
    set border lc rgb ink; set tics tc rgb ink; set key tc rgb ink; set title tc rgb ink
    set xlabel tc rgb ink; set ylabel tc rgb ink; set zlabel tc rgb ink; set cblabel tc rgb ink
    set multiplot
    set border 1 lw 0.7; set tics nomirror out; unset key
    set yrange [2.5:-0.5]
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [0.0:2.361673382061022]; set xtics 1.0 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'loss' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p0v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p0v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p0v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [0.0:4.20295721602672]; set xtics 2.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'gradient norm' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p1v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p1v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p1v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [0.0:51.165762713678]; set xtics 20.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ max' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p2v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p2v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p2v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [-21.468816367910787:0.0]; set xtics 10.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ min' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p3v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p3v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p3v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [0.0:384.3965629279962]; set xtics 200.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p4v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p4v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p4v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:0.00547823171428566]; set xtics 0.005 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'trace / n' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p5v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p5v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p5v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:130.76724603208035]; set xtics 100.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'Frobenius norm' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p6v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p6v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p6v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:6.982255949444067]; set xtics 5.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace / Frobenius' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p7v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p7v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p7v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:0.23632268979088258]; set xtics 0.1 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'SAM sharpness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p8v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p8v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p8v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:0.3504526614163228]; set xtics 0.2 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'm-sharpness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p9v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p9v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p9v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [0.0:0.541680150053147]; set xtics 0.5 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'ASAM' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p10v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p10v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p10v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [0.0:1.5700032243463633]; set xtics 1.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'ASAM, rows' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p11v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p11v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p11v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [0.0:0.02700097794990533]; set xtics 0.02 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'average sharpness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p12v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p12v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p12v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [0.0:0.04031808850628443]; set xtics 0.02 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'adaptive average' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p13v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p13v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p13v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [-6.505940429533272:6.16766706169073]; set xtics 5.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title (letters || strstrt(format, 'svg') > 0 ? 'θᵀHθ' : 'θ□Hθ') noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p14v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p14v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p14v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.06148; set tmargin at screen 0.19672
    set xrange [0.0:52.51591426851277]; set xtics 50.0 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'Fisher-Rao norm' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p15v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p15v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p15v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.06148; set tmargin at screen 0.19672
    set xrange [0.0:138.3926411409063]; set xtics 100.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'relative flatness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p16v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p16v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p16v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.06148; set tmargin at screen 0.19672
    set xrange [0.0:6.214297275560168]; set xtics 5.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'critical sharpness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p17v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p17v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p17v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.06148; set tmargin at screen 0.19672
    set xrange [0.0:17.557351508922835]; set xtics 10.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'smoothness along g' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
    plot $p18v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c0, $p18v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c1, $p18v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb c2
    unset multiplot
    reset
}
set output
