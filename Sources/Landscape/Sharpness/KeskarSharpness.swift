import Tensor

/// Keskar's box sharpness: φ = 100 · (max_{y∈C} L(θ + A y) − L(θ))/(1 + L(θ)) with C = {|yᵢ| ≤ ε(|(A⁺θ)ᵢ| + 1)}.
///
/// Source: Keskar et al., ICLR 2017, arXiv 1609.04836, definition (3): A = 1 (full space) or a random n × p matrix, here with
/// orthonormal columns, so that A⁺ = Aᵀ; ε = 1e-3 or 5e-4. The maximiser is projected ascent in the box (``ProjectedAscent``) where the paper takes
/// 10 iterations of L-BFGS-B: the value is a lower bound either way.
/// Invariances: none; the 1 in the box breaks scalings of weights, the 1 in the denominator those of the loss, so that it suits
/// losses of order 1. Not defined where g = 0 or 1 + L ≤ 0. Cost: steps − 1 gradients, one forward pass; p vectors in the subspace.
public struct KeskarSharpness: SharpnessMeasure {
    /// ε.
    public let radius: Double
    /// p; `nil` for the full space.
    public let subspace: Int?
    /// Steps of the ascent.
    public let steps: Int

    /// The measure.
    public init(radius: Double = 1e-3, subspace: Int? = nil, steps: Int = 10) {
        self.radius = radius
        self.subspace = subspace
        self.steps = steps
    }

    /// See ``SharpnessMeasure/name``.
    public var name: String { subspace == nil ? "keskar" : "keskar_subspace" }
    /// See ``SharpnessMeasure/title``.
    public var title: String { "Keskar's box sharpness" + (subspace.map { " in \($0) random dimensions" } ?? "") }
    /// See ``SharpnessMeasure/definition``.
    public let definition = "100 (max L(w + A y) - L(w))/(1 + L(w)), |y_i| <= eps (|(A+ w)_i| + 1)"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:1609.04836"
    /// See ``SharpnessMeasure/units``.
    public let units = "1"
    /// See ``SharpnessMeasure/vectors``. The subspace holds its draws, their basis and its transpose.
    public var vectors: Int { subspace.map { 5 * $0 + 4 } ?? 12 }
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] {
        var result = ["epsilon": radius, "steps": Double(steps)]
        if let subspace { result["dimensions"] = Double(subspace) }
        return result
    }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost { SharpnessCost(forward: 1, gradient: steps - 1) }
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { windows }

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.windows
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        guard point.gradientNorm > 0 else {
            throw SharpnessUndefined(.noGradient, "the gradient is 0, and the ascent starts there")
        }
        guard 1 + point.loss.mean > 0 else {
            throw SharpnessUndefined(
                .lossNotPositive, "the loss is \(point.loss.mean), and the measure divides by 1 + loss")
        }
        let ascent = ProjectedAscent(radius: radius, ball: .box, steps: steps)
        let highest: LossValue
        let scaled: Tensor
        if let subspace {
            let p = min(subspace, point.objective.dimension)
            let columns = try Tensor.stack(try (0..<p).map { try point.normal("keskar", $0) }, dimension: 1)
                .orthonormalized()
            let rows = try columns.transposed().contiguous()
            let box = try rows.matmul(point.θ).absolute() + 1
            let map = ProjectedAscent.Map(
                displacement: { try columns.matmul(try $0 * box) }, pullback: { try rows.matmul($0) * box })
            scaled = try map.pullback(point.gradient)
            highest = try ascent.run(point, map, zero: try box.zerosLike())
        } else {
            let box = try point.θ.absolute() + 1
            scaled = try box * point.gradient
            highest = try ascent.run(point, .scaled(by: box), zero: try box.zerosLike())
        }
        let factor = 100 / (1 + point.loss.mean)
        return SharpnessResult(
            meanOf: point.rises(to: highest).map { factor * $0 },
            firstOrder: factor * radius * (try scaled.absolute().sum(dtype: .float64).item))
    }
}
