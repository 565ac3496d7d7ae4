import Tensor

/// How many random numbers a loss needs per window.
public struct NoiseRequirement: Sendable, Equatable {
    /// Standard normal numbers.
    public let normal: Int
    /// Uniform numbers in [0, 1).
    public let uniform: Int

    /// Whether it draws from a stream of the window as well, numbers whose count is not known beforehand.
    public let needsStreams: Bool

    /// No randomness.
    public static let none = NoiseRequirement(normal: 0, uniform: 0)

    /// A requirement.
    public init(normal: Int, uniform: Int, needsStreams: Bool = false) {
        self.normal = normal
        self.uniform = uniform
        self.needsStreams = needsStreams
    }
}

/// The fixed random numbers of a batch: the same window has the same numbers whenever it is evaluated, so that a loss
/// with randomness is a function of the parameters.
public struct WindowNoise: Sendable {
    /// `[B, normal]`.
    public let normal: Tensor
    /// `[B, uniform]`.
    public let uniform: Tensor

    private let seed: UInt64
    private let keys: [UInt64]

    /// Numbers of a batch.
    public init(normal: Tensor, uniform: Tensor) {
        self.init(normal: normal, uniform: uniform, seed: 0, keys: (0..<UInt64(normal.shape[0])).map { $0 })
    }

    private init(normal: Tensor, uniform: Tensor, seed: UInt64, keys: [UInt64]) {
        self.normal = normal
        self.uniform = uniform
        self.seed = seed
        self.keys = keys
    }

    /// A fresh stream of a window's own, always the same one.
    public func stream(of window: Int) throws(TensorError) -> RandomStream {
        try RandomStream(seed: seed, "window-stream", Int(truncatingIfNeeded: keys[window]))
    }

    /// Draws numbers for windows by their keys, independent of batch and order.
    ///
    /// Cost: memory of `windows · (normal + uniform)` numbers.
    public init(
        _ requirement: NoiseRequirement, keys: [UInt64], seed: UInt64, dtype: DType, device: Device = .cpu
    ) throws(TensorError) {
        var normals: [Tensor] = []
        var uniforms: [Tensor] = []
        for key in keys {
            let stream = try RandomStream(seed: seed, "window-noise", Int(truncatingIfNeeded: key))
            normals.append(try stream.normal([requirement.normal], dtype: dtype))
            uniforms.append(try stream.uniform([requirement.uniform], dtype: dtype))
        }
        self.init(
            normal: try Tensor.stack(normals).to(dtype, device: device),
            uniform: try Tensor.stack(uniforms).to(dtype, device: device), seed: seed, keys: keys)
    }

    /// The numbers of some windows.
    public func narrowed(from start: Int, count: Int) throws(TensorError) -> WindowNoise {
        WindowNoise(
            normal: try normal.narrowed(0, from: start, count: count),
            uniform: try uniform.narrowed(0, from: start, count: count), seed: seed,
            keys: Array(keys[start..<start + count]))
    }
}
