import Archive
import Figures

// Figures of lines.
extension FigureSelection {
    /// Lines along axes, by their name in the file; others have figures of their own.
    private static let lineTitles = [
        (name: "random", title: "Along a random direction", label: "distance along a random direction"),
        ("eigen", "Along the leading eigenvector", "distance along the leading eigenvector"),
        ("gradient", "Along steepest descent", "distance along steepest descent"),
        ("variants", "Between two weights", "share of the way"),
        ("directions", "Along a given direction", "distance along the given direction"),
        ("trajectory", "Along the trajectory's first component", "distance along the first principal component"),
    ]

    static func lines(_ record: RunRecord) -> [Entry] {
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
        let directions = attributes["directions"]?.integer ?? 1
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
}
