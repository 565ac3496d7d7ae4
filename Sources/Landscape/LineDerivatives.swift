import Tensor

/// First and second derivatives of the loss at a point of a line with direction d.
public struct LineDerivatives: Sendable, Equatable {
    /// ‖∇L‖₂ of all parameters.
    public let gradientNorm: Double
    /// dL/dt = ⟨∇L, d⟩.
    public let slope: Double
    /// d²L/dt² = dᵀHd.
    public let curvature: Double

    /// The derivatives at θ along d, by a gradient and one Hessian-vector product over all windows.
    ///
    /// - Throws: ``LandscapeError/nonFiniteDerivative(_:)``.
    public init(_ objective: Objective, at θ: Tensor, along direction: Tensor) throws {
        let gradient = try objective.gradient(at: θ)
        gradientNorm = try gradient.euclideanNorm()
        slope = try gradient.dot(direction)
        curvature = try direction.dot(objective.products(at: θ, with: [direction])[0])
        guard gradientNorm.isFinite, slope.isFinite, curvature.isFinite else {
            throw LandscapeError.nonFiniteDerivative("the gradient or the curvature along the line")
        }
    }
}
