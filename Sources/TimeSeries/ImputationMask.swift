/// Which patches of a window are hidden in the imputation task of Timer and SFF; with patches of one step, which points, as
/// in TSLib.
///
/// Each patch is hidden with probability `rate`, independently; the leading patches (by default the first) are always
/// visible. The draw depends only on the seed and the window's key, not on the batch it is in, so that the objective is a
/// function; and what is hidden at one rate is hidden at every higher one (but for windows drawn again).
///
/// Unlike the published code, a window in which nothing got hidden is drawn again, since its loss would be empty: what
/// results is the same distribution given at least one hidden patch. After 64 vain draws (tiny rates) one patch is
/// chosen uniformly, which is the limit of that distribution.
public struct ImputationMask: Sendable, Equatable {
    /// Probability that a patch is hidden.
    public let rate: Double
    /// Steps of one patch.
    public let patch: Int
    /// Steps at a window's beginning that are never hidden, a multiple of the patch.
    public let leading: Int
    /// What the draws depend on.
    public let seed: UInt64

    /// A mask rule.
    ///
    /// - Parameter leading: steps at a window's beginning that are never hidden; one patch when absent.
    /// - Throws: `invalidArgument` unless 0 < rate <= 1, patch >= 1 and leading is a multiple of patch, at least one.
    public init(rate: Double, patch: Int, seed: UInt64, leading: Int? = nil) throws(TimeSeriesError) {
        guard rate > 0, rate <= 1 else {
            throw .invalidArgument(name: "mask rate", found: "\(rate)", expected: "above 0, at most 1")
        }
        guard patch > 0 else {
            throw .invalidArgument(name: "patch", found: "\(patch)", expected: "at least 1 step")
        }
        let leading = leading ?? patch
        guard leading >= patch, leading % patch == 0 else {
            throw .invalidArgument(
                name: "leading steps", found: "\(leading)", expected: "a multiple of the patch, \(patch), at least one")
        }
        self.rate = rate
        self.patch = patch
        self.leading = leading
        self.seed = seed
    }

    /// One flag per patch, true where hidden.
    ///
    /// - Parameters:
    ///   - key: names the window, for instance `WindowSet.key(of:)`.
    ///   - patches: at least one more than the leading ones, so that one can be hidden; with fewer nothing is.
    public func hiddenPatches(key: UInt64, patches: Int) -> [Bool] {
        var hidden = [Bool](repeating: false, count: max(0, patches))
        let first = leading / patch
        guard patches > first else { return hidden }
        var random = StableRandom(seed: seed, key: key)
        for _ in 0..<64 {
            var any = false
            for index in first..<patches {
                hidden[index] = random.uniform() < rate
                any = any || hidden[index]
            }
            if any { return hidden }
        }
        hidden[first + random.below(patches - first)] = true
        return hidden
    }

    /// Writes the masks of windows `range` into `buffer`, `[range.count, width, context]`, row-major: 1 visible, 0 hidden.
    ///
    /// - Throws: `invalidArgument` when the context is not a multiple of the patch or no longer than the leading steps, or
    ///   the range or the buffer's size does not fit.
    public func fill(
        _ range: Range<Int>, of windows: WindowSet, into buffer: UnsafeMutableBufferPointer<Float>
    ) throws(TimeSeriesError) {
        let length = windows.context
        guard length % patch == 0, length > leading else {
            throw .invalidArgument(
                name: "context", found: "\(length)",
                expected: "a multiple of the patch, \(patch), longer than the \(leading) steps that stay visible")
        }
        guard range.lowerBound >= 0, range.upperBound <= windows.count,
            buffer.count == range.count * windows.width * length
        else {
            throw .invalidArgument(
                name: "mask buffer", found: "\(buffer.count) elements for windows \(range)",
                expected: "\(windows.width * length) per window, windows inside 0..<\(windows.count)")
        }
        var position = 0
        for index in range {
            for channel in 0..<windows.width {
                // The same key as the window of that channel alone.
                let key = windows.key(of: index) + UInt64(channel * windows.series.rows)
                for isHidden in hiddenPatches(key: key, patches: length / patch) {
                    for step in position..<position + patch { buffer[step] = isHidden ? 0 : 1 }
                    position += patch
                }
            }
        }
    }
}
