import Krylov
import Tensor

/// The diagonal of a matrix from products with random signs.
public struct DiagonalEstimate: Sendable {
    /// The estimates of Hᵢᵢ, flat.
    public let diagonal: Tensor
    /// The standard error of each.
    public let standardErrors: Tensor
    /// The number of probes, which is the number of products.
    public let samples: Int
}

extension Curvature {
    /// The diagonal: E[z ⊙ Hz] for random signs z, with Var = Σ_{j≠i} Hᵢⱼ² for entry i (Bekas, Kokiopoulou & Saad 2007).
    ///
    /// Exact for a diagonal matrix. The sum of the entries is Hutchinson's estimate of the trace. Costs one product per probe and
    /// three vectors beside those of the products.
    ///
    /// - Parameter samples: at least 2.
    public static func diagonal(
        _ problem: Problem, samples: Int, blockSize: Int = 4, progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> DiagonalEstimate {
        guard samples >= 2 else {
            throw KrylovError.invalidParameter(name: "samples", value: "\(samples)", requirement: "2 or more")
        }
        let symmetric = problem.symmetric
        let objective = problem.objective
        let mean = try Tensor.zeros([objective.dimension], dtype: objective.dtype, device: objective.device)
        let squares = try mean.zerosLike()
        var count = 0
        for first in stride(from: 0, to: samples, by: blockSize) {
            let probes = try (first..<min(samples, first + blockSize)).map { try problem.signs("diagonal", $0) }
            for (z, product) in zip(probes, try symmetric.apply(probes)) {
                count += 1
                // Welford's updates, entry by entry.
                let deviation = try z.tensor * product.tensor - mean
                try mean.addInPlace(deviation, times: 1 / Double(count))
                try squares.addInPlace(deviation.squared(), times: Double(count - 1) / Double(count))
            }
            progress?(count)
        }
        let errors = try (squares / Double(count * (count - 1))).squareRoot()
        return DiagonalEstimate(diagonal: mean, standardErrors: errors, samples: count)
    }
}
