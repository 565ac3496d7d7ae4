import Landscape
import Networks
import Tensor

/// ℓᵢ(θ) = ½ (θ − c)ᵀ A (θ − c) + bᵢᵀ θ + sᵢ: a loss whose landscape is known in closed form.
///
/// The parameters are a 2×3 matrix and a vector of 3, so that directions have rows and a 1-D part.
struct QuadraticLoss: WindowedLoss {
    static let size = 9
    let layout: ParameterLayout
    let batches: [Range<Int>]
    let hessian: Tensor
    let centre: Tensor
    let slopes: Tensor
    let offsets: Tensor

    init(windows: Int = 7, batchSize: Int = 3, seed: UInt64 = 1) throws {
        var layout = ParameterLayout()
        _ = layout.add("matrix", [2, 3], .uniformFanIn(3), role: .weight)
        _ = layout.add("vector", [3], .uniformFanIn(3), role: .bias)
        self.layout = layout
        let stream = try RandomStream(seed: seed, "quadratic")
        let half = try stream.normal([Self.size, Self.size])
        hessian = try (half + half.transposed()) * 0.5
        centre = try stream.normal([Self.size])
        slopes = try stream.normal([windows, Self.size])
        offsets = try stream.normal([windows])
        batches = stride(from: 0, to: windows, by: batchSize).map { $0..<min($0 + batchSize, windows) }
    }

    var windowCount: Int { batches.last!.upperBound }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor {
        let range = batches[batch]
        let flat = try Tensor.concatenate(θ.tensors.map { try $0.flattened() })
        let shifted = try flat - centre
        let quadratic = try (shifted * hessian.matmul(shifted)).sum() * 0.5
        let rows = try slopes.narrowed(0, from: range.lowerBound, count: range.count)
        return try rows.matmul(flat) + offsets.narrowed(0, from: range.lowerBound, count: range.count) + quadratic
    }

    func describe(window: Int) -> String { "window \(window)" }

    /// The value in plain arithmetic.
    func value(_ θ: [Double]) throws -> Double {
        let a = try hessian.doubles
        let c = try centre.doubles
        let d = zip(θ, c).map { $0 - $1 }
        var sum = 0.0
        for i in 0..<Self.size { for j in 0..<Self.size { sum += 0.5 * d[i] * a[i * Self.size + j] * d[j] } }
        let b = try slopes.mean([0]).doubles
        for i in 0..<Self.size { sum += b[i] * θ[i] }
        return try sum + offsets.mean([0]).item
    }
}
