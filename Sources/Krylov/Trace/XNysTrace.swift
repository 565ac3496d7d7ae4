/// The trace of a positive semidefinite operator by leaving out each probe of a Nyström approximation in turn.
///
/// With probes Ω of m columns, Y = GΩ and A = ΩᵀY, the Nyström approximation is Ĝ = Y A⁻¹ Yᵀ. Without column i its trace is
/// Tr Ĝ − ‖Y aᵢ‖² / aᵢᵢ, where aᵢ is column i of A⁻¹ and aᵢᵢ its entry i, and what probe i sees beyond that approximation is
/// ωᵢᵀ(G − Ĝᵢ)ωᵢ = 1/aᵢᵢ. So
///
///     tᵢ = Tr Ĝ − ‖Y aᵢ‖²/aᵢᵢ + (n − m + 1) bᵢᵢ / aᵢᵢ,   b = (ΩᵀΩ)⁻¹,
///
/// and the result is their mean (Epperly, Tropp & Webber, *SIAM J. Matrix Anal. Appl.* 45, 2024: XNysTrace). G is shifted by ν,
/// a rounding error of its size, and νn is taken off again, so that A can be inverted for an operator of low rank.
///
/// Costs one product for each probe, m + blockSize vectors.
public struct XNysTrace: Sendable {
    /// When to stop.
    public var budget: TraceBudget
    /// See ``Lanczos/noiseFloor``.
    public var noiseFloor: Double

    /// Describes an estimate; nothing is checked before it runs.
    public init(budget: TraceBudget, noiseFloor: Double = 1e-12) {
        self.budget = budget
        self.noiseFloor = noiseFloor
    }

    /// Estimates by products with the probes `probe(0)`, `probe(1)`, …
    ///
    /// - Parameters:
    ///   - semidefinite: The operator, without negative eigenvalues.
    ///   - blockSize: How many vectors the operator is given at once, and how often the stopping rule looks.
    ///   - probe: Gives the i-th random probe: independent entries of mean 0 and variance 1. Called again for the same
    ///     index it must give the same vector.
    ///   - progress: Called with the number of products; throw from it to cancel.
    /// - Throws: ``KrylovError/indefinite(value:)`` where the operator is not positive semidefinite; other ``KrylovError``s,
    ///   and whatever the operator, the vectors and the closures throw.
    public func run<Operator: SymmetricOperator>(
        _ semidefinite: Operator, blockSize: Int = 1, probe: (Int) throws -> Operator.Vector,
        progress: ((Int) throws -> Void)? = nil
    ) throws -> ExchangeableTrace {
        try budget.validate(atLeast: 2)
        let n = semidefinite.dimension
        let most = min(budget.maximumProducts, n)
        var images: [Operator.Vector] = []
        var (probeGram, cross, imageGram): ([[Double]], [[Double]], [[Double]]) = ([], [], [])
        while true {
            let first = images.count
            let block = try (first..<min(most, first + blockSize)).map { try checkedProbe($0, probe) }
            images += try semidefinite.checkedProducts(block, before: first)
            // Rows of the new probes and images against all; the matrices are symmetric.
            for (offset, ω) in block.enumerated() {
                let row = first + offset
                let others = try (0...row).map { try $0 < first ? probe($0) : block[$0 - first] }
                probeGram.append(try others.map { try $0.dot(ω) })
                cross.append(try others.map { try $0.dot(images[row]) })
                imageGram.append(try (0...row).map { try images[$0].dot(images[row]) })
            }
            try progress?(images.count)
            guard images.count >= 2 else { continue }
            var result = ExchangeableTrace(
                try estimates(n, probeGram, cross, imageGram), products: images.count)
            let (trace, error, count) = (result.trace, result.standardError, images.count)
            result.converged = budget.isReached(trace, error, samples: count)
            if count >= most || budget.stopsEarly(trace, error, samples: count) { return result }
        }
    }

    private func estimates(
        _ n: Int, _ probeGram: [[Double]], _ cross: [[Double]], _ imageGram: [[Double]]
    ) throws(KrylovError) -> [Double] {
        let m = cross.count
        var energy = 0.0
        for i in 0..<m { energy += imageGram[i][i] }
        let shift = 10 * noiseFloor * (energy / Double(n)).squareRoot()
        guard shift > 0 else { return [Double](repeating: 0, count: m) }
        func full(_ rows: [[Double]], _ entry: (Int, Int) -> Double) -> [Double] {
            (0..<m).flatMap { r in (0..<m).map { c in entry(max(r, c), min(r, c)) } }
        }
        let a = full(cross) { cross[$0][$1] + shift * probeGram[$0][$1] }
        let y = full(imageGram) { imageGram[$0][$1] + shift * (2 * cross[$0][$1] + shift * probeGram[$0][$1]) }
        let inverseA = try inverse(a, m)
        let inverseProbes = try inverse(full(probeGram) { probeGram[$0][$1] }, m)
        // Tr(A⁻¹ YᵀY).
        var total = 0.0
        for k in 0..<(m * m) { total += inverseA[k] * y[k] }
        return (0..<m).map { i in
            var squared = 0.0
            for r in 0..<m {
                for c in 0..<m { squared += inverseA[r * m + i] * y[r * m + c] * inverseA[c * m + i] }
            }
            let corner = inverseA[i * m + i]
            let scale = Double(n - m + 1) * inverseProbes[i * m + i]
            return total - squared / corner + scale / corner - shift * Double(n)
        }
    }

    /// The inverse of a positive definite matrix.
    private func inverse(_ matrix: [Double], _ m: Int) throws(KrylovError) -> [Double] {
        let system = try SymmetricEigensystem(matrix, order: m)
        guard let least = system.values.first, least > 0 else { throw .indefinite(value: system.values.first ?? 0) }
        var result = [Double](repeating: 0, count: m * m)
        for (value, vector) in zip(system.values, system.vectors) {
            for r in 0..<m { for c in 0..<m { result[r * m + c] += vector[r] * vector[c] / value } }
        }
        return result
    }
}
