import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct ChronosBoltTests {
    let golden: Golden
    let model: ChronosBoltForecaster
    let weights: Weights
    let θ: Parameters

    init() throws {
        golden = try Golden("chronos_bolt")
        let (pretrained, weights) = try golden.model()
        model = try #require(pretrained.model as? ChronosBoltForecaster)
        self.weights = weights
        θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
    }

    @Test func activationsOfEveryBlock() throws {
        let x = try golden.tensor("in/context")
        var seen: [String: Tensor] = [:]
        let (_, location, scale) = try model.scaledQuantiles(x, θ) { seen[$0] = $1 }
        #expect(try relativeError(location, golden.tensor("f64/loc")) < 1e-9)
        #expect(try relativeError(scale, golden.tensor("f64/scale")) < 1e-9)
        seen["enc/block0_attn"] = seen["enc/block0_self"]
        // The reference records whole layers in the decoder, residual included.
        seen["dec/block0_self"] = seen["dec/block0_self_layer"]
        seen["dec/block0_cross"] = seen["dec/block0_cross_layer"]
        for name in [
            "patched_context_and_mask", "input_patch_embedding", "enc/block0_attn", "enc/block0", "enc/out",
            "dec/block0_self",
            "dec/block0_cross", "dec/block0", "dec/out", "output_patch_embedding",
        ] {
            let found = try #require(seen[name], "\(name)")
            #expect(try relativeError(found, golden.tensor("f64/\(name)")) < 1e-9, "\(name)")
        }
    }

    @Test func quantiles() throws {
        let found = try model.quantiles(golden.tensor("in/context"), horizon: 12, θ)
        #expect(try relativeError(found, golden.tensor("f64/quantile_preds")) < 1e-9)
        let long = try model.quantiles(golden.tensor("in/context_long"), horizon: 12, θ)
        #expect(try relativeError(long, golden.tensor("f64/quantile_preds_longctx")) < 1e-9)
    }

    @Test func rollOutOfTheReferencePipeline() throws {
        // The reference is float32; values reach 2000.
        let found = try model.quantiles(golden.tensor("in/context"), horizon: 30, θ)
        #expect(try relativeError(found, golden.tensor("f32/pipeline_predict30")) < 1e-5)
        let point = try model.forecast(golden.tensor("in/context"), horizon: 30, θ)
        #expect(try relativeError(point, golden.tensor("f32/pipeline_mean")) < 1e-5)
    }

    @Test func lossesGradientsAndProducts() throws {
        let (x, y) = (try golden.tensor("in/context"), try golden.tensor("in/target"))
        try checkDerivatives(golden, "quantile_loss", weights: weights, model: model) { θ in
            try model.quantileLoss(x, target: y, θ).pooled
        }
        let missing = try y.isNaN()
        try checkDerivatives(golden, "median_mse_scaled", weights: weights, model: model) { θ in
            let (output, location, scale) = try model.scaledQuantiles(x, θ)
            let median = try output.selected(1, at: 4).narrowed(1, from: 0, count: y.shape[1])
            let truth = try ((y - location) / scale).filled(with: 0, where: missing)
            let observed = try 1 - missing.to(.float64)
            return try ((median - truth).squared() * observed).sum() / observed.sum()
        }
    }

    @Test func singlePrecision() throws {
        let (_, weights) = try golden.model(.float32)
        let θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
        let found = try model.quantiles(golden.tensor("in/context", .float32), horizon: 12, θ)
        #expect(try relativeError(found, golden.tensor("f32/quantile_preds", .float32)) < 1e-4)
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        try checkManifest(golden) { name, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            let model = try ChronosBoltForecaster(
                JSONDecoder().decode(ChronosBoltForecaster.Configuration.self, from: data))
            let published = try #require(Families.chronosBolt.published.first { $0.name == name })
            #expect(
                try published.make().layout.parameters == model.layout.parameters
                    && published.parameters == model.layout.count)
            return model
        }
    }
}
