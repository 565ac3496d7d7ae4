import Archive
import Figures

extension FigureSelection {
    /// Bars over the blocks of each matrix, for what was measured of them.
    static func blocks(_ record: RunRecord) -> [Entry] {
        let groups = Summary.groups(record).filter { Summary.block(of: $0) != nil }
        var matrices: [String] = []
        for group in groups {
            let matrix = Summary.matrix(of: group)
            if !matrices.contains(matrix) { matrices.append(matrix) }
        }
        return matrices.compactMap { matrix in
            entry(record, matrix, groups.filter { Summary.matrix(of: $0) == matrix })
        }
    }

    private static let quantities = [
        ("eigenvalues", "λ max"), ("trace", "trace"), ("trace_per_parameter", "trace / n"),
        ("frobenius", "Frobenius norm"),
    ]

    private static func entry(_ record: RunRecord, _ matrix: String, _ groups: [String]) -> Entry? {
        // In the order in which the file, and so the network, has them.
        let order = record.variants.flatMap { $0.arrays.map(\.path) + $0.scalars.map(\.path) }
        let sorted = groups.map { group in
            (group, order.firstIndex { $0.hasPrefix(group + "/") } ?? order.count)
        }.sorted { $0.1 < $1.1 }.map(\.0)
        let names = sorted.compactMap(Summary.block)
        let panels = quantities.compactMap { quantity, title -> BlockFigure.Panel? in
            let cells = sorted.map { group in
                record.variants.map { Summary.cell($0, "\(group)/\(quantity)") }
            }
            guard cells.joined().contains(where: { $0.value.isFinite }) else { return nil }
            return BlockFigure.Panel(
                title: title, values: cells.map { $0.map(\.value) }, errors: cells.map { $0.map(\.error) })
        }
        guard !panels.isEmpty else { return nil }
        let name = ["blocks", matrix].filter { !$0.isEmpty }.joined(separator: "-")
        let figure = BlockFigure(
            name: name, blocks: names, variants: record.variants.map(\.name), panels: panels)
        return Entry(
            figure: figure,
            title: "\(Summary.title(of: "curvature/\(matrix)"))Blocks of parameters".capitalizedFirst,
            caption:
                "The diagonal blocks of the matrix: the second derivatives within a layer, the others held fixed. Thin bars: residual of eigenvalues, one standard error elsewhere.",
            header: ["block", "variant"] + panels.map(\.title),
            rows: sorted.indices.flatMap { block in
                record.variants.indices.map { variant in
                    [names[block], record.variants[variant].name]
                        + panels.map { panel in
                            let error = panel.errors[block][variant]
                            return Number.text(panel.values[block][variant])
                                + (error.isFinite ? " ± \(Number.error(error))" : "")
                        }
                }
            })
    }
}

extension String {
    /// With a capital at the beginning.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
