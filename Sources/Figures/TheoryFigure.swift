import Foundation

/// Curvature on the path of smoothing and at its controls: extreme eigenvalues, trace over Frobenius norm, and the defect of the
/// affine approximation.
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

    /// The path, or a control.
    public struct Curve: Sendable {
        /// What is varied.
        public let title: String
        /// α.
        public let t: [Double]
        /// λmax, λmin, trace over Frobenius norm.
        public let panels: [Series]

        /// A curve.
        public init(title: String, t: [Double], panels: [Series]) {
            self.title = title
            self.t = t
            self.panels = panels
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

    /// A figure of a path and its controls.
    public init(name: String, curves: [Curve], bound: [Double], defect: Series) {
        self.name = name
        self.curves = curves
        self.bound = bound
        self.defect = defect
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "Extreme eigenvalues, trace ratio and affine defect over alpha for \(curves.map(\.title).joined(separator: ", "))."
    }

    private static func rows(_ t: [Double], _ series: Series) -> [[Double]] {
        t.indices.map { i in
            let error = series.errors[i].isFinite ? series.errors[i] : 0
            return [t[i], series.values[i], series.values[i] - error, series.values[i] + error]
        }
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        var data = ""
        for (c, curve) in curves.enumerated() {
            for (p, panel) in curve.panels.enumerated() {
                data += Gnuplot.block("c\(c)p\(p)", TheoryFigure.rows(curve.t, panel))
            }
        }
        let t = curves.first?.t ?? []
        data += Gnuplot.block("bound", zip(t, bound).map { [$0, $1] })
        data += Gnuplot.block("defect", TheoryFigure.rows(t, defect))
        let labels = ["λ max", "λ min", "trace / Frobenius norm"]
        var body = """
            set multiplot
            set border 3; set tics nomirror out; set xtics font small; set ytics font small
            set xrange [-0.02:1.02]

            """
        for p in 0..<4 {
            let (left, right) = p % 2 == 0 ? (0.08, 0.39) : (0.495, 0.805)
            let (bottom, top) = p < 2 ? (0.60, 0.97) : (0.12, 0.49)
            body += Gnuplot.margins(left: left, right: right, bottom: bottom, top: top) + "\n"
            body += p < 2 ? "set format x ''; unset xlabel\n" : "set format x '%g'; set xlabel 'α'\n"
            var plots: [String] = []
            if p < 3 {
                for (c, curve) in curves.enumerated() {
                    let colour = Palette.colour([2, 3, 7][c % 3])
                    let title =
                        p == 1 ? "title \(Gnuplot.quote(Gnuplot.label(curve.title, limit: 24))) noenhanced" : "notitle"
                    plots.append(
                        "$c\(c)p\(p) using 1:3:4 with filledcurves fs transparent solid 0.18 noborder fc rgb '\(colour)' notitle"
                    )
                    plots.append(
                        "$c\(c)p\(p) using 1:2 with linespoints pt 7 ps 0.35 lc rgb '\(colour)' lw 1.4 dt \(c + 1) \(title)"
                    )
                }
                if p == 0 { plots.append("$bound using 1:2 with lines lc rgb '#000000' dt 3 notitle") }
                if p == 1 { plots.append("NaN with lines lc rgb '#000000' dt 3 title 'affine bound (left)'") }
                body += "set ylabel \(Gnuplot.quote(labels[p]))\n"
            } else {
                plots.append(
                    "$defect using 1:3:4 with filledcurves fs transparent solid 0.18 noborder fc rgb '\(Palette.colour(2))' notitle"
                )
                plots.append(
                    "$defect using 1:2 with linespoints pt 7 ps 0.35 lc rgb '\(Palette.colour(2))' lw 1.4 notitle")
                body += "set ylabel 'affine defect D(α)'; set yrange [0:*]\n"
            }
            body += p == 1 ? "set key at screen 0.82,0.97 left top Left reverse samplen 2 font small\n" : "unset key\n"
            body += "plot \(plots.joined(separator: ", \\\n     "))\n"
        }
        body += "unset multiplot"
        return Gnuplot.page(name, width: 17.8, height: 11.0, data: data, body: body)
    }
}
