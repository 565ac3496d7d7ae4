import Foundation
import Landscape
import Networks
import Tensor

/// ℓᵢ = (1/k) ‖W xᵢ − yᵢ‖² for a k × d matrix W: H = (2/(kn)) 1 ⊗ XᵀX.
struct LeastSquaresLoss: WindowedLoss {
    let layout: ParameterLayout
    let batches: [Range<Int>]
    let x: Tensor
    let y: Tensor
    let outputs: Int
    let inputs: Int

    init(windows: Int = 40, outputs: Int = 2, inputs: Int = 3, batchSize: Int = 16, noise: Double = 0.5) throws {
        var layout = ParameterLayout()
        _ = layout.add("weight", [outputs, inputs], .uniformFanIn(inputs), role: .weight)
        self.layout = layout
        (self.outputs, self.inputs) = (outputs, inputs)
        x = try RandomStream(seed: 11, "x").normal([windows, inputs])
        let truth = try RandomStream(seed: 12, "truth").normal([outputs, inputs])
        y = try x.linear(weight: truth) + RandomStream(seed: 13, "noise").normal([windows, outputs]) * noise
        batches = stride(from: 0, to: windows, by: batchSize).map { $0..<min($0 + batchSize, windows) }
    }

    var windowCount: Int { batches.last!.upperBound }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor { try lossesAndOutputs(batch: batch, θ).losses }

    func lossesAndOutputs(batch: Int, _ θ: Parameters) throws -> (losses: Tensor, outputs: [Tensor]) {
        let range = batches[batch]
        let z = try x.narrowed(0, from: range.lowerBound, count: range.count).linear(weight: θ.tensors[0])
        let target = try y.narrowed(0, from: range.lowerBound, count: range.count)
        return (try (z - target).squared().mean([1]), [z])
    }

    func describe(window: Int) -> String { "window \(window)" }

    /// The minimiser, flat: Wᵀ = (XᵀX)⁻¹ Xᵀ y by conjugate gradients, exact after `inputs` steps.
    func minimiser() throws -> Tensor {
        let a = try x.transposed().matmul(x)
        let rows = try (0..<outputs).map { k -> Tensor in
            let b = try x.transposed().matmul(y.selected(1, at: k).contiguous())
            var w = try b.zerosLike()
            var r = b
            var p = r
            for _ in 0..<(2 * inputs) {
                let rr = try r.dot(r)
                guard rr > 1e-28 else { break }
                let ap = try a.matmul(p)
                let step = rr / (try p.dot(ap))
                w = try w.adding(p, times: step)
                r = try r.adding(ap, times: -step)
                p = try r.adding(p, times: try r.dot(r) / rr)
            }
            return w
        }
        return try Tensor.concatenate(rows)
    }
}

/// ℓᵢ = w₁^(2a) w₂^(2b) for every window: the normal crossing of singular learning theory, λ = min(1/2a, 1/2b).
struct NormalCrossingLoss: WindowedLoss {
    let layout: ParameterLayout
    let batches: [Range<Int>]
    let powers: [Int]

    init(_ powers: [Int], windows: Int) {
        var layout = ParameterLayout()
        _ = layout.add("w", [2], .uniformFanIn(2), role: .weight)
        self.layout = layout
        self.powers = powers
        batches = [0..<windows]
    }

    var windowCount: Int { batches.last!.upperBound }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor {
        let w = θ.tensors[0]
        var value = try w.sum() * 0 + 1
        for (index, power) in powers.enumerated() where power > 0 {
            let entry = try w.narrowed(0, from: index, count: 1).sum()
            for _ in 0..<(2 * power) { value = try value * entry }
        }
        return try Tensor.zeros([windowCount], dtype: .float64) + value
    }

    func describe(window: Int) -> String { "window \(window)" }
}

/// ℓᵢ = ½ ‖B A xᵢ − yᵢ‖² with y = B₀A₀x + noise of variance 1: reduced-rank regression, a negative log-likelihood.
struct ReducedRankLoss: WindowedLoss {
    let layout: ParameterLayout
    let batches: [Range<Int>]
    let x: Tensor
    let y: Tensor
    /// A₀ and B₀, flat.
    let truth: Tensor

    init(inputs: Int, hidden: Int, outputs: Int, windows: Int) throws {
        var layout = ParameterLayout()
        _ = layout.add("a", [hidden, inputs], .uniformFanIn(inputs), role: .weight)
        _ = layout.add("b", [outputs, hidden], .uniformFanIn(hidden), role: .weight)
        self.layout = layout
        let a = try RandomStream(seed: 21, "a").normal([hidden, inputs])
        let b = try RandomStream(seed: 22, "b").normal([outputs, hidden])
        x = try RandomStream(seed: 23, "x").normal([windows, inputs])
        y = try x.linear(weight: a).linear(weight: b) + RandomStream(seed: 24, "noise").normal([windows, outputs])
        truth = try Tensor.concatenate([a.flattened(), b.flattened()])
        batches = [0..<windows]
    }

    var windowCount: Int { batches.last!.upperBound }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor {
        let z = try x.linear(weight: θ.tensors[0]).linear(weight: θ.tensors[1])
        return try (z - y).squared().sum([1]) * 0.5
    }

    func describe(window: Int) -> String { "window \(window)" }
}
