/// Per-channel standardisation `z = (x - mean) / scale`, fitted on some rows only.
///
/// `scale` is the population standard deviation (divisor n). A channel that is constant up to rounding gets scale 1,
/// by the criterion of scikit-learn's StandardScaler: variance <= n·ε·variance + (n·ε·mean)².
public struct Standardizer: Sendable, Equatable {
    /// One mean per channel.
    public let means: [Double]
    /// One scale per channel, never zero.
    public let scales: [Double]

    /// Fits on `rows` of every channel; two passes over them.
    ///
    /// - Throws: `invalidArgument` when `rows` is empty or not inside the series, or a variance overflows.
    public init(fitting series: Series, rows: Range<Int>) throws(TimeSeriesError) {
        guard !rows.isEmpty, rows.lowerBound >= 0, rows.upperBound <= series.rows else {
            throw .invalidArgument(name: "rows to fit on", found: "\(rows)", expected: "some of 0..<\(series.rows)")
        }
        var means: [Double] = []
        var scales: [Double] = []
        for channel in 0..<series.channels {
            let (mean, variance) = series.values.withUnsafeBufferPointer { values in
                moments(values, from: channel * series.rows + rows.lowerBound, count: rows.count)
            }
            guard mean.isFinite, variance.isFinite else {
                throw .invalidArgument(
                    name: "column '\(series.names[channel])'", found: "values whose variance overflows",
                    expected: "values below about 1e150; rescale the column")
            }
            let n = Double(rows.count)
            let rounding = n * mean * .ulpOfOne
            let isConstant = variance <= n * .ulpOfOne * variance + rounding * rounding
            means.append(mean)
            scales.append(isConstant ? 1 : variance.squareRoot())
        }
        self.means = means
        self.scales = scales
    }

    /// The series in standardised units.
    ///
    /// - Throws: `invalidArgument` when the number of channels differs, or a value leaves the range of a float.
    public func standardized(_ series: Series) throws(TimeSeriesError) -> Series {
        try mapped(series) { value, mean, scale in (value - mean) / scale }
    }

    /// The series back in its own units.
    ///
    /// - Throws: `invalidArgument` when the number of channels differs, or a value leaves the range of a float.
    public func restored(_ series: Series) throws(TimeSeriesError) -> Series {
        try mapped(series) { value, mean, scale in value * scale + mean }
    }

    /// Brings standardised values of one channel back to their own units, in place.
    public func restore(_ values: UnsafeMutableBufferPointer<Double>, channel: Int) {
        let (mean, scale) = (means[channel], scales[channel])
        for i in values.indices { values[i] = values[i] * scale + mean }
    }

    private func mapped(
        _ series: Series, _ body: (Double, Double, Double) -> Double
    ) throws(TimeSeriesError) -> Series {
        guard series.channels == means.count else {
            throw .invalidArgument(name: "channels", found: "\(series.channels)", expected: "\(means.count)")
        }
        var worst = 0.0
        let values = [Double](unsafeUninitializedCapacity: series.values.count) { target, count in
            series.values.withUnsafeBufferPointer { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                for channel in 0..<series.channels {
                    let (mean, scale) = (means[channel], scales[channel])
                    for i in channel * series.rows..<(channel + 1) * series.rows {
                        let value = body(from[i], mean, scale)
                        to[i] = value
                        worst = max(worst, value.magnitude)
                    }
                }
            }
            count = series.values.count
        }
        // Later rows can exceed a tiny training scale by far.
        guard worst <= Double(Float.greatestFiniteMagnitude) else {
            throw .invalidArgument(
                name: series.title, found: "a scaled value of \(worst)",
                expected: "values in the range of a 32-bit float")
        }
        return Series(names: series.names, rows: series.rows, values: values, path: series.path, labels: series.labels)
    }
}

/// Mean and population variance, each with a second pass that removes most of the rounding of the first.
private func moments(
    _ values: UnsafeBufferPointer<Double>, from start: Int, count: Int
) -> (mean: Double, variance: Double) {
    guard let base = values.baseAddress else { return (0, 0) }
    let n = Double(count)
    var sum = 0.0
    for i in start..<start + count { sum += base[i] }
    let rough = sum / n
    var shift = 0.0
    var squares = 0.0
    for i in start..<start + count {
        let deviation = base[i] - rough
        shift += deviation
        squares += deviation * deviation
    }
    let correction = shift / n
    return (rough + correction, max(0, squares / n - correction * correction))
}
