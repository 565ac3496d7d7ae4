import Forecasters
import Foundation
import Networks
import Tensor
import Testing

@testable import Smoothing

@Suite struct VariantTests {
    let model: TimerForecaster
    let pretrained: Weights

    init() throws {
        model = try TimerForecaster(
            TimerForecaster.Configuration(
                patchLength: 8, width: 32, feedForwardWidth: 48, layers: 1, heads: 2, positions: 16))
        pretrained = Weights(
            flat: try model.layout.sample(seed: 99, purpose: "pretrained", dtype: .float64),
            buffers: try model.layout.initialBuffers(dtype: .float64))
    }

    private func weights(_ excluded: [String] = [], seed: UInt64 = 3) throws -> VariantWeights {
        try VariantWeights(model: model, pretrained: pretrained, excluded: ParameterFilter(terms: excluded), seed: seed)
    }

    @Test func namesParse() throws {
        #expect(
            try Variant.list("pretrained, scratch,sff:0.7,file:a/b:c") == [
                .pretrained, .scratch, .sff(0.7), .file("a/b:c"),
            ])
        #expect(Variant.sff(0.7).name == "sff:0.7" && Variant.shrink(1).name == "shrink:1")
        for bad in ["sff", "sff:x", "sff:-0.1", "shrink:1.1", "pretrained:1", "", "file:", "noisytune:nan", "sff:inf"] {
            #expect(throws: Variant.ParsingError.self, "\(bad)") { try Variant(bad) }
        }
        #expect(throws: Variant.ParsingError.self) { try Variant.list("scratch,scratch") }
    }

    @Test func smoothingIsTheMixtureOfEveryParameter() throws {
        let w = try weights()
        let (a, b, c) = (try pretrained.flat.doubles, try w.auxiliary.doubles, try w.flat(.sff(0.7)).doubles)
        #expect(zip(zip(a, b), c).allSatisfy { abs(0.7 * $0.0 + 0.3 * $0.1 - $1) < 1e-15 })
        #expect(try w.flat(.sff(1)).doubles == a)
        #expect(try w.flat(.sff(0)).doubles == b)
        #expect(zip(a, try w.flat(.shrink(0.7)).doubles).allSatisfy { 0.7 * $0 == $1 })
        #expect(try w.flat(.pretrained).doubles == a)
    }

    @Test func perturbLeavesTheMeanOut() throws {
        let w = try weights()
        let (first, second) = (try model.layout.views(of: pretrained.flat), try model.layout.views(of: w.auxiliary))
        for (index, view) in try model.layout.views(of: w.flat(.perturb(0.6))).enumerated() {
            let mean = model.layout.parameters[index].initializer.mean
            let expected = try first[index] + (second[index] - mean) * 0.4
            #expect(try (view - expected).flattened().euclideanNorm() < 1e-14)
        }
    }

    @Test func gaussianMovesAsFarAsSmoothing() throws {
        let w = try weights()
        let original = try model.layout.views(of: pretrained.flat)
        let smoothed = try model.layout.views(of: w.flat(.sff(0.7)))
        for (index, view) in try model.layout.views(of: w.flat(.gaussian(0.7))).enumerated() {
            let distance = try (view - original[index]).flattened().euclideanNorm()
            let target = try (smoothed[index] - original[index]).flattened().euclideanNorm()
            #expect(abs(distance - target) < 1e-10)
        }
    }

    @Test func noisyTuneScalesWithEachMatrix() throws {
        let w = try weights()
        let original = try model.layout.views(of: pretrained.flat)
        for (index, view) in try model.layout.views(of: w.flat(.noisytune(0.4))).enumerated() {
            let values = try original[index].flattened()
            let deviation = try values.variance([0], correction: 1).squareRoot().item
            let noise = try (view - original[index]).flattened().doubles
            #expect(noise.allSatisfy { abs($0) <= 0.2 * deviation + 1e-15 }, "\(model.layout.parameters[index].name)")
            if noise.count > 500 {
                let spread = (noise.map { $0 * $0 }.reduce(0, +) / Double(noise.count)).squareRoot()
                #expect(abs(spread - 0.4 * deviation / 12.0.squareRoot()) < 0.1 * spread)
            }
        }
    }

    @Test func excludedParametersKeepTheirValues() throws {
        let w = try weights(["norms", "biases", "head", "*conv1*"])
        let original = try model.layout.views(of: pretrained.flat)
        for variant in [Variant.sff(0.7), .shrink(0.7), .perturb(0.7), .gaussian(0.7), .noisytune(0.7)] {
            for (index, view) in try model.layout.views(of: w.flat(variant)).enumerated() {
                let parameter = model.layout.parameters[index]
                let isExcluded =
                    parameter.role != .weight || parameter.part == .head || parameter.name.contains("conv1")
                #expect(
                    (try view.flattened().doubles == original[index].flattened().doubles) == isExcluded,
                    "\(variant.name) \(parameter.name)")
            }
        }
        #expect(ParameterFilter(terms: ["norms", "nrms"]).unmatched(in: model.layout) == ["nrms"])
    }

    @Test func drawsAreSeededAndApart() throws {
        let w = try weights()
        #expect(try w.auxiliary.doubles == weights().auxiliary.doubles)
        #expect(try w.auxiliary.doubles != weights(seed: 4).auxiliary.doubles)
        #expect(try w.flat(.scratch).doubles != w.auxiliary.doubles)
    }

    @Test func adamTakesThePublishedSteps() throws {
        // Against the recurrence in plain arithmetic, with weight decay.
        let θ = try Tensor([1.0, -2])
        let optimizer = try Adam(like: θ, weightDecay: 0.1)
        var (x, m, v) = ([1.0, -2], [0.0, 0], [0.0, 0])
        for step in 1...5 {
            let g = x.map { 3 * $0 + Double(step) }
            try optimizer.step(θ, gradient: Tensor(g), learningRate: 0.01)
            for i in 0..<2 {
                m[i] = 0.9 * m[i] + 0.1 * g[i]
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i]
                let (mHat, vHat) = (m[i] / (1 - pow(0.9, Double(step))), v[i] / (1 - pow(0.999, Double(step))))
                x[i] = x[i] * (1 - 0.01 * 0.1) - 0.01 * mHat / (vHat.squareRoot() + 1e-8)
            }
            #expect(zip(try θ.doubles, x).allSatisfy { abs($0 - $1) < 1e-14 })
        }
    }
}
