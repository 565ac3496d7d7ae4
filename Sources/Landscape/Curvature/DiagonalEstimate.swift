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
    /// For each part that was asked for, the mean of z ⊙ Hz over its entries, probe by probe. Probes are independent, parts are
    /// not: they come from the same products.
    public let partMeans: [[Double]]
}

extension Curvature {
    /// The diagonal: E[z ⊙ Hz] for random signs z, with Var = Σ_{j≠i} Hᵢⱼ² for entry i (Bekas, Kokiopoulou & Saad 2007).
    ///
    /// Exact for a diagonal matrix. The sum of the entries is Hutchinson's estimate of the trace. Costs one product per probe and
    /// three vectors beside those of the products.
    ///
    /// The mean over a part of the entries varies less than an entry does: between probes by Var = 2 Σ Hᵢⱼ²/m² over i ≠ j inside the
    /// part of m entries, and by Σ Hᵢⱼ²/m² with j outside.
    ///
    /// - Parameters:
    ///   - samples: at least 2.
    ///   - parts: lengths of consecutive parts of the vector, such as the model's parameters, whose means are wanted.
    public static func diagonal(
        _ problem: Problem, samples: Int, parts: [Int] = [], blockSize: Int = 4,
        progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> DiagonalEstimate {
        guard samples >= 2 else {
            throw KrylovError.invalidParameter(name: "samples", value: "\(samples)", requirement: "2 or more")
        }
        guard parts.allSatisfy({ $0 > 0 }), parts.reduce(0, +) <= problem.objective.dimension else {
            throw KrylovError.invalidParameter(
                name: "parts", value: "\(parts.prefix(8)) …",
                requirement: "positive lengths that sum to at most \(problem.objective.dimension)")
        }
        var partMeans = [[Double]](repeating: [], count: parts.count)
        let symmetric = problem.symmetric
        let objective = problem.objective
        let mean = try Tensor.zeros([objective.dimension], dtype: objective.dtype, device: objective.device)
        let squares = try mean.zerosLike()
        var count = 0
        for first in stride(from: 0, to: samples, by: blockSize) {
            let probes = try (first..<min(samples, first + blockSize)).map { try problem.signs("diagonal", $0) }
            for (z, product) in zip(probes, try symmetric.apply(probes)) {
                count += 1
                guard try product.dot(product).isFinite else { throw KrylovError.nonFiniteProduct(application: count) }
                var first = 0
                for (index, length) in parts.enumerated() {
                    let (signs, values) = (
                        try z.tensor.narrowed(0, from: first, count: length),
                        try product.tensor.narrowed(0, from: first, count: length)
                    )
                    partMeans[index].append(try signs.dot(values) / Double(length))
                    first += length
                }
                // Welford's updates, entry by entry.
                let deviation = try z.tensor * product.tensor - mean
                try mean.addInPlace(deviation, times: 1 / Double(count))
                try squares.addInPlace(deviation.squared(), times: Double(count - 1) / Double(count))
            }
            progress?(count)
        }
        let errors = try (squares / Double(count * (count - 1))).squareRoot()
        return DiagonalEstimate(diagonal: mean, standardErrors: errors, samples: count, partMeans: partMeans)
    }
}
