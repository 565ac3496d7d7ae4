/// Views and rearrangements. Negative dimensions count from the end.
extension Tensor {
    /// The same elements in another shape; one size may be −1.
    public func reshaped(_ shape: [Int]) throws(TensorError) -> Tensor {
        try Ops.reshape(.tensor(self), .ints(shape))
    }

    /// The same memory in another shape; fails where that needs a copy.
    public func viewed(_ shape: [Int]) throws(TensorError) -> Tensor {
        try Ops.view(.tensor(self), .ints(shape))
    }

    /// Reorders the dimensions.
    public func permuted(_ order: [Int]) throws(TensorError) -> Tensor {
        try Ops.permute(.tensor(self), .ints(order))
    }

    /// Swaps two dimensions.
    public func transposed(_ a: Int = -2, _ b: Int = -1) throws(TensorError) -> Tensor {
        try Ops.transpose(.tensor(self), .int(a), .int(b))
    }

    /// `count` entries of dimension `dimension` from `start` on; a negative start counts from the end.
    public func narrowed(_ dimension: Int, from start: Int, count: Int) throws(TensorError) -> Tensor {
        try Ops.narrow(.tensor(self), .int(dimension), .int(start), .int(count))
    }

    /// One entry of a dimension, which disappears.
    public func selected(_ dimension: Int, at index: Int) throws(TensorError) -> Tensor {
        try Ops.select(.tensor(self), .int(dimension), .int(index))
    }

    /// Entries of a dimension chosen by an `int64` index tensor.
    public func selected(_ dimension: Int, indices: Tensor) throws(TensorError) -> Tensor {
        try Ops.indexSelect(.tensor(self), .int(dimension), .tensor(indices))
    }

    /// The element of each row chosen by an `int64` tensor of the same rank, along a dimension.
    public func gathered(_ dimension: Int, indices: Tensor) throws(TensorError) -> Tensor {
        try Ops.gather(.tensor(self), .int(dimension), .tensor(indices), .bool(false))
    }

    /// Reverses the order along some dimensions.
    public func flipped(_ dimensions: [Int]) throws(TensorError) -> Tensor {
        try Ops.flip(.tensor(self), .ints(dimensions))
    }

    /// Shifts the entries of a dimension by `shift` places towards the end; what leaves comes back in front.
    public func rolled(_ dimension: Int, by shift: Int) throws(TensorError) -> Tensor {
        try Ops.roll(.tensor(self), .ints([shift]), .ints([dimension]))
    }

    /// Inserts a dimension of size 1.
    public func unsqueezed(_ dimension: Int) throws(TensorError) -> Tensor {
        try Ops.unsqueeze(.tensor(self), .int(dimension))
    }

    /// Removes a dimension of size 1.
    public func squeezed(_ dimension: Int) throws(TensorError) -> Tensor {
        try Ops.squeeze(.tensor(self), .int(dimension))
    }

    /// Repeats dimensions of size 1 without copying.
    public func expanded(_ shape: [Int]) throws(TensorError) -> Tensor {
        try Ops.expand(.tensor(self), .ints(shape))
    }

    /// Sliding windows of `size` along a dimension every `step`: the dimension becomes the window count, and the
    /// elements of a window become a new last dimension.
    public func unfolded(_ dimension: Int, size: Int, step: Int) throws(TensorError) -> Tensor {
        try Ops.unfold(.tensor(self), .int(dimension), .int(size), .int(step))
    }

    /// Row-major memory; the receiver itself when it already is.
    public func contiguous() throws(TensorError) -> Tensor {
        try Ops.contiguous(.tensor(self))
    }

    /// All elements in one dimension.
    public func flattened() throws(TensorError) -> Tensor {
        try reshaped([-1])
    }

    /// Joins tensors along an existing dimension.
    public static func concatenate(_ tensors: [Tensor], dimension: Int = 0) throws(TensorError) -> Tensor {
        try Ops.cat(.tensors(tensors), .int(dimension))
    }

    /// Joins tensors along a new dimension.
    public static func stack(_ tensors: [Tensor], dimension: Int = 0) throws(TensorError) -> Tensor {
        try Ops.stack(.tensors(tensors), .int(dimension))
    }
}
