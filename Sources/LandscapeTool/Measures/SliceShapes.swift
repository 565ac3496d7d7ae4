import Archive
import Landscape

/// Roughness and barriers of finished lines and planes, from the losses in the file.
enum SliceShapes {
    private static let roughness = ["total_variation", "local_minima", "quadratic_deviation"]
    private static let barriers = ["barrier", "barrier_mean_ends"]

    /// The attributes of a line to be planned, all NaN until it is finished.
    static func lineAttributes(joinsWeights: Bool) -> [String: AttributeValue] {
        attributes(roughness + (joinsWeights ? barriers : []))
    }

    private static let basins = ["basins", "mean_persistence", "largest_persistence"]

    /// The attributes of a plane.
    static var planeAttributes: [String: AttributeValue] { attributes(roughness + basins) }

    private static func attributes(_ names: [String]) -> [String: AttributeValue] {
        Dictionary(uniqueKeysWithValues: names.map { ($0, .double(.nan)) })
    }

    /// Computes what is planned and still missing.
    static func store(in file: RunFile) throws {
        for variant in try file.record().variants {
            for line in variant.lines {
                guard let loss = line.column("loss"), !line.status.contains(.pending) else { continue }
                var values: [String: Double] = [:]
                if let shape = SliceRoughness(t: line.t, loss: loss) { values = Self.values(shape) }
                if let barrier = LossBarrier(t: line.t, loss: loss) {
                    values["barrier"] = barrier.aboveInterpolation
                    values["barrier_mean_ends"] = barrier.aboveMeanOfEnds
                }
                try store(values, line.attributes, .line(variant: variant.name, name: line.name), file)
            }
            for plane in variant.planes {
                guard let loss = plane.column("loss"), !plane.status.contains(.pending),
                    let shape = SliceRoughness(x: plane.x, y: plane.y, loss: loss)
                else { continue }
                var found = values(shape)
                if let tree = MergeTree(loss, width: plane.x.count) {
                    found["basins"] = Double(tree.basins.count + 1)
                    found["mean_persistence"] = tree.meanPersistence
                    found["largest_persistence"] = tree.largestPersistence
                }
                try store(found, plane.attributes, .plane(variant: variant.name, name: plane.name), file)
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
