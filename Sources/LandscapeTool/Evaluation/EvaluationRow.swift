import TimeSeries

/// A measured error; the raw value is its key in documents.
enum Metric: String, CaseIterable {
    case mse, mae, rmse, mape, mspe, mase, crps, wql
    /// Of the first labelled token or window among the scores.
    case rank
    /// How many scores are above the threshold.
    case flagged
    case precision, recall, f1

    /// The head of its column; nil for what only documents show.
    var title: String? {
        switch self {
        case .mspe: nil
        case .rank, .flagged, .precision, .recall: rawValue
        default: rawValue.uppercased()
        }
    }
}

/// What was asked beside the weights: one line of a table for every combination.
struct EvaluationSetting: Equatable {
    /// Steps forecast.
    var horizon: Int?
    /// What was hidden at once, such as `patch of 24`.
    var mask: String?
    /// The share of hidden points.
    var maskRate: Double?
    /// What has a score: `token` or `window`.
    var unit: String?
    /// Which scores are flagged.
    var threshold: String?
}

/// The errors of one forecast, of a model or a baseline, on the windows of one split.
struct EvaluationRow {
    /// Whose: a variant's name, or a baseline's.
    let who: String
    /// Whether no model was involved.
    let isBaseline: Bool
    let split: Split
    let setting: EvaluationSetting
    /// How many windows, or scored units, the row is about.
    let windows: Int
    /// Points that the means run over.
    let points: Int
    let metrics: [Metric: Double]
    /// Anomaly scores of the units, and the rows they begin at; only where they were asked for.
    var scores: [(row: Int, score: Double)]?

    /// A metric; NaN where it is not defined for the row.
    subscript(metric: Metric) -> Double { metrics[metric] ?? .nan }
}

extension EvaluationRow {
    /// Point errors, and those of a distribution where there is one.
    ///
    /// - Parameter isScaled: whether MASE has a meaning.
    init(
        _ who: String, isBaseline: Bool, split: Split, setting: EvaluationSetting, errors: ForecastMetrics,
        distribution: QuantileMetrics? = nil, isScaled: Bool, windows: Int
    ) {
        var metrics: [Metric: Double] = [
            .mse: errors.mse, .mae: errors.mae, .rmse: errors.rmse, .mape: errors.mape, .mspe: errors.mspe,
        ]
        if isScaled { metrics[.mase] = errors.mase }
        if let distribution {
            metrics[.crps] = distribution.crps
            metrics[.wql] = distribution.weightedQuantileLoss
        }
        self.init(
            who: who, isBaseline: isBaseline, split: split, setting: setting, windows: windows, points: errors.points,
            metrics: metrics)
    }
}
