import Tensor

/// Minimises the loss of windows by Adam, from where a state stands.
///
/// Memory: φ, its gradient, two moments and the best φ, and the graphs of ``TrainingObjective/valueAndGradient(at:_:_:_:microBatch:)``.
public struct Trainer: Sendable {
    /// What happens on the way.
    public enum Event {
        /// A step was taken.
        case step
        /// An epoch ended, its validation included.
        case epoch
    }

    /// The loss.
    public let objective: TrainingObjective
    /// What is trained.
    public let parametrization: any Parametrization
    /// How.
    public let settings: TrainingSettings
    /// Windows to learn from.
    public let training: any TrainingData
    /// Windows to choose the best weights by; the last weights are taken without.
    public let validation: (any TrainingData)?
    /// Asked before every step; `true` ends the training with ``TrainingError/interrupted``.
    public let shouldStop: @Sendable () -> Bool

    /// A training.
    public init(
        _ objective: TrainingObjective, _ parametrization: any Parametrization, _ settings: TrainingSettings,
        training: any TrainingData, validation: (any TrainingData)?,
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.objective = objective
        self.parametrization = parametrization
        self.settings = settings
        self.training = training
        self.validation = validation
        self.shouldStop = shouldStop
    }

    /// Steps when nothing ends it early.
    public var totalSteps: Int { settings.totalSteps(training.count) }

    /// Trains until the end. After an error the state is that before the step or validation which failed.
    ///
    /// Cost: a gradient over the training windows per epoch (two with SAM) and a forward pass over the validation windows.
    ///
    /// - Parameter observe: called after every step and epoch; what it throws ends the training.
    /// - Throws: ``TrainingError``.
    public func run(_ state: inout TrainingState, observe: (Event, TrainingState) throws -> Void) throws {
        let origin = settings.startPenalty > 0 ? try parametrization.initial() : nil
        let steps = settings.stepsPerEpoch(training.count)
        while !state.isFinished {
            let order = try WindowOrder.shuffled(training.count, seed: settings.seed, epoch: state.epoch)
            while state.stepInEpoch < steps && state.step < totalSteps {
                if shouldStop() { throw TrainingError.interrupted }
                let from = state.stepInEpoch * settings.batch
                let positions = Array(order[from..<min(from + settings.batch, order.count)])
                try step(&state, positions, origin: origin)
                try observe(.step, state)
            }
            try endEpoch(&state)
            try observe(.epoch, state)
        }
    }

    private func learningRate(_ epoch: Int, step: Int) -> Double {
        let position = LearningRateSchedule.Position(epoch: epoch, step: step, totalSteps: totalSteps)
        return settings.learningRate * settings.schedule.factor(position)
    }

    private func step(_ state: inout TrainingState, _ positions: [Int], origin: Tensor?) throws {
        let η = learningRate(state.epoch, step: state.step)
        func requireFinite(_ value: Double, _ what: String) throws {
            guard value.isFinite else {
                throw TrainingError.diverged(
                    what: what, step: state.step + 1, epoch: state.epoch + 1, learningRate: η, lastGood: nil)
            }
        }
        let φ = state.φ
        var (loss, gradient) = try valueAndGradient(at: φ, positions, state.epoch)
        try requireFinite(loss, "the loss")
        if settings.samRadius > 0 {
            let norm = try gradient.euclideanNorm()
            try requireFinite(norm, "the gradient")
            if norm > 0 {
                let ascended = try φ.adding(gradient, times: settings.samRadius / norm)
                gradient = try valueAndGradient(at: ascended, positions, state.epoch).gradient
            }
        }
        if let origin {
            try gradient.addInPlace(φ, times: settings.startPenalty)
            try gradient.addInPlace(origin, times: -settings.startPenalty)
        }
        let norm = try gradient.euclideanNorm()
        try requireFinite(norm, "the gradient")
        // As torch.nn.utils.clip_grad_norm_ does.
        if let clip = settings.clip, norm > clip { try gradient.scaleInPlace(clip / (norm + 1e-6)) }
        try state.optimizer.step(φ, gradient: gradient, learningRate: η)
        state.stepInEpoch += 1
        state.epochLoss += loss * Double(positions.count)
        state.epochWindows += positions.count
        state.losses.append(loss)
        state.gradientNorms.append(norm)
    }

    private func endEpoch(_ state: inout TrainingState) throws {
        let η = learningRate(state.epoch, step: max(0, state.step - 1))
        func diverged(_ what: String) -> TrainingError {
            .diverged(what: what, step: state.step, epoch: state.epoch + 1, learningRate: η, lastGood: nil)
        }
        guard try state.φ.isFinite else { throw diverged("a weight") }
        var validationLoss: Double?
        if let validation {
            let θ = try parametrization.flat(state.φ, objective.model.layout)
            // Forward passes alone: a batch of twice the piece takes no more memory than a gradient.
            let loss = try objective.validationLoss(
                at: θ, validation, batch: 2 * settings.microBatch, shouldStop: shouldStop)
            guard loss.isFinite else { throw diverged("the validation loss") }
            validationLoss = loss
        }
        state.epochs.append(
            TrainingState.Epoch(
                number: state.epoch + 1, steps: state.step,
                trainingLoss: state.epochLoss / Double(max(1, state.epochWindows)), validationLoss: validationLoss,
                learningRate: η))
        if let validationLoss, state.best.map({ validationLoss < $0.validationLoss }) ?? true {
            state.best = TrainingState.Best(
                epoch: state.epoch + 1, validationLoss: validationLoss, φ: try state.φ.copy())
        }
        state.epoch += 1
        (state.stepInEpoch, state.epochLoss, state.epochWindows) = (0, 0, 0)
        let isImpatient = settings.patience.map { state.epoch - (state.best?.epoch ?? state.epoch) >= $0 } ?? false
        state.isFinished = state.epoch >= settings.epochs || state.step >= totalSteps || isImpatient
    }

    private func valueAndGradient(
        at φ: Tensor, _ positions: [Int], _ epoch: Int
    ) throws -> (loss: Double, gradient: Tensor) {
        try objective.valueAndGradient(
            at: φ, parametrization, training, positions, epoch: epoch, microBatch: settings.microBatch)
    }
}
