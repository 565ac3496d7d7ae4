import Foundation
import Tensor

/// Local entropy: F(θ) = ln E exp(−(L(θ + δ) − L(θ))/T), δ ~ N(0, 1/γ); 0 on a flat loss, below 0 where it rises around θ.
///
/// Source: Chaudhari et al., ICLR 2017 (Entropy-SGD), arXiv 1611.01838, definition 1, ln ∫ exp(−L(θ') − ½γ‖θ − θ'‖²) dθ', less its value
/// ½n ln(2π/γ) − L(θ) for a flat loss, with a temperature T (1 in the paper). The Gaussian is drawn from directly, in pairs ±δ, where the authors
/// run Langevin dynamics for the gradient. The error is that of the logarithm of a mean, first order; a mean that few draws
/// dominate (`effective_draws` far below their number) is not resolved.
/// For a quadratic loss −½ Σ ln(1 + λᵢ/(γT)) − ..., finite only while every λᵢ > −γT.
/// Invariances: none; depends on the loss through L/T. Defined everywhere. Cost: two forward passes per pair.
public struct LocalEntropy: SharpnessMeasure {
    /// γ.
    public let stiffness: Double
    /// T.
    public let temperature: Double
    /// Pairs of draws.
    public let pairs: Int

    /// The measure; γ = 10⁴ draws with a standard deviation of 0.01.
    public init(stiffness: Double = 1e4, temperature: Double = 1, pairs: Int = 10) {
        self.stiffness = stiffness
        self.temperature = temperature
        self.pairs = pairs
    }

    /// See ``SharpnessMeasure/name``.
    public let name = "local_entropy"
    /// See ``SharpnessMeasure/title``.
    public let title = "local entropy"
    /// See ``SharpnessMeasure/definition``.
    public let definition = "ln E exp(-(L(w + d) - L(w))/T), d ~ N(0, 1/gamma)"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:1611.01838"
    /// See ``SharpnessMeasure/units``.
    public let units = "1"
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] {
        ["gamma": stiffness, "temperature": temperature, "pairs": Double(pairs)]
    }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost { SharpnessCost(forward: 2 * pairs) }
    /// See ``SharpnessMeasure/detailNames``.
    public let detailNames = ["effective_draws"]

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.draws
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let deviation = 1 / stiffness.squareRoot()
        var rises: [(Double, Double)] = []
        for pair in 0..<pairs {
            let noise = try point.normal("entropy", pair)
            let above = try point.objective.loss(at: try point.θ.adding(noise, times: deviation)).mean
            let below = try point.objective.loss(at: try point.θ.adding(noise, times: -deviation)).mean
            rises.append((above - point.loss.mean, below - point.loss.mean))
        }
        // Shifted by the largest exponent, so that nothing overflows.
        let exponents = rises.map { (-$0.0 / temperature, -$0.1 / temperature) }
        let shift = exponents.reduce(-Double.infinity) { max($0, max($1.0, $1.1)) }
        guard shift.isFinite else { throw SharpnessUndefined(.notFinite, "no draw has a finite loss") }
        let weights = exponents.map { (exp($0.0 - shift) + exp($0.1 - shift)) / 2 }
        let mean = SampleStatistics(weights)
        let all = exponents.flatMap { [exp($0.0 - shift), exp($0.1 - shift)] }
        let sum = all.reduce(0, +)
        return SharpnessResult(
            shift + log(mean.mean), standardError: mean.standardError / mean.mean,
            details: ["effective_draws": sum * sum / all.reduce(0) { $0 + $1 * $1 }])
    }
}
