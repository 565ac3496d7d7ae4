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

    /// One pass over memory for all of them.
    public static func dots(_ basis: [FlatVector], with vector: FlatVector) throws -> [Double] {
        let tensors = basis.map(\.tensor)
        guard VectorKernels.accept(tensors, vector.tensor) else { return try basis.map { try $0.dot(vector) } }
        return try VectorKernels.dots(tensors, with: vector.tensor)
    }

    /// One pass over memory for the subtraction and the products.
    public mutating func subtract(
        _ coefficients: [Double], times basis: [FlatVector]
    ) throws -> (dots: [Double], square: Double) {
        let tensors = basis.map(\.tensor)
        guard VectorKernels.accept(tensors, tensor) else {
            try add(coefficients.map { -$0 }, times: basis)
            return (try FlatVector.dots(basis, with: self), try dot(self))
        }
        return try VectorKernels.subtractInPlace(coefficients, of: tensors, from: tensor)
    }

    /// One pass over memory.
    public static func combine(_ basis: inout [FlatVector], coefficients: [[Double]]) throws {
        let tensors = basis.map(\.tensor)
        guard let first = tensors.first, VectorKernels.accept(tensors, first) else {
            return try combineByTriangles(&basis, coefficients: coefficients)
        }
        try VectorKernels.combineInPlace(tensors, coefficients: coefficients)
        basis.removeLast(basis.count - coefficients.count)
    }
}
