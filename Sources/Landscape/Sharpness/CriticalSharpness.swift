import Foundation
import Tensor

/// Critical sharpness: 2/η_c, with η_c the smallest step along an update at which the loss is higher than before,
/// L(θ − η_c u) > L(θ). For a quadratic loss and u = g it is gᵀHg/‖g‖², the curvature along the gradient.
///
/// Source: arXiv 2601.16979; the update is the gradient here, or Adam's first step. A power of 2 brackets η_c, from the curvature's estimate 2 g·u/uᵀHu where that
/// is positive; bisection of ln η follows. The loss need not be monotone beyond its first minimum, so a crossing between two tried steps can be
/// missed. The error is half of the last bracket, not a sampling error.
/// Invariances: permutations of neurons; scales with the loss (for u = g). Not defined where g = 0, or where the
/// loss rises at every step that is tried, or at none. Cost: one product and `trials` forward passes.
public struct CriticalSharpness: SharpnessMeasure {
    /// Steps that are tried.
    public let trials: Int

    /// The measure.
    public init(trials: Int = 16) { self.trials = trials }

    /// See ``SharpnessMeasure/name``.
    public let name = "critical"
    /// See ``SharpnessMeasure/title``.
    public let title = "critical sharpness along the gradient"
    /// See ``SharpnessMeasure/definition``.
    public let definition = "2/eta, eta the smallest step along -g at which the loss rises"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2601.16979"
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] { ["trials": Double(trials)] }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost { SharpnessCost(forward: trials, product: 1) }
    /// See ``SharpnessMeasure/detailNames``.
    public let detailNames = ["step", "curvature"]

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.bracket
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        guard point.gradientNorm > 0 else { throw SharpnessUndefined(.noGradient, "the gradient is 0") }
        let g = point.gradient
        let square = point.gradientNorm * point.gradientNorm
        let curvature = try g.dot(point.objective.products(at: point.θ, with: [g])[0]) / square
        // Where the slope bends downwards, a step that moves the weights by a hundredth.
        var η = curvature > 0 ? 2 / curvature : 0.01 * (try point.θ.euclideanNorm()) / point.gradientNorm
        guard η > 0, η.isFinite else { throw SharpnessUndefined(.noScale, "there is no scale for a first step") }
        var (low, high): (Double?, Double?) = (nil, nil)
        for _ in 0..<trials {
            let reached = try point.objective.loss(at: try point.θ.adding(g, times: -η)).mean
            if reached <= point.loss.mean { low = η } else { high = η }
            switch (low, high) {
            case (let low?, let high?): η = (low * high).squareRoot()
            case (let low?, nil): η = 2 * low
            case (nil, let high?): η = high / 2
            case (nil, nil): break
            }
        }
        guard let low, let high else {
            throw SharpnessUndefined(
                .noCrossing,
                low == nil
                    ? "the loss rises at every step that was tried, down to \(high!): the gradient is rounding"
                    : "the loss does not rise at any step that was tried, up to \(low!)")
        }
        let critical = (low * high).squareRoot()
        return SharpnessResult(
            2 / critical, standardError: 1 / low - 1 / high,
            details: ["step": critical, "curvature": curvature])
    }
}
