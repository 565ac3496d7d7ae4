extension Lanczos {
    /// Searches the eigenpairs of `symmetric` by first searching those of an approximation whose products are cheaper.
    ///
    /// Lanczos with the approximation gives the wanted Ritz vectors Y, as well as its products allow. One block of true products
    /// HY then gives the best eigenpairs in the span of Y (Rayleigh–Ritz) with their true residuals ‖Hv − λv‖. Where all are within the
    /// tolerance that is the result: `wanted` true products in all. Otherwise the search goes on with true products from Y
    /// and the residuals, as a block Lanczos run.
    ///
    /// With errors E of the approximation on the Krylov vectors vₖ and a Ritz vector y = Σ ηₖvₖ the residual reached is about
    /// ‖Σ ηₖEvₖ‖ (Simoncini & Szyld, *SIAM J. Sci. Comput.* 25, 2003): of the size of one error, not of their sum.
    ///
    /// - Parameters:
    ///   - symmetric: The operator; values and residuals of the result are its own.
    ///   - approximation: Nearly the same operator.
    ///   - inaccuracy: ‖error‖ of the approximation's product with a unit vector, roughly. The exploration ends there.
    ///   - start: As in ``run(_:start:progress:)``.
    ///   - progress: As in ``run(_:start:progress:)``; products of both kinds are counted together.
    /// - Returns: As ``run(_:start:progress:)``; ``Spectrum/explorations`` counts the products with the approximation, which also
    ///   count against ``maximumApplications``.
    public func run<Operator: SymmetricOperator, Approximation: SymmetricOperator>(
        _ symmetric: Operator, exploring approximation: Approximation, inaccuracy: Double,
        start: (Int) throws -> Operator.Vector, progress: ((Progress) throws -> Void)? = nil
    ) throws -> Spectrum<Operator.Vector> where Approximation.Vector == Operator.Vector {
        let plan = try LanczosPlan(self, dimension: symmetric.dimension)
        guard inaccuracy >= 0, inaccuracy.isFinite else {
            throw KrylovError.invalidParameter(
                name: "inaccuracy", value: "\(inaccuracy)", requirement: "a finite number, 0 or more")
        }
        // A basis as large as the space answers by itself; true products must remain for the check.
        guard plan.wanted > 0, plan.basisSize < symmetric.dimension, plan.maximumApplications > 3 * plan.wanted else {
            return try run(symmetric, start: start, progress: progress)
        }
        return try withoutActuallyEscaping(start) { start in
            // True products must remain for a check that fails and for the one that ends the search.
            var rough = self
            rough.maximumApplications -= plan.wanted
            var exploration = LanczosSearch(
                approximation, try LanczosPlan(rough, dimension: symmetric.dimension), inaccuracy: inaccuracy,
                start: start, progress: progress)
            var vectors: [Operator.Vector] = []
            do { vectors = try exploration.explore() } catch KrylovError.nonFiniteProduct {
                // The approximation fails where the operator may not.
            }
            // The residuals of all wanted pairs wait beside the basis.
            var exact = self
            exact.basisSize = max(plan.wanted + max(2, blockSize), plan.basisSize - plan.wanted)
            var search = LanczosSearch(
                symmetric, try LanczosPlan(exact, dimension: symmetric.dimension),
                explorations: exploration.applications, start: start, progress: progress)
            if vectors.count == plan.wanted, let result = try search.verify(vectors) { return result }
            return try search.run()
        }
    }
}
