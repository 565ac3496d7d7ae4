import Tensor

/// Adam (Kingma & Ba, ICLR 2015, arXiv 1412.6980) and AdamW (Loshchilov & Hutter, ICLR 2019, arXiv 1711.05101).
///
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η m̂ / (√v̂ + ε), with bias-corrected m̂ and v̂. Weight decay λ
/// adds λ θ to g (``isDecoupled`` false) or shrinks θ by η λ before the step.
///
/// Memory: two vectors beside θ and g.
public final class Adam {
    /// The settings of an optimiser.
    public struct Settings: Sendable, Equatable {
        /// Decay rates of the moments, β₁ and β₂.
        public var betas: [Double]
        /// Added to the root, ε.
        public var epsilon: Double
        /// λ.
        public var weightDecay: Double
        /// Whether the decay is AdamW's.
        public var isDecoupled: Bool

        /// PyTorch's defaults for Adam.
        public init(
            betas: [Double] = [0.9, 0.999], epsilon: Double = 1e-8, weightDecay: Double = 0, isDecoupled: Bool = false
        ) {
            precondition(betas.count == 2, "two decay rates")
            self.betas = betas
            self.epsilon = epsilon
            self.weightDecay = weightDecay
            self.isDecoupled = isDecoupled
        }
    }

    /// The settings.
    public let settings: Settings
    /// m.
    public let first: Tensor
    /// v.
    public let second: Tensor
    /// Steps taken.
    public private(set) var steps: Int

    /// An optimiser for vectors like `θ`.
    public init(like θ: Tensor, _ settings: Settings = Settings()) throws {
        self.settings = settings
        first = try θ.zerosLike()
        second = try θ.zerosLike()
        steps = 0
    }

    /// An optimiser in the middle of its work, which takes over the moments.
    public init(_ settings: Settings, first: Tensor, second: Tensor, steps: Int) {
        (self.settings, self.first, self.second, self.steps) = (settings, first, second, steps)
    }

    /// Changes θ in place by one step of learning rate η.
    public func step(_ θ: Tensor, gradient: Tensor, learningRate η: Double) throws {
        steps += 1
        try AdamStep.apply(
            to: θ, gradient: gradient, first: first, second: second, step: steps, learningRate: η,
            betas: (settings.betas[0], settings.betas[1]), epsilon: settings.epsilon,
            weightDecay: settings.weightDecay, isDecoupled: settings.isDecoupled)
    }
}
