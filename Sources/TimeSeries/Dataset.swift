/// A series, its borders, and its values in the units that models see.
public struct Dataset: Sendable {
    /// In its own units.
    public let series: Series
    /// Where the splits end.
    public let borders: Borders
    /// Fitted on the train rows alone; nil when scaling was not asked for.
    public let standardizer: Standardizer?
    /// Standardised, or the series itself.
    public let scaled: Series

    /// Divides and scales a series.
    ///
    /// - Parameter standardize: as the benchmarks do: mean and deviation of each channel's train rows.
    /// - Throws: `TimeSeriesError` when the borders do not fit or a channel cannot be scaled.
    public init(
        _ series: Series, borders scheme: BorderScheme = .automatic, standardize: Bool = true
    ) throws(TimeSeriesError) {
        self.series = series
        borders = try Borders(scheme, rows: series.rows, path: series.path)
        if standardize {
            let fitted = try Standardizer(fitting: series, rows: borders.rows(of: .train))
            scaled = try fitted.standardized(series)
            standardizer = fitted
        } else {
            scaled = series
            standardizer = nil
        }
    }

    /// The windows of a split, in scaled units.
    ///
    /// - Parameters:
    ///   - joint: whether a window holds all channels.
    ///   - reachingBack: as in ``WindowSet``.
    /// - Throws: `TimeSeriesError` when the split is too short or a size is out of range.
    public func windows(
        _ split: Split, context: Int, horizon: Int, selection: WindowSelection = .all, joint: Bool = false,
        reachingBack: Bool = false
    ) throws(TimeSeriesError) -> WindowSet {
        try WindowSet(
            scaled, borders: borders, split: split, context: context, horizon: horizon, selection: selection,
            joint: joint, reachingBack: reachingBack)
    }

    /// A stable line for provenance: with the data's hash and the windows' description it fixes every value.
    public var provenance: String {
        "rows \(series.rows); borders \(borders); \(standardizer == nil ? "unscaled" : "standardised by train rows")"
    }
}
