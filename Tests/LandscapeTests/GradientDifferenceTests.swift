import Forecasters
import Foundation
import Krylov
import Networks
import Tensor
import Testing

@testable import Landscape

/// Differences of gradients as approximate products, and searches that explore with them.
@Suite struct GradientDifferenceTests {
    /// A Timer of 2 716 parameters in a precision.
    static func timer(_ dtype: DType) throws -> (objective: Objective, θ: Tensor) {
        let model = try TimerForecaster(
            TimerForecaster.Configuration(
                patchLength: 8, width: 16, feedForwardWidth: 32, layers: 1, heads: 2, positions: 8))
        let windows = try RandomStream(seed: 1, "windows").normal([12, 32]).to(dtype)
        let loss = try ForecastLoss(
            model: model, task: .forecast, kind: .native, windows: windows, context: 24, batchSize: 5,
            describe: { "window \($0)" })
        let objective = try Objective(
            loss, buffers: model.layout.initialBuffers(dtype: dtype), dtype: dtype, workers: 2)
        return (objective, try model.layout.sample(seed: 2, purpose: "scratch", dtype: dtype))
    }

    static func differences(_ objective: Objective, _ θ: Tensor) throws -> GradientDifferences? {
        let gradient = try objective.gradient(at: θ)
        return try GradientDifferences(
            objective, at: θ, gradient: gradient, direction: gradient,
            noise: RandomStream(seed: 3, "noise").normal([objective.dimension]).to(objective.dtype))
    }

    /// The error that was announced holds for other vectors, within the factor by which bending depends on them.
    @Test(arguments: [(DType.float32, 2e-2), (.float64, 2e-6)])
    func announcedErrorHolds(_ dtype: DType, _ most: Double) throws {
        let (objective, θ) = try Self.timer(dtype)
        let found = try #require(try Self.differences(objective, θ))
        #expect(found.inaccuracy < most * found.scale)
        let gradient = try objective.gradient(at: θ)
        for index in 0..<4 {
            // The first is the direction of the measurement, whose product is known.
            let v =
                index == 0
                ? try gradient.copy() : try RandomStream(seed: 4, "v", index).normal([objective.dimension]).to(dtype)
            try v.scaleInPlace(3 / v.euclideanNorm())
            let exact = try objective.products(at: θ, with: [v])[0]
            let error = try (found.apply([FlatVector(v)])[0].tensor - exact).euclideanNorm()
            #expect(error / 3 < 5 * found.inaccuracy)
        }
        let zero = try gradient.zerosLike()
        #expect(try found.apply([FlatVector(zero)])[0].tensor.euclideanNorm() == 0)
    }

    /// Nothing bends: any step will do, and the largest tried is taken.
    @Test func constantCurvatureIsExactToRounding() throws {
        let loss = try QuadraticLoss()
        let objective = try Objective(loss, dtype: .float64)
        let θ = try RandomStream(seed: 9, "point").normal([QuadraticLoss.size])
        let found = try #require(try Self.differences(objective, θ))
        let v = try RandomStream(seed: 8, "v").normal([QuadraticLoss.size])
        let error = try (found.apply([FlatVector(v)])[0].tensor - loss.hessian.matmul(v)).euclideanNorm()
        #expect(error < 1e-9)
    }

    /// Values and residuals of a search with exploration are those of true products.
    @Test(arguments: [(DType.float32, 1e-3), (.float64, 1e-5), (.float64, 1e-10)])
    func explorationFindsTheSamePairs(_ dtype: DType, _ tolerance: Double) throws {
        let (objective, θ) = try Self.timer(dtype)
        let problem = Curvature.Problem(objective, at: θ, seed: 0)
        let gradient = try objective.gradient(at: θ)
        func run(_ explores: Bool) throws -> Spectrum<FlatVector> {
            try Curvature.eigenpairs(
                problem, gradient: gradient, largest: 3, smallest: 2, tolerance: tolerance, maximumProducts: 400,
                explores: explores)
        }
        let (explored, plain) = (try run(true), try run(false))
        #expect(explored.converged && plain.converged)
        #expect(plain.explorations == 0)
        // In float64 a tolerance below what differences can reach is searched by products alone.
        #expect(tolerance < 1e-8 ? explored.explorations == 0 : explored.explorations > 0)
        for (a, b) in zip(explored.largest + explored.smallest, plain.largest + plain.smallest) {
            #expect(abs(a.value - b.value) <= 2 * tolerance * abs(b.value))
            let product = try objective.products(at: θ, with: [a.vector.tensor])[0]
            let residual = try product.adding(a.vector.tensor, times: -a.value).euclideanNorm()
            #expect(residual / abs(a.value) <= 1.1 * tolerance)
        }
    }

    @Test func workersDoNotChangeABit() throws {
        func values(_ workers: Int) throws -> [Double] {
            let (objective, θ) = try Self.timer(.float32)
            let own = try Objective(
                objective.function,
                buffers: (objective.function as? ForecastLoss)?.model.layout.initialBuffers(dtype: .float32) ?? [],
                dtype: .float32, workers: workers)
            let spectrum = try Curvature.eigenpairs(
                Curvature.Problem(own, at: θ, seed: 0), gradient: own.gradient(at: θ), largest: 2, smallest: 2,
                tolerance: 1e-3, maximumProducts: 200)
            return (spectrum.largest + spectrum.smallest).flatMap { [$0.value, $0.residual] }
        }
        #expect(try values(1) == values(3))
    }
}
