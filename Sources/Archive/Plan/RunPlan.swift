import Foundation

/// Everything a result file will hold, known before the first number is computed.
///
/// The file is laid out from the plan in one go, with fixed sizes, and never grows afterwards: that is what lets it
/// survive the death of the process at any moment.
public struct RunPlan: Sendable {
    /// One line for people, such as "Loss landscape of timer on ETTh1".
    public var title: String
    /// The command line.
    public var command: String
    /// The seed of all random streams.
    public var seed: UInt64
    /// Versions by program, such as `["libtorch": "2.13.0"]`; stored as attributes `software_<program>`.
    public var software: [String: String]
    /// The resolved configuration, hashes of inputs and the machine, as JSON text.
    public var manifestJSON: String
    /// Identifies what the numbers depend on; a run resumes only a file with the same fingerprint.
    public var fingerprint: String
    /// When the run began.
    public var created: Date
    /// Further attributes of the root.
    public var attributes: [String: AttributeValue]
    /// The weights to be examined, with what is measured on each.
    public var variants: [VariantPlan]
    /// Which share of the run the file is to hold; `nil` for all of it. The objects are the same.
    public var shard: RunShard?

    /// Makes a plan.
    ///
    /// What only resuming and verifying need can be left out by programs that do neither.
    public init(
        title: String, command: String = "", seed: UInt64, software: [String: String] = [:],
        manifestJSON: String = "{}",
        fingerprint: String = "", created: Date = Date(), attributes: [String: AttributeValue] = [:],
        variants: [VariantPlan], shard: RunShard? = nil
    ) {
        self.shard = shard
        self.title = title
        self.command = command
        self.seed = seed
        self.software = software
        self.manifestJSON = manifestJSON
        self.fingerprint = fingerprint
        self.created = created
        self.attributes = attributes
        self.variants = variants
    }
}

/// One set of weights and what is measured on it: the group `/variants/<name>`.
public struct VariantPlan: Sendable {
    /// The name as the user wrote it, such as `sff:0.7`; the group's name is made safe, the attribute `name` is not.
    public var name: String
    /// The kind, such as `pretrained` or `sff`.
    public var kind: String
    /// The mixing parameter, when the kind has one.
    public var alpha: Double?
    /// SHA-256 of the weights, in hexadecimal.
    public var weightsSHA256: String
    /// Number of parameters.
    public var parameters: Int
    /// Further attributes of the variant.
    public var attributes: [String: AttributeValue]
    /// Single numbers.
    public var scalars: [ScalarPlan]
    /// Arrays written as a whole, such as a spectrum.
    public var arrays: [ArrayPlan]
    /// Curves, written point by point.
    public var lines: [GridPlan]
    /// Surfaces, written point by point.
    public var planes: [GridPlan]
    /// Volumes, written point by point.
    public var volumes: [GridPlan]

    /// Makes a plan.
    public init(
        name: String, kind: String, alpha: Double? = nil, weightsSHA256: String = "", parameters: Int,
        attributes: [String: AttributeValue] = [:], scalars: [ScalarPlan] = [], arrays: [ArrayPlan] = [],
        lines: [GridPlan] = [], planes: [GridPlan] = [], volumes: [GridPlan] = []
    ) {
        self.name = name
        self.kind = kind
        self.alpha = alpha
        self.weightsSHA256 = weightsSHA256
        self.parameters = parameters
        self.attributes = attributes
        self.scalars = scalars
        self.arrays = arrays
        self.lines = lines
        self.planes = planes
        self.volumes = volumes
    }

    /// Lines, planes and volumes, in this order.
    public var grids: [GridPlan] { lines + planes + volumes }

    var gridsByKind: [(GridKind, [GridPlan])] { [(.line, lines), (.plane, planes), (.volume, volumes)] }
}

/// One number with its evidence.
///
/// The dataset gets the attributes `standard_error`, `samples`, `seconds` and `status`, and those given here; the
/// numeric ones can be overwritten with the value.
public struct ScalarPlan: Sendable {
    /// Path below the variant, such as `loss` or `curvature/trace`.
    public var path: String
    /// What the number is, in words.
    public var longName: String
    /// Unit; "1" for none.
    public var units: String
    /// Further attributes, such as `rho`.
    public var attributes: [String: AttributeValue]

    /// Makes a plan.
    public init(
        path: String, longName: String, units: String = "1", attributes: [String: AttributeValue] = [:]
    ) {
        self.path = path
        self.longName = longName
        self.units = units
        self.attributes = attributes
    }
}
