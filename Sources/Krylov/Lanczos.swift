/// Eigenpairs at both ends of the spectrum of a symmetric operator, by thick-restart Lanczos.
///
/// One Krylov basis serves both ends. It is kept orthonormal by two passes of Gram–Schmidt against all of it, so no
/// eigenvalue appears twice unless it is multiple. When the basis is full it shrinks to the Ritz vectors nearest to both
/// ends, in place. A run ends when the wanted Ritz pairs converge, the budget is spent, or the space is exhausted; then the
/// wanted vectors get one product each, and values, residuals and `converged` come from those products. Where such a true
/// residual is above the tolerance although its estimate was not, the search goes on with a stricter estimate (up to three
/// times), else the pair is returned with `converged` false.
///
/// **Multiple eigenvalues.** A Krylov space from one vector holds one vector of each eigenspace, so with `blockSize` b at
/// most b copies of an eigenvalue are seen reliably. Two cases are complete: `basisSize` ≥ dimension, where the whole space is
/// spanned and every eigenvalue found to rounding; and an invariant subspace (low rank, few distinct values), where fresh
/// start vectors are taken until one brings nothing new.
///
/// **Memory.** ``peakVectorCount(dimension:)`` vectors at most are alive, everything counted but what the operator and the start
/// closure use themselves: basisSize + max(blockSize, wanted) by default.
///
/// **Range.** Squared norms are formed, so ‖H‖ should lie between 1e-150 and 1e150; within, nothing depends on the scale.
///
/// **Determinism.** Nothing random happens here: equal products and start vectors give equal results, bit for bit.
public struct Lanczos: Sendable {
    /// How many of the algebraically largest eigenvalues are wanted.
    public var largest: Int
    /// How many of the algebraically smallest eigenvalues are wanted.
    public var smallest: Int
    /// The residual ‖Hv − λv‖ / |λ| to reach. The error of an isolated eigenvalue is about its square times |λ|² / gap.
    public var tolerance: Double
    /// How many vectors the operator may be applied to before a restart; `nil` chooses max(2k + 8, 20, k + 6b) for k wanted
    /// pairs and blocks of b. Never more than the dimension is used; else at least k + max(2, b) is needed.
    public var basisSize: Int?
    /// How many vectors the operator is given at once. More than 1 finds multiple eigenvalues and lets the operator share
    /// work, but needs more products in all.
    public var blockSize: Int
    /// The most products that are taken together when the wanted pairs are checked; all of them when absent. Less needs less
    /// memory.
    public var checkBlock: Int?
    /// A hard limit of the number of products, those of the residual check included.
    public var maximumApplications: Int
    /// The relative accuracy of the products, in units of ‖H‖: smaller remainders are rounding, where the Krylov space ends,
    /// and eigenvalues of smaller magnitude count as 0. About 1e-12 for double precision, 1e-6 for single.
    public var noiseFloor: Double

    /// Describes a search; nothing is checked before ``run(_:start:progress:)``.
    public init(
        largest: Int, smallest: Int, tolerance: Double = 1e-3, basisSize: Int? = nil, blockSize: Int = 1,
        checkBlock: Int? = nil, maximumApplications: Int = 300, noiseFloor: Double = 1e-12
    ) {
        self.largest = largest
        self.smallest = smallest
        self.tolerance = tolerance
        self.basisSize = basisSize
        self.blockSize = blockSize
        self.checkBlock = checkBlock
        self.maximumApplications = maximumApplications
        self.noiseFloor = noiseFloor
    }

    /// A Ritz value on its way.
    public struct RitzEstimate: Sendable, Equatable {
        /// The Ritz value. Those at the top approach their eigenvalues from below, those at the bottom from above.
        public var value: Double
        /// The estimated residual, relative as in ``Eigenpair/residual``.
        public var residual: Double
        /// Whether the estimate satisfies the tolerance.
        public var converged: Bool
    }

    /// Where a run stands.
    public struct Progress: Sendable, Equatable {
        /// The products taken so far.
        public var applications: Int
        /// The limit of the run.
        public var maximumApplications: Int
        /// The restarts so far.
        public var restarts: Int
        /// The largest Ritz values, descending; fewer than wanted at the beginning.
        public var largest: [RitzEstimate]
        /// The smallest Ritz values, ascending; fewer than wanted at the beginning.
        public var smallest: [RitzEstimate]
    }

    /// Searches the eigenpairs of `symmetric`.
    ///
    /// - Parameters:
    ///   - symmetric: The operator.
    ///   - start: Gives the i-th random vector, i = 0, 1, …; it is overwritten. Its entries should be independent, so that it
    ///     has a part along every eigenvector. Called `blockSize` times at the beginning, and again after a breakdown.
    ///   - progress: Called after each block of products; throw from it to cancel.
    /// - Throws: ``KrylovError``, and whatever the operator, the vectors and the closures throw.
    /// - Returns: min(wanted, dimension) pairs for each end; fewer only when `start` cannot fill the space.
    public func run<Operator: SymmetricOperator>(
        _ symmetric: Operator, start: (Int) throws -> Operator.Vector,
        progress: ((Progress) throws -> Void)? = nil
    ) throws -> Spectrum<Operator.Vector> {
        let plan = try LanczosPlan(self, dimension: symmetric.dimension)
        return try withoutActuallyEscaping(start) { start in
            var search = LanczosSearch(symmetric, plan, start: start, progress: progress)
            return try search.run()
        }
    }

    /// The most vectors that are alive at once in a run of this dimension, products included.
    public func peakVectorCount(dimension: Int) throws(KrylovError) -> Int {
        let plan = try LanczosPlan(self, dimension: dimension)
        // Expanding fills the basis and the block beyond it; checking holds the wanted vectors, a product for each and the
        // active block; after an exploration the residuals of all wanted pairs are active.
        return min(
            max(plan.basisSize + max(plan.blockSize, plan.wanted), 2 * plan.wanted + plan.blockSize), 2 * dimension)
    }
}

/// The parameters of a run, resolved for a dimension and checked.
struct LanczosPlan {
    let largest: Int
    let smallest: Int
    /// The number of different pairs wanted.
    let wanted: Int
    let basisSize: Int
    let blockSize: Int
    let checkBlock: Int
    let tolerance: Double
    let noiseFloor: Double
    let maximumApplications: Int

    init(_ lanczos: Lanczos, dimension: Int) throws(KrylovError) {
        func require(_ condition: Bool, _ name: String, _ value: String, _ requirement: String) throws(KrylovError) {
            guard condition else {
                throw .invalidParameter(name: name, value: value, requirement: requirement)
            }
        }
        try require(dimension >= 0, "dimension", "\(dimension)", "0 or more")
        try require(lanczos.largest >= 0, "largest", "\(lanczos.largest)", "0 or more")
        try require(lanczos.smallest >= 0, "smallest", "\(lanczos.smallest)", "0 or more")
        try require(lanczos.blockSize >= 1, "blockSize", "\(lanczos.blockSize)", "1 or more")
        if let block = lanczos.checkBlock { try require(block >= 1, "checkBlock", "\(block)", "1 or more") }
        try require(
            lanczos.tolerance >= 0 && lanczos.tolerance < 1, "tolerance", "\(lanczos.tolerance)",
            "at least 0 and below 1")
        try require(
            lanczos.noiseFloor > 0 && lanczos.noiseFloor < 0.1, "noiseFloor", "\(lanczos.noiseFloor)",
            "above 0 and below 0.1")
        largest = min(lanczos.largest, dimension)
        smallest = min(lanczos.smallest, dimension)
        wanted = min(largest + smallest, dimension)
        blockSize = min(lanczos.blockSize, max(1, dimension))
        checkBlock = max(1, lanczos.checkBlock ?? wanted)
        tolerance = lanczos.tolerance
        noiseFloor = lanczos.noiseFloor
        maximumApplications = lanczos.maximumApplications
        let required = min(dimension, wanted + max(2, blockSize))
        let chosen = lanczos.basisSize ?? max(2 * wanted + 8, 20, wanted + 6 * blockSize)
        guard chosen >= required else { throw .basisTooSmall(required: required, given: chosen) }
        basisSize = min(chosen, dimension)
        guard maximumApplications >= 2 * wanted else {
            throw .budgetTooSmall(required: 2 * wanted, given: maximumApplications)
        }
    }

    /// How many Ritz vectors a restart keeps: the wanted ones, and others to fill three fifths of the basis, as far as room
    /// for two products (or a block) remains. Among shares from 0.3 to 0.7 this took the fewest products on clustered,
    /// decaying and Laplacian spectra.
    var kept: Int {
        max(wanted, min(3 * basisSize / 5, basisSize - max(2, blockSize)))
    }

    /// How many remain during the check: no more than leave room in the basis for the products of the wanted ones.
    var keptAtCheck: Int {
        max(wanted, min(kept, basisSize - wanted))
    }

    /// The positions of the `count` Ritz values nearest to the ends, among `available` ascending ones; of the values beyond
    /// the wanted ones each end gets a share proportional to what is wanted there.
    func positions(count: Int, available: Int) -> [Int] {
        guard count < available else { return Array(0..<available) }
        let atTop = largest + (count - largest - smallest) * largest / max(1, largest + smallest)
        return Array(0..<(count - atTop)) + Array((available - atTop)..<available)
    }
}
