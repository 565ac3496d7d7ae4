/// The trace of a symmetric operator: exactly on the range of a random sketch, by random probes outside it.
///
/// With Q an orthonormal basis of HS for a random S of k columns and P = I − QQᵀ,
///
///     Tr H = Tr(QᵀHQ) + E[(Pz)ᵀH(Pz)].
///
/// For positive semidefinite H and k = m/3 of m products the error falls like 1/m instead of 1/√m (Meyer, Musco, Musco &
/// Woodruff, *Hutch++*, SOSA 2021, algorithm 1). Given Q the samples are independent, so the standard error is an
/// ordinary one.
///
/// Costs 2k products for the sketch and one for each probe; k + blockSize vectors.
public struct HutchPlusPlus: Sendable {
    /// When to stop; the sketch takes two thirds of the products.
    public var budget: TraceBudget
    /// See ``Lanczos/noiseFloor``.
    public var noiseFloor: Double

    /// Describes an estimate; nothing is checked before it runs.
    public init(budget: TraceBudget, noiseFloor: Double = 1e-12) {
        self.budget = budget
        self.noiseFloor = noiseFloor
    }

    /// Estimates by products with the probes `probe(0)`, `probe(1)`, …; the first ones make the sketch.
    ///
    /// - Parameters:
    ///   - symmetric: The operator.
    ///   - blockSize: How many vectors the operator is given at once.
    ///   - probe: Gives the i-th random probe: independent entries of mean 0 and variance 1. It is overwritten.
    ///   - progress: Called with the number of products; throw from it to cancel.
    /// - Throws: ``KrylovError``, and whatever the operator, the vectors and the closures throw.
    public func run<Operator: SymmetricOperator>(
        _ symmetric: Operator, blockSize: Int = 1, probe: (Int) throws -> Operator.Vector,
        progress: ((Int) throws -> Void)? = nil
    ) throws -> TraceEstimate {
        try budget.validate(atLeast: 6)
        let sketch = min(budget.maximumProducts / 3, symmetric.dimension)
        var products = 0
        var basis: [Operator.Vector] = []
        for first in stride(from: 0, to: sketch, by: blockSize) {
            let block = try (first..<min(sketch, first + blockSize)).map { try checkedProbe($0, probe) }
            for var image in try symmetric.checkedProducts(block, before: products) {
                let length = try image.dot(image).squareRoot()
                let remainder = try Orthogonalization(&image, against: basis)
                guard length > 0, remainder.norm > noiseFloor * length else { continue }
                try image.scale(by: 1 / remainder.norm)
                basis.append(image)
            }
            products += block.count
            try progress?(products)
        }
        var (exact, exactSquare) = (0.0, 0.0)
        for first in stride(from: 0, to: basis.count, by: blockSize) {
            let block = Array(basis[first..<min(basis.count, first + blockSize)])
            for (q, image) in zip(block, try symmetric.checkedProducts(block, before: products)) {
                exact += try q.dot(image)
                exactSquare += try image.dot(image)
            }
            products += block.count
            try progress?(products)
        }
        var (forms, squares): ([Double], [Double]) = ([], [])
        while true {
            let remaining = budget.maximumProducts - products
            let block = try (0..<min(blockSize, remaining)).map { offset in
                var z = try checkedProbe(sketch + forms.count + offset, probe)
                if !basis.isEmpty { _ = try Orthogonalization(&z, against: basis) }
                return z
            }
            for (z, image) in zip(block, try symmetric.checkedProducts(block, before: products)) {
                forms.append(try exact + z.dot(image))
                squares.append(try exactSquare + image.dot(image))
            }
            products += block.count
            try progress?(products)
            guard forms.count >= 2 else { continue }
            var estimate = TraceEstimate(quadraticForms: forms, squaredNorms: squares)
            estimate.products = products
            let (trace, error, count) = (estimate.trace, estimate.standardError, forms.count)
            estimate.converged = budget.isReached(trace, error, samples: count)
            if products >= budget.maximumProducts || budget.stopsEarly(trace, error, samples: count) {
                return estimate
            }
        }
    }
}
