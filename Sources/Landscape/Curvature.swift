import Krylov
import Networks
import Tensor

/// Eigenvalues, trace and norms of the Hessian at a point.
public enum Curvature {
    /// Eigenpairs at both ends of the spectrum, by Lanczos with full reorthogonalisation; residuals by true products.
    ///
    /// - Parameters:
    ///   - count: eigenpairs wanted at each end.
    ///   - tolerance: relative residual ‖Hv − λv‖/|λ|.
    ///   - seed: of the start vectors, the same for every variant.
    public static func eigenpairs(
        _ objective: Objective, at θ: Tensor, count: Int, tolerance: Double, basisSize: Int? = nil,
        maximumProducts: Int, seed: UInt64, progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> Spectrum<FlatVector> {
        let solver = Lanczos(
            largest: count, smallest: count, tolerance: tolerance, basisSize: basisSize,
            maximumApplications: maximumProducts, noiseFloor: max(1e-12, 8 * objective.dtype.epsilon))
        return try solver.run(
            HessianOperator(objective, at: θ),
            start: { index in
                let stream = try RandomStream(seed: seed, "lanczos", index)
                return FlatVector(
                    try stream.normal([objective.dimension]).to(objective.dtype, device: objective.device))
            },
            progress: { state in progress?(state.applications) })
    }

    /// Tr H and ‖H‖_F from the same Rademacher probes.
    public static func trace(
        _ objective: Objective, at θ: Tensor, samples: Int, seed: UInt64, blockSize: Int = 4,
        progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> TraceEstimate {
        try Hutchinson(minimumSamples: samples, maximumSamples: samples).run(
            HessianOperator(objective, at: θ), blockSize: blockSize,
            probe: { index in
                let stream = try RandomStream(seed: seed, "hutchinson", index)
                let signs = try stream.signs([objective.dimension], dtype: objective.dtype)
                return FlatVector(try signs.to(objective.dtype, device: objective.device))
            },
            progress: { estimate in progress?(estimate.samples) })
    }
}
