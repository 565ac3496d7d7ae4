import Krylov
import Synchronization
import Tensor

/// The Hessian at a point by differences of gradients, (∇L(θ + εv) − ∇L(θ))/ε ≈ Hv, for exploration.
///
/// One product costs one gradient, about half a true product, and no graph is kept. It is wrong by ½ε‖∇³L[v, v]‖ and by the
/// gradient's rounding ν/ε. Both are measured when the operator is made, at the direction it is given, and ε = √(ν/a) with
/// a = ½‖∇³L[u, u]‖ makes them equal. In float32 about three digits are right, in float64 seven: enough to find eigenvectors,
/// whose values and residuals must then come from true products.
public final class GradientDifferences: SymmetricOperator {
    private let objective: Objective
    private let point: Tensor
    private let gradient: Tensor
    /// ε.
    public let step: Double
    /// The error of a product with a unit vector, ‖error‖ ≈ 2√(aν).
    public let inaccuracy: Double
    /// ‖Hu‖ for the unit vector u along the direction of the measurement: a lower bound of ‖H‖₂.
    public let scale: Double
    /// The direction of the measurement, of length 1, with the product found there, until a search asks for it.
    private let known: Mutex<(direction: Tensor, product: Tensor)?>

    /// Measures the errors along a direction.
    ///
    /// `nil` where no step gives a product: the loss is not smooth there, or rounding hides its curvature.
    ///
    /// Cost: 3 gradients, or 2 more for each step that had to be tried (at most 3).
    ///
    /// - Parameters:
    ///   - gradient: ∇L(θ).
    ///   - direction: where a search will start; of any length but 0.
    ///   - noise: a random vector, to measure rounding with.
    public init?(_ objective: Objective, at point: Tensor, gradient: Tensor, direction: Tensor, noise: Tensor) throws {
        self.objective = objective
        self.point = point
        self.gradient = gradient
        let ε = objective.dtype.epsilon
        let size = try point.euclideanNorm()
        let typical = size / Double(max(1, point.count)).squareRoot()
        guard typical > 0, typical.isFinite else { return nil }
        // Moving every entry by about its last digit changes the gradient by rounding alone.
        let trembling = try objective.gradient(at: try point.adding(noise, times: ε * size / noise.euclideanNorm()))
        let rounding = try (trembling - gradient).euclideanNorm()
        let length = try direction.euclideanNorm()
        guard rounding.isFinite, rounding > 0, length > 0 else { return nil }
        // First where bending should stand out of the rounding; then where it does.
        var trial = 60 * ε.squareRoot() * typical
        for attempt in 1...3 {
            let ahead = try objective.gradient(at: try point.adding(direction, times: trial / length))
            let behind = try objective.gradient(at: try point.adding(direction, times: -trial / length))
            let product = try (ahead - behind) * (0.5 / trial)
            let scale = try product.euclideanNorm()
            try ahead.addInPlace(behind)
            try ahead.addInPlace(gradient, times: -2)
            let bend = try ahead.euclideanNorm() / 2
            guard scale.isFinite, bend.isFinite else { return nil }
            if bend > 0.3 * scale * trial {
                trial /= 10
            } else if bend < 3 * rounding, attempt < 3 {
                trial *= 10
            } else {
                // bend = aε²; none that shows lets the step be as large as was tried.
                step = trial * (rounding / max(bend, rounding)).squareRoot()
                inaccuracy = 2 * rounding / step
                self.scale = scale
                known = Mutex((try direction * (1 / length), product))
                return
            }
        }
        return nil
    }

    /// The number of parameters.
    public var dimension: Int { objective.dimension }

    /// One gradient for each vector.
    public func apply(_ vectors: [FlatVector]) throws -> [FlatVector] {
        try vectors.map { vector in
            let length = try vector.tensor.euclideanNorm()
            guard length > 0 else { return FlatVector(try vector.tensor.zerosLike()) }
            if let product = try takeKnown(vector.tensor, length) { return product }
            let moved = try objective.gradient(at: try point.adding(vector.tensor, times: step / length))
            try moved.addInPlace(gradient, times: -1)
            try moved.scaleInPlace(length / step)
            return FlatVector(moved)
        }
    }

    /// The product along the direction of the measurement, by central differences, for the first vector of a search that
    /// starts there.
    private func takeKnown(_ vector: Tensor, _ length: Double) throws -> FlatVector? {
        let taken = known.withLock { known in
            defer { known = nil }
            return known
        }
        guard let taken else { return nil }
        let cosine = try taken.direction.dot(vector) / length
        guard cosine > 1 - 1e-6 else { return nil }
        try taken.product.scaleInPlace(length)
        return FlatVector(taken.product)
    }
}
