import Forecasters
import Networks
import Tensor
import TimeSeries

/// What to measure, beside the weights and the split.
struct EvaluationRequest: Sendable {
    var task: ForecastingTask = .forecast
    /// Points a model sees.
    var context: Int
    /// Points forecast; each is measured on the windows it would have alone.
    var horizons: [Int] = []
    /// Whether distributions are measured as well, where the model forecasts one.
    var distributions = true
    /// Shares of hidden patches or points, each measured on the same windows.
    var maskRates = [0.25]
    /// What is hidden at once.
    var mask = MaskShape.patch
    /// Points of a hidden patch; the model's own when absent.
    var maskPatch: Int?
    /// How windows are filled in or given anew: `native` as published, `mse` in place.
    var loss = LossKind.native
    /// Which anomaly scores are flagged.
    var thresholds: [AnomalyThreshold] = [.top(percent: 3), .top(percent: 10), .quantile(0.99)]
    /// Whether rows carry the anomaly scores themselves (with the first threshold).
    var keepsScores = false
    /// Period of the seasonal baselines and of MASE, in points.
    var season = 24
    /// Which windows of a split count.
    var selection = WindowSelection.all
    /// Of random draws: windows, masks, samples.
    var seed: UInt64 = 0
    var dtype = DType.float32
    var device = Device.cpu
    /// Threads; the results do not depend on it.
    var workers = 1
}

/// What imputation hides at once.
enum MaskShape: String, CaseIterable, Sendable {
    /// Whole patches, as Timer and SFF do; the first is always visible.
    case patch
    /// Single points, as TSLib does.
    case point
}

/// The published measure of a task on one data set. Holds the series, so that it can be asked about many weights and every
/// split without reading anything again.
protocol TaskEvaluation: Sendable {
    /// The errors of weights on the windows of a split, one row for every setting (horizon, mask rate, …).
    ///
    /// - Parameter name: how the weights are called in rows and progress.
    /// - Throws: `LandscapeError.interrupted` when a stop was asked for; what the model and the windows throw.
    func rows(of weights: Weights, called name: String, split: Split) throws -> [EvaluationRow]
    /// The errors of forecasts without a model on the same windows, one row for every setting and baseline.
    func baselines(split: Split) throws -> [EvaluationRow]
    /// One line on the protocol, for people.
    var summary: String { get }
}

extension EvaluationRequest {
    /// Binds the request to a model and a data set.
    ///
    /// - Throws: `ForecasterError.request` when the model cannot do what is asked, `TimeSeriesError` when the series cannot.
    func evaluation(of model: any Forecaster, on dataset: Dataset) throws -> any TaskEvaluation {
        switch task {
        case .forecast: try ForecastEvaluation(self, model: model, dataset: dataset)
        case .imputation: try ImputationEvaluation(self, model: model, dataset: dataset)
        case .anomaly: try AnomalyEvaluation(self, model: model, dataset: dataset)
        }
    }
}

extension EvaluationRequest {
    /// The model as one that fills in windows, asked the way it can be.
    ///
    /// - Throws: `ForecasterError.request`.
    func reconstructing(_ model: any Forecaster) throws -> (model: any ReconstructingForecaster, kind: LossKind) {
        let kind = loss == .mae ? .mse : loss
        try model.validate(task: task, loss: kind, context: context, horizon: 0)
        guard let able = model as? any ReconstructingForecaster else {
            throw ForecasterError.request("\(model.architecture) does not reconstruct windows; choose --task forecast")
        }
        return (able, kind)
    }
}

extension WindowSet {
    /// Windows `[n, L + H]`, or `[n, C, L + H]` where a window holds several channels.
    func tensor(_ range: Range<Int>, dtype: DType, device: Device) throws -> Tensor {
        let shape = width == 1 ? [range.count, length] : [range.count, width, length]
        return try Tensor(try values(range), shape: shape).to(dtype, device: device)
    }
}

extension Weights {
    /// The tensors that a model reads, in the precision and on the device to compute with.
    func parameters(of layout: ParameterLayout, dtype: DType, device: Device) throws -> Parameters {
        Parameters(
            tensors: try layout.views(of: flat.to(dtype, device: device)),
            buffers: try buffers.map { try $0.to($0.dtype.isFloatingPoint ? dtype : $0.dtype, device: device) })
    }
}
