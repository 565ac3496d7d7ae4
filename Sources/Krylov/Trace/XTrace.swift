/// The trace of a symmetric operator by leaving out each probe in turn.
///
/// With probes ω₁ … ω_m, Q an orthonormal basis of HΩ and Qᵢ one of HΩ without column i, each
///
///     tᵢ = Tr(QᵢᵀHQᵢ) + (n − m + 1) xᵢᵀHxᵢ / ‖xᵢ‖²,   xᵢ = (I − QᵢQᵢᵀ) ωᵢ,
///
/// is an estimate, and their mean is the result (Epperly, Tropp & Webber, *SIAM J. Matrix Anal. Appl.* 45, 2024: XTrace, with the
/// normalisation of their section 2.3 and small-matrix algebra of our own). With HΩ = QR, W = QᵀΩ, sᵢ the normalised
/// row i of R⁻¹ and pᵢ = wᵢ − sᵢ(sᵢᵀwᵢ), and T = QᵀHQ,
///
///     Tr(QᵢᵀHQᵢ) = Tr T − sᵢᵀTsᵢ,   xᵢᵀHxᵢ = wᵢᵀrᵢ − 2pᵢᵀrᵢ + pᵢᵀTpᵢ,   ‖xᵢ‖² = ‖ωᵢ‖² − ‖pᵢ‖²,
///
/// so that only Q is kept and only m × m matrices are formed. Exact as soon as m exceeds the rank.
///
/// Costs two products for each probe, m + 2 · blockSize vectors, and one pass over the m probes for each new block.
public struct XTrace: Sendable {
    /// When to stop.
    public var budget: TraceBudget
    /// See ``Lanczos/noiseFloor``.
    public var noiseFloor: Double

    /// Describes an estimate; nothing is checked before it runs.
    public init(budget: TraceBudget, noiseFloor: Double = 1e-12) {
        self.budget = budget
        self.noiseFloor = noiseFloor
    }

    /// Estimates by products with the probes `probe(0)`, `probe(1)`, …
    ///
    /// - Parameters:
    ///   - symmetric: The operator.
    ///   - blockSize: How many vectors the operator is given at once, and how often the stopping rule looks.
    ///   - probe: Gives the i-th random probe: independent entries of mean 0 and variance 1. Called again for the same
    ///     index it must give the same vector.
    ///   - progress: Called with the number of products; throw from it to cancel.
    /// - Throws: ``KrylovError``, and whatever the operator, the vectors and the closures throw.
    public func run<Operator: SymmetricOperator>(
        _ symmetric: Operator, blockSize: Int = 1, probe: (Int) throws -> Operator.Vector,
        progress: ((Int) throws -> Void)? = nil
    ) throws -> ExchangeableTrace {
        try budget.validate(atLeast: 4)
        let most = min(budget.maximumProducts / 2, symmetric.dimension)
        var products = 0
        var state = XTraceState(dimension: symmetric.dimension)
        var basis: [Operator.Vector] = []
        while true {
            let first = basis.count
            let block = try (first..<min(most, first + blockSize)).map { try checkedProbe($0, probe) }
            var isExhausted = false
            for (index, image) in try symmetric.checkedProducts(block, before: products).enumerated() where !isExhausted
            {
                var image = image
                let length = try image.dot(image).squareRoot()
                let remainder = try Orthogonalization(&image, against: basis)
                guard length > 0, remainder.norm > 10 * noiseFloor * length else {
                    // HΩ has stopped growing: its range is all of H's range.
                    isExhausted = true
                    continue
                }
                try image.scale(by: 1 / remainder.norm)
                basis.append(image)
                state.r.append(remainder.coefficients + [remainder.norm])
                state.squaredLengths.append(try block[index].dot(block[index]))
            }
            products += block.count
            let fresh = Array(basis[first...])
            for (offset, image) in try symmetric.checkedProducts(fresh, before: products).enumerated() {
                let dots = try Operator.Vector.dots(basis, with: image)
                state.addColumn(dots, at: first + offset)
            }
            products += fresh.count
            try progress?(products)
            if isExhausted || basis.count == symmetric.dimension {
                return ExchangeableTrace(exactly: state.traceOfProjection, products: products)
            }
            for column in 0..<basis.count {
                // Old probes need only the new basis vectors, new ones all.
                let from = column < first ? first : 0
                let ω = column < first ? try probe(column) : block[column - first]
                state.setComponents(try Operator.Vector.dots(Array(basis[from...]), with: ω), of: column, from: from)
            }
            guard basis.count >= 2 else { continue }
            var result = ExchangeableTrace(state.estimates, products: products)
            let (trace, error) = (result.trace, result.standardError)
            result.converged = budget.isReached(trace, error, samples: basis.count)
            if basis.count >= most || budget.stopsEarly(trace, error, samples: basis.count) { return result }
        }
    }
}

/// The small matrices of ``XTrace``.
private struct XTraceState {
    let dimension: Int
    /// Columns of R, each with its diagonal entry last.
    var r: [[Double]] = []
    /// ‖ωᵢ‖².
    var squaredLengths: [Double] = []
    /// T = QᵀHQ.
    private var t: [[Double]] = []
    /// Columns of W = QᵀΩ.
    private var w: [[Double]] = []

    init(dimension: Int) { self.dimension = dimension }

    var traceOfProjection: Double { t.indices.reduce(0) { $0 + t[$1][$1] } }

    /// The components of Hqⱼ along all basis vectors known so far.
    mutating func addColumn(_ dots: [Double], at column: Int) {
        while t.count < dots.count { t.append([Double](repeating: 0, count: t.count)) }
        for row in t.indices where t[row].count < dots.count {
            t[row] += [Double](repeating: 0, count: dots.count - t[row].count)
        }
        for (row, value) in dots.enumerated() {
            // The mean of both products where both are there.
            let both = row < column ? t[row][column] : value
            let mean = row < column && both != 0 ? (both + value) / 2 : value
            (t[row][column], t[column][row]) = (mean, mean)
        }
    }

    mutating func setComponents(_ values: [Double], of column: Int, from: Int) {
        if column == w.count { w.append([]) }
        w[column] = Array(w[column].prefix(from)) + values
    }

    /// tᵢ for every probe.
    var estimates: [Double] {
        let m = r.count
        let inverse = invertedUpperTriangular(r)
        let total = traceOfProjection
        return (0..<m).map { i in
            // Row i of R⁻¹, normalised: the direction of Q that only probe i reaches.
            var s = (0..<m).map { $0 >= i ? inverse[$0][i] : 0 }
            let length = s.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for k in s.indices { s[k] /= length }
            let sw = zip(s, w[i]).reduce(0) { $0 + $1.0 * $1.1 }
            let p = zip(w[i], s).map { $0 - sw * $1 }
            var (form, squared) = (0.0, squaredLengths[i])
            for (k, entry) in r[i].enumerated() { form += (w[i][k] - 2 * p[k]) * entry }
            form += quadraticForm(p)
            for entry in p { squared -= entry * entry }
            return total - quadraticForm(s) + Double(dimension - m + 1) * form / squared
        }
    }

    private func quadraticForm(_ x: [Double]) -> Double {
        var sum = 0.0
        for (row, xi) in zip(t, x) { for (entry, xj) in zip(row, x) { sum += xi * entry * xj } }
        return sum
    }
}

/// The columns of R⁻¹, each as long as its diagonal allows, from the columns of R.
private func invertedUpperTriangular(_ r: [[Double]]) -> [[Double]] {
    r.indices.map { j in
        var column = [Double](repeating: 0, count: j + 1)
        column[j] = 1 / r[j][j]
        for i in stride(from: j - 1, through: 0, by: -1) {
            var sum = 0.0
            for k in (i + 1)...j { sum += r[k][i] * column[k] }
            column[i] = -sum / r[i][i]
        }
        return column
    }
}
