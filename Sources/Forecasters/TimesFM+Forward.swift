import Foundation
import Networks
import Tensor

extension TimesFMForecaster {
    /// Mean and deviation of each series: of its first patch with at least three values that are there, else of its last
    /// patch. `[B, N, P]` → `[B, 1, 1]` twice.
    func statistics(_ patches: Tensor, padding: Tensor) throws(TensorError) -> (mean: Tensor, deviation: Tensor) {
        let count = patches.shape[1]
        let present = try 1 - padding
        let enough = try present.sum([2]).isGreater(than: 2.5).to(.float64)
        // The rank counts down from the first patch, so that the largest is the first with enough values.
        let rank = try (Double(count) - Tensor.arange(count, dtype: .float64, device: patches.device)).unsqueezed(0)
        let last = try Tensor.arange(count, dtype: .float64, device: patches.device).equals(Double(count - 1))
        let chosen = try (enough * rank + last.to(.float64) * 0.5).argmax(1).reshaped([-1, 1, 1])
            .expanded([patches.shape[0], 1, patchLength])
        let values = try patches.gathered(1, indices: chosen)
        let weights = try present.gathered(1, indices: chosen)
        let number = try weights.sum([2], keepingDimensions: true).clamped(below: 1)
        let mean = try (values * weights).sum([2], keepingDimensions: true) / number
        let squares = try ((values - mean) * weights).squared().sum([2], keepingDimensions: true)
        let deviation = try (squares / number).squareRoot()
        let tolerance = configuration.tolerance
        return (
            mean,
            configuration.origin == .published
                ? try deviation.clamped(below: tolerance)
                : try deviation.filled(with: 1, where: deviation.isLess(than: tolerance))
        )
    }

    /// sin and cos of positions 0…N−1 side by side, `[N, width]`; 1/timescaleₖ = 10000^(−k/(width/2 − 1)).
    static func positionTable(length: Int, width: Int) throws(TensorError) -> Tensor {
        let half = width / 2
        var values: [Double] = []
        values.reserveCapacity(length * width)
        for position in 0..<length {
            let angles = (0..<half).map {
                Double(position) * Foundation.exp(-Double($0) * Foundation.log(10000) / Double(half - 1))
            }
            values += angles.map { Foundation.sin($0) }
            values += angles.map { Foundation.cos($0) }
        }
        return try Tensor(values, shape: [length, width])
    }

    /// Mean and quantiles of the points after every patch, `[B, T]` → `[B, N, horizon, 1 + quantiles]`.
    ///
    /// - Parameters:
    ///   - padding: 1 where a point is not there, `[B, T]`.
    ///   - frequency: `int64` `[B]`; the model's own kind when absent.
    ///   - observe: receives intermediate activations, for tests.
    func outputs(
        _ x: Tensor, padding: Tensor, frequency kinds: Tensor? = nil, _ θ: Parameters,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let c = configuration
        let batch = x.shape[0]
        let count = x.shape[1] / patchLength
        let shape = [batch, count, patchLength]
        var pad = try padding.reshaped(shape)
        let patches = try x.reshaped(shape).filled(with: 0, where: pad.equals(1))
        pad = try pad.filled(with: 1, where: (patches - c.missing).absolute().isLess(than: c.tolerance))
        let (mean, deviation) = try statistics(patches, padding: pad)
        observe("mu", mean)
        observe("sigma", deviation)
        let scaled = try ((patches - mean) / deviation) * (1 - pad)
        observe("patched_inputs_normalised", scaled)
        var h = try input(Tensor.concatenate([scaled, pad], dimension: 2), θ)
        observe("input_ff_layer", h)
        let patchPadding = try pad.minimum([2])
        observe("patched_padding", patchPadding)
        if c.hasPositions {
            let table = try TimesFMForecaster.positionTable(length: count, width: c.width)
                .to(x.dtype, device: x.device)
            observe("position_emb_table", try table.unsqueezed(0))
            // The first patch that is not padding has position 0; the ones before it have the last positions.
            let first = try (1 - patchPadding).argmax(1).to(.float64).unsqueezed(1)
            let shifted = try Tensor.arange(count, dtype: .float64, device: x.device).unsqueezed(0) - first
            let index = try (shifted + shifted.isLess(than: 0).to(.float64) * Double(count)).to(.int64)
            h = try h + table.selected(0, indices: index.flattened()).reshaped([batch, count, c.width])
        }
        observe("model_input_before_freq", h)
        let table = θ[frequencyEmbedding]
        let kind =
            if let kinds { try table.selected(0, indices: kinds.flattened()).unsqueezed(1) } else {
                try table.selected(0, at: frequency).reshaped([1, 1, c.width])
            }
        h = try h + kind
        observe("hidden_states.0", h)
        h = try transform(h, patchPadding: patchPadding, θ, observe: observe)
        let flat = try output(h, θ)
        observe("horizon_ff_layer", flat)
        let result = try flat.reshaped([batch, count, c.horizon, 1 + c.quantiles.count])
        return try result * deviation.unsqueezed(3) + mean.unsqueezed(3)
    }

    private func transform(
        _ input: Tensor, patchPadding: Tensor, _ θ: Parameters, observe: (String, Tensor) -> Void
    ) throws(TensorError) -> Tensor {
        let c = configuration
        let (batch, count) = (input.shape[0], input.shape[1])
        // Finite and additive, as in the reference: a row without any visible key attends to all alike.
        let hidden =
            -0.7 * (input.dtype == .float64 ? Double.greatestFiniteMagnitude : Double(Float.greatestFiniteMagnitude))
        let causal = try Attention.causalBias(queries: count, keys: count, like: input).isLess(than: 0)
        let pad = try patchPadding.equals(1)
        let masked =
            try pad.reshaped([batch, 1, 1, count]).to(.float64) + pad.reshaped([batch, 1, count, 1]).to(.float64)
            + causal.to(.float64)
        let bias = try Tensor.zeros([batch, 1, count, count], dtype: input.dtype, device: input.device)
            .filled(with: hidden, where: masked.isGreater(than: 0))
        let present = try (1 - patchPadding).unsqueezed(2)
        let factor = TimesFMForecaster.inverseLogTwo / Double(c.headWidth).squareRoot()
        var h = input
        for (index, block) in blocks.enumerated() {
            let x = try block.norm(h, θ)
            var parts: [Tensor] = []
            if block.projections.count == 1 {
                let joint = try block.projections[0](x, θ)
                for part in 0..<3 { parts.append(try joint.narrowed(2, from: part * c.width, count: c.width)) }
            } else {
                for projection in block.projections { parts.append(try projection(x, θ)) }
            }
            let scale = try θ[block.scaling].softplus() * factor
            let attended = try Attention.scaledDotProduct(
                query: Attention.split(parts[0], heads: c.heads) * scale,
                key: Attention.split(parts[1], heads: c.heads), value: Attention.split(parts[2], heads: c.heads),
                scale: 1, bias: bias)
            h = try h + block.out(Attention.merge(attended), θ)
            let inner = try block.down(block.gate(block.innerNorm(h, θ), θ).relu(), θ)
            h = try h + inner * present
            observe("layer\(index)", h)
        }
        return h
    }

    /// The published roll-out, `[B, T]` → `[B, horizon, 1 + quantiles]`: each step forecasts from the last patch and appends
    /// the mean.
    ///
    /// - Parameters:
    ///   - step: points kept of every step; the model's horizon when absent.
    ///   - longest: points of context a step sees; the model's longest context when absent.
    ///   - onContext: whether the first step also gives its forecasts of the context, `[B, T − patch + horizon, …]`.
    func decode(
        _ x: Tensor, padding: Tensor, horizon: Int, step: Int? = nil, longest: Int? = nil, onContext: Bool = false,
        frequency: Tensor? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let step = step ?? configuration.horizon
        let longest = longest ?? configuration.contextLength
        let channels = 1 + configuration.quantiles.count
        var (known, pads) = (x, padding)
        var parts: [Tensor] = []
        var produced = 0
        while produced < horizon {
            let length = min(known.shape[1], longest)
            let start = known.shape[1] - length
            let all = try outputs(
                known.narrowed(1, from: start, count: length), padding: pads.narrowed(1, from: start, count: length),
                frequency: frequency, θ)
            let patches = all.shape[1]
            if onContext, produced == 0 {
                parts.append(
                    try all.narrowed(1, from: 0, count: patches - 1).narrowed(2, from: 0, count: patchLength)
                        .reshaped([x.shape[0], (patches - 1) * patchLength, channels]))
            }
            let next = try all.selected(1, at: patches - 1).narrowed(1, from: 0, count: step)
            parts.append(next)
            let mean = try next.selected(2, at: 0)
            known = try Tensor.concatenate([known, mean], dimension: 1)
            pads = try Tensor.concatenate([pads, mean.zerosLike()], dimension: 1)
            produced += step
        }
        let context = onContext ? x.shape[1] - patchLength : 0
        return try Tensor.concatenate(parts, dimension: 1).narrowed(1, from: 0, count: context + horizon)
    }
}
