import Tensor

/// x / √(mean(x²) + ε) · gain over the last dimension: no mean is taken off, nothing is added.
public struct RMSNorm: Sendable {
    let weight: ParameterID
    let epsilon: Double

    /// Declares `name.weight` `[size]`, or another last word than `weight`.
    public init(
        _ layout: inout ParameterLayout, _ name: String, size: Int, epsilon: Double, gain: Double = 1,
        suffix: String = "weight"
    ) {
        weight = layout.add("\(name).\(suffix)", [size], .constant(gain), role: .norm)
        self.epsilon = epsilon
    }

    /// Applies the layer to the last dimension.
    public func callAsFunction(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let scale = try (x.squared().mean([x.rank - 1], keepingDimensions: true) + epsilon).reciprocalSquareRoot()
        return try x * scale * θ[weight]
    }
}
