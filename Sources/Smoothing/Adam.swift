import Tensor

/// Adam (Kingma & Ba, ICLR 2015, arXiv 1412.6980), with the decoupled weight decay of AdamW.
///
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ (1 − η λ) − η m̂ / (√v̂ + ε), with bias-corrected m̂ and v̂.
/// Memory: two vectors beside θ and g.
public final class Adam {
    /// Decay rates of the moments.
    public let betas: (Double, Double)
    /// Added to the root, ε.
    public let epsilon: Double
    /// λ; 0 for plain Adam.
    public let weightDecay: Double
    private var step = 0
    private let first: Tensor
    private let second: Tensor

    /// An optimiser for vectors like `θ`.
    public init(
        like θ: Tensor, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double = 0
    ) throws {
        self.betas = betas
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        first = try θ.zerosLike()
        second = try θ.zerosLike()
    }

    /// Changes θ in place by one step of learning rate η.
    public func step(_ θ: Tensor, gradient: Tensor, learningRate η: Double) throws {
        step += 1
        if weightDecay != 0 { try θ.scaleInPlace(1 - η * weightDecay) }
        try first.scaleInPlace(betas.0)
        try first.addInPlace(gradient, times: 1 - betas.0)
        try second.scaleInPlace(betas.1)
        try second.addProductInPlace(gradient, gradient, times: 1 - betas.1)
        let correction1 = 1 - power(betas.0, step)
        let correction2 = 1 - power(betas.1, step)
        let denominator = try (second * (1 / correction2)).squareRoot() + epsilon
        try θ.addQuotientInPlace(first, denominator, times: -η / correction1)
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<exponent { result *= base }
        return result
    }
}
