import Foundation

/// The path of smoothing αθ₁ + (1 − α)θ₂ with its controls: loss, extreme eigenvalues with the bound of the mix, trace, trace over
/// Frobenius norm, and the defect of the affine approximation.
public struct TheoryFigure: Figure {
    /// A quantity with its error over α.
    public struct Series: Sendable {
        /// Values; NaN is a gap.
        public let values: [Double]
        /// Half the width of the band; NaN where there is none.
        public let errors: [Double]

        /// A series.
        public init(values: [Double], errors: [Double]) {
            self.values = values
            self.errors = errors
        }
    }

    /// What the panels before the last show, in their order.
    public enum Quantity: Int, CaseIterable, Sendable {
        /// The loss.
        case loss
        /// λmax.
        case largest
        /// λmin.
        case smallest
        /// Tr H.
        case trace
        /// Tr H / ‖H‖F.
        case traceRatio

        var label: String { ["loss", "λ max", "λ min", "trace", "trace / Frobenius norm"][rawValue] }
    }

    /// The path, or a control.
    public struct Curve: Sendable {
        /// What is varied.
        public let title: String
        /// α.
        public let t: [Double]
        /// Its quantities; those that were not measured are absent.
        public let series: [Quantity: Series]

        /// A curve.
        public init(title: String, t: [Double], series: [Quantity: Series]) {
            self.title = title
            self.t = t
            self.series = series
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// The path first, then its controls.
    public let curves: [Curve]
    /// αλmax(H₁) + (1 − α)λmax(H₂) on the path.
    public let bound: [Double]
    /// D(α) on the path.
    public let defect: Series
    /// Positions of the compared variants.
    public let marks: [Double]

    /// A figure of a path and its controls.
    public init(name: String, curves: [Curve], bound: [Double], defect: Series, marks: [Double] = []) {
        self.name = name
        self.curves = curves
        self.bound = bound
        self.defect = defect
        self.marks = marks
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "Loss, extreme eigenvalues, trace, trace ratio and affine defect over alpha for \(curves.map(\.title).joined(separator: ", "))."
    }

    private static func rows(_ t: [Double], _ series: Series) -> [[Double]] {
        t.indices.map { i in
            let error = series.errors[i].isFinite ? series.errors[i] : 0
            return [t[i], series.values[i], series.values[i] - error, series.values[i] + error]
        }
    }

    private static let band = "with filledcurves fs transparent solid 0.18 noborder fc rgb"

    /// See ``Figure/script()``.
    public func script() -> String {
        var data = ""
        for (c, curve) in curves.enumerated() {
            for (quantity, series) in curve.series.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                data += Gnuplot.block("c\(c)q\(quantity.rawValue)", TheoryFigure.rows(curve.t, series))
            }
        }
        data += Gnuplot.block("bound", zip(curves.first?.t ?? [], bound).map { [$0, $1] })
        data += Gnuplot.block("defect", TheoryFigure.rows(curves.first?.t ?? [], defect))
        let key =
            curves.enumerated().map { c, curve in
                "NaN with linespoints pt 7 ps 0.35 lc rgb \(Palette.colour([2, 3, 7][c % 3])) lw 1.4 dt \(c + 1) title \(Gnuplot.quote(Gnuplot.label(curve.title, limit: 24))) noenhanced"
            } + ["NaN with lines lc rgb ink dt 3 title 'affine bound on λ max'"]
        var body = """
            set multiplot
            \(Gnuplot.keyRow(key, left: 0.085, top: 0.995))set xtics 0.25 font small; set ytics font small
            set xrange [-0.02:1.02]

            """
        for mark in marks {
            body +=
                "set arrow from first \(mark), graph 0 to first \(mark), graph 1 nohead lc rgb faint lw 0.7 dt 2 back\n"
        }
        let panelWidth = 0.235
        for place in 0..<6 {
            let left = 0.085 + Double(place % 3) * 0.325
            let (bottom, top) = place < 3 ? (0.56, 0.89) : (0.14, 0.47)
            body += Gnuplot.margins(left: left, right: left + panelWidth, bottom: bottom, top: top) + "\n"
            body += place < 3 ? "set format x ''; unset xlabel\n" : "set format x '%g'; set xlabel 'α'\n"
            var plots: [String] = []
            if let quantity = Quantity(rawValue: place) {
                for (c, curve) in curves.enumerated() where curve.series[quantity] != nil {
                    let colour = Palette.colour([2, 3, 7][c % 3])
                    plots.append("$c\(c)q\(place) using 1:3:4 \(Self.band) \(colour) notitle")
                    plots.append(
                        "$c\(c)q\(place) using 1:2 with linespoints pt 7 ps 0.35 lc rgb \(colour) lw 1.4 dt \(c + 1) notitle"
                    )
                }
                if quantity == .largest {
                    plots.append("$bound using 1:2 with lines lc rgb ink dt 3 notitle")
                }
                let values = curves.compactMap { $0.series[quantity]?.values }.joined()
                // gnuplot refuses a plot without any number, unless it has a range.
                body +=
                    "set ylabel \(Gnuplot.quote(quantity.label)); set yrange \(values.contains(where: \.isFinite) ? "[*:*]" : "[0:1]")\n"
            } else {
                let colour = Palette.colour(2)
                plots = [
                    "$defect using 1:3:4 \(Self.band) \(colour) notitle",
                    "$defect using 1:2 with linespoints pt 7 ps 0.35 lc rgb \(colour) lw 1.4 notitle",
                ]
                body +=
                    "set ylabel 'affine defect D(α)'; set yrange [0:\(defect.values.contains { $0 > 0 } ? "*" : "1")]\n"
            }
            if plots.isEmpty { plots = ["NaN notitle"] }
            body += "plot \(plots.joined(separator: ", \\\n     "))\n"
        }
        body += "unset multiplot"
        return FigurePage.script(name, width: FigurePage.page, height: 10.5, data: data, body: body)
    }
}
