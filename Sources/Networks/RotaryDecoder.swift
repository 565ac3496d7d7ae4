import Tensor

/// A causal transformer with rotary positions and a gated feed-forward layer, as in the Timer-XL and Sundial checkpoints.
///
/// Names below `prefix`: `layers.{i}.self_attn.{q,k,v}_proj.{weight,bias}`, `self_attn.o_proj.weight`,
/// `ffn_layer.{gate,up,down}_proj.weight`, `norm1`, `norm2`, and the final `norm`.
public struct RotaryDecoder: Sendable {
    /// Where the norms of a block stand.
    public enum NormPlacement: Sendable {
        /// h + f(LN h).
        case before
        /// LN(h + f(h)).
        case after
    }

    /// Keys and values of earlier tokens, one pair per block.
    public final class Cache {
        fileprivate var keys: [Tensor] = []
        fileprivate var values: [Tensor] = []
        /// Tokens seen so far.
        public var length: Int { keys.first.map { $0.shape[2] } ?? 0 }
        /// Nothing seen yet.
        public init() {}
    }

    private struct Block: Sendable {
        let query, key, value, out: Linear
        let gate, up, down: Linear
        let norm1, norm2: LayerNorm
    }

    private let blocks: [Block]
    private let norm: LayerNorm
    private let placement: NormPlacement
    private let width: Int
    private let heads: Int

    /// Declares the parameters.
    ///
    /// - Parameters:
    ///   - prefix: before every name.
    ///   - width: of the token stream.
    ///   - feedForwardWidth: inside the gated layer.
    ///   - layers: number of blocks.
    ///   - heads: attention heads; `width / heads` must be even.
    ///   - norms: where the norms stand.
    ///   - initializer: of the weights; biases are 0.
    public init(
        _ layout: inout ParameterLayout, prefix: String, width: Int, feedForwardWidth: Int, layers: Int, heads: Int,
        norms: NormPlacement, initializer: Initializer
    ) {
        var blocks: [Block] = []
        for index in 0..<layers {
            let name = "\(prefix).layers.\(index)"
            func linear(_ part: String, _ inputs: Int, _ outputs: Int, bias: Bool) -> Linear {
                Linear(
                    &layout, "\(name).\(part)", inputs: inputs, outputs: outputs, bias: bias, initializer: initializer,
                    biasInitializer: .constant(0))
            }
            let query = linear("self_attn.q_proj", width, width, bias: true)
            let key = linear("self_attn.k_proj", width, width, bias: true)
            let value = linear("self_attn.v_proj", width, width, bias: true)
            let out = linear("self_attn.o_proj", width, width, bias: false)
            let gate = linear("ffn_layer.gate_proj", width, feedForwardWidth, bias: false)
            let up = linear("ffn_layer.up_proj", width, feedForwardWidth, bias: false)
            let down = linear("ffn_layer.down_proj", feedForwardWidth, width, bias: false)
            blocks.append(
                Block(
                    query: query, key: key, value: value, out: out, gate: gate, up: up, down: down,
                    norm1: LayerNorm(&layout, "\(name).norm1", size: width),
                    norm2: LayerNorm(&layout, "\(name).norm2", size: width)))
        }
        self.blocks = blocks
        norm = LayerNorm(&layout, "\(prefix).norm", size: width)
        placement = norms
        self.width = width
        self.heads = heads
    }

    /// Token states after the final norm, `[B, N, width]` → `[B, N, width]`.
    ///
    /// - Parameters:
    ///   - mask: 1 for tokens that may be attended to, `[B, N]`.
    ///   - positions: token positions `int64` `[B, N]`; consecutive when absent.
    ///   - cache: earlier tokens, which these ones follow; extended by these.
    ///   - observe: receives the name and value of intermediate activations, for tests.
    public func callAsFunction(
        _ input: Tensor, _ θ: Parameters, mask: Tensor? = nil, positions: Tensor? = nil, cache: Cache? = nil,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let shape = input.shape
        let tokens = shape[1]
        let past = cache?.length ?? 0
        let headWidth = width / heads
        let table = try RotaryEmbedding(
            length: past + tokens, headWidth: headWidth, dtype: input.dtype, device: input.device)
        let rotary = if let positions { try table.selecting(positions) } else { try table.from(past, count: tokens) }
        var bias = try Attention.causalBias(queries: tokens, keys: past + tokens, like: input)
        if let mask {
            // Hidden keys get the most negative finite number, so that a row without any visible key stays finite.
            let lowest =
                input.dtype == .float64 ? -Double.greatestFiniteMagnitude : -Double(Float.greatestFiniteMagnitude)
            let causal = try bias.filled(with: lowest, where: bias.isLess(than: 0))
            let hiddenKeys = try mask.equals(0).reshaped([shape[0], 1, 1, past + tokens])
            bias = try causal.expanded([shape[0], 1, tokens, past + tokens]).filled(with: lowest, where: hiddenKeys)
        }
        let scale = 1 / Double(headWidth).squareRoot()
        var h = input
        for (index, block) in blocks.enumerated() {
            var x = h
            if placement == .before {
                x = try block.norm1(h, θ)
                observe("layer\(index)_norm1", x)
            }
            let query = try rotary.rotate(Attention.split(block.query(x, θ), heads: heads))
            var key = try rotary.rotate(Attention.split(block.key(x, θ), heads: heads))
            var value = try Attention.split(block.value(x, θ), heads: heads)
            if let cache {
                if index < cache.keys.count {
                    key = try Tensor.concatenate([cache.keys[index], key], dimension: 2)
                    value = try Tensor.concatenate([cache.values[index], value], dimension: 2)
                    cache.keys[index] = key
                    cache.values[index] = value
                } else {
                    cache.keys.append(key)
                    cache.values.append(value)
                }
            }
            let attended = try Attention.scaledDotProduct(
                query: query, key: key, value: value, scale: scale, bias: bias)
            let mixed = try block.out(Attention.merge(attended), θ)
            observe("layer\(index)_attn", mixed)
            h = try h + mixed
            if placement == .after {
                h = try block.norm1(h, θ)
                observe("layer\(index)_norm1", h)
            }
            x = placement == .before ? try block.norm2(h, θ) : h
            let gated = try block.gate(x, θ).silu() * block.up(x, θ)
            h = try h + block.down(gated, θ)
            if placement == .after { h = try block.norm2(h, θ) }
            observe("layer\(index)", h)
        }
        h = try norm(h, θ)
        observe("hidden", h)
        return h
    }
}
