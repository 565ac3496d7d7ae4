import Archive
import Figures
import Foundation

// Figures of volumes.
extension FigureSelection {
    static func volumes(_ record: RunRecord) -> [Entry] {
        var names: [String] = []
        for volume in record.variants.flatMap(\.volumes) where !names.contains(volume.name) {
            names.append(volume.name)
        }
        return names.flatMap { name -> [Entry] in
            let found = record.variants.compactMap { variant in
                variant.volume(name).map { (isThroughWeights(name) ? "through the weights" : variant.name, $0) }
            }
            let known = found.filter { $0.1.column("loss")?.contains(where: \.isFinite) == true }
            guard let first = known.first?.1 else { return [] }
            let file =
                name == "random" ? "volume" : "volume-" + name.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
            guard first.coordinates.allSatisfy({ $0.count > 1 }) else { return flat(known, first, file) }
            let labels = [0, 1, 2].map { label(first, $0) }
            let figure = VolumeFigure(
                name: file, panels: known.map { panel($0.0, $0.1, shown($0.1)) }, labels: labels)
            var entries = [
                Entry(
                    figure: figure,
                    title: isThroughWeights(name) ? "Over a volume through weights" : "Over a volume, one scale",
                    caption:
                        "\(lead(first)) Left: the three cuts through the centre. Right: the layers at both ends of z and between. Lines: equal loss; grey: not finite or not computed.\(DirectionSpread.caption(first))",
                    isRaster: true,
                    header: ["variant", "smallest", "at (x, y, z)", "largest", "at (x, y, z)", "centre"],
                    rows: known.map { extremes($0.0, $0.1.coordinates, shown($0.1)) })
            ]
            let spreads = known.compactMap { title, volume in
                DirectionSpread.values(volume).map { panel(title, volume, $0) }
            }
            if spreads.contains(where: \.isDrawable) {
                let figure = VolumeFigure(
                    name: file + "-spread", panels: spreads, labels: labels, quantity: DirectionSpread.quantity)
                entries.append(
                    Entry(
                        figure: figure, title: "Over a volume: spread over directions",
                        caption: DirectionSpread.explanation(first), isRaster: true,
                        header: ["variant", "smallest", "at (x, y, z)", "largest", "at (x, y, z)", "centre"],
                        rows: spreads.map { extremes($0.title, [$0.x, $0.y, $0.z], $0.loss) }))
            }
            return entries
        }
    }

    /// What the colours show: the loss, or its mean over several sets of directions.
    private static func shown(_ volume: GridRecord) -> [Double] {
        volume.column("directions_mean") ?? volume.column("loss") ?? []
    }

    private static func panel(_ title: String, _ volume: GridRecord, _ values: [Double]) -> VolumePanel {
        func positions(_ prefix: String) -> [(x: Double, y: Double, z: Double)] {
            let axes = ["x", "y", "z"].map { volume.attributes["\(prefix)_\($0)"]?.numbers ?? [] }
            return (0..<(axes.map(\.count).min() ?? 0)).map { (axes[0][$0], axes[1][$0], axes[2][$0]) }
        }
        let way = positions("trajectory")
        var marks = zip(volume.attributes["marks"]?.texts ?? [], positions("marks")).map {
            (title: $0, x: $1.x, y: $1.y, z: $1.z)
        }
        if let first = way.first, let last = way.last {
            marks += [("start", first.x, first.y, first.z), ("end", last.x, last.y, last.z)]
        }
        return VolumePanel(
            title: title, x: volume.x, y: volume.y, z: volume.z, loss: values, marks: marks, trajectory: way)
    }

    private static func lead(_ volume: GridRecord) -> String {
        let cosines = ["xy", "xz", "yz"].compactMap { pair in
            volume.attributes["cosine_\(pair)"]?.number.map { "\(pair) \(Number.text($0))" }
        }
        let words = cosines.isEmpty ? "" : "; cosines of the axes: \(cosines.joined(separator: ", "))"
        return isThroughWeights(volume.name)
            ? "One volume through weights (\(axes(volume))\(words))."
            : "The same three axes for every variant (\(axes(volume))\(words)). Cross: the variant's own weights; triangle: the smallest loss of its layer."
    }

    /// What an axis is, in a word or two.
    private static func label(_ volume: GridRecord, _ index: Int) -> String {
        let name = volume.kind.axes[index]
        let text = volume.attributes["\(name)_axis"]?.text ?? ""
        func last(_ separator: String) -> String? {
            text.range(of: separator, options: .backwards).map { String(text[$0.upperBound...]) }
        }
        let word: String? =
            switch volume.name {
            case "eigen": "eigenvector \(index + 1)"
            case "trajectory": "component \(index + 1)"
            case "variants": last(" to ")
            case "directions": last("/") ?? last("direction of ")
            default: nil
            }
        guard let word else { return name }
        return "\(name): \(word.count > 18 ? "…\(word.suffix(17))" : word)"
    }

    /// A volume of one layer, row or column is a plane, and one of several such a line.
    private static func flat(_ volumes: [(String, GridRecord)], _ first: GridRecord, _ file: String) -> [Entry] {
        let long = first.coordinates.indices.filter { first.coordinates[$0].count > 1 }
        let panels = volumes.map { title, volume in
            PlanePanel(
                title: title, x: long.first.map { volume.coordinates[$0] } ?? [0],
                y: long.count > 1 ? volume.coordinates[long[1]] : [0], loss: shown(volume))
        }
        guard long.count > 1 else { return [strip(panels, file, axes(first))] }
        return [
            Entry(
                figure: PlaneFigure(
                    name: file, panels: panels, xLabel: label(first, long[0]), yLabel: label(first, long[1])),
                title: "A volume of one layer",
                caption:
                    "One of the coordinates has a single value, so the volume is a plane. \(lead(first))\(DirectionSpread.caption(first))",
                isNarrow: panels.count == 1,
                header: ["variant", "smallest", "at", "largest", "at", "centre"],
                rows: panels.map { extremes($0.title, [$0.x, $0.y], $0.loss) })
        ]
    }
}
