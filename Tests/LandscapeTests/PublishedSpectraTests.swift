import Foundation
import Krylov
import Tensor
import Testing

@testable import Landscape

/// Spectra that papers and other programs' tests use, without any download: random matrices with known limits.
@Suite struct PublishedSpectraTests {
    /// x ↦ ZZᵀx / samples + diagonal ⊙ x, for a Z of order × samples.
    struct Covariance: SymmetricOperator {
        let z: Tensor
        let transposed: Tensor
        let diagonal: Tensor
        var dimension: Int { z.shape[0] }

        init(_ z: Tensor, spikes: [Double] = []) throws {
            self.z = z
            transposed = try z.transposed().contiguous()
            diagonal = try Tensor(spikes + [Double](repeating: 0, count: z.shape[0] - spikes.count))
        }

        func apply(_ vectors: [FlatVector]) throws -> [FlatVector] {
            let block = try Tensor.stack(vectors.map(\.tensor), dimension: 1)
            let product = try z.matmul(transposed.matmul(block)) / Double(z.shape[1])
            return try vectors.enumerated().map { index, vector in
                let column = try product.selected(1, at: index).contiguous()
                return FlatVector(try column + diagonal * vector.tensor)
            }
        }
    }

    static func signs(_ n: Int) -> (Int) throws -> FlatVector {
        { FlatVector(try RandomStream(seed: 7, "signs", $0).signs([n], dtype: .float64)) }
    }

    static func start(_ n: Int) -> (Int) throws -> FlatVector {
        { FlatVector(try RandomStream(seed: 8, "start", $0).normal([n])) }
    }

    /// Papyan (2020), figure 15a: X + ZZᵀ/n with X = diag(5, 4, 3, 0, …) and n = 2000. A spike θ > 2 moves to
    /// θ + θ/(θ − 1) (free probability: the inverse of the bulk's Cauchy transform), the bulk is Marchenko-Pastur on [0, 4].
    @Test func papyanFigure15a() throws {
        let n = 2000
        let matrix = try Covariance(RandomStream(seed: 1, "papyan").normal([n, n]), spikes: [5, 4, 3])
        let spectrum = try Lanczos(largest: 4, smallest: 0, tolerance: 1e-6, maximumApplications: 400)
            .run(matrix, start: Self.start(n))
        #expect(spectrum.converged)
        // Fluctuations are of order θ√(2/n), those of the edge of order n^(−2/3).
        for (pair, spike) in zip(spectrum.largest, [5.0, 4, 3]) {
            #expect(abs(pair.value - spike - spike / (spike - 1)) < 4 * spike * (2 / Double(n)).squareRoot())
        }
        #expect(abs(spectrum.largest[3].value - 4) < 6 * pow(Double(n), -2.0 / 3))

        let measure = try LanczosQuadrature(probes: 4, steps: 64, lockstep: 4).run(matrix, probe: Self.signs(n))
        // Three outliers, with the weight of one eigenvalue each.
        let above = measure.tail(beyond: [5.8, 4.9, 4.2], negative: false)
        for (found, count) in zip(above, [1.0, 2, 3]) { #expect(abs(found.value * Double(n) - count) < 1e-6) }
        // The bulk: ∫₀^x √(t(4 − t))/(2πt) dt in closed form.
        for x in [0.25, 1.0, 2, 3] {
            let exact = ((x * (4 - x)).squareRoot() / 2 + 2 * asin((x / 4).squareRoot())) / Double.pi
            let found = measure.cumulative(at: [x])[0]
            #expect(abs(found.value - exact) < 0.02)
        }
    }

    /// Papyan (2020), figure 15b, smaller: ZZᵀ/m with Z from Pareto(1), whose eigenvalues spread over many decades. On the
    /// logarithmic axis the distribution must follow the eigenvalues in every decade.
    @Test func papyanFigure15b() throws {
        let (n, m) = (120, 240)
        let uniform = try RandomStream(seed: 2, "pareto").uniform([n, m])
        let z = try (uniform.zerosLike() + 1) / (uniform.zerosLike() + 1 - uniform)
        let matrix = try Covariance(z)
        var rows: [Double] = []
        for first in stride(from: 0, to: n, by: 40) {
            let block = try (first..<(first + 40)).map { index in
                let unit = try Tensor.zeros([n], dtype: .float64)
                try unit.narrowed(0, from: index, count: 1).fillInPlace(1)
                return FlatVector(unit)
            }
            for product in try matrix.apply(block) { rows += try product.tensor.doubles }
        }
        let exact = try SymmetricEigensystem(rows, order: n).values
        let (low, high) = (log10(exact[0]), log10(exact[n - 1]))
        #expect(high - low > 5)
        let measure = try LanczosQuadrature(probes: 10, steps: 100).run(matrix, probe: Self.signs(n))
        // The mean distance of both distributions over the logarithmic axis.
        var distance = 0.0
        let positions = (0...200).map { low + (high - low) * (Double($0) + 0.5) / 201 }
        for (position, found) in zip(positions, measure.cumulative(at: positions.map { pow(10, $0) })) {
            let share = Double(exact.prefix { $0 <= pow(10, position) }.count) / Double(n)
            distance += abs(found.value - share) / Double(positions.count)
        }
        #expect(distance < 0.02)
        let top = try Lanczos(largest: 5, smallest: 0, tolerance: 1e-8, maximumApplications: 200)
            .run(matrix, start: Self.start(n))
        for (pair, value) in zip(top.largest, exact.reversed()) { #expect(abs(pair.value / value - 1) < 1e-9) }
    }

    /// The edges (1 ± √q)² of a covariance matrix, q = order / samples.
    @Test(arguments: [(300, 1200), (400, 640)]) func marchenkoPasturEdges(order: Int, samples: Int) throws {
        let matrix = try Covariance(RandomStream(seed: 3, "wishart").normal([order, samples]))
        let spectrum = try Lanczos(largest: 1, smallest: 1, tolerance: 1e-4, maximumApplications: 600)
            .run(matrix, start: Self.start(order))
        #expect(spectrum.converged)
        let root = (Double(order) / Double(samples)).squareRoot()
        let width = 6 * pow(Double(order), -2.0 / 3)
        #expect(abs(spectrum.largest[0].value - (1 + root) * (1 + root)) < width)
        #expect(abs(spectrum.smallest[0].value - (1 - root) * (1 - root)) < width)
    }

    /// The ranges that the test of curvlinops takes: diag(1 … 5) and diag(−2, −1, 3, 4, 5).
    @Test(arguments: [[1.0, 2, 3, 4, 5], [-2, -1, 3, 4, 5]]) func smallDiagonals(values: [Double]) throws {
        let diagonal = try Tensor(values)
        let matrix = ClosureOperator<FlatVector>.each(dimension: 5) { FlatVector(try diagonal * $0.tensor) }
        let spectrum = try Lanczos(largest: 5, smallest: 5, tolerance: 1e-12, maximumApplications: 40)
            .run(matrix, start: Self.start(5))
        for (pair, value) in zip(spectrum.smallest, values) { #expect(abs(pair.value - value) < 1e-12) }
        let measure = try LanczosQuadrature(probes: 2, steps: 5).run(matrix, probe: Self.start(5))
        #expect(abs(measure.range.lowerBound - values[0]) < 1e-12)
        #expect(abs(measure.range.upperBound - values[4]) < 1e-12)
    }

    /// Two clusters, as a test of hessian-eigenthings has them: half the density at 1, half at 5.
    @Test func twoClusters() throws {
        let n = 60
        let diagonal = try Tensor((0..<n).map { $0 < n / 2 ? 1.0 : 5 })
        let matrix = ClosureOperator<FlatVector>.each(dimension: n) { FlatVector(try diagonal * $0.tensor) }
        let measure = try LanczosQuadrature(probes: 20, steps: 10).run(matrix, probe: Self.signs(n))
        #expect(abs(measure.cumulative(at: [3])[0].value - 0.5) < 1e-10)
        for quadrature in measure.quadratures {
            #expect(quadrature.nodes.allSatisfy { abs($0 - 1) < 1e-9 || abs($0 - 5) < 1e-9 })
        }
    }
}
