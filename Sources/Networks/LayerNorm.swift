import Tensor

/// (x − mean) / √(variance + ε) · gain + shift over the last dimension.
public struct LayerNorm: Sendable {
    let weight: ParameterID
    let bias: ParameterID
    let epsilon: Double

    /// Declares `name.weight` (ones) and `name.bias` (zeros), `[size]` each.
    public init(_ layout: inout ParameterLayout, _ name: String, size: Int, epsilon: Double = 1e-5) {
        weight = layout.add("\(name).weight", [size], .constant(1), role: .norm)
        bias = layout.add("\(name).bias", [size], .constant(0), role: .norm)
        self.epsilon = epsilon
    }

    /// Applies the layer to the last dimension.
    public func callAsFunction(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        try x.layerNorm(weight: θ[weight], bias: θ[bias], epsilon: epsilon)
    }
}
