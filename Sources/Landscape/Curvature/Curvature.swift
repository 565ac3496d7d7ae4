import Krylov
import Networks
import Tensor

/// Eigenvalues, trace and spectral density of a curvature matrix at a point.
public enum Curvature {
    /// Where an operator is to be analysed, and what its graphs may take.
    public struct Problem: Sendable {
        /// The function.
        public var objective: Objective
        /// Where.
        public var point: Tensor
        /// Which matrix.
        public var matrix: CurvatureMatrix
        /// Bytes of graphs kept between products, as in ``CurvatureGraphs``.
        public var graphMemory: Int?
        /// Of all random vectors, the same for every variant.
        public var seed: UInt64

        /// A matrix at a point.
        public init(
            _ objective: Objective, at point: Tensor, matrix: CurvatureMatrix = .hessian, graphMemory: Int? = nil,
            seed: UInt64
        ) {
            self.objective = objective
            self.point = point
            self.matrix = matrix
            self.graphMemory = graphMemory
            self.seed = seed
        }

        /// The products.
        public var symmetric: CurvatureOperator {
            CurvatureOperator(objective, at: point, matrix: matrix, memory: graphMemory)
        }
        /// The relative accuracy of products.
        var noiseFloor: Double { max(1e-12, 8 * objective.dtype.epsilon) }

        func normal(_ purpose: String, _ index: Int) throws -> Tensor {
            try RandomStream(seed: seed, purpose, index).normal([objective.dimension])
                .to(objective.dtype, device: objective.device)
        }

        func signs(_ purpose: String, _ index: Int) throws -> FlatVector {
            let signs = try RandomStream(seed: seed, purpose, index).signs(
                [objective.dimension], dtype: objective.dtype)
            return FlatVector(try signs.to(objective.dtype, device: objective.device))
        }
    }

    // MARK: Eigenvalues

    /// Eigenpairs at both ends of the spectrum, by Lanczos with full reorthogonalisation; residuals by true products.
    ///
    /// The first start vector is the gradient, which lies mostly along the leading eigenvectors and saves about a sixth of
    /// the products, with a hundredth of random noise so that no eigenvector is missed. Where the gradient is 0 it is noise.
    ///
    /// The Hessian's eigenvectors are first searched by ``GradientDifferences``, where these are accurate enough for the
    /// tolerance: they cost half as much, and no graph need be kept.
    ///
    /// - Parameters:
    ///   - gradient: ∇L(θ), the start of the search.
    ///   - largest: eigenpairs wanted at the upper end.
    ///   - smallest: eigenpairs wanted at the lower end.
    ///   - tolerance: relative residual ‖Hv − λv‖/|λ|.
    ///   - basisSize: as in `Lanczos.basisSize`.
    ///   - checkBlock: as in `Lanczos.checkBlock`.
    ///   - maximumProducts: products and differences together.
    ///   - explores: whether differences of gradients may be used.
    public static func eigenpairs(
        _ problem: Problem, gradient: Tensor, largest: Int, smallest: Int, tolerance: Double,
        basisSize: Int? = nil, checkBlock: Int? = nil, maximumProducts: Int, explores: Bool = true,
        progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> Spectrum<FlatVector> {
        let explores = explores && problem.matrix == .hessian
        // After an exploration one block of products is mostly all there is.
        let symmetric = CurvatureOperator(
            problem.objective, at: problem.point, matrix: problem.matrix, memory: problem.graphMemory,
            keepsFirst: !explores)
        return try eigenpairs(
            problem, of: symmetric, gradient: gradient, largest: largest, smallest: smallest,
            tolerance: tolerance, basisSize: basisSize, checkBlock: checkBlock, maximumProducts: maximumProducts,
            explores: explores, progress: progress)
    }

    /// The same for an operator made from the problem's, such as a preconditioned one.
    ///
    /// - Parameter explores: whether the operator is the Hessian itself and differences of gradients may be used.
    public static func eigenpairs<Operator: SymmetricOperator>(
        _ problem: Problem, of symmetric: Operator, gradient: Tensor, largest: Int, smallest: Int, tolerance: Double,
        basisSize: Int? = nil, checkBlock: Int? = nil, maximumProducts: Int, explores: Bool = false,
        progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> Spectrum<FlatVector> where Operator.Vector == FlatVector {
        let solver = Lanczos(
            largest: largest, smallest: smallest, tolerance: tolerance, basisSize: basisSize,
            checkBlock: checkBlock, maximumApplications: maximumProducts, noiseFloor: problem.noiseFloor)
        let length = try gradient.euclideanNorm()
        // Kept for one use, and drawn again in the rare case of a second: it is as large as the model.
        var first: Tensor?
        func firstStart(_ noise: Tensor) throws -> Tensor {
            guard length > 0, length.isFinite else { return noise }
            return try gradient.adding(noise, times: 0.01 * length / noise.euclideanNorm())
        }
        func start(_ index: Int) throws -> FlatVector {
            guard index == 0 else { return FlatVector(try problem.normal("lanczos", index)) }
            defer { first = nil }
            return FlatVector(try first ?? firstStart(problem.normal("lanczos", 0)))
        }
        let report: (Lanczos.Progress) -> Void = { state in progress?(state.applications) }
        if explores {
            let differences: GradientDifferences?
            do {
                let noise = try problem.normal("lanczos", 0)
                let direction = try firstStart(noise)
                differences = try GradientDifferences(
                    problem.objective, at: problem.point, gradient: gradient, direction: direction, noise: noise)
                first = direction
            }
            // The few true products that follow cannot mend more than a few times the tolerance.
            if let differences, differences.inaccuracy <= 5 * tolerance * differences.scale {
                return try solver.run(
                    symmetric, exploring: differences, inaccuracy: differences.inaccuracy, start: start,
                    progress: report)
            }
        }
        return try solver.run(symmetric, start: start, progress: report)
    }

    // MARK: Density

    /// The spectral density by stochastic Lanczos quadrature with random signs.
    ///
    /// - Parameter quadrature: probes, steps and memory; its noise floor is set to the precision of the objective.
    public static func density(
        _ problem: Problem, _ quadrature: LanczosQuadrature, progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> SpectralMeasure {
        var quadrature = quadrature
        quadrature.noiseFloor = problem.noiseFloor
        return try quadrature.run(
            problem.symmetric, probe: { try problem.signs("quadrature", $0) }, progress: { progress?($0) })
    }
}
