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

/// An encoder or decoder of T5: pre-norm, no biases, no 1/√d in attention, relative position bias in the first block
/// shared by all; ReLU as in v1.0, or gated GELU (by tanh) as in v1.1 (Shazeer 2020, arXiv 2002.05202).
public struct T5Stack: Sendable {
    /// The sizes of a stack.
    public struct Sizes: Sendable {
        let width, keyWidth, heads, feedForwardWidth, layers, buckets, maximumDistance: Int
        let epsilon, factor: Double
        let isGated: Bool

        /// Sizes of a stack.
        ///
        /// - Parameters:
        ///   - keyWidth: per head; heads · keyWidth need not be the width.
        ///   - factor: the scale of the initialisation.
        ///   - isGated: gated GELU in the feed-forward layers.
        public init(
            width: Int, keyWidth: Int, heads: Int, feedForwardWidth: Int, layers: Int, buckets: Int,
            maximumDistance: Int,
            epsilon: Double, factor: Double, isGated: Bool = false
        ) {
            self.isGated = isGated
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

    /// Keys and values of a decoder: of the encoder's states, and of the tokens decoded so far.
    public final class Cache {
        fileprivate var cross: [(keys: Tensor, values: Tensor)] = []
        fileprivate var own: [(keys: Tensor, values: Tensor)] = []
        /// Nothing decoded yet.
        public init() {}
    }

    private struct AttentionLayer: Sendable {
        let norm: RMSNorm
        let query, key, value, out: Linear
    }

    private struct Block: Sendable {
        let own: AttentionLayer
        let cross: AttentionLayer?
        let norm: RMSNorm
        let gate: Linear?
        let first, second: Linear

        func feedForward(_ h: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
            let x = try norm(h, θ)
            guard let gate else { return try second(first(x, θ).relu(), θ) }
            return try second(gate(x, θ).geluByTanh() * first(x, θ), θ)
        }
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
                    gate: sizes.isGated
                        ? linear(
                            "\(last).DenseReluDense.wi_0", sizes.width, sizes.feedForwardWidth, fan: sizes.width) : nil,
                    first: linear(
                        "\(last).DenseReluDense.\(sizes.isGated ? "wi_1" : "wi")", sizes.width, sizes.feedForwardWidth,
                        fan: sizes.width),
                    second: linear(
                        "\(last).DenseReluDense.wo", sizes.feedForwardWidth, sizes.width, fan: sizes.feedForwardWidth)))
        }
        self.blocks = blocks
        norm = RMSNorm(&layout, "\(name).final_layer_norm", size: sizes.width, epsilon: sizes.epsilon, gain: f)
    }

    /// `[1, heads, queries, keys]`, where the last query stands at the last key.
    private func bias(queries: Int, keys: Int, _ θ: Parameters) throws(TensorError) -> Tensor {
        // One bucket per distance, not per pair.
        let buckets = (1 - keys...keys - 1).map {
            Int64(
                RelativePositionBuckets.bucket(
                    $0, bidirectional: !isDecoder, buckets: sizes.buckets, maximumDistance: sizes.maximumDistance))
        }
        var indices: [Int64] = []
        indices.reserveCapacity(queries * keys)
        for query in keys - queries..<keys { indices += buckets[keys - 1 - query..<2 * keys - 1 - query] }
        let table = θ[positionBias]
        let index = try Tensor(indices).to(.int64, device: table.device)
        return try table.selected(0, indices: index).reshaped([queries, keys, sizes.heads]).permuted([2, 0, 1])
            .unsqueezed(0)
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
        let positions = try bias(queries: n, keys: n, θ)
        observe("position_bias", positions)
        let ownBias = try positions + mask
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
            h = try h + block.feedForward(h, θ)
            observe("block\(index)", h)
        }
        h = try norm(h, θ)
        observe("out", h)
        return h
    }

    /// The decoder's state after one more token of several paths per window.
    ///
    /// The paths of a window read the encoder's keys and values in place, without copies.
    ///
    /// - Parameters:
    ///   - token: embedded, `[B · paths, 1, width]`, the paths of a window side by side.
    ///   - encoded: states of the encoder, `[B, M, width]`.
    ///   - keyBias: as in ``callAsFunction(_:keyBias:encoded:_:observe:)``.
    ///   - cache: extended by this token.
    /// - Returns: `[B · paths, 1, width]`.
    public func step(
        _ token: Tensor, encoded: Tensor, keyBias: Tensor, cache: Cache, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let windows = encoded.shape[0]
        let rows = token.shape[0]
        var h = token
        var ownBias: Tensor?
        for (index, block) in blocks.enumerated() {
            let x = try block.own.norm(h, θ)
            var keys = try Attention.split(block.own.key(x, θ), heads: sizes.heads)
            var values = try Attention.split(block.own.value(x, θ), heads: sizes.heads)
            if index < cache.own.count {
                keys = try Tensor.concatenate([cache.own[index].keys, keys], dimension: 2)
                values = try Tensor.concatenate([cache.own[index].values, values], dimension: 2)
                cache.own[index] = (keys, values)
            } else {
                cache.own.append((keys, values))
            }
            if ownBias == nil { ownBias = try bias(queries: 1, keys: keys.shape[2], θ) }
            let own = try Attention.scaledDotProduct(
                query: Attention.split(block.own.query(x, θ), heads: sizes.heads), key: keys, value: values, scale: 1,
                bias: ownBias)
            h = try h + block.own.out(Attention.merge(own), θ)
            if let cross = block.cross {
                if index >= cache.cross.count {
                    cache.cross.append(
                        (
                            try Attention.split(cross.key(encoded, θ), heads: sizes.heads),
                            try Attention.split(cross.value(encoded, θ), heads: sizes.heads)
                        ))
                }
                let side = try cross.norm(h, θ).reshaped([windows, rows / windows, sizes.width])
                let mixed = try Attention.scaledDotProduct(
                    query: Attention.split(cross.query(side, θ), heads: sizes.heads), key: cache.cross[index].keys,
                    value: cache.cross[index].values, scale: 1, bias: keyBias)
                h = try h + cross.out(Attention.merge(mixed), θ).reshaped([rows, 1, sizes.width])
            }
            h = try h + block.feedForward(h, θ)
        }
        return try norm(h, θ)
    }
}
