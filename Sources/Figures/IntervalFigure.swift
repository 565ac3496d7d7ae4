import Foundation

/// Differences of measures from a reference with their intervals, in percent of the reference: a row for each measure, a mark for each
/// variant. Filled marks are those whose interval leaves out 0.
public struct IntervalFigure: Figure {
    /// A difference with its interval.
    public struct Mark: Sendable {
        /// The variant's place in the comparison, which decides the colour.
        public let variant: Int
        /// In percent of the reference's magnitude.
        public let difference: Double
        /// The ends of the interval.
        public let low, high: Double

        /// A difference.
        public init(variant: Int, difference: Double, low: Double, high: Double) {
            self.variant = variant
            self.difference = difference
            self.low = low
            self.high = high
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// What the differences are from.
    public let reference: String
    /// All variants, the reference included, in the order of the comparison.
    public let variants: [String]
    /// Measures with their differences.
    public let rows: [(title: String, marks: [Mark])]

    /// A figure of differences.
    public init(name: String, reference: String, variants: [String], rows: [(title: String, marks: [Mark])]) {
        self.name = name
        self.reference = reference
        self.variants = variants
        self.rows = rows
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "Differences from \(reference) in percent with 95 % intervals, for \(rows.map(\.title).joined(separator: ", "))."
    }

    /// How far the axis reaches to both sides, in percent: to the end of every interval unless a few are much longer than three
    /// quarters of them; these leave the picture, and a mark outside it is named at its edge.
    static func limit(_ marks: [Mark]) -> Double {
        let reaches = marks.map { max(abs($0.low), abs($0.high)) }.filter(\.isFinite).sorted()
        guard let longest = reaches.last, longest > 0 else { return 1 }
        let usual = reaches[(reaches.count - 1) * 3 / 4]
        return usual > 0 && longest > 3 * usual ? 1.5 * usual : 1.05 * longest
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        let width = FigurePage.page
        let labels = rows.map { Gnuplot.label($0.title, limit: 26) }
        let left = min(5.2, 0.8 + 0.17 * Double(labels.map(\.count).max() ?? 0))
        let shown = variants.indices.filter { variant in rows.contains { $0.marks.contains { $0.variant == variant } } }
        let slot = 0.72 / Double(max(1, shown.count))
        let rowHeight = max(0.55, 0.24 * Double(shown.count) + 0.2)
        let (top, bottom) = (1.0, 1.35)
        let height = top + bottom + Double(rows.count) * rowHeight
        let limit = IntervalFigure.limit(rows.flatMap(\.marks))
        var data = ""
        var plots: [String] = []
        var beyond = ""
        for (order, variant) in shown.enumerated() {
            let colour = Palette.colour(variant)
            for (suffix, isEvident) in [("sure", true), ("open", false)] {
                let points = rows.enumerated().flatMap { row, entry in
                    entry.marks.filter { $0.variant == variant && ($0.low > 0 || $0.high < 0) == isEvident }.map {
                        [
                            $0.difference, Double(row) + (Double(order) - Double(shown.count - 1) / 2) * slot, $0.low,
                            $0.high,
                        ]
                    }
                }
                for point in points where abs(point[0]) > limit {
                    let words = String(format: "%.3g", point[0]).replacingOccurrences(of: "-", with: "\u{2212}")
                    beyond +=
                        "set label \(Gnuplot.quote(point[0] < 0 ? "← \(words) %" : "\(words) % →")) at graph \(point[0] < 0 ? 0.01 : 0.99), first \(point[1]) \(point[0] < 0 ? "left" : "right") offset 0,0.45 noenhanced tc rgb \(colour) font small front\n"
                }
                guard !points.isEmpty else { continue }
                data += Gnuplot.block("v\(variant)\(suffix)", points)
                plots.append(
                    "$v\(variant)\(suffix) using 1:2:3:4 with xerrorbars pt \(isEvident ? 7 : 6) ps 0.7 lw 1.2 lc rgb \(colour) notitle"
                )
            }
            plots.append(
                "NaN with points pt 7 ps 0.8 lc rgb \(colour) title \(Gnuplot.quote(Gnuplot.label(variants[variant], limit: 18))) noenhanced"
            )
        }
        let ends = rows.flatMap(\.marks).flatMap { [$0.low, $0.high] }.filter(\.isFinite)
        let low = max(-limit, min(0, ends.min() ?? -1) * 1.05)
        let high = min(limit, max(0, ends.max() ?? 1, low == 0 ? 1 : 0) * 1.05)
        let stripes = rows.indices.filter { $0 % 2 == 0 }.map {
            "set object \($0 + 1) rectangle from graph 0, first \(Double($0) - 0.5) to graph 1, first \(Double($0) + 0.5) fillstyle solid noborder fillcolor rgb shade behind\n"
        }.joined()
        let body = """
            \(Gnuplot.margins(left: left / width, right: 1 - 0.5 / width, bottom: bottom / height, top: 1 - top / height))
            \(stripes)\(beyond)set border 1; set tics nomirror out
            set xrange [\(low):\(high)]
            set yrange [\(Double(rows.count) - 0.5):-0.5]
            set ytics (\(labels.enumerated().map { "\(Gnuplot.quote($1)) \($0)" }.joined(separator: ", "))) noenhanced scale 0
            set xlabel \(Gnuplot.quote("difference from \(Gnuplot.label(reference, limit: 24)), % of its value (95 % interval; filled: leaves out 0)")) noenhanced
            set arrow from first 0, graph 0 to first 0, graph 1 nohead lc rgb mid
            set key at screen \(left / width),\(1 - 0.15 / height) left top horizontal Left reverse samplen 1 maxrows 1
            plot \(plots.joined(separator: ", \\\n     "))
            """
        return FigurePage.script(name, width: width, height: height, data: data, body: body)
    }
}
