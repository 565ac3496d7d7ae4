import Checkpoints
import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct TimesFMTests {
    /// A fixture with its model and weights.
    private struct Case {
        let golden: Golden
        let model: TimesFMForecaster
        let weights: Weights

        init(_ name: String, _ dtype: DType = .float64) throws {
            golden = try Golden("timesfm/\(name)")
            let (pretrained, weights) = try golden.model(dtype)
            model = try #require(pretrained.model as? TimesFMForecaster)
            self.weights = weights
        }

        var θ: Parameters {
            get throws { Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers) }
        }
    }

    @Test(arguments: ["v1.0_posemb", "v2.0"])
    func activations(_ name: String) throws {
        let c = try Case(name)
        let golden = c.golden
        #expect(c.model.configuration.hasPositions == (name == "v1.0_posemb"))
        var seen: [String: Tensor] = [:]
        let outputs = try c.model.outputs(
            golden.tensor("input/input_ts"), padding: golden.tensor("input/input_padding"),
            frequency: golden.tensor("input/freq"), c.θ
        ) { seen[$0] = $1 }
        for key in [
            "mu", "sigma", "patched_inputs_normalised", "patched_padding", "input_ff_layer", "position_emb_table",
            "model_input_before_freq", "layer0", "layer1", "horizon_ff_layer",
        ] where golden.values.entry("forward/\(key)") != nil {
            let expected = try golden.tensor("forward/\(key)")
            let found = try #require(seen[key], "\(key)").reshaped(expected.shape)
            #expect(try relativeError(found, expected) < 1e-9, "\(key)")
        }
        #expect(try relativeError(outputs, golden.tensor("forward/output_ts")) < 1e-9)
    }

    @Test(arguments: ["v1.0_posemb", "v2.0"])
    func rollOut(_ name: String) throws {
        let c = try Case(name)
        let golden = c.golden
        let (x, padding) = (try golden.tensor("input/input_ts"), try golden.tensor("input/input_padding"))
        let frequency = try golden.tensor("input/freq")
        let θ = try c.θ
        let full = try c.model.decode(x, padding: padding, horizon: 40, longest: 40, frequency: frequency, θ)
        #expect(try relativeError(full, golden.tensor("decode/full")) < 1e-9)
        #expect(try relativeError(full.selected(2, at: 0), golden.tensor("decode/mean")) < 1e-9)
        let withContext = try c.model.decode(
            x, padding: padding, horizon: 40, longest: 40, onContext: true, frequency: frequency, θ)
        #expect(try relativeError(withContext, golden.tensor("decode_ctx/full")) < 1e-9)
        let short = try c.model.decode(x, padding: padding, horizon: 40, step: 8, longest: 32, frequency: frequency, θ)
        #expect(try relativeError(short, golden.tensor("decode_p8_maxlen32/full")) < 1e-9)
    }

    /// A constant first patch has no deviation: the published code divides by 1e-6.
    @Test(arguments: ["v1.0_posemb", "v2.0"])
    func constantSeries(_ name: String) throws {
        let c = try Case(name)
        let x = try c.golden.tensor("edge_constant/input_ts")
        let found = try c.model.outputs(x, padding: x.zerosLike(), c.θ)
        #expect(try relativeError(found, c.golden.tensor("edge_constant/output_ts")) < 1e-8)
    }

    @Test(arguments: ["v1.0_posemb", "v2.0"])
    func losses(_ name: String) throws {
        let c = try Case(name)
        let golden = c.golden
        let (x, padding) = (try golden.tensor("input/input_ts"), try golden.tensor("input/input_padding"))
        let (frequency, target) = (try golden.tensor("input/freq"), try golden.tensor("input/x_future"))
        func outputs(_ θ: Parameters) throws -> Tensor {
            try c.model.lastPatch(x, padding: padding, horizon: 16, frequency: frequency, θ)
        }
        try checkPlainDerivatives(golden, "finetune_mse", weights: c.weights, model: c.model) { θ in
            try c.model.squaredErrorOfMean(outputs(θ), target).mean([0, 1])
        }
        try checkPlainDerivatives(golden, "finetune_mse_plus_quantile", weights: c.weights, model: c.model) { θ in
            let outputs = try outputs(θ)
            let quantiles = try c.model.pinball(outputs, target).sum([2]) * 2
            return try (c.model.squaredErrorOfMean(outputs, target) + quantiles).mean([0, 1])
        }
    }

    /// The port takes series of any length: zeros on the left, 1 in the padding.
    private func portInput(_ golden: Golden, _ dtype: DType = .float64) throws -> (Tensor, Tensor) {
        var (values, paddings): ([Tensor], [Tensor]) = ([], [])
        for index in 0..<4 {
            let x = try golden.tensor("input/past_values.\(index)", dtype)
            let missing = try Tensor.zeros([40 - x.count], dtype: dtype)
            values.append(try Tensor.concatenate([missing, x]))
            paddings.append(try Tensor.concatenate([missing + 1, x.zerosLike()]))
        }
        return (try Tensor.stack(values), try Tensor.stack(paddings))
    }

    @Test func portToTheLibrary() throws {
        let c = try Case("v2.0_hf")
        let golden = c.golden
        #expect(c.model.configuration.origin == .library)
        let (x, padding) = try portInput(golden)
        let frequency = try golden.tensor("input/freq")
        var seen: [String: Tensor] = [:]
        _ = try c.model.outputs(x, padding: padding, frequency: frequency, c.θ) { seen[$0] = $1 }
        seen["hidden_states.1"] = seen["layer0"]
        seen["hidden_states.2"] = seen["layer1"]
        for key in ["hidden_states.0", "hidden_states.1", "hidden_states.2"] {
            #expect(try relativeError(#require(seen[key]), golden.tensor("forward/\(key)")) < 1e-9, "\(key)")
        }
        let full = try c.model.decode(x, padding: padding, horizon: 16, frequency: frequency, c.θ)
        #expect(try relativeError(full, golden.tensor("forward/full_predictions")) < 1e-9)
        #expect(try relativeError(full.selected(2, at: 0), golden.tensor("forward/mean_predictions")) < 1e-9)
        let withContext = try c.model.decode(
            x, padding: padding, horizon: 16, onContext: true, frequency: frequency, c.θ)
        #expect(try relativeError(withContext, golden.tensor("forward_ctx/full_predictions")) < 1e-9)
        let target = try golden.tensor("input/future_values")
        try checkPlainDerivatives(golden, "hf_loss", weights: c.weights, model: c.model) { θ in
            let outputs = try c.model.lastPatch(x, padding: padding, horizon: 16, frequency: frequency, θ)
            return try (c.model.squaredErrorOfMean(outputs, target) + c.model.pinball(outputs, target).mean([2]))
                .mean([0, 1])
        }
    }

    @Test(arguments: ["v1.0_posemb", "v2.0"])
    func singlePrecision(_ name: String) throws {
        let c = try Case(name, .float32)
        let golden = c.golden
        let x = try golden.tensor("input/input_ts", .float32)
        let padding = try golden.tensor("input/input_padding", .float32)
        let frequency = try golden.tensor("input/freq")
        let found = try c.model.outputs(x, padding: padding, frequency: frequency, c.θ)
        #expect(try relativeError(found, golden.tensor("forward/output_ts@f32", .float32)) < 1e-4)
        let full = try c.model.decode(x, padding: padding, horizon: 40, longest: 40, frequency: frequency, c.θ)
        #expect(try relativeError(full, golden.tensor("decode/full@f32", .float32)) < 1e-4)
    }

    /// The loss of a window is its own; padding on the left changes nothing but the statistics' patch.
    @Test func windowsOfOneChannel() throws {
        let c = try Case("v2.0")
        let θ = try c.θ
        let x = try c.golden.tensor("input/input_ts").filled(
            with: 0.25, where: c.golden.tensor("input/input_ts").isGreater(than: 1e6))
        let batch = WindowBatch(
            context: try x.narrowed(1, from: 3, count: 37), target: try c.golden.tensor("input/x_future"))
        for kind in [LossKind.native, .mse, .mae, .lastPatchMSE] {
            try c.model.validate(task: .forecast, loss: kind, context: 37, horizon: 16)
            let all = try c.model.loss(batch, task: .forecast, kind: kind, θ).perWindow.doubles
            let alone = WindowBatch(
                context: try batch.context.narrowed(0, from: 2, count: 1),
                target: try batch.target.narrowed(0, from: 2, count: 1))
            let one = try c.model.loss(alone, task: .forecast, kind: kind, θ).perWindow.doubles
            #expect(abs(one[0] - all[2]) < 1e-12 * all[2], "\(kind)")
        }
        #expect(try c.model.forecast(batch.context, horizon: 35, θ).shape == [4, 35])
        #expect(throws: ForecasterError.self) {
            try c.model.validate(task: .forecast, loss: .native, context: 37, horizon: 17)
        }
        #expect(throws: ForecasterError.self) { try TimesFMForecaster(c.model.configuration, frequency: 3) }
    }

    /// Official folders hold the archive alone.
    @Test func archiveAsPublished() throws {
        let c = try Case("v1.0_posemb")
        let archive = try PretrainedModel(c.golden.folder.appendingPathComponent("torch_model.ckpt"))
        #expect(try archive.weights(dtype: .float64).flat.doubles == c.weights.flat.doubles)
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        let folder = try Golden("timesfm/v2.0").folder.deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appendingPathComponent("MANIFEST.json"))
        let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
        #expect(manifest.count == 3)
        try checkManifest(manifest) { _, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            return try TimesFMForecaster(JSONDecoder().decode(TimesFMForecaster.Configuration.self, from: data))
        }
        // Without a configuration the shapes tell the size.
        for (published, name) in [(20, "google/timesfm-1.0-200m-pytorch"), (50, "google/timesfm-2.0-500m-pytorch")] {
            let shapes = try #require(manifest[name]?["parameters"] as? [String: [Int]])
            let inferred = TimesFMForecaster.Configuration.infer { shapes[$0] }
            #expect(inferred == TimesFMForecaster.Configuration(layers: published))
        }
    }

    @Test func initialisation() throws {
        let layout = try Case("v2.0").model.layout
        for (specification, draw) in zip(
            layout.parameters, try layout.views(of: layout.sample(seed: 5, purpose: "test", dtype: .float64)))
        {
            switch specification.role {
            case .weight: try checkNormal(draw, deviation: 0.02, specification.name)
            case .bias: #expect(try draw.doubles.allSatisfy { $0 == 0 })
            case .norm:
                let value = specification.name.hasSuffix("bias") ? 0.0 : 1
                #expect(try draw.doubles.allSatisfy { $0 == value }, "\(specification.name)")
            }
        }
    }
}
