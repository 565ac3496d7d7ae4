/// V ← V C in place, for a tall matrix C, by C = Pᵀ L U Qᵀ with complete pivoting.
///
/// Column c of V L needs only columns c, c+1, … of V, so going upwards each result may overwrite its own column; column c of
/// the product with U needs only columns 0 … c, so going downwards likewise. The work equals that of the plain product
/// (rows · columns scaled additions) and no vector is allocated. Complete pivoting bounds the entries of L by 1 and
/// keeps U well conditioned for the orthonormal C met here.
struct TriangularCombination {
    private let rows: Int
    private let columns: Int
    /// The factors packed into one array, entry (r, c) at `r * columns + c`: U on and above the diagonal, L below.
    private var factors: [Double]
    /// The row exchanged with row c at step c.
    private var rowExchanges: [Int] = []
    /// The column exchanged with column c at step c.
    private var columnExchanges: [Int] = []

    /// Factorises the matrix whose column c is `coefficients[c]`, of `rows` entries; not more columns than rows.
    init(_ coefficients: [[Double]], rows: Int) {
        self.rows = rows
        columns = coefficients.count
        factors = [Double](repeating: 0, count: rows * columns)
        for c in 0..<columns {
            for r in 0..<rows { factors[r * columns + c] = coefficients[c][r] }
        }
        for step in 0..<columns { eliminate(step) }
    }

    private mutating func eliminate(_ step: Int) {
        var (row, column, largest) = (step, step, 0.0)
        for r in step..<rows {
            for c in step..<columns where abs(factors[r * columns + c]) > largest {
                (row, column, largest) = (r, c, abs(factors[r * columns + c]))
            }
        }
        rowExchanges.append(row)
        columnExchanges.append(column)
        if row != step {
            for c in 0..<columns { factors.swapAt(row * columns + c, step * columns + c) }
        }
        if column != step {
            for r in 0..<rows { factors.swapAt(r * columns + column, r * columns + step) }
        }
        guard largest > 0 else { return }
        let pivot = factors[step * columns + step]
        for r in (step + 1)..<max(rows, step + 1) {
            let multiplier = factors[r * columns + step] / pivot
            factors[r * columns + step] = multiplier
            guard multiplier != 0 else { continue }
            for c in (step + 1)..<max(columns, step + 1) {
                factors[r * columns + c] -= multiplier * factors[step * columns + c]
            }
        }
    }

    /// Replaces the vectors by their combinations.
    func apply<Vector: KrylovVector>(to basis: inout [Vector]) throws {
        for (step, row) in rowExchanges.enumerated() where row != step { basis.swapAt(step, row) }
        for c in 0..<columns {
            for r in (c + 1)..<max(rows, c + 1) where factors[r * columns + c] != 0 {
                try basis[c].add(factors[r * columns + c], times: basis[r])
            }
        }
        basis.removeLast(rows - columns)
        for c in (0..<columns).reversed() {
            try basis[c].scale(by: factors[c * columns + c])
            for r in 0..<c where factors[r * columns + c] != 0 {
                try basis[c].add(factors[r * columns + c], times: basis[r])
            }
        }
        for (step, column) in columnExchanges.enumerated().reversed() where column != step {
            basis.swapAt(step, column)
        }
    }
}
