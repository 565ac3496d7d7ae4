import Forecasters
import Foundation
import Networks
import Tensor
import Testing

@testable import Landscape

/// A loss times a number.
private struct ScaledLoss: WindowedLoss {
    let base: LeastSquaresLoss
    let factor: Double
    var layout: ParameterLayout { base.layout }
    var windowCount: Int { base.windowCount }
    var batches: [Range<Int>] { base.batches }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor { try base.losses(batch: batch, θ) * factor }
    func lossesAndOutputs(batch: Int, _ θ: Parameters) throws -> (losses: Tensor, outputs: [Tensor]) {
        let found = try base.lossesAndOutputs(batch: batch, θ)
        return (try found.losses * factor, found.outputs)
    }
    func describe(window: Int) -> String { base.describe(window: window) }
}

/// ℓᵢ = ½ ‖B A xᵢ − yᵢ‖² with outputs, so that the Gauss-Newton matrix is there: hidden units can be rescaled and permuted.
private struct TwoLayerLoss: WindowedLoss {
    let base: ReducedRankLoss
    var layout: ParameterLayout { base.layout }
    var windowCount: Int { base.windowCount }
    let batches: [Range<Int>]

    init(_ base: ReducedRankLoss) {
        self.base = base
        batches = [0..<24, 24..<base.windowCount]
    }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor { try lossesAndOutputs(batch: batch, θ).losses }
    func lossesAndOutputs(batch: Int, _ θ: Parameters) throws -> (losses: Tensor, outputs: [Tensor]) {
        let range = batches[batch]
        func part(_ tensor: Tensor) throws -> Tensor {
            try tensor.narrowed(0, from: range.lowerBound, count: range.count)
        }
        let z = try part(base.x).linear(weight: θ.tensors[0]).linear(weight: θ.tensors[1])
        return (try (z - part(base.y)).squared().sum([1]) * 0.5, [z])
    }
    func describe(window: Int) -> String { "window \(window)" }
}

/// What happens to a measure when the same function is written with other weights, or multiplied by a number.
private enum Change {
    /// Less than 1e-6.
    case same
    /// Up to a constant that is small beside the weights.
    case nearly
    /// Not the same.
    case moves
    /// Multiplied as the loss is.
    case scales
    /// Another draw of the same random variable.
    case inLaw
    /// Not defined on either side.
    case undefined
}

/// The invariances of docs/measures.md: multiples of the loss; hidden units rescaled (rows of a matrix times cᵢ, columns of the next divided by it); hidden
/// units permuted; values and output projections of attention, with biases; gains of norms and the weights behind them.
private let expectations: [String: (loss: Change, units: Change, permuted: Change, values: Change, gains: Change)] = [
    "sam": (.scales, .moves, .same, .moves, .moves),
    "m_sharpness": (.scales, .moves, .same, .moves, .moves),
    // 1-D parameters have T = 1.
    "asam": (.scales, .same, .same, .moves, .moves),
    "asam_filter": (.scales, .moves, .same, .moves, .moves),
    "worst_l2": (.scales, .moves, .same, .moves, .moves),
    "worst_l2_adaptive": (.scales, .same, .same, .same, .same),
    "worst_linf": (.scales, .moves, .same, .moves, .moves),
    "worst_linf_adaptive": (.scales, .same, .same, .same, .same),
    "keskar": (.moves, .moves, .same, .moves, .moves),
    "keskar_subspace": (.moves, .moves, .inLaw, .moves, .moves),
    "average": (.scales, .moves, .inLaw, .moves, .moves),
    "average_adaptive": (.scales, .same, .inLaw, .same, .same),
    "average_uniform": (.scales, .moves, .inLaw, .moves, .moves),
    "average_adaptive_uniform": (.scales, .same, .inLaw, .same, .same),
    "lpf": (.scales, .moves, .inLaw, .moves, .moves),
    // All of a matrix's rows times one number.
    "lpf_filter": (.scales, .moves, .inLaw, .same, .moves),
    "local_entropy": (.moves, .moves, .inLaw, .moves, .moves),
    "pac_bayes": (.same, .moves, .inLaw, .moves, .moves),
    "pac_bayes_magnitude": (.same, .nearly, .inLaw, .nearly, .nearly),
    "quadratic_form": (.scales, .same, .same, .same, .same),
    "fisher_rao": (.scales, .same, .same, .same, .same),
    // Of the layer `a`; of a head that is not touched in the transformers.
    "relative_flatness": (.scales, .same, .same, .same, .same),
    "critical": (.scales, .moves, .same, .moves, .moves),
    "effective_smoothness": (.scales, .moves, .same, .moves, .moves),
    // κ = 1/(2L) takes the factor out. At minima only.
    "llc": (.same, .moves, .inLaw, .undefined, .undefined),
]

/// What docs/measures.md says of invariances, measure by measure.
@Suite struct SharpnessInvarianceTests {
    /// The catalogue; radii that suit these losses where the published ones would show nothing.
    private func measures(_ objective: Objective) -> [any SharpnessMeasure] {
        let suited: [any SharpnessMeasure] = [
            AdaptiveSharpness(offset: 0), WorstCaseSharpness(radius: 0.3, norm: .l2, isAdaptive: true),
            AverageSharpness(radius: 0.05, isAdaptive: false), LocalEntropy(stiffness: 400),
            LowPassFilter(deviation: 0.05),
            LocalLearningCoefficient(
                stepSize: 1e-4, chains: 4, burnIn: 50, draws: 100, batches: objective.function.batches.count),
        ]
        let isNamed = objective.function.layout.parameters.contains { $0.name == "a" }
        let all = SharpnessCatalogue.all(layer: isNamed ? "a" : nil, batches: objective.function.batches.count)
        return all.map { measure in suited.first { $0.name == measure.name } ?? measure }
    }

    /// Every measure at weights; the learning coefficient at a minimum where one is known. Undefined ones are NaN.
    private func values(
        _ objective: Objective, _ θ: Tensor, minimum: Tensor? = nil
    ) throws -> [String: SharpnessResult] {
        func point(_ θ: Tensor) throws -> SharpnessPoint {
            try SharpnessPoint(
                objective, at: θ, loss: objective.loss(at: θ), gradient: objective.gradient(at: θ), seed: 5)
        }
        let (usual, lowest) = (try point(θ), try point(minimum ?? θ))
        return Dictionary(
            uniqueKeysWithValues: try measures(objective).map { measure in
                do {
                    return (measure.name, try measure.evaluate(measure.name == "llc" ? lowest : usual))
                } catch is SharpnessUndefined { return (measure.name, SharpnessResult(.nan)) }
            })
    }

    private func check(
        _ before: [String: SharpnessResult], _ after: [String: SharpnessResult], factor: Double = 1,
        _ expected: (String) throws -> Change
    ) throws {
        #expect(Set(before.keys) == Set(after.keys))
        for (name, one) in before {
            let other = try #require(after[name])
            let change = other.value / one.value - 1
            switch try expected(name) {
            case .same: #expect(abs(change) < 1e-6, "\(name): \(change)")
            case .scales: #expect(abs(other.value / one.value / factor - 1) < 1e-6, "\(name): \(change)")
            case .nearly: #expect(abs(change) < 0.05 && abs(change) > 1e-9, "\(name): \(change)")
            case .moves:
                #expect(abs(change) > 1e-5 && abs(other.value / one.value / factor - 1) > 1e-5, "\(name): \(change)")
            case .inLaw:
                let error = (pow(one.standardError, 2) + pow(other.standardError, 2)).squareRoot()
                #expect(abs(other.value - one.value) < 5 * error, "\(name): \(one.value) and \(other.value)")
                #expect(other.value != one.value, "\(name)")
            case .undefined: #expect(one.value.isNaN && other.value.isNaN, "\(name)")
            }
        }
    }

    /// A measure that is added to the catalogue needs its row here, and in docs/measures.md.
    @Test func everyMeasureHasItsExpectations() {
        let names = SharpnessCatalogue.all(batches: 1).map(\.name)
        #expect(Set(names) == Set(expectations.keys) && names.count == expectations.count)
        #expect(Set(SharpnessCatalogue.standard).isSubset(of: names))
    }

    @Test func multiplesOfTheLoss() throws {
        let base = try LeastSquaresLoss()
        let θ = try RandomStream(seed: 5, "start").normal([6])
        func found(_ factor: Double) throws -> [String: SharpnessResult] {
            try values(
                Objective(ScaledLoss(base: base, factor: factor), dtype: .float64), θ, minimum: base.minimiser())
        }
        try check(try found(1), try found(7), factor: 7) { try #require(expectations[$0]).loss }
    }

    private struct HiddenUnits {
        let objective: Objective
        let start: Tensor
        let minimum: Tensor

        init() throws {
            let loss = TwoLayerLoss(try ReducedRankLoss(inputs: 3, hidden: 4, outputs: 2, windows: 40))
            objective = try Objective(loss, dtype: .float64)
            start = try RandomStream(seed: 6, "start").normal([20])
            var θ = loss.base.truth
            for _ in 0..<1500 { θ = try θ.adding(objective.gradient(at: θ), times: -0.03) }
            minimum = θ
        }
    }

    /// Hidden unit i's incoming weights times cᵢ, its outgoing weights divided by it: the same function.
    @Test func rescaledHiddenUnits() throws {
        let net = try HiddenUnits()
        func scaled(_ θ: Tensor) throws -> Tensor {
            let c = [3, 0.5, 1.7, 0.2]
            var entries = try θ.doubles
            for i in 0..<12 { entries[i] *= c[i / 3] }
            for i in 0..<8 { entries[12 + i] /= c[i % 4] }
            return try Tensor(entries)
        }
        try check(
            try values(net.objective, net.start, minimum: net.minimum),
            try values(net.objective, scaled(net.start), minimum: scaled(net.minimum))
        ) { try #require(expectations[$0]).units }
    }

    @Test func permutedHiddenUnits() throws {
        let net = try HiddenUnits()
        func permuted(_ θ: Tensor) throws -> Tensor {
            let order = [2, 0, 3, 1]
            let old = try θ.doubles
            var new = old
            for i in 0..<12 { new[i] = old[order[i / 3] * 3 + i % 3] }
            for i in 0..<8 { new[12 + i] = old[12 + i / 4 * 4 + order[i % 4]] }
            return try Tensor(new)
        }
        try check(
            try values(net.objective, net.start, minimum: net.minimum),
            try values(net.objective, permuted(net.start), minimum: permuted(net.minimum))
        ) { try #require(expectations[$0]).permuted }
    }

    /// Rows of a matrix times c, where a rescaled input takes it back: the row-wise forms do not move.
    @Test func rescaledRows() throws {
        let net = try HiddenUnits()
        // All of A times 2 and all of B by half: rows of both are rescaled as wholes.
        var scaled = try net.start.doubles
        for i in 0..<20 { scaled[i] *= i < 12 ? 2 : 0.5 }
        func value(_ measure: any SharpnessMeasure, _ θ: Tensor) throws -> Double {
            try measure.evaluate(
                SharpnessPoint(
                    net.objective, at: θ, loss: net.objective.loss(at: θ), gradient: net.objective.gradient(at: θ),
                    seed: 5)
            ).value
        }
        for measure in [
            LowPassFilter(scale: .filterwise), AdaptiveSharpness(offset: 0, scale: .filterwise),
        ] as [any SharpnessMeasure] {
            let (a, b) = (try value(measure, net.start), try value(measure, Tensor(scaled)))
            #expect(abs(a / b - 1) < 1e-9, "\(measure.name)")
        }
    }

    /// What a transformer allows: values times c and the output projection divided by c, head by head the same function. A random bias, so that
    /// 1-D parameters take part.
    @Test func rescaledValuesOfATransformer() throws {
        let model = try TimerForecaster(
            TimerForecaster.Configuration(
                patchLength: 4, width: 4, feedForwardWidth: 6, layers: 2, heads: 2, positions: 8))
        let windows = try RandomStream(seed: 1, "windows").normal([5, 16])
        let loss = try ForecastLoss(
            model: model, task: .forecast, kind: .native, windows: windows, context: 12, batchSize: 2,
            describe: { "window \($0)" })
        let objective = try Objective(
            loss, buffers: model.layout.initialBuffers(dtype: .float64), dtype: .float64, workers: 2)
        let noise = try RandomStream(seed: 3, "noise").normal([model.layout.count])
        let θ = try model.layout.sample(seed: 2, purpose: "scratch", dtype: .float64).adding(noise, times: 0.1)
        let scaled = try θ.copy()
        var touched = 0
        for (specification, view) in zip(model.layout.parameters, try model.layout.views(of: scaled)) {
            if specification.name.contains("value_projection") {
                try view.scaleInPlace(3)
                touched += 1
            } else if specification.name.hasSuffix("out_projection.weight") {
                try view.scaleInPlace(1.0 / 3)
                touched += 1
            }
        }
        #expect(touched == 6)
        #expect(abs(try objective.loss(at: scaled).mean - objective.loss(at: θ).mean) < 1e-12)
        try check(try values(objective, θ), try values(objective, scaled)) { try #require(expectations[$0]).values }
    }

    /// A norm in front of a layer: its gain times cⱼ, the columns of the weights behind it divided by cⱼ.
    @Test func rescaledGainsOfATransformer() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/ltsm/chronos_t5/model.safetensors")
        let pretrained = try PretrainedModel(url)
        let (model, weights) = (pretrained.model, try pretrained.weights(dtype: .float64))
        let (context, horizon) = (model.defaultContext(for: .forecast), model.defaultHorizon)
        let windows = try RandomStream(seed: 1, "windows").normal([3, context + horizon])
        let loss = try ForecastLoss(
            model: model, task: .forecast, kind: .native, windows: windows, context: context, batchSize: 3,
            describe: { "window \($0)" })
        let objective = try Objective(loss, buffers: weights.buffers, dtype: .float64, workers: 2)
        let θ = weights.flat
        let scaled = try θ.copy()
        let views = Dictionary(
            uniqueKeysWithValues: zip(model.layout.parameters.map(\.name), try model.layout.views(of: scaled)))
        var touched = 0
        for (name, gain) in views where name.hasSuffix(".layer_norm.weight") {
            let layer = name.dropLast(".layer_norm.weight".count)
            // Keys and values of cross-attention come from the encoder, past the norm.
            let next =
                ["SelfAttention.q", "SelfAttention.k", "SelfAttention.v", "EncDecAttention.q"]
                + ["DenseReluDense.wi", "DenseReluDense.wi_0", "DenseReluDense.wi_1"]
            let c = try Tensor((0..<gain.shape[0]).map { 0.5 + Double($0 % 5) / 2 })
            for weight in next.compactMap({ views["\(layer).\($0).weight"] }) {
                try weight.copyInPlace(try weight / c)
                touched += 1
            }
            try gain.multiplyInPlace(c)
        }
        #expect(touched >= 8)
        #expect(abs(try objective.loss(at: scaled).mean - objective.loss(at: θ).mean) < 1e-10)
        try check(try values(objective, θ), try values(objective, scaled)) { try #require(expectations[$0]).gains }
    }
}
