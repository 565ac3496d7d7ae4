/// One quantity measured at every point of a line or plane.
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

/// A curve, written point by point: the group `lines/<name>` with `t` [n], the columns [n] and `status` [n].
public struct LinePlan: Sendable {
    /// Name; made safe for the group, kept in the attribute `name`.
    public var name: String
    /// Positions on the line.
    public var t: [Double]
    /// What is measured at each point.
    public var columns: [ColumnPlan]
    /// Attributes of the group, such as `axis` and `seed`.
    public var attributes: [String: AttributeValue]

    /// Makes a plan.
    public init(
        name: String, t: [Double], columns: [ColumnPlan] = ColumnPlan.lossAndError(),
        attributes: [String: AttributeValue] = [:]
    ) {
        self.name = name
        self.t = t
        self.columns = columns
        self.attributes = attributes
    }
}

/// A surface, written point by point: the group `planes/<name>` with `x` [nx], `y` [ny], the columns [ny, nx] and
/// `status` [ny, nx]. Row = y, column = x.
public struct PlanePlan: Sendable {
    /// Name; made safe for the group, kept in the attribute `name`.
    public var name: String
    /// Positions along the first direction (columns).
    public var x: [Double]
    /// Positions along the second direction (rows).
    public var y: [Double]
    /// What is measured at each point.
    public var columns: [ColumnPlan]
    /// Attributes of the group, such as `x_axis`, `y_axis`, `seed` and `cosine`.
    public var attributes: [String: AttributeValue]

    /// Makes a plan.
    public init(
        name: String, x: [Double], y: [Double], columns: [ColumnPlan] = ColumnPlan.lossAndError(),
        attributes: [String: AttributeValue] = [:]
    ) {
        self.name = name
        self.x = x
        self.y = y
        self.columns = columns
        self.attributes = attributes
    }
}
