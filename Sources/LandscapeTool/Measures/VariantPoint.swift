import Landscape
import Tensor

/// The weights of a variant, with what several measures share; each is computed at its first use.
final class VariantPoint {
    let objective: Objective
    let θ: Tensor
    private var knownLoss: LossValue?
    private var knownGradient: Tensor?

    init(_ objective: Objective, at θ: Tensor) {
        self.objective = objective
        self.θ = θ
    }

    /// L(θ); NaN is an error that names the window.
    func loss() throws -> LossValue {
        if let knownLoss { return knownLoss }
        let value = try objective.loss(at: θ)
        if let window = value.perWindow.firstIndex(where: \.isNaN) {
            throw LandscapeError.notANumber(
                window: objective.function.describe(window: window), value: value.perWindow[window])
        }
        knownLoss = value
        return value
    }

    /// ∇L(θ).
    func gradient() throws -> Tensor {
        if let knownGradient { return knownGradient }
        let value = try objective.gradient(at: θ)
        guard try value.isFinite else { throw LandscapeError.nonFiniteDerivative("the gradient") }
        knownGradient = value
        return value
    }

    /// Frees the gradient, which slices do not use.
    func releaseGradient() { knownGradient = nil }
}
