import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

@Suite struct MoiraiTests {
    let golden: Golden
    let model: MoiraiForecaster
    let weights: Weights
    let θ: Parameters

    init() throws {
        golden = try Golden("moirai")
        let (pretrained, weights) = try golden.model()
        model = try #require(pretrained.model as? MoiraiForecaster)
        self.weights = weights
        θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
    }

    private func packed(_ dtype: DType = .float64) throws -> MoiraiTokens {
        func part(_ name: String) throws -> Tensor { try golden.tensor("packed/in/\(name)", dtype) }
        return MoiraiTokens(
            target: try part("target"), observed: try part("observed_mask").to(dtype), sample: try part("sample_id"),
            time: try part("time_id"), variate: try part("variate_id"),
            predicted: try part("prediction_mask").to(dtype), patching: .mixed(try part("patch_size")))
    }

    /// Two targets, one known and one past covariate; context 26, horizon 10.
    private func series(univariate: Bool = false) throws -> MoiraiSeries {
        func part(_ name: String) throws -> Tensor { try golden.tensor("fc/in/\(name)").to(.float64) }
        func rows(_ x: Tensor) throws -> Tensor { try x.narrowed(1, from: 0, count: 36) }
        func targets(_ x: Tensor) throws -> Tensor { univariate ? try x.narrowed(2, from: 0, count: 1) : x }
        return MoiraiSeries(
            target: try rows(targets(part("target"))), observed: try rows(targets(part("observed"))),
            isPadding: try rows(part("is_pad")), known: univariate ? nil : try rows(part("feat_dynamic_real")),
            past: univariate ? nil : try rows(part("past_feat_dynamic_real")), context: 26)
    }

    /// v = sin(0.1 + 0.9 k + 0.37 j): k the rank of the name, j the position in the parameter.
    private func direction(_ specification: ParameterSpecification) throws -> Tensor {
        let names = model.layout.parameters.map(\.name).sorted()
        let rank = Double(try #require(names.firstIndex(of: specification.name)))
        return try Tensor((0..<specification.count).map { sin(0.1 + 0.9 * rank + 0.37 * Double($0)) })
            .reshaped(specification.shape)
    }

    @Test func activationsAndDistributionOfPackedTokens() throws {
        var seen: [String: Tensor] = [:]
        let tokens = try packed()
        let mixture = try model.mixture(tokens, θ) { seen[$0] = $1 }
        for name in ["in_proj", "layer0_var_bias", "layer0_q_norm", "layer0_attn", "layer0", "layer1", "encoder"] {
            let expected = try golden.tensor("packed/f64/\(name)")
            let found = try #require(seen[name], "\(name)")
            // The reference keeps an axis for grouped heads.
            let aligned = found.rank == expected.rank ? found : try found.unsqueezed(2)
            #expect(try relativeError(aligned, expected) < 1e-9, "\(name)")
        }
        let parts: [(String, Tensor)] = [
            ("loc", mixture.location), ("scale", mixture.scale), ("logits", mixture.logWeights),
            ("student_t.df", mixture.studentFreedom), ("student_t.loc", mixture.studentLocation),
            ("student_t.scale", mixture.studentScale), ("normal.loc", mixture.normalLocation),
            ("neg_bin.total_count", mixture.binomialCount), ("neg_bin.logits", mixture.binomialLogits),
            ("log_normal.loc", mixture.logNormalLocation), ("log_normal.scale", mixture.logNormalScale),
            ("mean", try mixture.mean), ("variance", try mixture.variance),
        ]
        for (name, found) in parts {
            #expect(try relativeError(found, golden.tensor("packed/f64/dist/\(name)")) < 1e-9, "\(name)")
        }
        let density = try mixture.logProbability(tokens.target)
        #expect(try relativeError(density, golden.tensor("packed/f64/log_prob")) < 1e-9)
    }

    @Test func packedLikelihood() throws {
        let tokens = try packed()
        try checkDerivatives(golden, "nll", weights: weights, model: model, root: "packed/f64", direction: direction) {
            θ in try tokens.averaged(-model.mixture(tokens, θ).logProbability(tokens.target)).pooled
        }
    }

    @Test func tokensOfSeriesWithCovariates() throws {
        let tokens = try series().tokens(patch: 8, width: 16)
        for (name, found) in [
            ("target", tokens.target), ("observed_mask", tokens.observed), ("sample_id", tokens.sample),
            ("time_id", tokens.time), ("variate_id", tokens.variate), ("prediction_mask", tokens.predicted),
        ] {
            let expected = try golden.tensor("fc/convert8/\(name)").to(.float64)
            #expect(try found.to(.float64).doubles == expected.doubles, "\(name)")
        }
    }

    @Test func likelihoodAndMeanOfForecasts() throws {
        let tokens = try series().tokens(patch: 8, width: 16)
        try checkDerivatives(golden, "nll", weights: weights, model: model, root: "fc/f64", direction: direction) { θ in
            try tokens.averaged(-model.mixture(tokens, θ).logProbability(tokens.target)).pooled
        }
        try checkDerivatives(golden, "mean_mse", weights: weights, model: model, root: "fc/f64", direction: direction) {
            θ in
            let mixture = try model.mixture(tokens, θ)
            return try tokens.averaged(((mixture.mean - tokens.target) / mixture.scale).squared()).pooled
        }
        var blind = tokens
        blind.target = try tokens.target * (1 - tokens.predicted).unsqueezed(2)
        let mean = try model.mixture(blind, θ).mean
        #expect(try relativeError(mean, golden.tensor("fc/f64/mean_tokens")) < 1e-9)
        let forecast = try mean.narrowed(1, from: 8, count: 4).narrowed(2, from: 0, count: 8)
            .reshaped([2, 2, 16]).transposed().narrowed(1, from: 0, count: 10)
        #expect(try relativeError(forecast, golden.tensor("fc/f64/mean_forecast")) < 1e-9)
    }

    /// The sum over variates that the reference's choice of a patch size compares.
    @Test func likelihoodOfEveryPatchSize() throws {
        for (index, size) in [4, 8, 16].enumerated() {
            for univariate in [false, true] {
                let tokens = try series(univariate: univariate).tokens(patch: size, width: 16)
                let found = try tokens.averaged(-model.mixture(tokens, θ).logProbability(tokens.target)).sums
                let expected =
                    univariate
                    ? try golden.tensor("fc/f64/auto_val_losses").selected(0, at: index)
                    : try golden.tensor("fc/f64/val_loss_\(size)")
                #expect(try relativeError(found, expected) < 1e-9, "patch \(size)")
            }
        }
    }

    @Test func singlePrecision() throws {
        let (_, weights) = try golden.model(.float32)
        let θ = Parameters(tensors: try model.layout.views(of: weights.flat), buffers: weights.buffers)
        let tokens = try packed(.float32)
        let loss = try tokens.averaged(-model.mixture(tokens, θ).logProbability(tokens.target)).pooled.item
        #expect(relativeError(loss, try golden.tensor("packed/f32/loss").item) < 1e-4)
    }

    @Test func windowsOfOneChannel() throws {
        let window = try golden.tensor("fc/in/target").selected(2, at: 0)
        let batch = WindowBatch(
            context: try window.narrowed(1, from: 0, count: 26), target: try window.narrowed(1, from: 26, count: 10))
        let both = try model.loss(batch, task: .forecast, kind: .native, θ).perWindow.doubles
        let tokens = try MoiraiSeries(
            target: window.narrowed(1, from: 0, count: 36).unsqueezed(2),
            observed: (window.narrowed(1, from: 0, count: 36).zerosLike() + 1).unsqueezed(2),
            isPadding: window.narrowed(1, from: 0, count: 36).zerosLike(), context: 26
        ).tokens(patch: 8, width: 16)
        let expected = try tokens.averaged(-model.mixture(tokens, θ).logProbability(tokens.target)).perWindow.doubles
        #expect(both == expected)
        let alone = WindowBatch(
            context: try batch.context.narrowed(0, from: 1, count: 1),
            target: try batch.target.narrowed(0, from: 1, count: 1))
        let one = try model.loss(alone, task: .forecast, kind: .native, θ).perWindow.doubles
        #expect(abs(one[0] - both[1]) < 1e-12 * abs(both[1]))
        #expect(throws: ForecasterError.self) {
            try model.validate(task: .imputation, loss: .native, context: 26, horizon: 0)
        }
        #expect(throws: ForecasterError.self) { try MoiraiForecaster(model.configuration, patchSize: 7) }
    }

    /// Draws follow the distribution whose mean and variance are computed in closed form.
    @Test func samplesFollowTheMixture() throws {
        let context = try golden.tensor("fc/in/target").selected(2, at: 0).narrowed(1, from: 0, count: 26)
        let count = 4000
        let samples = try model.samples(
            context, horizon: 10, count: count, from: RandomStream(seed: 3, "moirai-samples"), θ)
        let again = try model.samples(context, horizon: 10, count: 2, from: RandomStream(seed: 3, "moirai-samples"), θ)
        #expect(try again.doubles == samples.narrowed(1, from: 0, count: 2).flattened().doubles)
        let found = try samples.mean([1])
        let expected = try model.forecast(context, horizon: 10, θ)
        let error = try samples.variance([1], correction: 1).squareRoot() / Double(count).squareRoot()
        let deviations = try ((found - expected) / error).doubles
        // 20 heavy-tailed means.
        #expect(deviations.allSatisfy { abs($0) < 5 }, "\(deviations)")
    }

    @Test func namesAndShapesOfEveryOfficialSize() throws {
        let released = Families.moirai.published.map(\.name)
        try checkManifest(golden, only: { released.contains($0) }) { _, configuration in
            let data = try JSONSerialization.data(withJSONObject: configuration)
            return try MoiraiForecaster(JSONDecoder().decode(MoiraiForecaster.Configuration.self, from: data))
        }
    }

    @Test func initialisation() throws {
        let layout = model.layout
        let draw = try layout.views(of: layout.sample(seed: 5, purpose: "test", dtype: .float64))
        let sizes = [4, 8, 16]
        /// The leading part of every slice is drawn, the rest is zero.
        func checkSlices(_ x: Tensor, _ name: String, dimension: Int, count: (Int) -> Int, bound: (Int) -> Double)
            throws
        {
            for (slice, size) in sizes.enumerated() {
                let entries = try x.selected(0, at: slice)
                let length = entries.shape[dimension]
                let used = try entries.narrowed(dimension, from: 0, count: count(size))
                try checkUniform(used.flattened(), bound: bound(size), name)
                let rest = try entries.narrowed(dimension, from: count(size), count: length - count(size))
                #expect(try rest.flattened().doubles.allSatisfy { $0 == 0 }, "\(name)")
            }
        }
        for (specification, x) in zip(layout.parameters, draw) {
            let name = specification.name
            let inverseRoot = { (n: Int) in 1 / Double(n).squareRoot() }
            if name == "in_proj.weight" {
                try checkSlices(x, name, dimension: 1, count: { $0 }, bound: inverseRoot)
            } else if name == "in_proj.bias" {
                try checkSlices(x, name, dimension: 0, count: { _ in 128 }, bound: inverseRoot)
            } else if name.hasPrefix("param_proj") {
                let each = name.contains("weights_logits") ? 4 : 1
                try checkSlices(x, name, dimension: 0, count: { each * $0 }, bound: { _ in inverseRoot(128) })
            } else if name == "mask_encoding.weight" || name.hasSuffix("var_attn_bias.emb.weight") {
                try checkNormal(x.flattened(), deviation: 1, name)
            } else if specification.role == .norm {
                #expect(try x.doubles.allSatisfy { $0 == 1 }, "\(name)")
            } else {
                try checkUniform(x.flattened(), bound: inverseRoot(specification.shape[1]), name)
            }
        }
    }
}
