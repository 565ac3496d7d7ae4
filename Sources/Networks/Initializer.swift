import Tensor

/// How the entries of a parameter are drawn before training.
public enum Initializer: Sendable, Equatable {
    /// U(−1/√fanIn, 1/√fanIn): PyTorch's default for linear and convolution layers (Kaiming uniform with a = √5).
    case uniformFanIn(Int)
    /// N(0, deviation²).
    case normal(deviation: Double)
    /// Every entry the same.
    case constant(Double)

    /// The expectation of an entry.
    public var mean: Double {
        switch self {
        case .uniformFanIn, .normal: 0
        case .constant(let value): value
        }
    }

    /// The standard deviation of an entry.
    public var deviation: Double {
        switch self {
        case .uniformFanIn(let fanIn): 1 / (3 * Double(fanIn)).squareRoot()
        case .normal(let deviation): deviation
        case .constant: 0
        }
    }

    /// A draw of the given shape.
    public func sample(_ shape: [Int], from stream: RandomStream, dtype: DType) throws(TensorError) -> Tensor {
        switch self {
        case .uniformFanIn(let fanIn):
            let bound = 1 / Double(fanIn).squareRoot()
            return try stream.uniform(shape, from: -bound, to: bound, dtype: dtype)
        case .normal(let deviation):
            return try stream.normal(shape, deviation: deviation, dtype: dtype)
        case .constant(let value):
            return try Tensor.full(shape, value, dtype: dtype)
        }
    }
}
