import Archive
import Figures
import Foundation

extension FigureSelection {
    /// Bars over the layers for the diagonal of each matrix: the trace of the layer's block and the mean of its entries.
    static func diagonals(_ record: RunRecord) -> [Entry] {
        var groups: [String] = []
        for path in record.variants.flatMap({ $0.arrays.map(\.path) }) where path.hasSuffix("/diagonal/mean") {
            let group = String(path.dropLast("/mean".count))
            // The diagonal of a block is a part of the whole one.
            if Summary.block(of: String(group.dropLast("/diagonal".count))) == nil, !groups.contains(group) {
                groups.append(group)
            }
        }
        return groups.compactMap { entry(record, $0) }
    }

    private static func entry(_ record: RunRecord, _ group: String) -> Entry? {
        let diagonals = record.variants.map { LayerDiagonal($0, group) }
        guard let layers = diagonals.compactMap({ $0?.layers.map(\.name) }).first else { return nil }
        func column(_ value: (LayerDiagonal.Layer) -> Double) -> [[Double]] {
            layers.indices.map { layer in
                diagonals.map { diagonal in
                    guard let diagonal, diagonal.layers.indices.contains(layer) else { return .nan }
                    return value(diagonal.layers[layer])
                }
            }
        }
        let panels = [
            BlockFigure.Panel(title: "trace", values: column(\.trace), errors: column(\.traceError)),
            BlockFigure.Panel(
                title: "mean entry", values: column { $0.trace / $0.entries },
                errors: column { $0.traceError / $0.entries }),
        ]
        guard panels[0].values.joined().contains(where: \.isFinite) else { return nil }
        let matrix = String(group.dropLast("/diagonal".count))
        let name = matrix.split(separator: "/").dropFirst().joined(separator: "-")
        return Entry(
            figure: BlockFigure(
                name: name.isEmpty ? "diagonal" : "diagonal-\(name)", blocks: layers,
                variants: record.variants.map(\.name), panels: panels),
            title: "\(Summary.title(of: matrix))Diagonal by layer".capitalizedFirst,
            caption:
                "What each layer's parameters contribute to the trace, and the mean of their diagonal entries, from the same products with random signs. Thin bars: one standard error. The file holds every parameter by itself.",
            header: ["layer", "variant", "entries", "trace", "mean entry"],
            rows: layers.indices.flatMap { layer in
                record.variants.indices.map { variant in
                    let entries = diagonals[variant].map { $0.layers[layer].entries } ?? .nan
                    return [layers[layer], record.variants[variant].name, entries.isNaN ? "–" : "\(Int(entries))"]
                        + panels.map { panel in
                            "\(Number.text(panel.values[layer][variant])) ± \(Number.error(panel.errors[layer][variant]))"
                        }
                }
            })
    }
}

/// The diagonal of one variant, summed up over layers.
struct LayerDiagonal {
    /// A layer: the parameters whose names agree up to the first number, else in their first part.
    struct Layer {
        let name: String
        var entries = 0.0
        var trace = 0.0
        var traceError = Double.nan
    }

    /// In the order of the network.
    let layers: [Layer]

    /// `nil` where it was not measured.
    init?(_ variant: VariantRecord, _ group: String) {
        guard let mean = variant.array("\(group)/mean"), mean.status == .done,
            let samples = variant.array("\(group)/samples"), samples.status == .done,
            let entries = mean.companion("entries"),
            case .strings(let names)? = mean.attributes["parameters"],
            names.count == mean.values.count, samples.shape.count == 2, samples.shape[0] == names.count
        else { return nil }
        let probes = samples.shape[1]
        var order: [String] = []
        var members: [String: [Int]] = [:]
        for (index, name) in names.enumerated() {
            let layer = LayerDiagonal.layer(of: name)
            if members[layer] == nil { order.append(layer) }
            members[layer, default: []].append(index)
        }
        layers = order.map { name in
            var layer = Layer(name: name)
            // Parameters share their probes, so their errors do not add up: sums are taken probe by probe.
            var sums = [Double](repeating: 0, count: probes)
            for index in members[name] ?? [] {
                layer.entries += entries[index]
                for probe in 0..<probes { sums[probe] += entries[index] * samples.values[index * probes + probe] }
            }
            let count = Double(probes)
            layer.trace = sums.reduce(0, +) / count
            let squares = sums.reduce(0) { $0 + ($1 - layer.trace) * ($1 - layer.trace) }
            if probes > 1 { layer.traceError = (squares / (count * (count - 1))).squareRoot() }
            return layer
        }
    }

    private static func layer(of parameter: String) -> String {
        let parts = parameter.split(separator: ".")
        guard let number = parts.firstIndex(where: { Int($0) != nil }) else {
            return parts.first.map(String.init) ?? parameter
        }
        return parts[...number].joined(separator: ".")
    }
}
