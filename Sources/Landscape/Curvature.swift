import Krylov
import Networks
import Tensor

/// Eigenvalues, trace and norms of the Hessian at a point.
public enum Curvature {
    /// Eigenpairs at both ends of the spectrum, by Lanczos with full reorthogonalisation; residuals by true products.
    ///
    /// - Parameters:
    ///   - gradient: ∇L(θ), the start of the search.
    ///   - largest: eigenpairs wanted at the upper end.
    ///   - smallest: eigenpairs wanted at the lower end.
    ///   - tolerance: relative residual ‖Hv − λv‖/|λ|.
    ///   - graphMemory: see ``GradientGraphs``.
    ///   - seed: of the start vectors, the same for every variant.
    ///
    /// The first start vector is the gradient, which lies mostly along the leading eigenvectors and saves about a sixth of
    /// the products, with a hundredth of random noise so that no eigenvector is missed. Where the gradient is 0 it is noise.
    public static func eigenpairs(
        _ objective: Objective, at θ: Tensor, gradient: Tensor, largest: Int, smallest: Int, tolerance: Double,
        basisSize: Int? = nil, maximumProducts: Int, graphMemory: Int? = nil, seed: UInt64,
        progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> Spectrum<FlatVector> {
        let solver = Lanczos(
            largest: largest, smallest: smallest, tolerance: tolerance, basisSize: basisSize,
            maximumApplications: maximumProducts, noiseFloor: max(1e-12, 8 * objective.dtype.epsilon))
        return try solver.run(
            HessianOperator(objective, at: θ, memory: graphMemory),
            start: { index in
                let stream = try RandomStream(seed: seed, "lanczos", index)
                let noise = try stream.normal([objective.dimension]).to(objective.dtype, device: objective.device)
                guard index == 0 else { return FlatVector(noise) }
                let length = try gradient.euclideanNorm()
                guard length > 0, length.isFinite else { return FlatVector(noise) }
                try noise.scaleInPlace(0.01 * length / noise.euclideanNorm())
                try noise.addInPlace(gradient, times: 1)
                return FlatVector(noise)
            },
            progress: { state in progress?(state.applications) })
    }

    /// Tr H and ‖H‖_F from the same Rademacher probes.
    public static func trace(
        _ objective: Objective, at θ: Tensor, samples: Int, seed: UInt64, blockSize: Int = 4, graphMemory: Int? = nil,
        progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> TraceEstimate {
        try Hutchinson(minimumSamples: samples, maximumSamples: samples).run(
            HessianOperator(objective, at: θ, memory: graphMemory), blockSize: blockSize,
            probe: { index in
                let stream = try RandomStream(seed: seed, "hutchinson", index)
                let signs = try stream.signs([objective.dimension], dtype: objective.dtype)
                return FlatVector(try signs.to(objective.dtype, device: objective.device))
            },
            progress: { estimate in progress?(estimate.samples) })
    }
}
