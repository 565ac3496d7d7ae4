import Checkpoints
import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct ChronosTests {
    let golden: Golden
    let model: ChronosForecaster
    let weights: Weights
    let θ: Parameters

    init() throws {
        golden = try Golden("chronos_t5")
        let (pretrained, weights) = try golden.model()
        model = try #require(pretrained.model as? ChronosForecaster)
        self.weights = weights
        θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
    }

    private func expectEqual(_ found: Tensor, _ name: String) throws {
        let expected = try golden.tensor(name).to(.float64)
        #expect(try found.to(.float64).flattened().doubles == expected.flattened().doubles, "\(name)")
    }

    /// Interior NaN, missing points on the left, a context of zeros, heavy tails: every id to the last one.
    @Test func tokens() throws {
        let (ids, visible, scale) = try model.tokenize(golden.tensor("in/context"))
        try expectEqual(ids, "tok/input_ids")
        try expectEqual(visible, "tok/attention_mask")
        try expectEqual(scale, "tok/scale")
        let (labels, counted) = try model.labels(of: golden.tensor("in/future"), scale: scale)
        try expectEqual(labels.chosen(where: counted.equals(1), else: labels.zerosLike() - 100), "tok/labels")
        try expectEqual(labels, "tok/label_ids")
        try expectEqual(ChronosForecaster.shifted(labels), "tok/decoder_input_ids")
        try expectEqual(model.tokenizer.boundaries, "tok/boundaries")
        let long = try model.tokenize(golden.tensor("in/context_long"))
        try expectEqual(long.ids, "tok/long_input_ids")
        try expectEqual(long.scale, "tok/long_scale")
        let full = try ChronosTokenizer(low: -15, high: 15, tokens: 4096, specialTokens: 2)
        try expectEqual(full.boundaries, "tok4096/boundaries")
        let context = try golden.tensor("in/context")
        let found = try full.ids(of: context, scale: full.scale(of: context))
        let expected = try golden.tensor("tok4096/input_ids").narrowed(1, from: 0, count: 30)
        #expect(try found.doubles == expected.doubles)
        let decoded = try model.tokenizer.values(
            of: model.tokenizer.ids(of: golden.tensor("in/future"), scale: scale), scale: scale.unsqueezed(1))
        try expectEqual(decoded, "tok/decoded")
    }

    @Test func bucketsOfRelativePositions() throws {
        let relative = try golden.tensor("buckets/relative_position").doubles.map(Int.init)
        for (name, isBidirectional) in [("bidirectional", true), ("causal", false)] {
            let expected = try golden.tensor("buckets/\(name)").doubles.map(Int.init)
            let found = relative.map {
                RelativePositionBuckets.bucket(
                    $0, bidirectional: isBidirectional, buckets: 32, maximumDistance: 128)
            }
            #expect(found == expected)
        }
    }

    @Test func activationsAndLogits() throws {
        var seen: [String: Tensor] = [:]
        let (ids, visible, scale) = try model.tokenize(golden.tensor("in/context"))
        let encoded = try model.encode(ids, visible: visible, θ) { seen["enc/\($0)"] = $1 }
        seen["enc/block0_attn"] = seen["enc/block0_self"]
        let labels = try model.labels(of: golden.tensor("in/future"), scale: scale).ids
        let logits = try model.logits(ChronosForecaster.shifted(labels), encoded: encoded, visible: visible, θ) {
            seen["dec/\($0)"] = $1
        }
        seen["dec/block0_self"] = seen["dec/block0_self_layer"]
        seen["dec/block0_cross"] = seen["dec/block0_cross_layer"]
        for name in [
            "enc/embed", "enc/position_bias", "enc/block0_attn", "enc/block0", "enc/block1", "enc/out",
            "dec/position_bias", "dec/block0_self", "dec/block0_cross", "dec/block0", "dec/out",
        ] {
            #expect(try relativeError(#require(seen[name]), golden.tensor("f64/\(name)")) < 1e-9, "\(name)")
        }
        #expect(try relativeError(logits, golden.tensor("f64/logits")) < 1e-9)
        #expect(try relativeError(encoded, golden.tensor("f64/embed")) < 1e-9)
    }

    @Test func crossEntropy() throws {
        let (context, future) = (try golden.tensor("in/context"), try golden.tensor("in/future"))
        try checkDerivatives(golden, "ce", weights: weights, model: model) { θ in
            try model.crossEntropy(context, target: future, θ).pooled
        }
    }

    /// Token by token with cached keys and values, against the reference's greedy path.
    @Test func greedyDecoding() throws {
        let (ids, visible, scale) = try model.tokenize(golden.tensor("in/context"))
        let expected = try golden.tensor("f64/greedy_logits")
        let paths = try model.decode(ids, visible: visible, paths: 1, θ) { logits, step throws(TensorError) in
            let column = try Tensor.arange(64, dtype: .int64).equals(1).unsqueezed(0)
            let allowed = try logits.filled(with: -.infinity, where: column)
            do {
                let reference = try expected.selected(1, at: step)
                let finite = try reference.filled(with: 0, where: column)
                // The reference's generation rounds its logits to float32.
                #expect(try relativeError(logits.filled(with: 0, where: column), finite) < 5e-7, "step \(step)")
            } catch { Issue.record(error) }
            return try allowed.argmax(1)
        }
        let reference = try golden.tensor("f64/greedy_ids").narrowed(1, from: 1, count: 8)
        #expect(try paths.flattened().doubles == reference.flattened().doubles)
        let values = try model.tokenizer.values(of: paths, scale: scale.reshaped([4, 1, 1]))
        #expect(try relativeError(values.to(.float64), golden.tensor("f64/greedy_values")) < 1e-6)
    }

    @Test func distributionsThatTokensAreDrawnFrom() throws {
        let logits = try golden.tensor("f64/logits").selected(1, at: 0)
        let official = try ChronosForecaster.probabilities(logits, temperature: 1, topK: 50, topP: 1)
        #expect(try relativeError(official, golden.tensor("sampler/official_probs")) < 1e-9)
        let sharp = try ChronosForecaster.probabilities(logits, temperature: 0.7, topK: 10, topP: 0.8)
        #expect(try relativeError(sharp, golden.tensor("sampler/sharp_probs")) < 1e-9)
        let one = try Tensor([0.0, 0.25, 0.5, 0.25, 0.0], shape: [1, 5])
        for (level, id) in [(0.0, 1.0), (0.24, 1), (0.25, 2), (0.7499, 2), (0.75, 3), (1.0, 3)] {
            #expect(try ChronosForecaster.draw(one, level: Tensor([level], shape: [1, 1])).doubles == [id])
        }
    }

    /// Paths are drawn from the distribution: frequencies of the first token.
    @Test func drawsFollowTheDistribution() throws {
        let logits = try golden.tensor("f64/logits").selected(1, at: 0).narrowed(0, from: 0, count: 1)
        let p = try ChronosForecaster.probabilities(logits, temperature: 1, topK: 50, topP: 1)
        let n = 20_000
        let levels = try RandomStream(seed: 1, "levels").uniform([n, 1])
        let drawn = try ChronosForecaster.draw(p.expanded([n, 64]), level: levels).doubles
        var counts = [Double](repeating: 0, count: 64)
        for id in drawn { counts[Int(id)] += 1 }
        for (id, probability) in try p.flattened().doubles.enumerated() {
            let error = (Double(n) * probability * (1 - probability)).squareRoot()
            #expect(abs(counts[id] - Double(n) * probability) <= 5 * error + 1e-9, "id \(id)")
        }
    }

    @Test func forecastsAreFunctionsOfTheirNoise() throws {
        let context = try golden.tensor("in/context")
        let need = model.noise(task: .forecast, loss: .mse, context: 30, horizon: 13)
        #expect(need == NoiseRequirement(normal: 0, uniform: 20 * 16))
        let noise = try WindowNoise(need, keys: [1, 2, 3, 4], seed: 1, dtype: .float64)
        let first = try model.forecast(context, horizon: 13, noise: noise, θ)
        #expect(first.shape == [4, 13])
        #expect(try first.doubles == model.forecast(context, horizon: 13, noise: noise, θ).doubles)
        let one = try model.forecast(
            context.narrowed(0, from: 2, count: 1), horizon: 13, noise: noise.narrowed(from: 2, count: 1), θ)
        #expect(try one.doubles == first.narrowed(0, from: 2, count: 1).flattened().doubles)
        #expect(throws: TensorError.self) { try model.forecast(context, horizon: 8, θ) }
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .forecast, loss: .mse, context: 30, horizon: 8)
        }
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .forecast, loss: .native, context: 30, horizon: 9)
        }
    }

    @Test func singlePrecision() throws {
        let (_, weights) = try golden.model(.float32)
        let θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
        let (context, future) = (try golden.tensor("in/context", .float32), try golden.tensor("in/future", .float32))
        let loss = try model.crossEntropy(context, target: future, θ).pooled.item
        #expect(relativeError(loss, try golden.tensor("f32/loss").item) < 1e-4)
        let (ids, visible, scale) = try model.tokenize(context)
        let labels = try model.labels(of: future, scale: scale).ids
        let logits = try model.logits(
            ChronosForecaster.shifted(labels), encoded: model.encode(ids, visible: visible, θ), visible: visible, θ)
        #expect(try relativeError(logits, golden.tensor("f32/logits", .float32)) < 1e-4)
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        try checkManifest(golden) { _, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            return try ChronosForecaster(JSONDecoder().decode(ChronosForecaster.Configuration.self, from: data))
        }
        for (published, count) in zip(Families.chronos.published, [8_394_496, 20_456_192, 46_154_240]) {
            #expect(try published.make().layout.count == count)
        }
    }

    /// Older files hold the one embedding under other names, or under several.
    @Test(arguments: [
        ["lm_head.weight"], ["shared.weight", "decoder.embed_tokens.weight", ChronosForecaster.unusedName],
    ])
    func embeddingUnderAnyName(_ names: [String]) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("chronos-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.copyItem(
            at: golden.folder.appendingPathComponent("config.json"), to: folder.appendingPathComponent("config.json"))
        let source = try Checkpoint(golden.folder.appendingPathComponent("model.safetensors"))
        var items: [SafetensorsWriter.Item] = []
        for entry in source.entries {
            let bytes = try source.read(entry.name)
            for name in entry.name == "shared.weight" ? names : [entry.name] {
                items.append(.init(name: name, type: entry.type, shape: entry.shape, bytes: { bytes }))
            }
        }
        let url = folder.appendingPathComponent("model.safetensors")
        try SafetensorsWriter.write(items, metadata: [:], to: url, overwrite: false)
        let loaded = try PretrainedModel(url).weights(dtype: .float64)
        #expect(try loaded.flat.doubles == weights.flat.doubles)
    }

    @Test func initialisation() throws {
        let c = model.configuration
        let (f, d) = (c.factor, Double(c.width))
        let inner = Double(c.heads * c.keyWidth)
        let layout = model.layout
        for (specification, draw) in zip(
            layout.parameters, try layout.views(of: layout.sample(seed: 5, purpose: "test", dtype: .float64)))
        {
            let name = specification.name
            let deviation: Double
            switch name.split(separator: ".").dropLast().last {
            case "shared": deviation = f
            case "q": deviation = f / (d * Double(c.keyWidth)).squareRoot()
            case "k", "v", "relative_attention_bias", "wi": deviation = f / d.squareRoot()
            case "o": deviation = f / inner.squareRoot()
            case "wo": deviation = f / Double(c.feedForwardWidth).squareRoot()
            default:
                #expect(name.hasSuffix("layer_norm.weight"), "\(name)")
                #expect(try draw.doubles.allSatisfy { $0 == f })
                continue
            }
            try checkNormal(draw, deviation: deviation, name)
        }
    }
}
