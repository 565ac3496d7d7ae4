import Krylov
import Networks
import Tensor
import Testing

@testable import Landscape

/// L(θ) = Σ θⱼ⁴ / 12 for every window, with the Hessian diag(θ²).
struct QuarticLoss: WindowedLoss {
    let layout: ParameterLayout
    let batches = [0..<2, 2..<3]

    init(size: Int) {
        var layout = ParameterLayout()
        _ = layout.add("θ", [size], .uniformFanIn(1), role: .weight)
        self.layout = layout
    }

    var windowCount: Int { 3 }
    func describe(window: Int) -> String { "window \(window)" }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor {
        try (θ.tensors[0].squared().squared().sum() / 12).viewed([1]).expanded([batches[batch].count])
    }
}

/// A loss whose gradient is cut: its products are not the derivative of its gradient.
private struct CutLoss: WindowedLoss {
    let layout = QuarticLoss(size: 12).layout
    let batches = [0..<1]
    var windowCount: Int { 1 }
    func describe(window: Int) -> String { "window \(window)" }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor {
        try (θ.tensors[0].detached() * θ.tensors[0].squared()).sum().viewed([1])
    }
}

@Suite struct PathCurvatureTests {
    private func settings(keeps: Bool = true) -> PathCurvature.Settings {
        PathCurvature.Settings(
            probes: 6, tolerance: 1e-6, maximumProducts: 100, keepsProducts: keeps, seed: 3)
    }

    /// A quadratic has one Hessian everywhere: no defect, and the bound is λmax itself.
    @Test func quadraticHasNoDefect() throws {
        let objective = try Objective(QuadraticLoss(), dtype: .float64)
        let (one, two) = (
            try RandomStream(seed: 1, "one").normal([9]), try RandomStream(seed: 1, "two").normal([9])
        )
        let path = try PathCurvature(objective, first: one, second: two, settings())
        for α in [0, 0.3, 1] {
            let point = try path.evaluate(at: one * α + two * (1 - α), on: α)
            #expect(try #require(point.defect).value < 1e-12)
            #expect(abs(try path.affineBound(α) - point.largest.value) < 1e-6 * abs(point.largest.value))
        }
    }

    /// With H = diag(θ²) everything is known: random signs are exact for a diagonal matrix.
    @Test(arguments: [true, false]) func quarticInClosedForm(keeps: Bool) throws {
        let objective = try Objective(QuarticLoss(size: 7), dtype: .float64)
        let one = try RandomStream(seed: 2, "one").normal([7])
        let two = try RandomStream(seed: 2, "two").normal([7])
        let (a, b) = (try one.doubles, try two.doubles)
        let path = try PathCurvature(objective, first: one, second: two, settings(keeps: keeps))
        for α in [0.25, 0.8] {
            let point = try path.evaluate(at: one * α + two * (1 - α), on: α)
            let diagonal = zip(a, b).map { (α * $0 + (1 - α) * $1) * (α * $0 + (1 - α) * $1) }
            let mix = zip(a, b).map { α * $0 * $0 + (1 - α) * $1 * $1 }
            let error = zip(diagonal, mix).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let size = mix.reduce(0) { $0 + $1 * $1 }
            let defect = try #require(point.defect)
            #expect(abs(defect.value - (error / size).squareRoot()) < 1e-10 && defect.standardError < 1e-10)
            #expect(abs(point.trace.value - diagonal.reduce(0, +)) < 1e-10)
            #expect(abs(point.frobeniusNorm.value - diagonal.reduce(0) { $0 + $1 * $1 }.squareRoot()) < 1e-10)
            #expect(abs(point.largest.value - diagonal.max()!) < 1e-8)
            #expect(abs(point.smallest.value - diagonal.min()!) < 1e-8)
            let bound = α * a.map { $0 * $0 }.max()! + (1 - α) * b.map { $0 * $0 }.max()!
            #expect(abs(try path.affineBound(α) - bound) < 1e-8)
            #expect(point.products > 6)
        }
        #expect(try path.evaluate(at: one * 0.5, on: nil).defect == nil)
    }

    @Test func selfCheckPassesAndFails() throws {
        let objective = try Objective(QuarticLoss(size: 60), dtype: .float64)
        let θ = try RandomStream(seed: 2, "one").normal([60])
        let check = try DenseCheck(objective, at: θ, seed: 0)
        #expect(check.passes(.float64) && check.entries == 48 && check.parameter == "θ")
        let cut = try Objective(CutLoss(), dtype: .float64)
        let broken = try DenseCheck(cut, at: θ.narrowed(0, from: 0, count: 12), seed: 0)
        #expect(!broken.passes(.float64) && broken.derivativeError > 0.1)
    }
}
