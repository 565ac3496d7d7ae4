/// The Lanczos recurrence of one probe: H V = V T + β v eᵀ, one product at a time, handed in from outside.
struct LanczosRecurrence<Vector: KrylovVector> {
    private let noiseFloor: Double
    private let keepsBasis: Bool
    /// The most steps.
    private let limit: Int
    /// The orthonormal vectors, all or the last two.
    private var basis: [Vector] = []
    private var diagonal: [Double] = []
    /// Entry k couples k and k + 1; the last one leads out of the space.
    private var offDiagonal: [Double] = []
    private var scale = 0.0

    /// Starts at the part of `probe` outside of `locked`.
    init(
        _ probe: Vector, index: Int, against locked: [Vector], keepsBasis: Bool, noiseFloor: Double, limit: Int
    ) throws {
        (self.keepsBasis, self.noiseFloor, self.limit) = (keepsBasis, noiseFloor, limit)
        var start = probe
        let remainder = try Orthogonalization(&start, against: locked)
        guard remainder.norm > 0, limit > 0 else { return }
        try start.scale(by: 1 / remainder.norm)
        basis = [start]
    }

    /// Whether all steps are taken, or the space has come to its end.
    var isFinished: Bool { basis.isEmpty || diagonal.count >= limit || offDiagonal.last == 0 }

    /// The vector that waits for its product.
    var current: Vector { basis[basis.count - 1] }

    /// Takes the product with ``current``, which is overwritten.
    mutating func advance(_ image: consuming Vector, against locked: [Vector]) throws {
        var image = image
        let previous = offDiagonal.last ?? 0
        let alpha: Double
        let beta: Double
        if keepsBasis {
            let remainder = try Orthogonalization(&image, against: locked + basis)
            alpha = remainder.coefficients[locked.count + basis.count - 1]
            beta = remainder.norm
        } else {
            if basis.count > 1 { try image.add(-previous, times: basis[0]) }
            alpha = try image.dot(current)
            try image.add(-alpha, times: current)
            beta = try image.dot(image).squareRoot()
        }
        scale = max(scale, (alpha * alpha + beta * beta + previous * previous).squareRoot())
        diagonal.append(alpha)
        guard beta > noiseFloor * scale, diagonal.count < limit else {
            offDiagonal.append(diagonal.count < limit ? 0 : beta)
            return
        }
        offDiagonal.append(beta)
        try image.scale(by: 1 / beta)
        if !keepsBasis, basis.count > 1 { basis.removeFirst() }
        basis.append(image)
    }

    /// Ritz values with quadrature weights and residuals.
    func ritz() throws(KrylovError) -> RitzQuadrature {
        let n = diagonal.count
        var matrix = [Double](repeating: 0, count: n * n)
        for k in 0..<n {
            matrix[k * n + k] = diagonal[k]
            if k + 1 < n { (matrix[k * n + k + 1], matrix[(k + 1) * n + k]) = (offDiagonal[k], offDiagonal[k]) }
        }
        let system = try SymmetricEigensystem(matrix, order: n)
        let out = offDiagonal.last ?? 0
        return RitzQuadrature(
            values: system.values, vectors: system.vectors, weights: system.vectors.map { $0[0] * $0[0] },
            residuals: system.vectors.map { abs(out * $0[n - 1]) }, scale: scale)
    }

    /// The chosen Ritz vectors; the basis is used up.
    mutating func takeVectors(_ ritz: RitzQuadrature, _ chosen: [Int]) throws -> LockedPairs<Vector> {
        var vectors = Array(basis.prefix(diagonal.count))
        basis = []
        try Vector.combine(&vectors, coefficients: chosen.map { ritz.vectors[$0] })
        return LockedPairs(values: chosen.map { ritz.values[$0] }, vectors: vectors)
    }
}

/// The Gauss quadrature of one probe.
struct RitzQuadrature {
    var values: [Double]
    var vectors: [[Double]]
    var weights: [Double]
    var residuals: [Double]
    var scale: Double

    /// The positions of Ritz pairs that stand for one eigenvalue each, known well enough to count it as 1/n.
    ///
    /// The residual must be small against the distance to the next Ritz value: within it then lies an eigenvalue, and the
    /// Krylov space tells it from all others. n times the weight is χ² with as many degrees of freedom as the eigenvalue has
    /// copies; beyond 10.8 it is a single one with a probability of less than 0.1 %.
    func lockable(dimension: Int, reserved: Int) -> [Int] {
        guard values.count > 1 else { return [] }
        let room = Double(dimension - reserved)
        var chosen = values.indices.filter { k in
            let below = k > 0 ? values[k] - values[k - 1] : .infinity
            let above = k + 1 < values.count ? values[k + 1] - values[k] : .infinity
            return residuals[k] <= 0.05 * min(below, above) && residuals[k] <= 0.01 * scale && weights[k] * room < 10.8
        }
        // One value must be left to carry the rest of the weight, which is 1/n as well where the whole space is spanned.
        if chosen.count == values.count, let last = chosen.max(by: { residuals[$0] < residuals[$1] }) {
            chosen.removeAll { $0 == last }
        }
        return chosen
    }

    /// Nodes and weights of the whole spectrum: 1/n for the known values, the rest shared among the others.
    func quadrature(dimension: Int, locked: [Double], own: [Int]) -> Quadrature {
        let single = 1 / Double(dimension)
        let isOwn = Set(own)
        let rest = values.indices.filter { !isOwn.contains($0) }
        let share = 1 - single * Double(locked.count + own.count)
        let total = rest.reduce(0) { $0 + weights[$1] }
        var pairs = (locked + own.map { values[$0] }).map { (node: $0, weight: single) }
        pairs += rest.map { k in
            (node: values[k], weight: total > 0 ? weights[k] * share / total : share / Double(rest.count))
        }
        pairs.sort { $0.node < $1.node }
        return Quadrature(nodes: pairs.map(\.node), weights: pairs.map(\.weight))
    }
}
