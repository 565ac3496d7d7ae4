import Archive
import Landscape

/// Roughness and barriers of finished lines, planes and volumes, from the losses in the file.
enum SliceShapes {
    private static let roughness = ["total_variation", "local_minima", "quadratic_deviation"]
    private static let barriers = ["barrier", "barrier_mean_ends"]

    private static let basins = ["basins", "mean_persistence", "largest_persistence"]

    /// The attributes of a slice to be planned, all NaN until it is finished.
    ///
    /// - Parameter joinsWeights: whether it goes from one set of weights to another, so that a line has barriers.
    static func attributes(_ kind: GridKind, joinsWeights: Bool) -> [String: AttributeValue] {
        let names = roughness + (kind == .line ? (joinsWeights ? barriers : []) : basins)
        return Dictionary(uniqueKeysWithValues: names.map { ($0, .double(.nan)) })
    }

    /// Computes what is planned and still missing.
    static func store(in file: RunFile) throws {
        for variant in try file.record().variants {
            for grid in variant.grids {
                guard let loss = grid.column("loss"), !grid.status.contains(.pending) else { continue }
                var found: [String: Double] = [:]
                if let shape = SliceRoughness(coordinates: grid.coordinates, loss: loss) {
                    found = values(shape)
                    if grid.kind != .line, let tree = MergeTree(loss, counts: grid.coordinates.map(\.count)) {
                        found["basins"] = Double(tree.basins.count + 1)
                        found["mean_persistence"] = tree.meanPersistence
                        found["largest_persistence"] = tree.largestPersistence
                    }
                }
                if grid.kind == .line, let barrier = LossBarrier(t: grid.t, loss: loss) {
                    found["barrier"] = barrier.aboveInterpolation
                    found["barrier_mean_ends"] = barrier.aboveMeanOfEnds
                }
                try store(found, grid.attributes, .grid(variant: variant.name, grid.id), file)
            }
        }
    }

    private static func values(_ shape: SliceRoughness) -> [String: Double] {
        [
            "total_variation": shape.totalVariation, "local_minima": Double(shape.localMinima),
            "quadratic_deviation": shape.quadraticDeviation,
        ]
    }

    private static func store(
        _ values: [String: Double], _ planned: [String: AttributeValue], _ object: RunObject, _ file: RunFile
    ) throws {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            // Only what is planned, and once.
            guard let known = planned[name]?.number, known.isNaN, !value.isNaN else { continue }
            try file.setAttribute(name, of: object, to: .double(value))
        }
    }
}
