import Foundation

/// Numbers of the Hessian's blocks, one panel for each quantity, a group of bars for each layer with a bar for each variant.
public struct BlockFigure: Figure {
    /// A quantity of every block.
    public struct Panel: Sendable {
        /// What is measured.
        public let title: String
        /// `values[block][variant]`; NaN where it is missing.
        public let values: [[Double]]
        /// Likewise; NaN where there is none.
        public let errors: [[Double]]

        /// A panel.
        public init(title: String, values: [[Double]], errors: [[Double]]) {
            self.title = title
            self.values = values
            self.errors = errors
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// The names of the blocks, in the order of the network.
    public let blocks: [String]
    /// In the order of the comparison.
    public let variants: [String]
    /// Up to four quantities.
    public let panels: [Panel]

    /// A figure of blocks.
    public init(name: String, blocks: [String], variants: [String], panels: [Panel]) {
        self.name = name
        self.blocks = blocks
        self.variants = variants
        self.panels = panels
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "\(panels.map(\.title).joined(separator: ", ")) of the blocks \(blocks.joined(separator: ", ")), as bars for \(variants.joined(separator: ", "))."
    }

    // Centimetres.
    private static let (top, bottom, right, gap) = (1.15, 0.8, 0.35, 0.55)

    /// See ``Figure/script()``.
    public func script() -> String {
        let width = FigurePage.page
        let labels = blocks.map { Gnuplot.label($0, limit: 26) }
        let left = min(5.2, 0.7 + 0.165 * Double(labels.map(\.count).max() ?? 0))
        let panelWidth =
            (width - left - Self.right - Double(panels.count - 1) * Self.gap) / Double(max(1, panels.count))
        let barHeight = max(0.1, min(0.28, 0.9 / Double(max(1, variants.count))))
        let height =
            Self.top + Self.bottom + max(1.2, Double(blocks.count) * (Double(variants.count) * barHeight + 0.22))
        let slot = 0.82 / Double(max(1, variants.count))
        let names = labels.enumerated().map { "\(Gnuplot.quote($1)) \($0)" }.joined(separator: ", ")
        let blank = labels.indices.map { "'' \($0)" }.joined(separator: ", ")
        let key = variants.enumerated().map {
            "NaN with boxes fc rgb \(Palette.colour($0)) title \(Gnuplot.quote(Gnuplot.label($1, limit: 18))) noenhanced"
        }
        var data = ""
        var body = """
            set multiplot
            set style fill solid 0.85 noborder
            \(Gnuplot.keyRow(key, left: left / width, top: 1 - 0.1 / height))set border 1 lw 0.7; set yrange [\(Double(blocks.count) - 0.45):-0.55]

            """
        for (index, panel) in panels.enumerated() {
            var plots: [String] = []
            var (low, high) = (0.0, 0.0)
            for variant in variants.indices {
                let rows = blocks.indices.compactMap { block -> [Double]? in
                    let value = panel.values[block][variant]
                    guard value.isFinite else { return nil }
                    let error = panel.errors[block][variant].isFinite ? panel.errors[block][variant] : 0
                    low = min(low, value - error)
                    high = max(high, value + error)
                    let middle = Double(block) + (Double(variant) - Double(variants.count - 1) / 2) * slot
                    return [value / 2, middle, min(0, value), max(0, value), slot * 0.42, value, error]
                }
                guard !rows.isEmpty else { continue }
                data += Gnuplot.block("p\(index)v\(variant)", rows)
                plots.append(
                    "$p\(index)v\(variant) using 1:2:3:4:($2-$5):($2+$5) with boxxyerror fc rgb \(Palette.colour(variant)) notitle"
                )
                if rows.contains(where: { $0[6] > 0 }) {
                    plots.append(
                        "$p\(index)v\(variant) using 6:2:7 with xerrorbars pt 0 lw 0.8 lc rgb ink notitle")
                }
            }
            guard !plots.isEmpty else { continue }
            if low == high { high = low + 1 }
            let room = 0.05 * (high - low)
            let x0 = left + Double(index) * (panelWidth + Self.gap)
            body += """
                \(Gnuplot.margins(left: x0 / width, right: (x0 + panelWidth) / width, bottom: Self.bottom / height, top: 1 - Self.top / height))
                set xrange [\(Gnuplot.number(low < 0 ? low - room : 0)):\(Gnuplot.number(high > 0 ? high + room : 0))]
                set xtics \(Scale.roundStep((high - low) / 4)) font small; set format x '%.4g'
                set ytics (\(index == 0 ? names : blank)) noenhanced scale 0 font small
                set title \(Gnuplot.quote(panel.title)) noenhanced offset 0,-0.5
                set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint front
                plot \(plots.joined(separator: ", \\\n     "))

                """
        }
        body += "unset multiplot"
        return FigurePage.script(name, width: width, height: height, data: data, body: body)
    }
}
