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
        let again = try objective.products(at: θ, with: [u, v])
        #expect(try again[0].doubles == products[0].doubles)
    }
}
