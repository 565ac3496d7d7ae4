import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

/// `[B, T, M]` of the official code → windows `[B·M, T]`, variate inner.
private func windows(_ x: Tensor) throws -> Tensor {
    let shape = x.shape
    return try x.transposed(1, 2).reshaped([shape[0] * shape[2], shape[1]])
}

@Suite struct TimerTests {
    let golden: Golden
    let model: TimerForecaster
    let weights: Weights
    let θ: Parameters

    init() throws {
        golden = try Golden("timer")
        let (pretrained, weights) = try golden.model()
        model = try #require(pretrained.model as? TimerForecaster)
        self.weights = weights
        θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
    }

    @Test func activationsOfEveryBlock() throws {
        let x = try windows(golden.tensor("in/x"))
        let (mean, deviation) = try model.statistics(x)
        #expect(try relativeError(mean.flattened(), golden.tensor("f64/forecast/means").flattened()) < 1e-9)
        #expect(try relativeError(deviation.flattened(), golden.tensor("f64/forecast/stdev").flattened()) < 1e-9)
        var seen: [String: Tensor] = [:]
        _ = try model.decode((x - mean) / deviation, θ) { seen[$0] = $1 }
        for name in ["value_embedding", "embedding", "layer0_attn", "layer0", "layer1", "decoder", "proj"] {
            let found = try #require(seen[name], "\(name)")
            #expect(try relativeError(found, golden.tensor("f64/forecast/\(name)")) < 1e-9, "\(name)")
        }
    }

    @Test func outputsOfEveryTask() throws {
        let x = try windows(golden.tensor("in/x"))
        #expect(try relativeError(model.reconstruct(x, θ), windows(golden.tensor("f64/forecast/out"))) < 1e-9)
        #expect(try relativeError(model.reconstruct(x, θ), windows(golden.tensor("f64/anomaly/out"))) < 1e-9)
        #expect(
            try relativeError(model.forecast(x, horizon: 20, θ), windows(golden.tensor("f64/forecast/rollout20")))
                < 1e-9)
        let masked = try windows(golden.tensor("in/x_masked"))
        let mask = try windows(golden.tensor("in/mask"))
        #expect(
            try relativeError(model.impute(masked, mask: mask, θ), windows(golden.tensor("f64/imputation/out"))) < 1e-9)
    }

    @Test(arguments: [
        ("forecast_dms", ForecastingTask.forecast, LossKind.lastPatchMSE), ("forecast_ims", .forecast, .native),
        ("imputation_dms", .imputation, .mse), ("imputation_ims", .imputation, .native),
        ("anomaly_aligned", .anomaly, .mse), ("anomaly_ims", .anomaly, .native),
    ])
    func lossesGradientsAndProducts(_ name: String, _ task: ForecastingTask, _ kind: LossKind) throws {
        let x = try windows(golden.tensor("in/x"))
        let batch = WindowBatch(
            context: x, target: try windows(golden.tensor("in/y_dms")), mask: try windows(golden.tensor("in/mask")))
        try checkDerivatives(golden, name, weights: weights, model: model, prefix: "backbone.") { θ in
            try model.loss(batch, task: task, kind: kind, θ).pooled
        }
    }

    @Test func singlePrecision() throws {
        let (_, weights) = try golden.model(.float32)
        let θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
        let output = try model.reconstruct(windows(golden.tensor("in/x", .float32)), θ)
        #expect(try relativeError(output, windows(golden.tensor("f32/forecast/out", .float32))) < 1e-5)
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        try checkManifest(golden) { _, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            return try TimerForecaster(JSONDecoder().decode(TimerForecaster.Configuration.self, from: data))
        }
    }

    @Test func positionTableEqualsTheStoredOne() throws {
        let stored = try weights.buffers[0].to(.float32)
        let table = try SinusoidalPositions.table(length: 5000, width: 16)
        // Angles up to 5000 rad in float32: the reference and we differ by the rounding of sine and cosine only.
        let difference = zip(try table.doubles, try stored.doubles).map { abs($0 - $1) }.max()!
        #expect(difference < 5e-4)
    }

    @Test func initialisationFollowsPyTorchDefaults() throws {
        let big = try TimerForecaster(
            TimerForecaster.Configuration(patchLength: 24, width: 256, feedForwardWidth: 512, layers: 4))
        let flat = try big.layout.sample(seed: 7, purpose: "scratch", dtype: .float64)
        for (specification, view) in zip(big.layout.parameters, try big.layout.views(of: flat)) {
            let values = try view.flattened().doubles
            let n = Double(values.count)
            let mean = values.reduce(0, +) / n
            let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / n
            switch specification.role {
            case .norm:
                #expect(
                    values.allSatisfy { $0 == (specification.name.hasSuffix("weight") ? 1 : 0) },
                    "\(specification.name)")
            case .weight, .bias:
                let layer = specification.name.split(separator: ".").dropLast().joined(separator: ".")
                let weight = try #require(big.layout.parameters.first { $0.name == "\(layer).weight" })
                let bound = 1 / Double(weight.shape[1]).squareRoot()
                let deviation = bound / 3.0.squareRoot()
                #expect(abs(mean) < 5 * deviation / n.squareRoot(), "\(specification.name)")
                #expect(
                    abs(variance.squareRoot() - deviation) < 5 * deviation / n.squareRoot(), "\(specification.name)")
                #expect(values.allSatisfy { abs($0) <= bound }, "\(specification.name)")
                if values.count > 4000 { #expect(values.map(abs).max()! > 0.99 * bound, "\(specification.name)") }
            }
        }
    }

    /// The released form: a Lightning file whose keys carry a prefix, and a plain state dictionary.
    @Test(arguments: ["tiny_lightning.ckpt", "tiny_backbone.pth"])
    func publishedArchivesHoldTheSameWeights(_ name: String) throws {
        let folder = golden.folder.deletingLastPathComponent().appendingPathComponent("timer_archives")
        let archive = try PretrainedModel(folder.appendingPathComponent(name))
        #expect(archive.mismatch == nil)
        let loaded = try archive.weights(dtype: .float64)
        #expect(try loaded.flat.doubles == weights.flat.doubles)
        #expect(try loaded.buffers[0].doubles == weights.buffers[0].doubles)
    }

    @Test func sizesAreInferredWithoutConfiguration() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("timer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let copy = folder.appendingPathComponent("weights.safetensors")
        try FileManager.default.copyItem(at: golden.folder.appendingPathComponent("model.safetensors"), to: copy)
        let inferred = try #require(try PretrainedModel(copy).model as? TimerForecaster)
        var expected = model.configuration
        // The number of heads leaves no trace in the shapes.
        (expected.heads, expected.contextLength, expected.horizon) = (8, nil, nil)
        #expect(inferred.configuration == expected)
        #expect(inferred.layout.parameters == model.layout.parameters)
        #expect(inferred.defaultContext(for: .forecast) == 56 && inferred.defaultHorizon == 8)
    }

    @Test func requestsAreChecked() throws {
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .forecast, loss: .mse, context: 41, horizon: 8)
        }
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .forecast, loss: .native, context: 40, horizon: 7)
        }
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .anomaly, loss: .lastPatchMSE, context: 40, horizon: 0)
        }
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .imputation, loss: .native, context: 8, horizon: 0)
        }
        try model.validate(task: .forecast, loss: .mae, context: 40, horizon: 3)
    }
}
