import Foundation

/// Loss, or another quantity, over a plane as a heat map with labelled contours: one variant, or small multiples of several on one
/// scale or each on its own.
public struct PlaneFigure: Figure {
    /// What the colours of several panels span.
    public enum Scaling: Sendable {
        /// All panels together, so that colours compare.
        case common
        /// Each panel by itself, so that its shape shows.
        case own
    }

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
    /// What the colours span.
    public let scaling: Scaling

    /// A figure of panels.
    public init(
        name: String, panels: [PlanePanel], xLabel: String = "x", yLabel: String = "y", quantity: String = "loss",
        scaling: Scaling = .common
    ) {
        self.quantity = quantity
        self.name = name
        self.panels = panels
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.scaling = scaling
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        let ranges = panels.map { panel -> String in
            let finite = panel.loss.filter(\.isFinite)
            return
                "\(panel.title) from \(Gnuplot.coordinate(finite.min() ?? .nan)) to \(Gnuplot.coordinate(finite.max() ?? .nan))"
        }
        let scale =
            panels.count > 1
            ? (scaling == .common ? ", all on one colour scale" : ", each on its own colour scale") : ""
        return "Heat map with contours of the \(quantity) over a plane\(scale): \(ranges.joined(separator: "; "))."
    }

    // Centimetres, so that panels are square.
    private static let (left, bottom, top) = (1.45, 1.5, 0.75)
    /// A colour bar with its numbers.
    private static let (bar, barGap) = (0.3, 0.2)

    /// See ``Figure/script()``.
    public func script() -> String {
        let isOwn = scaling == .own && panels.count > 1
        let columns = max(1, min(panels.count, panels.count == 4 ? 2 : 3))
        let rows = (panels.count + columns - 1) / columns
        let width = panels.count == 1 ? FigurePage.column : FigurePage.page
        let right = isOwn ? 1.45 : 2.1
        let (gapX, gapY) = (isOwn ? 1.9 : 0.45, 1.0)
        let panelWidth = (width - Self.left - right - Double(columns - 1) * gapX) / Double(columns)
        let height = Self.bottom + Self.top + Double(rows) * panelWidth + Double(rows - 1) * gapY
        let common = Scale(panels.flatMap(\.loss), clips: true)

        var data = ""
        var body = "set multiplot\n"
        for (index, panel) in panels.enumerated() {
            let scale = isOwn ? Scale(panel.loss, clips: true) : common
            let (row, column) = (index / columns, index % columns)
            let x0 = Self.left + Double(column) * (panelWidth + gapX)
            let y1 = height - Self.top - Double(row) * (panelWidth + gapY)
            if index == 0 || isOwn { body += PlaneMap.preamble(scale, size: panels.map(\.x.count).max() ?? 10) }
            let map = PlaneMap(
                panel: panel, number: index, scale: scale,
                margins: Gnuplot.margins(
                    left: x0 / width, right: (x0 + panelWidth) / width, bottom: (y1 - panelWidth) / height,
                    top: y1 / height),
                xLabel: index + columns >= panels.count ? xLabel : nil, yLabel: column == 0 ? yLabel : nil,
                titleLimit: panels.count > 2 && columns == 3 ? 22 : 28)
            var bar = ""
            if isOwn {
                bar = Palette.bar(
                    scale, "", x: (x0 + panelWidth + Self.barGap) / width, y: (y1 - panelWidth) / height,
                    width: Self.bar / width, height: panelWidth / height)
            } else if index == panels.count - 1 {
                bar = Palette.bar(
                    scale, quantity, x: (width - right + 0.3) / width, y: Self.bottom / height, width: Self.bar / width,
                    height: (height - Self.bottom - Self.top) / height)
            }
            let drawn = map.script(bar: bar)
            data += drawn.data
            body += drawn.body
        }
        body += "unset multiplot"
        return FigurePage.script(name, width: width, height: height, data: data, body: body)
    }
}
