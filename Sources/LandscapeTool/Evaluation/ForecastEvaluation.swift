import Forecasters
import Landscape
import Networks
import Tensor
import TimeSeries

/// Forecasts of every horizon, by the family's published procedure (roll-out where one pass is too short): errors of the point
/// forecast, and of the distribution where the family forecasts one.
struct ForecastEvaluation: TaskEvaluation {
    let request: EvaluationRequest
    let model: any Forecaster
    let dataset: Dataset
    /// The scale of MASE, per channel, from the train rows.
    private let naiveErrors: [Double]
    /// The levels of the quantile loss; nil where no distribution is measured.
    private let levels: [Double]?

    init(_ request: EvaluationRequest, model: any Forecaster, dataset: Dataset) throws {
        for horizon in request.horizons {
            try model.validateForecast(context: request.context, horizon: horizon)
        }
        self.request = request
        self.model = model
        levels =
            request.distributions
            ? (model as? any DistributionForecaster).map { $0.quantileLevels ?? QuantileMetrics.nineLevels } : nil
        self.dataset = dataset
        let rows = dataset.borders.rows(of: .train)
        naiveErrors = try NaiveError.perChannel(dataset.scaled, rows: rows, period: min(request.season, rows.count - 1))
    }

    var summary: String {
        "context \(request.context), errors in units of the train rows' standard deviation, MASE scaled by the train rows' error \(request.season) points ahead"
            + (levels.map { "; WQL at \($0.count) levels from \($0[0]) to \($0[$0.count - 1])" } ?? "")
    }

    func windows(_ horizon: Int, _ split: Split) throws -> WindowSet {
        try dataset.windows(
            split, context: request.context, horizon: horizon, selection: request.selection, joint: model.channels > 1)
    }

    func rows(of weights: Weights, called name: String, split: Split) throws -> [EvaluationRow] {
        let θ = try weights.parameters(of: model.layout, dtype: request.dtype, device: request.device)
        return try request.horizons.map { horizon in
            let windows = try windows(horizon, split)
            let title = request.horizons.count == 1 ? "\(name) forecasts" : "\(name) forecasts of \(horizon) points"
            let (errors, distribution) = try errors(windows, θ, title: title)
            return EvaluationRow(
                name, isBaseline: false, split: split, setting: EvaluationSetting(horizon: horizon), errors: errors,
                distribution: distribution, isScaled: true, windows: windows.count)
        }
    }

    private func errors(
        _ windows: WindowSet, _ θ: Parameters, title: String
    ) throws -> (ForecastMetrics, QuantileMetrics?) {
        let progress = Log.Progress(title, total: windows.count)
        var metrics = ForecastMetrics()
        var distribution = try levels.map { try QuantileMetrics(levels: $0) }
        try OrderedBatches.forEach(windows.count, workers: request.workers) { range in
            let context = try windows.tensor(range, dtype: request.dtype, device: request.device)
                .narrowed(-1, from: 0, count: windows.context)
            let forecast = try forecast(context, windows, range, θ)
            var part = ForecastMetrics()
            try forecast.point.withUnsafeBufferPointer {
                try part.add(predictions: $0, of: windows, range: range, naiveErrors: naiveErrors)
            }
            guard let levels, let form = forecast.form else { return (part, nil as QuantileMetrics?) }
            var further = try QuantileMetrics(levels: levels)
            try forecast.values.withUnsafeBufferPointer { try further.add($0, as: form, of: windows, range: range) }
            return (part, further)
        } consume: { range, part in
            if Interrupt.isRequested { throw LandscapeError.interrupted }
            metrics.merge(part.0)
            if let further = part.1 { distribution?.merge(further) }
            progress.set(range.upperBound)
        }
        return (metrics, distribution)
    }

    /// The point forecast of a batch, and the values of its distribution where that is measured.
    func forecast(
        _ context: Tensor, _ windows: WindowSet, _ range: Range<Int>, _ θ: Parameters
    ) throws -> (point: [Float], values: [Float], form: QuantileMetrics.Form?) {
        let horizon = windows.horizon
        guard levels != nil, let model = model as? any DistributionForecaster else {
            let noise = try noise(
                model.noise(task: .forecast, loss: .mse, context: windows.context, horizon: horizon), windows, range)
            let point = try Autograd.inference {
                try model.forecast(context, horizon: horizon, noise: noise, θ).array(of: Float.self)
            }
            return (point, [], nil)
        }
        let noise = try noise(
            model.distributionNoise(context: windows.context, horizon: horizon), windows, range)
        return try Autograd.inference {
            let (point, distribution) = try model.forecastDistribution(context, horizon: horizon, noise: noise, θ)
            return switch distribution {
            case .quantiles(let values): (try point.array(of: Float.self), try values.array(of: Float.self), .quantiles)
            case .samples(let values):
                (try point.array(of: Float.self), try values.array(of: Float.self), .samples(values.shape[1]))
            }
        }
    }

    /// The fixed random numbers of a batch, for models that draw their forecasts.
    private func noise(
        _ requirement: NoiseRequirement, _ windows: WindowSet, _ range: Range<Int>
    ) throws -> WindowNoise? {
        guard requirement != .none else { return nil }
        return try WindowNoise(
            requirement, keys: range.map { windows.key(of: $0) }, seed: request.seed, dtype: request.dtype,
            device: request.device)
    }

    func baselines(split: Split) throws -> [EvaluationRow] {
        var baselines = [Baseline.naive]
        if request.season <= request.context { baselines.append(.seasonalNaive(period: request.season)) }
        return try request.horizons.flatMap { horizon in
            let windows = try windows(horizon, split)
            return try baselines.map { baseline in
                EvaluationRow(
                    baseline.description, isBaseline: true, split: split, setting: EvaluationSetting(horizon: horizon),
                    errors: try baseline.metrics(over: windows, naiveErrors: naiveErrors),
                    distribution: try levels.map { try baseline.distributionMetrics(over: windows, levels: $0) },
                    isScaled: true, windows: windows.count)
            }
        }
    }
}
