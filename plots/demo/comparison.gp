# comparison: drawn by landscape. Edit and run again: gnuplot comparison.gp
set encoding utf8
set minussign
$p0v0 << EOD
1.9329301065881737 0.0 0.09134437328578077
EOD
$p0v1 << EOD
2.134571287664585 1.0 0.09342246014172999
EOD
$p0v2 << EOD
1.7551788469427265 2.0 0.0786895341208415
EOD
$p1v0 << EOD
3.9650538422094668 0.0 0.0
EOD
$p1v1 << EOD
2.332908427360984 1.0 0.0
EOD
$p1v2 << EOD
2.0073648295928717 2.0 0.0
EOD
$p2v0 << EOD
48.26678308726342 0.0 0.002869393261633286
EOD
$p2v1 << EOD
11.838377358731769 1.0 0.003533476586822577
EOD
$p2v2 << EOD
24.266033837454994 2.0 0.008173573313996553
EOD
$p3v0 << EOD
-20.25012038391665 0.0 0.004168736122692291
EOD
$p3v1 << EOD
-5.183339196451885 1.0 0.0022935982482976767
EOD
$p3v2 << EOD
-4.236039351893757 2.0 0.0019834899288438098
EOD
$p4v0 << EOD
275.21113939188143 0.0 23.454067556209193
EOD
$p4v1 << EOD
201.84048328963354 1.0 12.569446634281137
EOD
$p4v2 << EOD
353.1732535810401 2.0 9.4650116755218
EOD
$p5v0 << EOD
122.63864910172991 0.0 0.7266760613847685
EOD
$p5v1 << EOD
56.05132018759451 1.0 0.5126671611192535
EOD
$p5v2 << EOD
54.87140699102787 2.0 0.3152826591359078
EOD
$p6v0 << EOD
2.2440816284888396 0.0 0.193337708053908
EOD
$p6v1 << EOD
3.600994278352531 1.0 0.21140679165533527
EOD
$p6v2 << EOD
6.436380493009559 2.0 0.1506533432320058
EOD
$p7v0 << EOD
0.2094271305250004 0.0 0.013518801342371345
EOD
$p7v1 << EOD
0.12419592030346394 1.0 0.006173328983663598
EOD
$p7v2 << EOD
0.10742483549984172 2.0 0.005978743207630772
EOD
$p8v0 << EOD
0.3109927356126718 0.0 0.019622967931213636
EOD
$p8v1 << EOD
0.14944132906384766 1.0 0.007279964565572777
EOD
$p8v2 << EOD
0.17427150637377053 2.0 0.009111612218530855
EOD
$p9v0 << EOD
0.4803307104157284 0.0 0.030688336386384945
EOD
$p9v1 << EOD
0.42442211299203336 1.0 0.019530576563626823
EOD
$p9v2 << EOD
0.2957640930544585 2.0 0.015333894084641836
EOD
$p10v0 << EOD
1.392624391184654 0.0 0.08851094440693552
EOD
$p10v1 << EOD
1.0028309411136433 1.0 0.04765294436298911
EOD
$p10v2 << EOD
0.8531806887476705 2.0 0.04543261313671069
EOD
$p11v0 << EOD
0.021010286739328875 0.0 0.004462327985531512
EOD
$p11v1 << EOD
0.009170193958561867 1.0 0.0010856153649429965
EOD
$p11v2 << EOD
0.016582978441147134 2.0 0.0009552528028170012
EOD
$p12v0 << EOD
0.03138703752774745 0.0 0.006648901209966624
EOD
$p12v1 << EOD
0.007938591809943319 1.0 0.004705961495714769
EOD
$p12v2 << EOD
0.018925746611785144 2.0 0.003171520359820521
EOD
$p13v0 << EOD
-0.9444656732664871 0.0 0.0
EOD
$p13v1 << EOD
5.000215140498219 1.0 0.0
EOD
$p13v2 << EOD
5.064539663040151 2.0 0.0
EOD
$p14v0 << EOD
46.37182889390736 0.0 0.0
EOD
$p14v1 << EOD
4.250340900936595 1.0 0.0
EOD
$p14v2 << EOD
8.00162332136549 2.0 0.0
EOD
$p15v0 << EOD
118.98662941867208 0.0 11.572467383900987
EOD
$p15v1 << EOD
68.99721849897178 1.0 9.566317831012753
EOD
$p15v2 << EOD
63.308954756055776 2.0 6.8370373603264385
EOD
$p16v0 << EOD
0.9477251884811014 0.0 0.0001603791614932515
EOD
$p16v1 << EOD
5.862420586544083 1.0 0.0001240087982519178
EOD
$p16v2 << EOD
3.4929519921920638 2.0 7.388701859767366e-05
EOD
$p17v0 << EOD
16.563538485670456 0.0 0.0
EOD
$p17v1 << EOD
7.544264204999161 1.0 0.0
EOD
$p17v2 << EOD
7.353392329638107 2.0 0.0
EOD

do for [format = 0:1] {
    if (format == 0) {
        set terminal svg size 673,461 font 'DejaVu Sans,10.7' background '#ffffff'
        small = ',9'
        set output 'comparison.svg'
    } else {
        set terminal pngcairo size 1402,961 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2
        small = ',7'
        set output 'comparison.png'
    }
    set multiplot
    set border 1 lw 0.7; set tics nomirror out; unset key
    set yrange [2.5:-0.5]
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [0.0:2.3616733726746935]; set xtics 1.0 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'loss' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p0v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p0v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p0v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [0.0:4.202957072742035]; set xtics 2.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'gradient norm' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p1v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p1v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p1v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [0.0:51.16583162935655]; set xtics 20.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ max' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p2v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p2v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p2v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [-21.469546467241702:0.0]; set xtics 10.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'λ min' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p3v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p3v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p3v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.81148; set tmargin at screen 0.94672
    set xrange [0.0:384.3965611719556]; set xtics 200.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p4v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p4v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p4v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:130.76724467290157]; set xtics 100.0 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'Frobenius norm' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p5v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p5v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p5v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:6.982255866416058]; set xtics 5.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'trace / Frobenius' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p6v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p6v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p6v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:0.23632268777941404]; set xtics 0.1 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'SAM sharpness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p7v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p7v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p7v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:0.3504526457565186]; set xtics 0.2 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'm-sharpness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p8v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p8v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p8v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.56148; set tmargin at screen 0.69672
    set xrange [0.0:0.5416801896102401]; set xtics 0.5 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'ASAM' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p9v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p9v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p9v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [0.0:1.570003455727085]; set xtics 1.0 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'ASAM, rows' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p10v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p10v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p10v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [0.0:0.02700097160835201]; set xtics 0.02 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'average sharpness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p11v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p11v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p11v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [0.0:0.04031809506197692]; set xtics 0.02 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'adaptive average' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p12v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p12v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p12v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.66011; set rmargin at screen 0.80618; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [-1.3050059934448854:5.425079983218549]; set xtics 5.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'θᵀHθ' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p13v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p13v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p13v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.83708; set rmargin at screen 0.98315; set bmargin at screen 0.31148; set tmargin at screen 0.44672
    set xrange [0.0:49.154138627541805]; set xtics 20.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'Fisher-Rao norm' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p14v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p14v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p14v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.12921; set rmargin at screen 0.27528; set bmargin at screen 0.06148; set tmargin at screen 0.19672
    set xrange [0.0:138.39264261072745]; set xtics 100.0 font small; set format x '%.4g'
    set ytics ('pretrained' 0, 'scratch' 1, 'sff:0.7' 2) noenhanced scale 0
    set title 'relative flatness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p15v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p15v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p15v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.30618; set rmargin at screen 0.45225; set bmargin at screen 0.06148; set tmargin at screen 0.19672
    set xrange [0.0:6.214297271062875]; set xtics 5.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'critical sharpness' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p16v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p16v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p16v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    set lmargin at screen 0.48315; set rmargin at screen 0.62921; set bmargin at screen 0.06148; set tmargin at screen 0.19672
    set xrange [0.0:17.557350794810684]; set xtics 10.0 font small; set format x '%.4g'
    set ytics ('' 0, '' 1, '' 2) noenhanced scale 0
    set title 'smoothness along g' noenhanced offset 0,-0.5 font small
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#bbbbbb' back
    plot $p17v0 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#0072B2', $p17v1 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#D55E00', $p17v2 using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb '#009E73'
    unset multiplot
    reset
}
set output
