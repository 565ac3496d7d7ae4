import Tensor

/// θᵀHθ, the curvature of the loss along the weights themselves.
///
/// Called "fim" in the code of Bisla et al., arXiv 2201.08025. Twice the second-order rise of the loss when all weights grow by a factor, which
/// shrinking shows most directly. `first_order` is gᵀθ.
/// Invariances: rescalings of the whole net that keep the function; scales with the loss. Defined everywhere.
/// Cost: one Hessian-vector product. No standard error over windows: H is that of their mean.
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
    public let cost = SharpnessCost(product: 1)

    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let product = try point.objective.products(at: point.θ, with: [point.θ])[0]
        return SharpnessResult(try point.θ.dot(product), firstOrder: try point.θ.dot(point.gradient))
    }
}
