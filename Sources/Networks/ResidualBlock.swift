import Tensor

/// W₂ f(W₁ x) + W₃ x: the embedding and output layers of several forecasters.
public struct ResidualBlock: Sendable {
    /// f.
    public enum Activation: Sendable {
        /// max(x, 0).
        case relu
        /// x σ(x).
        case silu
    }

    private let hidden, output, residual: Linear
    private let activation: Activation

    /// A block of three declared layers.
    public init(hidden: Linear, output: Linear, residual: Linear, activation: Activation) {
        self.hidden = hidden
        self.output = output
        self.residual = residual
        self.activation = activation
    }

    /// Applies the block to the last dimension.
    public func callAsFunction(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let inner = try hidden(x, θ)
        let active = activation == .relu ? try inner.relu() : try inner.silu()
        return try output(active, θ) + residual(x, θ)
    }
}
