import Foundation

/// A variant's loss over a plane.
public struct PlanePanel: Sendable {
    /// The variant.
    public let title: String
    /// Coordinates of the columns.
    public let x: [Double]
    /// Coordinates of the rows.
    public let y: [Double]
    /// Row-major, `loss[j * x.count + i]` at (x[i], y[j]); NaN and infinity are holes.
    public let loss: [Double]
    /// Weights that lie on the plane, beside its centre.
    public let marks: [(title: String, x: Double, y: Double)]
    /// The way of a training run, projected onto the plane; drawn as a line from its first point to its last.
    public let trajectory: [(x: Double, y: Double)]
    /// Positions in `loss` to be dotted: the points that were evaluated where others are interpolated.
    public let evaluated: [Int]

    /// A panel.
    public init(
        title: String, x: [Double], y: [Double], loss: [Double], marks: [(title: String, x: Double, y: Double)] = [],
        trajectory: [(x: Double, y: Double)] = [],
        evaluated: [Int] = []
    ) {
        self.evaluated = evaluated
        precondition(loss.count == x.count * y.count, "one loss per point")
        self.trajectory = trajectory
        self.marks = marks
        self.title = title
        self.x = x
        self.y = y
        self.loss = loss
    }

    /// Whether there is an area to draw.
    public var isDrawable: Bool { x.count > 1 && y.count > 1 && loss.contains(where: \.isFinite) }
}

/// Loss, or another quantity, over a plane as a heat map with labelled contours, several variants on one scale.
public struct PlaneFigure: Figure {
    /// See ``Figure/name``.
    public let name: String
    /// In the order of the comparison.
    public let panels: [PlanePanel]
    /// The label of x.
    public let xLabel: String
    /// The label of y.
    public let yLabel: String

    /// What the colours show.
    public let quantity: String

    /// A figure of panels that share one colour scale.
    public init(
        name: String, panels: [PlanePanel], xLabel: String = "x", yLabel: String = "y", quantity: String = "loss"
    ) {
        self.quantity = quantity
        self.name = name
        self.panels = panels
        self.xLabel = xLabel
        self.yLabel = yLabel
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "Heat map of \(quantity) over a plane through \(panels.map(\.title).joined(separator: ", "))\(panels.count > 1 ? ", all on one colour scale" : "")."
    }

    /// The corners of a point's cell.
    private static func cell(_ panel: PlanePanel, _ index: Int) -> String {
        let (i, j) = (index % panel.x.count, index / panel.x.count)
        let dx = (panel.x[panel.x.count - 1] - panel.x[0]) / Double(panel.x.count - 1) / 2
        let dy = (panel.y[panel.y.count - 1] - panel.y[0]) / Double(panel.y.count - 1) / 2
        return "from first \(panel.x[i] - dx),\(panel.y[j] - dy) to first \(panel.x[i] + dx),\(panel.y[j] + dy)"
    }

    /// Half a cell beyond the outer points, so that the outer cells are whole.
    private static func range(_ coordinates: [Double]) -> String {
        let last = coordinates[coordinates.count - 1]
        let half = (last - coordinates[0]) / Double(coordinates.count - 1) / 2
        return "[\(coordinates[0] - half):\(last + half)]"
    }

    private static func contains(_ panel: PlanePanel, _ x: Double, _ y: Double) -> Bool {
        panel.x[0] <= x && panel.x[panel.x.count - 1] >= x && panel.y[0] <= y && panel.y[panel.y.count - 1] >= y
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        let scale = Scale(panels.flatMap(\.loss))
        let columns = min(panels.count, panels.count == 4 ? 2 : 3)
        let rows = (panels.count + columns - 1) / max(1, columns)
        let width = panels.count == 1 ? 11.0 : 17.8
        // In centimetres, so that panels are square.
        let (left, right, bottom, top, gapX, gapY) = (1.55, 2.3, 1.55, 0.75, 0.45, 1.0)
        let panelWidth = (width - left - right - Double(columns - 1) * gapX) / Double(max(1, columns))
        let height = bottom + top + Double(rows) * panelWidth + Double(rows - 1) * gapY

        var data = ""
        var body = """
            set multiplot
            set view map
            \(Palette.viridis)
            set cbrange [\(Gnuplot.number(scale.low)):\(Gnuplot.number(scale.high))]
            \(scale.isLogarithmic ? "set logscale cb" : "")
            set contour base
            set cntrparam levels discrete \(scale.levels(8).map(Gnuplot.number).joined(separator: ", "))
            set cntrlabel onecolor format '%.3g' font small start \(max(5, (panels.map(\.x.count).max() ?? 10) / 2)) interval 10000
            set tics nomirror out; unset ztics; unset key; unset colorbox

            """
        if scale.levels(8).isEmpty {
            body = body.replacingOccurrences(of: "set cntrparam levels discrete \n", with: "unset contour\n")
        }
        for (index, panel) in panels.enumerated() {
            data += Gnuplot.matrix("plane\(index)", x: panel.x, y: panel.y, z: panel.loss)
            let holes = panel.loss.indices.filter { !panel.loss[$0].isFinite }
            if !holes.isEmpty {
                // An image needs all its points; what is missing is covered by grey cells.
                let filled = panel.loss.map { $0.isFinite ? $0 : scale.low }
                data += Gnuplot.matrix("image\(index)", x: panel.x, y: panel.y, z: filled)
            }
            let (row, column) = (index / columns, index % columns)
            let x0 = left + Double(column) * (panelWidth + gapX)
            let y1 = height - top - Double(row) * (panelWidth + gapY)
            let isLast = index == panels.count - 1
            let isBottom = index + columns >= panels.count
            if !panel.evaluated.isEmpty {
                let (x, y) = (panel.x, panel.y)
                data += Gnuplot.block(
                    "evaluated\(index)", panel.evaluated.map { [x[$0 % x.count], y[$0 / x.count], 0] })
            }
            let hasContour = Scale(panel.loss).low < (scale.levels(8).last ?? -.infinity) && !scale.levels(8).isEmpty
            var plots = ["$\(holes.isEmpty ? "plane" : "image")\(index) nonuniform matrix with image nocontour"]
            if !panel.evaluated.isEmpty {
                plots.append("$evaluated\(index) using 1:2:3 with points pt 7 ps 0.12 lc rgb '#70ffffff' nocontour")
            }
            if hasContour {
                plots.append("$plane\(index) nonuniform matrix with lines lc rgb '#ffffff' lw 0.7 nosurface")
                plots.append("$plane\(index) nonuniform matrix with labels tc rgb '#ffffff' nosurface")
            }
            if panel.trajectory.count > 1 {
                data += Gnuplot.block("way\(index)", panel.trajectory.map { [$0.x, $0.y, 0] })
                plots.append("$way\(index) with linespoints lc rgb '#ff4d4d' lw 1.4 pt 7 ps 0.35 nocontour")
            }
            body += """
                \(Gnuplot.margins(left: x0 / width, right: (x0 + panelWidth) / width, bottom: (y1 - panelWidth) / height, top: y1 / height))
                set xrange \(PlaneFigure.range(panel.x)); set yrange \(PlaneFigure.range(panel.y))
                set title \(Gnuplot.quote(Gnuplot.label(panel.title, limit: 28))) noenhanced offset 0,-0.6
                \(isBottom ? "set xlabel \(Gnuplot.quote(xLabel)) offset 0,0.4; set format x '%g'" : "unset xlabel; set format x ''")
                \(column == 0 ? "set ylabel \(Gnuplot.quote(yLabel)) offset 1,0; set format y '%g'" : "unset ylabel; set format y ''")
                \(panel.marks.isEmpty && PlaneFigure.contains(panel, 0, 0) ? "set label 1 '' at 0,0,0 point pt 1 ps 0.9 lw 1.5 lc rgb '#ff4d4d' front" : "unset label 1")

                """
            for (number, mark) in panel.marks.enumerated() where PlaneFigure.contains(panel, mark.x, mark.y) {
                body +=
                    "set label \(number + 2) \(Gnuplot.quote(Gnuplot.label(mark.title, limit: 18))) at \(mark.x),\(mark.y),0 noenhanced point pt 7 ps 0.8 lc rgb '#ff4d4d' offset 0.7,0.5 tc rgb '#ffffff' front\n"
            }
            if isLast {
                let barX = (width - right + 0.35) / width
                body +=
                    "set colorbox user origin \(barX),\(bottom / height) size \(0.35 / width),\((height - bottom - top) / height) noborder\n"
                body +=
                    "set cblabel \(Gnuplot.quote(scale.isLogarithmic ? "\(quantity) (log scale)" : quantity)); set cbtics nomirror out\n"
            }
            for (number, hole) in holes.enumerated() {
                body +=
                    "set object \(number + 1) rectangle \(PlaneFigure.cell(panel, hole)) fillstyle solid noborder fillcolor rgb '#bdbdbd' front\n"
            }
            body += "splot \(plots.joined(separator: ", "))\n"
            if !holes.isEmpty { body += "unset object\n" }
            for number in panel.marks.indices { body += "unset label \(number + 2)\n" }
        }
        body += "unset multiplot"
        return Gnuplot.page(name, width: width, height: height, data: data, body: body)
    }
}
