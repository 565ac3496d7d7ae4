import Networks
import Tensor

/// A way to write a model's parameters θ as a function of a vector φ that is trained.
public protocol Parametrization: Sendable {
    /// φ's parts.
    var layout: ParameterLayout { get }
    /// φ at the start.
    func initial() throws -> Tensor
    /// The model's parameters in their order, differentiable functions of φ's parts.
    func tensors(_ parts: [Tensor]) throws -> [Tensor]
}

extension Parametrization {
    /// θ, flat. Cost: one copy of θ.
    public func flat(_ φ: Tensor, _ model: ParameterLayout) throws -> Tensor {
        try Autograd.withoutGradients {
            try model.flatten(try tensors(layout.views(of: φ)), dtype: φ.dtype, device: φ.device)
        }
    }
}

/// Every parameter is trained: φ = θ.
public struct FullParametrization: Parametrization {
    /// That of the model.
    public let layout: ParameterLayout
    private let start: Tensor

    /// Training from θ.
    public init(_ layout: ParameterLayout, start θ: Tensor) {
        self.layout = layout
        start = θ
    }

    /// A copy of the start.
    public func initial() throws -> Tensor { try start.copy() }
    /// Themselves.
    public func tensors(_ parts: [Tensor]) -> [Tensor] { parts }
}

/// Some parameters are trained and the others stay: linear probing trains the head.
public struct PartialParametrization: Parametrization {
    /// The chosen parameters.
    public let layout: ParameterLayout
    private let fixed: [Tensor]
    private let chosen: [Int]

    /// - Parameters:
    ///   - indices: positions of the trained parameters in the model's layout.
    ///   - start: θ.
    public init(_ model: ParameterLayout, training indices: [Int], start θ: Tensor) throws {
        chosen = indices
        fixed = try model.views(of: θ)
        layout = model.selecting(indices)
    }

    /// The chosen parts of the start.
    public func initial() throws -> Tensor {
        try Tensor.concatenate(chosen.map { try fixed[$0].reshaped([-1]) }).copy()
    }

    /// The start with the chosen parts replaced.
    public func tensors(_ parts: [Tensor]) -> [Tensor] {
        var all = fixed
        for (index, part) in zip(chosen, parts) { all[index] = part }
        return all
    }
}

/// Low-rank adaptation (Hu et al., ICLR 2022, arXiv 2106.09685): every matrix W of the backbone becomes W + (α/r) B A with A `[r, in]`
/// and B `[out, r]` trained, everything else fixed.
///
/// As in the reference, A ~ U(−1/√in, 1/√in) and B = 0, so that training starts from W; α = 2r.
public struct LowRankParametrization: Parametrization {
    /// A and B of every adapted matrix.
    public let layout: ParameterLayout
    /// α/r.
    public static let scale = 2.0
    private let fixed: [Tensor]
    private let adapted: [Int]
    private let seed: UInt64

    /// - Parameters:
    ///   - rank: r.
    ///   - start: θ.
    ///   - seed: of A.
    /// - Throws: ``TrainingError/nothingToTrain(_:)`` where no matrix of the backbone is wider and higher than r.
    public init(_ model: ParameterLayout, rank: Int, start θ: Tensor, seed: UInt64) throws {
        fixed = try model.views(of: θ)
        self.seed = seed
        var layout = ParameterLayout()
        var adapted: [Int] = []
        for (index, parameter) in model.parameters.enumerated()
        where parameter.role == .weight && parameter.part == .backbone {
            guard parameter.shape.count >= 2 else { continue }
            let (rows, columns) = (parameter.shape[0], parameter.count / parameter.shape[0])
            guard min(rows, columns) > rank else { continue }
            adapted.append(index)
            _ = layout.add("\(parameter.name).lora_A", [rank, columns], .uniformFanIn(columns), role: .weight)
            _ = layout.add("\(parameter.name).lora_B", [rows, rank], .constant(0), role: .weight)
        }
        guard !adapted.isEmpty else {
            throw TrainingError.nothingToTrain(
                "no matrix of the backbone is larger than rank \(rank); use a smaller rank")
        }
        self.layout = layout
        self.adapted = adapted
    }

    /// A drawn, B zero.
    public func initial() throws -> Tensor {
        let drawn = try layout.sample(seed: seed, purpose: "low-rank", dtype: fixed[0].dtype)
        return try drawn.to(fixed[0].dtype, device: fixed[0].device)
    }

    /// W + (α/r) B A.
    public func tensors(_ parts: [Tensor]) throws -> [Tensor] {
        var all = fixed
        for (position, index) in adapted.enumerated() {
            let change = try parts[2 * position + 1].matmul(parts[2 * position]).reshaped(fixed[index].shape)
            all[index] = try fixed[index].adding(change, times: LowRankParametrization.scale)
        }
        return all
    }
}
