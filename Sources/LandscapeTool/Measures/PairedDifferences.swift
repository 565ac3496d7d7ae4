import Archive
import Landscape
import Synchronization

/// How a slice around one variant differs from the same slice around the first, point by point and window by window.
///
/// Windows are common to both, so the error of the difference is that of the windows' differences: it is often far smaller than
/// the errors of the two losses.
final class PairedDifferences: Sendable {
    /// Losses that are kept of one slice: 256 MiB of them.
    private static let limit = 1 << 25

    /// The columns beside the loss.
    static let columns = [
        ColumnPlan(name: "difference", longName: "loss less that of the first variant at this point", units: "loss"),
        ColumnPlan(
            name: "difference_error", longName: "standard error of the difference, windows paired", units: "loss"),
    ]

    /// Of the first variant, by slice and point.
    private let known = Mutex([String: [Int: [Double]]]())

    /// Whether slices of so many points are compared with the first variant's, whose losses are then kept.
    static func apply(_ settings: ProbeSettings, points: Int, windows: Int) -> Bool {
        !settings.axes.isThroughWeights && settings.variants.count > 1 && points * windows <= limit
            && settings.directionSeeds == 1 && !settings.derivatives
    }

    /// Keeps what was found at the first variant.
    func keep(_ slice: String, _ index: Int, _ value: LossValue) {
        known.withLock { $0[slice, default: [:]][index] = value.perWindow }
    }

    /// The points whose losses are not known, as after a resumption.
    func missing(_ slice: String, among points: [Int]) -> [Int] {
        known.withLock { known in points.filter { known[slice]?[$0] == nil } }
    }

    /// The values of the columns at a point.
    func values(_ slice: String, _ index: Int, _ value: LossValue) -> [String: Double] {
        guard let first = known.withLock({ $0[slice]?[index] }), first.count == value.perWindow.count else {
            return [:]
        }
        let statistics = SampleStatistics(zip(value.perWindow, first).map { $0 - $1 })
        return ["difference": statistics.mean, "difference_error": statistics.standardError]
    }
}
