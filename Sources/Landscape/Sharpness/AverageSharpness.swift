import Tensor

/// Average-case sharpness: E L(θ + δ) − L(θ) for random δ.
///
/// Source: Andriushchenko et al., ICML 2023, arXiv 2302.07011, section 2: δ ~ N(0, ρ² diag(c²)), or U(−ρc, ρc), with c = 1 (plain)
/// or c = |θ| (adaptive). For small ρ the value is ½ρ² Σ cᵢ²Hᵢᵢ for the Gaussian and a third of it for the uniform draw. Draws come
/// in pairs ±δ, which removes every odd order of ρ from the noise and leaves the expectation as it is.
/// Invariances: the adaptive form under rescalings of entries that keep the function; scales with the loss. Defined everywhere.
/// Cost: two forward passes per pair.
public struct AverageSharpness: SharpnessMeasure {
    /// The law of δ.
    public enum Distribution: String, Sendable { case gaussian, uniform }

    /// ρ: in units of the parameters, or relative to |θ| when adaptive.
    public let radius: Double
    /// Whether the noise is scaled by |θ|.
    public let isAdaptive: Bool
    /// The law.
    public let distribution: Distribution
    /// Pairs of draws.
    public let pairs: Int

    /// The measure.
    public init(radius: Double, isAdaptive: Bool, distribution: Distribution = .gaussian, pairs: Int = 5) {
        self.radius = radius
        self.isAdaptive = isAdaptive
        self.distribution = distribution
        self.pairs = pairs
    }

    /// See ``SharpnessMeasure/name``.
    public var name: String {
        "average" + (isAdaptive ? "_adaptive" : "") + (distribution == .uniform ? "_uniform" : "")
    }
    /// See ``SharpnessMeasure/title``.
    public var title: String {
        "average-case sharpness" + (isAdaptive ? ", adaptive" : "")
            + (distribution == .uniform ? ", uniform noise" : "")
    }
    /// See ``SharpnessMeasure/definition``.
    public var definition: String {
        let width = isAdaptive ? "rho |w|" : "rho"
        return distribution == .gaussian
            ? "E L(w + d) - L(w), d ~ N(0, \(isAdaptive ? "rho^2 w^2" : "rho^2"))"
            : "E L(w + d) - L(w), d ~ U(-\(width), \(width))"
    }
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2302.07011"
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] { ["rho": radius, "pairs": Double(pairs)] }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost { SharpnessCost(forward: 2 * pairs) }
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { pairs }

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.draws
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let scale = isAdaptive ? try point.θ.absolute() : nil
        var rises: [Double] = []
        for pair in 0..<pairs {
            let noise =
                distribution == .gaussian ? try point.normal("average", pair) : try point.uniform("average", pair)
            if let scale { try noise.multiplyInPlace(scale) }
            let above = try point.objective.loss(at: try point.θ.adding(noise, times: radius)).mean
            let below = try point.objective.loss(at: try point.θ.adding(noise, times: -radius)).mean
            rises.append((above + below) / 2 - point.loss.mean)
        }
        return SharpnessResult(meanOf: rises)
    }
}
