import Krylov
import Tensor

/// A flat parameter vector as an element of a Krylov space.
public struct FlatVector: KrylovVector {
    /// The elements. The vector owns them: it changes them in place.
    public let tensor: Tensor

    /// Wraps a tensor that nobody else changes.
    public init(_ tensor: Tensor) {
        self.tensor = tensor
    }

    /// Accumulated in double precision.
    public func dot(_ other: FlatVector) throws -> Double {
        try tensor.dot(other.tensor)
    }

    /// One pass in place.
    public mutating func add(_ factor: Double, times other: FlatVector) throws {
        try tensor.addInPlace(other.tensor, times: factor)
    }

    /// One pass in place.
    public mutating func scale(by factor: Double) throws {
        try tensor.scaleInPlace(factor)
    }
}

/// The Hessian of an objective at a point.
public struct HessianOperator: SymmetricOperator {
    /// The function.
    public let objective: Objective
    /// Where.
    public let point: Tensor

    /// ∇²L(θ) as an operator.
    public init(_ objective: Objective, at point: Tensor) {
        self.objective = objective
        self.point = point
    }

    /// The number of parameters.
    public var dimension: Int { objective.dimension }

    /// One Hessian-vector product per vector, sharing the gradient graphs.
    public func apply(_ vectors: [FlatVector]) throws -> [FlatVector] {
        try objective.products(at: point, with: vectors.map(\.tensor)).map(FlatVector.init)
    }
}
