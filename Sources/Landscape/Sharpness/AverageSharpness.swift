import Networks
import Tensor

/// Average-case sharpness: E L(θ + δ) − L(θ) for Gaussian δ.
///
/// Source: Andriushchenko et al., ICML 2023, arXiv 2302.07011, section 2, with c = 1 (plain) or c = |θ| (adaptive):
/// δ ~ N(0, ρ² diag(c²)). For small ρ the value is ½ ρ² Σ cᵢ² Hᵢᵢ. Draws come in pairs ±δ, which removes every odd order
/// of ρ from the noise and leaves the expectation as it is.
/// Invariances: the adaptive form is unchanged by element-wise rescalings that leave the network function as it is.
/// Cost: two forward passes per pair.
public struct AverageSharpness: Sendable {
    /// The standard deviation ρ: in units of the parameters, or relative to |θ| when adaptive.
    public let radius: Double
    /// Whether the noise is scaled by |θ|.
    public let isAdaptive: Bool
    /// Pairs of draws.
    public let pairs: Int

    /// The measure.
    public init(radius: Double, isAdaptive: Bool, pairs: Int = 5) {
        self.radius = radius
        self.isAdaptive = isAdaptive
        self.pairs = pairs
    }

    /// The mean rise and its standard error over pairs.
    public func evaluate(
        _ objective: Objective, at θ: Tensor, loss: LossValue, seed: UInt64
    ) throws -> SampleStatistics {
        var rises: [Double] = []
        for pair in 0..<pairs {
            let stream = try RandomStream(seed: seed, "average-sharpness", pair)
            let noise = try stream.normal([objective.dimension]).to(objective.dtype, device: objective.device)
            if isAdaptive { try noise.multiplyInPlace(try θ.absolute()) }
            let above = try objective.loss(at: try θ.adding(noise, times: radius)).mean
            let below = try objective.loss(at: try θ.adding(noise, times: -radius)).mean
            rises.append((above + below) / 2 - loss.mean)
        }
        return SampleStatistics(rises)
    }
}
