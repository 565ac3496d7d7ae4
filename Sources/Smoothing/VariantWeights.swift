import Foundation
import Forecasters
import Networks
import Synchronization
import Tensor

/// Makes the weights of variants from θ₁, θ₂ and a seed.
///
/// Interpolation covers every parameter and no buffer, as in the published code; ``excluded`` parameters keep their
/// pre-trained values in every variant but `scratch` and `file`.
public struct VariantWeights: Sendable {
    /// The architecture.
    public let model: any Forecaster
    /// θ₁ and the buffers.
    public let pretrained: ReleasableWeights
    private let second: Second
    /// Parameters that keep their values.
    public let excluded: ParameterFilter
    /// Of every random draw.
    public let seed: UInt64
    private let isDrawn: Bool

    /// θ₂ once it is needed.
    private final class Second: Sendable {
        let value: Mutex<Tensor?>
        init(_ value: Tensor?) { self.value = Mutex(value) }
    }

    /// θ₂, with θ₁ where parameters are excluded. Drawn at its first use: who evaluates a checkpoint alone should not hold
    /// a second one.
    public var auxiliary: Tensor {
        get throws {
            try second.value.withLock { value in
                if let value { return value }
                let drawn = try model.layout.sample(seed: seed, purpose: "auxiliary", dtype: pretrained.dtype)
                let restored = try VariantWeights.restoring(excluded, in: drawn, from: pretrained.flat, model.layout)
                value = restored
                return restored
            }
        }
    }

    /// Frees θ₂ where it can be drawn again. Cost: one draw at its next use.
    public func releaseAuxiliary() {
        if isDrawn { second.value.withLock { $0 = nil } }
    }

    /// Binds θ₁, and θ₂ when it is given.
    ///
    /// - Parameters:
    ///   - auxiliary: θ₂; the second draw of the family's initialisation when absent.
    ///   - seed: of every random draw.
    public init(
        model: any Forecaster, pretrained: ReleasableWeights, auxiliary: Tensor? = nil,
        excluded: ParameterFilter = .none, seed: UInt64
    ) throws {
        self.model = model
        self.pretrained = pretrained
        self.excluded = excluded
        self.seed = seed
        isDrawn = auxiliary == nil
        second = Second(
            try auxiliary.map { try VariantWeights.restoring(excluded, in: $0, from: pretrained.flat, model.layout) })
    }

    /// Binds a θ₁ that is held for good.
    public init(
        model: any Forecaster, pretrained: Weights, auxiliary: Tensor? = nil, excluded: ParameterFilter = .none,
        seed: UInt64
    ) throws {
        try self.init(
            model: model, pretrained: ReleasableWeights(pretrained), auxiliary: auxiliary, excluded: excluded,
            seed: seed
        )
    }

    /// A draw of the family's own initialisation, apart from those of the variants.
    public func freshDraw(purpose: String) throws -> Tensor {
        try model.layout.sample(seed: seed, purpose: purpose, dtype: pretrained.flat.dtype)
    }

    /// θ of a variant, flat.
    ///
    /// Cost: a few passes over the parameters; `file` reads the file.
    public func flat(_ variant: Variant) throws -> Tensor {
        // Not every variant needs θ₁, which may have been released.
        let dtype = pretrained.dtype
        switch variant {
        case .pretrained:
            return try pretrained.flat
        case .scratch:
            return try model.layout.sample(seed: seed, purpose: "scratch", dtype: dtype)
        case .sff(let α):
            return try Interpolation.mix(pretrained.flat, auxiliary, weight: α)
        case .shrink(let α):
            return try restoring(try pretrained.flat * α)
        case .perturb(let α):
            return try mapped { specification, first, second in
                // What has no randomness has nothing to perturb with.
                guard !specification.initializer.isDeterministic else { return first }
                return try first + second * (1 - α)
            }
        case .gaussian(let α):
            return try mapped { specification, first, second in
                let stream = try RandomStream(seed: seed, "gaussian/\(specification.name)")
                let noise = try stream.normal(specification.shape, dtype: dtype)
                let displacement = try (second - first).flattened().euclideanNorm() * (1 - α)
                return try first + noise * (displacement / noise.flattened().euclideanNorm())
            }
        case .noisytune(let λ):
            return try mapped { specification, first, _ in
                let stream = try RandomStream(seed: seed, "noisytune/\(specification.name)")
                let noise = try stream.uniform(specification.shape, from: -λ / 2, to: λ / 2, dtype: dtype)
                // The reference takes torch.std, the unbiased one; a single entry has none and stays.
                guard specification.count > 1 else { return first }
                let deviation = try first.flattened().variance([0], correction: 1).squareRoot().item
                return try first + noise * deviation
            }
        case .file(let path):
            let other = try PretrainedModel(URL(fileURLWithPath: path), family: model.family)
            guard other.model.layout.parameters.map(\.name) == model.layout.parameters.map(\.name),
                other.model.layout.parameters.map(\.shape) == model.layout.parameters.map(\.shape)
            else {
                throw ForecasterError.request(
                    "file:\(path): \(other.model.architecture) with \(other.model.layout.count) parameters is another "
                        + "architecture than the one under study (\(model.layout.count) parameters)")
            }
            return try other.weights(dtype: dtype).flat
        }
    }

    /// Applies a map to every parameter that is not excluded.
    private func mapped(
        _ transform: (ParameterSpecification, _ first: Tensor, _ second: Tensor) throws -> Tensor
    ) throws -> Tensor {
        let layout = model.layout
        let result = try pretrained.flat.copy()
        let first = try layout.views(of: pretrained.flat)
        let second = try layout.views(of: auxiliary)
        for (index, target) in try layout.views(of: result).enumerated()
        where !excluded.matches(layout.parameters[index]) {
            try target.copyInPlace(try transform(layout.parameters[index], first[index], second[index]))
        }
        return result
    }

    private func restoring(_ flat: Tensor) throws -> Tensor {
        try VariantWeights.restoring(excluded, in: flat, from: pretrained.flat, model.layout)
    }

    private static func restoring(
        _ excluded: ParameterFilter, in flat: Tensor, from original: Tensor, _ layout: ParameterLayout
    ) throws -> Tensor {
        guard layout.parameters.contains(where: excluded.matches) else { return flat }
        let result = try flat.copy()
        let sources = try layout.views(of: original)
        for (index, target) in try layout.views(of: result).enumerated()
        where excluded.matches(layout.parameters[index]) {
            try target.copyInPlace(sources[index])
        }
        return result
    }
}
