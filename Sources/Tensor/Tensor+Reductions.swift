import CTorch

/// Sums, means, norms and products.
extension Tensor {
    /// The sum of all elements, optionally accumulated in another type.
    public func sum(dtype: DType? = nil) throws(TensorError) -> Tensor {
        try Ops.sum(.tensor(self), dtype.map { .dtype($0) } ?? .none)
    }

    /// The sum over some dimensions.
    public func sum(
        _ dimensions: [Int], keepingDimensions keep: Bool = false, dtype: DType? = nil
    ) throws(TensorError) -> Tensor {
        try Ops.sumDim(.tensor(self), .ints(dimensions), .bool(keep), dtype.map { .dtype($0) } ?? .none)
    }

    /// The mean over some dimensions.
    public func mean(_ dimensions: [Int], keepingDimensions keep: Bool = false) throws(TensorError) -> Tensor {
        try Ops.mean(.tensor(self), .ints(dimensions), .bool(keep))
    }

    /// The variance over some dimensions, divided by `n − correction` (0: population, 1: unbiased).
    public func variance(
        _ dimensions: [Int], correction: Int, keepingDimensions keep: Bool = false
    ) throws(TensorError) -> Tensor {
        try Ops.varCorrection(.tensor(self), .ints(dimensions), .int(correction), .bool(keep))
    }

    /// The largest elements over some dimensions.
    public func maximum(_ dimensions: [Int], keepingDimensions keep: Bool = false) throws(TensorError) -> Tensor {
        try Ops.amax(.tensor(self), .ints(dimensions), .bool(keep))
    }

    /// The smallest elements over some dimensions.
    public func minimum(_ dimensions: [Int], keepingDimensions keep: Bool = false) throws(TensorError) -> Tensor {
        try Ops.amin(.tensor(self), .ints(dimensions), .bool(keep))
    }

    /// ln Σ eˣ over some dimensions.
    public func logSumExp(_ dimensions: [Int], keepingDimensions keep: Bool = false) throws(TensorError) -> Tensor {
        try Ops.logsumexp(.tensor(self), .ints(dimensions), .bool(keep))
    }

    /// Running sums along a dimension.
    public func cumulativeSum(_ dimension: Int) throws(TensorError) -> Tensor {
        try Ops.cumsum(.tensor(self), .int(dimension), .none)
    }

    /// The index of the largest element along a dimension, which disappears.
    public func argmax(_ dimension: Int) throws(TensorError) -> Tensor {
        try Ops.argmax(.tensor(self), .int(dimension), .bool(false))
    }

    /// Elements in order along a dimension, and where each stood.
    public func sorted(
        _ dimension: Int, descending: Bool = false
    ) throws(TensorError) -> (values: Tensor, indices: Tensor) {
        let parts = try Ops.sort.call([.tensor(self), .int(dimension), .bool(descending)], capacity: 2)
        return (parts[0], parts[1])
    }

    /// Quantiles along a dimension, linearly interpolated; the levels become the first dimension.
    public func quantile(_ levels: Tensor, _ dimension: Int) throws(TensorError) -> Tensor {
        try Ops.quantile(.tensor(self), .tensor(levels), .int(dimension))
    }

    /// The median along a dimension, which disappears; the lower of the two middle values for an even number.
    public func median(_ dimension: Int) throws(TensorError) -> Tensor {
        try Ops.median(.tensor(self), .int(dimension), .bool(false))
    }

    /// The Euclidean norm over some dimensions; over all when none is given.
    public func norm(_ dimensions: [Int]? = nil, keepingDimensions keep: Bool = false) throws(TensorError) -> Tensor {
        try Ops.norm(.tensor(self), .double(2), dimensions.map { .ints($0) } ?? .none, .bool(keep))
    }

    /// Σ aᵢ bᵢ of two flat tensors.
    ///
    /// Blocks are summed pairwise and added in double precision, so that the error does not grow with the length: float32
    /// products of vectors with 10⁸ elements keep about six digits.
    public func dot(_ other: Tensor) throws(TensorError) -> Double {
        if VectorKernels.accept([self], other) { return try VectorKernels.dots([self], with: other)[0] }
        // Narrower types hold too few digits for a sum.
        if dtype == .bfloat16 || dtype == .float16 { return try to(.float32).dot(other.to(.float32)) }
        // On a device: the library's sum adds pairwise, its dot product one by one.
        return try (self * other).sum().to(.float64).item
    }

    /// ‖x‖₂ of a flat tensor, accumulated as ``dot(_:)``.
    public func euclideanNorm() throws(TensorError) -> Double {
        try dot(self).squareRoot()
    }

    /// Matrix product with broadcasting over leading dimensions.
    public func matmul(_ other: Tensor) throws(TensorError) -> Tensor {
        try Ops.matmul(.tensor(self), .tensor(other))
    }

    /// Orthonormal columns spanning those of a tall matrix: Q of QR with R's diagonal positive, so that a normal matrix gives
    /// a draw of the uniform distribution (Mezzadri 2007, arXiv math-ph/0609050).
    public func orthonormalized() throws(TensorError) -> Tensor {
        let parts = try Ops.qr.call([.tensor(self), .string("reduced")], capacity: 2)
        return try parts[0] * Ops.diagonal(.tensor(parts[1]), .int(0), .int(0), .int(1)).sign()
    }

    /// `x Wᵀ + b`: `weight` is `[out, in]`, the last dimension of the receiver is `in`.
    public func linear(weight: Tensor, bias: Tensor? = nil) throws(TensorError) -> Tensor {
        try Ops.linear(.tensor(self), .tensor(weight), .tensor(bias))
    }
}

/// Layers without parameters of their own. All have second derivatives.
extension Tensor {
    /// eˣ / Σ eˣ along a dimension.
    ///
    /// On a CPU, along a last dimension shorter than a vector register, the library's kernel takes the elements one by one; with that
    /// dimension in front it is 10 to 17 times faster, and its derivatives likewise.
    public func softmax(_ dimension: Int = -1) throws(TensorError) -> Tensor {
        let shape = shape
        let isLast = dimension == -1 || dimension == shape.count - 1
        guard isLast, shape.count > 1, shape[shape.count - 1] < 16, device == .cpu else {
            return try Ops.softmax(.tensor(self), .int(dimension), .none)
        }
        let others = Array(0..<(shape.count - 1))
        let front = try permuted([shape.count - 1] + others).contiguous()
        return try Ops.softmax(.tensor(front), .int(0), .none).permuted(others.map { $0 + 1 } + [0]).contiguous()
    }

    /// ln of ``softmax(_:)``.
    public func logSoftmax(_ dimension: Int = -1) throws(TensorError) -> Tensor {
        try Ops.logSoftmax(.tensor(self), .int(dimension), .none)
    }

    /// Standardises the last dimension, then scales by `weight` and shifts by `bias`.
    public func layerNorm(weight: Tensor, bias: Tensor?, epsilon: Double = 1e-5) throws(TensorError) -> Tensor {
        try Ops.layerNorm(
            .tensor(self), .ints(weight.shape), .tensor(weight), .tensor(bias), .double(epsilon), .bool(false))
    }

    /// Standardises the last dimension, without gain or shift.
    public func standardized(epsilon: Double) throws(TensorError) -> Tensor {
        try Ops.layerNorm(
            .tensor(self), .ints([shape[rank - 1]]), .none, .none, .double(epsilon), .bool(false))
    }

    /// x Φ(x) with the exact normal distribution function.
    public func gelu() throws(TensorError) -> Tensor { try Ops.gelu(.tensor(self), .string("none")) }
    /// The approximation of ``gelu()`` by tanh.
    public func geluByTanh() throws(TensorError) -> Tensor { try Ops.gelu(.tensor(self), .string("tanh")) }
    /// max(x, 0).
    public func relu() throws(TensorError) -> Tensor { try Ops.relu(.tensor(self)) }
    /// x σ(x).
    public func silu() throws(TensorError) -> Tensor { try Ops.silu(.tensor(self)) }
}
