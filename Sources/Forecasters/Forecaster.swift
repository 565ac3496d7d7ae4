import Networks
import Tensor

/// What a model is asked to do with a window.
public enum ForecastingTask: String, Sendable, CaseIterable {
    /// Continue the series.
    case forecast
    /// Fill in masked points of the context.
    case imputation
    /// Reconstruct the context, so that a large error marks an anomaly.
    case anomaly
}

/// How the error of a window is measured.
public enum LossKind: String, Sendable, CaseIterable {
    /// The family's own training loss.
    case native
    /// Mean squared error of the published procedure's output over the whole horizon (or context).
    case mse
    /// Mean absolute error of the same.
    case mae
    /// Mean squared error of the last output patch only: what the published SFF code minimises.
    case lastPatchMSE = "last-patch-mse"
}

/// A batch of windows of one channel each, or of several for models that read channels together
/// (``Forecaster/channels``): then every shape has the channels as its second dimension, `[B, C, L]`.
public struct WindowBatch: Sendable {
    /// What the model sees, `[B, L]`.
    public let context: Tensor
    /// What follows, `[B, H]`; H may be 0.
    public let target: Tensor
    /// 1 where a point is visible and 0 where it is hidden, `[B, L]`; imputation only.
    public let mask: Tensor?
    /// Fixed random numbers, for models whose loss draws some.
    public let noise: WindowNoise?

    /// A batch of windows.
    public init(context: Tensor, target: Tensor, mask: Tensor? = nil, noise: WindowNoise? = nil) {
        self.context = context
        self.target = target
        self.mask = mask
        self.noise = noise
    }
}

/// The per-window parts of a loss that is a weighted mean.
public struct LossTerms: Sendable {
    /// Σ weighted errors of each window, `[B]`.
    public let sums: Tensor
    /// Σ weights of each window, `[B]`.
    public let weights: Tensor
    /// The outputs z of the network that `sums` is a convex function of, by which the generalised Gauss-Newton matrix is
    /// defined: predictions or their errors, logits, quantiles. Empty where the loss has no such layer.
    public let outputs: [Tensor]

    /// Sums and weights, `[B]` each.
    public init(sums: Tensor, weights: Tensor, outputs: [Tensor]) {
        self.sums = sums
        self.weights = weights
        self.outputs = outputs
    }

    /// Equal weights: the mean over the last dimensions of `errors` `[B, …]`.
    public init(meanOf errors: Tensor, outputs: [Tensor]) throws(TensorError) {
        let shape = errors.shape
        let dimensions = Array(1..<shape.count)
        sums = try errors.sum(dimensions)
        let weight = shape.dropFirst().reduce(1, *)
        weights = try Tensor.full([shape[0]], Double(weight), dtype: errors.dtype, device: errors.device)
        self.outputs = outputs
    }

    /// The mean absolute error for `mae`, else the mean squared error, of prediction less truth, `[B, …]`.
    public init(differences: Tensor, _ kind: LossKind) throws(TensorError) {
        try self.init(meanOf: LossTerms.errors(differences, kind), outputs: [differences])
    }

    /// The same over the points that count, with `counted` 1 there and 0 elsewhere.
    ///
    /// - Parameter minimumWeight: of a window without such points: 1 gives it the loss 0 where 0 gives NaN.
    public init(
        differences: Tensor, _ kind: LossKind, counted: Tensor, minimumWeight: Double = 0
    ) throws(TensorError) {
        let dimensions = Array(1..<differences.rank)
        try self.init(
            sums: (LossTerms.errors(differences, kind) * counted).sum(dimensions),
            weights: minimumWeight > 0
                ? counted.sum(dimensions).clamped(below: minimumWeight) : counted.sum(dimensions),
            outputs: [differences])
    }

    private static func errors(_ differences: Tensor, _ kind: LossKind) throws(TensorError) -> Tensor {
        kind == .mae ? try differences.absolute() : try differences.squared()
    }

    /// The loss of each window, `[B]`.
    public var perWindow: Tensor {
        get throws(TensorError) { try sums / weights }
    }

    /// The loss of the batch as a whole, where windows count by their weight: what the official training code averages.
    public var pooled: Tensor {
        get throws(TensorError) { try sums.sum() / weights.sum() }
    }
}

/// A large time-series model: an architecture with named parameters, without values.
///
/// Everything is a function of the parameters handed in, so the same model serves any number of points in parameter
/// space at once.
public protocol Forecaster: Sendable {
    /// The family's name on the command line.
    var family: String { get }
    /// The architecture's name in messages, where a family has several.
    var architecture: String { get }
    /// Parameters and buffers under their official names.
    var layout: ParameterLayout { get }
    /// How many channels of a series the model reads together; 1 for models that treat channels alike and apart.
    var channels: Int { get }
    /// The granularity of contexts, in points.
    var patchLength: Int { get }
    /// The context the configuration implies for a task.
    func defaultContext(for task: ForecastingTask) -> Int
    /// The horizon the configuration implies.
    var defaultHorizon: Int { get }
    /// The tasks the family was published for.
    var tasks: [ForecastingTask] { get }

    /// Checks a request before anything is computed.
    func validate(task: ForecastingTask, loss: LossKind, context: Int, horizon: Int) throws(ForecasterError)
    /// Checks what ``forecast(_:horizon:noise:_:)`` will be asked for. A model can forecast where a loss has no derivative, and
    /// further than its training loss reaches.
    func validateForecast(context: Int, horizon: Int) throws(ForecasterError)
    /// The random numbers a window's loss needs; ``LossKind/mse`` stands for the forecast procedure.
    func noise(task: ForecastingTask, loss: LossKind, context: Int, horizon: Int) -> NoiseRequirement
    /// The published forecast procedure, `[B, L]` → `[B, horizon]`, or `[B, C, L]` → `[B, C, horizon]` (``channels``).
    ///
    /// - Parameter noise: what ``noise(task:loss:context:horizon:)`` asks for; ignored by models without randomness.
    func forecast(_ context: Tensor, horizon: Int, noise: WindowNoise?, _ θ: Parameters) throws(TensorError) -> Tensor
    /// The loss of each window.
    func loss(_ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters) throws(TensorError)
        -> LossTerms
    /// The configuration in the official schema, for a `config.json`.
    func configurationJSON() throws -> String
}

extension Forecaster {
    /// One channel at a time.
    public var channels: Int { 1 }

    /// As for the mean squared error of the forecast.
    public func validateForecast(context: Int, horizon: Int) throws(ForecasterError) {
        try validate(task: .forecast, loss: .mse, context: context, horizon: horizon)
    }

    /// No randomness.
    public func noise(task: ForecastingTask, loss: LossKind, context: Int, horizon: Int) -> NoiseRequirement { .none }
}

/// Why a model cannot be built or asked.
public enum ForecasterError: Error, CustomStringConvertible, Sendable {
    /// A configuration value is missing or contradictory.
    case configuration(file: String, key: String, problem: String)
    /// The family is not known, or cannot be told from the checkpoint.
    case unknownFamily(String)
    /// The task, loss, context or horizon does not fit the model.
    case request(String)

    /// The message for people.
    public var description: String {
        switch self {
        case .configuration(let file, let key, let problem): "\(file): '\(key)' \(problem)"
        case .unknownFamily(let message), .request(let message): message
        }
    }
}
