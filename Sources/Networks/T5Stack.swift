import Foundation
import Tensor

/// The relative positions of T5 (Raffel et al. 2020, arXiv 1910.10683): exact up to half of the buckets, logarithmic beyond.
public enum RelativePositionBuckets {
    /// The bucket of `key − query`.
    public static func bucket(_ relative: Int, bidirectional: Bool, buckets: Int, maximumDistance: Int) -> Int {
        var count = buckets
        var first = 0
        var distance = max(-relative, 0)
        if bidirectional {
            count /= 2
            first = relative > 0 ? count : 0
            distance = abs(relative)
        }
        let exact = count / 2
        if distance < exact { return first + distance }
        // In float32, as the reference computes it.
        let share = log(Float(distance) / Float(exact)) / Float(log(Double(maximumDistance) / Double(exact)))
        return first + min(exact + Int(share * Float(count - exact)), count - 1)
    }
}

/// An encoder or decoder of T5 v1.0 as Chronos uses it: pre-norm, no biases, no 1/√d in attention, relative position bias
/// in the first block shared by all, ReLU.
public struct T5Stack: Sendable {
    /// The sizes of a stack.
    public struct Sizes: Sendable {
        let width, keyWidth, heads, feedForwardWidth, layers, buckets, maximumDistance: Int
        let epsilon, factor: Double

        /// Sizes of a stack.
        ///
        /// - Parameters:
        ///   - keyWidth: per head; heads · keyWidth need not be the width.
        ///   - factor: the scale of the initialisation.
        public init(
            width: Int, keyWidth: Int, heads: Int, feedForwardWidth: Int, layers: Int, buckets: Int,
            maximumDistance: Int,
            epsilon: Double, factor: Double
        ) {
            self.width = width
            self.keyWidth = keyWidth
            self.heads = heads
            self.feedForwardWidth = feedForwardWidth
            self.layers = layers
            self.buckets = buckets
            self.maximumDistance = maximumDistance
            self.epsilon = epsilon
            self.factor = factor
        }
    }

    private struct AttentionLayer: Sendable {
        let norm: RMSNorm
        let query, key, value, out: Linear
    }

    private struct Block: Sendable {
        let own: AttentionLayer
        let cross: AttentionLayer?
        let norm: RMSNorm
        let first, second: Linear
    }

    private let sizes: Sizes
    private let isDecoder: Bool
    private let positionBias: ParameterID
    private let blocks: [Block]
    private let norm: RMSNorm

    /// Declares the parameters of `encoder` or `decoder` under their official names.
    public init(_ layout: inout ParameterLayout, _ name: String, _ sizes: Sizes, isDecoder: Bool) {
        self.sizes = sizes
        self.isDecoder = isDecoder
        let f = sizes.factor
        let inner = sizes.heads * sizes.keyWidth
        func deviation(_ fan: Int) -> Initializer { .normal(deviation: f / Double(fan).squareRoot()) }
        func linear(_ name: String, _ inputs: Int, _ outputs: Int, fan: Int) -> Linear {
            Linear(&layout, name, inputs: inputs, outputs: outputs, bias: false, initializer: deviation(fan))
        }
        func attention(_ base: String, _ kind: String) -> AttentionLayer {
            AttentionLayer(
                norm: RMSNorm(&layout, "\(base).layer_norm", size: sizes.width, epsilon: sizes.epsilon, gain: f),
                query: linear("\(base).\(kind).q", sizes.width, inner, fan: sizes.width * sizes.keyWidth),
                key: linear("\(base).\(kind).k", sizes.width, inner, fan: sizes.width),
                value: linear("\(base).\(kind).v", sizes.width, inner, fan: sizes.width),
                out: linear("\(base).\(kind).o", inner, sizes.width, fan: inner))
        }
        positionBias = layout.add(
            "\(name).block.0.layer.0.SelfAttention.relative_attention_bias.weight", [sizes.buckets, sizes.heads],
            deviation(sizes.width), role: .bias)
        var blocks: [Block] = []
        for index in 0..<sizes.layers {
            let base = "\(name).block.\(index).layer"
            let own = attention("\(base).0", "SelfAttention")
            let cross = isDecoder ? attention("\(base).1", "EncDecAttention") : nil
            let last = "\(base).\(isDecoder ? 2 : 1)"
            blocks.append(
                Block(
                    own: own, cross: cross,
                    norm: RMSNorm(&layout, "\(last).layer_norm", size: sizes.width, epsilon: sizes.epsilon, gain: f),
                    first: linear("\(last).DenseReluDense.wi", sizes.width, sizes.feedForwardWidth, fan: sizes.width),
                    second: linear(
                        "\(last).DenseReluDense.wo", sizes.feedForwardWidth, sizes.width, fan: sizes.feedForwardWidth)))
        }
        self.blocks = blocks
        norm = RMSNorm(&layout, "\(name).final_layer_norm", size: sizes.width, epsilon: sizes.epsilon, gain: f)
    }

    /// `[1, heads, n, n]`.
    private func bias(_ n: Int, _ θ: Parameters) throws(TensorError) -> Tensor {
        var indices: [Int64] = []
        indices.reserveCapacity(n * n)
        for query in 0..<n {
            for key in 0..<n {
                indices.append(
                    Int64(
                        RelativePositionBuckets.bucket(
                            key - query, bidirectional: !isDecoder, buckets: sizes.buckets,
                            maximumDistance: sizes.maximumDistance)))
            }
        }
        let table = θ[positionBias]
        let index = try Tensor(indices).to(.int64, device: table.device)
        return try table.selected(0, indices: index).reshaped([n, n, sizes.heads]).permuted([2, 0, 1]).unsqueezed(0)
    }

    private func attend(
        _ layer: AttentionLayer, _ x: Tensor, _ source: Tensor, bias: Tensor, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let attended = try Attention.scaledDotProduct(
            query: Attention.split(layer.query(x, θ), heads: sizes.heads),
            key: Attention.split(layer.key(source, θ), heads: sizes.heads),
            value: Attention.split(layer.value(source, θ), heads: sizes.heads), scale: 1, bias: bias)
        return try layer.out(Attention.merge(attended), θ)
    }

    /// States after the final norm, `[B, N, width]` → `[B, N, width]`.
    ///
    /// - Parameters:
    ///   - keyBias: added to the scores of the encoder's keys, `[B, 1, 1, M]`: 0 where visible, −∞ where not.
    ///   - encoded: states of the encoder, for a decoder.
    ///   - observe: receives intermediate activations, for tests.
    public func callAsFunction(
        _ input: Tensor, keyBias: Tensor, encoded: Tensor? = nil, _ θ: Parameters,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let n = input.shape[1]
        let mask = isDecoder ? try Attention.causalBias(queries: n, keys: n, like: input) : keyBias
        let ownBias = try bias(n, θ) + mask
        var h = input
        for (index, block) in blocks.enumerated() {
            let x = try block.own.norm(h, θ)
            let own = try attend(block.own, x, x, bias: ownBias, θ)
            observe("block\(index)_self", own)
            h = try h + own
            observe("block\(index)_self_layer", h)
            if let cross = block.cross, let encoded {
                let mixed = try attend(cross, cross.norm(h, θ), encoded, bias: keyBias, θ)
                observe("block\(index)_cross", mixed)
                h = try h + mixed
                observe("block\(index)_cross_layer", h)
            }
            h = try h + block.second(block.first(block.norm(h, θ), θ).relu(), θ)
            observe("block\(index)", h)
        }
        h = try norm(h, θ)
        observe("out", h)
        return h
    }
}
