import Networks
import Tensor
import Testing

@testable import Landscape

@Suite struct DirectionTests {
    let layout: ParameterLayout
    let weights: Tensor

    init() throws {
        var layout = ParameterLayout()
        _ = layout.add("a.weight", [40, 50], .uniformFanIn(50), role: .weight)
        _ = layout.add("a.bias", [40], .uniformFanIn(50), role: .bias)
        _ = layout.add("conv.weight", [30, 20, 1], .uniformFanIn(20), role: .weight)
        self.layout = layout
        weights = try layout.sample(seed: 9, purpose: "test", dtype: .float64)
    }

    private func rows(_ tensor: Tensor) throws -> [Double] {
        try tensor.reshaped([tensor.shape[0], -1]).norm([1]).doubles
    }

    @Test func filterNormalisationEqualsItsDefinition() throws {
        let d = try Directions.random(.filter, layout: layout, reference: weights, seed: 1, index: 0)
        let (parts, originals) = (try layout.views(of: d), try layout.views(of: weights))
        for index in [0, 2] {
            // The definition, entry by entry, on the same Gaussian draw.
            let draw = try RandomStream(seed: 1, "direction/\(layout.parameters[index].name)", 0)
                .normal(layout.parameters[index].shape)
            let (raw, found, width) = (try draw.doubles, try parts[index].doubles, layout.parameters[index].shape[1])
            let (rawNorms, norms) = (try rows(draw), try rows(originals[index]))
            for (k, value) in found.enumerated() {
                let expected = raw[k] * norms[k / width] / (rawNorms[k / width] + 1e-10)
                #expect(abs(value - expected) < 1e-14)
            }
        }
        #expect(try parts[1].doubles.allSatisfy { $0 == 0 })
    }

    @Test func oneDimensionalRules() throws {
        let matched = try Directions.random(
            .filter, oneDimensional: .match, layout: layout, reference: weights, seed: 1, index: 0)
        #expect(try layout.views(of: matched)[1].doubles == layout.views(of: weights)[1].doubles)
        let own = try Directions.random(
            .filter, oneDimensional: .own, layout: layout, reference: weights, seed: 1, index: 0)
        let norm = try layout.views(of: own)[1].euclideanNorm()
        #expect(abs(norm - (try layout.views(of: weights)[1].euclideanNorm())) < 1e-8)
    }

    @Test func sffStyleHasItsPublishedStatistics() throws {
        var layout = ParameterLayout()
        _ = layout.add("w", [400, 400], .uniformFanIn(400), role: .weight)
        _ = layout.add("b", [40000], .uniformFanIn(400), role: .bias)
        let weights = try layout.sample(seed: 2, purpose: "test", dtype: .float64)
        let x = try Directions.random(.sff, layout: layout, reference: weights, seed: 3, index: 0)
        let y = try Directions.random(.sff, layout: layout, reference: weights, seed: 3, index: 1)
        // Entries N(1, 8): cosine of two draws 1/9, of a row with all-ones 1/3, sign positive with Φ(1/√8) = 0.6382.
        #expect(
            abs(try Directions.cosine(layout.views(of: x)[0].flattened(), layout.views(of: y)[0].flattened()) - 1.0 / 9)
                < 0.01)
        let bias = try layout.views(of: x)[1].doubles
        let original = try layout.views(of: weights)[1].doubles
        #expect(zip(bias, original).allSatisfy { abs(abs($0) - abs($1)) < 1e-6 })
        let positive = Double(bias.filter { $0 > 0 }.count) / Double(bias.count)
        #expect(abs(positive - 0.6382) < 0.01)
        #expect(
            zip(try rows(layout.views(of: x)[0]), try rows(layout.views(of: weights)[0])).allSatisfy {
                abs($0 - $1) < 1e-9
            })
    }

    @Test func layerAndModelNorms() throws {
        let layer = try Directions.random(.layer, layout: layout, reference: weights, seed: 1, index: 0)
        for (d, w) in zip(try layout.views(of: layer), try layout.views(of: weights)) where d.rank > 1 {
            #expect(abs(try d.flattened().euclideanNorm() - w.flattened().euclideanNorm()) < 1e-8)
        }
        let model = try Directions.random(.model, layout: layout, reference: weights, seed: 1, index: 0)
        #expect(abs(try model.euclideanNorm() - weights.euclideanNorm()) < 1e-8)
    }

    @Test func seedsAndIndicesGiveOtherDirectionsAndPrecisionTheSame() throws {
        let a = try Directions.random(.filter, layout: layout, reference: weights, seed: 1, index: 0)
        let b = try Directions.random(.filter, layout: layout, reference: weights, seed: 1, index: 1)
        let c = try Directions.random(.filter, layout: layout, reference: weights, seed: 2, index: 0)
        let again = try Directions.random(.filter, layout: layout, reference: weights, seed: 1, index: 0)
        #expect(try a.doubles == again.doubles)
        #expect(abs(try Directions.cosine(a, b)) < 0.1)
        #expect(abs(try Directions.cosine(a, c)) < 0.1)
        let single = try Directions.random(.filter, layout: layout, reference: weights.to(.float32), seed: 1, index: 0)
        #expect(try (single.to(.float64) - a).euclideanNorm() < 1e-6 * a.euclideanNorm())
    }
}

@Suite struct DirectionAlgebraTests {
    @Test func orthogonalisedKeepsItsLength() throws {
        let a = try RandomStream(seed: 1, "a").normal([500])
        let noise = try RandomStream(seed: 2, "b").normal([500])
        for share in [1.0, 1e-3] {
            // Nearly parallel in the second case.
            let b = try a.adding(noise, times: share)
            let rest = try Directions.orthogonalized(b, against: [a])
            #expect(try abs(Directions.cosine(a, rest)) < 1e-12)
            #expect(try abs(rest.euclideanNorm() / b.euclideanNorm() - 1) < 1e-12)
        }
        // What has no orthogonal part stays as it is.
        let parallel = try a * 2
        #expect(try Directions.orthogonalized(parallel, against: [a]).doubles == parallel.doubles)
    }

    @Test func coordinatesAreLeastSquares() throws {
        let axes = try (0..<2).map { try RandomStream(seed: 3, "axis", $0).normal([300]) }
        let inside = try (axes[0] * 0.7).adding(axes[1], times: -0.2)
        let found = try Directions.coordinates(of: inside, along: axes)
        #expect(abs(found.values[0] - 0.7) < 1e-12 && abs(found.values[1] + 0.2) < 1e-12 && found.distance < 1e-12)
        let outside = try RandomStream(seed: 4, "outside").normal([300])
        let far = try Directions.coordinates(of: outside, along: axes)
        // The rest is orthogonal to both axes.
        let rest = try outside.adding(axes[0], times: -far.values[0]).adding(axes[1], times: -far.values[1])
        #expect(try abs(rest.dot(axes[0])) < 1e-9 && abs(rest.dot(axes[1])) < 1e-9)
        #expect(try abs(far.distance - rest.euclideanNorm() / outside.euclideanNorm()) < 1e-12)
        #expect(try Directions.coordinates(of: axes[0], along: [axes[0]]).values == [1])
        #expect(try Directions.coordinates(of: outside, along: [axes[0], axes[0]]).distance == .infinity)
    }

    /// Three axes that are anything but orthogonal: the combination is found, and what lies outside of it; parallel axes have none.
    @Test func coordinatesInThreeDirections() throws {
        let axes = try (0..<3).map { try RandomStream(seed: 21, "axis", $0).normal([50]) }
        let skewed = [axes[0], try axes[0] + axes[1] * 0.1, try axes[1] * 3 - axes[2]]
        let inside = try skewed[0] * 2 + skewed[1] * -0.5 + skewed[2] * 0.25
        let found = try Directions.coordinates(of: inside, along: skewed)
        for (value, expected) in zip(found.values, [2, -0.5, 0.25]) { #expect(abs(value - expected) < 1e-10) }
        #expect(found.distance < 1e-12)
        let orthogonal = try skewed.indices.reduce(into: [Tensor]()) { result, index in
            result.append(try Directions.orthogonalized(skewed[index], against: result))
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            #expect(abs(try Directions.cosine(orthogonal[a], orthogonal[b])) < 1e-12)
        }
        for (a, b) in zip(orthogonal, skewed) { #expect(abs(try a.euclideanNorm() / b.euclideanNorm() - 1) < 1e-12) }
        let outside = try Directions.orthogonalized(RandomStream(seed: 22, "o").normal([50]), against: orthogonal)
        let far = try Directions.coordinates(of: outside, along: skewed)
        #expect(abs(far.distance - 1) < 1e-10 && far.values.allSatisfy { abs($0) < 1e-10 })
        let none = try Directions.coordinates(of: inside, along: [axes[0], axes[1], axes[0] * 2 + axes[1]])
        #expect(none.distance == .infinity && none.values.allSatisfy(\.isNaN))
    }
}
