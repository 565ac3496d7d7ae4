import Forecasters
import Foundation
import Networks
import Tensor
import Training

/// Carries a strategy out: its start weights, its phases, and their training.
///
/// Draws (θ₂, heads, noise, low-rank factors) follow the seed of ``VariantWeights``; the order of windows that of the training settings.
public struct FineTuning: Sendable {
    /// A stretch of training with one parametrisation.
    public enum Phase: String, Sendable, Codable {
        /// The head alone.
        case head
        /// Everything.
        case full
        /// Low-rank factors.
        case lowRank = "low-rank"
    }

    /// What became of a phase.
    public struct History: Sendable, Equatable, Codable {
        /// Which.
        public let phase: Phase
        /// Its epochs.
        public let epochs: [TrainingState.Epoch]
        /// The epoch whose weights were taken, from 1; `nil` for the last without validation.
        public let bestEpoch: Int?
        /// The loss at each step.
        public let losses: [Double]
        /// The gradient's norm at each step.
        public let gradientNorms: [Double]

        init(_ phase: Phase, _ state: TrainingState) {
            self.phase = phase
            epochs = state.epochs
            bestEpoch = state.best?.epoch
            losses = state.losses
            gradientNorms = state.gradientNorms
        }
    }

    /// Where a fine-tuning stands.
    public struct Progress {
        /// Phases before this one.
        public internal(set) var earlier: [History]
        /// θ at the beginning of this phase.
        public internal(set) var base: Tensor
        /// The training of this phase.
        public internal(set) var training: TrainingState

        /// Steps since the beginning, earlier phases included.
        public var step: Int { earlier.reduce(0) { $0 + $1.losses.count } + training.step }
    }

    /// The strategy.
    public let strategy: Strategy
    /// θ₁, θ₂ and the draws.
    public let weights: VariantWeights
    /// The loss.
    public let objective: TrainingObjective
    /// How each phase trains.
    public let settings: TrainingSettings
    /// Windows to learn from.
    public let training: any TrainingData
    /// Windows to choose weights by.
    public let validation: (any TrainingData)?
    /// Where training computes.
    public let device: Device
    /// Asked before every step.
    public let shouldStop: @Sendable () -> Bool
    /// The phases; none for zero-shot.
    public let phases: [Phase]

    /// Binds a strategy to weights and windows.
    ///
    /// - Throws: ``TrainingError/nothingToTrain(_:)`` where the strategy trains a head and the model has none.
    public init(
        _ strategy: Strategy, weights: VariantWeights, objective: TrainingObjective, settings: TrainingSettings,
        training: any TrainingData, validation: (any TrainingData)?, device: Device = .cpu,
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws {
        self.strategy = strategy
        self.device = device
        self.weights = weights
        self.objective = objective
        self.training = training
        self.validation = validation
        self.shouldStop = shouldStop
        var settings = settings
        switch strategy {
        case .sam(let ρ): settings.samRadius = ρ
        case .l2sp(let λ): settings.startPenalty = λ
        default: break
        }
        self.settings = settings
        phases =
            switch strategy {
            case .zeroShot: []
            case .linearProbing: [.head]
            case .probingThenFull: [.head, .full]
            case .lora: [.lowRank]
            case .scratch, .full, .from, .sam, .l2sp: [.full]
            }
        if phases.contains(.head) && FineTuning.head(of: weights.model.layout).isEmpty {
            throw TrainingError.nothingToTrain(
                "\(weights.model.architecture) has no parameters that count as its head; '\(strategy.name)' has nothing to train"
            )
        }
    }

    /// Steps of all phases when nothing ends them early.
    public var totalSteps: Int { phases.count * settings.totalSteps(training.count) }

    private static func head(of layout: ParameterLayout) -> [Int] {
        layout.parameters.indices.filter { layout.parameters[$0].part == .head }
    }

    /// θ at the start, a vector of its own on the device.
    ///
    /// As the published code does, linear probing draws the head anew (`reset_parameters`).
    public func start() throws -> Tensor {
        let drawn = try weights.flat(strategy.start)
        let θ = drawn.device == device ? try drawn.copy() : try drawn.to(drawn.dtype, device: device)
        guard phases.first == .head else { return θ }
        let layout = weights.model.layout
        let fresh = try layout.views(of: weights.freshDraw(purpose: "head"))
        let views = try layout.views(of: θ)
        for index in FineTuning.head(of: layout) { try views[index].copyInPlace(fresh[index]) }
        return θ
    }

    /// The beginning of the first phase.
    public func begin() throws -> Progress {
        let base = try start()
        return Progress(
            earlier: [], base: base, training: try TrainingState(parametrization(phases[0], base), settings))
    }

    /// θ that a phase has reached: the best by validation, or the last.
    public func result(_ progress: Progress) throws -> Tensor { try flat(progress.training.result, progress) }

    /// θ of the last step.
    public func current(_ progress: Progress) throws -> Tensor { try flat(progress.training.φ, progress) }

    private func flat(_ φ: Tensor, _ progress: Progress) throws -> Tensor {
        try parametrization(phases[progress.earlier.count], progress.base).flat(φ, weights.model.layout)
    }

    private func parametrization(_ phase: Phase, _ base: Tensor) throws -> any Parametrization {
        let layout = weights.model.layout
        switch phase {
        case .full: return FullParametrization(layout, start: base)
        case .head: return try PartialParametrization(layout, training: FineTuning.head(of: layout), start: base)
        case .lowRank:
            guard case .lora(let rank) = strategy else { preconditionFailure("low rank is LoRA's") }
            return try LowRankParametrization(layout, rank: rank, start: base, seed: weights.seed)
        }
    }

    /// Trains to the end.
    ///
    /// - Parameter observe: called after every step and epoch; what it throws ends the training.
    /// - Returns: the best θ by validation, or the last without; and what became of the phases.
    public func run(
        _ progress: inout Progress, observe: (Trainer.Event, Progress) throws -> Void
    ) throws -> (θ: Tensor, history: [History]) {
        while true {
            let phase = phases[progress.earlier.count]
            let trainer = Trainer(
                objective, try parametrization(phase, progress.base), settings, training: training,
                validation: validation, shouldStop: shouldStop)
            var state = progress.training
            // The state is a value: what the trainer has done so far is seen through `progress` even after an error.
            defer { progress.training = state }
            try trainer.run(&state) { event, state in
                progress.training = state
                try observe(event, progress)
            }
            progress.training = state
            let θ = try result(progress)
            let histories = progress.earlier + [History(phase, state)]
            guard histories.count < phases.count else { return (θ, histories) }
            progress.earlier = histories
            progress.base = θ
            state = try TrainingState(parametrization(phases[histories.count], θ), settings)
        }
    }

    // MARK: Storing

    /// Writes where a fine-tuning stands.
    public func store(_ progress: Progress, fingerprint: String, to url: URL) throws {
        let note = String(decoding: try JSONEncoder().encode(progress.earlier), as: UTF8.self)
        try TrainingCheckpoint.write(
            progress.training, fingerprint: fingerprint, tensors: ["base": progress.base], note: note, to: url)
    }

    /// Reads where a fine-tuning stood.
    ///
    /// - Throws: ``TrainingError/foreignState(file:problem:)``, `CheckpointError`.
    public func restore(from url: URL, fingerprint: String) throws -> Progress {
        let stored = try TrainingCheckpoint(
            reading: url, fingerprint: fingerprint, optimizer: settings.optimizer, device: device)
        guard let base = stored.tensors["base"],
            let earlier = try? JSONDecoder().decode([History].self, from: Data(stored.note.utf8)),
            earlier.count < phases.count
        else { throw TrainingError.foreignState(file: url.path, problem: "holds no fine-tuning of '\(strategy.name)'") }
        return Progress(earlier: earlier, base: base, training: stored.state)
    }
}
