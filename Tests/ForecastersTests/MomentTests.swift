import Checkpoints
import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct MomentTests {
    let golden: Golden
    let model: MomentForecaster
    let weights: Weights
    let θ: Parameters

    init() throws {
        golden = try Golden("moment")
        let (pretrained, weights) = try golden.model()
        model = try #require(pretrained.model as? MomentForecaster)
        self.weights = weights
        θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
    }

    private func input(_ name: String, _ dtype: DType = .float64) throws -> Tensor {
        try golden.tensor("input/\(name)", dtype).to(dtype)
    }

    /// The tiny model with another head, loaded from a file as a user would have it.
    private func variant(
        _ head: String, task: String, dtype: DType = .float64
    ) throws -> (MomentForecaster, Weights) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("moment-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = try String(contentsOf: golden.folder.appendingPathComponent("config.json"), encoding: .utf8)
        try text.replacingOccurrences(of: "\"reconstruction\"", with: "\"\(task)\"")
            .write(to: folder.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
        let base = try Checkpoint(golden.folder.appendingPathComponent("model.safetensors"))
        let heads = try Checkpoint(golden.folder.appendingPathComponent("heads.safetensors"))
        var items: [SafetensorsWriter.Item] = []
        for entry in base.entries where !entry.name.hasPrefix("head.") {
            let bytes = try base.read(entry.name)
            items.append(.init(name: entry.name, type: entry.type, shape: entry.shape, bytes: { bytes }))
        }
        for entry in heads.entries where entry.name.hasPrefix(head) {
            let bytes = try heads.read(entry.name)
            let name = String(entry.name.dropFirst(head.count + 1))
            items.append(.init(name: name, type: entry.type, shape: entry.shape, bytes: { bytes }))
        }
        let url = folder.appendingPathComponent("model.safetensors")
        try SafetensorsWriter.write(items, metadata: [:], to: url, overwrite: false)
        let pretrained = try PretrainedModel(url)
        return (try #require(pretrained.model as? MomentForecaster), try pretrained.weights(dtype: dtype))
    }

    private func parameters(_ model: MomentForecaster, _ weights: Weights) throws -> Parameters {
        Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
    }

    @Test func reconstructionOfMaskedPatches() throws {
        var seen: [String: Tensor] = [:]
        let output = try model.reconstruct(
            input("x_enc"), observed: input("input_mask"), visible: input("pretrain_mask"), θ
        ) { seen[$0] = $1 }
        seen["attn0"] = seen["block0_self"]
        seen["encoder"] = seen["out"]
        for name in [
            "mean", "stdev", "normalised", "patch_embedding", "attn0", "block0", "block1", "encoder", "head",
        ] {
            #expect(
                try relativeError(#require(seen[name]), golden.tensor("reconstruction/\(name)")) < 1e-9, "\(name)")
        }
        #expect(try relativeError(output, golden.tensor("reconstruction/output")) < 1e-9)
    }

    @Test func anomalyScoresAndZeroShotForecast() throws {
        let (x, observed) = (try input("x_enc"), try input("input_mask"))
        let found = try model.reconstruct(x, observed: observed, visible: observed.zerosLike() + 1, θ)
        #expect(try relativeError(found, golden.tensor("anomaly/reconstruction")) < 1e-9)
        #expect(try relativeError((found - x).squared(), golden.tensor("anomaly/scores_mse")) < 1e-9)
        let (forecast, whole) = try model.forecastByMasking(x, observed: observed, horizon: 12, θ)
        #expect(try relativeError(forecast, golden.tensor("short_forecast/forecast")) < 1e-9)
        #expect(try relativeError(whole, golden.tensor("short_forecast/reconstruction")) < 1e-9)
        let embeddings = try model.embeddings(x, observed: observed, θ)
        #expect(try relativeError(embeddings, golden.tensor("embedding/none")) < 1e-9)
        let mean = try model.meanEmbedding(x, observed: observed, θ)
        #expect(try relativeError(mean, golden.tensor("embedding/mean")) < 1e-9)
    }

    @Test func lossOfPretraining() throws {
        let (x, observed, visible) = (try input("x_enc"), try input("input_mask"), try input("pretrain_mask"))
        let counted = try (observed * (1 - visible)).unsqueezed(1)
        try checkPlainDerivatives(golden, "pretrain_loss", weights: weights, model: model) { θ in
            let found = try model.reconstruct(x, observed: observed, visible: visible, θ)
            let both = try counted.expanded(x.shape)
            return try ((found - x).squared() * both).sum() / (both.sum() + 1e-7)
        }
    }

    @Test func forecastingHead() throws {
        let (model, weights) = try variant("forecasting", task: "forecasting")
        #expect(model.head == .forecasting(horizon: 24) && model.tasks == [.forecast])
        let (x, observed, target) = (try input("x_enc"), try input("input_mask"), try input("forecast_target"))
        var seen: [String: Tensor] = [:]
        let output = try model.forecastByHead(x, observed: observed, parameters(model, weights)) { seen[$0] = $1 }
        seen["encoder"] = seen["out"]
        for name in ["patch_embedding", "encoder", "head"] {
            #expect(try relativeError(#require(seen[name]), golden.tensor("forecasting/\(name)")) < 1e-9, "\(name)")
        }
        #expect(try relativeError(output, golden.tensor("forecasting/output")) < 1e-9)
        try checkPlainDerivatives(
            golden, "forecast_mse", direction: "direction_forecasting.safetensors", weights: weights, model: model
        ) { θ in
            try LossTerms(meanOf: (model.forecastByHead(x, observed: observed, θ) - target).squared(), outputs: [])
                .pooled
        }
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .forecast, loss: .native, context: 128, horizon: 25)
        }
    }

    @Test func classification() throws {
        let (x, observed) = (try input("x_enc"), try input("input_mask"))
        let labels = try golden.tensor("input/labels").unsqueezed(1)
        let (joint, jointWeights) = try variant("classification_concat", task: "classification")
        let θ = try parameters(joint, jointWeights)
        let (features, logits) = try joint.classLogits(x, observed: observed, θ)
        #expect(try relativeError(features, golden.tensor("classification_concat/embeddings")) < 1e-9)
        #expect(try relativeError(logits, golden.tensor("classification_concat/logits")) < 1e-9)
        try checkPlainDerivatives(
            golden, "classification_ce", direction: "direction_classification.safetensors", weights: jointWeights,
            model: joint
        ) { θ in
            let logits = try joint.classLogits(x, observed: observed, θ).logits
            return try -logits.logSoftmax().gathered(1, indices: labels).mean([0, 1])
        }
        let (mean, meanWeights) = try variant("classification_mean", task: "classification")
        let other = try mean.classLogits(x, observed: observed, parameters(mean, meanWeights))
        #expect(try relativeError(other.features, golden.tensor("classification_mean/embeddings")) < 1e-9)
        #expect(try relativeError(other.logits, golden.tensor("classification_mean/logits")) < 1e-9)
        #expect(mean.tasks.isEmpty)
    }

    @Test func bucketsOfRelativePositions() throws {
        for size in [16, 64] {
            let expected = try golden.tensor("aux/relative_bucket_\(size)").to(.float64).doubles.map(Int.init)
            let found = (0..<size * size).map {
                RelativePositionBuckets.bucket(
                    $0 % size - $0 / size, bidirectional: true, buckets: 32, maximumDistance: 128)
            }
            #expect(found == expected)
        }
    }

    @Test func singlePrecision() throws {
        let (_, single) = try golden.model(.float32)
        let output = try model.reconstruct(
            input("x_enc", .float32), observed: input("input_mask", .float32),
            visible: input("pretrain_mask", .float32), parameters(model, single))
        #expect(try relativeError(output, golden.tensor("reconstruction/output@f32", .float32)) < 1e-4)
        let (forecaster, weights) = try variant("forecasting", task: "forecasting", dtype: .float32)
        let forecast = try forecaster.forecastByHead(
            input("x_enc", .float32), observed: input("input_mask", .float32), parameters(forecaster, weights))
        #expect(try relativeError(forecast, golden.tensor("forecasting/output@f32", .float32)) < 1e-4)
    }

    /// Shorter contexts are filled up; a window's loss does not depend on its neighbours; hidden points alone count.
    @Test func windowsOfOneChannel() throws {
        let x = try input("x_enc").selected(1, at: 0)
        let context = try x.narrowed(1, from: 28, count: 100)
        let target = try x.narrowed(1, from: 0, count: 16)
        let batch = WindowBatch(context: context, target: target)
        let all = try model.loss(batch, task: .forecast, kind: .native, θ).perWindow.doubles
        let alone = WindowBatch(
            context: try context.narrowed(0, from: 1, count: 1), target: try target.narrowed(0, from: 1, count: 1))
        let one = try model.loss(alone, task: .forecast, kind: .native, θ).perWindow.doubles
        #expect(abs(one[0] - all[1]) < 1e-12 * all[1])
        let visible = try (context.zerosLike() + 1).narrowed(1, from: 0, count: 60)
        let hidden = try Tensor.zeros([3, 40], dtype: .float64)
        let mask = try Tensor.concatenate([visible, hidden], dimension: 1)
        let altered = try Tensor.concatenate(
            [context.narrowed(1, from: 0, count: 60), context.narrowed(1, from: 60, count: 40) + 5], dimension: 1)
        let empty = try Tensor.zeros([3, 0], dtype: .float64)
        func reconstruction(_ values: Tensor) throws -> [Double] {
            let batch = WindowBatch(context: values, target: empty, mask: mask)
            return try model.loss(batch, task: .imputation, kind: .mae, θ).perWindow.doubles
        }
        let (plain, moved) = (try reconstruction(context), try reconstruction(altered))
        #expect(zip(plain, moved).allSatisfy { $0 != $1 && $0.isFinite && $1 > 2 })
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .forecast, loss: .native, context: 129, horizon: 8)
        }
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        let data = try Data(contentsOf: golden.folder.appendingPathComponent("MANIFEST.json"))
        let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
        #expect(manifest.count == 3)
        try checkManifest(manifest) { _, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            return try MomentForecaster(JSONDecoder().decode(MomentForecaster.Configuration.self, from: data))
        }
        for published in Families.moment.published {
            #expect(try published.make().layout.count == published.parameters)
        }
    }

    @Test func initialisation() throws {
        let b = model.configuration.backbone
        let d = Double(b.width)
        let layout = model.layout
        for (specification, draw) in zip(
            layout.parameters, try layout.views(of: layout.sample(seed: 5, purpose: "test", dtype: .float64)))
        {
            let name = specification.name
            switch name {
            case "patch_embedding.value_embedding.weight", "head.linear.weight":
                let isTall = specification.shape[0] > specification.shape[1]
                let gram = try isTall ? draw.transposed().matmul(draw) : draw.matmul(draw.transposed())
                for (index, value) in try gram.flattened().doubles.enumerated() {
                    #expect(abs(value - (index % 9 == 0 ? 1.9881 : 0)) < 1e-12)
                }
            case "patch_embedding.mask_embedding", "head.linear.bias":
                #expect(try draw.doubles.allSatisfy { $0 == 0 })
            case "encoder.embed_tokens.weight": try checkNormal(draw, deviation: 1, name)
            default:
                let deviation: Double
                switch name.split(separator: ".").dropLast().last {
                case "q": deviation = 1 / (d * Double(b.keyWidth)).squareRoot()
                case "k", "v", "relative_attention_bias", "wi_0", "wi_1": deviation = 1 / d.squareRoot()
                case "o": deviation = 1 / Double(b.heads * b.keyWidth).squareRoot()
                case "wo": deviation = 1 / Double(b.feedForwardWidth).squareRoot()
                default:
                    #expect(name.hasSuffix("layer_norm.weight"), "\(name)")
                    #expect(try draw.doubles.allSatisfy { $0 == 1 })
                    continue
                }
                try checkNormal(draw, deviation: deviation, name)
            }
        }
    }
}
