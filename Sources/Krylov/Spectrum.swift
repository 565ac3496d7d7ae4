/// An eigenvalue with its vector and the evidence for both.
public struct Eigenpair<Vector> {
    /// The Rayleigh quotient ⟨v, Hv⟩ / ⟨v, v⟩ of the returned vector, from true products.
    public var value: Double
    /// ‖Hv − λv‖₂ / |λ| from that product.
    ///
    /// An eigenvalue of (nearly) 0 has no relative residual. Where |λ| ≤ noiseFloor · ``Spectrum/scale`` this is
    /// ‖Hv − λv‖₂ / scale instead; for the zero operator it is 0. It is always finite.
    public var residual: Double
    /// ‖Hv − λv‖₂ for the unit vector v. A symmetric operator has an eigenvalue within this distance of `value`.
    public var absoluteResidual: Double
    /// Whether `absoluteResidual` ≤ max(tolerance · |λ|, noiseFloor · scale).
    public var converged: Bool
    /// The unit vector v. A pair listed at both ends of the spectrum shares its vector.
    public var vector: Vector
}

extension Eigenpair: Sendable where Vector: Sendable {}

/// Both ends of a spectrum, with what it cost.
///
/// The ends are algebraic: `largest` starts with the most positive eigenvalue and `smallest` with the most negative one. The
/// eigenvalue largest in magnitude is the first of one of them.
public struct Spectrum<Vector> {
    /// The largest eigenvalues, descending.
    public var largest: [Eigenpair<Vector>]
    /// The smallest eigenvalues, ascending. Where more pairs were asked for than there are, both lists hold the same ones.
    public var smallest: [Eigenpair<Vector>]
    /// The products taken, those of the residual check included.
    public var applications: Int
    /// The products with an approximation of the operator that prepared the search; 0 without one.
    public var explorations: Int
    /// How often the basis was full and reduced to Ritz vectors.
    public var restarts: Int
    /// Whether every pair asked for was found and converged.
    public var converged: Bool
    /// Whether the Krylov spaces of all start vectors ran out: the basis spans the whole space, or no start vector led
    /// out of an invariant subspace. In the first case multiplicities are complete.
    public var krylovDimensionExhausted: Bool
    /// The largest ‖Hv‖₂ over the unit vectors met: a close lower bound of ‖H‖₂.
    public var scale: Double
    /// The largest |⟨u, Hv⟩ − ⟨v, Hu⟩| / `scale` over the basis vectors. More than rounding means that the operator is not
    /// symmetric or does not give the same product twice.
    public var asymmetry: Double
}

extension Spectrum: Sendable where Vector: Sendable {}
