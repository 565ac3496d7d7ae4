import Foundation

/// The spectral density on a logarithmic axis, a curve for each variant.
public struct DensityFigure: Figure {
    /// A variant's spectrum.
    public struct Curve: Sendable {
        /// The variant.
        public let title: String
        /// Its place in the order of the comparison.
        public let colour: Int
        /// Positions.
        public let eigenvalue: [Double]
        /// Density at the positions.
        public let density: [Double]
        /// Half the width of the band; NaN where there is none.
        public let error: [Double]

        /// A spectrum; all arrays of one length.
        public init(title: String, colour: Int, eigenvalue: [Double], density: [Double], error: [Double]) {
            self.title = title
            self.colour = colour
            self.eigenvalue = eigenvalue
            self.density = density
            self.error = error
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
        "Spectral density of \(curves.map(\.title).joined(separator: ", "))."
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        // Six decades below the highest density: a single eigenvalue of a million still shows.
        let high = curves.flatMap(\.density).filter(\.isFinite).max() ?? 1
        let (top, bottom) = (pow(10, ceil(log10(max(high, 1e-300)))), pow(10, floor(log10(max(high, 1e-300))) - 6))
        var data = ""
        var plots: [String] = []
        for (index, curve) in curves.enumerated() {
            let rows = curve.eigenvalue.indices.map { i -> [Double] in
                let error = curve.error[i].isFinite ? curve.error[i] : 0
                // Below the picture a logarithm would have no place.
                return [curve.density[i], curve.density[i] - error, curve.density[i] + error].reduce(
                    into: [curve.eigenvalue[i]]
                ) { $0.append(max($1, bottom / 10)) }
            }
            data += Gnuplot.block("density\(index)", rows)
            let colour = Palette.colour(curve.colour)
            if curves.count <= 4 {
                plots.append(
                    "$density\(index) using 1:3:4 with filledcurves fs transparent solid 0.18 noborder fc rgb '\(colour)' notitle"
                )
            }
            plots.append(
                "$density\(index) using 1:2 with lines lc rgb '\(colour)' lw 1.4 dt \(index % 4 + 1) title \(Gnuplot.quote(Gnuplot.label(curve.title, limit: 18))) noenhanced"
            )
        }
        let body = """
            \(Gnuplot.margins(left: 0.10, right: 0.76, bottom: 0.19, top: 0.95))
            set border 3; set tics nomirror out
            set xlabel 'eigenvalue'; set ylabel 'density (log scale)'
            set logscale y; set format y '10^{%T}'; set yrange [\(Gnuplot.number(bottom)):\(Gnuplot.number(top))]
            set key at screen 0.785,0.93 left top Left reverse samplen 2.5 noenhanced
            set arrow from first 0, graph 0 to first 0, graph 1 nohead lc rgb '#999999' dt 3 back
            plot \(plots.joined(separator: ", \\\n     "))
            """
        return Gnuplot.page(name, width: 17.8, height: 7.0, data: data, body: body)
    }
}
