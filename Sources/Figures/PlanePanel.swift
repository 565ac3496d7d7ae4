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

    /// The panel with every n-th point alone, n the least that leaves at most `limit` along an axis; the last points stay, so that
    /// the range does.
    public func thinned(to limit: Int) -> PlanePanel {
        func kept(_ count: Int) -> [Int] {
            let step = max(1, (count - 1 + limit - 2) / (limit - 1))
            return Array(stride(from: 0, to: count - 1, by: step)) + [count - 1]
        }
        let (columns, rows) = (kept(x.count), kept(y.count))
        return PlanePanel(
            title: title, x: columns.map { x[$0] }, y: rows.map { y[$0] },
            loss: rows.flatMap { row in columns.map { loss[row * x.count + $0] } })
    }

    /// The corners of a point's cell.
    fileprivate func cell(_ index: Int) -> String {
        let (i, j) = (index % x.count, index / x.count)
        let dx = (x[x.count - 1] - x[0]) / Double(x.count - 1) / 2
        let dy = (y[y.count - 1] - y[0]) / Double(y.count - 1) / 2
        return "from first \(x[i] - dx),\(y[j] - dy) to first \(x[i] + dx),\(y[j] + dy)"
    }

    /// Half a cell beyond the outer points, so that the outer cells are whole.
    fileprivate static func range(_ coordinates: [Double]) -> String {
        let last = coordinates[coordinates.count - 1]
        let half = (last - coordinates[0]) / Double(coordinates.count - 1) / 2
        return "[\(coordinates[0] - half):\(last + half)]"
    }

    func contains(_ x: Double, _ y: Double) -> Bool {
        self.x[0] <= x && self.x[self.x.count - 1] >= x && self.y[0] <= y && self.y[self.y.count - 1] >= y
    }
}

/// Where and how a panel is drawn on a page of several.
struct PlaneMap {
    let panel: PlanePanel
    /// Distinguishes the data of panels on a page.
    let number: Int
    let scale: Scale
    /// `set lmargin …`.
    let margins: String
    /// Nothing where the panels of a column or row share the label.
    let xLabel: String?
    let yLabel: String?
    /// How far the label of y is moved towards the panel, in characters: numbers of the axis may be shorter or longer.
    var yOffset = 1.0
    /// For small panels: small titles of marks, above and below them in turn, and short numbers.
    var isSmall = false
    /// The longest title, in characters.
    var titleLimit = 28
    /// A cross at the origin and a triangle at the smallest loss, where the panel contains it and has no marks.
    var hasCross = true

    /// Settings that all maps of a page share.
    static func preamble(_ scale: Scale, size: Int) -> String {
        return """
            set view map
            \(Palette.viridis)
            set cbrange [\(Gnuplot.number(scale.low)):\(Gnuplot.number(scale.high))]
            \(scale.isLogarithmic ? "set logscale cb" : "unset logscale cb")
            set cntrlabel onecolor format '%.3g' font small start \(max(5, size / 2)) interval 10000
            set tics nomirror out; unset ztics; unset key; unset colorbox

            """
    }

    /// Data blocks, and the commands that draw the panel inside `set multiplot`.
    ///
    /// - Parameter bar: commands for a colour bar beside it.
    func script(bar: String = "") -> (data: String, body: String) {
        var data = Gnuplot.matrix("plane\(number)", x: panel.x, y: panel.y, z: panel.loss)
        let holes = panel.loss.indices.filter { !panel.loss[$0].isFinite }
        if !holes.isEmpty {
            // An image needs all its points; what is missing is covered by grey cells.
            let filled = panel.loss.map { $0.isFinite ? $0 : scale.low }
            data += Gnuplot.matrix("image\(number)", x: panel.x, y: panel.y, z: filled)
        }
        if !panel.evaluated.isEmpty {
            let (x, y) = (panel.x, panel.y)
            data += Gnuplot.block(
                "evaluated\(number)", panel.evaluated.map { [x[$0 % x.count], y[$0 / x.count], 0] })
        }
        // White lines are lost on the bright half of the colours, dark ones on the other; so each half has a pass of its own.
        let levels = scale.levels(8)
        let own = Scale(panel.loss)
        let hasValues = panel.loss.contains(where: \.isFinite)
        func contours(_ chosen: [Double], _ colour: String) -> (levels: String, plots: [String]) {
            guard hasValues, chosen.contains(where: { $0 > own.low && $0 < own.high }) else {
                return ("unset contour", [])
            }
            return (
                "set contour base; set cntrparam levels discrete \(chosen.map(Gnuplot.number).joined(separator: ", "))",
                [
                    "$plane\(number) nonuniform matrix with lines lc rgb '\(colour)' lw 0.7 nosurface",
                    "$plane\(number) nonuniform matrix with labels tc rgb '\(colour)' nosurface",
                ]
            )
        }
        let dim = contours(levels.filter { scale.share($0) <= 0.5 }, "#ffffff")
        let bright = contours(levels.filter { scale.share($0) > 0.5 }, "#101010")
        let image =
            "$\(holes.isEmpty ? "plane" : "image")\(number) nonuniform matrix with image nocontour"
        var above: [String] = []
        if !panel.evaluated.isEmpty {
            above.append("$evaluated\(number) using 1:2:3 with points pt 7 ps 0.12 lc rgb '#70ffffff' nocontour")
        }
        above += bright.plots
        if panel.trajectory.count > 1 {
            data += Gnuplot.block("way\(number)", panel.trajectory.map { [$0.x, $0.y, 0] })
            above.append("$way\(number) with linespoints lc rgb '#ff4d4d' lw 1.4 pt 7 ps 0.35 nocontour")
        }
        let crosses = hasCross && panel.marks.isEmpty && panel.contains(0, 0)
        var body = """
            \(margins)
            set xrange \(PlanePanel.range(panel.x)); set yrange \(PlanePanel.range(panel.y))
            set title \(Gnuplot.quote(Gnuplot.label(panel.title, limit: titleLimit))) noenhanced offset 0,-0.6
            \(xLabel.map { "set xlabel \(Gnuplot.quote($0)) offset 0,0.4; set format x '\(isSmall ? "%.2g" : "%g")'" } ?? "unset xlabel; set format x ''")
            \(yLabel.map { "set ylabel \(Gnuplot.quote($0)) offset \(yOffset),0; set format y '\(isSmall ? "%.2g" : "%g")'" } ?? "unset ylabel; set format y ''")
            \(dim.levels)
            \(bar)splot \(([image] + dim.plots).joined(separator: ", "))
            set border 0; set tics scale 0; set format x ''; set format y ''; unset title; unset xlabel; unset ylabel; unset colorbox

            """
        if crosses {
            body += "set label 1 '' at 0,0,0 point pt 1 ps 0.9 lw 1.5 lc rgb '#ff4d4d' front\n"
            if panel.loss.indices.contains(lowest ?? -1), let lowest {
                let place = (panel.x[lowest % panel.x.count], panel.y[lowest / panel.x.count])
                if place != (0, 0) {
                    body +=
                        "set label 99 '' at \(place.0),\(place.1),0 point pt 8 ps 0.7 lw 1.3 lc rgb '#ff4d4d' front\n"
                }
            }
        }
        for (number, mark) in panel.marks.enumerated() where panel.contains(mark.x, mark.y) {
            let place = isSmall ? "0.6,\(number % 2 == 0 ? 0.5 : -0.6) font small" : "0.7,0.5"
            body +=
                "set label \(number + 2) \(Gnuplot.quote(Gnuplot.label(mark.title, limit: 18))) at \(mark.x),\(mark.y),0 noenhanced point pt 7 ps 0.8 lc rgb '#ff4d4d' offset \(place) tc rgb '#ffffff' front\n"
        }
        for (number, hole) in holes.enumerated() {
            body +=
                "set object \(number + 1) rectangle \(panel.cell(hole)) fillstyle solid noborder fillcolor rgb '#bdbdbd' front\n"
        }
        // Something must be drawn for marks and holes to appear.
        let nothing = "$plane\(number) nonuniform matrix with lines lc rgb '#ff000000' nosurface nocontour"
        body += "\(bright.levels)\nsplot \((above.isEmpty ? [nothing] : above).joined(separator: ", "))\n"
        body += "set border 31; set tics scale 1; unset label; unset object\n"
        return (data, body)
    }

    /// The smallest loss, where the plane has one.
    private var lowest: Int? {
        panel.loss.indices.filter { panel.loss[$0].isFinite }.min { panel.loss[$0] < panel.loss[$1] }
    }
}
