import Tensor

/// How far the gradient can be trusted: along the gradient, max over steps η of ‖∇L(θ) − ∇L(θ − ηg)‖/(η‖g‖), the effective β-smoothness.
///
/// Source: Santurkar et al., NeurIPS 2018, arXiv 1805.11604, section 3.1. Beside it the range of the loss (`loss_low`, `loss_high`) and the largest change
/// of the gradient (`gradient_change`, their "gradient predictiveness"). The steps are shares of ‖θ‖/‖g‖, doubling, so that they can be compared between weights of one size.
/// For a quadratic loss and any steps ‖Hg‖/‖g‖. Invariances: permutations; scales with the loss. Not defined where g = 0.
/// Cost: one gradient per step.
public struct EffectiveSmoothness: SharpnessMeasure {
    /// The largest step moves the weights by this share of their norm.
    public let share: Double
    /// Steps: share, share/2, share/4 …
    public let steps: Int

    /// The measure.
    public init(share: Double = 0.04, steps: Int = 4) {
        self.share = share
        self.steps = steps
    }

    /// See ``SharpnessMeasure/name``.
    public let name = "effective_smoothness"
    /// See ``SharpnessMeasure/title``.
    public let title = "effective smoothness along the gradient"
    /// See ``SharpnessMeasure/definition``.
    public let definition = "max over steps of |g(w) - g(w - eta g)|/(eta |g|)"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:1805.11604"
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] { ["share": share, "steps": Double(steps)] }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost { SharpnessCost(gradient: steps) }
    /// See ``SharpnessMeasure/detailNames``.
    public let detailNames = ["gradient_change", "loss_low", "loss_high"]

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.none(because: "a maximum over steps, of norms of whole gradients")
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        guard point.gradientNorm > 0 else { throw SharpnessUndefined(.noGradient, "the gradient is 0") }
        let size = try point.θ.euclideanNorm()
        guard size > 0 else {
            throw SharpnessUndefined(.noScale, "all weights are 0, and steps are shares of their norm")
        }
        var η = share * size / point.gradientNorm
        var (smoothness, change) = (0.0, 0.0)
        var (low, high) = (point.loss.mean, point.loss.mean)
        for _ in 0..<steps {
            let moved = try point.objective.valueAndGradient(at: try point.θ.adding(point.gradient, times: -η))
            let difference = try (moved.gradient - point.gradient).euclideanNorm()
            guard difference.isFinite else {
                throw SharpnessUndefined(.notFinite, "the gradient is not finite at a step")
            }
            smoothness = max(smoothness, difference / (η * point.gradientNorm))
            change = max(change, difference)
            low = min(low, moved.loss.mean)
            high = max(high, moved.loss.mean)
            η /= 2
        }
        return SharpnessResult(
            smoothness, details: ["gradient_change": change, "loss_low": low, "loss_high": high])
    }
}
