import Foundation
import Forecasters
import Networks
import Tensor
import Training

/// Trains a model from its own initialisation on windows.
public struct Pretraining: Sendable {
    /// The settings of a run.
    public struct Settings: Sendable, Equatable {
        /// Gradient steps.
        public var steps: Int
        /// Windows per step.
        public var batch: Int
        /// Learning rate after the warm-up.
        public var learningRate: Double
        /// Steps of linear warm-up; a cosine to a tenth of the rate follows.
        public var warmup: Int
        /// Bound of the gradient's norm.
        public var clip: Double
        /// Seed of initialisation and batches.
        public var seed: UInt64

        /// Settings of a run.
        public init(
            steps: Int = 2000, batch: Int = 64, learningRate: Double = 1e-3, warmup: Int = 100, clip: Double = 1,
            seed: UInt64 = 0
        ) {
            self.steps = steps
            self.batch = batch
            self.learningRate = learningRate
            self.warmup = warmup
            self.clip = clip
            self.seed = seed
        }
    }

    /// Training that produced a number that is none.
    public struct Divergence: Error, CustomStringConvertible, Sendable {
        /// The step at which it happened.
        public let step: Int
        /// The learning rate then.
        public let learningRate: Double
        /// For people.
        public var description: String {
            "training diverged at step \(step): the loss is not finite at learning rate \(learningRate); use a smaller one"
        }
    }

    /// The model.
    public let model: any Forecaster
    /// The settings.
    public let settings: Settings

    /// A run of a model.
    public init(model: any Forecaster, settings: Settings) {
        self.model = model
        self.settings = settings
    }

    /// Trains on the native forecasting loss in float32.
    ///
    /// - Parameters:
    ///   - windows: `[n, L + H]`, float32.
    ///   - context: L.
    ///   - report: called after every step with the step and its loss; throw from it to stop.
    /// - Returns: the trained weights.
    public func run(windows: Tensor, context: Int, report: (Int, Double) throws -> Void) throws -> Weights {
        let layout = model.layout
        let θ = try layout.sample(seed: settings.seed, purpose: "scratch", dtype: .float32)
        let buffers = try layout.initialBuffers(dtype: .float32)
        let optimizer = try Adam(like: θ)
        let shape = windows.shape
        for step in 0..<settings.steps {
            let stream = try RandomStream(seed: settings.seed, "pretraining-batch", step)
            let positions = try stream.uniform([settings.batch], from: 0, to: Double(shape[0])).doubles
            let index = try Tensor(positions.map { Int64(min(Int($0), shape[0] - 1)) })
            let chosen = try windows.selected(0, indices: index)
            let batch = WindowBatch(
                context: try chosen.narrowed(1, from: 0, count: context),
                target: try chosen.narrowed(1, from: context, count: shape[1] - context))
            let leaves = try layout.views(of: θ).map { try $0.differentiableLeaf() }
            let loss = try model.loss(
                batch, task: .forecast, kind: .native, Parameters(tensors: leaves, buffers: buffers)
            ).pooled
            let value = try loss.item
            let rate = learningRate(step)
            guard value.isFinite else { throw Divergence(step: step, learningRate: rate) }
            let gradient = try layout.flatten(
                Autograd.gradients(of: [loss], withRespectTo: leaves), dtype: .float32)
            let norm = try gradient.euclideanNorm()
            if norm > settings.clip { try gradient.scaleInPlace(settings.clip / norm) }
            try optimizer.step(θ, gradient: gradient, learningRate: rate)
            try report(step, value)
        }
        return Weights(flat: θ, buffers: buffers)
    }

    /// Linear warm-up, then a cosine down to a tenth.
    func learningRate(_ step: Int) -> Double {
        if step < settings.warmup { return settings.learningRate * Double(step + 1) / Double(settings.warmup) }
        let progress = Double(step - settings.warmup) / Double(max(1, settings.steps - settings.warmup))
        return settings.learningRate * (0.55 + 0.45 * cos(.pi * progress))
    }
}
