import Krylov
import Testing

@Suite("In-place combinations")
struct CombinationTests {
    @Test("equal the plain product", arguments: [(1, 1), (4, 4), (7, 3), (12, 11), (5, 0)])
    func plainProduct(rows: Int, columns: Int) throws {
        var generator = TestGenerator(rows, columns)
        let basis = (0..<rows).map { _ in generator.normals(6) }
        let coefficients = (0..<columns).map { _ in generator.normals(rows) }
        var combined = basis
        try [Double].combine(&combined, coefficients: coefficients)
        let expected = coefficients.map { column in
            (0..<6).map { i in zip(column, basis).reduce(0) { $0 + $1.0 * $1.1[i] } }
        }
        #expect(combined.count == columns)
        for (found, wanted) in zip(combined, expected) { #expect(distance(found, wanted) < 1e-12) }
    }

    @Test(
        "zeros, permutations and rank deficiency",
        arguments: [
            [[0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 2, 0]], [[1, 1, 0], [1, 1, 0], [1, 1, 0]],
            [[0, -1, 0], [0, 0, 3], [1, 0, 0]],
        ] as [[[Double]]])
    func special(coefficients: [[Double]]) throws {
        var basis: [[Double]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        try [Double].combine(&basis, coefficients: coefficients)
        #expect(zip(basis, coefficients).allSatisfy { distance($0, $1) < 1e-15 })
    }

    @Test("rotations keep the basis orthonormal, many times over")
    func orthonormality() throws {
        let n = 40
        var basis = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0 } }
        let rotation = try SymmetricEigensystem(TestMatrix.gaussian(n).flat, order: n).vectors
        for _ in 0..<10 { try [Double].combine(&basis, coefficients: rotation) }
        #expect(orthogonalityError(basis) < 1e-13)
    }

    @Test("shapes that do not fit are refused")
    func refusal() {
        var basis: [[Double]] = [[1, 0], [0, 1]]
        #expect(throws: KrylovError.self) { try [Double].combine(&basis, coefficients: [[1, 2, 3]]) }
        #expect(throws: KrylovError.self) { try [Double].combine(&basis, coefficients: [[1, 0], [0, 1], [1, 1]]) }
    }
}
