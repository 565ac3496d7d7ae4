import Tensor

/// LPF flatness: the loss under a Gaussian low-pass filter, (L ∗ K)(θ) = E L(θ + δ), δ ~ N(0, σ² diag(c²)).
///
/// Source: Bisla, Wang & Choromanska, AISTATS 2022, arXiv 2201.08025, definition 1: σ = 0.01, c = 1, or c = the norm of each row
/// (filter), as in the authors' training. For small σ it is L + ½σ² Σ cᵢ²Hᵢᵢ. Draws come in pairs ±δ. Beside it the
/// rise over L(θ).
/// Invariances: with c = row norms under rescalings of rows that keep the function; scales with the loss. Defined everywhere.
/// Cost: two forward passes per pair.
public struct LowPassFilter: SharpnessMeasure {
    /// σ.
    public let deviation: Double
    /// c.
    public let scale: SharpnessScale
    /// Pairs of draws; 50 in the paper.
    public let pairs: Int

    /// The measure.
    public init(deviation: Double = 0.01, scale: SharpnessScale = .plain, pairs: Int = 10) {
        self.deviation = deviation
        self.scale = scale
        self.pairs = pairs
    }

    /// See ``SharpnessMeasure/name``.
    public var name: String { scale == .plain ? "lpf" : "lpf_filter" }
    /// See ``SharpnessMeasure/title``.
    public var title: String { "loss under a low-pass filter" + (scale == .plain ? "" : ", relative to row norms") }
    /// See ``SharpnessMeasure/definition``.
    public var definition: String { "E L(w + d), d ~ N(0, sigma^2\(scale == .plain ? "" : " |row|^2"))" }
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2201.08025"
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] { ["sigma": deviation, "pairs": Double(pairs)] }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost { SharpnessCost(forward: 2 * pairs) }
    /// See ``SharpnessMeasure/detailNames``.
    public let detailNames = ["rise"]
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { pairs }

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.draws
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let factors = scale == .plain ? nil : try scale.factors(point.θ, point.objective.function.layout)
        var values: [Double] = []
        for pair in 0..<pairs {
            let noise = try point.normal("lpf", pair)
            if let factors { try noise.multiplyInPlace(factors) }
            let above = try point.objective.loss(at: try point.θ.adding(noise, times: deviation)).mean
            let below = try point.objective.loss(at: try point.θ.adding(noise, times: -deviation)).mean
            values.append((above + below) / 2)
        }
        var result = SharpnessResult(meanOf: values)
        result.details["rise"] = result.value - point.loss.mean
        return result
    }
}
