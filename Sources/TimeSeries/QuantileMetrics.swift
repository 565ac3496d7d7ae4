/// Errors of forecast distributions, accumulated window by window in 64-bit floats.
///
/// With y the target, q(τ) the forecast's quantile at level τ, and the pinball loss
/// ρ(τ, q, y) = max(τ (y − q), (τ − 1)(y − q)) (Koenker and Bassett 1978):
/// - WQL = mean over levels of 2 Σ ρ(τ, q(τ), y) / Σ |y|, sums over all points of all windows (Gneiting 2011; the "weighted
///   quantile loss" of GluonTS and Chronos).
/// - CRPS = ∫₀¹ 2 ρ(τ, q(τ), y) dτ = E|X − y| − ½ E|X − X′|, the mean over points (Gneiting and Raftery 2007, eq. 21). Of
///   draws it is computed exactly for their empirical distribution, of quantiles by the mean over their levels, which
///   tends to the integral as levels become dense. Of a point forecast both forms give its absolute error.
public struct QuantileMetrics: Sendable, Equatable {
    /// What batches of forecasts hold for every channel of a window, before the steps of the horizon.
    public enum Form: Sendable, Equatable {
        /// One value.
        case point
        /// Quantiles at ``QuantileMetrics/levels``, in their order.
        case quantiles
        /// Independent draws.
        case samples(Int)
    }

    /// The nine levels of the forecasting literature, 0.1 to 0.9.
    public static let nineLevels = (1...9).map { Double($0) / 10 }

    /// Levels of the quantile loss, between 0 and 1.
    public let levels: [Double]
    /// Points seen.
    public private(set) var points = 0
    /// Σ 2 ρ over all levels and points.
    private var loss = 0.0
    private let levelSum: Double
    private var scores = 0.0
    private var targets = 0.0

    /// Nothing seen yet; every metric is NaN.
    ///
    /// - Throws: `invalidArgument` unless there are levels and all lie between 0 and 1.
    public init(levels: [Double] = nineLevels) throws(TimeSeriesError) {
        guard !levels.isEmpty, levels.allSatisfy({ 0 < $0 && $0 < 1 }) else {
            throw .invalidArgument(name: "quantile levels", found: "\(levels)", expected: "levels between 0 and 1")
        }
        self.levels = levels
        levelSum = levels.reduce(0, +)
    }

    /// The mean continuous ranked probability score, in the units of the values.
    public var crps: Double { scores / Double(points) }
    /// The weighted quantile loss, without unit; infinite or NaN when every target is 0.
    public var weightedQuantileLoss: Double { loss / (Double(levels.count) * targets) }

    /// ρ(τ, q, y).
    public static func pinball(level: Double, quantile: Double, target: Double) -> Double {
        let error = target - quantile
        return max(level * error, (level - 1) * error)
    }

    /// E|X − y| − ½ E|X − X′| of the empirical distribution of draws in ascending order; NaN without draws.
    public static func crps(sorted draws: [Double], target: Double) -> Double {
        let count = Double(draws.count)
        var distance = 0.0
        var spread = 0.0
        for (index, draw) in draws.enumerated() {
            distance += (draw - target).magnitude
            // Σᵢⱼ |xᵢ − xⱼ| = 2 Σᵢ (2i − n − 1) x₍ᵢ₎ with i from 1.
            spread += Double(2 * index + 1 - draws.count) * draw
        }
        return distance / count - spread / (count * count)
    }

    /// The quantile of draws in ascending order, linear between neighbours at positions i/(n − 1); NaN without draws.
    public static func quantile(_ level: Double, sorted draws: [Double]) -> Double {
        guard let last = draws.last else { return .nan }
        let position = level * Double(draws.count - 1)
        let index = Int(position)
        guard index + 1 < draws.count else { return last }
        return draws[index] + (position - Double(index)) * (draws[index + 1] - draws[index])
    }

    /// Adds forecasts of windows `range`, `[range.count, width, values, horizon]`, row-major, with the values of `form`.
    ///
    /// - Throws: `invalidArgument` when the range or the size does not fit.
    public mutating func add(
        _ forecasts: UnsafeBufferPointer<Float>, as form: Form, of windows: WindowSet, range: Range<Int>
    ) throws(TimeSeriesError) {
        let horizon = windows.horizon
        let count =
            switch form {
            case .point: 1
            case .quantiles: levels.count
            case .samples(let draws): draws
            }
        guard range.lowerBound >= 0, range.upperBound <= windows.count, count > 0,
            forecasts.count == range.count * windows.width * count * horizon
        else {
            throw .invalidArgument(
                name: "forecast distributions", found: "\(forecasts.count) values for windows \(range)",
                expected: "\(windows.width * count * horizon) per window, windows inside 0..<\(windows.count)")
        }
        var values = [Double](repeating: 0, count: count)
        var offset = 0
        for index in range {
            for channel in 0..<windows.width {
                let target = windows.target(index, channel: channel)
                for step in 0..<horizon {
                    for k in 0..<count { values[k] = Double(forecasts[offset + k * horizon + step]) }
                    add(values, as: form, target: target[target.startIndex + step])
                }
                offset += count * horizon
            }
        }
    }

    /// Adds one point; `values` as `form` says, draws in any order.
    mutating func add(_ values: [Double], as form: Form, target: Double) {
        points += 1
        targets += target.magnitude
        switch form {
        case .point:
            // Every level has the same quantile: Σ ρ = Σ τ (y − q), or Σ (1 − τ) (q − y).
            let error = target - values[0]
            loss += 2 * max(levelSum * error, (levelSum - Double(levels.count)) * error)
            scores += error.magnitude
        case .quantiles:
            var sum = 0.0
            for k in levels.indices {
                sum += 2 * QuantileMetrics.pinball(level: levels[k], quantile: values[k], target: target)
            }
            loss += sum
            scores += sum / Double(levels.count)
        case .samples:
            let draws = values.sorted()
            for k in levels.indices {
                let quantile = QuantileMetrics.quantile(levels[k], sorted: draws)
                loss += 2 * QuantileMetrics.pinball(level: levels[k], quantile: quantile, target: target)
            }
            scores += QuantileMetrics.crps(sorted: draws, target: target)
        }
    }

    /// Adds what another accumulator with the same levels has seen.
    public mutating func merge(_ other: QuantileMetrics) {
        precondition(levels == other.levels, "accumulators of one evaluation have the same levels")
        points += other.points
        loss += other.loss
        scores += other.scores
        targets += other.targets
    }
}

extension Baseline {
    /// The distribution metrics of this point forecast over all windows: its absolute error as CRPS, and what that means for
    /// the quantile loss.
    ///
    /// - Throws: as ``metrics(over:naiveErrors:)``; `invalidArgument` for levels outside (0, 1).
    public func distributionMetrics(
        over windows: WindowSet, levels: [Double] = QuantileMetrics.nineLevels
    ) throws(TimeSeriesError) -> QuantileMetrics {
        guard period >= 1, period <= windows.context, windows.horizon > 0 else {
            throw .invalidArgument(
                name: "period", found: "\(period) with a horizon of \(windows.horizon)",
                expected: "1 to \(windows.context), the length of the context, and a horizon of at least 1 step")
        }
        var metrics = try QuantileMetrics(levels: levels)
        var value = [0.0]
        for index in 0..<windows.count {
            for channel in 0..<windows.width {
                let context = windows.context(index, channel: channel)
                let target = windows.target(index, channel: channel)
                for step in 0..<windows.horizon {
                    value[0] = context[context.endIndex - period + step % period]
                    metrics.add(value, as: .point, target: target[target.startIndex + step])
                }
            }
        }
        return metrics
    }
}
