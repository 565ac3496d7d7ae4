import Tensor

/// One-step SAM sharpness: L(θ + ρ g/‖g‖) − L(θ) with g = ∇L(θ).
///
/// Source: Foret et al., ICLR 2021, arXiv 2010.01412, equation (2) with the first-order maximiser.
/// Where θ is not stationary the value is about ρ‖g‖; that part is reported beside it.
/// Invariances: none; scales with the loss. Cost: one gradient (given) and one forward pass.
public struct SAMSharpness: Sendable {
    /// The radius ρ of the ball, in units of the parameters.
    public let radius: Double

    /// The measure with a radius; 0.05 in the paper.
    public init(radius: Double = 0.05) {
        self.radius = radius
    }

    /// The rise of the loss, its standard error over windows (paired), and ρ‖g‖. A zero gradient gives zeros.
    public func evaluate(
        _ objective: Objective, at θ: Tensor, loss: LossValue, gradient: Tensor
    ) throws -> (rise: Double, standardError: Double, firstOrder: Double) {
        let norm = try gradient.euclideanNorm()
        guard norm > 0 else { return (0, 0, 0) }
        let ascended = try objective.loss(at: try θ.adding(gradient, times: radius / norm))
        let statistics = SampleStatistics(zip(ascended.perWindow, loss.perWindow).map { $0 - $1 })
        return (statistics.mean, statistics.standardError, radius * norm)
    }
}
