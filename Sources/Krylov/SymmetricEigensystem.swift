/// All eigenvalues and eigenvectors of a small dense symmetric matrix.
///
/// Householder reduction to tridiagonal form, then implicitly shifted QR steps with Wilkinson's shift (Golub & Van Loan,
/// *Matrix Computations*, 4th ed., 8.3). Normwise backward stable: ‖A zᵢ − λᵢ zᵢ‖ is a small multiple of ε‖A‖, and
/// Z Zᵀ = I to a small multiple of ε. About 9 n³ operations, 2 n² numbers. Meant for n up to a few hundred.
public struct SymmetricEigensystem: Sendable {
    /// The eigenvalues, ascending.
    public private(set) var values: [Double]
    /// `vectors[i]` is the unit eigenvector of `values[i]`.
    public private(set) var vectors: [[Double]]

    /// Decomposes a matrix given by rows, `order · order` numbers of which only the lower triangle is read.
    ///
    /// Throws ``KrylovError/denseEigenproblem(order:reason:)`` when the count is wrong, an entry is not finite, or, which
    /// has no known example, the iteration stalls.
    public init(_ matrix: [Double], order n: Int) throws(KrylovError) {
        guard n >= 0, matrix.count == n * n else {
            throw .denseEigenproblem(order: n, reason: "expected \(n * n) numbers, found \(matrix.count)")
        }
        var magnitude = 0.0
        for r in 0..<n {
            for c in 0...r {
                let entry = abs(matrix[r * n + c])
                guard entry.isFinite else {
                    throw .denseEigenproblem(order: n, reason: "entry (\(r), \(c)) is not finite")
                }
                magnitude = max(magnitude, entry)
            }
        }
        // Scaled to entries of at most 1, so that squares neither overflow nor vanish.
        var work = [Double](repeating: 0, count: n * n)
        if magnitude > 0 {
            for r in 0..<n {
                for c in 0...r {
                    work[r * n + c] = matrix[r * n + c] / magnitude
                    work[c * n + r] = work[r * n + c]
                }
            }
        }
        var tridiagonal = Tridiagonal(reducing: &work, order: n)
        guard tridiagonal.diagonalize() else { throw .denseEigenproblem(order: n, reason: "the QR iteration stalled") }
        let diagonal = tridiagonal.diagonal
        let order = diagonal.indices.sorted { (diagonal[$0], $0) < (diagonal[$1], $1) }
        values = order.map { diagonal[$0] * magnitude }
        vectors = order.map { Array(tridiagonal.transform[($0 * n)..<($0 * n + n)]) }
    }
}

/// A symmetric tridiagonal matrix T with the transform Z for which Z A Zᵀ = T.
private struct Tridiagonal {
    var diagonal: [Double]
    /// Entry k couples k and k + 1.
    var offDiagonal: [Double]
    /// Z by rows: the vectors of the basis in which A is T, each contiguous.
    var transform: [Double]

    /// Householder reduction of the full symmetric matrix `a`, which is used up.
    init(reducing a: inout [Double], order n: Int) {
        diagonal = [Double](repeating: 0, count: n)
        offDiagonal = [Double](repeating: 0, count: max(0, n - 1))
        transform = [Double](repeating: 0, count: n * n)
        var factor = [Double](repeating: 0, count: n)
        var product = [Double](repeating: 0, count: n)
        for k in 0..<n {
            diagonal[k] = a[k * n + k]
            guard k + 1 < n else { break }
            // The reflector I − β v vᵀ turns row k, right of the diagonal, into (off, 0, …, 0); v stays in that row.
            a.withUnsafeMutableBufferPointer { a in
                let row = k * n
                var tail = 0.0
                for c in (k + 2)..<max(n, k + 2) { tail += a[row + c] * a[row + c] }
                let head = a[row + k + 1]
                guard tail > 0 else {
                    offDiagonal[k] = head
                    return
                }
                let length = (head * head + tail).squareRoot()
                offDiagonal[k] = head > 0 ? -length : length
                let v0 = head - offDiagonal[k]
                let beta = 2 / (v0 * v0 + tail)
                a[row + k + 1] = v0
                factor[k] = beta
                // A₂₂ ← A₂₂ − v wᵀ − w vᵀ with p = β A₂₂ v and w = p − (β/2)(pᵀv) v.
                var inner = 0.0
                for r in (k + 1)..<n {
                    var sum = 0.0
                    for c in (k + 1)..<n { sum += a[r * n + c] * a[row + c] }
                    product[r] = beta * sum
                    inner += product[r] * a[row + r]
                }
                for r in (k + 1)..<n { product[r] -= 0.5 * beta * inner * a[row + r] }
                for r in (k + 1)..<n {
                    let (v, w) = (a[row + r], product[r])
                    for c in (k + 1)..<n { a[r * n + c] -= v * product[c] + w * a[row + c] }
                }
            }
        }
        accumulate(a, factor, n)
    }

    /// Z = product of the reflectors, built from the last one so that each touches only the trailing block.
    private mutating func accumulate(_ a: [Double], _ factor: [Double], _ n: Int) {
        transform.withUnsafeMutableBufferPointer { z in
            for k in 0..<n { z[k * n + k] = 1 }
            for k in (0..<max(0, n - 1)).reversed() where factor[k] != 0 {
                for r in (k + 1)..<n {
                    var sum = 0.0
                    for c in (k + 1)..<n { sum += z[r * n + c] * a[k * n + c] }
                    let scaled = factor[k] * sum
                    for c in (k + 1)..<n { z[r * n + c] -= scaled * a[k * n + c] }
                }
            }
        }
    }

    /// QR steps on the trailing unreduced block until all couplings are negligible; false when that takes too long.
    mutating func diagonalize() -> Bool {
        var high = diagonal.count - 1
        var stepsLeft = 60 * diagonal.count
        while high > 0 {
            if isNegligible(high - 1) {
                offDiagonal[high - 1] = 0
                high -= 1
                continue
            }
            var low = high - 1
            while low > 0, !isNegligible(low - 1) { low -= 1 }
            guard stepsLeft > 0 else { return false }
            stepsLeft -= 1
            step(low, high)
        }
        return true
    }

    private func isNegligible(_ k: Int) -> Bool {
        // The matrix is scaled to entries of at most 1, so the second bound is far below its rounding errors.
        let coupling = abs(offDiagonal[k])
        return coupling <= 0x1p-53 * (abs(diagonal[k]) + abs(diagonal[k + 1])) || coupling <= 0x1p-106
    }

    private mutating func step(_ low: Int, _ high: Int) {
        let n = diagonal.count
        let half = (diagonal[high - 1] - diagonal[high]) / 2
        let last = offDiagonal[high - 1]
        let root = (half * half + last * last).squareRoot()
        // Wilkinson's shift: the eigenvalue of the trailing 2×2 block nearer to its last entry.
        let shift = diagonal[high] - last * last / (half + (half < 0 ? -root : root))
        var x = diagonal[low] - shift
        var bulge = offDiagonal[low]
        transform.withUnsafeMutableBufferPointer { z in
            for k in low..<high {
                let radius = (x * x + bulge * bulge).squareRoot()
                let cosine = radius > 0 ? x / radius : 1
                let sine = radius > 0 ? bulge / radius : 0
                if k > low { offDiagonal[k - 1] = radius }
                let (p, q, e) = (diagonal[k], diagonal[k + 1], offDiagonal[k])
                let cross = 2 * cosine * sine * e
                diagonal[k] = cosine * cosine * p + cross + sine * sine * q
                diagonal[k + 1] = sine * sine * p - cross + cosine * cosine * q
                offDiagonal[k] = (cosine * cosine - sine * sine) * e + cosine * sine * (q - p)
                if k + 1 < high {
                    x = offDiagonal[k]
                    bulge = sine * offDiagonal[k + 1]
                    offDiagonal[k + 1] *= cosine
                }
                let (first, second) = (k * n, (k + 1) * n)
                for c in 0..<n {
                    let (u, v) = (z[first + c], z[second + c])
                    z[first + c] = cosine * u + sine * v
                    z[second + c] = cosine * v - sine * u
                }
            }
        }
    }
}
