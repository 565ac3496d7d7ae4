import Foundation

/// Above which score a token or window counts as anomalous.
public enum AnomalyThreshold: Sendable, Hashable {
    /// The highest scores of the judged stretch, as a percentage of their number, rounded up.
    case top(percent: Double)
    /// Scores above a quantile of the scores of the training stretch, which has no anomalies.
    case quantile(Double)

    /// From `top:3` or `quantile:0.99`.
    ///
    /// - Throws: `invalidArgument` for anything else, percentages outside (0, 100] and quantiles outside (0, 1).
    public init(_ text: String) throws(TimeSeriesError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let number = parts.count == 2 ? Double(parts[1]) ?? .nan : .nan
        switch parts.first {
        case "top" where number > 0 && number <= 100: self = .top(percent: number)
        case "quantile" where number > 0 && number < 1: self = .quantile(number)
        default:
            throw .invalidArgument(
                name: "threshold", found: "'\(text)'",
                expected: "top:PERCENT above 0 and at most 100, or quantile:SHARE between 0 and 1")
        }
    }

    /// Which scores are flagged. Among equal scores the earlier comes first.
    ///
    /// - Parameter training: scores of the training stretch.
    public func flags(_ scores: [Double], training: [Double]) -> [Bool] {
        switch self {
        case .top(let percent):
            // Without rounding up what is whole but for the last bit.
            let count = Int((Double(scores.count) * percent / 100 - 1e-9).rounded(.up))
            var flags = [Bool](repeating: false, count: scores.count)
            for index in AnomalyRanking.order(scores).prefix(count) { flags[index] = true }
            return flags
        case .quantile(let level):
            let limit = QuantileMetrics.quantile(level, sorted: training.sorted())
            return scores.map { $0 > limit }
        }
    }
}

extension AnomalyThreshold: CustomStringConvertible {
    /// `top 3 %` or `train quantile 0.99`.
    public var description: String {
        func short(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
        return switch self {
        case .top(let percent): "top \(short(percent)) %"
        case .quantile(let level): "train quantile \(level)"
        }
    }
}

/// Where the labelled anomaly stands among the scores.
public enum AnomalyRanking {
    /// Indices by falling score; equal scores keep their order in time.
    public static func order(_ scores: [Double]) -> [Int] {
        scores.indices.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }
    }

    /// The 1-based rank of the highest score among the labelled ones: 1 when the anomaly has the highest score of all. Nil without
    /// labels among the scores, and when a score is NaN.
    public static func firstHit(_ scores: [Double], isLabelled: [Bool]) -> Int? {
        guard !scores.contains(where: \.isNaN) else { return nil }
        return order(scores).firstIndex { isLabelled[$0] }.map { $0 + 1 }
    }
}

/// Flags against labels, without adjustment: every token counts for itself.
public struct DetectionCounts: Sendable, Equatable {
    /// Flagged and labelled.
    public private(set) var hits = 0
    /// Flagged.
    public private(set) var flagged = 0
    /// Labelled.
    public private(set) var labelled = 0
    /// All.
    public private(set) var total = 0

    /// Counts flags and labels of the same tokens.
    public init(flags: [Bool], isLabelled: [Bool]) {
        for (flag, label) in zip(flags, isLabelled) {
            if flag && label { hits += 1 }
            if flag { flagged += 1 }
            if label { labelled += 1 }
            total += 1
        }
    }

    /// hits / flagged; NaN when nothing is flagged.
    public var precision: Double { Double(hits) / Double(flagged) }
    /// hits / labelled; NaN when nothing is labelled.
    public var recall: Double { Double(hits) / Double(labelled) }
    /// 2 hits / (flagged + labelled); NaN when nothing is either.
    public var f1: Double { 2 * Double(hits) / Double(flagged + labelled) }
}
