import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct TimesFM25Tests {
    private struct Case {
        let golden: Golden
        let model: TimesFM25Forecaster
        let weights: Weights

        init(_ name: String, _ dtype: DType = .float64) throws {
            golden = try Golden(name)
            let (pretrained, weights) = try golden.model(dtype)
            model = try #require(pretrained.model as? TimesFM25Forecaster)
            self.weights = weights
        }

        var θ: Parameters {
            get throws { Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers) }
        }
    }

    private func input(_ c: Case, _ dtype: DType = .float64) throws -> (Tensor, Tensor) {
        (try c.golden.tensor("input/inputs", dtype), try c.golden.tensor("input/masks").to(dtype))
    }

    @Test func activations() throws {
        let c = try Case("timesfm25")
        #expect(c.model.origin == .published)
        let (x, mask) = try input(c)
        var seen: [String: Tensor] = [:]
        _ = try c.model.outputs(x, mask: mask, c.θ) { seen[$0] = $1 }
        for (folder, key) in [
            ("stats", "mu"), ("stats", "sigma"), ("stats", "normed_inputs"), ("forward", "input_embeddings"),
            ("forward", "attn0"), ("forward", "layer0"), ("forward", "output_embeddings"), ("forward", "output_ts"),
        ] {
            #expect(
                try relativeError(#require(seen[key]), c.golden.tensor("\(folder)/\(key)")) < 1e-9, "\(folder)/\(key)")
        }
        let spread = try c.model.quantileHead(#require(seen["output_embeddings"]), c.θ)
        #expect(try relativeError(spread, c.golden.tensor("forward/quantile_spread")) < 1e-9)
    }

    @Test func decoding() throws {
        let c = try Case("timesfm25")
        let (x, mask) = try input(c)
        let (prefill, steps, spread) = try c.model.decode(x, mask: mask, horizon: 48, c.θ)
        #expect(try relativeError(prefill, c.golden.tensor("decode/prefill")) < 1e-9)
        #expect(try relativeError(#require(steps), c.golden.tensor("decode/ar")) < 1e-9)
        #expect(try relativeError(#require(spread), c.golden.tensor("decode/quantile_spread_last")) < 1e-9)
    }

    /// The flags with which the fixture was made: each set alone reproduces its values.
    private static let procedures: [(String, Int, TimesFM25Forecaster.ForecastOptions)] = [
        ("forecast_default", 20, .init(keepsPositive: true)),
        (
            "forecast_recommended", 20,
            .init(normalises: true, keepsPositive: true, fixesCrossing: true)
        ),
        ("forecast_backcast_noflip", 20, .init(normalises: true, flips: false, givesContext: true)),
        ("forecast_cqh", 16, .init(normalises: true, keepsPositive: true, usesQuantileHead: true, fixesCrossing: true)),
        ("forecast_cqh_plain", 16, .init(normalises: true, usesQuantileHead: true)),
    ]

    @Test(arguments: procedures.indices)
    func publishedForecasts(_ index: Int) throws {
        let (name, horizon, options) = TimesFM25Tests.procedures[index]
        let c = try Case("timesfm25")
        let (x, mask) = try input(c)
        let found = try c.model.quantileForecast(x, mask: mask, horizon: horizon, options, c.θ)
        let error = try relativeError(found, c.golden.tensor("\(name)/quantiles"))
        #expect(error < 1e-9, "\(name) \(error)")
        if c.golden.values.entry("\(name)/point") != nil {
            #expect(try relativeError(found.selected(2, at: 5), c.golden.tensor("\(name)/point")) < 1e-9, "\(name)")
        }
    }

    @Test func losses() throws {
        let c = try Case("timesfm25")
        let (x, mask) = try input(c)
        let target = try c.golden.tensor("input/target")
        try checkPlainDerivatives(c.golden, "mse_point", weights: c.weights, model: c.model) { θ in
            try (c.model.lastPatch(x, mask: mask, horizon: 16, θ).selected(2, at: 5) - target).squared().mean([0, 1])
        }
        try checkPlainDerivatives(c.golden, "pinball9", weights: c.weights, model: c.model) { θ in
            let outputs = try c.model.lastPatch(x, mask: mask, horizon: 16, θ)
            let levels = try Tensor(c.model.configuration.quantiles)
            let errors = try target.unsqueezed(2) - outputs.narrowed(2, from: 1, count: 9)
            return try (errors * levels).maximum(errors * (levels - 1)).mean([0, 1, 2])
        }
    }

    @Test func portToTheLibrary() throws {
        let c = try Case("timesfm25/hf")
        #expect(c.model.origin == .library)
        var (values, masks): ([Tensor], [Tensor]) = ([], [])
        for index in 0..<4 {
            let x = try c.golden.tensor("input/past_values.\(index)")
            let missing = try Tensor.zeros([48 - x.count], dtype: .float64)
            values.append(try Tensor.concatenate([missing, x]))
            masks.append(try Tensor.concatenate([missing + 1, x.zerosLike()]))
        }
        let (x, mask) = (try Tensor.stack(values), try Tensor.stack(masks))
        let θ = try c.θ
        for (name, flips) in [("forward", true), ("forward_noflip", false)] {
            let options = TimesFM25Forecaster.ForecastOptions(
                normalises: true, flips: flips, usesQuantileHead: true)
            let found = try c.model.quantileForecast(x, mask: mask, horizon: 16, options, θ)
            #expect(try relativeError(found, c.golden.tensor("\(name)/full_predictions")) < 1e-9, "\(name)")
            if flips {
                let median = try found.selected(2, at: 5)
                #expect(try relativeError(median, c.golden.tensor("forward/mean_predictions")) < 1e-9)
            }
        }
        let target = try c.golden.tensor("input/future_values")
        try checkPlainDerivatives(c.golden, "hf_loss", weights: c.weights, model: c.model) { θ in
            try c.model.portErrors(x, mask: mask, target: target, θ).errors.mean([0, 1])
        }
    }

    @Test func singlePrecision() throws {
        let c = try Case("timesfm25", .float32)
        let (x, mask) = try input(c, .float32)
        var seen: [String: Tensor] = [:]
        _ = try c.model.outputs(x, mask: mask, c.θ) { seen[$0] = $1 }
        #expect(
            try relativeError(#require(seen["output_ts"]), c.golden.tensor("forward/output_ts@f32", .float32)) < 1e-4)
        for (name, horizon, options) in TimesFM25Tests.procedures.prefix(3) {
            let found = try c.model.quantileForecast(x, mask: mask, horizon: horizon, options, c.θ)
            let error = try relativeError(found, c.golden.tensor("\(name)/quantiles@f32", .float32))
            #expect(error < 1e-4, "\(name) \(error)")
        }
    }

    @Test(arguments: ["timesfm25", "timesfm25/hf"])
    func windowsOfOneChannel(_ name: String) throws {
        let c = try Case(name)
        let θ = try c.θ
        let x = try RandomStream(seed: 1, "windows").normal([3, 53])
        let batch = WindowBatch(
            context: try x.narrowed(1, from: 0, count: 37), target: try x.narrowed(1, from: 37, count: 16))
        for kind in LossKind.allCases {
            try c.model.validate(task: .forecast, loss: kind, context: 37, horizon: 16)
            let all = try c.model.loss(batch, task: .forecast, kind: kind, θ).perWindow.doubles
            let alone = WindowBatch(
                context: try batch.context.narrowed(0, from: 2, count: 1),
                target: try batch.target.narrowed(0, from: 2, count: 1))
            let one = try c.model.loss(alone, task: .forecast, kind: kind, θ).perWindow.doubles
            #expect(abs(one[0] - all[2]) < 1e-12 * all[2], "\(kind)")
        }
        #expect(throws: ForecasterError.self) {
            try c.model.validate(task: .forecast, loss: .native, context: 37, horizon: 17)
        }
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        let folder = try Golden("timesfm25").folder
        let data = try Data(contentsOf: folder.appendingPathComponent("MANIFEST.json"))
        let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
        #expect(manifest.count == 2)
        try checkManifest(manifest) { name, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            return try TimesFM25Forecaster(
                JSONDecoder().decode(TimesFM25Forecaster.Configuration.self, from: data),
                origin: name.hasSuffix("transformers") ? .library : .published)
        }
    }

    @Test func initialisation() throws {
        let layout = try Case("timesfm25").model.layout
        for (specification, draw) in zip(
            layout.parameters, try layout.views(of: layout.sample(seed: 5, purpose: "test", dtype: .float64)))
        {
            switch specification.role {
            case .weight: try checkNormal(draw, deviation: 0.02, specification.name)
            case .bias: #expect(try draw.doubles.allSatisfy { $0 == 0 })
            case .norm: #expect(try draw.doubles.allSatisfy { $0 == 1 }, "\(specification.name)")
            }
        }
    }
}
