import CTorch

/// A multi-dimensional array with automatic differentiation: a handle on a libtorch tensor.
///
/// Operations return new tensors and throw ``TensorError``; methods whose name ends in `InPlace` change the receiver.
/// A tensor may be read by several threads at once; whoever writes in place must own it.
public final class Tensor: @unchecked Sendable {
    let handle: OpaquePointer

    init(handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        ct_tensor_free(handle)
    }

    /// The sizes of the dimensions; empty for a scalar.
    public var shape: [Int] {
        let rank = Int(ct_tensor_rank(handle))
        var sizes = [Int64](repeating: 0, count: rank)
        _ = ct_tensor_shape(handle, &sizes)
        return sizes.map(Int.init)
    }

    /// The number of dimensions.
    public var rank: Int { Int(ct_tensor_rank(handle)) }

    /// The number of elements.
    public var count: Int { Int(ct_tensor_element_count(handle)) }

    /// The element type; `nil` for one this library has no name for.
    public var dtype: DType {
        guard let dtype = DType(rawValue: ct_tensor_dtype(handle)) else {
            preconditionFailure(
                "libtorch returned scalar type \(ct_tensor_dtype(handle)), which no operator here makes")
        }
        return dtype
    }

    /// Where the elements live.
    public var device: Device {
        var type: Int32 = 0
        var index: Int32 = 0
        ct_tensor_device(handle, &type, &index)
        return type == 1 ? .cuda(max(0, Int(index))) : .cpu
    }

    /// Whether operations on this tensor are recorded for differentiation.
    public var requiresGradient: Bool { ct_tensor_requires_grad(handle) }

    /// The address of the first element. Two tensors with one address share memory.
    public var address: UInt64 {
        get throws(TensorError) {
            var address: UInt64 = 0
            try check(ct_tensor_address(handle, &address), "data_ptr")
            return address
        }
    }
}

func check(_ status: Int32, _ name: String) throws(TensorError) {
    if status != 0 {
        throw .operation(name: name, message: String(cString: ct_last_error()))
    }
}

// MARK: - Between Swift memory and tensors

extension Tensor {
    /// A CPU tensor holding a copy of `elements`, row-major.
    ///
    /// - Parameters:
    ///   - elements: as many as the product of `shape`.
    ///   - shape: the sizes of the dimensions; one dimension when absent.
    public convenience init<Scalar: TensorScalar>(_ elements: [Scalar], shape: [Int]? = nil) throws(TensorError) {
        let shape = shape ?? [elements.count]
        let result = elements.withUnsafeBytes { bytes in
            Tensor.create(bytes: bytes, dtype: Scalar.dtype, shape: shape)
        }
        self.init(handle: try result.get())
    }

    /// A CPU tensor holding a copy of raw row-major `bytes` in the machine's byte order.
    public convenience init(
        bytes: UnsafeRawBufferPointer, dtype: DType, shape: [Int]
    ) throws(TensorError) {
        self.init(handle: try Tensor.create(bytes: bytes, dtype: dtype, shape: shape).get())
    }

    /// A tensor of rank 0.
    public static func scalar(_ value: Double, dtype: DType = .float64) throws(TensorError) -> Tensor {
        try Tensor([value], shape: []).to(dtype)
    }

    private static func create(
        bytes: UnsafeRawBufferPointer, dtype: DType, shape: [Int]
    ) -> Result<OpaquePointer, TensorError> {
        var handle: OpaquePointer?
        let sizes = shape.map(Int64.init)
        let status = ct_tensor_create(
            bytes.baseAddress, Int64(bytes.count), dtype.rawValue, sizes, Int64(sizes.count), &handle)
        guard status == 0, let handle else {
            return .failure(.operation(name: "tensor", message: String(cString: ct_last_error())))
        }
        return .success(handle)
    }

    /// The elements, row-major, converted to `Scalar`.
    ///
    /// Cost: one copy to the host, and a conversion when the types differ.
    public func array<Scalar: TensorScalar>(of type: Scalar.Type) throws(TensorError) -> [Scalar] {
        let source = dtype == Scalar.dtype ? self : try to(Scalar.dtype)
        let count = source.count
        var status: Int32 = 0
        let elements = [Scalar](unsafeUninitializedCapacity: count) { buffer, initialized in
            status = ct_tensor_read(source.handle, buffer.baseAddress, Int64(count * MemoryLayout<Scalar>.stride))
            initialized = status == 0 ? count : 0
        }
        try check(status, "read")
        return elements
    }

    /// The elements as `Double`, row-major.
    public var doubles: [Double] {
        get throws(TensorError) { try array(of: Double.self) }
    }

    /// The only element, as `Double`.
    public var item: Double {
        get throws(TensorError) {
            guard count == 1 else { throw .shape(expected: [], found: shape, context: "item of a tensor") }
            return try doubles[0]
        }
    }

    /// Copies the raw elements, row-major, into host memory of exactly ``DType/byteWidth`` × ``count`` bytes.
    public func copyBytes(into buffer: UnsafeMutableRawBufferPointer) throws(TensorError) {
        try check(ct_tensor_read(handle, buffer.baseAddress, Int64(buffer.count)), "read")
    }
}

// MARK: - Creation

extension Tensor {
    /// A tensor of zeros.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws(TensorError)
        -> Tensor
    {
        try Ops.zeros(.ints(shape), .dtype(dtype), .none, device.argument)
    }

    /// A tensor whose elements all equal `value`.
    public static func full(
        _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .cpu
    ) throws(TensorError) -> Tensor {
        try Ops.full(.ints(shape), .double(value), .dtype(dtype), .none, device.argument)
    }

    /// A tensor of the given shape with undefined contents, to be filled.
    public static func empty(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws(TensorError)
        -> Tensor
    {
        try Ops.empty(.ints(shape), .dtype(dtype), .none, device.argument)
    }

    /// `0, 1, …, count − 1`.
    public static func arange(_ count: Int, dtype: DType = .int64, device: Device = .cpu) throws(TensorError) -> Tensor
    {
        try Ops.arange(.int(count), .dtype(dtype), .none, device.argument)
    }

    /// `count` numbers from `first` to `last`, equally spaced, built from both ends.
    public static func linspace(
        from first: Double, to last: Double, count: Int, dtype: DType = .float32, device: Device = .cpu
    ) throws(TensorError) -> Tensor {
        try Ops.linspace(.double(first), .double(last), .int(count), .dtype(dtype), .none, device.argument)
    }

    /// Zeros with this tensor's shape, type and device.
    public func zerosLike() throws(TensorError) -> Tensor {
        try Ops.zerosLike(.tensor(self))
    }

    /// A tensor with memory of its own and the same elements.
    public func copy() throws(TensorError) -> Tensor {
        try Ops.clone(.tensor(self))
    }

    /// Converts the element type, and moves to another device when one is given. Returns the receiver when nothing changes.
    public func to(_ dtype: DType, device: Device? = nil) throws(TensorError) -> Tensor {
        let target = device ?? self.device
        if dtype == self.dtype && target == self.device { return self }
        return try Ops.to(.tensor(self), target.argument, .dtype(dtype))
    }
}
