/// The Lanczos relation H V = V T + R, kept with full reorthogonalisation, and able to restart.
///
/// The basis holds orthonormal vectors v₁ … vⱼ. The operator was applied to the first `columns` = a of them; the others are
/// *active*: they wait for it. Nothing lies outside the basis, so with the (j × a) matrix G = `projection`
///
///     H [v₁ … vₐ] = [v₁ … vⱼ] G,
///
/// where the top a × a part of G is the symmetric T and the rest couples T to the active vectors. With one active vector
/// this is the textbook H V = V T + β v eᵀ; with p it is band Lanczos. A restart replaces the first a vectors by chosen Ritz
/// vectors and keeps the active ones, and the relation with them (thick restart: Wu & Simon, *SIAM J. Matrix Anal. Appl.*
/// 22, 2000). A fresh vector may be appended at any time: its row of G is 0.
public struct LanczosFactorization<Vector: KrylovVector> {
    /// The dimension of the space; the basis never grows beyond it.
    public let dimension: Int
    /// A remainder below this times ``scale`` is taken for rounding: the Krylov space ends there.
    public let noiseFloor: Double
    /// So is one below this, where products are approximations.
    public let absoluteFloor: Double
    /// The orthonormal vectors, applied ones first.
    public private(set) var basis: [Vector] = []
    /// How many of them the operator was applied to.
    public private(set) var columns = 0
    /// The matrix G, by rows; the row of each basis vector has `columns` numbers.
    public private(set) var projection: [[Double]] = []
    /// The largest ‖Hv‖ over the unit vectors seen: a lower bound of ‖H‖₂, usually a close one.
    public private(set) var scale = 0.0
    /// The largest |⟨vᵢ, Hvⱼ⟩ − ⟨vⱼ, Hvᵢ⟩| seen.
    public private(set) var asymmetry = 0.0
    /// How many products were taken.
    public private(set) var applications = 0

    /// How many basis vectors wait for the operator; 0 means that the basis spans an invariant subspace.
    public var activeCount: Int { basis.count - columns }

    /// An empty factorisation.
    public init(dimension: Int, noiseFloor: Double = 1e-12, absoluteFloor: Double = 0) {
        self.dimension = dimension
        self.noiseFloor = noiseFloor
        self.absoluteFloor = absoluteFloor
    }

    /// Appends the part of `vector` outside the basis, normalised, as an active vector.
    ///
    /// False when there is no such part: the vector is 0 or in the span, or the basis is already the whole space. `index`
    /// names the vector in the error thrown when it is not finite. The vector is overwritten.
    public mutating func append(_ vector: consuming Vector, index: Int) throws -> Bool {
        var vector = vector
        let length = try vector.dot(vector).squareRoot()
        guard length.isFinite else { throw KrylovError.nonFiniteStart(index: index) }
        guard length > 0, basis.count < dimension else { return false }
        try vector.scale(by: 1 / length)
        let remainder = try Orthogonalization(&vector, against: basis)
        guard remainder.norm.isFinite else { throw KrylovError.nonFiniteStart(index: index) }
        guard remainder.norm > 10 * noiseFloor else { return false }
        try vector.scale(by: 1 / remainder.norm)
        basis.append(vector)
        projection.append([Double](repeating: 0, count: columns))
        return true
    }

    /// Applies the operator to the first `count` active vectors, as one block, and appends the directions found.
    ///
    /// Costs `count` products and, for each, two passes of Gram–Schmidt against the basis (4 j vector operations).
    public mutating func expand<Operator: SymmetricOperator>(
        _ symmetric: Operator, count: Int
    ) throws where Operator.Vector == Vector {
        let count = min(count, activeCount)
        guard count > 0 else { return }
        var products = try symmetric.apply(Array(basis[columns..<(columns + count)]))
        guard products.count == count else {
            throw KrylovError.productCount(expected: count, found: products.count)
        }
        products.reverse()
        while var product = products.popLast() {
            applications += 1
            let remainder = try Orthogonalization(&product, against: basis, inaccuracy: absoluteFloor)
            guard remainder.norm.isFinite else { throw KrylovError.nonFiniteProduct(application: applications) }
            let coefficients = remainder.coefficients
            let column = columns
            var squared = remainder.norm * remainder.norm
            for coefficient in coefficients { squared += coefficient * coefficient }
            scale = max(scale, squared.squareRoot())
            for row in 0..<column { asymmetry = max(asymmetry, abs(coefficients[row] - projection[column][row])) }
            for row in basis.indices {
                // By symmetry the part above the diagonal is known; using it keeps T symmetric to the last bit.
                projection[row].append(row < column ? projection[column][row] : coefficients[row])
            }
            columns += 1
            if basis.count < dimension, remainder.norm > max(noiseFloor * scale, absoluteFloor) {
                try product.scale(by: 1 / remainder.norm)
                basis.append(product)
                projection.append([Double](repeating: 0, count: column) + [remainder.norm])
            }
        }
    }

    /// The Ritz values, their vectors in the basis, and their residuals.
    public func ritz() throws(KrylovError) -> RitzSystem {
        let system = try SymmetricEigensystem(projection[..<columns].flatMap { $0 }, order: columns)
        let residuals = system.vectors.map { vector in
            var squared = 0.0
            for row in projection[columns...] {
                let component = zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 }
                squared += component * component
            }
            return squared.squareRoot()
        }
        return RitzSystem(values: system.values, vectors: system.vectors, residuals: residuals)
    }

    /// Replaces the applied vectors by the Ritz vectors of these positions in `ritz`, in that order.
    ///
    /// In place: no vector beyond the basis is made (with the default ``KrylovVector/combine(_:coefficients:)``).
    public mutating func restart(keeping positions: [Int], of ritz: RitzSystem) throws {
        let kept = positions.map { ritz.vectors[$0] }
        let active = Array(basis[columns...])
        let couplings = projection[columns...].map { row in
            kept.map { vector in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
        }
        basis.removeLast(active.count)
        try Vector.combine(&basis, coefficients: kept)
        basis += active
        columns = positions.count
        projection = positions.indices.map { i in
            positions.indices.map { $0 == i ? ritz.values[positions[i]] : 0 }
        }
        projection += couplings
    }

    /// The Rayleigh quotient of each of the first `count` basis vectors and the norm of its true residual, by new products in
    /// blocks. The vectors stay.
    mutating func trueResiduals<Operator: SymmetricOperator>(
        _ symmetric: Operator, count: Int, block: Int
    ) throws -> [(value: Double, residual: Double)] where Operator.Vector == Vector {
        var results: [(value: Double, residual: Double)] = []
        while results.count < count {
            let chosen = Array(basis[results.count..<min(count, results.count + block)])
            var products = try symmetric.apply(chosen)
            guard products.count == chosen.count else {
                throw KrylovError.productCount(expected: chosen.count, found: products.count)
            }
            products.reverse()
            while var product = products.popLast() {
                applications += 1
                let vector = basis[results.count]
                let squaredNorm = try vector.dot(vector)
                let value = try vector.dot(product) / squaredNorm
                try product.add(-value, times: vector)
                let residual = try (product.dot(product) / squaredNorm).squareRoot()
                guard value.isFinite, residual.isFinite else {
                    throw KrylovError.nonFiniteProduct(application: applications)
                }
                results.append((value, residual))
            }
        }
        return results
    }
}

/// The eigenpairs of T, which approximate eigenpairs of the operator.
public struct RitzSystem: Sendable {
    /// The Ritz values, ascending.
    public var values: [Double]
    /// The Ritz vectors as coefficients of the applied basis vectors, one for each value.
    public var vectors: [[Double]]
    /// ‖Hx − θx‖₂ for each, as the Lanczos relation has it: an estimate, as good as the products are symmetric.
    public var residuals: [Double]
}
