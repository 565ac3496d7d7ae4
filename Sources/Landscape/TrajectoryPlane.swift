import Krylov
import Tensor

/// The directions in which a trajectory of weights varies most: its principal components (Li et al. 2018, arXiv 1712.09913,
/// section 7).
///
/// With the displacements dᵢ = θᵢ − θₙ from the last weights and their mean d̄, the components are the right singular vectors
/// of the rows dᵢ − d̄, found through the small Gram matrix of inner products in float64. Slices go through θₙ, not through the mean.
/// All axes are scaled by one number, ``radius``, so that the trajectory lies within −1 … 1 and the picture is not distorted.
///
/// A plane holds little of a trajectory in many dimensions, and even random walks give smooth curves with large explained shares
/// (Antognini & Sohl-Dickstein 2018, arXiv 1806.08805); ``distances`` tell how far each θᵢ is from the plane.
public struct TrajectoryPlane: Sendable {
    /// The axes, of length ``radius``, pairwise orthogonal to rounding; the first weights have coordinates of 0 or less.
    public let axes: [Tensor]
    /// The unit of the coordinates, in the space of the parameters.
    public let radius: Double
    /// The share of the variance Σ‖dᵢ − d̄‖² along each axis.
    public let explained: [Double]
    /// The coordinates of each θᵢ, one array per axis.
    public let coordinates: [[Double]]
    /// ‖θᵢ − its projection‖ / ‖θᵢ − θₙ‖; 0 for the last.
    public let distances: [Double]

    /// `nil` when the trajectory spans fewer than `count` dimensions.
    ///
    /// Cost: n(n+1)/2 inner products and n vectors for each axis; the weights and the n displacements in memory.
    ///
    /// - Parameters:
    ///   - weights: θ₀ … θₙ, flat.
    ///   - count: 1 to 3 axes.
    public init?(_ weights: [Tensor], count: Int) throws {
        guard let last = weights.last, weights.count > count else { return nil }
        let displacements = try weights.map { try $0 - last }
        let n = displacements.count
        var products = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            for j in 0...i {
                products[i * n + j] = try displacements[i].dot(displacements[j])
                products[j * n + i] = products[i * n + j]
            }
        }
        // Centring in the small matrix: ⟨dᵢ − d̄, dⱼ − d̄⟩.
        let means = (0..<n).map { i in (0..<n).reduce(0) { $0 + products[i * n + $1] } / Double(n) }
        let mean = means.reduce(0, +) / Double(n)
        var gram = products
        for i in 0..<n { for j in 0..<n { gram[i * n + j] += mean - means[i] - means[j] } }
        let system = try SymmetricEigensystem(gram, order: n)
        let total = system.values.reduce(0) { $0 + max(0, $1) }
        guard total > 0, total.isFinite, system.values[n - count] > 1e-10 * total else { return nil }

        var unit: [Tensor] = []
        var shares: [Double] = []
        for rank in 1...count {
            let (value, vector) = (system.values[n - rank], system.vectors[n - rank])
            // The coefficients of a centred combination sum to 0, so the mean drops out.
            let shift = vector.reduce(0, +) / Double(n)
            let axis = try last.zerosLike()
            for (coefficient, displacement) in zip(vector, displacements) {
                try axis.addInPlace(displacement, times: (coefficient - shift) / value.squareRoot())
            }
            for other in unit { try axis.addInPlace(other, times: -(axis.dot(other))) }
            try axis.scaleInPlace(1 / axis.euclideanNorm())
            if try axis.dot(displacements[0]) > 0 { try axis.scaleInPlace(-1) }
            unit.append(axis)
            shares.append(value / total)
        }
        let positions = try unit.map { axis in try displacements.map { try axis.dot($0) } }
        let radius = positions.joined().reduce(0) { max($0, abs($1)) }
        guard radius > 0 else { return nil }
        distances = try displacements.indices.map { i in
            let square = products[i * n + i]
            guard square > 0 else { return 0 }
            var rest = displacements[i]
            for (axis, values) in zip(unit, positions) { rest = try rest.adding(axis, times: -values[i]) }
            return try rest.euclideanNorm() / square.squareRoot()
        }
        for axis in unit { try axis.scaleInPlace(radius) }
        axes = unit
        explained = shares
        coordinates = positions.map { $0.map { $0 / radius } }
        self.radius = radius
    }
}
