import Krylov
import Tensor

/// The Hessian of an objective at a point.
public struct HessianOperator: SymmetricOperator {
    private let graphs: GradientGraphs

    /// ∇²L(θ) as an operator.
    ///
    /// - Parameter memory: how far graphs kept between products may let the process grow, as in ``GradientGraphs``.
    public init(_ objective: Objective, at point: Tensor, memory: Int? = nil) {
        graphs = GradientGraphs(objective, at: point, memory: memory)
    }

    /// The number of parameters.
    public var dimension: Int { graphs.objective.dimension }

    /// One Hessian-vector product per vector, sharing the gradient graphs.
    public func apply(_ vectors: [FlatVector]) throws -> [FlatVector] {
        try graphs.products(with: vectors.map(\.tensor)).map(FlatVector.init)
    }
}
