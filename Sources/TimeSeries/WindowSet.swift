/// Windows of one split of a series, each a stretch of context followed by a horizon.
///
/// Usually channels are independent: window `i` belongs to exactly one, and the order is channel by channel, then by
/// start. For models that read channels together a window holds all of them, and the order is by start.
/// No value is copied until it is asked for.
public struct WindowSet: Sendable {
    /// The (usually standardised) series that the windows cut.
    public let series: Series
    /// The split they belong to.
    public let split: Split
    /// Steps a model sees.
    public let context: Int
    /// Steps it is asked for; 0 for tasks judged on the context itself.
    public let horizon: Int
    /// First rows of all windows of one channel, before selection.
    public let starts: Range<Int>
    /// Which of them are in this set.
    public let selection: WindowSelection
    /// Number of windows.
    public private(set) var count: Int
    /// Channels of one window: 1, or all of the series.
    public let width: Int
    private let step: Int
    private let perChannel: Int
    private var chosen: [Int]?

    /// Steps of one window.
    public var length: Int { context + horizon }

    /// The windows of `split` within `borders`.
    ///
    /// Validation and test windows start up to `context` rows before their stretch when there is a horizon; with
    /// horizon 0 the whole window is judged, so it lies inside.
    /// - Parameters:
    ///   - joint: whether a window holds all channels.
    ///   - reachingBack: with horizon 0, whether a stretch shorter than a window gives the one window that ends with it.
    /// - Throws: `tooFewRows`, `tooFewWindows`, `bordersBeyondEnd`, or `invalidArgument` for sizes out of range.
    public init(
        _ series: Series, borders: Borders, split: Split, context: Int, horizon: Int,
        selection: WindowSelection = .all, joint: Bool = false, reachingBack: Bool = false
    ) throws(TimeSeriesError) {
        let limit = 1 << 40
        guard 0 < context, context < limit else {
            throw .invalidArgument(name: "context", found: "\(context)", expected: "at least 1 step")
        }
        guard 0 <= horizon, horizon < limit else {
            throw .invalidArgument(name: "horizon", found: "\(horizon)", expected: "0 or more steps")
        }
        let stretch = borders.rows(of: split)
        guard stretch.upperBound <= series.rows else {
            throw .bordersBeyondEnd(
                path: series.title, scheme: "\(borders.resolved)", needed: stretch.upperBound, rows: series.rows)
        }
        // A context longer than all earlier rows leaves fewer windows; their targets still lie inside the stretch.
        let missing = reachingBack ? max(0, context - stretch.count) : 0
        let leadIn = split == .train ? 0 : horizon == 0 ? missing : context
        let first = max(0, stretch.lowerBound - leadIn)
        guard stretch.upperBound - first >= context + horizon else {
            throw .tooFewRows(
                path: series.title, split: "\(split)", rows: stretch.upperBound - first, context: context,
                horizon: horizon)
        }
        width = joint ? series.channels : 1
        let groups = joint ? 1 : series.channels
        starts = first..<(stretch.upperBound - context - horizon + 1)
        switch selection {
        case .all:
            (step, perChannel, chosen) = (1, starts.count, nil)
            count = starts.count * groups
        case .stride(let stride):
            guard stride > 0, stride < limit else {
                throw .invalidArgument(name: "stride", found: "\(stride)", expected: "at least 1")
            }
            (step, perChannel, chosen) = (stride, (starts.count + stride - 1) / stride, nil)
            count = perChannel * groups
        case .random(let wanted, let seed):
            let total = starts.count * groups
            guard wanted > 0 else {
                throw .invalidArgument(name: "windows", found: "\(wanted)", expected: "at least 1")
            }
            guard wanted <= total else {
                throw .tooFewWindows(
                    path: series.title, split: "\(split)", requested: wanted, available: total)
            }
            (step, perChannel) = (1, starts.count)
            chosen = sampledIndexes(count: wanted, of: total, seed: seed)
            count = wanted
        }
        self.series = series
        self.split = split
        self.context = context
        self.horizon = horizon
        self.selection = selection
    }

    /// Some windows of this set, in the given order and as often as they are named.
    public func selecting(_ indices: [Int]) -> WindowSet {
        precondition(indices.allSatisfy { 0..<count ~= $0 }, "windows of this set")
        var selected = self
        // Positions without the stride, which `place` puts back.
        selected.chosen = indices.map { chosen?[$0] ?? $0 }
        selected.count = indices.count
        return selected
    }

    /// The (first) channel and the first row of window `index`.
    public func place(of index: Int) -> (channel: Int, start: Int) {
        let flat = chosen?[index] ?? index
        return (flat / perChannel, starts.lowerBound + flat % perChannel * step)
    }

    /// A number that names the same (channel, start) in every selection from the same series.
    public func key(of index: Int) -> UInt64 { UInt64(offset(of: index)) }

    /// What a model sees of window `index`, in its first or another of its channels.
    public func context(_ index: Int, channel: Int = 0) -> ArraySlice<Double> {
        let start = offset(of: index) + channel * series.rows
        return series.values[start..<start + context]
    }

    /// What follows the context of window `index`, in its first or another of its channels.
    public func target(_ index: Int, channel: Int = 0) -> ArraySlice<Double> {
        let start = offset(of: index) + channel * series.rows + context
        return series.values[start..<start + horizon]
    }

    /// Copies windows `range` into `buffer`, `[range.count, width, length]`, row-major.
    ///
    /// - Throws: `invalidArgument` when the range or the buffer's size does not fit.
    public func fill(_ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Double>) throws(TimeSeriesError) {
        try check(range, bufferCount: buffer.count)
        series.values.withUnsafeBufferPointer { source in
            guard let from = source.baseAddress, var to = buffer.baseAddress else { return }
            for index in range {
                for channel in 0..<width {
                    to.update(from: from + offset(of: index) + channel * series.rows, count: length)
                    to += length
                }
            }
        }
    }

    /// Copies windows `range`, rounded to 32 bits, into `buffer`, `[range.count, width, length]`, row-major.
    ///
    /// - Throws: `invalidArgument` when the range or the buffer's size does not fit.
    public func fill(_ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws(TimeSeriesError) {
        try check(range, bufferCount: buffer.count)
        let steps = length
        series.values.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress, var to = buffer.baseAddress else { return }
            for index in range {
                for channel in 0..<width {
                    let from = base + offset(of: index) + channel * series.rows
                    for i in 0..<steps { to[i] = Float(from[i]) }
                    to += steps
                }
            }
        }
    }

    /// Windows `range` as a new array `[range.count, width, length]`, row-major.
    ///
    /// - Throws: `invalidArgument` when the range does not fit.
    public func values(_ range: Range<Int>) throws(TimeSeriesError) -> [Double] {
        var copy = [Double](repeating: 0, count: max(0, range.count) * width * length)
        try copy.withUnsafeMutableBufferPointer { (buffer) throws(TimeSeriesError) in try fill(range, into: buffer) }
        return copy
    }

    /// The variance of the last values of all windows, around their common mean and divided by their number.
    ///
    /// Cost: two passes over the windows, 256 at a time.
    public func variance(ofLast count: Int) throws(TimeSeriesError) -> Double {
        precondition(count > 0 && count <= length, "windows have so many values")
        /// Σ f(value) over the last values.
        func sum(_ term: (Double) -> Double) throws(TimeSeriesError) -> Double {
            var total = 0.0
            for start in stride(from: 0, to: self.count, by: 256) {
                let values = try values(start..<min(self.count, start + 256))
                for end in stride(from: length, through: values.count, by: length) {
                    for value in values[(end - count)..<end] { total += term(value) }
                }
            }
            return total
        }
        let number = Double(self.count * width * count)
        let mean = try sum { $0 } / number
        return try sum { ($0 - mean) * ($0 - mean) } / number
    }

    func offset(of index: Int) -> Int {
        let (channel, start) = place(of: index)
        return channel * series.rows + start
    }

    private func check(_ range: Range<Int>, bufferCount: Int) throws(TimeSeriesError) {
        guard range.lowerBound >= 0, range.upperBound <= count else {
            throw .invalidArgument(name: "window range", found: "\(range)", expected: "inside 0..<\(count)")
        }
        guard bufferCount == range.count * width * length else {
            throw .invalidArgument(
                name: "window buffer", found: "\(bufferCount) elements", expected: "\(range.count * width * length)")
        }
    }
}

extension WindowSet: CustomStringConvertible {
    /// A stable line for provenance and fingerprints; says everything that decides which values are in the set, except
    /// the data, the borders and the scaling.
    public var description: String {
        "split \(split); channels \(series.names.joined(separator: ",")); \(width == 1 ? "" : "together; ")context \(context); horizon \(horizon); "
            + "starts \(starts.lowerBound)..<\(starts.upperBound); windows \(selection); count \(count)"
    }
}
