import Foundation

/// The spectral density on a linear axis, around its bulk, and whole on a logarithmic axis; a curve for each variant.
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
        "Spectral density of the Hessian on a linear and on a logarithmic axis, for \(curves.map(\.title).joined(separator: ", "))."
    }

    /// Where any curve exceeds a hundredth of its peak: on a linear axis nothing is to be seen elsewhere.
    private var bulk: ClosedRange<Double>? {
        let places = curves.flatMap { curve -> [Double] in
            let peak = curve.density.filter(\.isFinite).max() ?? 0
            return zip(curve.eigenvalue, curve.density).filter { $0.1 > peak / 100 }.map(\.0)
        }
        guard let low = places.min(), let high = places.max(), low < high else { return nil }
        let room = 0.1 * (high - low)
        return (low - room)...(high + room)
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        // Six decades below the highest density: a single eigenvalue of a million still shows.
        let high = curves.flatMap(\.density).filter(\.isFinite).max() ?? 1
        let (top, bottom) = (pow(10, ceil(log10(max(high, 1e-300)))), pow(10, floor(log10(max(high, 1e-300))) - 6))
        var data = ""
        func plots(titled: Bool) -> String {
            curves.enumerated().flatMap { index, curve -> [String] in
                let colour = Palette.colour(curve.colour)
                let title = "title \(Gnuplot.quote(Gnuplot.label(curve.title, limit: 18))) noenhanced"
                let band =
                    "$density\(index) using 1:3:4 with filledcurves fs transparent solid 0.18 noborder fc rgb \(colour) notitle"
                let line =
                    "$density\(index) using 1:2 with lines lc rgb \(colour) lw 1.4 dt \(index % 4 + 1) \(titled ? title : "notitle")"
                return curves.count <= 4 ? [band, line] : [line]
            }.joined(separator: ", \\\n     ")
        }
        for (index, curve) in curves.enumerated() {
            let rows = curve.eigenvalue.indices.map { i -> [Double] in
                let error = curve.error[i].isFinite ? curve.error[i] : 0
                // Below the picture a logarithm would have no place.
                return [curve.density[i], curve.density[i] - error, curve.density[i] + error].reduce(
                    into: [curve.eigenvalue[i]]
                ) { $0.append(max($1, bottom / 10)) }
            }
            data += Gnuplot.block("density\(index)", rows)
        }
        let body = """
            set multiplot
            set border 3; set tics nomirror out
            set arrow from first 0, graph 0 to first 0, graph 1 nohead lc rgb faint dt 3 back
            \(Gnuplot.margins(left: 0.10, right: 0.76, bottom: 0.60, top: 0.96))
            set key at screen 0.785,0.95 left top Left reverse samplen 2.5 noenhanced
            \(bulk.map { "set xrange [\(Gnuplot.number($0.lowerBound)):\(Gnuplot.number($0.upperBound))]" } ?? "")
            set ylabel 'density'; set yrange [0:*]
            plot \(plots(titled: true))
            \(Gnuplot.margins(left: 0.10, right: 0.76, bottom: 0.13, top: 0.50))
            unset key; set xrange [*:*]
            set xlabel 'eigenvalue'; set ylabel 'density (log scale)'
            set logscale y; set format y (tex ? '$10^{%T}$' : '10^{%T}'); set yrange [\(Gnuplot.number(bottom)):\(Gnuplot.number(top))]
            plot \(plots(titled: false))
            unset multiplot
            """
        return FigurePage.script(name, width: FigurePage.page, height: 10.5, data: data, body: body)
    }
}
