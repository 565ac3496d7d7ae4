import Foundation

/// Pieces of gnuplot's language.
enum Gnuplot {
    /// A text for gnuplot. Single quotes: nothing in them is expanded, where double quotes would run shell commands between
    /// back-ticks. Line ends become blanks.
    static func quote(_ text: String) -> String {
        let flat = String(text.unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) })
        return "'" + flat.replacingOccurrences(of: "'", with: "''") + "'"
    }

    /// A name of at most `limit` characters: the middle of a longer one, such as a path, gives way to an ellipsis.
    static func label(_ name: String, limit: Int) -> String {
        guard name.count > limit else { return name }
        let head = max(1, (limit - 1) / 3)
        return name.prefix(head) + "…" + name.suffix(max(1, limit - 1 - head))
    }

    /// A number with all its digits; NaN and infinities are holes.
    static func number(_ value: Double) -> String {
        value.isFinite ? String(value) : "NaN"
    }

    /// A coordinate for people: at most four digits, a true minus.
    static func coordinate(_ value: Double) -> String {
        String(format: "%.4g", value).replacingOccurrences(of: "-", with: "\u{2212}")
    }

    /// A named data block; one row per array, columns separated by blanks.
    static func block(_ name: String, _ rows: [[Double]]) -> String {
        "$\(name) << EOD\n" + rows.map { $0.map(number).joined(separator: " ") }.joined(separator: "\n") + "\nEOD\n"
    }

    /// A plane as a matrix with coordinates in its first row and column.
    static func matrix(_ name: String, x: [Double], y: [Double], z: [Double]) -> String {
        var rows = [[Double(x.count)] + x]
        for (j, coordinate) in y.enumerated() { rows.append([coordinate] + z[(j * x.count)..<((j + 1) * x.count)]) }
        return block(name, rows)
    }

    /// A script that draws the same page as SVG and as PNG. It stands alone: `gnuplot NAME.gp` in its folder draws it again.
    static func page(_ name: String, width: Double, height: Double, data: String, body: String) -> String {
        let inch = 2.54
        func pixels(_ length: Double, _ density: Double) -> Int { Int((length / inch * density).rounded()) }
        return """
            # \(name): drawn by landscape. Edit and run again: gnuplot \(name).gp
            set encoding utf8
            set minussign
            \(data)
            do for [format = 0:1] {
                if (format == 0) {
                    set terminal svg size \(pixels(width, 96)),\(pixels(height, 96)) font 'DejaVu Sans,10.7' background '#ffffff'
                    small = ',9'
                    set output '\(name).svg'
                } else {
                    set terminal pngcairo size \(pixels(width, 200)),\(pixels(height, 200)) font 'DejaVu Sans,8' fontscale 2.08 linewidth 2 pointscale 2
                    small = ',7'
                    set output '\(name).png'
                }
            \(body.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n"))
                reset
            }
            set output

            """
    }

    /// Screen fractions for the four edges of a plot.
    static func margins(left: Double, right: Double, bottom: Double, top: Double) -> String {
        func f(_ value: Double) -> String { String(format: "%.5f", value) }
        return
            "set lmargin at screen \(f(left)); set rmargin at screen \(f(right)); set bmargin at screen \(f(bottom)); set tmargin at screen \(f(top))"
    }
}

/// Scales of axes and colours.
struct Scale {
    /// The least and greatest finite value.
    let low: Double
    let high: Double
    /// Whether the values are positive and span more than two decades.
    let isLogarithmic: Bool

    /// The scale of some values; infinities and NaN do not count.
    init(_ values: [Double]) {
        let finite = values.filter(\.isFinite)
        var low = finite.min() ?? 0
        var high = finite.max() ?? 1
        isLogarithmic = low > 0 && high / low > 100
        if high - low <= 1e-12 * max(abs(low), abs(high)) {
            let room = max(abs(low) * 0.05, 1e-12)
            low -= room
            high += room
        }
        self.low = low
        self.high = high
    }

    /// About `count` round values inside the scale.
    func levels(_ count: Int) -> [Double] {
        if isLogarithmic {
            var levels: [Double] = []
            for exponent in Int(floor(log10(low)))...Int(ceil(log10(high))) {
                for digit in [1.0, 2, 5] {
                    let value = digit * pow(10, Double(exponent))
                    if value > low && value < high { levels.append(value) }
                }
            }
            let step = max(1, (levels.count + count - 1) / count)
            return levels.enumerated().filter { $0.offset % step == 0 }.map(\.element)
        }
        let step = Scale.roundStep((high - low) / Double(count))
        return (Int(ceil(low / step))...max(Int(ceil(low / step)), Int(floor(high / step)))).map { Double($0) * step }
            .filter { $0 > low && $0 < high }
    }

    /// The round number 1, 2 or 5 times a power of ten not below `step`.
    static func roundStep(_ step: Double) -> Double {
        let magnitude = pow(10, floor(log10(step)))
        for digit in [1.0, 2, 5, 10] where digit * magnitude >= step * (1 - 1e-9) { return digit * magnitude }
        return 10 * magnitude
    }
}

/// The colours of variants and of surfaces.
enum Palette {
    /// Okabe & Ito's colours for all kinds of colour vision, in an order whose greys differ.
    static let variants = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#7F7F7F"]

    static func colour(_ index: Int) -> String { variants[index % variants.count] }

    /// Viridis at nine equally spaced points (Smith & van der Walt 2015, public domain).
    static let viridis =
        "set palette defined (0 '#440154', 1 '#472d7b', 2 '#3b528b', 3 '#2c728e', 4 '#21918c', 5 '#28ae80', 6 '#5ec962', 7 '#addc30', 8 '#fde725')"

    /// A colour bar, in fractions of the page.
    static func bar(_ scale: Scale, _ quantity: String, x: Double, y: Double, width: Double, height: Double) -> String {
        "set colorbox user origin \(x),\(y) size \(width),\(height) noborder\n"
            + "set cblabel \(Gnuplot.quote(scale.isLogarithmic ? "\(quantity) (log scale)" : quantity)); set cbtics nomirror out\n"
    }
}
