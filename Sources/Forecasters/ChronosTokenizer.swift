// The tokenizer of Chronos-T5 (Ansari et al., TMLR 2024, arXiv 2403.07815, §3.1), as in chronos-forecasting 2.3.2.

import Tensor

/// Numbers as tokens: divided by the mean absolute value of the context, then put into uniform bins.
///
/// Everything is computed in float32 whatever the precision of the model, as in the reference: a number on the border of
/// two bins must fall on the same side.
struct ChronosTokenizer: Sendable {
    /// The middle of each bin, rising.
    private let centres: Tensor
    /// The borders of the bins; the outer ones are ±1e20.
    let boundaries: Tensor
    /// Ids below this are not numbers: 0 stands for a missing one, 1 for the end.
    let specialTokens: Int
    private let tokens: Int

    static let missing = 0
    static let end = 1

    /// Bins between two limits.
    ///
    /// - Parameters:
    ///   - tokens: size of the vocabulary.
    ///   - specialTokens: ids that are not numbers.
    init(low: Double, high: Double, tokens: Int, specialTokens: Int) throws(TensorError) {
        let count = tokens - specialTokens - 1
        centres = try Tensor.linspace(from: low, to: high, count: count)
        let upper = try centres.narrowed(0, from: 1, count: count - 1)
        let lower = try centres.narrowed(0, from: 0, count: count - 1)
        boundaries = try Tensor.concatenate([
            Tensor([Float(-1e20)]), (upper + lower) * 0.5, Tensor([Float(1e20)]),
        ])
        self.tokens = tokens
        self.specialTokens = specialTokens
    }

    /// Mean absolute value of the points that are there, `[B, T]` → `[B]`; 1 where all are missing or zero.
    func scale(of context: Tensor) throws(TensorError) -> Tensor {
        let x = try context.to(.float32)
        let missing = try x.isNaN()
        let count = try (1 - missing.to(.float32)).sum([1])
        let mean = try x.absolute().filled(with: 0, where: missing).sum([1]) / count
        // 0/0 is not positive either.
        return try mean.filled(with: 1, where: mean.isGreater(than: 0).negated())
    }

    /// `[B, T]` with NaN for missing points → ids, `int64` `[B, T]`.
    func ids(of values: Tensor, scale: Tensor) throws(TensorError) -> Tensor {
        let x = try values.to(.float32)
        let bins = try (x / scale.unsqueezed(1)).bucketized(boundaries.to(.float32, device: x.device), right: true)
        let ids = try (bins.to(.float64) + Double(specialTokens)).clamped(below: 0).clamped(above: Double(tokens - 1))
        return try ids.filled(with: Double(ChronosTokenizer.missing), where: x.isNaN()).to(.int64)
    }

    /// The middle of each id's bin in the series' units, `[B, …]` → `float32` `[B, …]`; special ids give the lowest bin.
    ///
    /// - Parameter scale: broadcast to the ids.
    func values(of ids: Tensor, scale: Tensor) throws(TensorError) -> Tensor {
        let index = try (ids.to(.float64) - Double(specialTokens + 1)).clamped(below: 0)
            .clamped(above: Double(centres.count - 1)).to(.int64)
        let table = try centres.to(.float32, device: ids.device)
        return try table.selected(0, indices: index.flattened()).reshaped(ids.shape) * scale
    }
}
