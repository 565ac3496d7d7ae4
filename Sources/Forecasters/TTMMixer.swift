// The blocks of TTM (Ekambaram et al., NeurIPS 2024, arXiv 2401.03955), as in ibm-granite/granite-tsfm.

import Networks
import Tensor

/// LayerNorm, or BatchNorm with its running statistics: a trained model's norm does not depend on the batch.
struct TTMNorm: Sendable {
    private let layer: LayerNorm?
    private let weight, bias: ParameterID?
    private let mean, variance: BufferID?
    private let epsilon: Double

    init(_ layout: inout ParameterLayout, _ name: String, size: Int, isBatch: Bool, epsilon: Double) {
        self.epsilon = epsilon
        guard isBatch else {
            layer = LayerNorm(&layout, "\(name).norm", size: size, epsilon: epsilon)
            (weight, bias, mean, variance) = (nil, nil, nil, nil)
            return
        }
        let base = "\(name).norm.batchnorm"
        layer = nil
        weight = layout.add("\(base).weight", [size], .constant(1), role: .norm)
        bias = layout.add("\(base).bias", [size], .constant(0), role: .norm)
        mean = layout.addBuffer("\(base).running_mean", [size]) { () throws(TensorError) in
            try Tensor.zeros([size], dtype: .float64)
        }
        variance = layout.addBuffer("\(base).running_var", [size]) { () throws(TensorError) in
            try Tensor.full([size], 1, dtype: .float64)
        }
    }

    func callAsFunction(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        if let layer { return try layer(x, θ) }
        guard let weight, let bias, let mean, let variance else { return x }
        return try (x - θ[mean]) * (θ[variance] + epsilon).reciprocalSquareRoot() * θ[weight] + θ[bias]
    }
}

/// One axis mixed by two layers, and weighed by a softmax of its own.
struct TTMAxisMixer: Sendable {
    let norm: TTMNorm
    private let first, second: Linear
    private let gate: Linear?

    init(
        _ layout: inout ParameterLayout, _ name: String, normSize: Int, size: Int, _ settings: TTMLayer.Settings
    ) {
        norm = TTMNorm(
            &layout, "\(name).norm", size: normSize, isBatch: settings.isBatch, epsilon: settings.epsilon)
        first = Linear(&layout, "\(name).mlp.fc1", inputs: size, outputs: size * settings.expansion)
        second = Linear(&layout, "\(name).mlp.fc2", inputs: size * settings.expansion, outputs: size)
        gate =
            settings.isGated
            ? Linear(&layout, "\(name).gating_block.attn_layer", inputs: size, outputs: size) : nil
    }

    func mixed(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        try second(first(x, θ).gelu(), θ)
    }

    func weighed(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        guard let gate else { return x }
        return try x * gate(x, θ).softmax()
    }
}

/// A mixer layer: channels (where they are mixed), then patches, then features.
struct TTMLayer: Sendable {
    /// What the layers of a model share.
    struct Settings: Sendable {
        let expansion: Int
        let isGated: Bool
        let isBatch: Bool
        let epsilon: Double
        /// Heads of the attention between patches; none when absent.
        var heads: Int?
        /// Channels to mix; none when absent.
        var channels: Int?
    }

    private struct SelfAttention: Sendable {
        let query, key, value, out: Linear
        let norm: TTMNorm
        let heads: Int
    }

    private let channelMixer, patchMixer: TTMAxisMixer?
    private let featureMixer: TTMAxisMixer
    private let attention: SelfAttention?

    init(_ layout: inout ParameterLayout, _ name: String, width: Int, patches: Int, _ settings: Settings) {
        channelMixer = settings.channels.map {
            TTMAxisMixer(&layout, "\(name).channel_feature_mixer", normSize: width, size: $0, settings)
        }
        if patches > 1 {
            patchMixer = TTMAxisMixer(&layout, "\(name).patch_mixer", normSize: width, size: patches, settings)
            if let heads = settings.heads {
                func linear(_ part: String) -> Linear {
                    Linear(&layout, "\(name).patch_mixer.self_attn_layer.\(part)", inputs: width, outputs: width)
                }
                attention = SelfAttention(
                    query: linear("q_proj"), key: linear("k_proj"), value: linear("v_proj"), out: linear("out_proj"),
                    norm: TTMNorm(
                        &layout, "\(name).patch_mixer.norm_attn", size: width, isBatch: settings.isBatch,
                        epsilon: settings.epsilon), heads: heads)
            } else {
                attention = nil
            }
        } else {
            (patchMixer, attention) = (nil, nil)
        }
        featureMixer = TTMAxisMixer(&layout, "\(name).feature_mixer", normSize: width, size: width, settings)
    }

    /// `[B, C, N, d]` → `[B, C, N, d]`.
    func callAsFunction(
        _ input: Tensor, _ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        var h = input
        if let channelMixer {
            let x = try channelMixer.norm(h, θ).permuted([0, 3, 2, 1])
            h = try h + channelMixer.mixed(channelMixer.weighed(x, θ), θ).permuted([0, 3, 2, 1])
        }
        if let patchMixer {
            let x = try patchMixer.norm(h, θ)
            var y = try patchMixer.weighed(patchMixer.mixed(x.transposed(), θ), θ).transposed()
            if let attention {
                let attended = try Attention.scaledDotProduct(
                    query: Attention.split(attention.query(x, θ), heads: attention.heads),
                    key: Attention.split(attention.key(x, θ), heads: attention.heads),
                    value: Attention.split(attention.value(x, θ), heads: attention.heads),
                    scale: 1 / (Double(x.shape[3]) / Double(attention.heads)).squareRoot())
                y = try attention.norm(y + attention.out(Attention.merge(attended), θ), θ)
            }
            h = try h + y
            observe("patch_mixer", h)
        }
        let x = try featureMixer.norm(h, θ)
        return try h + featureMixer.weighed(featureMixer.mixed(x, θ), θ)
    }
}

/// Layers one after the other, on patches that each level splits less than the one before.
struct TTMBlock: Sendable {
    private struct Level: Sendable {
        let factor: Int
        let layers: [TTMLayer]
    }

    private let levels: [Level]

    /// - Parameter levels: 0 for plain layers.
    init(
        _ layout: inout ParameterLayout, _ name: String, width: Int, patches: Int, layers: Int, levels: Int,
        _ settings: TTMLayer.Settings
    ) {
        var made: [Level] = []
        if levels == 0 {
            for index in 0..<layers {
                let layer = TTMLayer(&layout, "\(name).mixers.\(index)", width: width, patches: patches, settings)
                made.append(Level(factor: 1, layers: [layer]))
            }
        } else {
            for (index, level) in (0..<levels).reversed().enumerated() {
                let factor = TTMForecaster.Configuration.factor(level, width: width)
                var inner: [TTMLayer] = []
                for layer in 0..<layers {
                    inner.append(
                        TTMLayer(
                            &layout, "\(name).mixers.\(index).mixer_layers.\(layer)", width: width / factor,
                            patches: patches * factor, settings))
                }
                made.append(Level(factor: factor, layers: inner))
            }
        }
        self.levels = made
    }

    /// `[B, C, N, d]` → `[B, C, N, d]`.
    func callAsFunction(
        _ input: Tensor, _ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let shape = input.shape
        var h = input
        for (index, level) in levels.enumerated() {
            h = try h.reshaped([shape[0], shape[1], shape[2] * level.factor, shape[3] / level.factor])
            for (position, layer) in level.layers.enumerated() {
                h = try layer(h, θ) { observe("mixer\(index).layer\(position).\($0)", $1) }
                observe("mixer\(index).layer\(position)", h)
            }
            h = try h.reshaped(shape)
            observe("mixer\(index)", h)
        }
        return h
    }
}
