import Foundation

/// Examples of forecasts: the end of the context, what came, and what was forecast, a panel for each window.
public struct ForecastFigure: Figure {
    /// One window of one channel.
    public struct Panel: Sendable {
        /// Which.
        public let title: String
        /// The context, or its end.
        public let context: [Double]
        /// What came after it.
        public let truth: [Double]
        /// Forecasts, one for each curve of the figure; all begin where the context ends.
        public let forecasts: [[Double]]

        /// A window.
        public init(title: String, context: [Double], truth: [Double], forecasts: [[Double]]) {
            self.title = title
            self.context = context
            self.truth = truth
            self.forecasts = forecasts
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// What made the forecasts.
    public let titles: [String]
    /// Up to six.
    public let panels: [Panel]

    /// A figure of examples.
    public init(name: String, titles: [String], panels: [Panel]) {
        self.name = name
        self.titles = titles
        self.panels = panels
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "\(panels.count) examples of forecasts by \(titles.joined(separator: ", ")) beside what came: \(panels.map(\.title).joined(separator: ", "))."
    }

    /// Marks that tell curves apart in grey: disc, square, triangle, diamond. Dashes would hide the points of a short horizon.
    private static let points = [7, 5, 9, 13]

    /// See ``Figure/script()``.
    public func script() -> String {
        let columns = min(2, max(1, panels.count))
        let rows = (panels.count + columns - 1) / columns
        let width = FigurePage.page
        // Centimetres.
        let (left, right, gapX, top, bottom, gapY, panelHeight) = (1.4, 0.3, 1.3, 1.35, 1.2, 1.3, 2.9)
        let panelWidth = (width - left - right - Double(columns - 1) * gapX) / Double(columns)
        let height = top + bottom + Double(rows) * panelHeight + Double(rows - 1) * gapY
        let key =
            ["NaN with lines lc rgb faint lw 1 title 'context'", "NaN with lines lc rgb ink lw 1.2 title 'what came'"]
            + titles.enumerated().map {
                "NaN with linespoints pt \(Self.points[$0 % 4]) ps 0.3 lc rgb \(Palette.colour($0)) lw 1.3 title \(Gnuplot.quote(Gnuplot.label($1, limit: 24))) noenhanced"
            }
        var data = ""
        var body = """
            set multiplot
            \(Gnuplot.keyRow(key, left: left / width, top: 1 - 0.1 / height))set xtics font small; set ytics font small

            """
        for (index, panel) in panels.enumerated() {
            let count = panel.context.count
            data += Gnuplot.block("context\(index)", panel.context.enumerated().map { [Double($0 - count + 1), $1] })
            // The last point of the context joins it to what follows.
            let joint: [[Double]] = panel.context.last.map { [[0, $0]] } ?? []
            data += Gnuplot.block("truth\(index)", joint + panel.truth.enumerated().map { [Double($0 + 1), $1] })
            var plots = [
                "$context\(index) using 1:2 with lines lc rgb faint lw 1 notitle",
                "$truth\(index) using 1:2 with lines lc rgb ink lw 1.2 notitle",
            ]
            for (number, forecast) in panel.forecasts.enumerated() {
                data += Gnuplot.block("f\(index)x\(number)", forecast.enumerated().map { [Double($0 + 1), $1] })
                plots.append(
                    "$f\(index)x\(number) using 1:2 with linespoints pt \(Self.points[number % 4]) ps 0.3 lc rgb \(Palette.colour(number)) lw 1.3 notitle"
                )
            }
            let (row, column) = (index / columns, index % columns)
            let x0 = left + Double(column) * (panelWidth + gapX)
            let y1 = height - top - Double(row) * (panelHeight + gapY)
            body += """
                \(Gnuplot.margins(left: x0 / width, right: (x0 + panelWidth) / width, bottom: (y1 - panelHeight) / height, top: y1 / height))
                set title \(Gnuplot.quote(Gnuplot.label(panel.title, limit: 44))) noenhanced offset 0,-0.6
                set xrange [\(1 - count):\(max(panel.truth.count, panel.forecasts.map(\.count).max() ?? 1))]
                set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint dt 3 back
                \(index + columns >= panels.count ? "set xlabel 'steps after the context'" : "unset xlabel")
                plot \(plots.joined(separator: ", \\\n     "))

                """
        }
        body += "unset multiplot"
        return FigurePage.script(name, width: width, height: height, data: data, body: body)
    }
}
