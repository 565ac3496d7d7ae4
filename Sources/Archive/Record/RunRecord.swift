/// A result file in memory.
///
/// Numbers that are still pending are NaN; each object says its status.
public struct RunRecord: Sendable {
    /// Path of the file.
    public let path: String
    /// Version of the format, such as "landscape/1".
    public let schema: String
    /// Whether everything that was planned has been tried.
    public let isComplete: Bool
    /// One line for people.
    public let title: String
    /// The command line.
    public let command: String
    /// When the run began (ISO 8601).
    public let created: String
    /// What happened to the file, a line per event.
    public let history: String
    /// The seed of all random streams.
    public let seed: UInt64
    /// Identifies what the numbers depend on.
    public let fingerprint: String
    /// Versions by program.
    public let software: [String: String]
    /// All attributes of the root, those above included.
    public let attributes: [String: AttributeValue]
    /// The resolved configuration, hashes of inputs and the machine, as JSON text.
    public let manifestJSON: String
    /// The variants, in the order of the run.
    public let variants: [VariantRecord]

    /// Which share of a run the file holds; `nil` for a whole one.
    public var shard: RunShard? {
        guard let index = attributes["shard"]?.integer, let count = attributes["shards"]?.integer else { return nil }
        return RunShard(index: index, count: count)
    }

    /// Whether everything of its share has been tried. ``isComplete`` is false of every shard: it speaks of the whole run.
    public var isShardComplete: Bool { attributes["shard_complete"]?.number == 1 }

    /// The variant with this name as the user wrote it.
    public func variant(_ name: String) -> VariantRecord? { variants.first { $0.name == name } }

    /// Number of items of each status, over scalars, arrays and the points of lines, planes and volumes.
    public var counts: (pending: Int, done: Int, failed: Int, interpolated: Int) {
        var counts = (pending: 0, done: 0, failed: 0, interpolated: 0)
        for variant in variants {
            let items = variant.scalars.map(\.status) + variant.arrays.map(\.status)
            for status in [items] + variant.grids.map(\.status) {
                for item in status {
                    switch item {
                    case .pending: counts.pending += 1
                    case .done: counts.done += 1
                    case .failed: counts.failed += 1
                    case .interpolated: counts.interpolated += 1
                    }
                }
            }
        }
        return counts
    }
}

/// One set of weights and what was measured on it.
public struct VariantRecord: Sendable {
    /// The name as the user wrote it.
    public let name: String
    /// Name of the group in the file.
    public let groupName: String
    /// The kind, such as `pretrained` or `sff`.
    public let kind: String
    /// The mixing parameter, when the kind has one.
    public let alpha: Double?
    /// SHA-256 of the weights.
    public let weightsSHA256: String
    /// Number of parameters.
    public let parameters: Int
    /// All attributes, those above included.
    public let attributes: [String: AttributeValue]
    /// Single numbers.
    public let scalars: [ScalarRecord]
    /// Arrays.
    public let arrays: [ArrayRecord]
    /// Curves.
    public let lines: [GridRecord]
    /// Surfaces.
    public let planes: [GridRecord]
    /// Volumes.
    public let volumes: [GridRecord]

    /// Lines, planes and volumes, in this order.
    public var grids: [GridRecord] { lines + planes + volumes }

    /// The scalar at this path, such as `curvature/trace`.
    public func scalar(_ path: String) -> ScalarRecord? { scalars.first { $0.path == path } }
    /// The array at this path, such as `curvature/eigenvalues`.
    public func array(_ path: String) -> ArrayRecord? { arrays.first { $0.path == path } }
    /// The line of this name.
    public func line(_ name: String) -> GridRecord? { lines.first { $0.name == name } }
    /// The plane of this name.
    public func plane(_ name: String) -> GridRecord? { planes.first { $0.name == name } }
    /// The volume of this name.
    public func volume(_ name: String) -> GridRecord? { volumes.first { $0.name == name } }
    /// The line, plane or volume of this kind and name.
    public func grid(_ id: GridID) -> GridRecord? { grids.first { $0.id == id } }
}

/// One number with its evidence.
public struct ScalarRecord: Sendable {
    /// Path below the variant.
    public let path: String
    /// The number; NaN while pending.
    public let value: Double
    /// Its standard error; NaN when there is none.
    public let standardError: Double
    /// How many samples it rests on; 0 when that does not apply.
    public let samples: Int
    /// Wall time spent; NaN when not measured.
    public let seconds: Double
    /// How far it has come.
    public let status: ItemStatus
    /// What it is, in words.
    public let longName: String
    /// Unit; "1" for none.
    public let units: String
    /// All attributes, those above included.
    public let attributes: [String: AttributeValue]
}

/// An array with its coordinates and companions.
public struct ArrayRecord: Sendable {
    /// Path below the variant.
    public let path: String
    /// Lengths of the dimensions, outermost first.
    public let shape: [Int]
    /// The coordinates, outermost first.
    public let dimensions: [ColumnRecord]
    /// The elements, row-major; NaN while pending.
    public let values: [Double]
    /// Datasets of the same shape beside it, such as `residuals` and `converged`.
    public let companions: [ColumnRecord]
    /// Wall time spent; NaN when not measured.
    public let seconds: Double
    /// How far it has come.
    public let status: ItemStatus
    /// What it is, in words.
    public let longName: String
    /// Unit; "1" for none.
    public let units: String
    /// All attributes, those above included.
    public let attributes: [String: AttributeValue]

    /// The companion of this name.
    public func companion(_ name: String) -> [Double]? { companions.first { $0.name == name }?.values }
    /// The coordinate of this name.
    public func dimension(_ name: String) -> [Double]? { dimensions.first { $0.name == name }?.values }
}

/// Numbers under a name.
public struct ColumnRecord: Sendable {
    /// Name of the dataset.
    public let name: String
    /// The elements, row-major.
    public let values: [Double]
    /// What they are, in words.
    public let longName: String
    /// Unit; "1" for none.
    public let units: String
    /// How the file stores them.
    public var element = Element.float

    /// Kinds of numbers in the file.
    public enum Element: Sendable {
        /// 64-bit floats.
        case float
        /// Integers of more than a byte.
        case integer
        /// 8-bit unsigned integers.
        case byte
    }
}

/// A line, plane or volume.
public struct GridRecord: Grid, Sendable {
    /// The name as planned.
    public let name: String
    /// Name of the group in the file.
    public let groupName: String
    /// Positions along each direction, the fastest first: t; x, y; or x, y, z.
    public let coordinates: [[Double]]
    /// What was measured at each point, in the order of the file (x in a row, rows in a layer, layers); NaN where pending.
    public let columns: [ColumnRecord]
    /// How far each point has come.
    public let status: [ItemStatus]
    /// Attributes of the group.
    public let attributes: [String: AttributeValue]

    /// The column of this name, such as `loss`.
    public func column(_ name: String) -> [Double]? { columns.first { $0.name == name }?.values }

    /// Position of a point of a plane in `columns` and `status`.
    public func index(row: Int, column: Int) -> Int { row * x.count + column }
}
