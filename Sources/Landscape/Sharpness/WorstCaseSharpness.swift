import Tensor

/// Worst-case sharpness: max L(θ + δ) − L(θ) over ‖δ/c‖_p ≤ ρ, p = 2 or ∞, found by projected ascent.
///
/// Source: Andriushchenko et al., ICML 2023, arXiv 2302.07011, section 2, with c = 1 (plain) or c = |θ| (adaptive); the maximiser
/// is ``ProjectedAscent``'s, so the value is a lower bound of the maximum. The paper takes the mean of maxima over batches; here the
/// maximum of the mean, so that the batch size does not matter. Entries with cᵢ = 0 stay where they are.
/// Near a minimum ½ρ²λmax(C H C) for p = 2. `first_order` is ρ‖c∘g‖₂ or ρ‖c∘g‖₁.
/// Invariances: the adaptive form under rescalings of entries that keep the function; scales with the loss.
/// Not defined where g = 0, since the ascent starts at θ. Cost: steps − 1 gradients and one forward pass.
public struct WorstCaseSharpness: SharpnessMeasure {
    /// p.
    public enum Norm: String, Sendable { case l2, linf }

    /// ρ.
    public let radius: Double
    /// p.
    public let norm: Norm
    /// Whether lengths are relative to |θ|.
    public let isAdaptive: Bool
    /// Steps of the ascent; 20 in the paper.
    public let steps: Int

    /// The measure.
    public init(radius: Double, norm: Norm, isAdaptive: Bool, steps: Int = 20) {
        self.radius = radius
        self.norm = norm
        self.isAdaptive = isAdaptive
        self.steps = steps
    }

    /// See ``SharpnessMeasure/name``.
    public var name: String { "worst_\(norm.rawValue)" + (isAdaptive ? "_adaptive" : "") }
    /// See ``SharpnessMeasure/title``.
    public var title: String {
        "worst case in an \(norm == .l2 ? "l2" : "l-infinity") ball\(isAdaptive ? ", adaptive" : "")"
    }
    /// See ``SharpnessMeasure/definition``.
    public var definition: String {
        "max L(w + d) - L(w), |d\(isAdaptive ? "/w" : "")|_\(norm == .l2 ? "2" : "inf") <= rho, by projected ascent"
    }
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2302.07011"
    /// See ``SharpnessMeasure/vectors``.
    public let vectors = 12
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] { ["rho": radius, "steps": Double(steps)] }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost { SharpnessCost(forward: 1, gradient: steps - 1) }
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { windows }

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.windows
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let factors = isAdaptive ? try point.θ.absolute() : try point.θ.zerosLike() + 1
        let scaled = try factors * point.gradient
        let length = norm == .l2 ? try scaled.euclideanNorm() : try scaled.absolute().sum(dtype: .float64).item
        guard length > 0 else {
            throw SharpnessUndefined(.noGradient, "the gradient is 0, and the ascent starts there")
        }
        let ascent = ProjectedAscent(radius: radius, ball: norm == .l2 ? .euclidean : .box, steps: steps)
        let highest = try ascent.run(point, .scaled(by: factors), zero: try point.θ.zerosLike())
        return SharpnessResult(meanOf: point.rises(to: highest), firstOrder: radius * length)
    }
}
