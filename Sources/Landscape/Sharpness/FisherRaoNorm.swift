import Tensor

/// The Fisher-Rao norm, θᵀGθ with the Gauss-Newton matrix G: the Fisher matrix where the loss is the negative log-likelihood of an exponential family in
/// its natural parameters, up to the noise variance for the squared error (θᵀFθ = θᵀGθ/(2s²) with noise variance s² for the mean squared error).
///
/// Source: Liang, Poggio, Rakhlin & Stokes, AISTATS 2019, arXiv 1711.01530, definition 2; no square root is taken. The closed form
/// (L+1)² E⟨∂ℓ/∂f, f⟩² of the paper holds for bias-free homogeneous nets alone; here Jθ is taken by derivatives.
/// Invariances: rescalings of nodes that keep the function; scales with the loss. Not defined for losses without G (a
/// mixture's likelihood), and 0 for losses whose second derivative is 0 (absolute error, quantiles).
/// A mean over windows, each with its own rows of Jθ. Cost: one Gauss-Newton product, or rather the two thirds of it that need no
/// way back to the parameters.
public struct FisherRaoNorm: SharpnessMeasure {
    /// The measure.
    public init() {}

    /// See ``SharpnessMeasure/name``.
    public let name = "fisher_rao"
    /// See ``SharpnessMeasure/title``.
    public let title = "Fisher-Rao norm"
    /// See ``SharpnessMeasure/definition``.
    public let definition = "w^T G w, G the Gauss-Newton matrix"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:1711.01530"
    /// See ``SharpnessMeasure/settings``.
    public let settings: [String: Double] = [:]
    /// See ``SharpnessMeasure/cost``.
    public let cost = SharpnessCost(product: 1)

    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { windows }
    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.windows
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        do {
            let forms = try point.objective.gaussNewtonForms(at: point.θ, along: point.θ)
            // At θ = 0 the form is 0 whatever the matrix.
            guard try forms.contains(where: { $0 != 0 }) || point.θ.euclideanNorm() == 0 else {
                throw SharpnessUndefined(
                    .noCurvature, "the Gauss-Newton matrix is 0: this loss has no second derivative in the outputs")
            }
            return SharpnessResult(meanOf: forms)
        } catch LandscapeError.noOutputs {
            throw SharpnessUndefined(
                .noOutputs, "this loss is no convex function of the network's outputs and has no Gauss-Newton matrix")
        }
    }
}
