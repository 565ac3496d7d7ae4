import Krylov
import Testing

private func gaussian(_ dimension: Int, seed: Int = 21) -> (Int) -> [Double] {
    { index in
        var generator = TestGenerator(seed, index)
        return generator.normals(dimension)
    }
}

/// ∫ |F − F̂| dt of a measure against known eigenvalues: the Wasserstein distance of both distributions.
private func distributionError(_ measure: SpectralMeasure, _ exact: [Double]) -> Double {
    let positions = (measure.quadratures.flatMap(\.nodes) + exact).sorted()
    let estimated = measure.cumulative(at: positions)
    var (error, below) = (0.0, 0)
    let sorted = exact.sorted()
    for index in positions.indices.dropLast() {
        while below < sorted.count, sorted[below] <= positions[index] { below += 1 }
        let known = Double(below) / Double(exact.count)
        error += abs(estimated[index].value - known) * (positions[index + 1] - positions[index])
    }
    return error
}

@Suite struct LanczosQuadratureTests {
    /// Gauss quadrature of m nodes has the moments of the probe's own measure up to degree 2m − 1.
    @Test(arguments: [true, false]) func momentsOfTheProbe(reorthogonalized: Bool) throws {
        let matrix = TestMatrix.gaussian(30)
        let z = gaussian(30)(0)
        let measure = try LanczosQuadrature(
            probes: 1, steps: 4, isReorthogonalized: reorthogonalized, locksConverged: false
        ).run(matrix.symmetric, probe: gaussian(30))
        #expect(measure.products == 4)
        var power = z
        for degree in 0..<8 {
            let moment = z.dot(power) / z.dot(z)
            let found = measure.mean { value in (0..<degree).reduce(1.0) { product, _ in product * value } }
            #expect(abs(found.value - moment) < 1e-9 * max(1, abs(moment)))
            #expect(found.standardError.isNaN)
            power = matrix.times(power)
        }
    }

    @Test func wholeSpectrumInOneRunIsExact() throws {
        let matrix = TestMatrix.gaussian(12)
        let values = try matrix.eigenvalues()
        let measure = try LanczosQuadrature(probes: 1, steps: 12).run(matrix.symmetric, probe: gaussian(12))
        #expect(distance(measure.quadratures[0].nodes, values) < 1e-9)
        // All but the one that carries the rest are locked, so all weights are 1/n.
        #expect(measure.quadratures[0].weights.allSatisfy { abs($0 - 1 / 12) < 1e-6 })
        #expect(abs(measure.trace.value - values.reduce(0, +)) < 1e-6)
    }

    @Test func lockstepAndOneByOneAgree() throws {
        let matrix = TestMatrix.wishart(40, samples: 60)
        let one = try LanczosQuadrature(probes: 5, steps: 10, lockstep: 1).run(matrix.symmetric, probe: gaussian(40))
        let all = try LanczosQuadrature(probes: 5, steps: 10, lockstep: 4).run(matrix.symmetric, probe: gaussian(40))
        #expect(one == all)
        #expect(one.products == 50)
        for quadrature in one.quadratures { #expect(abs(quadrature.weights.reduce(0, +) - 1) < 1e-12) }
    }

    /// hessian-eigenthings' two clusters, at 1 and 5: multiple eigenvalues must not be locked as single ones.
    @Test func clustersKeepTheirWeight() throws {
        let matrix = TestMatrix.rotated((0..<60).map { $0 < 40 ? 1 : 5 })
        let measure = try LanczosQuadrature(probes: 20, steps: 10).run(matrix.symmetric, probe: gaussian(60))
        let low = measure.cumulative(at: [3])[0]
        #expect(abs(low.value - 2.0 / 3) < 4 * low.standardError)
        #expect(low.standardError < 0.03)
        for quadrature in measure.quadratures {
            for node in quadrature.nodes { #expect(abs(node - 1) < 1e-6 || abs(node - 5) < 1e-6) }
        }
    }

    @Test func lowRankIsExact() throws {
        var values = [Double](repeating: 0, count: 50)
        (values[3], values[7], values[20]) = (9, -4, 2)
        let measure = try LanczosQuadrature(probes: 3, steps: 20).run(
            TestMatrix.rotated(values).symmetric, probe: gaussian(50))
        #expect(abs(measure.trace.value - 7) < 1e-8)
        #expect(abs(measure.positiveTrace.value - 11) < 1e-8)
        #expect(abs(measure.negativeTrace.value + 4) < 1e-8)
        #expect(abs(measure.frobeniusNorm.value - 101.0.squareRoot()) < 1e-8)
        #expect(abs(measure.effectiveRank.value - 225.0 / 101) < 1e-8)
        #expect(abs(measure.stableRank.value - 101.0 / 81) < 1e-8)
        #expect(abs(measure.negativeMass.value - 4.0 / 15) < 1e-8)
        #expect(abs(measure.negativeShare(threshold: 1e-6).value - 1.0 / 50) < 1e-8)
        #expect(measure.trace.standardError < 1e-8)
    }

    @Test(arguments: [0.0, 3.0, -2.0]) func multiplesOfTheIdentity(value: Double) throws {
        let matrix = TestMatrix.diagonal([Double](repeating: value, count: 9))
        let measure = try LanczosQuadrature(probes: 2, steps: 5).run(matrix.symmetric, probe: gaussian(9))
        #expect(measure.products == 2)
        #expect(abs(measure.trace.value - 9 * value) < 1e-12)
        #expect(measure.negativeShare().value == (value < 0 ? 1 : 0))
    }

    /// The trace parts and the distribution are unbiased with and without locking, and locking takes most of the error away.
    @Test func lockingOutliersReducesTheError() throws {
        let values = (0..<120).map { (k: Int) -> Double in k < 5 ? 50 - 8 * Double(k) : Double(k - 60) / 60 }
        let matrix = TestMatrix.diagonal(values)
        var errors: [Bool: [Double]] = [:]
        var traces: [Double] = []
        for seed in 0..<10 {
            for locks in [true, false] {
                let measure = try LanczosQuadrature(probes: 2, steps: 16, locksConverged: locks).run(
                    matrix.symmetric, probe: gaussian(120, seed: seed))
                errors[locks, default: []].append(distributionError(measure, values))
                if locks { traces.append(measure.trace.value - values.reduce(0, +)) }
            }
        }
        let (own, plain) = (errors[true]!.reduce(0, +), errors[false]!.reduce(0, +))
        #expect(own < 0.3 * plain, "\(own) against \(plain)")
        let mean = traces.reduce(0, +) / 10
        let spread = (traces.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 90).squareRoot()
        #expect(abs(mean) < 4 * spread)
    }

    /// Without reorthogonalisation the outliers come back many times, and the distribution holds all the same: the ghost
    /// experiment with n = 200 and three outliers, 150 steps.
    @Test func ghostsDoNotDisturbTheDistribution() throws {
        let values = (0..<200).map { (k: Int) -> Double in
            k < 3 ? 10 + 3 * Double(k) : 2 * Double(k - 3) / 197 - 1
        }
        let matrix = TestMatrix.rotated(values)
        func run(_ full: Bool) throws -> SpectralMeasure {
            try LanczosQuadrature(probes: 1, steps: 150, isReorthogonalized: full, locksConverged: false).run(
                matrix.symmetric, probe: gaussian(200))
        }
        let (full, ghosts) = (try run(true), try run(false))
        func copies(_ measure: SpectralMeasure) -> Int {
            measure.quadratures[0].nodes.filter { abs($0 - 16) < 1e-6 }.count
        }
        #expect(copies(full) == 1)
        #expect(copies(ghosts) > 4)
        func weight(_ measure: SpectralMeasure) -> Double { measure.mean { $0 > 15 ? 1 : 0 }.value }
        #expect(abs(weight(full) - weight(ghosts)) < 1e-12)
        #expect(abs(full.cumulative(at: [0.1])[0].value - ghosts.cumulative(at: [0.1])[0].value) < 0.02)
    }

    @Test func distributionsAndTailsAgree() throws {
        let matrix = TestMatrix.gaussian(40)
        let measure = try LanczosQuadrature(probes: 3, steps: 12).run(matrix.symmetric, probe: gaussian(40))
        let span = measure.range.upperBound - measure.range.lowerBound
        let step = 1.4 * span / 2000
        let positions = (0...2000).map { measure.range.lowerBound - 0.2 * span + Double($0) * step }
        // What lies beyond ±0, and nowhere else, is everything.
        let tails = [false, true].map { measure.tail(beyond: [0, 0.5 * span], negative: $0).map(\.value) }
        #expect(abs(tails[0][0] + tails[1][0] - 1) < 1e-12)
        #expect(tails[0][1] <= tails[0][0] && tails[1][1] <= tails[1][0])
        let above = 1 - measure.cumulative(at: [0])[0].value
        #expect(abs(tails[0][0] - above) < 1e-12)
        let cumulative = measure.cumulative(at: positions).map(\.value)
        #expect(zip(cumulative, cumulative.dropFirst()).allSatisfy { $0 <= $1 + 1e-15 })
        #expect(abs(cumulative.last! - 1) < 1e-12)
    }

    @Test func badParametersAndProductsAreErrors() throws {
        let matrix = TestMatrix.gaussian(5)
        #expect(throws: KrylovError.self) {
            _ = try LanczosQuadrature(probes: 0).run(matrix.symmetric, probe: gaussian(5))
        }
        let broken = ClosureOperator<[Double]>.each(dimension: 3) { _ in [.nan, 0, 0] }
        #expect(throws: KrylovError.nonFiniteProduct(application: 1)) {
            _ = try LanczosQuadrature(probes: 2).run(broken, probe: gaussian(3))
        }
        #expect(throws: KrylovError.nonFiniteStart(index: 0)) {
            _ = try LanczosQuadrature(probes: 2).run(matrix.symmetric) { _ in [.infinity, 0, 0, 0, 0] }
        }
    }
}
