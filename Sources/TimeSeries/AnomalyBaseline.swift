/// Values for a window's points without a model; a large distance from them marks an anomaly.
public enum AnomalyBaseline: Sendable, Equatable {
    /// The mean of the window.
    case windowMean
    /// The last value before the token.
    case lastValue
    /// The value one period before the point.
    case seasonalNaive(period: Int)

    /// The mean squared distance of every token, averaged over the channels.
    ///
    /// Where nothing precedes, at the beginning of the series, its first value stands in.
    public func scores(of tokens: AnomalyTokens, in series: Series) -> [Double] {
        var scores = [Double](repeating: 0, count: tokens.count)
        for channel in 0..<series.channels {
            let values = series.channel(channel)
            let base = values.startIndex
            for window in tokens.windows {
                let whole = values[base + window.start..<base + window.start + tokens.context]
                let mean = whole.reduce(0, +) / Double(tokens.context)
                for token in window.tokens {
                    let rows = tokens.rows(of: token)
                    var sum = 0.0
                    for row in rows {
                        let expected =
                            switch self {
                            case .windowMean: mean
                            case .lastValue: values[base + max(0, rows.lowerBound - 1)]
                            case .seasonalNaive(let period): values[base + max(0, row - period)]
                            }
                        let distance = values[base + row] - expected
                        sum += distance * distance
                    }
                    scores[token] += sum / Double(tokens.patch * series.channels)
                }
            }
        }
        return scores
    }
}

extension AnomalyBaseline: CustomStringConvertible {
    /// `window mean`, `last value` or `seasonal-naive (24)`.
    public var description: String {
        switch self {
        case .windowMean: "window mean"
        case .lastValue: "last value"
        case .seasonalNaive(let period): "seasonal-naive (\(period))"
        }
    }
}
