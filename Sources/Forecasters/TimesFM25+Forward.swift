import Foundation
import Networks
import Tensor

extension TimesFM25Forecaster {
    /// What the published forecast does beside decoding; the defaults are the published ones, but for the clamp of
    /// positive series.
    struct ForecastOptions {
        /// Standardise the whole padded window first, with the unbiased deviation.
        var normalises = false
        /// Average with the mirrored forecast of the mirrored series.
        var flips = true
        /// Clamp forecasts of series without negative values at 0.
        var keepsPositive = false
        /// Take the spread of the quantiles from the quantile head.
        var usesQuantileHead = false
        /// Make the quantiles rise.
        var fixesCrossing = false
        /// Give the forecasts of the context's patches too.
        var givesContext = false
    }

    /// Mean and population deviation of everything up to each patch, `[B, N, P]` → `[B, N]` twice; 0 where nothing is there.
    ///
    /// σᵢ² = Σ_{j≤i} (M₂ⱼ + nⱼ (mⱼ − μᵢ)²) / Σ nⱼ with the patches' own counts nⱼ, means mⱼ and sums of squares M₂ⱼ: no
    /// difference of large numbers.
    func runningStatistics(_ patches: Tensor, mask: Tensor) throws(TensorError) -> (mean: Tensor, deviation: Tensor) {
        let present = try 1 - mask
        let count = try present.sum([2])
        let sum = try (patches * present).sum([2])
        let own = try sum / count.clamped(below: 1)
        let squares = try ((patches - own.unsqueezed(2)) * present).squared().sum([2])
        let total = try count.cumulativeSum(1).clamped(below: 1)
        let mean = try sum.cumulativeSum(1) / total
        let apart = try (own.unsqueezed(1) - mean.unsqueezed(2)).squared()
        let moments = try count.unsqueezed(1) * apart + squares.unsqueezed(1)
        let patchCount = patches.shape[1]
        let later = try Attention.causalBias(queries: patchCount, keys: patchCount, like: patches).isLess(than: 0)
        let variance = try moments.filled(with: 0, where: later).sum([2]) / total
        return (mean, try variance.squareRoot())
    }

    /// States of every patch, `[B, N, P]` → `[B, N, width]`.
    ///
    /// - Parameter mask: 1 where a point is padding, which stands in front, `[B, N, P]`.
    func states(
        _ x: Tensor, mask: Tensor, _ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let c = configuration
        let (batch, count) = (x.shape[0], x.shape[1])
        let embedded = try tokenizer(Tensor.concatenate([x, mask], dimension: 2), θ)
        observe("input_embeddings", embedded)
        // The last point decides for its patch.
        let masked = try mask.selected(2, at: patchLength - 1).sum([1], keepingDimensions: true).to(.float64)
        let index = try Tensor.arange(count, dtype: .float64, device: x.device).unsqueezed(0)
        // Patches of padding attend to nothing; their position does not matter.
        let positions = try (index - masked).clamped(below: 0).to(.int64)
        let rotary = try RotaryEmbedding(length: count, headWidth: c.headWidth, dtype: x.dtype, device: x.device)
            .selecting(positions)
        let isReal = try (masked - index).isAtMostZero()
        let real = try isReal.to(x.dtype).reshaped([batch, 1, count, 1])
        let later = try Attention.causalBias(queries: count, keys: count, like: x).isLess(than: 0)
        let hidden = try later.to(.float64) + isReal.negated().to(.float64).reshaped([batch, 1, 1, count])
        let bias = try Tensor.zeros([batch, 1, count, count], dtype: x.dtype, device: x.device)
            .filled(with: -.infinity, where: hidden.isGreater(than: 0))
            .filled(with: 0, where: isReal.negated().reshaped([batch, 1, count, 1]))
        let factor = TimesFMForecaster.inverseLogTwo / Double(c.headWidth).squareRoot()
        var h = embedded
        for (index, block) in blocks.enumerated() {
            let x = try block.beforeAttention(h, θ)
            var parts: [Tensor] = []
            if block.projections.count == 1 {
                let joint = try block.projections[0](x, θ)
                for part in 0..<3 { parts.append(try joint.narrowed(2, from: part * c.width, count: c.width)) }
            } else {
                for projection in block.projections { parts.append(try projection(x, θ)) }
            }
            let query = try block.queryNorm(rotary.rotate(Attention.split(parts[0], heads: c.heads)), θ)
            let key = try block.keyNorm(rotary.rotate(Attention.split(parts[1], heads: c.heads)), θ)
            let attended = try Attention.scaledDotProduct(
                query: query * (θ[block.scaling].softplus() * factor), key: key,
                value: Attention.split(parts[2], heads: c.heads), scale: 1, bias: bias)
            // A patch of padding sees nothing at all: zeros, as in the reference.
            let mixed = try block.out(Attention.merge(attended * real), θ)
            observe("attn\(index)", mixed)
            h = try block.afterAttention(mixed, θ) + h
            let inner = try block.down(block.up(block.beforeFeedForward(h, θ), θ).silu(), θ)
            h = try block.afterFeedForward(inner, θ) + h
            observe("layer\(index)", h)
        }
        return h
    }

    /// Mean and quantiles after every patch in the series' units, `[B, T]` → `[B, N, horizon, channels]`, and of the
    /// quantile head after the last patch, `[B, quantileHorizon, channels]`.
    func outputs(
        _ x: Tensor, mask: Tensor, withQuantileHead: Bool = false, _ θ: Parameters,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> (points: Tensor, spread: Tensor?) {
        let c = configuration
        let batch = x.shape[0]
        let count = x.shape[1] / patchLength
        let shape = [batch, count, patchLength]
        let channels = 1 + c.quantiles.count
        let pad = try mask.reshaped(shape)
        let patches = try x.reshaped(shape)
        let (mean, deviation) = try runningStatistics(patches, mask: pad)
        observe("mu", mean)
        observe("sigma", deviation)
        let safe = try deviation.filled(with: 1, where: deviation.isLess(than: 1e-6))
        let scaled = try ((patches - mean.unsqueezed(2)) / safe.unsqueezed(2)).filled(with: 0, where: pad.equals(1))
        observe("normed_inputs", scaled)
        let h = try states(scaled, mask: pad, θ, observe: observe)
        observe("output_embeddings", h)
        let flat = try pointHead(h, θ)
        observe("output_ts", flat)
        let points =
            try flat.reshaped([batch, count, c.horizon, channels]) * deviation.reshaped([batch, count, 1, 1])
            + mean.reshaped([batch, count, 1, 1])
        guard withQuantileHead else { return (points, nil) }
        let last = try quantileHead(h.narrowed(1, from: count - 1, count: 1), θ)
            .reshaped([batch, c.quantileHorizon, channels])
        return (
            points,
            try last * deviation.narrowed(1, from: count - 1, count: 1).unsqueezed(2)
                + mean.narrowed(1, from: count - 1, count: 1).unsqueezed(2)
        )
    }

    /// The outputs of the last patch, `[B, T]` → `[B, horizon, channels]`.
    func lastPatch(_ x: Tensor, mask: Tensor, horizon: Int, _ θ: Parameters) throws(TensorError) -> Tensor {
        let all = try outputs(x, mask: mask, θ).points
        return try all.selected(1, at: all.shape[1] - 1).narrowed(1, from: 0, count: horizon)
    }

    /// Outputs after the context's patches, after each step of the roll-out, which feeds the median back, and of the
    /// quantile head: `[B, N, H, C]`, `[B, steps, H, C]` (absent without steps), `[B, quantileHorizon, C]`.
    func decode(
        _ x: Tensor, mask: Tensor, horizon: Int, _ θ: Parameters
    ) throws(TensorError) -> (prefill: Tensor, steps: Tensor?, spread: Tensor?) {
        let h = configuration.horizon
        let (prefill, spread) = try outputs(x, mask: mask, withQuantileHead: true, θ)
        var (known, masks) = (x, mask)
        var last = try prefill.selected(1, at: prefill.shape[1] - 1)
        var steps: [Tensor] = []
        for _ in 0..<(horizon - 1) / h {
            let median = try last.selected(2, at: medianIndex)
            known = try Tensor.concatenate([known, median], dimension: 1)
            masks = try Tensor.concatenate([masks, median.zerosLike()], dimension: 1)
            let all = try outputs(known, mask: masks, θ).points
            last = try all.selected(1, at: all.shape[1] - 1)
            steps.append(last)
        }
        return (prefill, steps.isEmpty ? nil : try Tensor.stack(steps, dimension: 1), spread)
    }

    /// The published forecast, `[B, T]` → `[B, horizon, channels]` (after the context's patches when asked for).
    func quantileForecast(
        _ x: Tensor, mask: Tensor, horizon: Int, _ options: ForecastOptions, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let (mean, deviation) = try windowStatistics(x)
        let input = options.normalises ? try (x - mean) / deviation : x
        var result = try normalisedForecast(input, mask: mask, horizon: horizon, options, θ)
        if options.fixesCrossing { result = try rising(result) }
        if options.normalises { result = try result * deviation.unsqueezed(2) + mean.unsqueezed(2) }
        if options.keepsPositive {
            let isPositive = try x.minimum([1]).isLess(than: 0).negated().reshaped([-1, 1, 1])
            result = try result.clamped(below: 0).chosen(where: isPositive, else: result)
        }
        return result
    }

    /// Mean and unbiased deviation of whole windows, padding included, as in the reference.
    private func windowStatistics(_ x: Tensor) throws(TensorError) -> (mean: Tensor, deviation: Tensor) {
        let deviation = try x.variance([1], correction: 1, keepingDimensions: true).squareRoot()
        return (
            try x.mean([1], keepingDimensions: true),
            try deviation.filled(with: 1, where: deviation.isLess(than: 1e-6))
        )
    }

    private func normalisedForecast(
        _ x: Tensor, mask: Tensor, horizon: Int, _ options: ForecastOptions, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        var (full, spread) = try assembled(x, mask: mask, horizon: horizon, options, θ)
        if options.flips {
            let (mirrored, mirroredSpread) = try assembled(-x, mask: mask, horizon: horizon, options, θ)
            full = try (full - reversed(mirrored)) * 0.5
            if let own = spread, let other = mirroredSpread { spread = try (own - reversed(other)) * 0.5 }
        }
        guard options.usesQuantileHead, let spread else { return full }
        let count = full.shape[1] - horizon
        let context = count > 0 ? try full.narrowed(1, from: 0, count: count) : nil
        let future = try full.narrowed(1, from: count, count: horizon)
        let median = try future.narrowed(2, from: medianIndex, count: 1)
        let quantiles = try spread.narrowed(1, from: 0, count: horizon)
        let shifted = try quantiles - quantiles.narrowed(2, from: medianIndex, count: 1) + median
        // The mean keeps its own head.
        let spreadOut = try Tensor.concatenate(
            [
                future.narrowed(2, from: 0, count: 1),
                shifted.narrowed(2, from: 1, count: configuration.quantiles.count),
            ], dimension: 2)
        guard let context else { return spreadOut }
        return try Tensor.concatenate([context, spreadOut], dimension: 1)
    }

    /// Context, last patch and roll-out in one series, `[B, …, channels]`.
    private func assembled(
        _ x: Tensor, mask: Tensor, horizon: Int, _ options: ForecastOptions, _ θ: Parameters
    ) throws(TensorError) -> (Tensor, Tensor?) {
        let (prefill, steps, spread) = try decode(x, mask: mask, horizon: horizon, θ)
        let shape = prefill.shape
        var parts: [Tensor] = []
        var count = horizon
        if options.givesContext, shape[1] > 1 {
            let points = (shape[1] - 1) * patchLength
            count += points
            parts.append(
                try prefill.narrowed(1, from: 0, count: shape[1] - 1).narrowed(2, from: 0, count: patchLength)
                    .reshaped([shape[0], points, shape[3]]))
        }
        parts.append(try prefill.selected(1, at: shape[1] - 1))
        if let steps { parts.append(try steps.reshaped([shape[0], steps.shape[1] * shape[2], shape[3]])) }
        return (try Tensor.concatenate(parts, dimension: 1).narrowed(1, from: 0, count: count), spread)
    }

    /// The channels of a mirrored series: the mean stays, the quantiles change ends.
    private func reversed(_ outputs: Tensor) throws(TensorError) -> Tensor {
        let quantiles = try outputs.narrowed(2, from: 1, count: configuration.quantiles.count)
        return try Tensor.concatenate(
            [outputs.narrowed(2, from: 0, count: 1), quantiles.flipped([2])], dimension: 2)
    }

    /// Quantiles that rise: running minima below the median, running maxima above it.
    private func rising(_ outputs: Tensor) throws(TensorError) -> Tensor {
        var channels: [Tensor] = []
        for index in 0...configuration.quantiles.count { channels.append(try outputs.selected(2, at: index)) }
        for index in stride(from: medianIndex - 1, through: 1, by: -1) {
            channels[index] = try channels[index].minimum(channels[index + 1])
        }
        for index in medianIndex + 1..<channels.count {
            channels[index] = try channels[index].maximum(channels[index - 1])
        }
        return try Tensor.stack(channels, dimension: 2)
    }

    /// The port's training loss per point, `[B, H]`, in the units of the standardised window: the squared error of the median
    /// and the mean quantile loss of the other channels, which the port pairs with the levels in order, mean first.
    func portErrors(
        _ x: Tensor, mask: Tensor, target: Tensor, _ θ: Parameters
    ) throws(TensorError) -> (errors: Tensor, outputs: Tensor) {
        let (mean, deviation) = try windowStatistics(x)
        let truth = try (target - mean) / deviation
        let outputs = try normalisedForecast(
            (x - mean) / deviation, mask: mask, horizon: target.shape[1], ForecastOptions(usesQuantileHead: true), θ)
        var total = try (outputs.selected(2, at: medianIndex) - truth).squared()
        let others = (0...configuration.quantiles.count).filter { $0 != medianIndex }
        for (level, channel) in zip(configuration.quantiles, others) {
            let error = try truth - outputs.selected(2, at: channel)
            total = try total.adding(
                (error * level).maximum(error * (level - 1)), times: 1 / Double(configuration.quantiles.count))
        }
        return (total, outputs)
    }
}
