import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct SundialTests {
    let golden: Golden
    let model: SundialForecaster
    let weights: Weights
    let θ: Parameters

    init() throws {
        golden = try Golden("sundial")
        let (pretrained, weights) = try golden.model()
        model = try #require(pretrained.model as? SundialForecaster)
        self.weights = weights
        θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
    }

    /// `[S·B, out]`, sample-major → `[B, 1, S, out]`.
    private func sampleNoise(_ name: String, _ dtype: DType = .float64) throws -> Tensor {
        try golden.tensor(name, dtype).reshaped([5, 2, 24]).transposed(0, 1).unsqueezed(1)
    }

    @Test func activationsOfEveryBlock() throws {
        var seen: [String: Tensor] = [:]
        _ = try model.hidden(golden.tensor("in/x"), θ) { seen[$0] = $1 }
        for name in ["embed", "layer0_norm1", "layer0_attn", "layer0", "layer1", "hidden"] {
            let found = try #require(seen[name], "\(name)")
            #expect(try relativeError(found, golden.tensor("f64/encode/\(name)")) < 1e-9, "\(name)")
        }
        let output = try model.flowNetwork(
            golden.tensor("in/mlp_x"), time: golden.tensor("in/mlp_t") * 1000, z: golden.tensor("in/mlp_z"), θ)
        #expect(try relativeError(output, golden.tensor("f64/mlp/out")) < 1e-9)
    }

    @Test func generation() throws {
        let x = try golden.tensor("in/x")
        let first = try sampleNoise("in/sample_noise1")
        for (count, name, normalising) in [(10, "n10", true), (24, "n24", true), (24, "n24_norevin", false)] {
            let found = try model.generate(x, count: count, noise: first, normalising: normalising, θ)
            #expect(try relativeError(found, golden.tensor("f64/generate/\(name)")) < 1e-9, "\(name)")
        }
        let both = try Tensor.concatenate([first, sampleNoise("in/sample_noise2")], dimension: 1)
        let long = try model.generate(x, count: 40, noise: both, normalising: true, θ)
        #expect(try relativeError(long, golden.tensor("f64/generate/n40_cache1")) < 1e-9)
    }

    /// `[draws·B·N, …]` with the draws outermost → `[B, draws, N, …]`.
    private func trainingDraws(_ name: String) throws -> Tensor {
        let flat = try golden.tensor(name)
        return try flat.reshaped([2, 2, 6] + flat.shape.dropFirst()).transposed(0, 1)
    }

    @Test(arguments: [("flow_loss", false), ("flow_loss_revin", true)])
    func flowMatchingLoss(_ name: String, _ normalising: Bool) throws {
        let (x, labels) = (try golden.tensor("in/x"), try golden.tensor("in/labels"))
        let (noise, time) = (try trainingDraws("in/train_noise"), try trainingDraws("in/train_t"))
        let (tokens, targets) = (try golden.tensor("in/loss_masks"), try golden.tensor("in/mask_y"))
        try checkDerivatives(golden, name, weights: weights, model: model) { θ in
            try model.flowLoss(
                x, labels: labels, noise: noise, time: time, tokenMask: tokens, targetMask: targets,
                normalising: normalising, θ
            ).pooled
        }
    }

    @Test func meanOfSamples() throws {
        let (x, y, noise) = (try golden.tensor("in/x"), try golden.tensor("in/y"), try sampleNoise("in/sample_noise1"))
        try checkDerivatives(golden, "sample_mean_mse", weights: weights, model: model) { θ in
            let mean = try model.generate(x, count: 24, noise: noise, normalising: false, θ).mean([1])
            return try LossTerms(meanOf: (mean - y).squared(), outputs: []).pooled
        }
    }

    @Test func singlePrecision() throws {
        let (_, weights) = try golden.model(.float32)
        let θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
        let found = try model.generate(
            golden.tensor("in/x", .float32), count: 24, noise: sampleNoise("in/sample_noise1", .float32),
            normalising: true, θ)
        // Angles up to 1000 rad lose digits in float32, in the reference as here.
        #expect(try relativeError(found, golden.tensor("f32/generate/n24", .float32)) < 1e-4)
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        try checkManifest(golden) { _, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            return try SundialForecaster(JSONDecoder().decode(SundialForecaster.Configuration.self, from: data))
        }
    }

    @Test func windowsKeepTheirNoise() throws {
        let need = model.noise(task: .forecast, loss: .native, context: 45, horizon: 24)
        #expect(need == NoiseRequirement(normal: 6 * 2 * 24, uniform: 12))
        let all = try WindowNoise(need, keys: [5, 9, 7], seed: 1, dtype: .float64)
        let one = try WindowNoise(need, keys: [9], seed: 1, dtype: .float64)
        #expect(try all.normal.selected(0, at: 1).doubles == one.normal.doubles)
        #expect(try all.uniform.selected(0, at: 1).doubles == one.uniform.doubles)
        let batch = WindowBatch(
            context: try golden.tensor("in/x"), target: try golden.tensor("in/y"),
            noise: try WindowNoise(need, keys: [1, 2], seed: 1, dtype: .float64))
        let swapped = WindowBatch(
            context: try batch.context.selected(0, indices: Tensor([1, 0])),
            target: try batch.target.selected(0, indices: Tensor([1, 0])),
            noise: try WindowNoise(need, keys: [2, 1], seed: 1, dtype: .float64))
        let a = try model.loss(batch, task: .forecast, kind: .native, θ).perWindow.doubles
        let b = try model.loss(swapped, task: .forecast, kind: .native, θ).perWindow.doubles
        #expect(zip(a, b.reversed()).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .forecast, loss: .native, context: 45, horizon: 23)
        }
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .anomaly, loss: .mse, context: 45, horizon: 0)
        }
    }
}
