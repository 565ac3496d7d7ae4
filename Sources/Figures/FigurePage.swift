import Foundation

/// A kind of file that gnuplot draws.
public enum FigureFormat: String, Sendable, CaseIterable {
    /// For pages.
    case svg
    /// For everything that shows pixels.
    case png
    /// For papers.
    case pdf
    /// For pages in dark colours.
    case svgDark = "svg-dark"
    /// For slides in dark colours.
    case pngDark = "png-dark"
    /// For XeLaTeX and LuaLaTeX, which set the text: a `.tex` to be included, and the PDF it refers to.
    case cairolatex

    /// What stands behind the figure's name in the file's name.
    var suffix: String {
        switch self {
        case .svg: ".svg"
        case .png: ".png"
        case .pdf: ".pdf"
        case .svgDark: "-dark.svg"
        case .pngDark: "-dark.png"
        case .cairolatex: "-latex.tex"
        }
    }

    /// Whether a file has its end, and a PDF everything before it: gnuplot may have died, or not have noticed a write that failed.
    func isWhole(_ file: Data) -> Bool {
        let (mark, reach): (String, Int) =
            switch self {
            case .svg, .svgDark: ("</svg>", 16)
            case .png, .pngDark: ("IEND", 12)
            case .pdf: ("%%EOF", 16)
            case .cairolatex: ("\\endgroup", 32)
            }
        return file.suffix(reach).range(of: Data(mark.utf8)) != nil && (self != .pdf || FigureFormat.tableFits(file))
    }

    /// A PDF's last lines say where its table of objects stands, counted from the beginning (ISO 32000-1, 7.5.5): it does stand
    /// there, as `xref` or as an object.
    private static func tableFits(_ file: Data) -> Bool {
        guard file.starts(with: "%PDF".utf8),
            let mark = file.range(of: Data("startxref".utf8), options: .backwards)
        else { return false }
        let digits = file[mark.upperBound...].drop { $0 <= 0x20 }.prefix { 0x30...0x39 ~= $0 }
        guard let offset = Int(String(decoding: digits, as: UTF8.self)), offset < file.count else { return false }
        let found = file[(file.startIndex + offset)...].prefix(24)
        return found.starts(with: "xref".utf8) || found.range(of: Data(" 0 obj".utf8)) != nil
    }

    /// `set terminal …` for a page in centimetres. Pixels are 96 to the inch in SVG and 200 in PNG; letters have 8 points
    /// everywhere.
    func terminal(width: Double, height: Double) -> String {
        func pixels(_ length: Double, _ density: Double) -> Int { Int((length / 2.54 * density).rounded()) }
        func centimetres(_ length: Double) -> String { String(format: "%.3fcm", length) }
        return switch self {
        case .svg, .svgDark:
            "set terminal svg size \(pixels(width, 96)),\(pixels(height, 96)) font 'DejaVu Sans,10.7' background paper; small = ',9'"
        case .png, .pngDark:
            "set terminal pngcairo size \(pixels(width, 200)),\(pixels(height, 200)) font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2 background paper; small = ',7'"
        case .pdf:
            "set terminal pdfcairo size \(centimetres(width)),\(centimetres(height)) font 'DejaVu Sans,8' fontscale 0.75 linewidth 1 pointscale 0.6 background paper; small = ',7'"
        case .cairolatex:
            "set terminal cairolatex pdf input size \(centimetres(width)),\(centimetres(height)) font ',8' fontscale 0.5 linewidth 1 pointscale 0.6; small = ''"
        }
    }
}

/// A script that draws one page in every format.
enum FigurePage {
    /// A single and a double column of a journal, in centimetres.
    static let column = 8.6, page = 17.8

    /// The script. It stands alone: `gnuplot NAME.gp` in its folder draws the files again; `formats` says which.
    ///
    /// The body may use the variables `ink`, `mid`, `faint`, `shade` and `paper`, from the strongest to the weakest colour, `c0` to
    /// `c7` for variants, and `small` for a smaller font.
    static func script(_ name: String, width: Double, height: Double, data: String, body: String) -> String {
        let terminals = FigureFormat.allCases.map { format in
            """
                if (format eq '\(format.rawValue)') {
                    \(format.terminal(width: width, height: height))
                    set output into('\(name)\(format.suffix)')
                }

            """
        }.joined()
        return """
            # \(name): drawn by landscape. Edit and run again: gnuplot \(name).gp
            if (!exists('formats')) formats = 'svg png pdf svg-dark'    # also png-dark, cairolatex
            if (!exists('letters')) letters = 0    # 1 where the fonts have every letter of the names
            if (!exists('checked')) checked = 0    # 1: gnuplot does not notice a write that fails, cat does; PDF takes no pipe
            into(file) = checked && format ne 'pdf' && !tex ? '|cat > '.file.' || rm -f '.file : file
            set encoding utf8
            \(data)
            do for [format in formats] {
                dark = strstrt(format, 'dark') > 0
                tex = format eq 'cairolatex'
                paper = dark ? '#161616' : '#ffffff'; ink = dark ? '#e8e8e8' : '#1b1b1b'; mid = dark ? '#b0b0b0' : '#555555'
                faint = dark ? '#6e6e6e' : '#999999'; shade = dark ? '#333333' : '#eeeeee'
            \(Palette.variables)
            \(terminals)    set minussign
                set border lc rgb ink; set tics tc rgb ink; set key tc rgb ink; set title tc rgb ink
                set xlabel tc rgb ink; set ylabel tc rgb ink; set zlabel tc rgb ink; set cblabel tc rgb ink
            \(body.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n"))
                reset
            }
            set output

            """
    }
}
