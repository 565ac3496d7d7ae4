import Foundation
import Krylov
import Testing

@Suite("Lanczos: spectra")
struct LanczosSpectrumTests {
    /// What every pair must satisfy, checked with products of the test's own.
    func check(_ spectrum: Spectrum<[Double]>, _ symmetric: ClosureOperator<[Double]>, tolerance: Double) throws {
        for pairs in [spectrum.largest, spectrum.smallest] {
            #expect(orthogonalityError(pairs.map(\.vector)) < 1e-12)
            for pair in pairs {
                var residual = try symmetric.apply([pair.vector])[0]
                residual.add(-pair.value, times: pair.vector)
                let norm = residual.dot(residual).squareRoot()
                #expect(abs(norm - pair.absoluteResidual) <= 1e-13 * spectrum.scale)
                #expect(
                    pair.converged
                        == (pair.absoluteResidual <= max(tolerance * abs(pair.value), 1e-12 * spectrum.scale)))
                #expect(pair.residual.isFinite)
            }
        }
        #expect(spectrum.largest.map(\.value) == spectrum.largest.map(\.value).sorted(by: >))
        #expect(spectrum.smallest.map(\.value) == spectrum.smallest.map(\.value).sorted())
    }

    static let spectra: [[Double]] = [
        [1, 2, 3, 4, 5], [-2, -1, 3, 4, 5], [7], [0, 0, 0, 0], [1, 1, 1, 1, 1, 1], [-5, -4, -4, -4, -1],
        [2, 2, 2, 1, 1, 0, 0, 0, 0, -1], [1, 1 + 1e-8, 1 + 2e-8, 3, 3], [1e-9, 1, 1e9], [4, 4, -4, -4, 0],
    ]

    @Test("every eigenvalue with its multiplicity when the basis spans the space", arguments: spectra, [1, 2])
    func complete(values: [Double], blockSize: Int) throws {
        let ascending = values.sorted()
        let size = ascending.map(abs).max() ?? 0
        for matrix in [TestMatrix.diagonal(values), .rotated(values)] {
            let lanczos = Lanczos(largest: values.count, smallest: values.count, blockSize: blockSize)
            let spectrum = try lanczos.run(matrix.symmetric, start: startVector(values.count))
            #expect(distance(spectrum.smallest.map(\.value), ascending) <= 1e-13 * size)
            #expect(distance(spectrum.largest.map(\.value), ascending.reversed()) <= 1e-13 * size)
            #expect(spectrum.converged && spectrum.krylovDimensionExhausted)
            #expect(spectrum.applications == 2 * values.count)
            try check(spectrum, matrix.symmetric, tolerance: 1e-3)
        }
    }

    @Test("more pairs than dimensions give as many as there are")
    func moreThanDimension() throws {
        let matrix = TestMatrix.diagonal([-2, -1, 3, 4, 5])
        let spectrum = try Lanczos(largest: 9, smallest: 2).run(matrix.symmetric, start: startVector(5))
        #expect(distance(spectrum.largest.map(\.value), [5, 4, 3, -1, -2]) < 1e-13)
        #expect(distance(spectrum.smallest.map(\.value), [-2, -1]) < 1e-13)
        #expect(spectrum.converged)
        let none = try Lanczos(largest: 3, smallest: 3).run(TestMatrix.diagonal([]).symmetric, start: startVector(0))
        #expect(none.largest.isEmpty && none.smallest.isEmpty && none.converged && none.applications == 0)
    }

    @Test(
        "both ends of random matrices, with restarts",
        arguments: [
            TestMatrix.wishart(40, samples: 60), .wishart(50, samples: 80), .gaussian(50),
        ])
    func random(matrix: TestMatrix) throws {
        let exact = try matrix.eigenvalues()
        let lanczos = Lanczos(largest: 5, smallest: 3, tolerance: 1e-6, basisSize: 20, maximumApplications: 400)
        let spectrum = try lanczos.run(matrix.symmetric, start: startVector(matrix.order))
        #expect(spectrum.converged)
        #expect(spectrum.restarts > 0)
        #expect(distance(spectrum.largest.map(\.value), exact.reversed().prefix(5).map { $0 }) < 1e-9 * spectrum.scale)
        #expect(distance(spectrum.smallest.map(\.value), Array(exact.prefix(3))) < 1e-9 * spectrum.scale)
        #expect(spectrum.asymmetry < 1e-13)
        try check(spectrum, matrix.symmetric, tolerance: 1e-6)
    }

    @Test("the Laplacian of 200 points with a basis of 24")
    func laplacian200() throws {
        let exact = (1...200).map { 4 * pow(sin(Double($0) * .pi / 402), 2) }
        let lanczos = Lanczos(largest: 3, smallest: 3, tolerance: 1e-4, basisSize: 24, maximumApplications: 1500)
        let spectrum = try lanczos.run(laplacian(200), start: startVector(200))
        #expect(spectrum.converged && spectrum.restarts > 3)
        #expect(distance(spectrum.largest.map(\.value), exact.reversed().prefix(3).map { $0 }) < 1e-4)
        #expect(distance(spectrum.smallest.map(\.value), Array(exact.prefix(3))) < 1e-7)
        try check(spectrum, laplacian(200), tolerance: 1e-4)
    }

    @Test("one end only", arguments: [(3, 0), (0, 3)])
    func oneEnd(largest: Int, smallest: Int) throws {
        let matrix = TestMatrix.gaussian(50)
        let exact = try matrix.eigenvalues()
        let lanczos = Lanczos(largest: largest, smallest: smallest, tolerance: 1e-6)
        let spectrum = try lanczos.run(matrix.symmetric, start: startVector(50))
        #expect(spectrum.converged)
        #expect(distance(spectrum.largest.map(\.value), exact.reversed().prefix(largest).map { $0 }) < 1e-10)
        #expect(distance(spectrum.smallest.map(\.value), Array(exact.prefix(smallest))) < 1e-10)
    }

    @Test("low rank: the zero eigenvalue converges and costs little")
    func lowRank() throws {
        let values = [6.0, 4, 4, 3] + [Double](repeating: 0, count: 96)
        let matrix = TestMatrix.rotated(values)
        let spectrum = try Lanczos(largest: 4, smallest: 2).run(matrix.symmetric, start: startVector(100))
        #expect(distance(spectrum.largest.map(\.value), [6, 4, 4, 3]) < 1e-12)
        #expect(distance(spectrum.smallest.map(\.value), [0, 0]) < 1e-12)
        #expect(spectrum.converged)
        #expect(spectrum.applications < 30)
        try check(spectrum, matrix.symmetric, tolerance: 1e-3)
        let factor = try Lanczos(largest: 10, smallest: 10, maximumApplications: 100)
            .run(TestMatrix.wishart(60, samples: 8).symmetric, start: startVector(60))
        #expect(factor.converged && factor.largest[8].value < 1e-12 && factor.largest[7].value > 0.1)
    }

    @Test("multiplicities beyond the first Krylov space, in a basis that cannot hold the space")
    func multiplicities() throws {
        let values = [9.0, 9, 9, 5, 5] + [Double](repeating: 1, count: 100) + [-3, -3]
        let matrix = TestMatrix.rotated(values)
        let spectrum = try Lanczos(largest: 6, smallest: 3).run(matrix.symmetric, start: startVector(107))
        #expect(distance(spectrum.largest.map(\.value), [9, 9, 9, 5, 5, 1]) < 1e-11)
        #expect(distance(spectrum.smallest.map(\.value), [-3, -3, 1]) < 1e-11)
        // The first Krylov space alone would answer 9, 5, 1; two more are needed, and a fourth to know that it is all.
        let top = try Lanczos(largest: 3, smallest: 0).run(matrix.symmetric, start: startVector(107))
        #expect(distance(top.largest.map(\.value), [9, 9, 9]) < 1e-11)
        #expect(top.converged && top.applications < 25)
        // Without an invariant subspace in reach, blocks as wide as the multiplicity see all copies.
        let bulk = [9.0, 9, 9] + (0..<120).map { 5 * Double($0) / 120 }
        let blocks = try Lanczos(largest: 4, smallest: 0, tolerance: 1e-5, blockSize: 3)
            .run(TestMatrix.rotated(bulk).symmetric, start: startVector(123))
        #expect(blocks.converged)
        #expect(distance(blocks.largest.map(\.value), [9, 9, 9, 5.0 * 119 / 120]) < 1e-8)
    }

    @Test("identity and zero, larger than the basis", arguments: [0.0, 1, -2.5])
    func multipleOfIdentity(factor: Double) throws {
        let symmetric = ClosureOperator<[Double]>.each(dimension: 300) { v in v.map { factor * $0 } }
        let spectrum = try Lanczos(largest: 3, smallest: 2).run(symmetric, start: startVector(300))
        #expect(distance(spectrum.largest.map(\.value), [factor, factor, factor]) < 1e-14)
        #expect(distance(spectrum.smallest.map(\.value), [factor, factor]) < 1e-14)
        #expect(spectrum.converged)
        #expect(spectrum.applications <= 12)
        #expect((spectrum.largest + spectrum.smallest).allSatisfy { $0.residual <= 1e-14 })
    }

    @Test("a start vector inside a small invariant subspace does not hide the rest")
    func blindStart() throws {
        let values = (0..<80).map { Double($0) }
        let diagonal = ClosureOperator<[Double]>.each(dimension: 80) { v in zip(v, values).map { $0 * $1 } }
        let spectrum = try Lanczos(largest: 2, smallest: 0, tolerance: 1e-6).run(diagonal) { index in
            index == 0 ? (0..<80).map { $0 < 3 ? 1.0 : 0 } : startVector(80)(index)
        }
        #expect(spectrum.converged)
        #expect(distance(spectrum.largest.map(\.value), [79, 78]) < 1e-9)
    }

    @Test(
        "the scale of the operator changes nothing but the values",
        arguments: [0x1p-20, 0x1p20, 1e-6, 1e6, 1e-100, 1e100])
    func scaleInvariance(factor: Double) throws {
        let matrix = TestMatrix.gaussian(50)
        let lanczos = Lanczos(largest: 2, smallest: 2)
        let reference = try lanczos.run(matrix.symmetric, start: startVector(50))
        let scaled = try lanczos.run(matrix.scaled(by: factor).symmetric, start: startVector(50))
        #expect(scaled.applications == reference.applications && scaled.restarts == reference.restarts)
        #expect(scaled.converged)
        for (a, b) in zip(scaled.largest + scaled.smallest, reference.largest + reference.smallest) {
            #expect(abs(a.value / factor - b.value) < 1e-12 * abs(b.value))
            #expect(abs(a.residual - b.residual) < 1e-9)
        }
    }

    @Test("references give what values give, bit for bit, and again the same")
    func determinism() throws {
        let matrix = TestMatrix.gaussian(60)
        let minimal = ClosureOperator<MinimalVector>.each(dimension: 60) { MinimalVector(matrix.times($0.elements)) }
        for lanczos in [
            Lanczos(largest: 3, smallest: 2, tolerance: 1e-8),
            Lanczos(largest: 2, smallest: 2, tolerance: 1e-8, basisSize: 30, blockSize: 3),
        ] {
            let first = try lanczos.run(matrix.symmetric, start: startVector(60))
            let again = try lanczos.run(matrix.symmetric, start: startVector(60))
            let references = try lanczos.run(minimal) { MinimalVector(startVector(60)($0)) }
            let pairs = first.largest + first.smallest
            #expect(pairs.map(\.value) == (again.largest + again.smallest).map(\.value))
            #expect(pairs.map(\.vector) == (again.largest + again.smallest).map(\.vector))
            #expect(pairs.map(\.value) == (references.largest + references.smallest).map(\.value))
            #expect(pairs.map(\.residual) == (references.largest + references.smallest).map(\.residual))
            #expect(pairs.map(\.vector) == (references.largest + references.smallest).map(\.vector.elements))
            #expect(first.converged && first.applications == references.applications)
        }
    }
}
