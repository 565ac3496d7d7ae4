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
        for (index, specification) in layout.parameters.enumerated() {
            switch specification.name {
            case "in_proj.weight":
                for (slice, size) in [4, 8, 16].enumerated() {
                    let entries = try draw[index].selected(0, at: slice)
                    try checkUniform(entries.narrowed(1, from: 0, count: size), bound: 1 / Double(size).squareRoot())
                    if size < 16 {
                        #expect(try entries.narrowed(1, from: size, count: 16 - size).norm().item == 0)
                    }
                }
            case "param_proj.proj.weights_logits.weight":
                try checkUniform(
                    draw[index].selected(0, at: 0).narrowed(0, from: 0, count: 16), bound: 1 / 128.0.squareRoot())
                #expect(try draw[index].selected(0, at: 0).narrowed(0, from: 16, count: 48).norm().item == 0)
            case "encoder.layers.0.ffn.fc2.weight": try checkUniform(draw[index], bound: 1 / 344.0.squareRoot())
            case "encoder.layers.0.self_attn.q_proj.weight":
                try checkUniform(draw[index], bound: 1 / 128.0.squareRoot())
            case "mask_encoding.weight": try checkNormal(draw[index], deviation: 1)
            case let name where name.hasSuffix("norm.weight"):
                #expect(try draw[index].doubles.allSatisfy { $0 == 1 })
            default: continue
            }
        }
    }
}
