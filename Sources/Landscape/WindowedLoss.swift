import Forecasters
import Networks
import Tensor

/// A function of the parameters that is a mean over windows.
///
/// L(θ) = (1/n) Σᵢ ℓᵢ(θ). The windows come in fixed batches; which batch a window is in must not change its loss.
public protocol WindowedLoss: Sendable {
    /// The parameters it depends on.
    var layout: ParameterLayout { get }
    /// n.
    var windowCount: Int { get }
    /// Consecutive ranges that cover `0..<windowCount`.
    var batches: [Range<Int>] { get }
    /// The losses of a batch's windows, `[B]`, as a differentiable function of the parameters.
    func losses(batch: Int, _ θ: Parameters) throws -> Tensor
    /// The same, with the outputs of the network that they are a convex function of (see ``LossTerms/outputs``).
    func lossesAndOutputs(batch: Int, _ θ: Parameters) throws -> (losses: Tensor, outputs: [Tensor])
    /// How a window is called in messages.
    func describe(window: Int) -> String
}

extension WindowedLoss {
    /// No outputs: such a loss has no Gauss-Newton matrix.
    public func lossesAndOutputs(batch: Int, _ θ: Parameters) throws -> (losses: Tensor, outputs: [Tensor]) {
        (try losses(batch: batch, θ), [])
    }
}

/// The loss of a forecaster on windows of a series.
public struct ForecastLoss: WindowedLoss {
    /// The architecture.
    public let model: any Forecaster
    /// The task.
    public let task: ForecastingTask
    /// The error measure.
    public let kind: LossKind
    /// See ``WindowedLoss/batches``.
    public let batches: [Range<Int>]
    private let context: Tensor
    private let target: Tensor
    private let mask: Tensor?
    private let noise: WindowNoise?
    private let names: @Sendable (Int) -> String

    /// Binds a model to windows.
    ///
    /// - Parameters:
    ///   - windows: `[n, L + H]`, or `[n, C, L + H]` for models that read channels together: context and what follows, in the precision and on the device to compute with.
    ///   - context: L.
    ///   - mask: `[n, L]` (or `[n, C, L]`), for imputation.
    ///   - noise: the random numbers of every window, where the model's loss draws some.
    ///   - batchSize: windows per batch; the last batch may be smaller.
    ///   - describe: the name of a window in messages.
    public init(
        model: any Forecaster, task: ForecastingTask, kind: LossKind, windows: Tensor, context: Int,
        mask: Tensor? = nil,
        noise: WindowNoise? = nil, batchSize: Int, describe: @escaping @Sendable (Int) -> String
    ) throws {
        let shape = windows.shape
        precondition(shape.count >= 2 && shape[0] > 0 && batchSize > 0, "windows are [n, L + H], n > 0")
        let length = shape[shape.count - 1]
        try model.validate(task: task, loss: kind, context: context, horizon: length - context)
        self.model = model
        self.task = task
        self.kind = kind
        self.context = try windows.narrowed(-1, from: 0, count: context).contiguous()
        target = try windows.narrowed(-1, from: context, count: length - context).contiguous()
        self.mask = mask
        self.noise = noise
        batches = stride(from: 0, to: shape[0], by: batchSize).map { $0..<min($0 + batchSize, shape[0]) }
        names = describe
    }

    /// The model's parameters.
    public var layout: ParameterLayout { model.layout }
    /// The number of windows.
    public var windowCount: Int { batches.last?.upperBound ?? 0 }

    /// The losses of a batch's windows.
    public func losses(batch: Int, _ θ: Parameters) throws -> Tensor { try terms(batch, θ).perWindow }

    /// The losses with the model's outputs.
    public func lossesAndOutputs(batch: Int, _ θ: Parameters) throws -> (losses: Tensor, outputs: [Tensor]) {
        let terms = try terms(batch, θ)
        return (try terms.perWindow, terms.outputs)
    }

    private func terms(_ batch: Int, _ θ: Parameters) throws -> LossTerms {
        let range = batches[batch]
        func part(_ tensor: Tensor) throws -> Tensor {
            try tensor.narrowed(0, from: range.lowerBound, count: range.count)
        }
        let windows = WindowBatch(
            context: try part(context), target: try part(target), mask: try mask.map { try part($0) },
            noise: try noise.map { try $0.narrowed(from: range.lowerBound, count: range.count) })
        return try model.loss(windows, task: task, kind: kind, θ)
    }

    /// Channel and position in the series.
    public func describe(window: Int) -> String { names(window) }
}
