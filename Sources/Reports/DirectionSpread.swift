import Archive
import Figures

/// What planes and volumes along several sets of random directions show beside their mean.
enum DirectionSpread {
    /// What the colours of the second figure are.
    static let quantity = "standard deviation"

    private static func count(_ grid: GridRecord) -> Int { grid.attributes["directions"]?.integer ?? 1 }

    private static func sets(_ grid: GridRecord) -> String {
        "\(count(grid)) \(grid.kind == .plane ? "pairs" : "triples") of random directions"
    }

    /// For the caption of the first figure; nothing where there is one set of directions.
    static func caption(_ grid: GridRecord) -> String {
        grid.column("directions_mean") == nil ? "" : " Colours: the mean over \(sets(grid)) drawn alike."
    }

    /// The deviation at every point, where there is one.
    static func values(_ grid: GridRecord) -> [Double]? {
        grid.column("directions_deviation").flatMap { $0.contains(where: \.isFinite) ? $0 : nil }
    }

    static func explanation(_ grid: GridRecord) -> String {
        "The standard deviation of the loss over \(sets(grid)), point by point and the same directions for every variant: what differs by less is a matter of the draw. 0 at the centre, where all meet."
    }

    /// A heat map of the deviation for planes; nothing where there is one set of directions.
    static func planes(_ planes: [(title: String, plane: GridRecord)], _ file: String) -> [FigureSelection.Entry] {
        let panels = planes.compactMap { title, plane in
            values(plane).map { PlanePanel(title: title, x: plane.x, y: plane.y, loss: $0) }
        }.filter(\.isDrawable)
        guard let first = planes.first?.plane, !panels.isEmpty else { return [] }
        return [
            FigureSelection.Entry(
                figure: PlaneFigure(name: file + "-spread", panels: panels, quantity: quantity),
                title: "Over a plane: spread over directions", caption: explanation(first),
                isNarrow: panels.count == 1, header: ["variant", "largest deviation", "median deviation"],
                rows: panels.map { panel in
                    let sorted = panel.loss.filter(\.isFinite).sorted()
                    return [panel.title, Number.text(sorted[sorted.count - 1]), Number.text(sorted[sorted.count / 2])]
                })
        ]
    }
}
