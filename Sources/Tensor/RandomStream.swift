import CTorch

/// A seeded stream of random tensors, addressed by purpose rather than by order.
///
/// A stream is made from a seed and a path such as `("direction", 2)`; equal paths give equal numbers whatever else was
/// drawn before, on any thread. Numbers come from libtorch's Mersenne Twister in float64 on the CPU, and are converted
/// afterwards: a float32 run and a float64 run see the same directions up to rounding.
public final class RandomStream {
    private let generator: OpaquePointer

    /// The stream of a seed and a path.
    public init(seed: UInt64, _ purpose: String, _ indices: Int...) throws(TensorError) {
        var state = RandomStream.mix(seed)
        for byte in purpose.utf8 { state = RandomStream.mix(state ^ UInt64(byte)) }
        for index in indices {
            state = RandomStream.mix(state ^ UInt64(bitPattern: Int64(index)) ^ 0xA5A5_0000_0000_A5A5)
        }
        var pointer: OpaquePointer?
        try check(ct_generator_create(state, &pointer), "generator")
        guard let pointer else { throw .operation(name: "generator", message: "none was made") }
        generator = pointer
    }

    deinit {
        ct_generator_free(generator)
    }

    /// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): a bijection that scatters neighbouring seeds.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Independent draws from N(mean, deviation²).
    public func normal(
        _ shape: [Int], mean: Double = 0, deviation: Double = 1, dtype: DType = .float64
    ) throws(TensorError) -> Tensor {
        try Ops.normal(
            .double(mean), .double(deviation), .ints(shape), .generator(generator), .dtype(.float64)
        ).to(dtype)
    }

    /// Independent draws from U[low, high).
    public func uniform(
        _ shape: [Int], from low: Double = 0, to high: Double = 1, dtype: DType = .float64
    ) throws(TensorError) -> Tensor {
        let unit = try Ops.rand(.ints(shape), .generator(generator), .dtype(.float64))
        try unit.scaleInPlace(high - low)
        return try (low == 0 ? unit : unit + low).to(dtype)
    }

    /// Independent signs, −1 or 1 with equal probability.
    public func signs(_ shape: [Int], dtype: DType = .float64) throws(TensorError) -> Tensor {
        let bits = try Ops.randint(.int(0), .int(2), .ints(shape), .generator(generator), .dtype(dtype))
        try bits.scaleInPlace(2)
        return try bits - 1
    }

    /// One draw from Gamma(shape, 1) for every element of `shape`.
    public func gamma(_ shape: Tensor) throws(TensorError) -> Tensor {
        try Ops.standardGamma(.tensor(shape), .generator(generator))
    }

    /// One draw from the Poisson distribution for every element of `rate`.
    public func poisson(_ rate: Tensor) throws(TensorError) -> Tensor {
        try Ops.poisson(.tensor(rate), .generator(generator))
    }
}
