// Packed tokens of MOIRAI 1.x (Woo et al., ICML 2024, arXiv 2402.02592), as in uni2ts 2.0.0.

import Tensor

/// A batch of token sequences: patches of several variates of several series, in any order.
struct MoiraiTokens {
    /// Which embedding each token takes.
    enum Patching {
        /// Every token has this many points.
        case uniform(Int)
        /// Points of each token, `int64` `[B, N]`.
        case mixed(Tensor)
    }

    /// Values, 0 beyond a token's patch and where missing, `[B, N, P]`, P the largest patch size.
    var target: Tensor
    /// 1 where a value was observed, 0 elsewhere, `[B, N, P]`.
    var observed: Tensor
    /// `int64` `[B, N]`; tokens attend to those of their own sample. 0 is padding.
    let sample: Tensor
    /// Position in time, `int64` `[B, N]`.
    let time: Tensor
    /// `int64` `[B, N]`.
    let variate: Tensor
    /// 1 for tokens to be forecast, 0 elsewhere, `[B, N]`.
    let predicted: Tensor
    /// Points per token.
    let patching: Patching

    /// 1 where two tokens belong to the same variate of the same sample, `[B, N, N]`.
    var sameSeries: Tensor {
        get throws(TensorError) {
            try
                (sample.unsqueezed(2).equals(sample.unsqueezed(1)) * variate.unsqueezed(2).equals(variate.unsqueezed(1)))
                .to(target.dtype)
        }
    }

    /// Location and scale of each token's series over observed points that are not forecast, `[B, N, 1]`: mean and
    /// √(unbiased variance + 1e-5); 0 and 1 for padding. Computed in float64, as the reference does.
    func statistics() throws(TensorError) -> (location: Tensor, scale: Tensor) {
        let same = try sameSeries.to(.float64)
        let visible = try observed.to(.float64) * (1 - predicted.to(.float64)).unsqueezed(2)
        let values = try target.to(.float64)
        let count = try same.matmul(visible.sum([2], keepingDimensions: true))
        let location = try same.matmul((values * visible).sum([2], keepingDimensions: true)) / count.clamped(below: 1)
        let squares = try same.matmul(((values - location).squared() * visible).sum([2], keepingDimensions: true))
        // One point has no unbiased variance: the sum, which is 0, is divided by 1.
        let scale = try (squares / (count - 1).clamped(below: 1) + 1e-5).squareRoot()
        let padding = try sample.equals(0).unsqueezed(2)
        return (
            try location.filled(with: 0, where: padding).to(target.dtype),
            try scale.filled(with: 1, where: padding).to(target.dtype)
        )
    }

    /// Errors averaged over the points to be forecast of each series; each series of a window weighs 1, so that the pooled
    /// loss is the mean over all series of the batch (the reference's packed losses).
    ///
    /// A mixture's likelihood is no convex function of the network's outputs, so none are named.
    ///
    /// - Parameter errors: `[B, N, P]`; entries that do not count may hold anything finite.
    func averaged(_ errors: Tensor) throws(TensorError) -> LossTerms {
        let weights = try predicted.unsqueezed(2) * observed
        let same = try sameSeries
        let points = try same.matmul(weights.sum([2], keepingDimensions: true)).clamped(below: 1)
        let tokens = try same.matmul(predicted.unsqueezed(2)).clamped(below: 1)
        let sums = try (errors.filled(with: 0, where: weights.equals(0)) * weights / points).sum([1, 2])
        return LossTerms(sums: sums, weights: try (predicted.unsqueezed(2) / tokens).sum([1, 2]), outputs: [])
    }
}

/// Series of several variates as MOIRAI's forecasting task sees them.
struct MoiraiSeries {
    /// Targets: context and horizon, `[B, C + H, V]`.
    let target: Tensor
    /// 1 where observed, `[B, C + H, V]`.
    let observed: Tensor
    /// 1 where the whole row is padding, `[B, C + H]`.
    let isPadding: Tensor
    /// Covariates known beyond the context, `[B, C + H, K]`.
    var known: Tensor?
    /// Covariates known within the context, `[B, C, K]` (more rows are ignored).
    var past: Tensor?
    /// C.
    let context: Int

    /// `[B, T, V]` → `[B, V, ⌈T/p⌉, p]`, filled up on the left or the right.
    private static func patches(
        _ x: Tensor, _ size: Int, left: Bool, filling value: Double = 0
    ) throws(TensorError) -> Tensor {
        let shape = x.shape
        let count = (shape[1] + size - 1) / size
        let missing = count * size - shape[1]
        var rows = x
        if missing > 0 {
            let filler = try Tensor.full([shape[0], missing, shape[2]], value, dtype: x.dtype, device: x.device)
            rows = try Tensor.concatenate(left ? [filler, x] : [x, filler], dimension: 1)
        }
        return try rows.reshaped([shape[0], count, size, shape[2]]).permuted([0, 3, 1, 2])
    }

    /// Tokens in the order of the reference: past targets, future targets, known covariates' past and future, past
    /// covariates; variate by variate.
    ///
    /// - Parameters:
    ///   - size: points per token.
    ///   - width: P, the largest patch size of the model.
    func tokens(patch size: Int, width: Int) throws(TensorError) -> MoiraiTokens {
        let (batch, variates) = (target.shape[0], target.shape[2])
        let horizon = target.shape[1] - context
        let dtype = target.dtype
        func front(_ x: Tensor) throws(TensorError) -> Tensor { try x.narrowed(1, from: 0, count: context) }
        func back(_ x: Tensor) throws(TensorError) -> Tensor { try x.narrowed(1, from: context, count: horizon) }

        let seen = try MoiraiSeries.patches(front(observed), size, left: true).maximum([1, 3])
        let started = try seen.cumulativeSum(1).clamped(above: 1)
        let pastTime = try (started.cumulativeSum(1) - 1).clamped(below: 0).to(.int64)
        let futureTokens = (horizon + size - 1) / size
        let future = try Tensor.arange(futureTokens, dtype: .float64, device: target.device) + 1
        let futureTime = try (pastTime.maximum([1], keepingDimensions: true) + future).to(.int64)

        let real = try (1 - isPadding.to(dtype)).unsqueezed(2)
        func alive(_ x: Tensor, left: Bool, filling: Double = 0) throws(TensorError) -> Tensor {
            try MoiraiSeries.patches(x, size, left: left, filling: filling).maximum([1, 3]).to(.int64)
        }
        let pastAlive = try alive(front(real), left: true)
        let futureAlive = try alive(back(real), left: false)

        var parts: [[Tensor]] = [[], [], [], [], [], []]
        func add(
            _ x: Tensor, _ seen: Tensor, left: Bool, sample: Tensor, time: Tensor, first: Int, predicted: Double
        ) throws(TensorError) {
            let values = try MoiraiSeries.patches(x, size, left: left)
            let (count, tokens) = (values.shape[1], values.shape[2])
            let flat = [batch, count * tokens, size]
            let filler = try Tensor.zeros([batch, count * tokens, width - size], dtype: dtype, device: x.device)
            func widened(_ y: Tensor) throws(TensorError) -> Tensor {
                size == width
                    ? try y.reshaped(flat) : try Tensor.concatenate([y.reshaped(flat), filler], dimension: 2)
            }
            parts[0].append(try widened(values))
            parts[1].append(try widened(MoiraiSeries.patches(seen, size, left: left)))
            for (index, row) in [(2, sample), (3, time)] {
                parts[index].append(
                    try row.unsqueezed(1).expanded([batch, count, tokens]).reshaped([batch, count * tokens]))
            }
            let variate = try Tensor.arange(count, dtype: .int64, device: x.device) + Double(first)
            parts[4].append(
                try variate.to(.int64).reshaped([1, count, 1]).expanded([batch, count, tokens])
                    .reshaped([batch, count * tokens]))
            parts[5].append(try Tensor.full([batch, count * tokens], predicted, dtype: dtype, device: x.device))
        }
        try add(front(target), front(observed), left: true, sample: pastAlive, time: pastTime, first: 0, predicted: 0)
        try add(
            back(target), back(observed), left: false, sample: futureAlive, time: futureTime, first: 0, predicted: 1)
        // The reference fills up covariates as if the filler were real.
        let covariateAlive = try alive(front(real), left: true, filling: 1)
        let one = try Tensor.full([1], 1, dtype: dtype, device: target.device)
        var first = variates
        if let known {
            let ones = try one.expanded(known.shape)
            try add(
                front(known), front(ones), left: true, sample: covariateAlive, time: pastTime, first: first,
                predicted: 0)
            try add(
                back(known), back(ones), left: false, sample: futureAlive.clamped(below: 1), time: futureTime,
                first: first, predicted: 0)
            first += known.shape[2]
        }
        if let past {
            try add(
                front(past), front(one.expanded(past.shape)), left: true, sample: covariateAlive, time: pastTime,
                first: first, predicted: 0)
        }
        var joined: [Tensor] = []
        for part in parts { joined.append(try Tensor.concatenate(part, dimension: 1)) }
        return MoiraiTokens(
            target: joined[0], observed: joined[1], sample: joined[2], time: joined[3], variate: joined[4],
            predicted: joined[5], patching: .uniform(size))
    }
}
