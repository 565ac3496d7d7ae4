import Foundation

/// Whether several chains of draws have settled on one law, and how many independent draws they are worth.
///
/// Source: Vehtari, Gelman, Simpson, Carpenter & Bürkner, Bayesian Analysis 2021, arXiv 1903.08008. Every chain is split into halves, so that a
/// drift within a chain shows as well. With M halves of N draws, W the mean of their variances and B/N the variance of their means,
///
///     R̂ = √(((N − 1)/N · W + B/N)/W),
///
/// of the draws' normal scores, Φ⁻¹((rank − 3/8)/(S + 1/4)), and of those of the distances from the median, which see chains of unlike
/// widths; the larger counts. The effective sample size is S/τ, τ = −1 + 2 Σ Pₜ, with Geyer's initial monotone sequence of sums
/// Pₜ of neighbouring autocorrelations.
///
/// Cost: none of the loss; O(S · lags) arithmetic.
public struct ChainDiagnostics: Sendable, Equatable {
    /// Chains have not settled where R̂ is above this (section 4.4 of the paper).
    public static let threshold = 1.01

    /// The mean of each chain.
    public let means: [Double]
    /// R̂; NaN where all draws are equal.
    public let rHat: Double
    /// Independent draws that the mean of all draws is worth.
    public let effectiveSize: Double
    /// The standard deviation of all draws over the root of ``effectiveSize``.
    public let standardError: Double
    /// Whether R̂ is below the threshold.
    public var isConverged: Bool { rHat <= ChainDiagnostics.threshold }

    /// The diagnostics of chains of one length; `nil` for fewer than 4 draws each, or for draws that are not finite.
    public init?(_ chains: [[Double]]) {
        guard let length = chains.first?.count, length >= 4,
            chains.allSatisfy({ $0.count == length && $0.allSatisfy(\.isFinite) })
        else { return nil }
        means = chains.map(ChainDiagnostics.mean)
        let halves = ChainDiagnostics.split(chains)
        let all = halves.flatMap { $0 }
        let median = ChainDiagnostics.median(all)
        let folded = halves.map { $0.map { abs($0 - median) } }
        rHat = [halves, folded].map { ChainDiagnostics.splitRHat(ChainDiagnostics.normalScores($0)) }
            .reduce(-.infinity) { $1.isNaN || $0.isNaN ? .nan : max($0, $1) }
        effectiveSize = ChainDiagnostics.effectiveSize(halves)
        let centre = ChainDiagnostics.mean(all)
        let variance = all.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(all.count - 1)
        standardError = (variance / effectiveSize).squareRoot()
    }

    // MARK: Parts

    /// First and second half of every chain; the draw in the middle of an odd number is left out.
    static func split(_ chains: [[Double]]) -> [[Double]] {
        chains.flatMap { [Array($0.prefix($0.count / 2)), Array($0.suffix($0.count / 2))] }
    }

    /// √(var⁺/W) of chains as they are; NaN where nothing varies.
    static func splitRHat(_ halves: [[Double]]) -> Double {
        let (within, total) = variances(halves)
        return within > 0 ? (total / within).squareRoot() : .nan
    }

    /// W and var⁺ = (N − 1)/N · W + B/N.
    private static func variances(_ chains: [[Double]]) -> (within: Double, total: Double) {
        let n = Double(chains[0].count)
        let means = chains.map(mean)
        let within = mean(
            zip(chains, means).map { chain, m in chain.reduce(0) { $0 + ($1 - m) * ($1 - m) } / (n - 1) })
        let centre = mean(means)
        let between =
            means.count > 1
            ? means.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(means.count - 1) : 0
        return (within, (n - 1) / n * within + between)
    }

    /// The normal scores of all draws together; equal draws share their mean rank.
    static func normalScores(_ chains: [[Double]]) -> [[Double]] {
        let all = chains.flatMap { $0 }
        let order = all.indices.sorted { (all[$0], $0) < (all[$1], $1) }
        var scores = [Double](repeating: 0, count: all.count)
        var first = 0
        while first < order.count {
            var last = first
            while last + 1 < order.count, all[order[last + 1]] == all[order[first]] { last += 1 }
            // Ranks count from 1.
            let rank = Double(first + last) / 2 + 1
            let score = quantile((rank - 0.375) / (Double(all.count) + 0.25))
            for place in first...last { scores[order[place]] = score }
            first = last + 1
        }
        var next = 0
        return chains.map { chain in
            defer { next += chain.count }
            return Array(scores[next..<(next + chain.count)])
        }
    }

    /// S/τ; S where nothing varies. No more than S · log₁₀ S, as draws that alternate would give.
    static func effectiveSize(_ chains: [[Double]]) -> Double {
        let (within, total) = variances(chains)
        let (n, size) = (chains[0].count, Double(chains.count * chains[0].count))
        guard total > 0 else { return size }
        let deviations = chains.map { chain in
            let m = mean(chain)
            return chain.map { $0 - m }
        }
        /// The autocorrelation of all chains at a lag.
        func correlation(_ lag: Int) -> Double {
            let covariance = mean(
                deviations.map { d in
                    (0..<(n - lag)).reduce(0) { $0 + d[$1] * d[$1 + lag] } / Double(n)
                })
            // The paper's Σ s²ρ̂ with s² over N − 1.
            return 1 - (within - covariance * Double(n) / Double(n - 1)) / total
        }
        var sum = 0.0
        var least = Double.infinity
        var lag = 0
        while lag + 1 < n {
            let pair = (lag == 0 ? 1 : correlation(lag)) + correlation(lag + 1)
            guard pair > 0 else { break }
            least = min(least, pair)
            sum += least
            lag += 2
        }
        return min(size / max(2 * sum - 1, 1e-300), size * max(1, log10(size)))
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let half = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
    }

    /// Φ⁻¹(p), 0 < p < 1: Abramowitz & Stegun 26.2.22, then Newton's steps.
    static func quantile(_ p: Double) -> Double {
        if p > 0.5 { return -quantile(1 - p) }
        let t = (-2 * log(p)).squareRoot()
        var x = (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t) - t
        for _ in 0..<4 {
            let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            x -= (erfc(-x / 2.0.squareRoot()) / 2 - p) / density
        }
        return x
    }
}
