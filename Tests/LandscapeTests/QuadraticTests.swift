import Krylov
import Networks
import Synchronization
import Tensor
import Testing

@testable import Landscape

@Suite struct QuadraticTests {
    let loss: QuadraticLoss
    let objective: Objective
    let θ: Tensor

    init() throws {
        loss = try QuadraticLoss()
        objective = try Objective(loss, dtype: .float64, workers: 2)
        θ = try RandomStream(seed: 3, "point").normal([QuadraticLoss.size])
    }

    @Test func lossIsTheMeanOverWindowsWhateverTheBatches() throws {
        let expected = try loss.value(θ.doubles)
        for batchSize in [1, 2, 3, 7] {
            let other = try Objective(QuadraticLoss(batchSize: batchSize), dtype: .float64)
            #expect(abs(try other.loss(at: θ).mean - expected) < 1e-12)
            #expect(try (other.gradient(at: θ) - objective.gradient(at: θ)).euclideanNorm() < 1e-12)
        }
    }

    @Test func gradientAndProductsAreExact() throws {
        let shifted = try θ - loss.centre
        let expected = try loss.hessian.matmul(shifted) + loss.slopes.mean([0])
        #expect(try (objective.gradient(at: θ) - expected).euclideanNorm() < 1e-12)
        let vectors = try (0..<3).map { try RandomStream(seed: 4, "v", $0).normal([QuadraticLoss.size]) }
        for (v, product) in zip(vectors, try objective.products(at: θ, with: vectors)) {
            #expect(try (product - loss.hessian.matmul(v)).euclideanNorm() < 1e-12)
        }
    }

    @Test func workIsCounted() throws {
        let before = objective.work
        _ = try objective.loss(at: θ)
        _ = try objective.gradient(at: θ)
        _ = try objective.products(at: θ, with: [θ, θ])
        let spent = objective.work - before
        #expect(spent.forward == 1 && spent.gradient == 1 && spent.product == 2)
    }

    /// Points that have begun are finished and delivered, whatever the number of batches.
    @Test(arguments: [1, 2]) func aWishToStopLetsThePointsAtHandFinish(workers: Int) throws {
        let asked = Atomic<Int>(0)
        let stopping = try Objective(
            QuadraticLoss(batchSize: 1), dtype: .float64, workers: workers,
            shouldStop: { asked.add(1, ordering: .relaxed).newValue > 3 })
        let geometry = SliceGeometry.affine(centre: θ, axes: [loss.centre])
        var delivered: [Int: Double] = [:]
        #expect {
            try Slices.evaluate(stopping, geometry, points: (0..<8).map { ($0, [Double($0)]) }) {
                delivered[$0] = $1.mean
            }
        } throws: { error in
            if case LandscapeError.interrupted = error { true } else { false }
        }
        #expect(delivered.count == 3)
        for (index, value) in delivered {
            #expect(try objective.loss(at: geometry.point([Double(index)])).mean == value)
        }
    }

    private func problem(_ seed: UInt64) -> Curvature.Problem {
        Curvature.Problem(objective, at: θ, seed: seed)
    }

    /// A start along one eigenvector, or none at all, must not hide the others.
    @Test(arguments: [false, true]) func aPoorStartHidesNoEigenvalue(isZero: Bool) throws {
        let size = QuadraticLoss.size
        let gradient = try objective.gradient(at: θ)
        let all = try Curvature.eigenpairs(
            problem(0), gradient: gradient, largest: size, smallest: 0, tolerance: 1e-10, maximumProducts: 100)
        let start = isZero ? try gradient.zerosLike() : all.largest[0].vector.tensor
        let found = try Curvature.eigenpairs(
            problem(1), gradient: start, largest: 3, smallest: 2, tolerance: 1e-8, maximumProducts: 100)
        #expect(found.converged)
        let expected = all.largest.map(\.value)
        let values = found.largest.map(\.value) + found.smallest.map(\.value)
        for (value, other) in zip(values, expected.prefix(3) + expected.suffix(2).reversed()) {
            #expect(abs(value - other) < 1e-7 * expected.map(abs).max()!)
        }
    }

    @Test func eigenvaluesAreTheMatrix() throws {
        let spectrum = try Curvature.eigenpairs(
            problem(0), gradient: objective.gradient(at: θ), largest: QuadraticLoss.size,
            smallest: QuadraticLoss.size, tolerance: 1e-10, maximumProducts: 100)
        let values = spectrum.largest.map(\.value)
        #expect(values.count == QuadraticLoss.size && spectrum.converged)
        // Power sums determine the eigenvalues of a symmetric matrix.
        var power = loss.hessian
        for exponent in 1...4 {
            let trace = try (0..<QuadraticLoss.size).reduce(0.0) {
                try $0 + power.selected(0, at: $1).selected(0, at: $1).item
            }
            var sum = 0.0
            for value in values { sum += (0..<exponent).reduce(1.0) { product, _ in product * value } }
            #expect(abs(sum - trace) < 1e-8 * max(1, abs(trace)))
            power = try power.matmul(loss.hessian)
        }
    }

    @Test func traceAndFrobeniusWithinTheirErrors() throws {
        let trace = try (0..<QuadraticLoss.size).reduce(0.0) {
            try $0 + loss.hessian.selected(0, at: $1).selected(0, at: $1).item
        }
        let frobenius = try loss.hessian.flattened().euclideanNorm()
        let estimate = try Curvature.trace(problem(5), .hutchinson, budget: TraceBudget(maximumProducts: 400))
        #expect(abs(estimate.trace.value - trace) < 4 * estimate.trace.standardError)
        let norm = try #require(estimate.frobeniusNorm)
        #expect(abs(norm.value - frobenius) < 4 * norm.standardError)
        #expect(estimate.trace.standardError > 0)
        // Deflation ends with the whole space, and is exact.
        let exact = try Curvature.trace(problem(5), budget: TraceBudget(maximumProducts: 400))
        #expect(abs(exact.trace.value - trace) < 1e-10 && exact.products < 30)
    }

    @Test func planeAndLineEqualTheClosedForm() throws {
        let axes = try (0..<2).map { try RandomStream(seed: 6, "axis", $0).normal([QuadraticLoss.size]) }
        let xs = Slices.coordinates(from: -1, to: 1, count: 5)
        let ys = Slices.coordinates(from: -0.5, to: 2, count: 4)
        #expect(xs[2] == 0)
        var points: [(index: Int, coordinates: [Double])] = []
        for (j, y) in ys.enumerated() { for (i, x) in xs.enumerated() { points.append((j * 5 + i, [x, y])) } }
        var found = [Double](repeating: .nan, count: 20)
        try Slices.evaluate(objective, .affine(centre: θ, axes: axes), points: points) { found[$0] = $1.mean }
        for point in points {
            let position = try θ.adding(axes[0], times: point.coordinates[0]).adding(
                axes[1], times: point.coordinates[1])
            #expect(abs(try loss.value(position.doubles) - found[point.index]) < 1e-11)
        }
    }

    @Test func centreOfASliceIsTheLossToTheLastBit() throws {
        let axis = try RandomStream(seed: 6, "axis", 0).normal([QuadraticLoss.size])
        var values: [Double] = []
        try Slices.evaluate(objective, .affine(centre: θ, axes: [axis]), points: [(0, [0])]) { values.append($1.mean) }
        #expect(values == [try objective.loss(at: θ).mean])
    }

    @Test func pathEndsAreExact() throws {
        let other = try RandomStream(seed: 8, "other").normal([QuadraticLoss.size])
        var values: [Int: Double] = [:]
        try Slices.evaluate(objective, .path(first: θ, second: other), points: [(0, [0]), (1, [1]), (2, [0.3])]) {
            values[$0] = $1.mean
        }
        #expect(values[0] == (try objective.loss(at: other).mean))
        #expect(values[1] == (try objective.loss(at: θ).mean))
        #expect(values[2] == (try objective.loss(at: Interpolation.mix(θ, other, weight: 0.3)).mean))
    }

    @Test func workersDoNotChangeABit() throws {
        let one = try Objective(loss, dtype: .float64, workers: 1)
        #expect(try one.loss(at: θ) == objective.loss(at: θ))
        #expect(try one.gradient(at: θ).doubles == objective.gradient(at: θ).doubles)
        #expect(try one.products(at: θ, with: [θ])[0].doubles == objective.products(at: θ, with: [θ])[0].doubles)
    }

    @Test func stoppingEndsWithAnError() throws {
        let stopped = try Objective(loss, dtype: .float64, workers: 2, shouldStop: { true })
        #expect(throws: LandscapeError.self) { try stopped.loss(at: θ) }
        #expect(throws: LandscapeError.self) { try stopped.gradient(at: θ) }
    }

    @Test func nanNamesTheWindow() throws {
        let bad = try θ.copy()
        try bad.fillInPlace(.nan)
        #expect(throws: LandscapeError.self) { try objective.verifyDeterminism(at: bad) }
        try objective.verifyDeterminism(at: θ)
    }
}
