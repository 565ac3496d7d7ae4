/// Generated series: material for pre-training without foreign data, and a different kind to test transfer on.
///
/// Series `i` depends only on the seed, the regime, `i` and the length; the same on every platform, bit for bit. Each
/// has mean 0 and standard deviation 1, so that none dominates a loss.
public struct SyntheticSeries: Sendable {
    /// Two deliberately different families.
    public enum Regime: String, CaseIterable, Sendable {
        /// Two of three series are Gaussian-process paths with up to five kernels added or multiplied at random
        /// (linear, smooth, rough, periodic, constant, white); every third is trend plus seasons plus small noise.
        case pretraining
        /// Other periods, seasons whose amplitude drifts, level shifts, correlated heavy-tailed noise.
        case downstream
    }

    /// What all draws depend on.
    public let seed: UInt64
    /// Which family is drawn.
    public let regime: Regime

    /// A generator.
    public init(seed: UInt64, regime: Regime = .pretraining) {
        self.seed = seed
        self.regime = regime
    }

    /// The same seed in another regime.
    public func regime(_ regime: Regime) -> SyntheticSeries { SyntheticSeries(seed: seed, regime: regime) }

    /// `count` series of `length` steps; about 64 x kernels operations per step.
    ///
    /// - Throws: `invalidArgument` unless length is in 16...2^24, count at least 0 and their product at most 2^28.
    public func series(length: Int, count: Int) throws(TimeSeriesError) -> [[Double]] {
        guard (16...1 << 24).contains(length) else {
            throw .invalidArgument(name: "length", found: "\(length)", expected: "16 to \(1 << 24) steps")
        }
        guard count >= 0, count <= (1 << 28) / length else {
            throw .invalidArgument(
                name: "count", found: "\(count)", expected: "0 to \((1 << 28) / length) series of \(length) steps")
        }
        return (0..<count).map { one(index: $0, length: length) }
    }

    /// The same series as channels of one table, named `s0`, `s1`, ... unless `names` says otherwise.
    ///
    /// - Throws: `invalidArgument` as `series(length:count:)`, or when names repeat or there is no channel.
    public func table(
        length: Int, channels: Int, names: [String]? = nil
    ) throws(TimeSeriesError) -> Series {
        let columns = try series(length: length, count: channels)
        return try Series(names: names ?? columns.indices.map { "s\($0)" }, columns: columns)
    }

    private func one(index: Int, length: Int) -> [Double] {
        // The regimes share no stream.
        let regimeKey: UInt64 = regime == .pretraining ? 0 : 1
        var random = StableRandom(seed: seed, key: UInt64(index) << 1 | regimeKey)
        // A lone constant kernel cannot be standardised; draw again.
        while true {
            let raw =
                switch regime {
                case .downstream: DownstreamFamily.path(length: length, random: &random)
                case .pretraining:
                    index % 3 == 2
                        ? PretrainingFamily.seasonalPath(length: length, random: &random)
                        : PretrainingFamily.kernel(length: length, random: &random).path(
                            length: length, random: &random)
                }
            if let path = standardized(raw) { return path }
        }
    }

    private func standardized(_ raw: [Double]) -> [Double]? {
        let n = Double(raw.count)
        var mean = 0.0
        for value in raw { mean += value / n }
        var variance = 0.0
        for value in raw { variance += (value - mean) * (value - mean) / n }
        guard variance.isFinite, variance > 1e-8 * (1 + mean * mean) else { return nil }
        let scale = variance.squareRoot()
        return raw.map { ($0 - mean) / scale }
    }
}
