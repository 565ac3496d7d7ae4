import Foundation
import Testing

@testable import TimeSeries

@Suite("Synthetic series")
struct SyntheticSeriesTests {
    @Test("reproducible, independent of the count, standardised", arguments: SyntheticSeries.Regime.allCases)
    func reproducible(regime: SyntheticSeries.Regime) throws {
        let generator = SyntheticSeries(seed: 5).regime(regime)
        let some = try generator.series(length: 128, count: 12)
        #expect(try generator.series(length: 128, count: 4) == Array(some[..<4]))
        #expect(Set(some.map { $0[0] }).count == 12)
        for series in some {
            #expect(series.allSatisfy { $0.isFinite })
            let mean = series.reduce(0, +) / 128
            let variance = series.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 128
            #expect(abs(mean) < 1e-9)
            #expect(abs(variance - 1) < 1e-9)
        }
        #expect(try SyntheticSeries(seed: 6, regime: regime).series(length: 128, count: 1)[0] != some[0])
    }

    @Test("the regimes share neither series nor periods")
    func regimes() throws {
        #expect(
            try SyntheticSeries(seed: 1).series(length: 64, count: 3)
                != SyntheticSeries(seed: 1).regime(.downstream).series(length: 64, count: 3))
        #expect(Set(PretrainingFamily.periods).isDisjoint(with: DownstreamFamily.periods))
    }

    /// Sample covariances of paths against the kernel's formula.
    @Test(
        "paths have the covariance of their kernel",
        arguments: [
            Kernel.stationary(.smooth(scale: 5)), .stationary(.rough(scale: 4, shape: 0.5)),
            .stationary(.periodic(period: 12, scale: 1)), .stationary(.periodic(period: 8, scale: 0.5)),
            .white(0.4), .constant(2), .linear(offset: 1),
            .stationary(.smooth(scale: 8)) * .stationary(.periodic(period: 6, scale: 1)),
            (.linear(offset: 0) + .white(0.1)) * .stationary(.smooth(scale: 6)),
        ])
    func covariance(kernel: Kernel) {
        let length = 24
        let draws = 3000
        var random = StableRandom(seed: 9)
        let pairs = [(0, 0), (3, 3), (3, 4), (3, 9), (0, 12), (2, 20), (23, 23)]
        var sums = [Double](repeating: 0, count: pairs.count)
        for _ in 0..<draws {
            let path = kernel.path(length: length, frequencies: 8, random: &random)
            for (index, (i, j)) in pairs.enumerated() { sums[index] += path[i] * path[j] }
        }
        for (index, (i, j)) in pairs.enumerated() {
            let expected = kernel.covariance(i, j, length: length)
            let spread =
                (kernel.covariance(i, i, length: length) * kernel.covariance(j, j, length: length)
                + expected * expected).squareRoot()
            // Five standard errors (a little more, as paths are mixtures of Gaussians).
            #expect(abs(sums[index] / Double(draws) - expected) <= 6 * spread / Double(draws).squareRoot() + 1e-12)
        }
    }

    @Test("the spectral path follows the cosine it stands for over long series")
    func longRecurrence() {
        // One harmonic alone: every value repeats after a period, thousands of periods later too.
        var random = StableRandom(seed: 1)
        let path = Kernel.stationary(.periodic(period: 16, scale: 1))
            .path(length: 100_000, frequencies: 2, random: &random)
        for step in 0..<16 { #expect(abs(path[step] - path[99_984 + step]) < 1e-9) }
    }

    @Test("fixed values: a change of the generator must be deliberate")
    func pinned() throws {
        let first = try SyntheticSeries(seed: 0).series(length: 64, count: 3)
        let second = try SyntheticSeries(seed: 0, regime: .downstream).series(length: 64, count: 1)
        let found = [first[0][0], first[1][10], first[2][63], second[0][0], second[0][63]]
        #expect(found == Self.pins)
    }

    static let pins: [Double] = [
        -0.05870254451692661, -0.5836127084871602, 2.038308511888383, -0.4985571971802898, -1.3076008146988176,
    ]

    @Test("refused")
    func refused() {
        let generator = SyntheticSeries(seed: 0)
        for (length, count) in [(0, 1), (15, 1), (-1, 1), (.max, 1), (64, -1), (64, .max)] {
            #expect(throws: TimeSeriesError.self) { try generator.series(length: length, count: count) }
        }
        #expect(throws: TimeSeriesError.self) { try generator.table(length: 64, channels: 0) }
        #expect(throws: TimeSeriesError.self) { try generator.table(length: 64, channels: 2, names: ["a"]) }
    }
}
