import Tensor

/// Where a training stands: everything that the next step depends on.
public struct TrainingState {
    /// What became of an epoch.
    public struct Epoch: Sendable, Equatable, Codable {
        /// From 1.
        public let number: Int
        /// Steps since the beginning, at the end of the epoch.
        public let steps: Int
        /// Mean loss over the windows of the epoch, each at the weights of its step.
        public let trainingLoss: Double
        /// Mean loss over the validation windows at the end of the epoch.
        public let validationLoss: Double?
        /// The learning rate of the epoch's last step.
        public let learningRate: Double
    }

    /// The weights with the lowest validation loss.
    public struct Best {
        /// Its epoch, from 1.
        public let epoch: Int
        /// Its validation loss.
        public let validationLoss: Double
        /// φ then.
        public let φ: Tensor
    }

    /// The trained vector, changed in place by every step.
    public let φ: Tensor
    /// The optimiser with its moments.
    public let optimizer: Adam
    /// Epochs before this one.
    public internal(set) var epoch = 0
    /// Steps of this epoch.
    public internal(set) var stepInEpoch = 0
    /// Σ losses of the windows of this epoch so far.
    var epochLoss = 0.0
    /// Windows of this epoch so far.
    var epochWindows = 0
    /// The loss at each step, before its change.
    public internal(set) var losses: [Double] = []
    /// The gradient's norm at each step, before clipping.
    public internal(set) var gradientNorms: [Double] = []
    /// What became of the epochs.
    public internal(set) var epochs: [Epoch] = []
    /// The best so far, where there are validation windows.
    public internal(set) var best: Best?
    /// Whether nothing is left to do.
    public internal(set) var isFinished = false

    /// Steps since the beginning.
    public var step: Int { optimizer.steps }

    /// The beginning.
    public init(_ parametrization: any Parametrization, _ settings: TrainingSettings) throws {
        φ = try parametrization.initial()
        optimizer = try Adam(like: φ, settings.optimizer)
    }

    init(φ: Tensor, optimizer: Adam) {
        (self.φ, self.optimizer) = (φ, optimizer)
    }

    /// What training gives: the weights with the lowest validation loss, or the last ones without validation.
    public var result: Tensor { best?.φ ?? φ }
}
