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
        /// What the page may let people turn by hand.
        var space: SpacePicture?
    }

    let entries: [Entry]

    init(_ record: RunRecord) {
        let parts: [(RunRecord) -> [Entry]] = [
            FigureSelection.comparison, FigureSelection.intervals, FigureSelection.chains,
            FigureSelection.eigenvalues, FigureSelection.blocks, FigureSelection.diagonals,
            FigureSelection.densities, FigureSelection.theory,
            FigureSelection.path, FigureSelection.lines, FigureSelection.planes, FigureSelection.volumes,
            FigureSelection.convexity,
        ]
        entries = parts.flatMap { $0(record) }
    }

    private static func comparison(_ record: RunRecord) -> [Entry] {
        let summary = Summary(record)
        let panels = summary.measures.filter { !$0.isOfBlock }.compactMap { measure -> ComparisonFigure.Panel? in
            let values = measure.cells.map { $0.value }
            guard values.contains(where: \.isFinite) else { return nil }
            return ComparisonFigure.Panel(title: measure.title, values: values, errors: measure.cells.map { $0.error })
        }
        guard !panels.isEmpty else { return [] }
        let figure = ComparisonFigure(name: "comparison", variants: record.variants.map(\.name), panels: panels)
        let shown = summary.measures.filter { !$0.isOfBlock }
        return [
            Entry(
                figure: figure, title: "All measures",
                caption:
                    "Every measure on its own scale, zero included. Bars: one standard error; residual for eigenvalues.",
                header: ["measure"] + record.variants.map(\.name),
                rows: shown.map { [$0.title] + $0.cells.map(\.text) })
        ]
    }

    private static func eigenvalues(_ record: RunRecord) -> [Entry] {
        var rows: [[String]] = []
        let columns = record.variants.compactMap { variant -> (title: String, values: [EigenvalueFigure.Value])? in
            var values: [EigenvalueFigure.Value] = []
            for (end, array) in [("largest", variant.largestEigenvalues), ("smallest", variant.smallestEigenvalues)] {
                guard let array, array.status == .done else { continue }
                let pairs = array.values.indices.map { index in
                    EigenvalueFigure.Value(
                        value: array.values[index], residual: array.residuals[index],
                        converged: array.isConverged[index])
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

    /// The path of each source: one for a file, one for each where several are compared.
    private static func path(_ record: RunRecord) -> [Entry] {
        let holders = record.variants.filter { $0.line("path")?.column("loss")?.contains(where: \.isFinite) == true }
        return holders.enumerated().compactMap { place, holder -> Entry? in
            guard let line = holder.line("path"), let loss = line.column("loss") else { return nil }
            let error = line.column("standard_error") ?? loss.map { _ in .nan }
            let marks = record.variants.enumerated().compactMap { index, variant in
                variant.source != holder.source
                    ? nil
                    : variant.attributes["position_on_path"]?.number.map {
                        (title: variant.name, position: $0, colour: index)
                    }
            }
            let figure = PathFigure(
                name: place == 0 ? "path" : "path-\(place + 1)",
                curve: .init(title: "path", t: line.t, loss: loss, standardError: error), marks: marks)
            return Entry(
                figure: figure, title: "The path of smoothing" + (holder.source.map { ": \($0)" } ?? ""),
                caption:
                    "Loss at αθ₁ + (1 − α)θ₂: from the random draw θ₂ (left) to the pre-trained weights θ₁ (right). Smoothed weights lie on it. Band: one standard error over the windows.",
                header: ["α", "loss", "standard error"],
                rows: line.t.indices.map { [Number.text(line.t[$0]), Number.text(loss[$0]), Number.text(error[$0])] })
        }
    }

    /// Slices through given weights are one for all variants.
    static func isThroughWeights(_ name: String) -> Bool { name == "variants" || name == "trajectory" }

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
}
