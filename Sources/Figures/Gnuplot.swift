import Foundation

/// Pieces of gnuplot's language.
enum Gnuplot {
    /// A text for gnuplot. Single quotes: nothing in them is expanded, where double quotes would run shell commands between
    /// back-ticks. Line ends become blanks. Where LaTeX would read commands in it, another text stands for LaTeX.
    ///
    /// Letters that the font of the figures lacks become boxes, unless the variable `letters` of the script says that another font
    /// has them; in SVG whoever shows it has the fonts. pngcairo draws what no font has as signs that fill the page.
    static func quote(_ text: String) -> String {
        var flat = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !Letters.isInvisible(scalar) {
            flat.append(scalar.value < 0x20 ? " " : scalar)
        }
        let plain = String(flat)
        // By code points everywhere: a quote with an accent upon it is another Character, and still ends a text.
        func quoted(_ text: String) -> String {
            "'" + text.replacingOccurrences(of: "'", with: "''", options: .literal) + "'"
        }
        let escaped = plain.unicodeScalars.map { Gnuplot.latex[$0] ?? String($0) }.joined()
        let boxed = Letters.boxed(plain)
        let shown =
            boxed == plain
            ? quoted(plain)
            : "(letters || strstrt(format, 'svg') > 0 ? \(quoted(plain)) : \(quoted(boxed)))"
        return escaped == plain ? shown : "(tex ? \(quoted(escaped)) : \(shown))"
    }

    /// How LaTeX writes what it reads as commands. Without braces, on which gnuplot loses the text.
    private static let latex: [Unicode.Scalar: String] = [
        "\\": "\\char92 ", "{": "\\char123 ", "}": "\\char125 ", "^": "\\char94 ", "~": "\\char126 ", "$": "\\$",
        "&": "\\&", "#": "\\#", "_": "\\_", "%": "\\%",
    ]

    /// A name of at most `limit` characters: the middle of a longer one, such as a path, gives way to an ellipsis.
    static func label(_ name: String, limit: Int) -> String {
        guard name.count > limit else { return name }
        let head = max(1, (limit - 1) / 3)
        return name.prefix(head) + "…" + name.suffix(max(1, limit - 1 - head))
    }

    /// The value as far as it can be drawn: what is nearly 0 is 0. `nil` for a hole.
    static func drawable(_ value: Double) -> Double? {
        guard Renderer.canDraw(value) else { return nil }
        return abs(value) < 1e-150 ? 0 : value
    }

    /// A number with all its digits; NaN, infinities and what else cannot be drawn are holes.
    static func number(_ value: Double) -> String { drawable(value).map { String($0) } ?? "NaN" }

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

    /// Screen fractions for the four edges of a plot.
    static func margins(left: Double, right: Double, bottom: Double, top: Double) -> String {
        func f(_ value: Double) -> String { String(format: "%.5f", value) }
        return
            "set lmargin at screen \(f(left)); set rmargin at screen \(f(right)); set bmargin at screen \(f(bottom)); set tmargin at screen \(f(top))"
    }

    /// A key in one row across the page: a plot of nothing with a place of its own, since the key of a panel is no wider than the panel.
    /// Inside `set multiplot`, before the panels.
    ///
    /// - Parameters:
    ///   - entries: `NaN with … title …`, each.
    ///   - left: Its left edge, in fractions of the page.
    ///   - top: Its top edge, likewise.
    static func keyRow(_ entries: [String], left: Double, top: Double) -> String {
        """
        \(margins(left: left, right: 0.99, bottom: 0.01, top: top))
        unset border; unset xtics; unset ytics; set xrange [0:1]; set yrange [0:1]
        set key at screen \(String(format: "%.5f", left)),\(String(format: "%.5f", top)) left top horizontal Left reverse samplen 2
        plot \(entries.joined(separator: ", \\\n     "))
        unset key; set border 3; set xtics nomirror out tc rgb ink; set ytics nomirror out tc rgb ink; set xrange [*:*]; set yrange [*:*]

        """
    }
}
