import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct TTMTests {
    static let folders = ["r2", "r2_freq_prefix", "finetune_channel_mix", "all_other_branches"]

    /// A fixture with its model, weights and inputs; time is the last dimension here.
    private struct Case {
        let golden: Golden
        let model: TTMForecaster
        let weights: Weights
        private let dtype: DType

        init(_ name: String, _ dtype: DType = .float64) throws {
            golden = try Golden("ttm/\(name)")
            let (pretrained, weights) = try golden.model(dtype)
            model = try #require(pretrained.model as? TTMForecaster)
            self.weights = weights
            self.dtype = dtype
        }

        var θ: Parameters {
            get throws { Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers) }
        }

        func input(_ name: String) throws -> Tensor? {
            guard golden.values.entry("input/\(name)") != nil else { return nil }
            let x = try golden.tensor("input/\(name)", dtype)
            return x.rank == 3 ? try x.transposed(1, 2) : x
        }

        func forecast(_ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }) throws -> Tensor {
            try model.direct(
                #require(try input("past_values")), observed: input("past_observed_mask"),
                frequency: input("freq_token"), categories: input("static_categorical_values")?.to(.int64),
                future: input("future_values"), θ, observe: observe)
        }

        /// The mean over the selected channels and steps, and over observed points.
        func loss(_ found: Tensor, _ name: String) throws -> Tensor {
            let c = model.configuration
            let index = try Tensor(c.predictedChannels.map(Int64.init))
            func selected(_ x: Tensor) throws -> Tensor {
                try x.selected(1, indices: index).narrowed(2, from: 0, count: c.outputLength)
            }
            let target = try selected(#require(try input("future_values")))
            let errors = try model.errors(found, target, name)
            guard let observed = try input("future_observed_mask") else { return try errors.mean([0, 1, 2]) }
            let mask = try selected(observed)
            return try (errors * mask).sum() / mask.sum()
        }
    }

    @Test(arguments: folders)
    func activations(_ name: String) throws {
        let c = try Case(name)
        var seen: [String: Tensor] = [:]
        let output = try c.forecast(c.θ) { seen[$0] = $1 }
        for key in ["loc", "scale", "fcm_block"] { seen[key] = try seen[key]?.transposed(1, 2) }
        var compared = 0
        for entry in c.golden.values.entries where entry.name.hasPrefix("forward/") && !entry.name.hasSuffix("@f32") {
            let key = String(entry.name.dropFirst("forward/".count))
            if key == "prediction_outputs" { continue }
            compared += 1
            let found = try #require(seen[key], "\(key)")
            #expect(try relativeError(found, c.golden.tensor(entry.name)) < 1e-9, "\(key)")
        }
        #expect(compared > 7)
        let expected = try c.golden.tensor("forward/prediction_outputs")
        #expect(try relativeError(output.transposed(1, 2), expected) < 1e-9)
        for loss in ["mse", "mae", "huber", "pinball"] {
            let found = try c.loss(output, loss).item
            #expect(relativeError(found, try c.golden.tensor("loss_values/\(loss)").item) < 1e-9, "\(loss)")
        }
    }

    @Test(arguments: folders)
    func losses(_ name: String) throws {
        let c = try Case(name)
        for (key, loss) in [("official_loss", c.model.configuration.loss), ("mse_loss", "mse")]
        where c.golden.values.entry("\(key)/loss") != nil {
            try checkPlainDerivatives(c.golden, key, weights: c.weights, model: c.model) { θ in
                try c.loss(c.forecast(θ), loss)
            }
        }
    }

    @Test(arguments: folders)
    func singlePrecision(_ name: String) throws {
        let c = try Case(name, .float32)
        let found = try c.forecast(c.θ).transposed(1, 2)
        #expect(try relativeError(found, c.golden.tensor("forward/prediction_outputs@f32", .float32)) < 1e-4)
    }

    /// Channels are alike: one at a time gives what all together give; horizons beyond one forecast feed it back.
    @Test func windowsOfOneChannel() throws {
        let c = try Case("r2")
        let θ = try c.θ
        #expect(c.model.channels == 1)
        let x = try #require(try c.input("past_values"))
        let together = try c.model.direct(x, θ).selected(1, at: 2)
        let alone = try c.model.forecast(x.selected(1, at: 2), horizon: 12, θ)
        #expect(try relativeError(alone, together) < 1e-12)
        let long = try c.model.forecast(x.selected(1, at: 2), horizon: 30, θ)
        #expect(long.shape == [3, 30])
        let next = try c.model.forecast(
            Tensor.concatenate([x.selected(1, at: 2).narrowed(1, from: 12, count: 52), alone], dimension: 1),
            horizon: 12, θ)
        #expect(try relativeError(long.narrowed(1, from: 12, count: 12), next) < 1e-12)
        let batch = WindowBatch(
            context: try x.selected(1, at: 0), target: try x.selected(1, at: 1).narrowed(1, from: 0, count: 12))
        for kind in [LossKind.native, .mse, .mae] {
            let all = try c.model.loss(batch, task: .forecast, kind: kind, θ).perWindow.doubles
            let single = WindowBatch(
                context: try batch.context.narrowed(0, from: 1, count: 1),
                target: try batch.target.narrowed(0, from: 1, count: 1))
            let one = try c.model.loss(single, task: .forecast, kind: kind, θ).perWindow.doubles
            #expect(abs(one[0] - all[1]) < 1e-12 * all[1])
        }
        #expect(throws: ForecasterError.self) {
            try c.model.validate(task: .forecast, loss: .mse, context: 63, horizon: 12)
        }
    }

    @Test func windowsOfAllChannels() throws {
        let c = try Case("all_other_branches")
        #expect(c.model.channels == 3)
        let x = try #require(try c.input("past_values"))
        let target = try #require(try c.input("future_values"))
        try c.model.validate(task: .forecast, loss: .native, context: 68, horizon: 12)
        let loss = try c.model.loss(
            WindowBatch(context: x, target: target), task: .forecast, kind: .native, c.θ)
        #expect(relativeError(try loss.pooled.item, try c.golden.tensor("loss_values/pinball").item) < 1e-9)
        // What a window of a series cannot give is refused before anything runs.
        #expect(throws: ForecasterError.self) {
            try Case("finetune_channel_mix").model.validate(task: .forecast, loss: .native, context: 68, horizon: 10)
        }
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        let folder = try Golden("ttm/r2").folder.deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appendingPathComponent("MANIFEST.json"))
        let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        var entries: [String: [String: Any]] = [:]
        for (name, value) in manifest {
            guard var entry = value as? [String: Any] else { continue }
            let parameters = try #require(entry["parameters"] as? [String: Any])
            if let other = parameters["same_as"] as? String {
                let base = try #require((manifest[other] as? [String: Any])?["parameters"] as? [String: Any])
                entry["parameters"] = base.merging(try #require(parameters["except"] as? [String: Any])) { $1 }
            }
            entries[name] = entry
        }
        #expect(entries.count == 17)
        try checkManifest(entries) { _, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            return try TTMForecaster(JSONDecoder().decode(TTMForecaster.Configuration.self, from: data))
        }
        for published in Families.ttm.published {
            #expect(try published.make().layout.count == published.parameters, "\(published.name)")
        }
    }

    @Test(arguments: ["r2_freq_prefix", "all_other_branches"])
    func initialisation(_ name: String) throws {
        let layout = try Case(name).model.layout
        for (specification, draw) in zip(
            layout.parameters, try layout.views(of: layout.sample(seed: 5, purpose: "test", dtype: .float64)))
        {
            let name = specification.name
            if specification.role == .norm {
                #expect(try draw.doubles.allSatisfy { $0 == (name.hasSuffix("weight") ? 1 : 0) }, "\(name)")
            } else if name.hasSuffix("freq_mod.0.weight") {
                try checkNormal(draw, deviation: 1, name)
            } else {
                let layer = name.split(separator: ".").dropLast().joined(separator: ".")
                let weight = try #require(layout.parameters.first { $0.name == "\(layer).weight" })
                try checkUniform(draw.flattened(), bound: 1 / Double(weight.shape[1]).squareRoot(), name)
            }
        }
        let buffers = try layout.initialBuffers(dtype: .float64)
        for (specification, value) in zip(layout.buffers, buffers) where specification.name.hasSuffix("position_enc") {
            #expect(try abs(value.flattened().mean([0]).item) < 1e-12)
            #expect(try abs(value.flattened().variance([0], correction: 1).item - 0.01) < 1e-12)
        }
    }
}
