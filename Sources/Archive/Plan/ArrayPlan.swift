/// One dimension of an array.
public struct DimensionPlan: Sendable {
    /// What stands in the coordinate.
    public enum Coordinate: Sendable {
        /// 0, 1, 2, ...
        case index
        /// Known beforehand.
        case values([Double])
        /// Written later, together with the array.
        case later
    }

    /// Name of the dimension and of its coordinate, a dataset beside the array. Arrays of one group may share it.
    public var name: String
    /// Length, at least 1.
    public var count: Int
    /// What stands in the coordinate.
    public var coordinate: Coordinate

    /// A dimension that only counts.
    public static func index(_ name: String, count: Int) -> DimensionPlan {
        DimensionPlan(name: name, count: count, coordinate: .index)
    }

    /// A dimension with known coordinates.
    public static func values(_ name: String, _ values: [Double]) -> DimensionPlan {
        DimensionPlan(name: name, count: values.count, coordinate: .values(values))
    }

    /// A dimension whose coordinates come with the array.
    public static func later(_ name: String, count: Int) -> DimensionPlan {
        DimensionPlan(name: name, count: count, coordinate: .later)
    }
}

/// A dataset beside an array, of the same shape.
public struct CompanionPlan: Sendable {
    /// How its elements are stored.
    public enum Element: Sendable {
        /// 64-bit floats, NaN until written.
        case float64
        /// 8-bit unsigned integers, 0 until written: for flags.
        case uint8
    }

    /// Name of the dataset.
    public var name: String
    /// What it holds, in words.
    public var longName: String
    /// How its elements are stored.
    public var element: Element

    /// Makes a plan.
    public init(name: String, longName: String, element: Element = .float64) {
        self.name = name
        self.longName = longName
        self.element = element
    }
}

/// An array written as a whole, such as the eigenvalues, with datasets beside it.
///
/// The dataset gets the attributes `seconds` and `status`, and those given here.
public struct ArrayPlan: Sendable {
    /// Path below the variant, such as `curvature/eigenvalues`.
    public var path: String
    /// The dimensions, outermost first.
    public var dimensions: [DimensionPlan]
    /// What the array is, in words.
    public var longName: String
    /// Unit; "1" for none.
    public var units: String
    /// Datasets of the same shape beside it.
    public var companions: [CompanionPlan]
    /// Further attributes, such as `bandwidth`.
    public var attributes: [String: AttributeValue]

    /// Makes a plan.
    public init(
        path: String, dimensions: [DimensionPlan], longName: String, units: String = "1",
        companions: [CompanionPlan] = [], attributes: [String: AttributeValue] = [:]
    ) {
        self.path = path
        self.dimensions = dimensions
        self.longName = longName
        self.units = units
        self.companions = companions
        self.attributes = attributes
    }

    /// Eigenvalues `<group>/eigenvalues<suffix>` [count], with `residuals<suffix>` and `converged<suffix>` beside.
    public static func eigenvalues(
        group: String = "curvature", count: Int, suffix: String = "",
        longName: String = "largest eigenvalues of the Hessian", units: String = "1",
        attributes: [String: AttributeValue] = [:]
    ) -> ArrayPlan {
        ArrayPlan(
            path: "\(group)/eigenvalues\(suffix)",
            dimensions: [.index("eigenvalues\(suffix)_index", count: count)], longName: longName, units: units,
            companions: [
                CompanionPlan(name: "residuals\(suffix)", longName: "relative residual of the eigenpair"),
                CompanionPlan(name: "converged\(suffix)", longName: "1 where converged", element: .uint8),
            ], attributes: attributes)
    }
}
