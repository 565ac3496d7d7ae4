import Forecasters
import Networks
import Synchronization
import Tensor

/// The loss of windows as a function of φ: mean over windows of their losses, as the landscape's objective has it.
public struct TrainingObjective: Sendable {
    /// The architecture.
    public let model: any Forecaster
    /// What it is asked to do.
    public let task: ForecastingTask
    /// How errors are measured in training.
    public let kind: LossKind
    /// How errors are measured on validation windows.
    public let validationKind: LossKind
    /// The model's buffers.
    public let buffers: [Tensor]
    /// Threads; results do not depend on them.
    public let workers: Int

    /// An objective; `buffers` in the precision and on the device of the training.
    public init(
        model: any Forecaster, task: ForecastingTask, kind: LossKind, validationKind: LossKind? = nil,
        buffers: [Tensor], workers: Int
    ) {
        (self.model, self.task, self.kind, self.buffers) = (model, task, kind, buffers)
        self.validationKind = validationKind ?? kind
        self.workers = max(1, workers)
    }

    /// (1/B) Σ ℓᵢ over the windows at `positions` and its gradient by φ, flat.
    ///
    /// Cost: one gradient of the batch; `workers` graphs of `microBatch` windows and `workers` + 1 vectors like φ.
    public func valueAndGradient(
        at φ: Tensor, _ parametrization: any Parametrization, _ data: any TrainingData, _ positions: [Int],
        epoch: Int = 0, microBatch: Int
    ) throws -> (loss: Double, gradient: Tensor) {
        let pieces = TrainingObjective.pieces(positions, microBatch)
        let losses = Mutex([Double](repeating: 0, count: pieces.count))
        let layout = parametrization.layout
        let count = Double(positions.count)
        let sums = try layout.sums(
            over: pieces.count, workers: φ.device == .cpu ? workers : 1, dtype: φ.dtype, device: φ.device
        ) { piece in
            let batch = try data.batch(pieces[piece], epoch: epoch)
            let leaves = try layout.views(of: φ).map { try $0.differentiableLeaf() }
            let (value, gradients) = try Autograd.withGradients {
                let parameters = Parameters(tensors: try parametrization.tensors(leaves), buffers: buffers)
                let perWindow = try model.loss(batch, task: task, kind: kind, parameters).perWindow
                let loss = try perWindow.sum() * (1 / count)
                return (
                    try perWindow.detached().doubles, try Autograd.gradients(of: [loss], withRespectTo: leaves)
                )
            }
            losses.withLock { $0[piece] = value.reduce(0, +) }
            return [gradients]
        }
        return (losses.withLock { $0 }.reduce(0, +) / count, sums[0])
    }

    /// (1/n) Σ ℓᵢ over all windows of `data` at θ, ℓ the validation loss. Cost: one forward pass over them.
    public func validationLoss(
        at θ: Tensor, _ data: any TrainingData, batch: Int, shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws -> Double {
        let parameters = Parameters(tensors: try model.layout.views(of: θ), buffers: buffers)
        let pieces = TrainingObjective.pieces(Array(0..<data.count), batch)
        let sums = Mutex([Double](repeating: 0, count: pieces.count))
        try Parallel.forEach(pieces.count, workers: θ.device == .cpu ? workers : 1) { piece in
            if shouldStop() { throw TrainingError.interrupted }
            let batch = try data.batch(pieces[piece], epoch: 0)
            let losses = try Autograd.inference {
                try model.loss(batch, task: task, kind: validationKind, parameters).perWindow.doubles
            }
            sums.withLock { $0[piece] = losses.reduce(0, +) }
        }
        return sums.withLock { $0 }.reduce(0, +) / Double(data.count)
    }

    private static func pieces(_ positions: [Int], _ size: Int) -> [[Int]] {
        stride(from: 0, to: positions.count, by: size).map { Array(positions[$0..<min($0 + size, positions.count)]) }
    }
}
