# path: drawn by landscape. Edit and run again: gnuplot path.gp
if (!exists('formats')) formats = 'svg png pdf svg-dark'    # also png-dark, cairolatex
if (!exists('letters')) letters = 0    # 1 where the fonts have every letter of the names
if (!exists('checked')) checked = 0    # 1: gnuplot does not notice a write that fails, cat does; PDF takes no pipe
into(file) = checked && format ne 'pdf' && !tex ? '|cat > '.file.' || rm -f '.file : file
set encoding utf8
$path << EOD
0.0 2.219921537733171 2.1218633298171876 2.3179797456491547
0.025 2.1944999989354983 2.097669013007029 2.2913309848639676
0.05 2.1708076603827067 2.075121840428953 2.2664934803364605
0.075 2.148698470497038 2.054080599895818 2.2433163410982586
0.1 2.12802609737264 2.0344042520603685 2.2216479426849114
0.125 2.1086454311734997 2.0159533172173183 2.201337545129681
0.15 2.0904161036014557 1.9985931738501495 2.182239033352762
0.175 2.073206972971093 1.982198264508393 2.1642156814337925
0.2 2.0569009146420285 1.9666566120762017 2.1471452172078553
0.225 2.0413997324649245 1.9518744380683954 2.1309250268614535
0.25 2.0266270192805678 1.9377788332339398 2.1154752053271957
0.275 2.012528818217106 1.924318321391001 2.1007393150432114
0.3 1.999070730758831 1.9114600420336745 2.0866814194839876
0.325 1.9862310362514108 1.8991831335287048 2.073278938974117
0.35 1.9739897266845219 1.8874682277272075 2.0605112256418363
0.375 1.9623140654875897 1.8762836523212816 2.048344478653898
0.4 1.951140960038174 1.8655686121152049 2.036713307961143
0.425 1.940357955696527 1.855215043692904 2.0255008677001496
0.45 1.9297842297819443 1.8450494714564423 2.0145189881074463
0.475 1.9191550023970194 1.8348180497851236 2.003491955008915
0.5 1.9081140724010766 1.8241792896201252 1.992048855182028
0.525 1.8962202198454179 1.812709934631489 1.9797305050593468
0.55 1.8829723493545316 1.7999287446224375 1.9660159540866258
0.575 1.8678556106169708 1.7853404292917823 1.9503707919421593
0.6 1.850407852558419 1.7684991867546855 1.9323165183621527
0.625 1.8303070083493367 1.7490924138059458 1.9115216028927275
0.65 1.8074746608617716 1.7270404060558677 1.8879089156676754
0.675 1.782186959288083 1.7026043301178917 1.8617695884582743
0.7 1.755178841354791 1.6764893073326896 1.8338683753768925
0.725 1.7277276286040433 1.6499277172531566 1.80552753995493
0.75 1.701695199299138 1.6247200299536304 1.7786703686446457
0.775 1.6794688829686493 1.6031730360100875 1.755764729927211
0.8 1.6637460397323593 1.5878807944611477 1.739611285003571
0.825 1.6571923400624655 1.5813821236178536 1.7330025565070775
0.85 1.6621843195753172 1.585910310765193 1.7384583283854413
0.875 1.6807062829029746 1.6033089297197998 1.7581036360861495
0.9 1.713809538341593 1.6345389120026785 1.7930801646805075
0.925 1.7606519885594025 1.678785293442602 1.842518683676203
0.95 1.8172849378897808 1.7323014090277298 1.902268466751832
0.975 1.8768603238277137 1.7886066372600289 1.9651140103953986
1.0 1.9329301109537482 1.8415857369912663 2.0242744849162304
EOD
$mark0 << EOD
1.0 1.9329301109537482
EOD
$mark1 << EOD
0.7 1.755178841354791
EOD

do for [format in formats] {
    dark = strstrt(format, 'dark') > 0
    tex = format eq 'cairolatex'
    paper = dark ? '#161616' : '#ffffff'; ink = dark ? '#e8e8e8' : '#1b1b1b'; mid = dark ? '#b0b0b0' : '#555555'
    faint = dark ? '#6e6e6e' : '#999999'; shade = dark ? '#333333' : '#eeeeee'
    c0 = dark ? '#4aa3df' : '#0072B2'; c1 = dark ? '#ff8a3d' : '#D55E00'; c2 = dark ? '#2cc295' : '#009E73'; c3 = dark ? '#e2a3c4' : '#CC79A7'; c4 = dark ? '#f2f2f2' : '#000000'; c5 = dark ? '#f0b429' : '#E69F00'; c6 = dark ? '#9ad4f5' : '#56B4E9'; c7 = dark ? '#a6a6a6' : '#7F7F7F'
    if (format eq 'svg') {
        set terminal svg size 673,265 font 'DejaVu Sans,10.7' background paper; small = ',9'
        set output into('path.svg')
    }
    if (format eq 'png') {
        set terminal pngcairo size 1402,551 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2 background paper; small = ',7'
        set output into('path.png')
    }
    if (format eq 'pdf') {
        set terminal pdfcairo size 17.800cm,7.000cm font 'DejaVu Sans,8' fontscale 0.75 linewidth 1 pointscale 0.6 background paper; small = ',7'
        set output into('path.pdf')
    }
    if (format eq 'svg-dark') {
        set terminal svg size 673,265 font 'DejaVu Sans,10.7' background paper; small = ',9'
        set output into('path-dark.svg')
    }
    if (format eq 'png-dark') {
        set terminal pngcairo size 1402,551 font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2 background paper; small = ',7'
        set output into('path-dark.png')
    }
    if (format eq 'cairolatex') {
        set terminal cairolatex pdf input size 17.800cm,7.000cm font ',8' fontscale 0.5 linewidth 1 pointscale 0.6; small = ''
        set output into('path-latex.tex')
    }
    set minussign
    set border lc rgb ink; set tics tc rgb ink; set key tc rgb ink; set title tc rgb ink
    set xlabel tc rgb ink; set ylabel tc rgb ink; set zlabel tc rgb ink; set cblabel tc rgb ink
    set lmargin at screen 0.10000; set rmargin at screen 0.72000; set bmargin at screen 0.20000; set tmargin at screen 0.95000
    set border 3; set tics nomirror out
    set xrange [-0.02:1.02]
    set xlabel 'α   (0: random draw θ₂, 1: pre-trained θ₁)'; set ylabel 'loss'
    
    set key at screen 0.735,0.93 left top Left reverse samplen 2 noenhanced
    plot $path using 1:3:4 with filledcurves fs transparent solid 0.18 noborder fc rgb ink title 'standard error', \
         $path using 1:2 with lines lc rgb ink lw 1.6 title 'α θ₁ + (1 − α) θ₂', \
         $mark0 with points pt 7 ps 1.1 lc rgb c0 title 'pretrained' noenhanced, \
         $mark1 with points pt 7 ps 1.1 lc rgb c2 title 'sff:0.7' noenhanced
    reset
}
set output
