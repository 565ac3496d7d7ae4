import Foundation

/// Loss on the path α θ₁ + (1 − α) θ₂ with the variants that lie on it.
public struct PathFigure: Figure {
    /// See ``Figure/name``.
    public let name: String
    /// The curve over α.
    public let curve: LineFigure.Curve
    /// Variants on the path: their name and α.
    public let marks: [(title: String, position: Double, colour: Int)]

    /// A figure of the path.
    ///
    /// - Parameter marks: names, positions, and places in the order of the comparison, which decide the colour.
    public init(name: String, curve: LineFigure.Curve, marks: [(title: String, position: Double, colour: Int)]) {
        self.name = name
        self.curve = curve
        self.marks = marks
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "Loss along the path from the random draw (alpha 0) to the pre-trained weights (alpha 1)."
    }

    /// The curve's value at a position, by linear interpolation.
    private func value(at position: Double) -> Double {
        guard let upper = curve.t.firstIndex(where: { $0 >= position }) else { return curve.loss.last ?? .nan }
        if upper == 0 || curve.t[upper] == position { return curve.loss[upper] }
        let share = (position - curve.t[upper - 1]) / (curve.t[upper] - curve.t[upper - 1])
        return curve.loss[upper - 1] * (1 - share) + curve.loss[upper] * share
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        let scale = Scale(curve.loss)
        var data = Gnuplot.block("path", curve.rows(scale))
        var plots = [
            "$path using 1:3:4 with filledcurves fs transparent solid 0.18 noborder fc rgb ink title 'standard error'",
            "$path using 1:2 with lines lc rgb ink lw 1.6 title 'α θ₁ + (1 − α) θ₂'",
        ]
        for (index, mark) in marks.enumerated() {
            data += Gnuplot.block("mark\(index)", [[mark.position, value(at: mark.position)]])
            plots.append(
                "$mark\(index) with points pt 7 ps 1.1 lc rgb \(Palette.colour(mark.colour)) title \(Gnuplot.quote(Gnuplot.label(mark.title, limit: 20))) noenhanced"
            )
        }
        let body = """
            \(Gnuplot.margins(left: 0.10, right: 0.72, bottom: 0.2, top: 0.95))
            set border 3; set tics nomirror out
            set xrange [\((curve.t.first ?? 0) - 0.02):\((curve.t.last ?? 1) + 0.02)]
            set xlabel 'α   (0: random draw θ₂, 1: pre-trained θ₁)'; set ylabel \(Gnuplot.quote("loss" + (scale.isLogarithmic ? " (log scale)" : "")))
            \(scale.isLogarithmic ? "set logscale y" : "")
            set key at screen 0.735,0.93 left top Left reverse samplen 2 noenhanced
            plot \(plots.joined(separator: ", \\\n     "))
            """
        return FigurePage.script(name, width: FigurePage.page, height: 7.0, data: data, body: body)
    }
}
