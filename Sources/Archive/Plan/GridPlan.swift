/// One quantity measured at every point of a line, plane or volume.
public struct ColumnPlan: Sendable, Equatable {
    /// Name of the dataset.
    public var name: String
    /// What it is, in words.
    public var longName: String
    /// Unit; "1" for none.
    public var units: String

    /// Makes a plan.
    public init(name: String, longName: String, units: String = "1") {
        self.name = name
        self.longName = longName
        self.units = units
    }

    /// The loss and its standard error.
    public static func lossAndError(units: String = "1") -> [ColumnPlan] {
        [
            ColumnPlan(name: "loss", longName: "mean loss over the windows", units: units),
            ColumnPlan(name: "standard_error", longName: "standard error of the loss", units: units),
        ]
    }
}

/// How many coordinates a grid has.
public enum GridKind: Int, Sendable, CaseIterable, Comparable {
    /// One: `lines/<name>`.
    case line = 1
    /// Two: `planes/<name>`.
    case plane
    /// Three: `volumes/<name>`.
    case volume

    /// The group below a variant that holds grids of this kind.
    public var folder: String { "\(self)s" }

    /// Names of the coordinates, the fastest first.
    public var axes: [String] {
        switch self {
        case .line: ["t"]
        case .plane: ["x", "y"]
        case .volume: ["x", "y", "z"]
        }
    }

    /// Lines come before planes, planes before volumes.
    public static func < (a: GridKind, b: GridKind) -> Bool { a.rawValue < b.rawValue }
}

/// A grid of a variant.
public struct GridID: Hashable, Sendable, CustomStringConvertible {
    /// How many coordinates it has.
    public let kind: GridKind
    /// The name as planned.
    public let name: String

    /// The grid of this kind and name.
    public init(_ kind: GridKind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    /// A line.
    public static func line(_ name: String) -> GridID { GridID(.line, name) }
    /// A plane.
    public static func plane(_ name: String) -> GridID { GridID(.plane, name) }
    /// A volume.
    public static func volume(_ name: String) -> GridID { GridID(.volume, name) }

    /// For people: `planes/random`.
    public var description: String { "\(kind.folder)/\(name)" }
}

/// What lines, planes and volumes have in common: one, two or three coordinates.
public protocol Grid {
    /// Positions along each direction, the fastest first: t; x, y; or x, y, z.
    var coordinates: [[Double]] { get }
    /// The name as planned.
    var name: String { get }
}

extension Grid {
    /// How many coordinates it has, one to three.
    public var kind: GridKind { GridKind(rawValue: coordinates.count) ?? .line }
    /// Kind and name.
    public var id: GridID { GridID(kind, name) }
    /// The number of points.
    public var count: Int { coordinates.reduce(1) { $0 * $1.count } }
    /// Lengths as the file has them, the slowest first: [n]; [ny, nx]; or [nz, ny, nx].
    public var shape: [Int] { coordinates.reversed().map(\.count) }

    /// Places of a point along each direction, the fastest first.
    public func places(of index: Int) -> [Int] {
        var rest = index
        return coordinates.map { axis in
            defer { rest /= axis.count }
            return rest % axis.count
        }
    }

    /// Positions on a line.
    public var t: [Double] { coordinates[0] }
    /// Positions of the columns of a plane or volume.
    public var x: [Double] { coordinates[0] }
    /// Positions of the rows of a plane or volume; empty for a line.
    public var y: [Double] { coordinates.count > 1 ? coordinates[1] : [] }
    /// Positions of the layers of a volume; empty for others.
    public var z: [Double] { coordinates.count > 2 ? coordinates[2] : [] }

    /// The coordinates of a point: (t), (x, y) or (x, y, z).
    public func position(_ index: Int) -> [Double] { zip(coordinates, places(of: index)).map { $0[$1] } }
}

/// A line, plane or volume, written point by point: the group `lines/<name>` with `t` [n], `planes/<name>` with `x` [nx] and
/// `y` [ny], or `volumes/<name>` with `z` [nz] as well; the columns and `status` are [n], [ny, nx] or [nz, ny, nx].
public struct GridPlan: Grid, Sendable {
    /// Name; made safe for the group, kept in the attribute `name`.
    public var name: String
    /// Positions along each direction, the fastest first: t; x, y; or x, y, z.
    public var coordinates: [[Double]]
    /// What is measured at each point.
    public var columns: [ColumnPlan]
    /// Attributes of the group, such as `x_axis`, `seed` and `cosine`.
    public var attributes: [String: AttributeValue]

    /// Plans a grid of one to three coordinates.
    public init(
        name: String, coordinates: [[Double]], columns: [ColumnPlan] = ColumnPlan.lossAndError(),
        attributes: [String: AttributeValue] = [:]
    ) {
        self.name = name
        self.coordinates = coordinates
        self.columns = columns
        self.attributes = attributes
    }

    /// Plans a line.
    public init(
        name: String, t: [Double], columns: [ColumnPlan] = ColumnPlan.lossAndError(),
        attributes: [String: AttributeValue] = [:]
    ) {
        self.init(name: name, coordinates: [t], columns: columns, attributes: attributes)
    }

    /// Plans a plane. Row = y, column = x.
    public init(
        name: String, x: [Double], y: [Double], columns: [ColumnPlan] = ColumnPlan.lossAndError(),
        attributes: [String: AttributeValue] = [:]
    ) {
        self.init(name: name, coordinates: [x, y], columns: columns, attributes: attributes)
    }

    /// Plans a volume. Layer = z, row = y, column = x.
    public init(
        name: String, x: [Double], y: [Double], z: [Double], columns: [ColumnPlan] = ColumnPlan.lossAndError(),
        attributes: [String: AttributeValue] = [:]
    ) {
        self.init(name: name, coordinates: [x, y, z], columns: columns, attributes: attributes)
    }
}
