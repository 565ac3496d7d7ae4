import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct TimerHFTests {
    let golden: Golden
    let model: TimerHF
    let weights: Weights
    let θ: Parameters

    init() throws {
        golden = try Golden("timer_hf")
        let (pretrained, weights) = try golden.model()
        model = try #require(pretrained.model as? TimerHF)
        self.weights = weights
        θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
    }

    @Test func activationsOfEveryBlock() throws {
        let x = try golden.tensor("in/x")
        let (mean, deviation) = try model.statistics(x)
        #expect(try relativeError(mean, golden.tensor("f64/forward/mean")) < 1e-9)
        #expect(try relativeError(deviation, golden.tensor("f64/forward/std_unbiased")) < 1e-9)
        let table = try RotaryEmbedding(length: 8, headWidth: 8, dtype: .float64)
        #expect(try relativeError(table.cosine, golden.tensor("f64/rope_cos")) < 1e-12)
        #expect(try relativeError(table.sine, golden.tensor("f64/rope_sin")) < 1e-12)
        var seen: [String: Tensor] = [:]
        _ = try model.hidden((x - mean) / deviation, θ) { seen[$0] = $1 }
        for name in ["embed", "layer0_attn", "layer0_norm1", "layer0", "layer1", "hidden"] {
            let found = try #require(seen[name], "\(name)")
            #expect(try relativeError(found, golden.tensor("f64/forward/\(name)")) < 1e-9, "\(name)")
        }
    }

    @Test func predictions() throws {
        let x = try golden.tensor("in/x")
        for length in [8, 20, 24] {
            let found = try model.predict(x, length: length, normalising: true, θ)
            #expect(try relativeError(found, golden.tensor("f64/forward/pred\(length)_revin")) < 1e-9, "\(length)")
        }
        let plain = try model.predict(x, length: 5, normalising: false, θ)
        #expect(try relativeError(plain, golden.tensor("f64/forward/pred5_norevin")) < 1e-9)
        let masked = try model.predict(
            x, length: 24, normalising: true, θ, mask: golden.tensor("in/attention_mask").to(.float64),
            positions: golden.tensor("in/position_ids"))
        #expect(try relativeError(masked, golden.tensor("f64/forward/pred24_masked")) < 1e-9)
    }

    @Test(arguments: [8, 24, 40], [false, true])
    func generation(_ count: Int, _ cached: Bool) throws {
        let found = try model.generate(golden.tensor("in/x"), count: count, cached: cached, θ)
        #expect(try relativeError(found, golden.tensor("f64/generate/n\(count)_cache\(cached ? 1 : 0)")) < 1e-9)
    }

    @Test func contextIsCutOnTheLeft() throws {
        let x = try golden.tensor("in/x").narrowed(1, from: 0, count: 45)
        let found = try model.generate(x, count: 8, cached: true, θ)
        #expect(try relativeError(found, golden.tensor("f64/generate/len45_n8_cache1")) < 1e-9)
    }

    @Test func autoregressiveLoss() throws {
        let input = try golden.tensor("in/ar_input")
        let labels = try golden.tensor("in/ar_labels")
        let mask = try golden.tensor("in/loss_masks")
        try checkDerivatives(golden, "ar_loss", weights: weights, model: model) { θ in
            try model.autoregressiveLoss(input, labels: labels, mask: mask, θ).pooled
        }
        let plain = try model.autoregressiveLoss(input, labels: labels, mask: nil, θ).pooled.item
        #expect(relativeError(plain, try golden.tensor("f64/ar_loss/loss_nomask").item) < 1e-10)
    }

    @Test func forecastLoss() throws {
        let batch = WindowBatch(context: try golden.tensor("in/x"), target: try golden.tensor("in/y"))
        try checkDerivatives(golden, "forecast_mse", weights: weights, model: model) { θ in
            try model.loss(batch, task: .forecast, kind: .mse, θ).pooled
        }
    }

    @Test func singlePrecision() throws {
        let (_, weights) = try golden.model(.float32)
        let θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
        let found = try model.predict(golden.tensor("in/x", .float32), length: 24, normalising: true, θ)
        #expect(try relativeError(found, golden.tensor("f32/forward/pred24_revin", .float32)) < 1e-5)
        let loss = try model.autoregressiveLoss(
            golden.tensor("in/ar_input", .float32), labels: golden.tensor("in/ar_labels", .float32),
            mask: golden.tensor("in/loss_masks", .float32), θ
        ).pooled.item
        #expect(relativeError(loss, try golden.tensor("f32/ar_loss/loss").item) < 1e-5)
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        try checkManifest(golden) { _, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            return try TimerHF(JSONDecoder().decode(TimerHF.Configuration.self, from: data))
        }
    }
}
