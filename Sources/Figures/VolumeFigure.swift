import Foundation

/// A variant's loss over a volume.
public struct VolumePanel: Sendable {
    /// The variant.
    public let title: String
    /// Coordinates along each direction.
    public let x, y, z: [Double]
    /// `loss[(k * y.count + j) * x.count + i]` at (x[i], y[j], z[k]); NaN and infinity are holes.
    public let loss: [Double]
    /// Weights that lie in the volume, beside its centre.
    public let marks: [(title: String, x: Double, y: Double, z: Double)]
    /// The way of a training run, projected into the volume.
    public let trajectory: [(x: Double, y: Double, z: Double)]

    /// A panel.
    public init(
        title: String, x: [Double], y: [Double], z: [Double], loss: [Double],
        marks: [(title: String, x: Double, y: Double, z: Double)] = [],
        trajectory: [(x: Double, y: Double, z: Double)] = []
    ) {
        precondition(loss.count == x.count * y.count * z.count, "one loss per point")
        self.title = title
        (self.x, self.y, self.z) = (x, y, z)
        self.loss = loss
        self.marks = marks
        self.trajectory = trajectory
    }

    /// Whether there is a body to draw.
    public var isDrawable: Bool {
        x.count > 1 && y.count > 1 && z.count > 1 && loss.contains(where: \.isFinite)
    }

    /// The place nearest to 0.
    private static func centre(_ coordinates: [Double]) -> Int {
        coordinates.indices.min { abs(coordinates[$0]) < abs(coordinates[$1]) } ?? 0
    }

    private func value(_ i: Int, _ j: Int, _ k: Int) -> Double { loss[(k * y.count + j) * x.count + i] }

    /// The three cuts through the points nearest to 0: each a list of rows of (x, y, z, loss).
    var cuts: [[[[Double]]]] {
        let (a, b, c) = (VolumePanel.centre(x), VolumePanel.centre(y), VolumePanel.centre(z))
        return [
            y.indices.map { j in x.indices.map { i in [x[i], y[j], z[c], value(i, j, c)] } },
            z.indices.map { k in x.indices.map { i in [x[i], y[b], z[k], value(i, b, k)] } },
            z.indices.map { k in y.indices.map { j in [x[a], y[j], z[k], value(a, j, k)] } },
        ]
    }

    /// The lowest layer, the one nearest to 0 (or in the middle, where that is one of the ends), and the highest, each as a plane; two where
    /// there are no more.
    var layers: [(z: Double, panel: PlanePanel)] {
        let centre = VolumePanel.centre(z)
        let last = z.count - 1
        let chosen = last == 1 ? [0, 1] : [0, (1..<last).contains(centre) ? centre : z.count / 2, last]
        let half = (z[last] - z[0]) / Double(max(1, last)) / 2
        return chosen.map { k in
            let size = x.count * y.count
            let here = marks.filter { abs($0.z - z[k]) <= half }.map { (title: $0.title, x: $0.x, y: $0.y) }
            return (
                z[k],
                PlanePanel(
                    title: "z = \(Gnuplot.coordinate(z[k]))", x: x, y: y,
                    loss: Array(loss[(k * size)..<((k + 1) * size)]),
                    marks: here)
            )
        }
    }
}

/// Loss over a volume, a row for each variant on one colour scale: in space the three cuts through the centre, beside them the layers at both
/// ends of z and at the centre.
public struct VolumeFigure: Figure {
    /// See ``Figure/name``.
    public let name: String
    /// In the order of the comparison.
    public let panels: [VolumePanel]
    /// The labels of x, y and z.
    public let labels: [String]
    /// What the colours show.
    public let quantity: String

    /// A figure of panels that share one colour scale.
    ///
    /// - Parameter labels: of x, y and z.
    public init(
        name: String, panels: [VolumePanel], labels: [String] = ["x", "y", "z"], quantity: String = "loss"
    ) {
        precondition(labels.count == 3, "three directions")
        self.name = name
        self.panels = panels
        self.labels = labels
        self.quantity = quantity
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "\(quantity.prefix(1).uppercased())\(quantity.dropFirst()) over a volume around \(panels.map(\.title).joined(separator: ", ")): three cuts through the centre in space, and layers at three values of z\(panels.count > 1 ? ", all on one colour scale" : "")."
    }

    // Centimetres.
    private static let (width, spaceWidth, barSpace) = (17.8, 5.9, 2.0)
    private static let (left, gap, top, bottom, rowGap) = (1.5, 0.25, 0.6, 0.5, 0.7)

    /// See ``Figure/script()``.
    public func script() -> String {
        let scale = Scale(panels.flatMap(\.loss))
        let layerCount = panels.map(\.layers.count).max() ?? 3
        let start = Self.spaceWidth + Self.left
        let side = (Self.width - start - Self.barSpace - Double(layerCount - 1) * Self.gap) / Double(layerCount)
        // A row holds the picture in space too, which is higher than a layer is wide.
        let rowHeight = max(side + 0.9, 4.3)
        let height =
            Self.top + Self.bottom + Double(panels.count) * rowHeight + Double(max(0, panels.count - 1)) * Self.rowGap
        var data = ""
        var body = "set multiplot\n"
        let low = Double(panels.count - 1)
        for (index, panel) in panels.enumerated() {
            let y0 = Self.bottom + (low - Double(index)) * (rowHeight + Self.rowGap)
            let space = inSpace(panel, index, scale, bottom: y0, rowHeight: rowHeight, height: height)
            data += space.data
            // What belongs to one kind of picture would spoil the other.
            body += space.body + "reset\n" + PlaneMap.preamble(scale, size: panel.x.count)
            let isBottom = index == panels.count - 1
            for (name, values) in [("x", panel.x), ("y", panel.y)] {
                body += "set \(name)tics \(Self.tics(values))\n"
            }
            for (place, layer) in panel.layers.enumerated() {
                let x0 = start + Double(place) * (side + Self.gap)
                let base = y0 + (rowHeight - side) / 2
                let map = PlaneMap(
                    panel: layer.panel, number: index * 10 + place, scale: scale,
                    margins: Gnuplot.margins(
                        left: x0 / Self.width, right: (x0 + side) / Self.width, bottom: base / height,
                        top: (base + side) / height),
                    xLabel: isBottom ? labels[0] : nil, yLabel: place == 0 ? labels[1] : nil, yOffset: -1,
                    isSmall: true,
                    hasCross: layer.z == 0 && panel.marks.isEmpty)
                let isLast = isBottom && place == panel.layers.count - 1
                let bar = Palette.bar(
                    scale, quantity, x: (Self.width - Self.barSpace + 0.3) / Self.width, y: Self.bottom / height,
                    width: 0.35 / Self.width, height: (height - Self.bottom - Self.top) / height)
                let drawn = map.script(bar: isLast ? bar : "")
                data += drawn.data
                body += drawn.body
            }
            body += "reset\n"
        }
        body += "unset multiplot"
        return FigurePage.script(name, width: Self.width, height: height, data: data, body: body)
    }

    /// Numbers on an axis: both ends and the middle.
    private static func tics(_ values: [Double]) -> String {
        let (low, high) = (values[0], values[values.count - 1])
        return "(\(Gnuplot.number(low)), \(Gnuplot.number((low + high) / 2)), \(Gnuplot.number(high)))"
    }

    /// The three cuts, seen from above at an angle.
    private func inSpace(
        _ panel: VolumePanel, _ index: Int, _ scale: Scale, bottom: Double, rowHeight: Double, height: Double
    ) -> (data: String, body: String) {
        var data = ""
        var plots: [String] = []
        for (number, cut) in panel.cuts.enumerated() {
            let rows = cut.map { $0.map { $0.map(Gnuplot.number).joined(separator: " ") }.joined(separator: "\n") }
            data += "$cut\(index)x\(number) << EOD\n\(rows.joined(separator: "\n\n"))\nEOD\n"
            plots.append("$cut\(index)x\(number) using 1:2:3:4 with pm3d")
        }
        if panel.trajectory.count > 1 {
            data += Gnuplot.block("space\(index)", panel.trajectory.map { [$0.x, $0.y, $0.z] })
            plots.append("$space\(index) using 1:2:3 with linespoints lc rgb '#ff4d4d' lw 1.4 pt 7 ps 0.35")
        }
        func axis(_ name: String, _ values: [Double], _ offset: String) -> String {
            let (low, high) = (values[0], values[values.count - 1])
            return
                "set \(name)range [\(low):\(high)]; set \(name)tics \(Self.tics(values)) font small tc rgb ink offset \(offset) nomirror; set format \(name) '%.2g'"
        }
        let body = """
            \(Palette.viridis)
            set cbrange [\(Gnuplot.number(scale.low)):\(Gnuplot.number(scale.high))]; unset colorbox; unset key
            \(scale.isLogarithmic ? "set logscale cb" : "")
            set lmargin 0; set rmargin 0; set bmargin 0; set tmargin 0
            set origin \(0.55 / Self.width),\((bottom - 0.15) / height); set size \((Self.spaceWidth - 0.5) / Self.width),\(rowHeight / height)
            set view 66,33,1.02,1.3; set xyplane 0; set border 4095 lw 0.3 lc rgb faint
            set pm3d depthorder interpolate 3,3 noborder
            \(axis("x", panel.x, "0,-0.4"))
            \(axis("y", panel.y, "0.3,-0.3"))
            \(axis("z", panel.z, "0.5,0"))
            set xlabel \(Gnuplot.quote(labels[0])) offset 0,-0.4; set ylabel \(Gnuplot.quote(labels[1])) offset \(labels[1].count > 3 ? "0.5,-0.9" : "0.3,-0.3")
            set label 1 \(Gnuplot.quote(labels[2])) at \(labels[2].count > 3 ? "screen \(0.1 / Self.width), screen \((bottom + 0.86 * rowHeight) / height) left" : "graph 0, graph 0, graph 1.17 center")
            set label 2 \(Gnuplot.quote(Gnuplot.label(panel.title, limit: 34))) at screen \(0.5 * Self.spaceWidth / Self.width), screen \((bottom + rowHeight + 0.1) / height) center noenhanced
            splot \(plots.joined(separator: ", "))

            """
        return (data, body)
    }
}
