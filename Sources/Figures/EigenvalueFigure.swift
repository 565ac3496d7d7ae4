import Foundation

/// Both ends of the Hessian's spectrum, one column per variant.
public struct EigenvalueFigure: Figure {
    /// An eigenvalue with its evidence.
    public struct Value: Sendable {
        /// λ.
        public let value: Double
        /// ‖Hv − λv‖/|λ|.
        public let residual: Double
        /// Whether the residual is within the tolerance.
        public let converged: Bool

        /// An eigenvalue.
        public init(value: Double, residual: Double, converged: Bool) {
            self.value = value
            self.residual = residual
            self.converged = converged
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// Names and eigenvalues of both ends, in the order of the comparison.
    public let columns: [(title: String, values: [Value])]

    /// A figure of spectra.
    public init(name: String, columns: [(title: String, values: [Value])]) {
        self.name = name
        self.columns = columns
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "Largest and smallest eigenvalues of the Hessian for \(columns.map(\.title).joined(separator: ", "))."
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        var data = ""
        var plots: [String] = []
        var tics: [String] = []
        for (index, column) in columns.enumerated() {
            tics.append(
                "\(Gnuplot.quote(Gnuplot.label(column.title, limit: max(8, 120 / max(1, columns.count))))) \(index)")
            let values = column.values.filter { $0.value.isFinite }
            for (suffix, chosen, style) in [
                ("done", values.filter(\.converged), "pt 7"), ("open", values.filter { !$0.converged }, "pt 6"),
            ] where !chosen.isEmpty {
                // Values of one column stand side by side, so that close ones can be told apart.
                let rows = chosen.enumerated().map { rank, value -> [Double] in
                    let place =
                        Double(index) + 0.3 * (chosen.count > 1 ? Double(rank) / Double(chosen.count - 1) - 0.5 : 0)
                    return [place, value.value, value.residual.isFinite ? abs(value.residual * value.value) : 0]
                }
                data += Gnuplot.block("\(suffix)\(index)", rows)
                plots.append(
                    "$\(suffix)\(index) using 1:2:3 with yerrorbars \(style) ps 0.7 lc rgb \(Palette.colour(index)) notitle"
                )
            }
        }
        plots.append("NaN with points pt 7 ps 0.7 lc rgb ink title 'converged, bar: residual'")
        if columns.contains(where: { $0.values.contains { !$0.converged } }) {
            plots.append("NaN with points pt 6 ps 0.7 lc rgb ink title 'not converged'")
        }
        let body = """
            \(Gnuplot.margins(left: 0.11, right: 0.97, bottom: 0.14, top: 0.88))
            set border 3; set tics nomirror out
            set xrange [-0.5:\(Double(columns.count) - 0.5)]
            set offsets 0, 0, graph 0.05, graph 0.05
            set xtics (\(tics.joined(separator: ", "))) noenhanced scale 0\(columns.count > 6 ? " font small" : "")
            set ylabel 'eigenvalue of the Hessian'
            set key at graph 1, 1.02 right bottom horizontal Left reverse samplen 1.5
            set arrow from graph 0, first 0 to graph 1, first 0 nohead lc rgb faint dt 3 back
            plot \(plots.joined(separator: ", \\\n     "))
            """
        return FigurePage.script(name, width: FigurePage.page, height: 7.5, data: data, body: body)
    }
}
