import Landscape
import Tensor
import Testing

@testable import Landscape

@Suite struct SliceShapeTests {
    let t = (0...40).map { -1 + Double($0) / 20 }

    @Test func quadraticsAreSmooth() throws {
        let shape = try #require(SliceRoughness(t: t, loss: t.map { 3 + 2 * ($0 - 0.3) * ($0 - 0.3) }))
        #expect(shape.quadraticDeviation < 1e-12 && shape.localMinima == 1)
        // Down from −1 to 0.3, and up to 1: range 1.69, variation 1.69 + 0.49.
        #expect(abs(shape.totalVariation - (1.69 + 0.49) / 1.69) < 1e-12)
        let flat = try #require(SliceRoughness(t: t, loss: t.map { _ in 7 }))
        #expect(flat.totalVariation == 0 && flat.localMinima == 0 && flat.quadraticDeviation == 0)
        let monotone = try #require(SliceRoughness(t: t, loss: t.map { $0 * 5 - 1 }))
        #expect(abs(monotone.totalVariation - 1) < 1e-12)
    }

    @Test func wavesAreRoughWhateverTheirScale() throws {
        let wave = t.map { 1 - 2 * abs(($0 * 5).rounded() - $0 * 5) }
        let shape = try #require(SliceRoughness(t: t, loss: wave))
        #expect(shape.localMinima == 10 && shape.totalVariation > 10 && shape.quadraticDeviation > 0.9)
        let scaled = try #require(SliceRoughness(t: t.map { 1e-3 * $0 }, loss: wave.map { -4 + 1e5 * $0 }))
        #expect(abs(scaled.totalVariation - shape.totalVariation) < 1e-9)
        #expect(abs(scaled.quadraticDeviation - shape.quadraticDeviation) < 1e-9 && scaled.localMinima == 10)
    }

    @Test func planes() throws {
        let (x, y) = ([-1.0, -0.5, 0, 0.5, 1], [-2.0, 0, 1, 2])
        func loss(_ f: (Double, Double) -> Double) -> [Double] { y.flatMap { y in x.map { f($0, y) } } }
        let bowl = try #require(
            SliceRoughness(coordinates: [x, y], loss: loss { 1 + $0 * $0 + 3 * $1 * $1 - $0 * $1 }))
        #expect(bowl.quadraticDeviation < 1e-12 && bowl.localMinima == 1)
        let cubic = try #require(SliceRoughness(coordinates: [x, y], loss: loss { $0 * $0 * $0 + $1 }))
        #expect(cubic.quadraticDeviation > 1e-3 && cubic.localMinima == 0)
        #expect(SliceRoughness(coordinates: [x, [0, 1]], loss: [Double](repeating: 1, count: 10)) == nil)
        #expect(SliceRoughness(coordinates: [x, y], loss: loss { x, _ in x > 0.9 ? .infinity : 1 }) == nil)
        #expect(SliceRoughness(t: [0, 1, 2], loss: [1, 2, 3]) == nil)
    }

    @Test func volumes() throws {
        let axes = [[-1.0, -0.5, 0, 0.5, 1], [-2.0, 0, 1, 2], [-3.0, -1, 2]]
        func loss(_ f: (Double, Double, Double) -> Double) -> [Double] {
            axes[2].flatMap { z in axes[1].flatMap { y in axes[0].map { f($0, y, z) } } }
        }
        let bowl = try #require(
            SliceRoughness(coordinates: axes, loss: loss { $0 * $0 + 2 * $1 * $1 + $2 * $2 + $0 * $2 - $1 * $2 }))
        #expect(bowl.quadraticDeviation < 1e-12 && bowl.localMinima == 1)
        // Monotone along one direction alone: rows in the others do not vary. 12 + 15 + 20 rows.
        let slope = try #require(SliceRoughness(coordinates: axes, loss: loss { _, _, z in z }))
        #expect(abs(slope.totalVariation - 20.0 / 47) < 1e-12 && slope.localMinima == 0)
        let cubic = try #require(SliceRoughness(coordinates: axes, loss: loss { x, _, z in x * x * z }))
        #expect(cubic.quadraticDeviation > 1e-2)
        #expect(
            SliceRoughness(coordinates: [axes[0], axes[1], [0, 1]], loss: [Double](repeating: 1, count: 40)) == nil)
    }

    @Test func barriersByBothDefinitions() throws {
        let t = [-0.5, 0, 0.25, 0.5, 0.75, 1, 1.5]
        // What lies outside the ends does not count.
        let found = try #require(LossBarrier(t: t, loss: [99, 1, 2, 5, 3.5, 3, 99]))
        #expect(found.aboveInterpolation == 3 && found.aboveMeanOfEnds == 3)
        let slanted = try #require(LossBarrier(t: t, loss: [0, 1, 1.5, 2, 2.5, 3, 4]))
        #expect(slanted.aboveInterpolation == 0 && slanted.aboveMeanOfEnds == 1)
        // A convex loss has none above the interpolation.
        let convex = try #require(LossBarrier(t: t, loss: t.map { $0 * $0 }))
        #expect(convex.aboveInterpolation == 0)
        let broken = try #require(LossBarrier(t: t, loss: [0, 1, .nan, .infinity, 2, 1, 0]))
        #expect(broken.aboveInterpolation == .infinity && broken.aboveMeanOfEnds == .infinity)
        #expect(LossBarrier(t: [0, 0.5], loss: [1, 2]) == nil)
        #expect(LossBarrier(t: [0, 1], loss: [1, .infinity]) == nil)
    }

    @Test func derivativesAlongALine() throws {
        let loss = try QuadraticLoss()
        let objective = try Objective(loss, dtype: .float64)
        let θ = try RandomStream(seed: 4, "θ").normal([QuadraticLoss.size])
        let d = try RandomStream(seed: 5, "d").normal([QuadraticLoss.size])
        let found = try LineDerivatives(objective, at: θ, along: d)
        let h = 1e-3
        let (ahead, here, behind) = (
            try objective.loss(at: θ.adding(d, times: h)).mean, try objective.loss(at: θ).mean,
            try objective.loss(at: θ.adding(d, times: -h)).mean
        )
        #expect(abs(found.slope - (ahead - behind) / (2 * h)) < 1e-7)
        #expect(abs(found.curvature - (ahead - 2 * here + behind) / (h * h)) < 1e-4)
        #expect(try abs(found.gradientNorm - objective.gradient(at: θ).euclideanNorm()) < 1e-14)
    }
}
