import Foundation

/// One sheet with every number of every variant, a panel per measure with its own scale.
public struct ComparisonFigure: Figure {
    /// A measure over the variants.
    public struct Panel: Sendable {
        /// What is measured.
        public let title: String
        /// One per variant; NaN where it is missing.
        public let values: [Double]
        /// One per variant; NaN where there is none.
        public let errors: [Double]

        /// A panel.
        public init(title: String, values: [Double], errors: [Double]) {
            self.title = title
            self.values = values
            self.errors = errors
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// In the order of the comparison.
    public let variants: [String]
    /// In the order of the sheet.
    public let panels: [Panel]

    /// A sheet.
    public init(name: String, variants: [String], panels: [Panel]) {
        self.name = name
        self.variants = variants
        self.panels = panels
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "Comparison of \(variants.joined(separator: ", ")) by \(panels.map(\.title).joined(separator: ", "))."
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        let columns = min(5, max(1, panels.count))
        let rows = (panels.count + columns - 1) / columns
        let width = 17.8
        let labels = variants.map { Gnuplot.label($0, limit: 18) }
        let longest = labels.map(\.count).max() ?? 0
        let left = min(4.0, 0.6 + 0.17 * Double(longest))
        let (gapX, top, bottom) = (0.55, 0.65, 0.75)
        let panelWidth = (width - left - 0.3 - Double(columns - 1) * gapX) / Double(columns)
        let panelHeight = max(1.6, 0.55 * Double(variants.count))
        let height = Double(rows) * (panelHeight + top + bottom)
        let last = Double(variants.count) - 0.5
        var data = ""
        var body = "set multiplot\nset border 1 lw 0.7; set tics nomirror out; unset key\nset yrange [\(last):-0.5]\n"
        let names = labels.enumerated().map { "\(Gnuplot.quote($1)) \($0)" }.joined(separator: ", ")
        let blank = variants.indices.map { "'' \($0)" }.joined(separator: ", ")
        // All alike; a font once set would stay for those that follow.
        let isSmall = panels.contains { $0.title.count > 16 }
        for (index, panel) in panels.enumerated() {
            let finite = zip(panel.values, panel.errors).filter { $0.0.isFinite }
            var plots: [String] = []
            for (variant, value) in panel.values.enumerated() where value.isFinite {
                let error = panel.errors[variant].isFinite ? panel.errors[variant] : 0
                data += Gnuplot.block("p\(index)v\(variant)", [[value, Double(variant), error]])
                plots.append(
                    "$p\(index)v\(variant) using 1:2:3 with xerrorbars pt 7 ps 0.75 lw 1.2 lc rgb \(Palette.colour(variant))"
                )
            }
            guard !plots.isEmpty else { continue }
            let lows = finite.map { $0.0 - ($0.1.isFinite ? $0.1 : 0) }
            let highs = finite.map { $0.0 + ($0.1.isFinite ? $0.1 : 0) }
            // Zero belongs to the picture, so that lengths compare as ratios.
            var low = min(0, lows.min() ?? 0)
            var high = max(0, highs.max() ?? 0)
            if low == high { high = low + 1 }
            let room = 0.06 * (high - low)
            if low < 0 { low -= room }
            if high > 0 { high += room }
            let step = Scale.roundStep((high - low) / 2.6)
            let (row, column) = (index / columns, index % columns)
            let x0 = left + Double(column) * (panelWidth + gapX)
            let y1 = height - Double(row) * (panelHeight + top + bottom) - top
            body += """
                \(Gnuplot.margins(left: x0 / width, right: (x0 + panelWidth) / width, bottom: (y1 - panelHeight) / height, top: y1 / height))
                set xrange [\(Gnuplot.number(low)):\(Gnuplot.number(high))]; set xtics \(Gnuplot.number(step)) font small; set format x '%.4g'
                set ytics (\(column == 0 ? names : blank)) noenhanced scale 0
                set title \(Gnuplot.quote(panel.title)) noenhanced offset 0,-0.5\(isSmall ? " font small" : "")
                set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint back
                plot \(plots.joined(separator: ", "))

                """
        }
        body += "unset multiplot"
        return FigurePage.script(name, width: width, height: height, data: data, body: body)
    }
}
