import Foundation

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
        var body = "set multiplot\n" + PlaneMap.preamble(scale, size: panels.map(\.x.count).max() ?? 10)
        for (index, panel) in panels.enumerated() {
            let (row, column) = (index / columns, index % columns)
            let x0 = left + Double(column) * (panelWidth + gapX)
            let y1 = height - top - Double(row) * (panelWidth + gapY)
            let map = PlaneMap(
                panel: panel, number: index, scale: scale,
                margins: Gnuplot.margins(
                    left: x0 / width, right: (x0 + panelWidth) / width, bottom: (y1 - panelWidth) / height,
                    top: y1 / height),
                xLabel: index + columns >= panels.count ? xLabel : nil, yLabel: column == 0 ? yLabel : nil)
            let isLast = index == panels.count - 1
            let bar = Palette.bar(
                scale, quantity, x: (width - right + 0.35) / width, y: bottom / height, width: 0.35 / width,
                height: (height - bottom - top) / height)
            let drawn = map.script(bar: isLast ? bar : "")
            data += drawn.data
            body += drawn.body
        }
        body += "unset multiplot"
        return Gnuplot.page(name, width: width, height: height, data: data, body: body)
    }
}
