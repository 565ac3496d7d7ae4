/// The trace and the Frobenius norm of a symmetric operator, from the same products with random probes.
///
/// For probes z with E[z zᵀ] = I,
///
///     Tr H = E[zᵀHz],    ‖H‖_F² = E[‖Hz‖²],
///
/// and the mean over s independent probes has the standard error s_d/√s. Random signs (Rademacher probes) have the smallest
/// variance of the trace among independent entries, 2(‖H‖_F² − Σ Hᵢᵢ²), which is 0 for a diagonal operator. The root ‖H‖_F and the
/// ratio Tr H/‖H‖_F get their standard errors by the delta method, with the covariance of both means; their bias is of order
/// 1/s (Hutchinson 1990).
///
/// Costs one product per probe, and 2 · blockSize vectors of memory.
public struct Hutchinson: Sendable {
    /// The fewest probes, at least 2.
    public var minimumSamples: Int
    /// The most probes.
    public var maximumSamples: Int
    /// Stops at a trace whose standard error is at most this times its magnitude; `nil` always takes `maximumSamples`.
    ///
    /// A rule that looks at the data makes the reported error a little too small on average; with a minimum of 10 probes or
    /// more this is minor. Where positive and negative curvature cancel the target may be out of reach.
    public var relativeStandardError: Double?

    /// Describes an estimate; nothing is checked before ``run(_:blockSize:probe:progress:)``.
    public init(minimumSamples: Int = 10, maximumSamples: Int = 100, relativeStandardError: Double? = nil) {
        self.minimumSamples = minimumSamples
        self.maximumSamples = maximumSamples
        self.relativeStandardError = relativeStandardError
    }

    /// Estimates by products with the probes `probe(0)`, `probe(1)`, …
    ///
    /// - Parameters:
    ///   - symmetric: The operator.
    ///   - blockSize: How many probes the operator is given at once. The result depends on it only through when the stopping
    ///     rule looks.
    ///   - probe: Gives the i-th random probe: independent entries of mean 0 and variance 1. It is not changed.
    ///   - progress: Called after each block; throw from it to cancel.
    /// - Throws: ``KrylovError``, and whatever the operator, the vectors and the closures throw.
    public func run<Operator: SymmetricOperator>(
        _ symmetric: Operator, blockSize: Int = 1, probe: (Int) throws -> Operator.Vector,
        progress: ((TraceEstimate) throws -> Void)? = nil
    ) throws -> TraceEstimate {
        try validate(blockSize: blockSize)
        var quadraticForms: [Double] = []
        var squaredNorms: [Double] = []
        while true {
            let first = quadraticForms.count
            let probes = try (first..<min(first + blockSize, maximumSamples)).map(probe)
            let products = try symmetric.apply(probes)
            guard products.count == probes.count else {
                throw KrylovError.productCount(expected: probes.count, found: products.count)
            }
            for (z, product) in zip(probes, products) {
                let form = try z.dot(product)
                let square = try product.dot(product)
                guard form.isFinite, square.isFinite else {
                    let index = quadraticForms.count
                    guard try z.dot(z).isFinite else { throw KrylovError.nonFiniteStart(index: index) }
                    throw KrylovError.nonFiniteProduct(application: index + 1)
                }
                quadraticForms.append(form)
                squaredNorms.append(square)
            }
            let count = quadraticForms.count
            // One sample has no standard error, and none is made up for it.
            guard count >= 2 else { continue }
            var estimate = TraceEstimate(quadraticForms: quadraticForms, squaredNorms: squaredNorms)
            let reached = relativeStandardError.map { estimate.standardError <= $0 * abs(estimate.trace) } ?? true
            estimate.converged = reached && count >= minimumSamples
            try progress?(estimate)
            if count >= maximumSamples || (relativeStandardError != nil && estimate.converged) { return estimate }
        }
    }

    private func validate(blockSize: Int) throws(KrylovError) {
        guard minimumSamples >= 2 else {
            throw .invalidParameter(name: "minimumSamples", value: "\(minimumSamples)", requirement: "2 or more")
        }
        guard maximumSamples >= minimumSamples else {
            throw .invalidParameter(
                name: "maximumSamples", value: "\(maximumSamples)",
                requirement: "minimumSamples (\(minimumSamples)) or more")
        }
        guard blockSize >= 1 else {
            throw .invalidParameter(name: "blockSize", value: "\(blockSize)", requirement: "1 or more")
        }
        if let target = relativeStandardError, !(target > 0 && target.isFinite) {
            throw .invalidParameter(
                name: "relativeStandardError", value: "\(target)", requirement: "above 0 and finite")
        }
    }
}
