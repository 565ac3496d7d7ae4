import Foundation
import Tensor

/// PAC-Bayes flatness: the largest σ such that the mean loss under noise N(0, σ² diag(c²)) rises by no more than a share τ of the loss.
/// Reported is σ; flat is large. `inverse_square` = 1/σ² is the complexity term.
///
/// Source: Jiang et al., ICLR 2020, arXiv 1912.02178, section C and equations (54)–(60), after Neyshabur et al. 2017 and Dziugaite & Roy 2017; c = 1, or
/// c = |θ| + 1e-3 (magnitude-aware). There the tolerance is 0.1 of accuracy; for a regression loss it must be relative: τ = 0.1 of L(θ) here.
/// The rise under common random numbers, pairs ±δ, is made equal to the tolerance by bisection of ln σ; the rise need not be monotone, so
/// the value is a crossing: steps of a factor 4 from 1/16 of the weights' scale bracket it. The error is σ·se(rise)/(σ · d rise/dσ), the slope from the last two σ.
/// Invariances: loss × k (τ is relative); the magnitude-aware form nearly under rescalings of entries that keep the function. Defined for minima in the theory,
/// computable everywhere; not defined where L ≤ 0 or where no σ that is tried lies on either side of the tolerance.
/// Cost: trials × pairs × 2 forward passes, the same at every point.
public struct PACBayesSharpness: SharpnessMeasure {
    /// τ.
    public let tolerance: Double
    /// Whether noise is relative to |θ|.
    public let isMagnitudeAware: Bool
    /// Pairs of draws, the same for every σ.
    public let pairs: Int
    /// Values of σ that are tried.
    public let trials: Int

    /// The measure.
    public init(tolerance: Double = 0.1, isMagnitudeAware: Bool = false, pairs: Int = 3, trials: Int = 12) {
        self.tolerance = tolerance
        self.isMagnitudeAware = isMagnitudeAware
        self.pairs = pairs
        self.trials = trials
    }

    /// See ``SharpnessMeasure/name``.
    public var name: String { isMagnitudeAware ? "pac_bayes_magnitude" : "pac_bayes" }
    /// See ``SharpnessMeasure/title``.
    public var title: String { "PAC-Bayes sigma" + (isMagnitudeAware ? ", relative to the weights" : "") }
    /// See ``SharpnessMeasure/definition``.
    public var definition: String {
        "largest sigma with E L(w + d) <= (1 + tau) L(w), d ~ N(0, sigma^2\(isMagnitudeAware ? " (|w| + 0.001)^2" : ""))"
    }
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:1912.02178"
    /// See ``SharpnessMeasure/units``.
    public let units = "1"
    /// See ``SharpnessMeasure/vectors``.
    public var vectors: Int { pairs + 5 }
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] {
        ["tau": tolerance, "pairs": Double(pairs), "trials": Double(trials)]
    }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost { SharpnessCost(forward: 2 * pairs * trials) }
    /// See ``SharpnessMeasure/detailNames``.
    public let detailNames = ["inverse_square", "bracket_low", "bracket_high"]

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.draws
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        guard point.loss.mean > 0 else {
            throw SharpnessUndefined(
                .lossNotPositive, "the loss is \(point.loss.mean), and the tolerance is a share of it")
        }
        let limit = tolerance * point.loss.mean
        let factors = isMagnitudeAware ? try point.θ.absolute() + 1e-3 : nil
        var noises: [Tensor] = []
        for pair in 0..<pairs {
            let noise = try point.normal("pac-bayes", pair)
            if let factors { try noise.multiplyInPlace(factors) }
            noises.append(noise)
        }
        func rise(_ σ: Double) throws -> SampleStatistics {
            SampleStatistics(
                try noises.map { noise in
                    let above = try point.objective.loss(at: try point.θ.adding(noise, times: σ)).mean
                    let below = try point.objective.loss(at: try point.θ.adding(noise, times: -σ)).mean
                    return (above + below) / 2 - point.loss.mean
                })
        }
        // The scale of the weights gives the first σ; relative noise starts at a share of them.
        let typical = try isMagnitudeAware ? 1 : point.θ.euclideanNorm() / Double(point.θ.count).squareRoot()
        guard typical > 0 else { throw SharpnessUndefined(.noScale, "all weights are 0") }
        var (low, high): (Double?, Double?) = (nil, nil)
        var (lowRise, highRise): (SampleStatistics?, SampleStatistics?)
        var σ = typical / 16
        for _ in 0..<trials {
            let found = try rise(σ)
            // NaN and infinity are beyond the tolerance.
            if found.mean <= limit { (low, lowRise) = (σ, found) } else { (high, highRise) = (σ, found) }
            switch (low, high) {
            case (let low?, let high?): σ = (low * high).squareRoot()
            case (let low?, nil): σ = 4 * low
            case (nil, let high?): σ = high / 4
            case (nil, nil): break
            }
        }
        guard let low, let high, let lowRise, let highRise else {
            throw SharpnessUndefined(
                .noCrossing,
                low == nil
                    ? "the loss rises by more than \(100 * tolerance) % at every noise that was tried, down to \(high!)"
                    : "the loss rises by no more than \(100 * tolerance) % at any noise that was tried, up to \(low!)")
        }
        let span = log(high / low)
        // Linear between the last two, where both are finite.
        let share =
            highRise.mean.isFinite && highRise.mean > lowRise.mean
            ? min(1, max(0, (limit - lowRise.mean) / (highRise.mean - lowRise.mean))) : 0
        let value = low * exp(share * span)
        let slope = highRise.mean.isFinite ? (highRise.mean - lowRise.mean) / span : .nan
        let error = slope > 0 ? value * lowRise.standardError / slope : .nan
        return SharpnessResult(
            value, standardError: error,
            details: ["inverse_square": 1 / (value * value), "bracket_low": low, "bracket_high": high])
    }
}
