import Tensor

/// How many random numbers a loss needs per window.
public struct NoiseRequirement: Sendable, Equatable {
    /// Standard normal numbers.
    public let normal: Int
    /// Uniform numbers in [0, 1).
    public let uniform: Int

    /// No randomness.
    public static let none = NoiseRequirement(normal: 0, uniform: 0)

    /// A requirement.
    public init(normal: Int, uniform: Int) {
        self.normal = normal
        self.uniform = uniform
    }
}

/// The fixed random numbers of a batch: the same window has the same numbers whenever it is evaluated, so that a loss
/// with randomness is a function of the parameters.
public struct WindowNoise: Sendable {
    /// `[B, normal]`.
    public let normal: Tensor
    /// `[B, uniform]`.
    public let uniform: Tensor

    /// Numbers of a batch.
    public init(normal: Tensor, uniform: Tensor) {
        self.normal = normal
        self.uniform = uniform
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
        normal = try Tensor.stack(normals).to(dtype, device: device)
        uniform = try Tensor.stack(uniforms).to(dtype, device: device)
    }

    /// The numbers of some windows.
    public func narrowed(from start: Int, count: Int) throws(TensorError) -> WindowNoise {
        WindowNoise(
            normal: try normal.narrowed(0, from: start, count: count),
            uniform: try uniform.narrowed(0, from: start, count: count))
    }
}
