import Tensor

/// One-step SAM sharpness: L(θ + ε) − L(θ) with ε = ρ g/‖g‖, g = ∇L(θ).
///
/// Source: Foret et al., ICLR 2021, arXiv 2010.01412, equation (2) with the first-order maximiser; ρ = 0.05 there.
/// Where θ is not stationary the value is about ρ‖g‖; that part is reported beside it. Not defined where g = 0: then the ascent
/// has no direction.
/// Invariances: permutations of neurons; scales with the loss. Cost: one forward pass.
public struct SAMSharpness: SharpnessMeasure {
    /// The radius ρ of the ball, in units of the parameters.
    public let radius: Double

    /// The measure with a radius.
    public init(radius: Double = 0.05) { self.radius = radius }

    /// See ``SharpnessMeasure/name``.
    public let name = "sam"
    /// See ``SharpnessMeasure/title``.
    public let title = "one-step SAM sharpness"
    /// See ``SharpnessMeasure/definition``.
    public let definition = "L(w + rho g/|g|) - L(w)"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2010.01412"
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] { ["rho": radius] }
    /// See ``SharpnessMeasure/cost``.
    public let cost = SharpnessCost(forward: 1)
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { windows }

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.windows
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        guard point.gradientNorm > 0 else { throw SharpnessUndefined(.noGradient, "the gradient is 0") }
        let ascended = try point.objective.loss(
            at: try point.θ.adding(point.gradient, times: radius / point.gradientNorm))
        return SharpnessResult(meanOf: point.rises(to: ascended), firstOrder: radius * point.gradientNorm)
    }
}

/// m-sharpness: the mean over batches of m windows of the one-step ascent on each batch alone,
/// (1/n) Σ_b Σ_{i∈b} [ℓᵢ(θ + ρ g_b/‖g_b‖) − ℓᵢ(θ)].
///
/// Source: Foret et al., ICLR 2021, arXiv 2010.01412, section 4.2. m is the batch size of the objective; the value grows as m
/// falls. Invariances: as ``SAMSharpness``. Cost: one gradient and one forward pass.
public struct BatchSharpness: SharpnessMeasure {
    /// ρ.
    public let radius: Double

    /// The measure with a radius.
    public init(radius: Double = 0.05) { self.radius = radius }

    /// See ``SharpnessMeasure/name``.
    public let name = "m_sharpness"
    /// See ``SharpnessMeasure/title``.
    public let title = "m-sharpness over batches"
    /// See ``SharpnessMeasure/definition``.
    public let definition = "mean over batches b of L_b(w + rho g_b/|g_b|) - L_b(w)"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2010.01412"
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] { ["rho": radius] }
    /// See ``SharpnessMeasure/cost``.
    public let cost = SharpnessCost(forward: 1, gradient: 1)
    /// See ``SharpnessMeasure/detailNames``.
    public let detailNames = ["m", "batches"]
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { windows }

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.windows
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let radius = radius
        let rises = try point.objective.batchwiseRise(at: point.θ) { gradient in
            let norm = try gradient.euclideanNorm()
            // A batch without slope does not ascend.
            return try gradient * (norm > 0 ? radius / norm : 0)
        }
        let sizes = point.objective.function.batches.map { Double($0.count) }
        return SharpnessResult(
            meanOf: rises, details: ["m": sizes.max() ?? 0, "batches": Double(sizes.count)])
    }
}
