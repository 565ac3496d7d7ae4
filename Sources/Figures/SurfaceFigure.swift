import Foundation

/// Loss over a plane as a surface in space, several variants on one scale. Fine grids are drawn with every second, third, … point.
public struct SurfaceFigure: Figure {
    /// See ``Figure/name``.
    public let name: String
    /// In the order of the comparison.
    public let panels: [PlanePanel]

    /// A figure of surfaces that share one scale.
    public init(name: String, panels: [PlanePanel]) {
        self.name = name
        self.panels = panels
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "The loss over a plane as a surface in space, for \(panels.map(\.title).joined(separator: ", "))\(panels.count > 1 ? ", all on one scale" : "")."
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        let scale = Scale(panels.flatMap(\.loss), clips: true)
        let columns = min(panels.count, panels.count == 4 ? 2 : 3)
        let rows = (panels.count + columns - 1) / max(1, columns)
        let width = panels.count == 1 ? FigurePage.column : FigurePage.page
        let cell = (width - 1.9) / Double(max(1, columns))
        let cellHeight = panels.count == 1 ? 6.4 : cell * 0.9
        let height = Double(rows) * cellHeight
        var data = ""
        var body = """
            set multiplot
            \(Palette.viridis)
            set cbrange [\(Gnuplot.number(scale.low)):\(Gnuplot.number(scale.high))]; set zrange [\(Gnuplot.number(scale.low)):\(Gnuplot.number(scale.high))]
            \(scale.isLogarithmic ? "set logscale z; set logscale cb" : "")
            set view 60,35,0.92,1.15; set xyplane 0; set lmargin 0; set rmargin 0; set bmargin 0; set tmargin 0; unset key; unset colorbox
            set pm3d depthorder border lc rgb '#333333' lw 0.25
            set border 31 lw 0.6 lc rgb ink; set xtics font small offset -0.6,-0.25; set ytics font small offset 0.6,-0.15; set ztics font small

            """
        for (index, panel) in panels.enumerated() {
            let mesh = panel.thinned(to: 51)
            data += Gnuplot.matrix("surface\(index)", x: mesh.x, y: mesh.y, z: mesh.loss.map { min($0, scale.high) })
            let (row, column) = (index / columns, index % columns)
            let x0 = Double(column) * cell
            let y0 = height - Double(row + 1) * cellHeight
            let xStep = Scale.roundStep((panel.x[panel.x.count - 1] - panel.x[0]) / 3)
            let yStep = Scale.roundStep((panel.y[panel.y.count - 1] - panel.y[0]) / 3)
            body += """
                set origin \((x0 + 0.22) / width),\((y0 - 0.1 * cellHeight) / height); set size \((cell + 0.15) / width),\(1.1 * cellHeight / height)
                set xrange [\(panel.x[0]):\(panel.x[panel.x.count - 1])]; set yrange [\(panel.y[0]):\(panel.y[panel.y.count - 1])]
                set xtics \(xStep); set ytics \(yStep)
                unset title; set label 1 \(Gnuplot.quote(Gnuplot.label(panel.title, limit: 28))) at screen \((x0 + 0.5 * cell + 0.2) / width), screen \((y0 + cellHeight - 0.3) / height) center noenhanced tc rgb ink
                set xlabel 'x' offset 0,0.3; set ylabel 'y' offset 0,0.3

                """
            if index == panels.count - 1 {
                body += "set colorbox user origin \((width - 1.65) / width),0.2 size \(0.3 / width),0.6 noborder\n"
                body +=
                    "set cblabel \(Gnuplot.quote(scale.label("loss"))); set cbtics nomirror out font small\n"
            }
            body += "splot $surface\(index) nonuniform matrix with pm3d\n"
        }
        body += "unset multiplot"
        return FigurePage.script(name, width: width, height: height, data: data, body: body)
    }
}
