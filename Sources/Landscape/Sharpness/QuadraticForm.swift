import Tensor

/// θᵀHθ, the curvature of the loss along the weights themselves.
///
/// Called "fim" in the code of Bisla et al., arXiv 2201.08025. Twice the second-order rise of the loss when all weights grow by a factor, which
/// shrinking shows most directly. `first_order` is gᵀθ.
/// Invariances: rescalings of the whole net that keep the function; scales with the loss. Defined everywhere.
/// The value is exact. Its error needs every window's own curvature along θ, for which second differences of the windows' losses,
/// (ℓᵢ(θ + εθ) − 2ℓᵢ(θ) + ℓᵢ(θ − εθ))/ε², are good enough; `by_differences` is their mean, which should be near the value. The samples
/// are these differences, all shifted by the same number, so that their mean is the value.
/// Cost: one Hessian-vector product and two forward passes.
public struct QuadraticForm: SharpnessMeasure {
    /// The measure.
    public init() {}

    /// See ``SharpnessMeasure/name``.
    public let name = "quadratic_form"
    /// See ``SharpnessMeasure/title``.
    public let title = "curvature along the weights"
    /// See ``SharpnessMeasure/definition``.
    public let definition = "w^T H w"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2201.08025"
    /// See ``SharpnessMeasure/settings``.
    public let settings: [String: Double] = [:]
    /// See ``SharpnessMeasure/cost``.
    public let cost = SharpnessCost(forward: 2, product: 1)

    /// See ``SharpnessMeasure/detailNames``.
    public let detailNames = ["by_differences"]
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { windows }
    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.windows
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let product = try point.objective.products(at: point.θ, with: [point.θ])[0]
        let value = try point.θ.dot(product)
        // Rounding divided by ε² against the fourth derivative times ε².
        let ε = point.objective.dtype == .float64 ? 1e-3 : 0.02
        let above = try point.objective.loss(at: try point.θ.adding(point.θ, times: ε)).perWindow
        let below = try point.objective.loss(at: try point.θ.adding(point.θ, times: -ε)).perWindow
        let curvatures = point.loss.perWindow.indices.map { i in
            (above[i] - 2 * point.loss.perWindow[i] + below[i]) / (ε * ε)
        }
        let statistics = SampleStatistics(curvatures)
        return SharpnessResult(
            value, standardError: statistics.standardError,
            samples: curvatures.map { $0 + (value - statistics.mean) }, firstOrder: try point.θ.dot(point.gradient),
            details: ["by_differences": statistics.mean])
    }
}
