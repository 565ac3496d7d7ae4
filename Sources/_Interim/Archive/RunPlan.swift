/// Everything a run will store, decided before anything is computed.
///
/// All objects of the file are created from it at once with fixed sizes, so that an interrupted run leaves a readable file.
public struct RunPlan: Sendable {
    /// Root attributes beyond those every file has.
    public var attributes: [(name: String, value: AttributeValue)]
    /// The resolved configuration, hashes and machine as one JSON text.
    public var manifest: String
    /// Equal for runs whose numbers would be equal; a resumed run must have the same.
    public var fingerprint: String
    /// In the order of the comparison.
    public var variants: [VariantPlan]

    /// A plan.
    public init(
        attributes: [(name: String, value: AttributeValue)], manifest: String, fingerprint: String, variants: [VariantPlan]
    ) {
        self.attributes = attributes
        self.manifest = manifest
        self.fingerprint = fingerprint
        self.variants = variants
    }
}

/// What is stored for one set of weights.
public struct VariantPlan: Sendable {
    /// The name, such as `sff:0.7`. A `/` becomes `_` in the file; the attribute `name` keeps it.
    public var name: String
    /// `kind`, `alpha` and the like.
    public var attributes: [(name: String, value: AttributeValue)]
    /// Single numbers.
    public var scalars: [ScalarPlan]
    /// Eigenvalues at each end of the spectrum; 0 for none.
    public var eigenvalues: Int
    /// Losses over lines and planes.
    public var grids: [GridPlan]

    /// A variant.
    public init(
        name: String, attributes: [(name: String, value: AttributeValue)], scalars: [ScalarPlan], eigenvalues: Int,
        grids: [GridPlan]
    ) {
        self.name = name
        self.attributes = attributes
        self.scalars = scalars
        self.eigenvalues = eigenvalues
        self.grids = grids
    }
}

/// A single number with its evidence.
public struct ScalarPlan: Sendable {
    /// The path below the variant, such as `curvature/trace`.
    public var path: String
    /// What it is, for axes and readers.
    public var longName: String
    /// The unit; `1` for none.
    public var units: String
    /// Definition, reference, radius and the like.
    public var attributes: [(name: String, value: AttributeValue)]

    /// A number to be stored.
    public init(
        _ path: String, longName: String, units: String = "1", attributes: [(name: String, value: AttributeValue)] = []
    ) {
        self.path = path
        self.longName = longName
        self.units = units
        self.attributes = attributes
    }
}

/// Losses over one or two coordinates.
public struct GridPlan: Sendable {
    /// A coordinate.
    public struct Axis: Sendable {
        /// Its name, which is the dataset's.
        public var name: String
        /// Its values.
        public var values: [Double]
        /// What it is.
        public var longName: String

        /// A coordinate.
        public init(_ name: String, _ values: [Double], longName: String) {
            self.name = name
            self.values = values
            self.longName = longName
        }
    }

    /// The group below the variant: `lines/NAME` or `planes/NAME`.
    public var path: String
    /// In the order of the array's dimensions: y before x.
    public var axes: [Axis]
    /// Seed, cosine, kind of axes and the like.
    public var attributes: [(name: String, value: AttributeValue)]

    /// A grid.
    public init(_ path: String, axes: [Axis], attributes: [(name: String, value: AttributeValue)] = []) {
        self.path = path
        self.axes = axes
        self.attributes = attributes
    }

    /// The array's dimensions.
    public var shape: [Int] { axes.map(\.values.count) }
}

/// Where a value stands.
public enum Status: UInt8, Sendable {
    case pending = 0
    case done = 1
    case failed = 2
}
