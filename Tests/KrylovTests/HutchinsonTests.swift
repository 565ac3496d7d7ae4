import Krylov
import Testing

@Suite("Hutchinson")
struct HutchinsonTests {
    func probes(_ dimension: Int, seed: Int) -> (Int) -> [Double] {
        { index in
            var generator = TestGenerator(seed, 1000 + index)
            return generator.signs(dimension)
        }
    }

    @Test("exact for a diagonal operator with random signs")
    func diagonal() throws {
        let values = [4.0, -1, 0.5, 2, 0, -3, 7]
        let estimate = try Hutchinson(maximumSamples: 20).run(
            TestMatrix.diagonal(values).symmetric, blockSize: 3, probe: probes(7, seed: 1))
        #expect(abs(estimate.trace - 9.5) < 1e-14)
        #expect(estimate.standardError == 0)
        #expect(abs(estimate.frobeniusNorm - values.dot(values).squareRoot()) < 1e-14)
        #expect(estimate.frobeniusStandardError == 0)
        #expect(estimate.samples == 20 && estimate.converged)
    }

    /// In the second, trace and norm go together, so that their covariance matters.
    @Test(
        "unbiased, of the known variance, with honest standard errors",
        arguments: [TestMatrix.gaussian(20), .wishart(20, samples: 10)])
    func coverage(matrix: TestMatrix) throws {
        let n = matrix.order
        let trace = (0..<n).reduce(0) { $0 + matrix.rows[$1][$1] }
        let square = matrix.flat.dot(matrix.flat)
        let diagonalSquare = (0..<n).reduce(0) { $0 + matrix.rows[$1][$1] * matrix.rows[$1][$1] }
        let (runs, samples) = (400, 40)
        var covered = [0, 0, 0]
        var traces: [Double] = []
        for seed in 0..<runs {
            let estimate = try Hutchinson(maximumSamples: samples).run(
                matrix.symmetric, blockSize: 8, probe: probes(n, seed: seed))
            traces.append(estimate.trace)
            let ratio = trace / square.squareRoot()
            if abs(estimate.trace - trace) <= 2 * estimate.standardError { covered[0] += 1 }
            if abs(estimate.frobeniusNorm - square.squareRoot()) <= 2 * estimate.frobeniusStandardError {
                covered[1] += 1
            }
            if abs(estimate.traceToFrobenius - ratio) <= 2 * estimate.traceToFrobeniusStandardError { covered[2] += 1 }
        }
        // Var = 2(‖H‖_F² − Σ Hᵢᵢ²) / samples for each run.
        let variance = 2 * (square - diagonalSquare) / Double(samples)
        let mean = traces.reduce(0, +) / Double(runs)
        #expect(abs(mean - trace) < 4 * (variance / Double(runs)).squareRoot())
        let spread = traces.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(runs - 1)
        #expect(abs(spread / variance - 1) < 0.3)
        // Two standard errors of 40 samples cover 94.8 % of a normal mean; 400 runs tell that to 1.1 %.
        for count in covered { #expect(count > 400 * 90 / 100 && count < 400 * 98 / 100, "\(covered)") }
    }

    @Test("stops at the standard error asked for, and not before the minimum")
    func stopping() throws {
        let matrix = TestMatrix.wishart(40, samples: 60)
        let loose = try Hutchinson(minimumSamples: 12, maximumSamples: 400, relativeStandardError: 0.5).run(
            matrix.symmetric, probe: probes(40, seed: 2))
        #expect(loose.samples == 12 && loose.converged)
        let tight = try Hutchinson(maximumSamples: 2000, relativeStandardError: 0.01).run(
            matrix.symmetric, probe: probes(40, seed: 2))
        #expect(tight.converged && tight.samples > 12 && tight.samples < 2000)
        #expect(tight.standardError <= 0.01 * tight.trace)
        let missed = try Hutchinson(maximumSamples: 15, relativeStandardError: 1e-6).run(
            matrix.symmetric, blockSize: 4, probe: probes(40, seed: 2))
        #expect(!missed.converged && missed.samples == 15)
    }

    @Test("blocks change nothing; seeds repeat")
    func determinism() throws {
        let matrix = TestMatrix.gaussian(15)
        let single = try Hutchinson(maximumSamples: 21).run(matrix.symmetric, probe: probes(15, seed: 3))
        let blocks = try Hutchinson(maximumSamples: 21).run(matrix.symmetric, blockSize: 8, probe: probes(15, seed: 3))
        let minimal = ClosureOperator<MinimalVector>.each(dimension: 15) { MinimalVector(matrix.times($0.elements)) }
        let references = try Hutchinson(maximumSamples: 21).run(minimal) { MinimalVector(probes(15, seed: 3)($0)) }
        #expect(single == blocks && single == references)
    }

    @Test("the ratio ignores the scale; the zero operator is no exception", arguments: [1e-6, 1e6])
    func scale(factor: Double) throws {
        let matrix = TestMatrix.gaussian(15)
        let reference = try Hutchinson().run(matrix.symmetric, probe: probes(15, seed: 4))
        let scaled = try Hutchinson().run(matrix.scaled(by: factor).symmetric, probe: probes(15, seed: 4))
        #expect(abs(scaled.traceToFrobenius - reference.traceToFrobenius) < 1e-12)
        #expect(abs(scaled.traceToFrobeniusStandardError - reference.traceToFrobeniusStandardError) < 1e-12)
        #expect(abs(scaled.standardError / factor - reference.standardError) < 1e-12 * reference.standardError)
        let zero = try Hutchinson().run(matrix.scaled(by: 0).symmetric, probe: probes(15, seed: 4))
        #expect(zero.trace == 0 && zero.frobeniusNorm == 0 && zero.traceToFrobenius == 0)
        #expect(zero.traceToFrobeniusStandardError == 0 && zero.frobeniusStandardError == 0)
    }

    @Test("progress comes per block and can cancel")
    func progress() throws {
        struct Cancelled: Error {}
        var seen: [Int] = []
        _ = try Hutchinson(maximumSamples: 10).run(
            TestMatrix.gaussian(5).symmetric, blockSize: 4, probe: probes(5, seed: 5),
            progress: { seen.append($0.samples) })
        #expect(seen == [4, 8, 10])
        #expect(throws: Cancelled.self) {
            try Hutchinson().run(
                TestMatrix.gaussian(5).symmetric, probe: probes(5, seed: 5), progress: { _ in throw Cancelled() })
        }
    }

    @Test("bad products, probes and parameters are refused")
    func refusal() {
        let count = 6
        let bad = ClosureOperator<[Double]>.each(dimension: count) { v in v[0] > 0 ? v : v.map { _ in .nan } }
        #expect(throws: KrylovError.nonFiniteProduct(application: 3)) {
            try Hutchinson().run(bad, blockSize: 2) { [Double](repeating: $0 == 2 ? -1 : 1, count: count) }
        }
        #expect(throws: KrylovError.nonFiniteStart(index: 4)) {
            try Hutchinson().run(TestMatrix.gaussian(count).symmetric) {
                [Double](repeating: $0 == 4 ? .infinity : 1, count: count)
            }
        }
        let gaussian = TestMatrix.gaussian(count).symmetric
        for hutchinson in [
            Hutchinson(minimumSamples: 1), Hutchinson(minimumSamples: 10, maximumSamples: 9),
            Hutchinson(relativeStandardError: 0), Hutchinson(relativeStandardError: .nan),
        ] {
            #expect(throws: KrylovError.self) { try hutchinson.run(gaussian, probe: probes(count, seed: 1)) }
        }
        #expect(throws: KrylovError.self) {
            try Hutchinson().run(gaussian, blockSize: 0, probe: probes(count, seed: 1))
        }
    }
}
