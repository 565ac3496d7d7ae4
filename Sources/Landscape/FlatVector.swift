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
