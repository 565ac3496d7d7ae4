import Forecasters
import Foundation
import Krylov
import Networks
import Tensor
import Testing

@testable import Landscape

/// A Timer small enough for its dense Hessian.
@Suite struct TinyTimerTests {
    let model: TimerForecaster
    let objective: Objective
    let θ: Tensor

    init() throws {
        model = try TimerForecaster(
            TimerForecaster.Configuration(
                patchLength: 4, width: 4, feedForwardWidth: 6, layers: 1, heads: 2, positions: 8))
        let windows = try RandomStream(seed: 1, "windows").normal([5, 16])
        let loss = try ForecastLoss(
            model: model, task: .forecast, kind: .native, windows: windows, context: 12, batchSize: 2,
            describe: { "window \($0)" })
        objective = try Objective(
            loss, buffers: model.layout.initialBuffers(dtype: .float64), dtype: .float64, workers: 2)
        θ = try model.layout.sample(seed: 2, purpose: "scratch", dtype: .float64)
    }

    private func denseHessian() throws -> [[Double]] {
        let n = objective.dimension
        var rows: [[Double]] = []
        for start in stride(from: 0, to: n, by: 32) {
            let block = try (start..<min(n, start + 32)).map { index in
                let unit = try Tensor.zeros([n], dtype: .float64)
                try unit.narrowed(0, from: index, count: 1).fillInPlace(1)
                return unit
            }
            rows += try objective.products(at: θ, with: block).map { try $0.doubles }
        }
        return rows
    }

    @Test func lanczosFindsTheWholeSpectrumOfTheDenseHessian() throws {
        let n = objective.dimension
        let dense = try denseHessian()
        for i in 0..<n { for j in 0..<i { #expect(abs(dense[i][j] - dense[j][i]) < 1e-12) } }
        let reference = try SymmetricEigensystem(dense.flatMap { $0 }, order: n).values.sorted(by: >)
        let spectrum = try Curvature.eigenpairs(
            Curvature.Problem(objective, at: θ, seed: 0), gradient: objective.gradient(at: θ), largest: n, smallest: n,
            tolerance: 1e-8, maximumProducts: 4 * n)
        let found = spectrum.largest.map(\.value)
        #expect(found.count == n)
        let scale = reference.map(abs).max()!
        for (a, b) in zip(found, reference) { #expect(abs(a - b) < 1e-8 * scale) }
        let frobenius = reference.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for method in [TraceMethod.deflated, .hutchinson, .hutchPlusPlus, .xtrace] {
            let result = try Curvature.trace(
                Curvature.Problem(objective, at: θ, seed: 3), method, budget: TraceBudget(maximumProducts: 64))
            #expect(abs(result.trace.value - reference.reduce(0, +)) < 4 * result.trace.standardError + 1e-10)
            if let norm = result.frobeniusNorm {
                #expect(abs(norm.value - frobenius) < 4 * norm.standardError + 1e-10)
            }
        }
    }

    @Test func keptGraphsGiveTheSameBits() throws {
        let vectors = try (0..<3).map { try RandomStream(seed: 9, "v", $0).normal([objective.dimension]) }
        let rebuilt = try objective.products(at: θ, with: vectors).map { try $0.doubles }
        let keeping = CurvatureGraphs(objective, at: θ, memory: 1 << 30)
        for _ in 0..<2 {
            #expect(try keeping.products(with: vectors).map { try $0.doubles } == rebuilt)
            #expect(keeping.keptCount == objective.function.batches.count)
        }
        #expect(try keeping.products(with: [vectors[2]])[0].doubles == rebuilt[2])
        let forgetting = CurvatureGraphs(objective, at: θ, memory: 0)
        #expect(try forgetting.products(with: vectors).map { try $0.doubles } == rebuilt)
        #expect(forgetting.keptCount == 0)
    }

    @Test func aFewEigenpairsAtBothEnds() throws {
        let reference = try SymmetricEigensystem(denseHessian().flatMap { $0 }, order: objective.dimension).values
            .sorted(by: >)
        let spectrum = try Curvature.eigenpairs(
            Curvature.Problem(objective, at: θ, seed: 0), gradient: objective.gradient(at: θ), largest: 3, smallest: 3,
            tolerance: 1e-6, maximumProducts: 300)
        #expect(spectrum.converged)
        for (pair, value) in zip(spectrum.largest, reference) { #expect(abs(pair.value - value) < 1e-8 * reference[0]) }
        for (pair, value) in zip(spectrum.smallest, reference.reversed()) {
            #expect(abs(pair.value - value) < 1e-8 * reference[0])
        }
        for pair in spectrum.largest + spectrum.smallest {
            let product = try objective.products(at: θ, with: [pair.vector.tensor])[0]
            let residual = try product.adding(pair.vector.tensor, times: -pair.value).euclideanNorm()
            #expect(residual <= 1e-6 * abs(pair.value))
        }
    }

    @Test func productIsSymmetricAndTheDerivativeOfTheGradient() throws {
        let u = try RandomStream(seed: 4, "u").normal([objective.dimension])
        let v = try RandomStream(seed: 5, "v").normal([objective.dimension])
        let products = try objective.products(at: θ, with: [u, v])
        let (uHv, vHu) = (try u.dot(products[1]), try v.dot(products[0]))
        #expect(abs(uHv - vHu) < 1e-10 * max(abs(uHv), 1))
        let step = 1e-5
        let ahead = try objective.gradient(at: θ.adding(v, times: step))
        let behind = try objective.gradient(at: θ.adding(v, times: -step))
        let difference = try (ahead - behind) * (1 / (2 * step))
        #expect(try (difference - products[1]).euclideanNorm() < 1e-7 * products[1].euclideanNorm())
        let single = try objective.products(at: θ, with: [v])[0]
        #expect(try single.doubles == products[1].doubles)
    }

    @Test func raggedBatchesAndWorkersAgree() throws {
        let windows = try RandomStream(seed: 1, "windows").normal([5, 16])
        let reference = try objective.loss(at: θ)
        for batch in [1, 3, 5] {
            let loss = try ForecastLoss(
                model: model, task: .forecast, kind: .native, windows: windows, context: 12, batchSize: batch,
                describe: { "window \($0)" })
            let other = try Objective(loss, buffers: model.layout.initialBuffers(dtype: .float64), dtype: .float64)
            #expect(abs(try other.loss(at: θ).mean - reference.mean) < 1e-13)
        }
    }
}
