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

/// What docs/measures.md says of invariances, measure by measure.
@Suite struct SharpnessInvarianceTests {
    private let measures: [any SharpnessMeasure] = [
        SAMSharpness(), BatchSharpness(), AdaptiveSharpness(offset: 0), AdaptiveSharpness(scale: .filterwise),
        WorstCaseSharpness(radius: 0.05, norm: .l2, isAdaptive: false),
        WorstCaseSharpness(radius: 0.3, norm: .l2, isAdaptive: true),
        WorstCaseSharpness(radius: 5e-4, norm: .linf, isAdaptive: false),
        WorstCaseSharpness(radius: 4e-3, norm: .linf, isAdaptive: true), KeskarSharpness(),
        AverageSharpness(radius: 0.05, isAdaptive: false), AverageSharpness(radius: 0.1, isAdaptive: true),
        AverageSharpness(radius: 0.1, isAdaptive: true, distribution: .uniform), LowPassFilter(),
        LowPassFilter(scale: .filterwise), LocalEntropy(stiffness: 400), PACBayesSharpness(), QuadraticForm(),
        FisherRaoNorm(), RelativeFlatness(parameter: "a"), CriticalSharpness(), EffectiveSmoothness(),
    ]

    private func values(_ loss: some WindowedLoss, _ θ: Tensor) throws -> [String: Double] {
        try values(Objective(loss, dtype: .float64), θ)
    }

    private func values(_ objective: Objective, _ θ: Tensor) throws -> [String: Double] {
        let point = try SharpnessPoint(
            objective, at: θ, loss: objective.loss(at: θ), gradient: objective.gradient(at: θ), seed: 5)
        return Dictionary(
            uniqueKeysWithValues: try measures.map { measure in
                // The layer has its name in one of the losses only.
                let isNamed = objective.function.layout.parameters.contains { $0.name == "a" }
                let chosen: any SharpnessMeasure =
                    measure is RelativeFlatness && !isNamed ? RelativeFlatness() : measure
                return (measure.name, try chosen.evaluate(point).value)
            })
    }

    @Test func multiplesOfTheLoss() throws {
        let base = try LeastSquaresLoss()
        let θ = try RandomStream(seed: 5, "start").normal([6])
        let (one, seven) = (
            try values(ScaledLoss(base: base, factor: 1), θ), try values(ScaledLoss(base: base, factor: 7), θ)
        )
        let unchanged: Set = ["pac_bayes"]
        let otherwise: Set = ["keskar", "local_entropy"]
        for (name, value) in one {
            let ratio = try #require(seven[name]) / value
            if unchanged.contains(name) {
                #expect(abs(ratio - 1) < 1e-6, "\(name)")
            } else if otherwise.contains(name) {
                #expect(abs(ratio - 7) > 1e-3 && abs(ratio - 1) > 1e-3, "\(name)")
            } else {
                #expect(abs(ratio - 7) < 7e-6, "\(name): \(ratio)")
            }
        }
    }

    /// Hidden unit i's incoming weights times cᵢ, its outgoing weights divided by it: the same function.
    @Test func rescaledHiddenUnits() throws {
        let loss = TwoLayerLoss(try ReducedRankLoss(inputs: 3, hidden: 4, outputs: 2, windows: 40))
        let start = try RandomStream(seed: 6, "start").normal([20])
        let c = [3, 0.5, 1.7, 0.2]
        var scaled = try start.doubles
        for i in 0..<12 { scaled[i] *= c[i / 3] }
        for i in 0..<8 { scaled[12 + i] /= c[i % 4] }
        let (before, after) = (try values(loss, start), try values(loss, Tensor(scaled)))
        let invariant: Set = [
            "asam", "worst_l2_adaptive", "worst_linf_adaptive", "average_adaptive", "average_adaptive_uniform",
            "quadratic_form", "fisher_rao", "relative_flatness",
        ]
        for (name, value) in before {
            let change = abs(try #require(after[name]) / value - 1)
            if invariant.contains(name) {
                #expect(change < 1e-6, "\(name): \(change)")
            } else {
                #expect(change > 1e-3 || name == "lpf", "\(name): \(change)")
            }
        }
    }

    /// Rows of a matrix times c, where a rescaled input takes it back: the row-wise forms do not move.
    @Test func rescaledRows() throws {
        let loss = TwoLayerLoss(try ReducedRankLoss(inputs: 3, hidden: 4, outputs: 2, windows: 40))
        let θ = try RandomStream(seed: 6, "start").normal([20])
        // All of A times 2 and all of B by half: rows of both are rescaled as wholes.
        var scaled = try θ.doubles
        for i in 0..<20 { scaled[i] *= i < 12 ? 2 : 0.5 }
        let objective = try Objective(loss, dtype: .float64)
        func value(_ measure: any SharpnessMeasure, _ θ: Tensor) throws -> Double {
            try measure.evaluate(
                SharpnessPoint(
                    objective, at: θ, loss: objective.loss(at: θ), gradient: objective.gradient(at: θ), seed: 5)
            ).value
        }
        for measure in [
            LowPassFilter(scale: .filterwise), AdaptiveSharpness(offset: 0, scale: .filterwise),
        ] as [any SharpnessMeasure] {
            let (a, b) = (try value(measure, θ), try value(measure, Tensor(scaled)))
            #expect(abs(a / b - 1) < 1e-9, "\(measure.name)")
        }
    }

    @Test func permutedHiddenUnits() throws {
        let loss = TwoLayerLoss(try ReducedRankLoss(inputs: 3, hidden: 4, outputs: 2, windows: 40))
        let start = try RandomStream(seed: 6, "start").normal([20])
        let order = [2, 0, 3, 1]
        let old = try start.doubles
        var new = old
        for i in 0..<12 { new[i] = old[order[i / 3] * 3 + i % 3] }
        for i in 0..<8 { new[12 + i] = old[12 + i / 4 * 4 + order[i % 4]] }
        let (before, after) = (try values(loss, start), try values(loss, Tensor(new)))
        // Those with random draws are invariant in law alone.
        let drawn: Set = [
            "average", "average_adaptive", "average_adaptive_uniform", "lpf", "lpf_filter", "local_entropy",
            "pac_bayes",
        ]
        for (name, value) in before where !drawn.contains(name) {
            #expect(abs(try #require(after[name]) / value - 1) < 1e-6, "\(name)")
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
        let (before, after) = (try values(objective, θ), try values(objective, scaled))
        #expect(abs(try objective.loss(at: scaled).mean - objective.loss(at: θ).mean) < 1e-12)
        let invariant: Set = [
            "worst_l2_adaptive", "worst_linf_adaptive", "average_adaptive", "average_adaptive_uniform",
            "quadratic_form",
            "fisher_rao",
        ]
        let moving: Set = [
            "sam", "m_sharpness", "asam", "worst_l2", "worst_linf", "keskar", "average", "critical",
            "effective_smoothness",
        ]
        for (name, value) in before {
            let change = abs(try #require(after[name]) / value - 1)
            if invariant.contains(name) { #expect(change < 1e-6, "\(name): \(change)") }
            // ASAM leaves 1-D parameters unscaled, so the values' bias moves it.
            if moving.contains(name) { #expect(change > 1e-5, "\(name): \(change)") }
        }
    }
}
