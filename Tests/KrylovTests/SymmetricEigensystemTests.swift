import Foundation
import Krylov
import Testing

@Suite("Dense symmetric eigensystem")
struct SymmetricEigensystemTests {
    static let matrices: [TestMatrix] = [
        .diagonal([3]), .diagonal([0, 0, 0]), .diagonal([5, -1, 5, 2]), .gaussian(2), .gaussian(3), .gaussian(30),
        .wishart(40, samples: 50), .wishart(30, samples: 10),
        .rotated([1, 1, 1, 2, 2, 3, -4, -4, 0, 0, 0, 1e-9]), .rotated((0..<24).map { pow(10, -Double($0)) }),
        .gaussian(8).scaled(by: 1e-200), .gaussian(8).scaled(by: 1e200),
    ]

    @Test("A z = λ z, Z Zᵀ = I, ascending", arguments: matrices)
    func identities(matrix: TestMatrix) throws {
        let system = try SymmetricEigensystem(matrix.flat, order: matrix.order)
        let norm = system.values.map(abs).max() ?? 0
        for (value, vector) in zip(system.values, system.vectors) {
            let image = matrix.times(vector)
            let error = zip(image, vector).reduce(0) { max($0, abs($1.0 - value * $1.1)) }
            #expect(error <= 1e-14 * Double(matrix.order).squareRoot() * norm)
        }
        #expect(orthogonalityError(system.vectors) < 1e-14 * Double(max(4, matrix.order)))
        #expect(system.values == system.values.sorted())
    }

    /// A tridiagonal matrix by rows.
    private func tridiagonal(_ n: Int, off: Double, diagonal: (Int) -> Double) -> [Double] {
        var matrix = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            matrix[i * n + i] = diagonal(i)
            if i > 0 { matrix[i * n + i - 1] = off }
        }
        return matrix
    }

    @Test("known eigenvalues")
    func closedForms() throws {
        let n = 60
        let rows = tridiagonal(n, off: -1) { _ in 2 }
        let expected = (1...n).map { 4 * pow(sin(Double($0) * .pi / Double(2 * (n + 1))), 2) }
        let found = try SymmetricEigensystem(rows, order: n).values
        #expect(distance(found, expected) < 1e-14)
        // Wilkinson's W21+: pairs that agree to 14 digits; the largest is 10.7461941829034 (J. H. Wilkinson 1965).
        let w = tridiagonal(21, off: 1) { Double(abs($0 - 10)) }
        let top = try SymmetricEigensystem(w, order: 21).values.suffix(2)
        #expect(top.allSatisfy { abs($0 - 10.746194182903) < 1e-12 })
    }

    @Test("only the lower triangle is read")
    func lowerTriangle() throws {
        let system = try SymmetricEigensystem([1, .nan, 2, 1], order: 2)
        #expect(distance(system.values, [-1, 3]) < 1e-15)
    }

    @Test("bad input is refused")
    func refusal() {
        #expect(throws: KrylovError.denseEigenproblem(order: 2, reason: "entry (1, 0) is not finite")) {
            try SymmetricEigensystem([1, 0, .infinity, 1], order: 2)
        }
        #expect(throws: KrylovError.self) { try SymmetricEigensystem([1, 2, 3], order: 2) }
        #expect(throws: Never.self) { try SymmetricEigensystem([], order: 0) }
    }
}
