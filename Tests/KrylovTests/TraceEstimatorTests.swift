import Krylov
import Testing

/// A diagonal operator that counts its products.
final class CountedDiagonal: SymmetricOperator {
    let values: [Double]
    private(set) var products = 0

    init(_ values: [Double]) { self.values = values }

    var dimension: Int { values.count }

    func apply(_ vectors: [[Double]]) -> [[Double]] {
        products += vectors.count
        return vectors.map { vector in vector.indices.map { values[$0] * vector[$0] } }
    }
}

/// Gaussian probes; a diagonal operator would be too easy for random signs.
private func gaussian(_ dimension: Int, seed: Int = 11) -> (Int) -> [Double] {
    { index in
        var generator = TestGenerator(seed, index)
        return generator.normals(dimension)
    }
}

private func rootMeanSquare(_ values: [Double]) -> Double {
    (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
}

@Suite struct TraceEstimatorTests {
    static let decaying = (0..<80).map { 1 / Double($0 + 1) }
    static let geometric = (0..<1000).map { k in (0..<k).reduce(1.0) { value, _ in value * 0.7 } }
    static let step = (0..<1000).map { $0 < 50 ? 1 : 1e-3 }

    // MARK: XTrace

    @Test(arguments: [1, 2, 3]) func xtraceIsTheMeanOfTheNaiveEstimates(blockSize: Int) throws {
        let matrix = TestMatrix.gaussian(12)
        let m = 5
        let probes = (0..<m).map(gaussian(12))
        let naive = (0..<m).map { left -> Double in
            // Gram–Schmidt of the images of the other probes.
            var basis: [[Double]] = []
            for i in 0..<m where i != left {
                var image = matrix.times(probes[i])
                for _ in 0..<2 { for q in basis { image.add(-q.dot(image), times: q) } }
                image.scale(by: 1 / image.dot(image).squareRoot())
                basis.append(image)
            }
            var x = probes[left]
            for q in basis { x.add(-q.dot(x), times: q) }
            let inside = basis.reduce(0) { $0 + $1.dot(matrix.times($1)) }
            return inside + Double(12 - m + 1) * x.dot(matrix.times(x)) / x.dot(x)
        }
        let result = try XTrace(budget: TraceBudget(maximumProducts: 2 * m)).run(
            matrix.symmetric, blockSize: blockSize, probe: { probes[$0] })
        #expect(result.products == 2 * m)
        #expect(distance(result.estimates, naive) < 1e-9)
        #expect(abs(result.trace - naive.reduce(0, +) / Double(m)) < 1e-9)
    }

    @Test func xtraceIsExactOnceTheRankIsExceeded() throws {
        var values = [Double](repeating: 0, count: 60)
        for (index, value) in [5, -3, 2, 1.5, -0.5].enumerated() { values[index] = value }
        let counted = CountedDiagonal(values)
        let result = try XTrace(budget: TraceBudget(maximumProducts: 60)).run(counted, probe: gaussian(60))
        #expect(abs(result.trace - 5) < 1e-10)
        #expect(result.standardError == 0 && result.converged)
        #expect(result.products == counted.products)
        #expect(counted.products <= 12)
    }

    /// The spectra of matfree's tests of XTrace: 0.7^k with 35 samples, and 50 ones above 1e-3 with 60.
    @Test(arguments: [(geometric, 35, 1e-5), (step, 60, 1e-5)]) func xtraceOnPublishedSpectra(
        values: [Double], samples: Int, tolerance: Double
    ) throws {
        let result = try XTrace(budget: TraceBudget(maximumProducts: 2 * samples)).run(
            CountedDiagonal(values), blockSize: samples, probe: gaussian(1000))
        let exact = values.reduce(0, +)
        #expect(abs(result.trace - exact) < tolerance * exact)
        #expect(result.standardError < 10 * tolerance * exact)
    }

    @Test func xtraceStopsAtItsStandardError() throws {
        let counted = CountedDiagonal(Self.geometric)
        let budget = TraceBudget(maximumProducts: 200, minimumSamples: 5, relativeStandardError: 1e-3)
        let result = try XTrace(budget: budget).run(counted, probe: gaussian(1000))
        #expect(result.converged && result.products < 60)
        #expect(result.standardError <= 1e-3 * result.trace)
        #expect(abs(result.trace - 1 / 0.3) < 5e-3 / 0.3)
    }

    // MARK: XNysTrace

    @Test(arguments: [1, 3]) func xnystraceIsTheMeanOfTheNaiveEstimates(blockSize: Int) throws {
        let matrix = TestMatrix.wishart(10, samples: 14)
        let m = 4
        let probes = (0..<m).map(gaussian(10))
        let naive = try (0..<m).map { left -> Double in
            let others = (0..<m).filter { $0 != left }.map { probes[$0] }
            let images = others.map(matrix.times)
            // Ĝ = Y A⁻¹ Yᵀ by the eigenvectors of A = ΩᵀGΩ; the residual along the probe left out.
            let a = try SymmetricEigensystem(others.flatMap { o in images.map { o.dot($0) } }, order: m - 1)
            var trace = 0.0
            var seen = probes[left].dot(matrix.times(probes[left]))
            var x = probes[left]
            for (value, vector) in zip(a.values, a.vectors) {
                var combined = [Double](repeating: 0, count: 10)
                for (factor, image) in zip(vector, images) { combined.add(factor, times: image) }
                trace += combined.dot(combined) / value
                seen -= combined.dot(probes[left]) * combined.dot(probes[left]) / value
            }
            var basis: [[Double]] = []
            for var other in others {
                for _ in 0..<2 { for q in basis { other.add(-q.dot(other), times: q) } }
                other.scale(by: 1 / other.dot(other).squareRoot())
                x.add(-other.dot(x), times: other)
                basis.append(other)
            }
            return trace + Double(10 - m + 1) * seen / x.dot(x)
        }
        let result = try XNysTrace(budget: TraceBudget(maximumProducts: m), noiseFloor: 1e-15).run(
            matrix.symmetric, blockSize: blockSize, probe: { probes[$0] })
        #expect(result.products == m)
        #expect(distance(result.estimates, naive) < 1e-8)
    }

    @Test func xnystraceOnDecayingAndLowRankSpectra() throws {
        let budget = TraceBudget(maximumProducts: 35)
        let decaying = try XNysTrace(budget: budget).run(
            CountedDiagonal(Self.geometric), blockSize: 5, probe: gaussian(1000))
        #expect(abs(decaying.trace - 1 / 0.3) < 1e-4)
        let low = (0..<200).map { $0 < 4 ? Double($0 + 1) : 0 }
        let exact = try XNysTrace(budget: TraceBudget(maximumProducts: 12)).run(
            CountedDiagonal(low), blockSize: 4, probe: gaussian(200))
        #expect(abs(exact.trace - 10) < 1e-5)
    }

    @Test func xnystraceRefusesAnIndefiniteOperator() throws {
        #expect(throws: KrylovError.self) {
            _ = try XNysTrace(budget: TraceBudget(maximumProducts: 20)).run(
                CountedDiagonal([-5, -1, 2, 3, 4] + [Double](repeating: 0.1, count: 20)), blockSize: 10,
                probe: gaussian(25))
        }
        let zero = try XNysTrace(budget: TraceBudget(maximumProducts: 4)).run(
            CountedDiagonal([0, 0, 0, 0, 0]), probe: gaussian(5))
        #expect(zero.trace == 0 && zero.standardError == 0)
    }

    // MARK: Hutch++ and deflation

    /// hessian-eigenthings' test: λ = 1/(i + 1), n = 80, 5 % and better than Hutchinson at 60 products.
    @Test func hutchPlusPlusBeatsHutchinsonOnADecayingSpectrum() throws {
        let exact = Self.decaying.reduce(0, +)
        var (plus, plain): ([Double], [Double]) = ([], [])
        for seed in 0..<20 {
            let counted = CountedDiagonal(Self.decaying)
            let budget = TraceBudget(maximumProducts: 60)
            let estimate = try HutchPlusPlus(budget: budget).run(counted, blockSize: 3, probe: gaussian(80, seed: seed))
            #expect(counted.products == 60 && estimate.products == 60)
            plus.append(estimate.trace / exact - 1)
            plain.append(
                try Hutchinson(minimumSamples: 60, maximumSamples: 60).run(
                    CountedDiagonal(Self.decaying), probe: gaussian(80, seed: seed)
                ).trace / exact - 1)
        }
        #expect(rootMeanSquare(plus) < 0.05)
        #expect(rootMeanSquare(plus) < 0.5 * rootMeanSquare(plain))
    }

    /// At equal products the Krylov space deflates more than the sketches do.
    @Test func deflationBeatsHutchPlusPlusAndXTraceOnOutliers() throws {
        let spectrum = (0..<120).map { (k: Int) -> Double in k < 8 ? 100 / Double(k + 1) : Double(k % 7) - 3 }
        let matrix = TestMatrix.rotated(spectrum)
        let exact = spectrum.reduce(0, +)
        var errors: [String: [Double]] = [:]
        for seed in 0..<20 {
            let probe = { (index: Int) -> [Double] in
                var generator = TestGenerator(seed, index)
                return generator.signs(120)
            }
            let budget = TraceBudget(maximumProducts: 40)
            let deflated = try DeflatedHutchinson(budget: budget).run(
                matrix.symmetric, blockSize: 4, start: { gaussian(120)(9999) }, probe: probe)
            #expect(deflated.products == 40)
            #expect(abs(deflated.trace - exact) < 5 * deflated.standardError)
            errors["deflated", default: []].append(deflated.trace - exact)
            errors["hutch++", default: []].append(
                try HutchPlusPlus(budget: budget).run(matrix.symmetric, blockSize: 4, probe: probe).trace - exact)
            errors["xtrace", default: []].append(
                try XTrace(budget: budget).run(matrix.symmetric, blockSize: 20, probe: probe).trace - exact)
        }
        let own = rootMeanSquare(errors["deflated"]!)
        #expect(own < 0.8 * rootMeanSquare(errors["hutch++"]!))
        #expect(own < 0.8 * rootMeanSquare(errors["xtrace"]!))
    }

    /// Unbiased, with an honest error, for every estimator: the mean over many seeds, and errors in units of their own.
    @Test func standardErrorsAreHonest() throws {
        let spectrum = (0..<60).map { (k: Int) -> Double in k < 3 ? 20 - 5 * Double(k) : Double(k - 30) / 15 }
        let matrix = TestMatrix.rotated(spectrum)
        let values = try matrix.eigenvalues()
        let (exact, norm) = (values.reduce(0, +), values.reduce(0) { $0 + $1 * $1 }.squareRoot())
        var (trace, frobenius, spread): ([Double], [Double], [Double]) = ([], [], [])
        for seed in 0..<100 {
            let probe = gaussian(60, seed: seed)
            let estimate = try DeflatedHutchinson(budget: TraceBudget(maximumProducts: 30)).run(
                matrix.symmetric, start: { probe(9999) }, probe: probe)
            trace.append(estimate.trace - exact)
            frobenius.append((estimate.frobeniusNorm - norm) / estimate.frobeniusStandardError)
            spread.append((estimate.trace - exact) / estimate.standardError)
        }
        #expect(abs(trace.reduce(0, +) / 100) < 4 * rootMeanSquare(trace) / 10)
        #expect((0.8...1.4).contains(rootMeanSquare(spread)))
        #expect((0.7...1.5).contains(rootMeanSquare(frobenius)))
    }

    @Test func deflationIsPlainHutchinsonWithoutABasis() throws {
        let matrix = TestMatrix.gaussian(30)
        let probe = gaussian(30)
        let plain = try Hutchinson(minimumSamples: 20, maximumSamples: 20).run(matrix.symmetric, probe: probe)
        let deflated = try DeflatedHutchinson(budget: TraceBudget(maximumProducts: 20), maximumBasis: 0).run(
            matrix.symmetric, blockSize: 3, start: { probe(77) }, probe: probe)
        #expect(abs(plain.trace - deflated.trace) < 1e-10)
        #expect(abs(plain.frobeniusNorm - deflated.frobeniusNorm) < 1e-10)
        #expect(deflated.products == 20)
    }

    @Test func deflationIsExactOnceTheSpaceIsSpanned() throws {
        let matrix = TestMatrix.gaussian(8)
        let estimate = try DeflatedHutchinson(
            budget: TraceBudget(maximumProducts: 100, minimumSamples: 2, relativeStandardError: 1e-10)
        ).run(matrix.symmetric, start: { gaussian(8)(99) }, probe: gaussian(8))
        let values = try matrix.eigenvalues()
        #expect(abs(estimate.trace - values.reduce(0, +)) < 1e-10)
        #expect(abs(estimate.frobeniusNorm - values.reduce(0) { $0 + $1 * $1 }.squareRoot()) < 1e-10)
        #expect(estimate.converged && estimate.standardError == 0)
    }

    @Test func badBudgetsAndProductsAreErrors() throws {
        let operation = CountedDiagonal([1, 2, 3])
        #expect(throws: KrylovError.self) {
            _ = try XTrace(budget: TraceBudget(maximumProducts: 3)).run(operation, probe: gaussian(3))
        }
        #expect(throws: KrylovError.self) {
            _ = try HutchPlusPlus(budget: TraceBudget(maximumProducts: 5)).run(operation, probe: gaussian(3))
        }
        #expect(throws: KrylovError.self) {
            _ = try DeflatedHutchinson(budget: TraceBudget(maximumProducts: 9, relativeStandardError: -1)).run(
                operation, start: { [1, 1, 1] }, probe: gaussian(3))
        }
        let broken = ClosureOperator<[Double]>.each(dimension: 3) { _ in [.nan, 0, 0] }
        #expect(throws: KrylovError.nonFiniteProduct(application: 1)) {
            _ = try DeflatedHutchinson(budget: TraceBudget(maximumProducts: 9)).run(
                broken, start: { [1, 1, 1] }, probe: gaussian(3))
        }
        #expect(throws: KrylovError.nonFiniteProduct(application: 1)) {
            _ = try XTrace(budget: TraceBudget(maximumProducts: 9)).run(broken, probe: gaussian(3))
        }
    }

    @Test func operatorsAddScaleAndShift() throws {
        let (a, b) = (TestMatrix.gaussian(6), TestMatrix.wishart(6, samples: 9))
        let v = gaussian(6)(0)
        let (av, bv) = (a.times(v), b.times(v))
        let sum = try SumOperator(a.symmetric, times: 2, plus: b.symmetric, times: -3).apply([v])[0]
        #expect(distance(sum, zip(av, bv).map { 2 * $0 - 3 * $1 }) < 1e-12)
        #expect(distance(try ScaledOperator(a.symmetric, by: -2).apply([v])[0], av.map { -2 * $0 }) < 1e-12)
        #expect(
            distance(try ShiftedOperator(a.symmetric, by: 5).apply([v])[0], zip(av, v).map { $0 + 5 * $1 }) < 1e-12)
    }
}
