/// Errors of point forecasts, accumulated window by window in 64-bit floats.
///
/// All means run over every point of every window, as in the benchmarks; e = prediction - target, y = target:
/// MSE = mean e², MAE = mean |e|, RMSE = √MSE, MAPE = mean |e/y|, MSPE = mean (e/y)², and MASE = mean |e| / s with s the
/// error of a naive forecast on the training rows (`NaiveError`; Hyndman and Koehler 2006).
/// MAPE and MSPE are fractions, not percent, and infinite or NaN once a target is exactly zero (`zeroTargets`).
public struct ForecastMetrics: Sendable, Equatable {
    /// Points seen.
    public private(set) var points = 0
    /// Windows seen.
    public private(set) var windows = 0
    /// Points whose target is exactly 0, which leave MAPE and MSPE undefined.
    public private(set) var zeroTargets = 0
    /// Points that MASE covers: those added with a positive naive error.
    public private(set) var scaledPoints = 0
    private var squared = 0.0
    private var absolute = 0.0
    private var relative = 0.0
    private var relativeSquared = 0.0
    private var scaled = 0.0

    /// Nothing seen yet; every metric is NaN.
    public init() {}

    /// Mean squared error.
    public var mse: Double { squared / Double(points) }
    /// Mean absolute error.
    public var mae: Double { absolute / Double(points) }
    /// Root of the mean squared error.
    public var rmse: Double { mse.squareRoot() }
    /// Mean absolute error relative to the target.
    public var mape: Double { relative / Double(points) }
    /// Mean squared error relative to the target.
    public var mspe: Double { relativeSquared / Double(points) }
    /// Mean absolute error relative to the naive error; NaN when no point came with one.
    public var mase: Double { scaled / Double(scaledPoints) }

    /// Adds one window.
    ///
    /// - Parameters:
    ///   - prediction: As many values as `target`; only the common length counts.
    ///   - target: What was observed.
    ///   - naiveError: The channel's scale for MASE, in the units of the values; nil or not positive leaves MASE out.
    public mutating func add(
        prediction: UnsafeBufferPointer<Double>, target: UnsafeBufferPointer<Double>, naiveError: Double? = nil
    ) {
        guard let p = prediction.baseAddress, let y = target.baseAddress else { return }
        add(p, period: 0, y, count: min(prediction.count, target.count), naiveError: naiveError)
    }

    /// Adds one window given as arrays; see `add(prediction:target:naiveError:)`.
    public mutating func add(prediction: [Double], target: [Double], naiveError: Double? = nil) {
        prediction.withUnsafeBufferPointer { p in
            target.withUnsafeBufferPointer { y in add(prediction: p, target: y, naiveError: naiveError) }
        }
    }

    /// Adds a batch of forecasts of windows `range`, `[range.count, horizon]`, row-major.
    ///
    /// - Parameter naiveErrors: One scale per channel for MASE, or nil.
    /// - Throws: `invalidArgument` when the range, the batch's size or the number of scales does not fit.
    public mutating func add(
        predictions: UnsafeBufferPointer<Float>, of windows: WindowSet, range: Range<Int>, naiveErrors: [Double]? = nil
    ) throws(TimeSeriesError) {
        let horizon = windows.horizon
        guard range.lowerBound >= 0, range.upperBound <= windows.count,
            predictions.count == range.count * windows.width * horizon
        else {
            throw .invalidArgument(
                name: "predictions", found: "\(predictions.count) values for windows \(range)",
                expected: "\(windows.width * horizon) per window, windows inside 0..<\(windows.count)")
        }
        guard naiveErrors.map({ $0.count == windows.series.channels }) ?? true else {
            throw .invalidArgument(
                name: "naive errors", found: "\(naiveErrors?.count ?? 0)",
                expected: "\(windows.series.channels), one per channel")
        }
        var wide = [Double](repeating: 0, count: horizon)
        var row = 0
        for index in range {
            for channel in 0..<windows.width {
                for step in 0..<horizon { wide[step] = Double(predictions[row * horizon + step]) }
                row += 1
                let naive = naiveErrors?[windows.place(of: index).channel + channel]
                wide.withUnsafeBufferPointer { prediction in
                    windows.target(index, channel: channel).withUnsafeBufferPointer { target in
                        add(prediction: prediction, target: target, naiveError: naive)
                    }
                }
            }
        }
    }

    /// Adds what another accumulator has seen.
    public mutating func merge(_ other: ForecastMetrics) {
        points += other.points
        windows += other.windows
        zeroTargets += other.zeroTargets
        scaledPoints += other.scaledPoints
        squared += other.squared
        absolute += other.absolute
        relative += other.relative
        relativeSquared += other.relativeSquared
        scaled += other.scaled
    }

    /// One window whose prediction is `p` throughout (`period` 0), or its first `period` values over and over.
    mutating func add(
        _ p: UnsafePointer<Double>, period: Int, _ y: UnsafePointer<Double>, count: Int, naiveError: Double?
    ) {
        // Sums per window keep the running sums' rounding small.
        var squares = 0.0
        var absolutes = 0.0
        var relatives = 0.0
        var relativeSquares = 0.0
        var zeros = 0
        var i = 0
        var k = 0
        while i < count {
            let target = y[i]
            let error = p[k] - target
            let ratio = error / target
            squares += error * error
            absolutes += error.magnitude
            relatives += ratio.magnitude
            relativeSquares += ratio * ratio
            if target == 0 { zeros &+= 1 }
            i &+= 1
            k &+= 1
            if k == period { k = 0 }
        }
        points += count
        windows += 1
        zeroTargets += zeros
        squared += squares
        absolute += absolutes
        relative += relatives
        relativeSquared += relativeSquares
        if let naiveError, naiveError > 0 {
            scaled += absolutes / naiveError
            scaledPoints += count
        }
    }
}
