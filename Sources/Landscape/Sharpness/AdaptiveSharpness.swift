import Tensor

/// One-step adaptive sharpness: L(θ + ε) − L(θ) with ε = ρ T²g/‖Tg‖, the first-order maximiser over ‖T⁻¹ε‖₂ ≤ ρ.
///
/// Source: Kwon et al., ICML 2021 (ASAM), arXiv 2102.11600, equations (4)–(6). T = diag(|θ|) + η for matrices, entry by entry or row
/// by row (‖row‖ + η), and T = 1 for 1-D parameters, as in the authors' code; ρ = 0.5 and η = 0.01 there.
/// Invariances: rescalings of entries (or rows) that keep the function, exactly where η = 0 and nearly where |θ| ≫ η; not the
/// 1-D parameters' own. Scales with the loss. Not defined where g = 0. Cost: one forward pass.
public struct AdaptiveSharpness: SharpnessMeasure {
    /// ρ, relative to the weights.
    public let radius: Double
    /// η.
    public let offset: Double
    /// Entry by entry, or row by row.
    public let scale: SharpnessScale

    /// The measure; the published constants by default.
    public init(radius: Double = 0.5, offset: Double = 0.01, scale: SharpnessScale = .elementwise) {
        self.radius = radius
        self.offset = offset
        self.scale = scale
    }

    /// See ``SharpnessMeasure/name``.
    public var name: String { scale == .filterwise ? "asam_filter" : "asam" }
    /// See ``SharpnessMeasure/title``.
    public var title: String {
        "one-step adaptive sharpness, \(scale == .filterwise ? "row by row" : "entry by entry")"
    }
    /// See ``SharpnessMeasure/definition``.
    public var definition: String {
        "L(w + rho T^2 g/|T g|) - L(w), T = \(scale == .filterwise ? "row norms" : "|w|") + eta for matrices, 1 for vectors"
    }
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2102.11600"
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] { ["rho": radius, "eta": offset] }
    /// See ``SharpnessMeasure/cost``.
    public let cost = SharpnessCost(forward: 1)
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { windows }

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.windows
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let layout = point.objective.function.layout
        let T = try scale.factors(point.θ, layout, offset: offset)
        for view in try layout.views(of: T) where view.rank < 2 { try view.fillInPlace(1) }
        let scaled = try T * point.gradient
        let norm = try scaled.euclideanNorm()
        guard norm > 0 else { throw SharpnessUndefined(.noGradient, "the scaled gradient is 0") }
        let ascended = try point.objective.loss(at: try point.θ.adding(try T * scaled, times: radius / norm))
        return SharpnessResult(meanOf: point.rises(to: ascended), firstOrder: radius * norm)
    }
}
