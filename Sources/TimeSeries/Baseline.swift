/// Forecasts without a model, to be beaten before anything is claimed.
public enum Baseline: Sendable, Equatable {
    /// The last value of the context, throughout.
    case naive
    /// The last `period` values of the context, over and over.
    case seasonalNaive(period: Int)

    /// Steps after which the forecast repeats itself.
    public var period: Int {
        switch self {
        case .naive: 1
        case .seasonalNaive(let period): period
        }
    }

    /// The metrics over all windows; `naiveErrors` (one per channel) enables MASE.
    ///
    /// Works on the series itself, without copying a window.
    /// - Throws: `invalidArgument` when the period is not in 1...context, the horizon is 0, or the number of naive
    ///   errors is not the number of channels.
    public func metrics(
        over windows: WindowSet, naiveErrors: [Double]? = nil
    ) throws(TimeSeriesError) -> ForecastMetrics {
        guard period >= 1, period <= windows.context else {
            throw .invalidArgument(
                name: "period", found: "\(period)", expected: "1 to \(windows.context), the length of the context")
        }
        guard windows.horizon > 0 else {
            throw .invalidArgument(name: "horizon", found: "0", expected: "at least 1 step to forecast")
        }
        guard naiveErrors.map({ $0.count == windows.series.channels }) ?? true else {
            throw .invalidArgument(
                name: "naive errors", found: "\(naiveErrors?.count ?? 0)",
                expected: "\(windows.series.channels), one per channel")
        }
        var metrics = ForecastMetrics()
        windows.series.values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for index in 0..<windows.count {
                let place = windows.place(of: index)
                for channel in place.channel..<place.channel + windows.width {
                    let target = base + channel * windows.series.rows + place.start + windows.context
                    metrics.add(
                        target - period, period: period, target, count: windows.horizon,
                        naiveError: naiveErrors?[channel])
                }
            }
        }
        return metrics
    }
}

extension Baseline: CustomStringConvertible {
    /// `naive` or `seasonal-naive (24)`.
    public var description: String {
        switch self {
        case .naive: "naive"
        case .seasonalNaive(let period): "seasonal-naive (\(period))"
        }
    }
}

/// The scale of MASE: the mean absolute error of the seasonal naive forecast, one period ahead, on the given rows.
public enum NaiveError {
    /// mean over t of |x(t) - x(t - period)| for each channel; 0 for a channel that repeats exactly.
    ///
    /// - Throws: `invalidArgument` when `rows` is not inside the series or not longer than `period`.
    public static func perChannel(
        _ series: Series, rows: Range<Int>, period: Int = 1
    ) throws(TimeSeriesError) -> [Double] {
        guard rows.lowerBound >= 0, rows.upperBound <= series.rows, period >= 1, rows.count > period else {
            throw .invalidArgument(
                name: "naive error", found: "rows \(rows), period \(period)",
                expected: "rows inside 0..<\(series.rows), more than the period, which is at least 1")
        }
        return series.values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return [] }
            return (0..<series.channels).map { channel in
                let from = base + channel * series.rows + rows.lowerBound
                var sum = 0.0
                for t in period..<rows.count { sum += (from[t] - from[t - period]).magnitude }
                return sum / Double(rows.count - period)
            }
        }
    }
}
