import Tensor

/// y = x Wᵀ + b.
public struct Linear: Sendable {
    let weight: ParameterID
    let bias: ParameterID?
    /// A 1-wide convolution stores its weight as `[out, in, 1]`.
    let isConvolution: Bool

    /// Declares `name.weight` `[outputs, inputs]` and, unless `bias` is false, `name.bias` `[outputs]`.
    ///
    /// - Parameters:
    ///   - convolution: a 1-wide convolution, whose official weight is `[outputs, inputs, 1]`.
    ///   - initializer: of the weight; PyTorch's default when absent.
    ///   - biasInitializer: of the bias; as the weight when absent.
    public init(
        _ layout: inout ParameterLayout, _ name: String, inputs: Int, outputs: Int, bias: Bool = true,
        convolution: Bool = false, initializer: Initializer? = nil, biasInitializer: Initializer? = nil,
        part: ModelPart = .backbone
    ) {
        let standard = initializer ?? .uniformFanIn(inputs)
        weight = layout.add(
            "\(name).weight", convolution ? [outputs, inputs, 1] : [outputs, inputs], standard, role: .weight,
            part: part)
        self.bias =
            bias
            ? layout.add("\(name).bias", [outputs], biasInitializer ?? standard, role: .bias, part: part) : nil
        isConvolution = convolution
    }

    /// Applies the layer to the last dimension.
    public func callAsFunction(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let matrix = isConvolution ? try θ[weight].squeezed(-1) : θ[weight]
        return try x.linear(weight: matrix, bias: bias.map { θ[$0] })
    }
}
