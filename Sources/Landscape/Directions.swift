import Networks
import Tensor

/// How a random direction is scaled to the weights.
public enum DirectionNormalization: String, Sendable, CaseIterable {
    /// Each row of a matrix gets the norm of the same row of the weights (Li et al. 2018, arXiv 1712.09913).
    case filter
    /// Each parameter gets the norm of the same parameter of the weights.
    case layer
    /// The whole direction gets the norm of the weights.
    case model
    /// The draw as it is: entries from N(0, 1).
    case none
    /// The published SFF code: entries from N(1, 8), rows as in ``filter``, and 1-D parameters entry by entry.
    case sff
}

/// What becomes of biases and norm parameters in a random direction.
public enum OneDimensionalRule: String, Sendable, CaseIterable {
    /// They stay where they are: the default of the reference code (`ignore = biasbn`).
    case zero
    /// The direction is the parameter itself, as in the reference code without `ignore`.
    case match
    /// A random vector with the norm of the parameter.
    case own
}

/// Directions in parameter space.
public enum Directions {
    /// A random direction, filter-normalised or otherwise scaled to `reference`.
    ///
    /// Every parameter has a random stream of its own, addressed by seed, index and name, so that directions do not
    /// depend on precision, order or what else was drawn.
    ///
    /// - Parameters:
    ///   - index: 0 for the first axis, 1 for the second, 2 for the third.
    ///   - reference: the weights whose norms are copied.
    /// - Returns: a flat vector in the type of `reference`. Cost: one pass, one parameter in float64 at a time.
    public static func random(
        _ normalization: DirectionNormalization, oneDimensional: OneDimensionalRule = .zero, layout: ParameterLayout,
        reference: Tensor, seed: UInt64, index: Int
    ) throws -> Tensor {
        let direction = try Tensor.empty([layout.count], dtype: reference.dtype, device: reference.device)
        let targets = try layout.views(of: direction)
        let weights = try layout.views(of: reference)
        for ((specification, target), weight) in zip(zip(layout.parameters, targets), weights) {
            let stream = try RandomStream(seed: seed, "direction/\(specification.name)", index)
            let w = try weight.to(.float64, device: .cpu)
            let isMatrix = specification.shape.count > 1
            let value: Tensor
            if normalization == .sff {
                let d = try stream.normal(specification.shape, mean: 1, deviation: 8.0.squareRoot())
                value = isMatrix ? try matchingRows(d, to: w) : try d * (w.absolute() / (d.absolute() + 1e-10))
            } else if !isMatrix && oneDimensional == .zero {
                value = try w.zerosLike()
            } else if !isMatrix && oneDimensional == .match {
                value = w
            } else {
                let d = try stream.normal(specification.shape)
                switch normalization {
                case .filter where isMatrix: value = try matchingRows(d, to: w)
                case .filter, .layer:
                    value = try d * (w.flattened().euclideanNorm() / (d.flattened().euclideanNorm() + 1e-10))
                default: value = d
                }
            }
            try target.copyInPlace(value)
        }
        if normalization == .model {
            try direction.scaleInPlace(reference.euclideanNorm() / direction.euclideanNorm())
        }
        return direction
    }

    /// d ← d ‖w_row‖ / (‖d_row‖ + 1e-10) for every slice of the first dimension.
    private static func matchingRows(_ d: Tensor, to w: Tensor) throws -> Tensor {
        let others = Array(1..<d.rank)
        return try d * (w.norm(others, keepingDimensions: true) / (d.norm(others, keepingDimensions: true) + 1e-10))
    }

    /// The part of b orthogonal to some vectors that are orthogonal to one another, with the norm of b; b itself where that part
    /// is nothing but rounding.
    public static func orthogonalized(_ b: Tensor, against others: [Tensor]) throws -> Tensor {
        let squares = try others.map { try $0.dot($0) }
        let norm = try b.euclideanNorm()
        guard norm > 0, squares.contains(where: { $0 > 0 }) else { return b }
        var rest = b
        // Twice, so that cosines are rounding even where the axes are nearly parallel.
        for _ in 0..<2 {
            for (a, square) in zip(others, squares) where square > 0 {
                rest = try rest.adding(a, times: -(a.dot(rest)) / square)
            }
        }
        let left = try rest.euclideanNorm()
        guard left > 1e-6 * norm else { return b }
        try rest.scaleInPlace(norm / left)
        return rest
    }

    /// The coordinates of a displacement in the span of one to three axes by least squares, and how far from it the displacement
    /// ends, relative to its length; NaN and infinity where the axes are parallel to each other.
    public static func coordinates(
        of displacement: Tensor, along axes: [Tensor]
    ) throws -> (values: [Double], distance: Double) {
        let count = axes.count
        var matrix = try axes.map { row in try axes.map { try row.dot($0) } }
        let squares = (0..<count).map { matrix[$0][$0] }
        var values = try axes.map { try $0.dot(displacement) }
        // Gaussian elimination of the normal equations; a pivot is what an axis has beside those before it.
        for k in 0..<count {
            guard count == 1 || matrix[k][k] > 1e-12 * squares[k] else {
                return ([Double](repeating: .nan, count: count), .infinity)
            }
            for i in (k + 1)..<max(count, k + 1) {
                let factor = matrix[i][k] / matrix[k][k]
                for j in k..<count { matrix[i][j] -= factor * matrix[k][j] }
                values[i] -= factor * values[k]
            }
        }
        for k in (0..<count).reversed() {
            for j in (k + 1)..<max(count, k + 1) { values[k] -= matrix[k][j] * values[j] }
            values[k] /= matrix[k][k]
        }
        var rest = displacement
        for (value, axis) in zip(values, axes) { rest = try rest.adding(axis, times: -value) }
        let length = try displacement.euclideanNorm()
        return (values, length > 0 ? try rest.euclideanNorm() / length : 0)
    }

    /// ⟨a, b⟩ / (‖a‖ ‖b‖).
    public static func cosine(_ a: Tensor, _ b: Tensor) throws -> Double {
        try a.dot(b) / (a.euclideanNorm() * b.euclideanNorm())
    }
}
