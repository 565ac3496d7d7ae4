/// The state of one run of ``Lanczos``.
struct LanczosSearch<Operator: SymmetricOperator> {
    typealias Vector = Operator.Vector

    private let symmetric: Operator
    private let plan: LanczosPlan
    private let start: (Int) throws -> Vector
    private let progress: ((Lanczos.Progress) throws -> Void)?
    private let inaccuracy: Double

    private var factorization: LanczosFactorization<Vector>
    private var startsUsed = 0
    /// The products with an approximation before this search.
    private let explorations: Int
    /// The products of this search.
    var applications: Int { factorization.applications }
    private var restarts = 0
    /// Estimates must stay below this share of the tolerance. Below 1 for their own rounding, less after a failed check.
    private var strictness = 0.9
    private var failedChecks = 0
    private var chain = Chain()

    /// The products since the last fresh start vectors, and what earlier such chains brought.
    private struct Chain {
        /// The products of the present chain.
        var length = 0
        /// The longest chain that ended in an invariant subspace; 0 while none did.
        var longestClosed = 0
        /// The wanted Ritz values when the last chain ended.
        var valuesAtClose: [Double] = []
        /// Whether that chain left the wanted Ritz values as they were.
        var broughtNothing = false
    }

    /// - Parameter inaccuracy: ‖error‖ of a product with a unit vector, where the operator is an approximation: residuals and
    ///   remainders below it mean nothing.
    init(
        _ symmetric: Operator, _ plan: LanczosPlan, inaccuracy: Double = 0, explorations: Int = 0,
        start: @escaping (Int) throws -> Vector,
        progress: ((Lanczos.Progress) throws -> Void)?
    ) {
        self.symmetric = symmetric
        self.plan = plan
        self.inaccuracy = inaccuracy
        self.explorations = explorations
        self.start = start
        self.progress = progress
        factorization = LanczosFactorization(
            dimension: symmetric.dimension, noiseFloor: plan.noiseFloor, absoluteFloor: inaccuracy)
    }

    mutating func run() throws -> Spectrum<Vector> {
        guard plan.wanted > 0 else { return spectrum([], vectors: [], exhausted: false) }
        // Vectors that failed a verification have left active ones.
        var exhausted = factorization.activeCount == 0 ? try !refill() : false
        while true {
            let ritz = try advance(&exhausted)
            if let result = try conclude(ritz, exhausted: exhausted) { return result }
            if factorization.activeCount == 0, !exhausted { exhausted = try !refill() }
        }
    }

    /// Extends the space, with restarts, until the wanted pairs seem to have converged, no space is left or no product.
    private mutating func advance(_ exhausted: inout Bool) throws -> RitzSystem {
        while true {
            if !exhausted { try expand() }
            guard exhausted || isDue else { continue }
            let ritz = try factorization.ritz()
            let closed = factorization.activeCount == 0
            if closed { closeChain(ritz) }
            try report(ritz)
            let accepted = isAccepted(ritz)
            // With the whole space in reach, stopping early would trade certainty for little.
            let early = accepted && plan.basisSize < symmetric.dimension
            if closed, !early, !exhausted {
                exhausted = factorization.columns == symmetric.dimension
            }
            if early || exhausted || affordable < 1 { return ritz }
            if factorization.columns >= plan.basisSize {
                try restart(ritz, count: plan.kept)
                restarts += 1
            }
            if factorization.activeCount == 0, !exhausted { exhausted = try !refill() }
        }
    }

    /// Whether Ritz values are needed now. Large projected matrices are not decomposed at every step.
    private var isDue: Bool {
        let columns = factorization.columns
        if factorization.activeCount == 0 || columns >= plan.basisSize || affordable < 1 { return true }
        let canAccept = columns >= plan.wanted && plan.basisSize < symmetric.dimension
        return (progress != nil || canAccept) && columns % max(1, columns / 50) == 0
    }

    /// The products that may be taken while those of the check stay in reserve.
    private var affordable: Int {
        plan.maximumApplications - plan.wanted - factorization.applications - explorations
    }

    private mutating func expand() throws {
        let room = min(plan.blockSize, plan.basisSize - factorization.columns, affordable)
        let before = factorization.applications
        try factorization.expand(symmetric, count: room)
        chain.length += factorization.applications - before
    }

    /// Appends a block of fresh start vectors; false when none leads out of the basis.
    private mutating func refill() throws -> Bool {
        var missing = min(plan.blockSize, symmetric.dimension - factorization.basis.count)
        var failures = 0
        while missing > 0, failures < 3 {
            let index = startsUsed
            startsUsed += 1
            if try factorization.append(start(index), index: index) {
                missing -= 1
            } else {
                failures += 1
            }
        }
        return factorization.activeCount > 0
    }

    private mutating func restart(_ ritz: RitzSystem, count: Int) throws {
        try factorization.restart(keeping: plan.positions(count: count, available: ritz.values.count), of: ritz)
    }

    // MARK: - Convergence

    private func bound(_ value: Double) -> Double {
        max(plan.tolerance * abs(value), plan.noiseFloor * factorization.scale, inaccuracy)
    }

    private func relative(_ residual: Double, value: Double) -> Double {
        let scale = factorization.scale
        if abs(value) > plan.noiseFloor * scale { return residual / abs(value) }
        return scale > 0 ? residual / scale : 0
    }

    private func closeEnough(_ ritz: RitzSystem, _ position: Int) -> Bool {
        ritz.residuals[position] <= strictness * bound(ritz.values[position])
    }

    private func wantedPositions(_ ritz: RitzSystem) -> [Int] {
        plan.positions(count: plan.wanted, available: ritz.values.count)
    }

    /// An invariant subspace was reached: was this chain worth its products?
    private mutating func closeChain(_ ritz: RitzSystem) {
        let values = wantedPositions(ritz).map { ritz.values[$0] }
        let margin = 10 * plan.noiseFloor * factorization.scale
        chain.broughtNothing =
            values.count == chain.valuesAtClose.count
            && zip(values, chain.valuesAtClose).allSatisfy { abs($0 - $1) <= margin }
        chain.valuesAtClose = values
        chain.longestClosed = max(chain.longestClosed, chain.length)
        chain.length = 0
    }

    /// Whether the wanted pairs are there and converged, as far as estimates tell.
    ///
    /// Once an invariant subspace was met, further copies of its eigenvalues may lie outside. A fresh start vector shows them,
    /// in a chain no longer than the one before; so the answer waits until such a chain has ended without a change, or has
    /// gone on for longer, which means that it is exploring something else.
    private func isAccepted(_ ritz: RitzSystem) -> Bool {
        guard ritz.values.count >= plan.wanted else { return false }
        if chain.longestClosed > 0 {
            let ended = chain.length == 0 && chain.broughtNothing
            guard ended || chain.length > chain.longestClosed + 2 else { return false }
        }
        return wantedPositions(ritz).allSatisfy { closeEnough(ritz, $0) }
    }

    private func report(_ ritz: RitzSystem) throws {
        guard let progress else { return }
        let estimates = ritz.values.indices.map { position in
            Lanczos.RitzEstimate(
                value: ritz.values[position],
                residual: relative(ritz.residuals[position], value: ritz.values[position]),
                converged: closeEnough(ritz, position))
        }
        try progress(
            Lanczos.Progress(
                applications: explorations + factorization.applications, maximumApplications: plan.maximumApplications,
                restarts: restarts, largest: estimates.reversed().prefix(plan.largest).map { $0 },
                smallest: Array(estimates.prefix(plan.smallest))))
    }

    // MARK: - Exploration

    /// The wanted Ritz vectors without a check, those with the largest residuals first.
    mutating func explore() throws -> [Vector] {
        strictness = 0.8
        var exhausted = try !refill()
        let ritz = try advance(&exhausted)
        let positions = wantedPositions(ritz).sorted { ritz.residuals[$0] > ritz.residuals[$1] }
        try factorization.restart(keeping: positions, of: ritz)
        return Array(factorization.basis.prefix(positions.count))
    }

    /// Starts from orthonormal vectors that nearly span the wanted pairs: one block of products gives the pairs in their span
    /// with true residuals. `nil` when these are too large; then ``run()`` goes on from there.
    mutating func verify(_ vectors: consuming [Vector]) throws -> Spectrum<Vector>? {
        for (index, vector) in vectors.enumerated() { _ = try factorization.append(vector, index: index) }
        vectors = []
        let seeds = factorization.activeCount
        while factorization.columns < seeds {
            try factorization.expand(symmetric, count: min(plan.checkBlock, seeds - factorization.columns))
        }
        let ritz = try factorization.ritz()
        try report(ritz)
        let positions = wantedPositions(ritz)
        guard positions.count == plan.wanted, positions.allSatisfy({ ritz.residuals[$0] <= bound(ritz.values[$0]) })
        else { return nil }
        try factorization.restart(keeping: positions, of: ritz)
        let pairs = positions.map { evidence(ritz.values[$0], ritz.residuals[$0]) }
        return spectrum(pairs, vectors: Array(factorization.basis.prefix(positions.count)), exhausted: false)
    }

    // MARK: - The end

    /// Checks the wanted pairs by true products. `nil` when a pair failed and the search can go on.
    private mutating func conclude(_ ritz: RitzSystem, exhausted: Bool) throws -> Spectrum<Vector>? {
        let wanted = min(plan.wanted, ritz.values.count)
        // The wanted vectors go first, where they can be taken; those that help a continued search follow.
        let first = plan.positions(count: wanted, available: ritz.values.count)
        let all = plan.positions(count: max(plan.keptAtCheck, wanted), available: ritz.values.count)
        try factorization.restart(keeping: first + all.filter { !first.contains($0) }, of: ritz)
        let checks = try factorization.trueResiduals(symmetric, count: wanted, block: plan.checkBlock)
        let passed = checks.allSatisfy { $0.residual <= bound($0.value) }
        if !passed, !exhausted, failedChecks < 3, affordable >= 1 {
            failedChecks += 1
            strictness /= 10
            return nil
        }
        let pairs = checks.map { evidence($0.value, $0.residual) }
        return spectrum(pairs, vectors: Array(factorization.basis.prefix(wanted)), exhausted: exhausted)
    }

    private func evidence(_ value: Double, _ residual: Double) -> Evidence {
        Evidence(
            value: value, residual: relative(residual, value: value), absoluteResidual: residual,
            converged: residual <= bound(value))
    }

    private struct Evidence {
        var value: Double
        var residual: Double
        var absoluteResidual: Double
        var converged: Bool
    }

    private func spectrum(_ evidence: [Evidence], vectors: [Vector], exhausted: Bool) -> Spectrum<Vector> {
        let pairs = zip(evidence, vectors)
            .map {
                Eigenpair(
                    value: $0.value, residual: $0.residual, absoluteResidual: $0.absoluteResidual,
                    converged: $0.converged, vector: $1)
            }
            .sorted { $0.value < $1.value }
        let scale = factorization.scale
        return Spectrum(
            largest: Array(pairs.reversed().prefix(plan.largest)), smallest: Array(pairs.prefix(plan.smallest)),
            applications: factorization.applications, explorations: explorations, restarts: restarts,
            converged: pairs.count == plan.wanted && pairs.allSatisfy(\.converged),
            krylovDimensionExhausted: exhausted, scale: scale,
            asymmetry: scale > 0 ? factorization.asymmetry / scale : 0)
    }
}
