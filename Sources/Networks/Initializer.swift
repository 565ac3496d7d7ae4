import Tensor

/// How the entries of a parameter are drawn before training.
public enum Initializer: Sendable, Equatable {
    /// U(−1/√fanIn, 1/√fanIn): PyTorch's default for linear and convolution layers (Kaiming uniform with a = √5).
    case uniformFanIn(Int)
    /// N(0, deviation²).
    case normal(deviation: Double)
    /// Every entry the same.
    case constant(Double)
    /// One uniform draw per slice along the first dimension, which reaches only its leading part; the rest is 0.
    case slices([UniformSlice])
    /// The table of ``SinusoidalPositions``, in the last two dimensions: where training starts, not a draw.
    case sinusoidal
    /// gain · Q with orthonormal columns (or rows, where there are more columns): Saxe et al. 2014, arXiv 1312.6120.
    case orthogonal(gain: Double)

    /// A slice's draw: U(−bound, bound) in the first `count` entries of the slice's dimension `dimension`.
    public struct UniformSlice: Sendable, Equatable {
        let bound: Double
        let count: Int
        let dimension: Int

        /// A draw of one slice.
        public init(bound: Double, count: Int, dimension: Int) {
            self.bound = bound
            self.count = count
            self.dimension = dimension
        }
    }

    /// The expectation of an entry.
    public var mean: Double {
        switch self {
        case .uniformFanIn, .normal, .slices, .orthogonal, .sinusoidal: 0
        case .constant(let value): value
        }
    }

    /// Whether every draw is the same.
    public var isDeterministic: Bool {
        switch self {
        case .constant, .sinusoidal: true
        default: false
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
        case .slices(let slices):
            precondition(slices.count == shape[0], "one draw per slice")
            let result = try Tensor.zeros(shape, dtype: dtype)
            for (index, slice) in slices.enumerated() {
                let part = try result.selected(0, at: index).narrowed(slice.dimension, from: 0, count: slice.count)
                try part.copyInPlace(stream.uniform(part.shape, from: -slice.bound, to: slice.bound, dtype: dtype))
            }
            return result
        case .sinusoidal:
            let rank = shape.count
            return try SinusoidalPositions.table(length: shape[rank - 2], width: shape[rank - 1])
                .reshaped(shape).to(dtype)
        case .orthogonal(let gain):
            let columns = shape.dropFirst().reduce(1, *)
            let isWide = shape[0] < columns
            let normal = try stream.normal(isWide ? [columns, shape[0]] : [shape[0], columns], dtype: .float64)
            let orthonormal = try normal.orthonormalized()
            return try ((isWide ? orthonormal.transposed() : orthonormal) * gain).reshaped(shape).to(dtype)
        }
    }
}
