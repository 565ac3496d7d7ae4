/// The spectral density of a symmetric operator by stochastic Lanczos quadrature.
///
/// For a random unit vector z the measure Σᵢ ⟨uᵢ, z⟩² δ(λ − λᵢ) has the spectral density (1/n) Σᵢ δ(λ − λᵢ) as its mean, and m
/// Lanczos steps from z give its Gauss quadrature: the Ritz values θₖ with the squared first components of T's
/// eigenvectors as weights (Golub & Welsch 1969; Ghorbani, Krishnan & Xiao 2019; Ubaru, Chen & Saad 2017).
///
/// **Outliers are exact.** A single eigenvalue has the weight 1/n, but z sees ⟨u, z⟩², which scatters by 140 %. Where the first
/// probe's Ritz pair has converged it is *locked*: its weight becomes 1/n, and all further probes start orthogonal to it, so that
/// chance is left with the bulk only. In the runs of further probes newly converged pairs get their weight 1/n likewise. A pair
/// whose weight is too large for one eigenvalue is taken for a multiple one and left as it is.
///
/// **Lockstep.** The steps of `lockstep` probes are taken together, as one block of products.
///
/// **Memory.** With full reorthogonalisation `lockstep` · (steps + 1) vectors, and those locked. Without it 3 per probe: then
/// converged values come back as copies ("ghosts"), whose weights still add up to the right ones, so that densities and
/// distributions hold, but nothing can be locked.
///
/// Costs probes · steps products.
public struct LanczosQuadrature: Sendable {
    /// Random vectors, at least 1; a standard error needs 2.
    public var probes: Int
    /// Lanczos steps of each; never more than the dimension.
    public var steps: Int
    /// Whether the basis is kept and every new vector made orthogonal to all of it.
    public var isReorthogonalized: Bool
    /// Probes whose products are taken together.
    public var lockstep: Int
    /// Whether converged outliers get their exact weight.
    public var locksConverged: Bool
    /// See ``Lanczos/noiseFloor``.
    public var noiseFloor: Double

    /// Describes an estimate; nothing is checked before it runs.
    public init(
        probes: Int = 4, steps: Int = 80, isReorthogonalized: Bool = true, lockstep: Int = 4,
        locksConverged: Bool = true,
        noiseFloor: Double = 1e-12
    ) {
        self.probes = probes
        self.steps = steps
        self.isReorthogonalized = isReorthogonalized
        self.lockstep = lockstep
        self.locksConverged = locksConverged
        self.noiseFloor = noiseFloor
    }

    /// Estimates the density by products with the probes `probe(0)`, `probe(1)`, …
    ///
    /// - Parameters:
    ///   - symmetric: The operator.
    ///   - probe: Gives the i-th random probe: independent entries of mean 0 and variance 1. It is overwritten.
    ///   - progress: Called with the number of products; throw from it to cancel.
    /// - Throws: ``KrylovError``, and whatever the operator, the vectors and the closures throw.
    public func run<Operator: SymmetricOperator>(
        _ symmetric: Operator, probe: (Int) throws -> Operator.Vector, progress: ((Int) throws -> Void)? = nil
    ) throws -> SpectralMeasure {
        for (name, value) in [("probes", probes), ("steps", steps), ("lockstep", lockstep)] where value < 1 {
            throw KrylovError.invalidParameter(name: name, value: "\(value)", requirement: "1 or more")
        }
        let n = symmetric.dimension
        guard n > 0 else { return SpectralMeasure(dimension: 0, quadratures: [], products: 0) }
        let locks = locksConverged && isReorthogonalized && n > 1
        var quadratures: [Quadrature] = []
        var locked = LockedPairs<Operator.Vector>()
        var products = 0
        while quadratures.count < probes {
            // The first probe goes ahead where the others are to profit from what it locks.
            let size = locks && quadratures.isEmpty ? 1 : min(lockstep, probes - quadratures.count)
            var runs = try (0..<size).map { offset in
                try LanczosRecurrence(
                    checkedProbe(quadratures.count + offset, probe), index: quadratures.count + offset,
                    against: locked.vectors, keepsBasis: isReorthogonalized, noiseFloor: noiseFloor,
                    limit: min(steps, n - locked.vectors.count))
            }
            while true {
                let open = runs.indices.filter { !runs[$0].isFinished }
                guard !open.isEmpty else { break }
                var images = try symmetric.checkedProducts(open.map { runs[$0].current }, before: products)
                products += open.count
                images.reverse()
                for index in open {
                    if let image = images.popLast() { try runs[index].advance(image, against: locked.vectors) }
                }
                try progress?(products)
            }
            let isFirst = quadratures.isEmpty
            for index in runs.indices {
                let system = try runs[index].ritz()
                let chosen = locks ? system.lockable(dimension: n, reserved: locked.values.count) : []
                quadratures.append(system.quadrature(dimension: n, locked: locked.values, own: chosen))
                if isFirst, !chosen.isEmpty, probes > 1 {
                    locked = try runs[index].takeVectors(system, chosen)
                }
            }
        }
        return SpectralMeasure(dimension: n, quadratures: quadratures, products: products)
    }
}

/// Eigenpairs that are known, with the weight 1/n each.
struct LockedPairs<Vector> {
    var values: [Double] = []
    var vectors: [Vector] = []
}
