import Checkpoints
import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct UniTSTests {
    private struct Case {
        let golden: Golden
        let model: UniTSForecaster
        let weights: Weights

        init(_ name: String, _ dtype: DType = .float64) throws {
            golden = try Golden("units/\(name)")
            let (pretrained, weights) = try golden.model(dtype)
            model = try #require(pretrained.model as? UniTSForecaster)
            self.weights = weights
        }

        var θ: Parameters {
            get throws { Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers) }
        }

        /// `[B, T, V]` → `[B, V, T]`.
        func series(_ name: String, _ dtype: DType = .float64) throws -> Tensor {
            try golden.tensor(name, dtype).transposed(1, 2)
        }

        func compare(_ seen: [String: Tensor], _ name: String) throws {
            var compared = 0
            for key in [
                "value_embedding", "seq_att0", "var_att0", "block0", "block1", "cls_proj_in", "cls_cross_att",
                "cls_mlp",
            ] where golden.values.entry("\(name)/\(key)") != nil {
                compared += 1
                let expected = try golden.tensor("\(name)/\(key)")
                let found = try #require(seen[key], "\(key)").reshaped(expected.shape)
                #expect(try relativeError(found, expected) < 1e-9, "\(name)/\(key)")
            }
            #expect(compared >= 5)
        }
    }

    @Test func dynamicLinear() throws {
        let folder = try Golden("units/supervised").folder.deletingLastPathComponent()
        let file = try Checkpoint(folder.appendingPathComponent("dynamic_linear.safetensors"))
        func tensor(_ name: String) throws -> Tensor {
            let bytes = try file.read(name)
            return try bytes.withUnsafeBytes {
                try Tensor(bytes: $0, dtype: .float64, shape: #require(file.entry(name)).shape)
            }
        }
        for fixed in [1, 3] {
            var layout = ParameterLayout()
            let layer = DynamicLinear(&layout, "layer", inputs: 16, outputs: 16, fixed: fixed)
            let θ = Parameters(
                tensors: [try tensor("fixed\(fixed)/weights"), try tensor("fixed\(fixed)/bias")], buffers: [])
            for (inputs, outputs) in [(16, 16), (16, 5), (23, 31), (7, 4), (9, 16)] {
                let base = "fixed\(fixed)/in\(inputs)_out\(outputs)"
                let found = try layer(tensor("\(base)/x"), to: outputs, θ)
                #expect(try relativeError(found, tensor("\(base)/y")) < 1e-12, "\(base)")
            }
        }
    }

    @Test(arguments: ["forecast_pad", "forecast_exact"])
    func forecasts(_ name: String) throws {
        let c = try Case("supervised")
        #expect(c.model.dataset == "A" && c.model.channels == 3)
        let (x, y) = (try c.series("\(name)/x"), try c.series("\(name)/y"))
        var seen: [String: Tensor] = [:]
        let found = try c.model.extend(x, horizon: y.shape[2], c.θ) { seen[$0] = $1 }
        try c.compare(seen, name)
        #expect(try relativeError(found.transposed(1, 2), c.golden.tensor("\(name)/output")) < 1e-9)
        try checkPlainDerivatives(c.golden, name, weights: c.weights, model: c.model) { θ in
            try c.model.loss(WindowBatch(context: x, target: y), task: .forecast, kind: .native, θ).pooled
        }
    }

    @Test func imputationAndAnomaly() throws {
        let c = try Case("supervised")
        let (x, mask) = (try c.series("imputation/x"), try c.series("imputation/mask"))
        let found = try c.model.impute(c.series("imputation/x_masked"), visible: mask, dataset: "C", c.θ)
        #expect(try relativeError(found.transposed(1, 2), c.golden.tensor("imputation/output")) < 1e-9)
        try checkPlainDerivatives(c.golden, "imputation_mse", weights: c.weights, model: c.model) { θ in
            let hidden = try 1 - mask
            let found = try c.model.impute(x * mask, visible: mask, dataset: "C", θ)
            return try ((found - x).squared() * hidden).sum() / hidden.sum()
        }
        let series = try c.series("anomaly/x")
        let all = try c.model.reconstruct(series, dataset: "D", c.θ)
        #expect(try relativeError(all.transposed(1, 2), c.golden.tensor("anomaly/output")) < 1e-9)
        try checkPlainDerivatives(c.golden, "anomaly_mse", weights: c.weights, model: c.model) { θ in
            try (c.model.reconstruct(series, dataset: "D", θ) - series).squared().mean([0, 1, 2])
        }
    }

    @Test func classification() throws {
        let c = try Case("supervised")
        let x = try c.series("classification/x")
        var seen: [String: Tensor] = [:]
        let logits = try c.model.classLogits(x, task: "CLS_B", dataset: "B", c.θ) { seen[$0] = $1 }
        try c.compare(seen, "classification")
        #expect(try relativeError(logits, c.golden.tensor("classification/logits")) < 1e-9)
        let labels = try c.golden.tensor("classification/labels").unsqueezed(1)
        try checkPlainDerivatives(c.golden, "classification_ce", weights: c.weights, model: c.model) { θ in
            let logits = try c.model.classLogits(x, task: "CLS_B", dataset: "B", θ)
            return try -logits.logSoftmax().gathered(1, indices: labels).mean([0, 1])
        }
    }

    @Test(arguments: [("pretrain_random_mask", "LTF_A_p10", "A"), ("pretrain_right_mask", "CLS_B", "B")])
    func pretraining(_ name: String, _ task: String, _ dataset: String) throws {
        let c = try Case("pretrain")
        let x = try c.series("\(name)/x")
        let hidden = try c.golden.tensor("\(name)/token_mask")
        var seen: [String: Tensor] = [:]
        let (first, second) = try c.model.pretrain(x, hidden: hidden, task: task, dataset: dataset, c.θ) {
            seen[$0] = $1
        }
        try c.compare(seen, name)
        #expect(try relativeError(first.transposed(1, 2), c.golden.tensor("\(name)/mask_dec_out")) < 1e-9)
        #expect(try relativeError(second.transposed(1, 2), c.golden.tensor("\(name)/cls_dec_out")) < 1e-9)
        let counted = try c.golden.tensor("\(name)/pad_mask").to(.float64)
        func error(_ found: Tensor) throws -> Tensor {
            try ((found - x).squared().mean([1]) * counted).sum() / counted.sum()
        }
        #expect(relativeError(try error(first).item, try c.golden.tensor("\(name)/mask_loss").item) < 1e-9)
        #expect(relativeError(try error(second).item, try c.golden.tensor("\(name)/cls_loss").item) < 1e-9)
        // Only the part without a stopped gradient has a Hessian.
        try checkPlainDerivatives(
            c.golden, "\(name)_maskloss_only", weights: c.weights, model: c.model
        ) { θ in
            try error(c.model.pretrain(x, hidden: hidden, task: task, dataset: dataset, θ).tokens)
        }
    }

    /// Prompts shared by all variables; the table of positions, which the fixture leaves out, is the one training starts from.
    @Test func zeroShot() throws {
        let golden = try Golden("units/zeroshot")
        let source = try Checkpoint(golden.folder.appendingPathComponent("model.safetensors"))
        let data = try Data(contentsOf: golden.folder.appendingPathComponent("config.json"))
        let shapes = Dictionary(
            uniqueKeysWithValues: source.entries.filter { UniTSForecaster.isToken($0.name) }.map { ($0.name, $0.shape) }
        )
        let model = try UniTSForecaster(
            JSONDecoder().decode(UniTSForecaster.Configuration.self, from: data), tokenShapes: shapes)
        #expect(model.channels == 1 && model.dataset == nil)
        let draw = try model.layout.views(of: model.layout.sample(seed: 1, purpose: "test", dtype: .float64))
        var tensors: [Tensor] = []
        for (specification, initial) in zip(model.layout.parameters, draw) {
            guard let entry = source.entry(specification.name) else {
                #expect(specification.name == "position_embedding.pe")
                tensors.append(initial)
                continue
            }
            let bytes = try source.read(entry.name)
            tensors.append(
                try bytes.withUnsafeBytes { try Tensor(bytes: $0, dtype: .float32, shape: entry.shape) }.to(.float64))
        }
        let x = try golden.tensor("forecast/x").transposed(1, 2)
        let found = try model.extend(x, horizon: 10, Parameters(tensors: tensors, buffers: []))
        // The table is computed in float32, whose last bit depends on the mathematical library.
        #expect(try relativeError(found.transposed(1, 2), golden.tensor("forecast/output")) < 1e-8)
    }

    @Test func singlePrecision() throws {
        let c = try Case("supervised", .float32)
        for (name, horizon) in [("forecast_pad", 10), ("forecast_exact", 8)] {
            let found = try c.model.extend(c.series("\(name)/x", .float32), horizon: horizon, c.θ)
            let expected = try c.golden.tensor("\(name)/output@f32", .float32)
            #expect(try relativeError(found.transposed(1, 2), expected) < 1e-4, "\(name)")
        }
    }

    /// The published layout: weights under `student`, prefixed `module.`, beside an optimiser's state and its arguments.
    @Test func archiveAsPublished() throws {
        let c = try Case("pretrain")
        let archive = try PretrainedModel(c.golden.folder.appendingPathComponent("pretrain_checkpoint.pth"))
        #expect(try archive.weights(dtype: .float64).flat.doubles == c.weights.flat.doubles)
    }

    @Test func windowsOfAllChannels() throws {
        let c = try Case("supervised")
        let θ = try c.θ
        let x = try c.series("forecast_pad/x")
        let y = try c.series("forecast_pad/y")
        for (task, kind) in [(ForecastingTask.forecast, LossKind.native), (.anomaly, .mae), (.imputation, .mse)] {
            let context = task == .imputation ? try x.narrowed(2, from: 0, count: 20) : x
            var mask: Tensor?
            if task == .imputation {
                let ones = try context.zerosLike() + 1
                mask = try Tensor.concatenate(
                    [ones.narrowed(2, from: 0, count: 12), ones.zerosLike().narrowed(2, from: 0, count: 8)],
                    dimension: 2)
            }
            func loss(_ from: Int, _ count: Int) throws -> [Double] {
                let batch = WindowBatch(
                    context: try context.narrowed(0, from: from, count: count),
                    target: try y.narrowed(0, from: from, count: count),
                    mask: try mask?.narrowed(0, from: from, count: count))
                return try c.model.loss(batch, task: task, kind: kind, θ).perWindow.doubles
            }
            let (all, one) = (try loss(0, 2), try loss(1, 1))
            #expect(abs(one[0] - all[1]) < 1e-12 * all[1], "\(task)")
        }
        for (task, context, horizon) in [(ForecastingTask.forecast, 22, 5), (.imputation, 22, 0)] {
            #expect(throws: ForecasterError.self) {
                try c.model.validate(task: task, loss: .native, context: context, horizon: horizon)
            }
        }
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        let folder = try Golden("units/supervised").folder.deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appendingPathComponent("MANIFEST.json"))
        let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let entries = manifest.compactMapValues { $0 as? [String: Any] }
        #expect(entries.count == 6)
        for (name, entry) in entries {
            let shapes = try #require(entry["parameters"] as? [String: [Int]])
            let inferred = try #require(UniTSForecaster.Configuration.infer(names: Array(shapes.keys)) { shapes[$0] })
            let sizes = try #require(entry["config"] as? [String: Any])
            #expect(inferred.arguments.width == sizes["d_model"] as? Int)
            #expect(inferred.arguments.heads == sizes["n_heads"] as? Int)
            let model = try UniTSForecaster(
                inferred, tokenShapes: shapes.filter { UniTSForecaster.isToken($0.key) },
                hasPretrainHead: name.hasSuffix("pretrain"))
            let found = Dictionary(uniqueKeysWithValues: model.layout.parameters.map { ($0.name, $0.shape) })
            #expect(found == shapes, "\(name)")
            #expect(model.layout.count == entry["parameter_count"] as? Int, "\(name)")
            let own = model.layout.parameters.filter { !UniTSForecaster.isToken($0.name) }.map(\.count).reduce(0, +)
            #expect(own == entry["parameter_count_without_task_tokens"] as? Int, "\(name)")
            #expect(model.layout.buffers.isEmpty)
        }
    }

    @Test func initialisation() throws {
        let layout = try Case("pretrain").model.layout
        for (specification, draw) in zip(
            layout.parameters, try layout.views(of: layout.sample(seed: 5, purpose: "test", dtype: .float64)))
        {
            let name = specification.name
            let layer = name.split(separator: ".").dropLast().joined(separator: ".")
            if name == "position_embedding.pe" {
                let table = try SinusoidalPositions.table(length: 5000, width: 8)
                #expect(try draw.flattened().doubles == table.to(.float64).flattened().doubles)
            } else if specification.role == .norm {
                #expect(try draw.doubles.allSatisfy { $0 == (name.hasSuffix("weight") ? 1 : 0) }, "\(name)")
            } else if name.hasPrefix("mask_token") {
                #expect(try draw.flattened().doubles.allSatisfy { $0 == 0 })
            } else if UniTSForecaster.isToken(name) {
                try checkNormal(draw.flattened(), deviation: 0.02, name)
            } else {
                let weight = try #require(
                    layout.parameters.first { ["\(layer).weight", "\(layer).weights"].contains($0.name) })
                let fan = weight.shape.dropFirst().reduce(1, *)
                try checkUniform(draw.flattened(), bound: 1 / Double(fan).squareRoot(), name)
            }
        }
    }
}
