import Krylov
import Testing

@Suite("Lanczos factorization")
struct LanczosFactorizationTests {
    /// The largest entry of H V − V G over the applied columns.
    func relationError(_ matrix: TestMatrix, _ factorization: LanczosFactorization<[Double]>) -> Double {
        var error = 0.0
        for column in 0..<factorization.columns {
            var difference = matrix.times(factorization.basis[column])
            for (row, vector) in factorization.basis.enumerated() {
                difference.add(-factorization.projection[row][column], times: vector)
            }
            error = max(error, difference.map(abs).max() ?? 0)
        }
        return error
    }

    @Test("H V = V G and VᵀV = I, before and after restarts", arguments: [1, 2, 3])
    func relation(blockSize: Int) throws {
        let matrix = TestMatrix.gaussian(60)
        var factorization = LanczosFactorization<[Double]>(dimension: 60)
        for i in 0..<blockSize { #expect(try factorization.append(startVector(60)(i), index: i)) }
        for round in 0..<6 {
            while factorization.columns + blockSize <= 21 {
                try factorization.expand(matrix.symmetric, count: blockSize)
            }
            let ritz = try factorization.ritz()
            let scale = factorization.scale
            #expect(relationError(matrix, factorization) < 1e-13 * scale)
            #expect(orthogonalityError(factorization.basis) < 1e-13)
            #expect(factorization.activeCount == blockSize)
            #expect(factorization.asymmetry < 1e-13 * scale)
            try factorization.restart(keeping: [0, 1, 2, 17, 18, 19, 20].filter { $0 < ritz.values.count }, of: ritz)
            #expect(relationError(matrix, factorization) < 1e-13 * scale, "restart \(round)")
            #expect(orthogonalityError(factorization.basis) < 1e-13)
        }
    }

    @Test("estimated residuals are the true ones")
    func residuals() throws {
        let matrix = TestMatrix.wishart(40, samples: 50)
        var factorization = LanczosFactorization<[Double]>(dimension: 40)
        _ = try factorization.append(startVector(40)(0), index: 0)
        for _ in 0..<12 { try factorization.expand(matrix.symmetric, count: 1) }
        let ritz = try factorization.ritz()
        for (i, coefficients) in ritz.vectors.enumerated() {
            var vector = [Double](repeating: 0, count: 40)
            try vector.add(coefficients, times: factorization.basis)
            var residual = matrix.times(vector)
            residual.add(-ritz.values[i], times: vector)
            #expect(abs(residual.dot(residual).squareRoot() - ritz.residuals[i]) < 1e-13)
        }
    }

    @Test("no ghosts: 150 steps find each outlier once, where the three-term recurrence finds copies")
    func ghosts() throws {
        let values = [10, 8, 6] + (0..<197).map { Double($0) / 197 }
        let diagonal = ClosureOperator<[Double]>.each(dimension: 200) { v in zip(v, values).map { $0 * $1 } }
        var factorization = LanczosFactorization<[Double]>(dimension: 200)
        _ = try factorization.append(startVector(200)(0), index: 0)
        for _ in 0..<150 { try factorization.expand(diagonal, count: 1) }
        let found = try factorization.ritz().values
        for outlier in [10.0, 8, 6] { #expect(found.filter { abs($0 - outlier) < 1e-6 }.count == 1) }
        #expect(orthogonalityError(factorization.basis) < 1e-13)

        var (previous, current, beta) = ([Double](repeating: 0, count: 200), startVector(200)(0), 0.0)
        current.scale(by: 1 / current.dot(current).squareRoot())
        var tridiagonal = [Double](repeating: 0, count: 150 * 150)
        for step in 0..<150 {
            var next = try diagonal.apply([current])[0]
            let alpha = next.dot(current)
            next.add(-alpha, times: current)
            next.add(-beta, times: previous)
            beta = next.dot(next).squareRoot()
            next.scale(by: 1 / beta)
            (previous, current) = (current, next)
            tridiagonal[step * 150 + step] = alpha
            if step < 149 { tridiagonal[(step + 1) * 150 + step] = beta }
        }
        let plain = try SymmetricEigensystem(tridiagonal, order: 150).values
        #expect(plain.filter { abs($0 - 10) < 1e-6 }.count > 5)
    }

    @Test("an asymmetric operator is seen")
    func asymmetry() throws {
        let rotation = ClosureOperator<[Double]>.each(dimension: 30) { v in
            v.indices.map { v[$0] * Double($0) + 0.5 * v[($0 + 1) % 30] }
        }
        var factorization = LanczosFactorization<[Double]>(dimension: 30)
        _ = try factorization.append(startVector(30)(0), index: 0)
        for _ in 0..<5 { try factorization.expand(rotation, count: 1) }
        #expect(factorization.asymmetry > 1e-3 * factorization.scale)
    }

    @Test("vectors in the span, zero vectors and full bases are turned away")
    func append() throws {
        var factorization = LanczosFactorization<[Double]>(dimension: 2)
        #expect(try factorization.append([3, 4], index: 0))
        #expect(try !factorization.append([6, 8], index: 1))
        #expect(try !factorization.append([0, 0], index: 2))
        #expect(try factorization.append([3, 4 + 1e-6], index: 3))
        #expect(orthogonalityError(factorization.basis) < 1e-15)
        #expect(try !factorization.append([1, 0], index: 4))
        #expect(throws: KrylovError.nonFiniteStart(index: 5)) { try factorization.append([.nan, 0], index: 5) }
    }
}
