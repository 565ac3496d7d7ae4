import Foundation
import Testing

@testable import TimeSeries

@Suite("Distribution metrics")
struct QuantileMetricsTests {
    /// Φ⁻¹ by bisection.
    private func normalQuantile(_ level: Double) -> Double {
        var (low, high) = (-12.0, 12.0)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if 0.5 * erfc(-middle / 2.0.squareRoot()) < level { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The closed form of N(μ, σ²): σ (z (2 Φ(z) − 1) + 2 φ(z) − 1/√π), z = (y − μ)/σ (Gneiting and Raftery 2007).
    private func gaussian(mean: Double, deviation: Double, target: Double) -> Double {
        let z = (target - mean) / deviation
        let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
        return deviation * (z * erf(z / 2.0.squareRoot()) + 2 * density - 1 / Double.pi.squareRoot())
    }

    @Test("a Gaussian's CRPS from draws and from quantiles tends to its closed form", arguments: [-2.0, 0.3, 1.0, 6.0])
    func gaussianScore(target: Double) throws {
        let levels = (0..<2000).map { (Double($0) + 0.5) / 2000 }
        let values = levels.map { 0.3 + 1.7 * normalQuantile($0) }
        let exact = gaussian(mean: 0.3, deviation: 1.7, target: target)
        #expect(abs(QuantileMetrics.crps(sorted: values, target: target) - exact) < 1e-3)
        var metrics = try QuantileMetrics(levels: levels)
        metrics.add(values, as: .quantiles, target: target)
        #expect(abs(metrics.crps - exact) < 1e-3)
        var drawn = try QuantileMetrics()
        drawn.add(values.reversed(), as: .samples(2000), target: target)
        #expect(drawn.crps == QuantileMetrics.crps(sorted: values, target: target), "draws come in any order")
    }

    @Test("by hand")
    func definitions() throws {
        #expect(QuantileMetrics.pinball(level: 0.9, quantile: 1, target: 3) == 1.8)
        #expect(abs(QuantileMetrics.pinball(level: 0.9, quantile: 3, target: 1) - 0.2) < 1e-15)
        #expect(QuantileMetrics.pinball(level: 0.2, quantile: 5, target: 5) == 0)
        // E|X − 1| = 1, E|X − X′| = 1.
        #expect(QuantileMetrics.crps(sorted: [0, 2], target: 1) == 0.5)
        #expect(QuantileMetrics.crps(sorted: [4], target: 1) == 3)
        #expect(QuantileMetrics.quantile(0.25, sorted: [1, 2, 4]) == 1.5)
        #expect(abs(QuantileMetrics.quantile(0.9, sorted: [1, 2, 4]) - 3.6) < 1e-12)
        #expect(QuantileMetrics.quantile(1, sorted: [1, 2, 4]) == 4)
        var metrics = try QuantileMetrics(levels: [0.1, 0.5])
        #expect(metrics.crps.isNaN && metrics.weightedQuantileLoss.isNaN)
        metrics.add([0, 1], as: .quantiles, target: 2)
        metrics.add([-1, 1], as: .quantiles, target: -4)
        // Level 0.1: 2 (0.1·2 + 0.9·3) = 5.8; level 0.5: 2 (0.5·1 + 0.5·5) = 6; Σ|y| = 6.
        #expect(abs(metrics.weightedQuantileLoss - 11.8 / 12) < 1e-12)
        #expect(abs(metrics.crps - 11.8 / 4) < 1e-12)
    }

    @Test("of a constant forecast both are its absolute error")
    func constants() throws {
        var metrics = try QuantileMetrics()
        var drawn = try QuantileMetrics()
        for (value, target) in [(1.0, 3.0), (2, -1), (0, 0.5)] {
            metrics.add([value], as: .point, target: target)
            drawn.add([value, value, value], as: .samples(3), target: target)
        }
        for one in [metrics, drawn] {
            #expect(abs(one.crps - 5.5 / 3) < 1e-12)
            #expect(abs(one.weightedQuantileLoss - 5.5 / 4.5) < 1e-12)
        }
    }

    @Test("batches of several channels equal points one by one; parts merge")
    func batches() throws {
        let series = try SyntheticSeries(seed: 4).table(length: 120, channels: 2)
        let windows = try Dataset(series).windows(.test, context: 6, horizon: 3, selection: .stride(4), joint: true)
        var random = StableRandom(seed: 1)
        let draws = 5
        let values = (0..<windows.count * 2 * draws * 3).map { _ in Float(random.normal()) }
        var expected = try QuantileMetrics()
        for index in 0..<windows.count {
            for channel in 0..<2 {
                let target = Array(windows.target(index, channel: channel))
                for step in 0..<3 {
                    let own = (0..<draws).map { Double(values[((index * 2 + channel) * draws + $0) * 3 + step]) }
                    expected.add(own, as: .samples(draws), target: target[step])
                }
            }
        }
        var parts = [try QuantileMetrics(), try QuantileMetrics()]
        let middle = windows.count / 2
        try values.withUnsafeBufferPointer { all in
            for (part, range) in [0..<middle, middle..<windows.count].enumerated() {
                let own = UnsafeBufferPointer(
                    rebasing: all[range.lowerBound * 6 * draws..<range.upperBound * 6 * draws])
                try parts[part].add(own, as: .samples(draws), of: windows, range: range)
            }
        }
        parts[0].merge(parts[1])
        #expect(parts[0].points == expected.points && expected.points == windows.count * 6)
        #expect(abs(parts[0].crps - expected.crps) < 1e-12)
        #expect(abs(parts[0].weightedQuantileLoss - expected.weightedQuantileLoss) < 1e-12)
        #expect(throws: TimeSeriesError.self) {
            try values.withUnsafeBufferPointer { try parts[0].add($0, as: .quantiles, of: windows, range: 0..<1) }
        }
        #expect(throws: TimeSeriesError.self) { try QuantileMetrics(levels: [0.5, 1]) }
        #expect(throws: TimeSeriesError.self) { try QuantileMetrics(levels: []) }
    }

    @Test("baselines: CRPS is the mean absolute error", arguments: [Baseline.naive, .seasonalNaive(period: 4)])
    func baselines(baseline: Baseline) throws {
        let series = try SyntheticSeries(seed: 9).table(length: 150, channels: 2)
        let windows = try Dataset(series).windows(.test, context: 8, horizon: 6)
        let distribution = try baseline.distributionMetrics(over: windows)
        let point = try baseline.metrics(over: windows)
        #expect(abs(distribution.crps - point.mae) < 1e-12)
        #expect(distribution.points == point.points)
        #expect(throws: TimeSeriesError.self) {
            try Baseline.seasonalNaive(period: 9).distributionMetrics(over: windows)
        }
    }
}
