import Krylov
import Tensor

/// Adam's diagonal preconditioner P = √v + ε at a point, with v the second moment of the batches' gradients there.
///
/// Full-batch Adam settles where λmax(P⁻¹H) is about (2 + 2β₁)/((1 − β₁)η), which is 38/η for β₁ = 0.9 (Cohen et al. 2022, arXiv
/// 2207.14484): steps of size η are stable in directions below that.
public struct AdamPreconditioner: Sendable {
    /// P, flat.
    public let diagonal: Tensor

    /// v = (1/B) Σ_b g_b² over the objective's B batches, g_b the mean gradient of batch b.
    ///
    /// What Adam's running average tends to while the weights stay; an optimiser that has run has another v. Depends on the
    /// batch size, as Adam does. Cost: one gradient.
    ///
    /// - Parameter ε: Adam's own, 1e-8 by default.
    public init(_ objective: Objective, at point: Tensor, ε: Double = 1e-8) throws {
        diagonal = try objective.gradientSecondMoment(at: point).squareRoot() + ε
    }

    /// (2 + 2β₁)/((1 − β₁)η).
    public static func stabilityThreshold(learningRate: Double, β1: Double = 0.9) -> Double {
        (2 + 2 * β1) / ((1 - β1) * learningRate)
    }
}

/// P^(−1/2) H P^(−1/2), which has the eigenvalues of P⁻¹H and is symmetric.
public struct PreconditionedOperator<Base: SymmetricOperator>: SymmetricOperator where Base.Vector == FlatVector {
    private let base: Base
    private let factors: Tensor

    /// A base operator between the inverse roots of a preconditioner.
    public init(_ base: Base, _ preconditioner: AdamPreconditioner) throws {
        self.base = base
        let roots = try preconditioner.diagonal.squareRoot()
        factors = try (roots.zerosLike() + 1) / roots
    }

    /// As the base.
    public var dimension: Int { base.dimension }

    /// One product of the base for each vector.
    public func apply(_ vectors: [FlatVector]) throws -> [FlatVector] {
        let scaled = try vectors.map { FlatVector(try $0.tensor * factors) }
        return try base.apply(scaled).map { FlatVector(try $0.tensor * factors) }
    }
}
