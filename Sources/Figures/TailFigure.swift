import Foundation

/// How many eigenvalues lie beyond a magnitude, negative and positive ones side by side, on logarithmic axes.
public struct TailFigure: Figure {
    /// A variant's spectrum.
    public struct Curve: Sendable {
        /// The variant.
        public let title: String
        /// Its place in the order of the comparison.
        public let colour: Int
        /// |λ|, ascending.
        public let magnitude: [Double]
        /// Eigenvalues above the magnitude, and half the width of the band; NaN where there is none.
        public let positive: [(count: Double, error: Double)]
        /// Eigenvalues below minus the magnitude.
        public let negative: [(count: Double, error: Double)]

        /// A spectrum; all arrays of one length.
        public init(
            title: String, colour: Int, magnitude: [Double], positive: [(count: Double, error: Double)],
            negative: [(count: Double, error: Double)]
        ) {
            self.title = title
            self.colour = colour
            self.magnitude = magnitude
            self.positive = positive
            self.negative = negative
        }

        fileprivate func rows(_ side: [(count: Double, error: Double)]) -> [[Double]] {
            zip(magnitude, side).map { magnitude, value in
                let error = value.error.isFinite ? value.error : 0
                return [
                    magnitude, value.count > 0.1 ? value.count : .nan, max(0.1, value.count - error),
                    max(0.1, value.count + error),
                ]
            }
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// In the order of the comparison.
    public let curves: [Curve]

    /// A figure of spectra.
    public init(name: String, curves: [Curve]) {
        self.name = name
        self.curves = curves
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "Number of eigenvalues beyond a magnitude for \(curves.map(\.title).joined(separator: ", "))."
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        let low = curves.compactMap(\.magnitude.first).min() ?? 1e-6
        let high = curves.compactMap(\.magnitude.last).max() ?? 1
        let most = curves.flatMap { $0.positive + $0.negative }.map(\.count).filter(\.isFinite).max() ?? 1
        let top = pow(10, ceil(log10(max(most, 1))))
        var data = ""
        func plots(_ side: String, titled: Bool) -> String {
            curves.enumerated().flatMap { index, curve -> [String] in
                let colour = Palette.colour(curve.colour)
                let title = "title \(Gnuplot.quote(Gnuplot.label(curve.title, limit: 18))) noenhanced"
                let line =
                    "$\(side)\(index) using 1:2 with lines lc rgb \(colour) lw 1.4 dt \(index % 4 + 1) \(titled ? title : "notitle")"
                let band =
                    "$\(side)\(index) using 1:3:4 with filledcurves fs transparent solid 0.18 noborder fc rgb \(colour) notitle"
                return curves.count <= 4 ? [band, line] : [line]
            }.joined(separator: ", \\\n     ")
        }
        for (index, curve) in curves.enumerated() {
            data += Gnuplot.block("negative\(index)", curve.rows(curve.negative))
            data += Gnuplot.block("positive\(index)", curve.rows(curve.positive))
        }
        let range = "[\(Gnuplot.number(low)):\(Gnuplot.number(high))]"
        let body = """
            set multiplot
            set border 3; set tics nomirror out; set logscale xy; set format x (tex ? '$10^{%T}$' : '10^{%T}'); set format y (tex ? '$10^{%T}$' : '10^{%T}')
            set yrange [0.5:\(Gnuplot.number(top))]
            \(Gnuplot.margins(left: 0.10, right: 0.42, bottom: 0.19, top: 0.95))
            set xrange \(range); set xlabel 'magnitude of negative eigenvalues'; set ylabel 'eigenvalues beyond'
            plot \(plots("negative", titled: false))
            \(Gnuplot.margins(left: 0.47, right: 0.79, bottom: 0.19, top: 0.95))
            set xrange \(range); set xlabel 'positive eigenvalues'; set format y ''; unset ylabel
            set key at screen 0.805,0.93 left top Left reverse samplen 2 noenhanced
            plot \(plots("positive", titled: true))
            unset multiplot
            """
        return FigurePage.script(name, width: FigurePage.page, height: 7.0, data: data, body: body)
    }
}
