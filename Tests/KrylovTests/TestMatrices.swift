import Krylov
import Testing

/// A dense symmetric matrix by rows, with its exact eigenvalues where they are known.
struct TestMatrix: Sendable, CustomTestStringConvertible {
    var name: String
    var order: Int
    var rows: [[Double]]

    var testDescription: String { name }

    var flat: [Double] { rows.flatMap { $0 } }

    func times(_ vector: [Double]) -> [Double] {
        rows.map { $0.dot(vector) }
    }

    var symmetric: ClosureOperator<[Double]> {
        ClosureOperator.each(dimension: order) { times($0) }
    }

    func scaled(by factor: Double) -> TestMatrix {
        TestMatrix(name: "\(factor) \(name)", order: order, rows: rows.map { $0.map { factor * $0 } })
    }

    /// The eigenvalues by the dense solver, ascending.
    func eigenvalues() throws -> [Double] {
        try SymmetricEigensystem(flat, order: order).values
    }

    static func diagonal(_ values: [Double], name: String? = nil) -> TestMatrix {
        let rows = values.indices.map { i in values.indices.map { $0 == i ? values[i] : 0 } }
        return TestMatrix(name: name ?? "diag\(values)", order: values.count, rows: rows)
    }

    /// Q diag(values) Qᵀ with Q a product of random reflections.
    static func rotated(_ values: [Double], seed: Int = 5, name: String? = nil) -> TestMatrix {
        var result = diagonal(values)
        var generator = TestGenerator(seed, 99)
        let n = values.count
        for _ in 0..<3 {
            var v = generator.normals(n)
            v.scale(by: 1 / v.dot(v).squareRoot())
            for _ in 0..<2 {
                // A ← A (I − 2vvᵀ), then the transpose: both sides after two turns.
                for r in 0..<n { result.rows[r].add(-2 * result.rows[r].dot(v), times: v) }
                result.rows = (0..<n).map { r in (0..<n).map { result.rows[$0][r] } }
            }
        }
        for r in 0..<n {
            for c in 0..<r { result.rows[r][c] = result.rows[c][r] }
        }
        result.name = name ?? "rotated diag, n = \(n)"
        return result
    }

    /// X Xᵀ / samples for a Gaussian X of order × samples.
    static func wishart(_ order: Int, samples: Int, seed: Int = 3) -> TestMatrix {
        var generator = TestGenerator(seed, 7)
        let x = (0..<order).map { _ in generator.normals(samples) }
        let rows = x.map { a in x.map { a.dot($0) / Double(samples) } }
        return TestMatrix(name: "Wishart \(order)/\(samples)", order: order, rows: rows)
    }

    /// Symmetric with independent Gaussian entries: both signs of eigenvalues.
    static func gaussian(_ order: Int, seed: Int = 4) -> TestMatrix {
        var generator = TestGenerator(seed, 8)
        var rows = (0..<order).map { _ in generator.normals(order) }
        for r in 0..<order {
            for c in 0..<r { rows[r][c] = rows[c][r] }
        }
        return TestMatrix(name: "Gaussian \(order)", order: order, rows: rows)
    }
}

/// The second-difference operator on n points with zero ends; λₖ = 4 sin²(kπ / 2(n + 1)).
func laplacian(_ n: Int) -> ClosureOperator<[Double]> {
    ClosureOperator.each(dimension: n) { v in
        v.indices.map { 2 * v[$0] - ($0 > 0 ? v[$0 - 1] : 0) - ($0 + 1 < n ? v[$0 + 1] : 0) }
    }
}

/// The largest distance of two lists of equal length, infinite when the lengths differ.
func distance(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

/// The largest |⟨vᵢ, vⱼ⟩ − δᵢⱼ|.
func orthogonalityError(_ vectors: [[Double]]) -> Double {
    var error = 0.0
    for i in vectors.indices {
        for j in 0...i { error = max(error, abs(vectors[i].dot(vectors[j]) - (i == j ? 1 : 0))) }
    }
    return error
}
