// The blocks of UniTS (Gao et al., NeurIPS 2024, arXiv 2403.00131), as in mims-harvard/UniTS.

import Foundation
import Networks
import Tensor

/// A linear map along tokens whose matrix is resampled to any number of them.
///
/// The first `fixed` inputs (prompts) keep their columns; the rest of the matrix is resized bilinearly. Resizing is linear in
/// the weights: W′ = R_out W R_inᵀ.
struct DynamicLinear: Sendable {
    private let weights, bias: ParameterID
    private let inputs, outputs, fixed: Int

    init(_ layout: inout ParameterLayout, _ name: String, inputs: Int, outputs: Int, fixed: Int) {
        weights = layout.add("\(name).weights", [outputs, inputs], .uniformFanIn(inputs), role: .weight)
        bias = layout.add("\(name).bias", [outputs], .uniformFanIn(inputs), role: .bias)
        (self.inputs, self.outputs, self.fixed) = (inputs, outputs, fixed)
    }

    /// Weights of a linear interpolation from `old` to `new` points whose ends are the ends of cells, `[new, old]`.
    static func resampling(from old: Int, to new: Int, like reference: Tensor) throws(TensorError) -> Tensor {
        var values = [Double](repeating: 0, count: new * old)
        let scale = Double(old) / Double(new)
        for target in 0..<new {
            let position = max(0, (Double(target) + 0.5) * scale - 0.5)
            let lower = min(Int(position), old - 1)
            let upper = min(lower + 1, old - 1)
            let share = position - Double(lower)
            values[target * old + lower] += 1 - share
            values[target * old + upper] += share
        }
        return try Tensor(values, shape: [new, old]).to(reference.dtype, device: reference.device)
    }

    /// `[…, d, inputs]` → `[…, d, count]`.
    func callAsFunction(_ x: Tensor, to count: Int, _ θ: Parameters) throws(TensorError) -> Tensor {
        let size = x.shape[x.rank - 1]
        var matrix = θ[weights]
        var offset = θ[bias]
        if size != inputs || count != outputs {
            var prompts = try matrix.narrowed(1, from: 0, count: fixed)
            var rest = try matrix.narrowed(1, from: fixed, count: inputs - fixed)
            if size != inputs {
                rest = try rest.matmul(
                    DynamicLinear.resampling(from: inputs - fixed, to: size - fixed, like: x).transposed())
            }
            if count != outputs {
                let rows = try DynamicLinear.resampling(from: outputs, to: count, like: x)
                prompts = try rows.matmul(prompts)
                rest = try rows.matmul(rest)
                offset = try rows.matmul(offset.unsqueezed(1)).squeezed(1)
            }
            matrix = try Tensor.concatenate([prompts, rest], dimension: 1)
        }
        return try x.linear(weight: matrix, bias: offset)
    }

    /// The same along the second to last dimension, `[…, inputs, d]` → `[…, count, d]`.
    func alongTokens(_ x: Tensor, to count: Int, _ θ: Parameters) throws(TensorError) -> Tensor {
        try self(x.transposed(), to: count, θ).transposed()
    }
}

/// u · σ(w u + b): a gate of one number per token.
struct UniTSGate: Sendable {
    private let linear: Linear

    init(_ layout: inout ParameterLayout, _ name: String, width: Int) {
        linear = Linear(&layout, "\(name).gate", inputs: width, outputs: 1)
    }

    func callAsFunction(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        try x * linear(x, θ).sigmoid()
    }
}

/// Attention along tokens, attention along variables, and a layer that mixes tokens dynamically.
struct UniTSBlock: Sendable {
    private struct AttentionPart: Sendable {
        let norm: LayerNorm
        let joint, out: Linear
        let gate: UniTSGate

        init(_ layout: inout ParameterLayout, _ name: String, _ kind: String, width: Int) {
            norm = LayerNorm(&layout, "\(name).norm1", size: width)
            joint = Linear(&layout, "\(name).\(kind).qkv", inputs: width, outputs: 3 * width, bias: false)
            out = Linear(&layout, "\(name).\(kind).proj", inputs: width, outputs: width)
            gate = UniTSGate(&layout, "\(name).ls1", width: width)
            // Files hold a second projection that nothing uses.
            _ = Linear(&layout, "\(name).proj", inputs: width, outputs: width)
        }
    }

    private let sequence, variables: AttentionPart
    private let norm: LayerNorm
    private let convolution, convolutionBias: ParameterID
    private let down: Linear
    private let tokenMixer, promptMixer: DynamicLinear
    private let gate: UniTSGate
    private let width, heads, prompts: Int

    init(_ layout: inout ParameterLayout, _ name: String, width: Int, heads: Int, prompts: Int) {
        (self.width, self.heads, self.prompts) = (width, heads, prompts)
        sequence = AttentionPart(&layout, "\(name).seq_att_block", "attn_seq", width: width)
        variables = AttentionPart(&layout, "\(name).var_att_block", "attn_var", width: width)
        let base = "\(name).dynamic_mlp"
        norm = LayerNorm(&layout, "\(base).norm2", size: width)
        convolution = layout.add(
            "\(base).mlp.fc1.weight", [8 * width, width, 3], .uniformFanIn(3 * width), role: .weight)
        convolutionBias = layout.add("\(base).mlp.fc1.bias", [8 * width], .uniformFanIn(3 * width), role: .bias)
        down = Linear(&layout, "\(base).mlp.fc2", inputs: 8 * width, outputs: width)
        tokenMixer = DynamicLinear(
            &layout, "\(base).mlp.seq_fc", inputs: 2 * width, outputs: 2 * width, fixed: prompts)
        promptMixer = DynamicLinear(
            &layout, "\(base).mlp.prompt_fc", inputs: 2 * width, outputs: prompts, fixed: prompts)
        gate = UniTSGate(&layout, "\(base).ls2", width: width)
    }

    /// `[B, V, N, d]` → `[B, V, N, d]`.
    ///
    /// - Parameter prefix: tokens that are mixed, prompts and series; those after it (a class token) are not.
    func callAsFunction(
        _ input: Tensor, prefix: Int, _ θ: Parameters, observe: (String, Tensor) -> Void
    ) throws(TensorError) -> Tensor {
        var h = try input + alongTokens(input, θ)
        observe("seq_att", h)
        h = try h + alongVariables(h, θ)
        observe("var_att", h)
        return try h + mixed(h, prefix: prefix, θ)
    }

    private func parts(_ part: AttentionPart, _ x: Tensor, _ θ: Parameters) throws(TensorError) -> [Tensor] {
        let joint = try part.joint(part.norm(x, θ), θ)
        var parts: [Tensor] = []
        for index in 0..<3 {
            // [B, V, heads, N, d/heads]
            parts.append(try Attention.split(joint.narrowed(3, from: index * width, count: width), heads: heads))
        }
        return parts
    }

    private func alongTokens(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let qkv = try parts(sequence, x, θ)
        let attended = try Attention.scaledDotProduct(
            query: qkv[0], key: qkv[1], value: qkv[2], scale: 1 / Double(width / heads).squareRoot())
        return try sequence.gate(sequence.out(Attention.merge(attended), θ), θ)
    }

    /// Queries and keys are the means over tokens; each variable mixes the whole token sequences of all.
    private func alongVariables(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let shape = x.shape
        let qkv = try parts(variables, x, θ)
        let headWidth = width / heads
        let query = try qkv[0].mean([3]).transposed(1, 2)
        let key = try qkv[1].mean([3]).transposed(1, 2)
        let value = try qkv[2].permuted([0, 2, 1, 3, 4])
            .reshaped([shape[0], heads, shape[1], shape[2] * headWidth])
        let attended = try Attention.scaledDotProduct(
            query: query, key: key, value: value, scale: 1 / Double(headWidth).squareRoot())
        let tokens = try attended.reshaped([shape[0], heads, shape[1], shape[2], headWidth])
            .permuted([0, 2, 3, 1, 4]).reshaped(shape)
        return try variables.gate(variables.out(tokens, θ), θ)
    }

    private func mixed(_ input: Tensor, prefix: Int, _ θ: Parameters) throws(TensorError) -> Tensor {
        let shape = input.shape
        let x = try norm(input, θ)
        let edge = try x.narrowed(2, from: 0, count: 1).zerosLike()
        // A convolution over three tokens as one product: it has second derivatives at the cost of a matrix product.
        let neighbours = try Tensor.concatenate([edge, x, edge], dimension: 2).unfolded(2, size: 3, step: 1)
            .reshaped([shape[0], shape[1], shape[2], 3 * width])
        let wide = try neighbours.linear(
            weight: θ[convolution].reshaped([8 * width, 3 * width]), bias: θ[convolutionBias])
        let first = try wide.narrowed(3, from: 0, count: 4 * width)
        let second = try wide.narrowed(3, from: 4 * width, count: 4 * width)
        let head = try first.narrowed(2, from: 0, count: prefix)
        var pieces = [
            try promptMixer.alongTokens(head, to: prompts, θ),
            try tokenMixer.alongTokens(head, to: prefix - prompts, θ),
        ]
        if prefix < shape[2] { pieces.append(try first.narrowed(2, from: prefix, count: shape[2] - prefix)) }
        let joined = try Tensor.concatenate([Tensor.concatenate(pieces, dimension: 2), second], dimension: 3)
        return try gate(down(joined.gelu(), θ), θ)
    }
}

/// Tokens to points.
struct UniTSForecastHead: Sendable {
    private let input, first, second, output: Linear
    private let positions: DynamicLinear

    init(_ layout: inout ParameterLayout, _ name: String, width: Int, patch: Int, fixed: Int) {
        input = Linear(&layout, "\(name).proj_in", inputs: width, outputs: width, part: .head)
        first = Linear(&layout, "\(name).mlp.fc1", inputs: width, outputs: 4 * width, part: .head)
        second = Linear(&layout, "\(name).mlp.fc2", inputs: 4 * width, outputs: width, part: .head)
        output = Linear(&layout, "\(name).proj_out", inputs: width, outputs: patch, part: .head)
        positions = DynamicLinear(&layout, "\(name).pos_proj", inputs: 128, outputs: 128, fixed: fixed)
    }

    /// `[B, V, N, d]` → `[B, V, length]` from the last `count` tokens; points beyond the last patch are 0.
    func callAsFunction(_ x: Tensor, count: Int, length: Int, _ θ: Parameters) throws(TensorError) -> Tensor {
        let h = try input(x, θ)
        let own = try h.narrowed(2, from: h.shape[2] - count, count: count)
        let mixed = try own + positions.alongTokens(h, to: count, θ)
        let patches = try output(second(first(mixed, θ).gelu(), θ), θ)
        let shape = patches.shape
        let points = try patches.reshaped([shape[0], shape[1], shape[2] * shape[3]])
        let missing = length - points.shape[2]
        guard missing > 0 else { return points }
        let zeros = try Tensor.zeros([shape[0], shape[1], missing], dtype: x.dtype, device: x.device)
        return try Tensor.concatenate([points, zeros], dimension: 2)
    }
}

/// The class token's view of all tokens.
struct UniTSClassHead: Sendable {
    private let input, query, joint, out: Linear
    private let norm: LayerNorm
    private let first, second: Linear
    private let gate: UniTSGate
    private let width, heads: Int

    init(_ layout: inout ParameterLayout, _ name: String, width: Int, heads: Int) {
        (self.width, self.heads) = (width, heads)
        func linear(_ part: String, _ inputs: Int, _ outputs: Int, bias: Bool = true) -> Linear {
            Linear(&layout, "\(name).\(part)", inputs: inputs, outputs: outputs, bias: bias, part: .head)
        }
        input = linear("proj_in", width, width)
        query = linear("cross_att.q", width, width, bias: false)
        joint = linear("cross_att.kv", width, 2 * width, bias: false)
        out = linear("cross_att.proj", width, width)
        norm = LayerNorm(&layout, "\(name).mlp.norm2", size: width)
        first = linear("mlp.mlp.fc1", width, 8 * width)
        second = linear("mlp.mlp.fc2", 8 * width, width)
        gate = UniTSGate(&layout, "\(name).mlp.ls2", width: width)
    }

    /// `[B, V, N, d]` → `[B, V, 1, d]`; the class token is the last.
    func callAsFunction(
        _ x: Tensor, _ θ: Parameters, observe: (String, Tensor) -> Void
    ) throws(TensorError) -> Tensor {
        let h = try input(x, θ)
        observe("cls_proj_in", h)
        let last = try h.narrowed(2, from: h.shape[2] - 1, count: 1)
        let keysAndValues = try joint(h, θ)
        let attended = try Attention.scaledDotProduct(
            query: Attention.split(query(last, θ), heads: heads),
            key: Attention.split(keysAndValues.narrowed(3, from: 0, count: width), heads: heads),
            value: Attention.split(keysAndValues.narrowed(3, from: width, count: width), heads: heads),
            scale: 1 / Double(width / heads).squareRoot())
        let token = try out(Attention.merge(attended), θ)
        observe("cls_cross_att", token)
        let result = try token + gate(second(first(norm(token, θ), θ).gelu(), θ), θ)
        observe("cls_mlp", result)
        return result
    }
}
