import Foundation
import Krylov
import Testing

/// Searches with an approximation of the operator: values and residuals are the operator's own.
@Suite struct LanczosExplorationTests {
    /// A matrix with isolated eigenvalues at both ends and a bulk, and the same with an error on every product.
    struct Problem {
        let matrix: TestMatrix
        let error: Double

        init(error: Double) {
            let bulk = (0..<90).map { -0.5 + Double($0) / 90 }
            matrix = TestMatrix.rotated(bulk + [2, 3, 5, 7, -2, -3, -6])
            self.error = error
        }

        /// The approximation: products with an error that is no linear function, as rounding and truncation are none.
        var approximation: ClosureOperator<[Double]> {
            let (exact, error) = (matrix.symmetric, error)
            return .each(dimension: exact.dimension) { v in
                var y = try exact.apply([v])[0]
                let noise = (0..<y.count).map { sin(1e5 * v[$0] + Double($0)) }
                let length = noise.reduce(0) { $0 + $1 * $1 }.squareRoot()
                for i in y.indices { y[i] += error * noise[i] / length }
                return y
            }
        }
    }

    func solver(_ tolerance: Double = 1e-3) -> Lanczos {
        Lanczos(largest: 3, smallest: 2, tolerance: tolerance, basisSize: 20, maximumApplications: 400)
    }

    func check(_ spectrum: Spectrum<[Double]>, _ problem: Problem, tolerance: Double) throws {
        #expect(spectrum.converged)
        let expected = [7.0, 5, 3] + [-6.0, -3]
        for (pair, value) in zip(spectrum.largest + spectrum.smallest, expected) {
            let product = try problem.matrix.symmetric.apply([pair.vector])[0]
            let norm = pair.vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let residual = zip(product, pair.vector).reduce(0) { $0 + pow($1.0 - pair.value * $1.1, 2) }.squareRoot()
            #expect(abs(norm - 1) < 1e-12)
            #expect(residual / abs(pair.value) <= tolerance * (1 + 1e-9))
            #expect(abs(residual - pair.absoluteResidual) < 1e-10)
            #expect(abs(pair.value - value) <= residual)
        }
    }

    @Test func accurateApproximationNeedsOneBlockOfTrueProducts() throws {
        let problem = Problem(error: 5e-4)
        let spectrum = try solver().run(
            problem.matrix.symmetric, exploring: problem.approximation, inaccuracy: 5e-4, start: startVector(97))
        try check(spectrum, problem, tolerance: 1e-3)
        #expect(spectrum.applications == 5)
        #expect(spectrum.explorations > 5)
    }

    @Test func poorApproximationIsMendedByTrueProducts() throws {
        let problem = Problem(error: 0.05)
        let spectrum = try solver(1e-6).run(
            problem.matrix.symmetric, exploring: problem.approximation, inaccuracy: 0.05, start: startVector(97))
        try check(spectrum, problem, tolerance: 1e-6)
        #expect(spectrum.applications > 5)
    }

    /// The promise of accuracy may be wrong.
    @Test func wrongApproximationDoesNotChangeTheResult() throws {
        let problem = Problem(error: 0)
        let other = TestMatrix.rotated((0..<97).map { Double($0) - 40 })
        let spectrum = try solver().run(
            problem.matrix.symmetric, exploring: other.symmetric, inaccuracy: 1e-6, start: startVector(97))
        try check(spectrum, problem, tolerance: 1e-3)
    }

    @Test func failingApproximationIsLeftOut() throws {
        let problem = Problem(error: 0)
        let broken = ClosureOperator<[Double]>.each(dimension: 97) { $0.map { _ in .nan } }
        let spectrum = try solver().run(
            problem.matrix.symmetric, exploring: broken, inaccuracy: 1e-3, start: startVector(97))
        try check(spectrum, problem, tolerance: 1e-3)
        // The product that failed was taken all the same.
        #expect(spectrum.explorations == 1)
    }

    /// However the budget ends, in the exploration, after a failed check or later, it is a hard limit of both kinds together.
    @Test(arguments: [16, 20, 30, 45, 80], [5e-4, 1e-9]) func budgetCountsBothKinds(limit: Int, inaccuracy: Double)
        throws
    {
        let problem = Problem(error: 5e-4)
        var limited = solver(1e-12)
        limited.maximumApplications = limit
        let spectrum = try limited.run(
            problem.matrix.symmetric, exploring: problem.approximation, inaccuracy: inaccuracy, start: startVector(97))
        #expect(spectrum.applications + spectrum.explorations <= limit)
        #expect(spectrum.explorations > 0 && spectrum.largest.count == 3)
        #expect(spectrum.largest.allSatisfy { $0.residual.isFinite })
    }

    @Test func checksInSmallBlocksGiveTheSame() throws {
        let problem = Problem(error: 5e-4)
        func run(_ block: Int?) throws -> [Double] {
            var solver = solver()
            solver.checkBlock = block
            let spectrum = try solver.run(
                problem.matrix.symmetric, exploring: problem.approximation, inaccuracy: 5e-4, start: startVector(97))
            return (spectrum.largest + spectrum.smallest).flatMap { [$0.value, $0.residual] }
        }
        for (a, b) in zip(try run(nil), try run(1)) { #expect(abs(a - b) < 1e-12) }
        #expect(throws: KrylovError.self) { _ = try run(0) }
    }
}
