import Forecasters
import Foundation
import Networks
import Tensor
import Testing

@testable import Landscape

/// Every family's loss is a function of its parameters: the Hessian is symmetric and the derivative of the gradient, and a
/// second evaluation gives the same bits.
@Suite struct FamilySymmetryTests {
    @Test(arguments: [
        "timer", "timer_hf", "sundial", "chronos_bolt", "moirai", "chronos_t5", "moment", "timesfm/v1.0_posemb",
        "timesfm/v2.0_hf", "timesfm25", "timesfm25/hf", "ttm/r2", "ttm/r2_freq_prefix", "ttm/all_other_branches",
        "units/supervised",
    ])
    func symmetricProducts(_ folder: String) throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/ltsm/\(folder)/model.safetensors")
        let pretrained = try PretrainedModel(url)
        let model = pretrained.model
        let weights = try pretrained.weights(dtype: .float64)
        let (context, horizon) = (model.defaultContext(for: .forecast), model.defaultHorizon)
        let count = 5
        let channels = model.channels == 1 ? [] : [model.channels]
        let windows = try RandomStream(seed: 1, "windows").normal([count] + channels + [context + horizon])
        let need = model.noise(task: .forecast, loss: .native, context: context, horizon: horizon)
        let noise =
            need == .none ? nil : try WindowNoise(need, keys: (0..<UInt64(count)).map { $0 }, seed: 1, dtype: .float64)
        let loss = try ForecastLoss(
            model: model, task: .forecast, kind: .native, windows: windows, context: context, noise: noise,
            batchSize: 2, describe: { "window \($0)" })
        let objective = try Objective(loss, buffers: weights.buffers, dtype: .float64, workers: 2)
        let θ = weights.flat
        let u = try RandomStream(seed: 4, "u").normal([objective.dimension])
        let v = try RandomStream(seed: 5, "v").normal([objective.dimension])
        let products = try objective.products(at: θ, with: [u, v])
        let (vHu, uHv) = (try v.dot(products[0]), try u.dot(products[1]))
        // u and v are nearly orthogonal: their norms, not the product, are the scale.
        let scale = try products[0].euclideanNorm() * v.euclideanNorm()
        #expect(abs(vHu - uHv) < 1e-8 * max(abs(vHu), 1e-3 * scale), "\(vHu) and \(uHv)")
        #expect(scale > 0)
        try checkGaussNewton(objective, model, at: θ, u, v)
        if !(model is MoiraiForecaster) {
            // Every window's own form, whatever the batches.
            let single = try ForecastLoss(
                model: model, task: .forecast, kind: .native, windows: windows, context: context, noise: noise,
                batchSize: 1, describe: { "window \($0)" })
            let forms = try objective.gaussNewtonForms(at: θ, along: θ)
            let alone = try Objective(single, buffers: weights.buffers, dtype: .float64)
                .gaussNewtonForms(at: θ, along: θ)
            #expect(forms.count == count)
            for (a, b) in zip(forms, alone) { #expect(abs(a - b) <= 1e-9 * abs(b), "\(a) and \(b)") }
            let whole = try θ.dot(
                CurvatureOperator(objective, at: θ, matrix: .gaussNewton).apply([FlatVector(θ.copy())])[0].tensor)
            #expect(abs(forms.reduce(0, +) / Double(count) - whole) <= 1e-10 * abs(whole))
        }
        let again = try objective.products(at: θ, with: [u, v])
        #expect(try again[0].doubles == products[0].doubles)
    }

    /// G is symmetric and semidefinite, H − G is the rest of H, and F has the quadratic form of the windows' slopes.
    private func checkGaussNewton(
        _ objective: Objective, _ model: any Forecaster, at θ: Tensor, _ u: Tensor, _ v: Tensor
    ) throws {
        let vectors = try [u, v].map { FlatVector(try $0.copy()) }
        guard !(model is MoiraiForecaster) else {
            #expect(throws: LandscapeError.self) {
                _ = try CurvatureOperator(objective, at: θ, matrix: .gaussNewton).apply(vectors)
            }
            return
        }
        let gauss = try CurvatureOperator(objective, at: θ, matrix: .gaussNewton).apply(vectors).map(\.tensor)
        let scale = try gauss[0].euclideanNorm() * v.euclideanNorm()
        #expect(try abs(v.dot(gauss[0]) - u.dot(gauss[1])) <= 1e-10 * scale)
        #expect(try v.dot(gauss[1]) >= -1e-12 * scale)
        let residual = try CurvatureOperator(objective, at: θ, matrix: .residual).apply(vectors)[0].tensor
        let hessian = try CurvatureOperator(objective, at: θ).apply(vectors)[0].tensor
        #expect(try (residual + gauss[0] - hessian).euclideanNorm() <= 1e-12 * (hessian.euclideanNorm() + scale))
        let fisher = try CurvatureOperator(objective, at: θ, matrix: .fisher).apply(vectors)[1].tensor
        // vᵀFv = (1/n) Σ (∇ℓᵢ·v)², by central differences of the windows' losses.
        let step = 1e-6
        let (ahead, behind) = (
            try objective.loss(at: θ.adding(v, times: step)).perWindow,
            try objective.loss(at: θ.adding(v, times: -step)).perWindow
        )
        let slopes = zip(ahead, behind).map { ($0 - $1) / (2 * step) }
        let square = slopes.reduce(0) { $0 + $1 * $1 } / Double(slopes.count)
        #expect(try abs(v.dot(fisher) - square) <= 1e-4 * square)
    }
}
