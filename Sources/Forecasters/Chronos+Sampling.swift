import Tensor
import Networks

extension ChronosForecaster {
    /// The published probabilistic forecast, `[B, L]` → `[B, samples, horizon]`: paths drawn token by token; beyond one
    /// round the median path is appended to the context.
    ///
    /// - Parameter uniform: numbers in [0, 1) that decide the draws, `[B, samples · rounds · round]`.
    public func samples(
        _ context: Tensor, horizon: Int, uniform: Tensor, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let c = configuration.chronos
        let rounds = (horizon + c.horizon - 1) / c.horizon
        let batch = context.shape[0]
        let levels = try uniform.to(.float64).reshaped([batch, rounds, c.horizon, c.samples])
        var known = context
        var parts: [Tensor] = []
        for round in 0..<rounds {
            let (ids, visible, scale) = try tokenize(known)
            let drawn = try decode(ids, visible: visible, paths: c.samples, θ) { logits, step throws(TensorError) in
                let probabilities = try ChronosForecaster.probabilities(
                    logits, temperature: c.temperature, topK: c.topK, topP: c.topP)
                let level = try levels.selected(1, at: round).selected(1, at: step).flattened().unsqueezed(1)
                return try ChronosForecaster.draw(probabilities, level: level)
            }
            let values = try tokenizer.values(of: drawn, scale: scale.reshaped([batch, 1, 1])).to(context.dtype)
            parts.append(values)
            known = try Tensor.concatenate([known, values.median(1)], dimension: 1)
        }
        return try Tensor.concatenate(parts, dimension: 2).narrowed(2, from: 0, count: horizon)
    }

    /// Continues every context by one round of tokens, `[B, M]` → `int64` `[B, paths, round]`.
    ///
    /// - Parameter choose: from the logits of all paths `[B · paths, vocabulary]` and the step, the next ids
    ///   `[B · paths]`.
    func decode(
        _ ids: Tensor, visible: Tensor, paths: Int, _ θ: Parameters,
        choose: (Tensor, Int) throws(TensorError) -> Tensor
    ) throws(TensorError) -> Tensor {
        let batch = ids.shape[0]
        let encoded = try encode(ids, visible: visible, θ)
        let cache = T5Stack.Cache()
        var token = try Tensor.zeros([batch * paths, 1], dtype: .int64, device: ids.device)
        var drawn: [Tensor] = []
        for step in 0..<configuration.chronos.horizon {
            let logits = try nextLogits(token, encoded: encoded, visible: visible, cache: cache, θ)
            let next = try choose(logits, step)
            drawn.append(next)
            token = try next.unsqueezed(1)
        }
        return try Tensor.stack(drawn, dimension: 1).reshaped([batch, paths, drawn.count])
    }

    /// The distribution a token is drawn from, `[N, vocabulary]`: the end token excluded, then temperature, top-k and
    /// top-p, in the order of the reference.
    static func probabilities(
        _ logits: Tensor, temperature: Double, topK: Int, topP: Double
    ) throws(TensorError) -> Tensor {
        let shape = logits.shape
        let ids = try Tensor.arange(shape[1], dtype: .int64, device: logits.device)
        var z = try logits.filled(with: -.infinity, where: ids.equals(Double(ChronosTokenizer.end)).unsqueezed(0))
        z = try z / temperature
        if topK < shape[1] {
            let lowest = try z.sorted(1, descending: true).values.narrowed(1, from: topK - 1, count: 1)
            z = try z.filled(with: -.infinity, where: z.isLess(than: lowest))
        }
        if topP < 1 {
            let (values, order) = try z.sorted(1)
            let cumulative = try values.softmax().cumulativeSum(1)
            let last = try ids.equals(Double(shape[1] - 1)).unsqueezed(0)
            let dropped = try (cumulative - (1 - topP)).isAtMostZero().to(.float64).filled(with: 0, where: last)
            let back = try order.sorted(1).indices
            z = try z.filled(with: -.infinity, where: dropped.gathered(1, indices: back).equals(1))
        }
        return try z.softmax()
    }

    /// The id at which the cumulative probability passes the level, `[N, vocabulary]`, `[N, 1]` → `int64` `[N]`.
    static func draw(_ probabilities: Tensor, level: Tensor) throws(TensorError) -> Tensor {
        let cumulative = try probabilities.to(.float64).cumulativeSum(1)
        let count = probabilities.shape[1]
        // The last sum is 1 up to rounding; a level stored in float32 may have been rounded up to 1.
        let total = try cumulative.narrowed(1, from: count - 1, count: 1)
        let reached = try level.clamped(above: 1 - 1e-9) * total
        return try (cumulative - reached).isAtMostZero().to(.float64).sum([1]).to(.int64)
    }
}
