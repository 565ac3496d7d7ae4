import Forecasters
import Foundation
import Networks
import Synchronization
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

    /// θ₁ that can be read again is freed, read only by variants that need it, and must be the same then.
    @Test func releasedWeightsComeBack() throws {
        let source = Mutex((weights: pretrained, reads: 0))
        let first = try ReleasableWeights(name: "here.safetensors") {
            try source.withLock { source in
                source.reads += 1
                return Weights(flat: try source.weights.flat.copy(), buffers: source.weights.buffers)
            }
        }
        let w = try VariantWeights(model: model, pretrained: first, seed: 3)
        let expected = try w.flat(.sff(0.7)).doubles
        #expect(source.withLock { $0.reads } == 1)
        w.releaseAuxiliary()
        try first.release()
        #expect(!first.isHeld)
        _ = try w.flat(.scratch)
        #expect(!first.isHeld && source.withLock { $0.reads } == 1)
        #expect(try w.flat(.sff(0.7)).doubles == expected)
        #expect(first.isHeld && source.withLock { $0.reads } == 2)
        try first.release()
        let other = try pretrained.flat.copy()
        try other.narrowed(0, from: 5, count: 1).scaleInPlace(1.0000001)
        source.withLock { $0.weights = Weights(flat: other, buffers: []) }
        let error = #expect(throws: WeightsChangedError.self) { try w.flat(.pretrained) }
        #expect(error?.description.contains("here.safetensors") == true)
        // What cannot be read again stays.
        let fixed = ReleasableWeights(pretrained)
        try fixed.release()
        #expect(fixed.isHeld)
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
}
