import Networks
import Tensor

/// A measure of how the loss rises around weights. One file each: formula, source, invariances, cost, and when it is not defined.
///
/// All measures use the same windows, and random numbers that depend on the seed alone, so that ``SharpnessResult/samples`` of two
/// weights can be compared pair by pair.
public protocol SharpnessMeasure: Sendable {
    /// The name under `sharpness/` in the file, and for `--sharpness`.
    var name: String { get }
    /// For people.
    var title: String { get }
    /// The formula.
    var definition: String { get }
    /// What the value is counted in: `loss` where it scales with the loss, else 1.
    var units: String { get }
    /// arXiv number or book.
    var reference: String { get }
    /// Radii and counts that decide the value.
    var settings: [String: Double] { get }
    /// The names of ``SharpnessResult/details``.
    var detailNames: [String] { get }
    /// How many ``SharpnessResult/samples`` there are.
    func sampleCount(windows: Int) -> Int
    /// The chains that are stored as they ran; `nil` where there are none.
    var chainShape: SharpnessChainShape? { get }
    /// What the standard error is taken over, or why there is none.
    var errorSource: SharpnessErrorSource { get }
    /// Vectors as large as the model that one evaluation holds beside θ and the gradient, at most.
    var vectors: Int { get }
    /// What one evaluation costs, exactly; the loss and the gradient at the point come on top, once for all measures.
    var cost: SharpnessCost { get }
    /// Computes it.
    ///
    /// - Throws: ``SharpnessUndefined`` where the measure means nothing; what ``Objective`` throws.
    func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult
}

extension SharpnessMeasure {
    /// Most are differences of losses, or their derivatives.
    public var units: String { "loss" }
    /// A moved point, a scaled direction and what makes them.
    public var vectors: Int { 5 }
    /// None.
    public var detailNames: [String] { [] }
    /// None.
    public func sampleCount(windows: Int) -> Int { 0 }
    /// None.
    public var chainShape: SharpnessChainShape? { nil }
}

/// Chains of draws.
public struct SharpnessChainShape: Sendable, Equatable {
    /// How many.
    public let chains: Int
    /// Steps of each, those at the beginning that do not count included.
    public let steps: Int
    /// Steps that do not count.
    public let burnIn: Int
}

/// Where a measure's error comes from.
public enum SharpnessErrorSource: Sendable, Equatable {
    /// The value is a mean over windows, at a point that they all share.
    case windows
    /// A mean over independent draws, or a function of one.
    case draws
    /// A mean over chains.
    case chains
    /// No sampling error: the width of the interval in which the value lies.
    case bracket
    /// There is none, for a reason.
    case none(because: String)

    /// For people and files.
    public var text: String {
        switch self {
        case .windows: "over windows"
        case .draws: "over random draws"
        case .chains: "over chains"
        case .bracket: "width of the last bracket"
        case .none(let reason): "none: \(reason)"
        }
    }
}

/// Passes over all windows.
public struct SharpnessCost: Sendable, Equatable {
    /// Losses.
    public var forward: Int
    /// Gradients.
    public var gradient: Int
    /// Hessian- or Gauss-Newton-vector products.
    public var product: Int

    /// Some passes.
    public init(forward: Int = 0, gradient: Int = 0, product: Int = 0) {
        self.forward = forward
        self.gradient = gradient
        self.product = product
    }

    /// The passes of both.
    public static func + (a: SharpnessCost, b: SharpnessCost) -> SharpnessCost {
        SharpnessCost(
            forward: a.forward + b.forward, gradient: a.gradient + b.gradient, product: a.product + b.product)
    }
}

/// The weights under study, with the loss and the gradient there.
public struct SharpnessPoint: Sendable {
    /// The loss as a function.
    public let objective: Objective
    /// θ, flat.
    public let θ: Tensor
    /// L(θ).
    public let loss: LossValue
    /// ∇L(θ).
    public let gradient: Tensor
    /// Of all random draws.
    public let seed: UInt64
    /// ‖∇L(θ)‖.
    public let gradientNorm: Double

    /// Weights with what is known there.
    public init(_ objective: Objective, at θ: Tensor, loss: LossValue, gradient: Tensor, seed: UInt64) throws {
        self.objective = objective
        self.θ = θ
        self.loss = loss
        self.gradient = gradient
        self.seed = seed
        gradientNorm = try gradient.euclideanNorm()
    }

    /// The index-th standard normal vector of a purpose, the same at every point.
    func normal(_ purpose: String, _ index: Int) throws -> Tensor {
        try RandomStream(seed: seed, "sharpness/\(purpose)", index).normal([objective.dimension])
            .to(objective.dtype, device: objective.device)
    }

    /// The index-th vector of U(−1, 1).
    func uniform(_ purpose: String, _ index: Int) throws -> Tensor {
        try RandomStream(seed: seed, "sharpness/\(purpose)", index).uniform([objective.dimension], from: -1, to: 1)
            .to(objective.dtype, device: objective.device)
    }

    /// The rises of the windows' losses at another point.
    func rises(to other: LossValue) -> [Double] { zip(other.perWindow, loss.perWindow).map { $0 - $1 } }
}

/// A value with evidence.
public struct SharpnessResult: Sendable {
    /// The measure.
    public var value: Double
    /// Its standard error: over windows where the measure is a mean over them, else over random draws; NaN where there is none.
    public var standardError: Double
    /// What the value is the mean of: windows' rises, or draws. Empty where it is no mean. Position by position they belong
    /// together with those at other weights.
    public var samples: [Double]
    /// The part that a slope alone explains, where the measure has one; away from stationary points it may be nearly all.
    public var firstOrder: Double?
    /// Further numbers of the evaluation.
    public var details: [String: Double]
    /// What every chain saw at every step, in units of the value: their mean after the burn-in is the value.
    public var chains: [[Double]] = []

    /// A value that is the mean of samples.
    public init(meanOf samples: [Double], firstOrder: Double? = nil, details: [String: Double] = [:]) {
        let statistics = SampleStatistics(samples)
        value = statistics.mean
        standardError = statistics.standardError
        self.samples = samples
        self.firstOrder = firstOrder
        self.details = details
    }

    /// A value that is no mean.
    public init(
        _ value: Double, standardError: Double = .nan, samples: [Double] = [], firstOrder: Double? = nil,
        details: [String: Double] = [:]
    ) {
        self.value = value
        self.standardError = standardError
        self.samples = samples
        self.firstOrder = firstOrder
        self.details = details
    }
}

/// A measure that means nothing at this point, with the reason.
public struct SharpnessUndefined: Error, CustomStringConvertible, Sendable {
    /// Reasons by number, as files hold them.
    public enum Kind: Int, Sendable, CaseIterable {
        case noGradient = 1
        case noMinimum, noOutputs, noCurvature, noScale, noCrossing, notFinite, lossNotPositive, fewWindows, noMatrix

        /// A few words for a table.
        public var words: String {
            switch self {
            case .noGradient: "no gradient"
            case .noMinimum: "no minimum"
            case .noOutputs: "no Gauss-Newton matrix"
            case .noCurvature: "Gauss-Newton matrix is 0"
            case .noScale: "no scale for a step"
            case .noCrossing: "threshold not crossed"
            case .notFinite: "not finite"
            case .lossNotPositive: "loss not positive"
            case .fewWindows: "too few windows"
            case .noMatrix: "no such matrix"
            }
        }
    }

    /// What kind of reason.
    public let kind: Kind
    /// Why.
    public let reason: String
    /// The message for people.
    public var description: String { "not defined here: \(reason)" }

    init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

/// What lengths in parameter space are measured by.
public enum SharpnessScale: String, Sendable, CaseIterable {
    /// c = 1.
    case plain
    /// c = |θ|, entry by entry.
    case elementwise
    /// cᵢ is the norm of the row that the entry lies in; |θᵢ| for 1-D parameters.
    case filterwise

    /// c, flat, plus an offset.
    func factors(_ θ: Tensor, _ layout: ParameterLayout, offset: Double = 0) throws -> Tensor {
        switch self {
        case .plain:
            return try θ.zerosLike() + 1
        case .elementwise:
            return try θ.absolute() + offset
        case .filterwise:
            let result = try θ.absolute()
            for (target, weight) in zip(try layout.views(of: result), try layout.views(of: θ)) where weight.rank > 1 {
                let norms = try weight.norm(Array(1..<weight.rank), keepingDimensions: true)
                try target.copyInPlace(try norms + (try weight.zerosLike()))
            }
            return try result + offset
        }
    }
}
