import Archive
import Figures

// Figures of planes.
extension FigureSelection {
    /// The label of an axis of a plane.
    private static func label(_ plane: GridRecord, _ index: Int) -> String {
        guard let shares = plane.attributes["explained_variance"]?.numbers, index < shares.count else {
            return ["x", "y"][index]
        }
        return "principal component \(index + 1) (\(Number.text((1000 * shares[index]).rounded() / 10)) %)"
    }

    private static func trajectoryCaption(_ plane: GridRecord, _ axes: String) -> String {
        let distances = plane.attributes["trajectory_distance"]?.numbers ?? []
        let farthest = distances.filter(\.isFinite).max().map {
            " The weights lie off the plane by up to \(Number.text(100 * $0)) % of their way to the end, so their own losses differ from the colours."
        }
        return
            "The plane of most variance of a trajectory, through its end (\(axes)). Red: the trajectory, projected. Lines: equal loss.\(farthest ?? "")"
    }

    static func planes(_ record: RunRecord) -> [Entry] {
        var names: [String] = []
        for plane in record.variants.flatMap(\.planes) where !names.contains(plane.name) && plane.name != "convexity" {
            names.append(plane.name)
        }
        return names.flatMap { name -> [Entry] in
            let found = record.variants.compactMap { variant in variant.plane(name).map { (variant.name, $0) } }
            let panels = found.compactMap { title, plane -> PlanePanel? in
                guard let loss = plane.column("directions_mean") ?? plane.column("loss") else { return nil }
                let attributes = plane.attributes
                let positions = zip(attributes["marks_x"]?.numbers ?? [], attributes["marks_y"]?.numbers ?? [])
                let marks = zip(attributes["marks"]?.texts ?? [], positions).map { (title: $0, x: $1.0, y: $1.1) }
                let way = zip(
                    attributes["trajectory_x"]?.numbers ?? [], attributes["trajectory_y"]?.numbers ?? [])
                var ends: [(title: String, x: Double, y: Double)] = []
                let points = way.map { (x: $0, y: $1) }
                if let first = points.first, let last = points.last {
                    ends = [("start", first.x, first.y), ("end", last.x, last.y)]
                }
                return PlanePanel(
                    title: isThroughWeights(name) ? "through the weights" : title, x: plane.x, y: plane.y, loss: loss,
                    marks: marks + ends, trajectory: points,
                    evaluated: plane.status.contains(.interpolated)
                        ? plane.status.indices.filter { plane.status[$0] == .done } : [])
            }
            guard let plane = found.first?.1, panels.contains(where: { $0.loss.contains(where: \.isFinite) }) else {
                return []
            }
            let file =
                name == "random" ? "plane" : "plane-" + name.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
            let cosine = plane.attributes["cosine"]?.number.map { "; cosine of the axes \(Number.text($0))" } ?? ""
            let axes = FigureSelection.axes(plane)
            let note = AdaptiveNote.caption(found.map { (title: $0, plane: $1) }) + DirectionSpread.caption(plane)
            let drawable = panels.filter(\.isDrawable)
            guard !drawable.isEmpty else { return [strip(panels, file, axes)] }
            var entries = [
                Entry(
                    figure: PlaneFigure(
                        name: file, panels: drawable, xLabel: label(plane, 0), yLabel: label(plane, 1)),
                    title: isThroughWeights(name) ? "Over a plane through weights" : "Over a plane, one scale",
                    caption: name == "trajectory"
                        ? trajectoryCaption(plane, axes) + note
                        : name == "variants"
                            ? "One plane through the weights that are marked (\(axes)\(cosine)). Lines: equal loss.\(note)"
                            : "The same two axes for every variant (\(axes)\(cosine)). Cross: the variant's own weights; triangle: the smallest loss. Lines: equal loss.\(note)",
                    isNarrow: drawable.count == 1,
                    header: ["variant", "smallest", "at (x, y)", "largest", "at (x, y)", "centre"],
                    rows: drawable.map { extremes($0.title, [$0.x, $0.y], $0.loss) }),
                Entry(
                    figure: SurfaceFigure(name: file + "-surface", panels: drawable),
                    title: "The same plane as a surface",
                    caption: "As above\(drawable.count > 1 ? ", on one scale" : "").", isRaster: true,
                    isNarrow: drawable.count == 1,
                    header: header(values: drawable), rows: rows(values: drawable),
                    space: SpacePicture(panels: drawable)),
            ]
            if drawable.count > 1 {
                entries.append(
                    Entry(
                        figure: PlaneFigure(
                            name: "\(file)-own", panels: drawable, xLabel: label(plane, 0), yLabel: label(plane, 1),
                            scaling: .own), title: "The same plane, each variant on its own scale",
                        caption:
                            "The colours span each variant's losses alone: shapes compare, heights do not.\(note)",
                        header: ["variant", "colours from", "to", "median", "points"],
                        rows: drawable.map { panel in
                            let sorted = panel.loss.filter(\.isFinite).sorted()
                            return [
                                panel.title, Number.text(sorted.first ?? .nan), Number.text(sorted.last ?? .nan),
                                Number.text(sorted.isEmpty ? .nan : sorted[sorted.count / 2]),
                                "\(sorted.count) of \(panel.loss.count)",
                            ]
                        }))
            }
            entries += DirectionSpread.planes(found.map { (title: $0, plane: $1) }, file)
            return entries
        }
    }

    /// Larger planes have their numbers in the file alone.
    private static let pointsInTable = 441

    /// For the table of all values: the coordinates of the columns, where all panels are small and share them.
    private static func header(values panels: [PlanePanel]) -> [String] {
        let small = panels.filter { $0.loss.count <= pointsInTable && $0.x == panels[0].x }
        return small.count < panels.count || panels.count > 4
            ? ["variant", "smallest", "10 %", "median", "90 %", "largest"]
            : ["variant", "y"] + panels[0].x.map { "x = \(Number.text($0))" }
    }

    private static func rows(values panels: [PlanePanel]) -> [[String]] {
        guard header(values: panels)[1] == "y" else {
            return panels.map { panel in
                let sorted = panel.loss.filter(\.isFinite).sorted()
                return [panel.title]
                    + [0, 0.1, 0.5, 0.9, 1].map { share in
                        Number.text(sorted.isEmpty ? .nan : sorted[Int(share * Double(sorted.count - 1))])
                    }
            }
        }
        return panels.flatMap { panel in
            panel.y.indices.map { row in
                [panel.title, Number.text(panel.y[row])]
                    + panel.x.indices.map { Number.text(panel.loss[row * panel.x.count + $0]) }
            }
        }
    }

    /// A plane of one row or column is a line.
    static func strip(_ panels: [PlanePanel], _ file: String, _ axes: String) -> Entry {
        let curves = panels.map { panel in
            LineFigure.Curve(
                title: panel.title, t: panel.x.count >= panel.y.count ? panel.x : panel.y, loss: panel.loss,
                standardError: panel.loss.map { _ in .nan })
        }
        return Entry(
            figure: LineFigure(name: file, curves: curves, xLabel: "distance"), title: "A plane of one row",
            caption: "One of the coordinates has a single value, so the plane is a line (\(axes)).",
            header: ["t"] + curves.map(\.title),
            rows: (curves.first?.t ?? []).indices.map { index in
                [Number.text(curves[0].t[index])]
                    + curves.map { index < $0.loss.count ? Number.text($0.loss[index]) : "–" }
            })
    }

    /// A row of the table below a figure: where the loss is smallest and largest, and at the centre.
    static func extremes(_ title: String, _ coordinates: [[Double]], _ loss: [Double]) -> [String] {
        let finite = loss.indices.filter { loss[$0].isFinite }
        func place(_ index: Int?) -> String {
            guard var rest = index else { return "–" }
            let position = coordinates.map { axis in
                defer { rest /= axis.count }
                return Number.text(axis[rest % axis.count])
            }
            return "(\(position.joined(separator: ", ")))"
        }
        let low = finite.min { loss[$0] < loss[$1] }
        let high = finite.max { loss[$0] < loss[$1] }
        let centre = loss.indices.first { index in
            var rest = index
            return coordinates.allSatisfy { axis in
                defer { rest /= axis.count }
                return axis[rest % axis.count] == 0
            }
        }
        func value(_ index: Int?) -> String { index.map { Number.text(loss[$0]) } ?? "–" }
        return [title, value(low), place(low), value(high), place(high), value(centre)]
    }
}
