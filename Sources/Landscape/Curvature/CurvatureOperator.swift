import Krylov
import Tensor

/// A symmetric matrix that describes curvature at a point.
public enum CurvatureMatrix: String, Sendable, CaseIterable {
    /// H = ∇²L.
    case hessian
    /// G = Jᵀ(∇²_z ℓ)J, the generalised Gauss-Newton matrix: what remains of H where the model fits its targets. All
    /// negative curvature is in H − G.
    case gaussNewton = "ggn"
    /// R = H − G.
    case residual
    /// F = (1/n) Σᵢ ∇ℓᵢ∇ℓᵢᵀ, the empirical Fisher matrix.
    case fisher

    /// For people.
    public var title: String {
        switch self {
        case .hessian: "Hessian"
        case .gaussNewton: "Gauss-Newton matrix"
        case .residual: "residual part H − G"
        case .fisher: "empirical Fisher matrix"
        }
    }

    /// Whether no eigenvalue is negative.
    public var isSemidefinite: Bool { self == .gaussNewton || self == .fisher }
}

/// A curvature matrix of an objective at a point, by its products.
///
/// Cost of a product, in Hessian-vector products: 1 for H, about 1 for G and F, 2 for R.
public struct CurvatureOperator: SymmetricOperator {
    private let graphs: CurvatureGraphs
    /// G, where the operator is H − G.
    private let subtracted: CurvatureGraphs?

    /// The matrix at θ as an operator.
    ///
    /// - Parameters:
    ///   - memory: how far graphs kept between products may let the process grow, as in ``CurvatureGraphs``.
    ///   - keepsFirst: as in ``CurvatureGraphs``.
    public init(
        _ objective: Objective, at point: Tensor, matrix: CurvatureMatrix = .hessian, memory: Int? = nil,
        keepsFirst: Bool = true
    ) {
        guard matrix == .residual else {
            graphs = CurvatureGraphs(objective, at: point, matrix: matrix, memory: memory, keepsFirst: keepsFirst)
            subtracted = nil
            return
        }
        let half = memory.map { $0 / 2 } ?? ProcessMemory.available / 4
        graphs = CurvatureGraphs(objective, at: point, matrix: .hessian, memory: half)
        subtracted = CurvatureGraphs(objective, at: point, matrix: .gaussNewton, memory: half)
    }

    /// The number of parameters.
    public var dimension: Int { graphs.objective.dimension }

    /// One product per vector, sharing the graphs.
    public func apply(_ vectors: [FlatVector]) throws -> [FlatVector] {
        let tensors = vectors.map(\.tensor)
        let products = try graphs.products(with: tensors)
        if let subtracted {
            for (product, other) in zip(products, try subtracted.products(with: tensors)) {
                try product.addInPlace(other, times: -1)
            }
        }
        return products.map(FlatVector.init)
    }
}
