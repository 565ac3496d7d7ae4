import Archive
import Figures
import Foundation

/// Which figures a result file allows.
struct FigureSelection {
    /// A figure, its caption, and its numbers as a table.
    struct Entry {
        let figure: any Figure
        let title: String
        let caption: String
        /// Three-dimensional pictures go into the page as PNG, the others as SVG.
        var isRaster = false
        /// Figures of one panel.
        var isNarrow = false
        var header: [String] = []
        var rows: [[String]] = []
    }

    let entries: [Entry]

    init(_ record: RunRecord) {
        let parts: [(RunRecord) -> [Entry]] = [
            FigureSelection.comparison, FigureSelection.chains, FigureSelection.eigenvalues,
            FigureSelection.densities, FigureSelection.theory, FigureSelection.path, FigureSelection.lines,
            FigureSelection.planes, FigureSelection.volumes,
            FigureSelection.convexity,
        ]
        entries = parts.flatMap { $0(record) }
    }

    private static func comparison(_ record: RunRecord) -> [Entry] {
        let summary = Summary(record)
        let panels = summary.measures.compactMap { measure -> ComparisonFigure.Panel? in
            let values = measure.cells.map { $0.value }
            guard values.contains(where: \.isFinite) else { return nil }
            return ComparisonFigure.Panel(title: measure.title, values: values, errors: measure.cells.map { $0.error })
        }
        guard !panels.isEmpty else { return [] }
        let differences = FigureSelection.differences(record)
        let figure = ComparisonFigure(name: "comparison", variants: record.variants.map(\.name), panels: panels)
        return [
            Entry(
                figure: figure, title: "All measures",
                caption:
                    "Every measure on its own scale, zero included. Bars: one standard error; residual for eigenvalues.\(differences.rows.isEmpty ? "" : " The table holds differences from \(record.variants[0].name) with 95 % intervals, paired by windows or draws; those whose interval leaves out 0 are marked *.")",
                header: differences.header, rows: differences.rows)
        ]
    }

    /// Paired differences of sharpness from the first variant.
    private static func differences(_ record: RunRecord) -> (header: [String], rows: [[String]]) {
        let others = record.variants.dropFirst()
        var rows: [[String]] = []
        for scalar in record.variants.first?.scalars ?? [] where scalar.path.hasPrefix("sharpness/") {
            let cells = others.map { variant -> String in
                guard let found = PairedInterval(variant.scalar(scalar.path)) else { return "–" }
                return
                    "\(Number.text(found.difference)) [\(Number.text(found.low)), \(Number.text(found.high))]\(found.isEvident ? " *" : "")"
            }
            if cells.contains(where: { $0 != "–" }) { rows.append([scalar.longName] + cells) }
        }
        return (["measure"] + others.map(\.name), rows)
    }

    private static func eigenvalues(_ record: RunRecord) -> [Entry] {
        var rows: [[String]] = []
        let columns = record.variants.compactMap { variant -> (title: String, values: [EigenvalueFigure.Value])? in
            var values: [EigenvalueFigure.Value] = []
            for (end, path) in [("largest", "curvature/eigenvalues"), ("smallest", "curvature/eigenvalues_smallest")] {
                guard let array = variant.array(path), array.status == .done else { continue }
                let residuals = array.companions.first { $0.name.hasPrefix("residuals") }?.values ?? []
                let converged = array.companions.first { $0.name.hasPrefix("converged") }?.values ?? []
                let pairs = array.values.indices.map { index in
                    EigenvalueFigure.Value(
                        value: array.values[index], residual: index < residuals.count ? residuals[index] : .nan,
                        converged: index < converged.count && converged[index] == 1)
                }
                for (index, pair) in pairs.enumerated() where pair.value.isFinite {
                    rows.append([
                        variant.name, "\(end) \(index + 1)", Number.text(pair.value), Number.text(pair.residual),
                        pair.converged ? "yes" : "no",
                    ])
                }
                // The lower end in rising order continues the upper end.
                values += end == "largest" ? pairs : pairs.reversed()
            }
            return values.contains { $0.value.isFinite } ? (variant.name, values) : nil
        }
        guard !columns.isEmpty else { return [] }
        return [
            Entry(
                figure: EigenvalueFigure(name: "eigenvalues", columns: columns), title: "Eigenvalues of the Hessian",
                caption:
                    "Both ends of the spectrum, algebraically ordered. Bars: residual of the eigenpair, a bound of its error. Open: not converged.",
                header: ["variant", "eigenvalue", "value", "relative residual", "converged"], rows: rows)
        ]
    }

    private static func path(_ record: RunRecord) -> [Entry] {
        guard let line = record.variants.compactMap({ $0.line("path") }).first, let loss = line.column("loss"),
            loss.contains(where: \.isFinite)
        else { return [] }
        let error = line.column("standard_error") ?? loss.map { _ in .nan }
        let marks = record.variants.enumerated().compactMap { index, variant in
            variant.attributes["position_on_path"]?.number.map { (title: variant.name, position: $0, colour: index) }
        }
        return [
            Entry(
                figure: PathFigure(
                    name: "path", curve: .init(title: "path", t: line.t, loss: loss, standardError: error), marks: marks
                ),
                title: "The path of smoothing",
                caption:
                    "Loss at αθ₁ + (1 − α)θ₂: from the random draw θ₂ (left) to the pre-trained weights θ₁ (right). Smoothed weights lie on it.",
                header: ["α", "loss", "standard error"],
                rows: line.t.indices.map { [Number.text(line.t[$0]), Number.text(loss[$0]), Number.text(error[$0])] })
        ]
    }

    /// Lines along axes, by their name in the file; others have figures of their own.
    private static let lineTitles = [
        (name: "random", title: "Along a random direction", label: "distance along a random direction"),
        ("eigen", "Along the leading eigenvector", "distance along the leading eigenvector"),
        ("gradient", "Along steepest descent", "distance along steepest descent"),
        ("variants", "Between two weights", "share of the way"),
        ("directions", "Along a given direction", "distance along the given direction"),
        ("trajectory", "Along the trajectory's first component", "distance along the first principal component"),
    ]

    private static func lines(_ record: RunRecord) -> [Entry] {
        lineTitles.flatMap { name, title, label in
            [line(record, name, title, label), difference(record, name, title, label)].compactMap { $0 }
        }
    }

    /// How further variants' lines differ from the first one's.
    private static func difference(_ record: RunRecord, _ name: String, _ title: String, _ label: String) -> Entry? {
        let curves = record.variants.enumerated().dropFirst().compactMap { place, variant -> LineFigure.Curve? in
            guard let line = variant.line(name), let values = line.column("difference"),
                values.contains(where: \.isFinite)
            else { return nil }
            return LineFigure.Curve(
                title: variant.name, t: line.t, loss: values,
                standardError: line.column("difference_error") ?? values.map { _ in .nan }, place: place)
        }
        guard let first = curves.first, let reference = record.variants.first?.name else { return nil }
        let figure = LineFigure(
            name: (name == "random" ? "line" : "line-\(name)") + "-difference", curves: curves, xLabel: label,
            yLabel: "difference of the loss")
        return Entry(
            figure: figure, title: "\(title): difference from \(reference)",
            caption:
                "Loss less that of \(reference) at the same point; above 0 the loss is higher. \(figure.hasBands ? "Bands: one standard error over the windows, which are paired." : "")",
            header: ["t"] + curves.map(\.title),
            rows: first.t.indices.map { index in
                [Number.text(first.t[index])] + curves.map { Number.text($0.loss[index]) }
            })
    }

    private static func line(_ record: RunRecord, _ name: String, _ title: String, _ label: String) -> Entry? {
        let lines = record.variants.compactMap { variant in variant.line(name).map { (variant.name, $0) } }
        let curves = lines.compactMap { variant, line -> LineFigure.Curve? in
            guard let loss = line.column("directions_mean") ?? line.column("loss"), loss.contains(where: \.isFinite)
            else { return nil }
            let band = line.column("directions_deviation") ?? line.column("standard_error")
            return LineFigure.Curve(
                title: isThroughWeights(name) ? "loss" : variant, t: line.t, loss: loss,
                standardError: band ?? loss.map { _ in .nan })
        }
        guard let first = curves.first, let axis = lines.first?.1.attributes["axis"]?.text else { return nil }
        let attributes = lines[0].1.attributes
        let marks = zip(attributes["marks"]?.texts ?? [], attributes["marks_x"]?.numbers ?? []).map {
            (title: $0, position: $1)
        }
        let figure = LineFigure(
            name: name == "random" ? "line" : "line-\(name)", curves: curves, xLabel: label, marks: marks)
        let directions = Int(attributes["directions"]?.number ?? 1)
        let meaning =
            directions > 1
            ? "one standard deviation over \(directions) random directions, around their mean"
            : "one standard error over the windows"
        let bands = figure.hasBands ? " Bands: \(meaning)." : ""
        return Entry(
            figure: figure, title: title,
            caption: isThroughWeights(name)
                ? "The straight line \(axis).\(bands)"
                : "The same direction\(directions > 1 ? "s" : "") for every variant (\(axis)).\(bands)",
            header: ["t"] + curves.map(\.title),
            rows: first.t.indices.map { index in
                [Number.text(first.t[index])] + curves.map { Number.text($0.loss[index]) }
            })
    }

    /// Slices through given weights are one for all variants.
    static func isThroughWeights(_ name: String) -> Bool { name == "variants" || name == "trajectory" }

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
            "The plane of most variance of a trajectory, through its end (\(axes)). Red: the trajectory, projected. White lines: equal loss.\(farthest ?? "")"
    }

    private static func planes(_ record: RunRecord) -> [Entry] {
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
                            ? "One plane through the weights that are marked (\(axes)\(cosine)). White lines: equal loss.\(note)"
                            : "The same two axes for every variant (\(axes)\(cosine)). Cross: the variant's own weights. White lines: equal loss.\(note)",
                    isNarrow: drawable.count == 1,
                    header: ["variant", "smallest", "at (x, y)", "largest", "at (x, y)", "centre"],
                    rows: drawable.map { extremes($0.title, [$0.x, $0.y], $0.loss) }),
                Entry(
                    figure: SurfaceFigure(name: file + "-surface", panels: drawable),
                    title: "The same plane as a surface",
                    caption: "As above, on one scale.", isRaster: true,
                    isNarrow: drawable.count == 1),
            ]
            entries += DirectionSpread.planes(found.map { (title: $0, plane: $1) }, file)
            if drawable.count > 1 {
                for (index, panel) in drawable.enumerated() {
                    entries.append(
                        Entry(
                            figure: PlaneFigure(name: "\(file)-own-\(index + 1)", panels: [panel]),
                            title: "Own scale: \(panel.title)",
                            caption: "The colours span this variant's losses alone.",
                            isNarrow: true))
                }
            }
            return entries
        }
    }

    /// All axes in words, once where they differ by their index alone.
    static func axes(_ grid: GridRecord) -> String {
        let texts = grid.kind.axes.compactMap { name in grid.attributes["\(name)_axis"]?.text.map { (name, $0) } }
        guard let first = texts.first?.1, texts.count == grid.kind.axes.count else {
            return grid.kind == .plane ? "two directions" : "three directions"
        }
        let common = first.replacingOccurrences(of: ", index 0", with: "")
        return texts.enumerated().allSatisfy { $1.1 == "\(common), index \($0)" }
            ? common : texts.map { "\($0): \($1)" }.joined(separator: "; ")
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
            caption: "One of the coordinates has a single value, so the plane is a line (\(axes)).")
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
