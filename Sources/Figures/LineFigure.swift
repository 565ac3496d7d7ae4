import Foundation

/// Loss along a direction, one curve per variant with a band of one standard error.
public struct LineFigure: Figure {
    /// A variant's curve.
    public struct Curve: Sendable {
        /// The variant.
        public let title: String
        /// Coordinates.
        public let t: [Double]
        /// Values; NaN and infinity are gaps.
        public let loss: [Double]
        /// Half the width of the band.
        public let standardError: [Double]
        /// The variant's place in the comparison, which decides colour and dashes; the curve's own place when absent.
        public let place: Int?

        /// A curve.
        public init(title: String, t: [Double], loss: [Double], standardError: [Double], place: Int? = nil) {
            self.place = place
            self.title = title
            self.t = t
            self.loss = loss
            self.standardError = standardError
        }

        /// Coordinate, value, and the lower and upper end of the band.
        func rows(_ scale: Scale) -> [[Double]] {
            t.indices.map { i in
                let error = standardError[i].isFinite ? standardError[i] : 0
                // A band that reaches below zero has no place on a logarithmic axis.
                let lower = scale.isLogarithmic && loss[i] - error <= 0 ? loss[i] : loss[i] - error
                return [t[i], loss[i], lower, loss[i] + error]
            }
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// In the order of the comparison.
    public let curves: [Curve]
    /// The label of the horizontal axis.
    public let xLabel: String
    /// The label of the vertical axis.
    public let yLabel: String

    /// Weights that lie on the line.
    public let marks: [(title: String, position: Double)]

    /// A figure of curves.
    public init(
        name: String, curves: [Curve], xLabel: String, yLabel: String = "loss",
        marks: [(title: String, position: Double)] = []
    ) {
        self.marks = marks
        self.name = name
        self.curves = curves
        self.xLabel = xLabel
        self.yLabel = yLabel
    }

    /// Bands of more than four curves hide each other.
    public var hasBands: Bool { curves.count <= 4 }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "Loss along a line for \(curves.map(\.title).joined(separator: ", "))."
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        let scale = Scale(curves.flatMap(\.loss))
        var data = ""
        var plots: [String] = []
        for (index, curve) in curves.enumerated() {
            data += Gnuplot.block("curve\(index)", curve.rows(scale))
            let place = curve.place ?? index
            let colour = Palette.colour(place)
            if hasBands {
                plots.append(
                    "$curve\(index) using 1:3:4 with filledcurves fs transparent solid 0.18 noborder fc rgb \(colour) notitle"
                )
            }
            plots.append(
                "$curve\(index) using 1:2 with \(curve.t.count > 1 ? "lines" : "points pt 7") lc rgb \(colour) \(curve.t.count > 1 ? "lw 1.6 dt \(place % 4 + 1)" : "") title \(Gnuplot.quote(Gnuplot.label(curve.title, limit: 18))) noenhanced"
            )
        }
        // One above the other, since neighbours may be close.
        let labels = marks.enumerated().map { index, mark in
            "set arrow from first \(mark.position), graph 0 to first \(mark.position), graph 1 nohead lc rgb faint dt 2 back\n"
                + "set label \(Gnuplot.quote(Gnuplot.label(mark.title, limit: 18))) at first \(mark.position), graph \(0.96 - 0.07 * Double(index % 5)) offset 0.5,0 noenhanced tc rgb mid front\n"
        }
        let positions = curves.flatMap(\.t)
        let range =
            (positions.min() ?? 0) < (positions.max() ?? 0)
            ? "set xrange [\(Gnuplot.number(positions.min()!)):\(Gnuplot.number(positions.max()!))]" : ""
        let body = """
            \(labels.joined())\(Gnuplot.margins(left: 0.10, right: 0.76, bottom: 0.21, top: 0.95))
            set border 3; set tics nomirror out
            \(range)
            set xlabel \(Gnuplot.quote(xLabel)) noenhanced; set ylabel \(Gnuplot.quote(yLabel + (scale.isLogarithmic ? " (log scale)" : "")))
            \(scale.isLogarithmic ? "set logscale y" : "")
            set key at screen 0.785,0.93 left top Left reverse samplen 2.5 noenhanced
            \(marks.isEmpty ? "set arrow from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint dt 3 back" : "")
            plot \(plots.joined(separator: ", \\\n     "))
            """
        return FigurePage.script(name, width: FigurePage.page, height: 7.5, data: data, body: body)
    }
}
