import Krylov
import Tensor

/// The self-check of curvature: a dense block of the Hessian, built entry by entry, against everything else that is computed.
public struct DenseCheck: Sendable, Equatable {
    /// The parameter the block belongs to.
    public let parameter: String
    /// The order of the block.
    public let entries: Int
    /// max |Bᵢⱼ − Bⱼᵢ| / max |B|.
    public let asymmetry: Double
    /// The largest error of a column against central differences of the gradient, over the largest entry.
    public let derivativeError: Double
    /// The largest error of Lanczos' eigenvalues at both ends against the dense block's, over the largest in magnitude.
    public let eigenvalueError: Double
    /// How far the trace by probes is from the dense one, in units of max(standard error, rounding).
    public let traceDeviation: Double

    /// What each figure may be in a precision: rounding for float64, and for float32 what differences of gradients leave.
    public static func tolerances(_ dtype: DType) -> (asymmetry: Double, derivative: Double, eigenvalue: Double) {
        dtype == .float64 ? (1e-9, 1e-4, 1e-8) : (1e-3, 0.05, 1e-3)
    }

    /// Whether all is well in a precision.
    public func passes(_ dtype: DType) -> Bool {
        let allowed = DenseCheck.tolerances(dtype)
        return asymmetry <= allowed.asymmetry && derivativeError <= allowed.derivative
            && eigenvalueError <= allowed.eigenvalue && traceDeviation <= 6
    }

    /// Builds and compares a block of at most `limit` entries of the network's smallest inner matrix.
    ///
    /// Cost: about 2 · limit + 40 products, 8 gradients, over the parameters of one small layer.
    public init(_ objective: Objective, at θ: Tensor, limit: Int = 48, seed: UInt64) throws {
        let parameters = objective.function.layout.parameters
        // The smallest matrix inside the network; the output is linear in a head, whose block would say little.
        let inner = parameters.indices.filter { parameters[$0].role == .weight && parameters[$0].part != .head }
        let chosen =
            (inner.isEmpty ? Array(parameters.indices) : inner)
            .min { parameters[$0].count < parameters[$1].count } ?? 0
        let (block, point) = try objective.restricted(to: [chosen], at: θ)
        let count = min(limit, block.dimension)
        let positions = (0..<count).map { $0 * block.dimension / count }
        let entries = EntriesOperator(CurvatureOperator(block, at: point), positions: positions, like: point)
        let rows = try entries.apply(
            (0..<count).map { index in
                let unit = try Tensor.zeros([count], dtype: point.dtype)
                try unit.narrowed(0, from: index, count: 1).fillInPlace(1)
                return FlatVector(unit)
            }
        ).map { try $0.tensor.doubles }

        var (largest, skew) = (0.0, 0.0)
        for i in 0..<count {
            for j in 0..<count {
                largest = max(largest, abs(rows[i][j]))
                skew = max(skew, abs(rows[i][j] - rows[j][i]))
            }
        }
        let scale = max(largest, .leastNormalMagnitude)
        parameter = parameters[chosen].name
        self.entries = count
        asymmetry = skew / scale
        derivativeError = try DenseCheck.differences(block, point, positions, rows) / scale

        let symmetric = rows.indices.flatMap { i in rows.indices.map { (rows[i][$0] + rows[$0][i]) / 2 } }
        let values = try SymmetricEigensystem(symmetric, order: count).values
        let noise = max(1e-12, 8 * objective.dtype.epsilon)
        let spectrum = try Lanczos(
            largest: 3, smallest: 3, tolerance: 1e-6, maximumApplications: 4 * count + 20, noiseFloor: noise
        ).run(entries) { index in
            FlatVector(try RandomStream(seed: seed, "self-check", index).normal([count]).to(point.dtype))
        }
        var error = 0.0
        for (pair, value) in zip(spectrum.largest, values.reversed()) { error = max(error, abs(pair.value - value)) }
        for (pair, value) in zip(spectrum.smallest, values) { error = max(error, abs(pair.value - value)) }
        let norm = max(values.map(abs).max() ?? 0, .leastNormalMagnitude)
        eigenvalueError = error / norm

        let samples = min(16, max(2, count))
        let estimate = try Hutchinson(minimumSamples: samples, maximumSamples: samples).run(
            entries, blockSize: 4,
            probe: { index in
                FlatVector(try RandomStream(seed: seed, "self-check signs", index).signs([count], dtype: point.dtype))
            })
        let exact = values.reduce(0, +)
        let rounding = Double(count) * norm * max(1e-12, 100 * objective.dtype.epsilon)
        traceDeviation = abs(estimate.trace - exact) / max(estimate.standardError, rounding)
    }

    /// The largest deviation of a few columns from central differences of the gradient.
    private static func differences(
        _ block: Objective, _ point: Tensor, _ positions: [Int], _ rows: [[Double]]
    ) throws -> Double {
        // The step that balances rounding and curvature, for entries of order one.
        let step = block.dtype == .float64 ? 1e-5 : 1e-2
        var error = 0.0
        for column in stride(from: 0, to: positions.count, by: max(1, positions.count / 4)) {
            func gradient(_ sign: Double) throws -> [Double] {
                let moved = try point.copy()
                let entry = try moved.narrowed(0, from: positions[column], count: 1)
                try entry.fillInPlace(entry.item + sign * step)
                return try block.gradient(at: moved).to(.float64, device: .cpu).doubles
            }
            let (ahead, behind) = (try gradient(1), try gradient(-1))
            for (row, position) in positions.enumerated() {
                let difference = (ahead[position] - behind[position]) / (2 * step)
                error = max(error, abs(difference - rows[column][row]))
            }
        }
        return error
    }
}

/// A matrix restricted to some entries of its vectors.
private struct EntriesOperator<Base: SymmetricOperator>: SymmetricOperator where Base.Vector == FlatVector {
    let base: Base
    let positions: [Int]
    let example: Tensor

    init(_ base: Base, positions: [Int], like example: Tensor) {
        self.base = base
        self.positions = positions
        self.example = example
    }

    var dimension: Int { positions.count }

    func apply(_ vectors: [FlatVector]) throws -> [FlatVector] {
        let embedded = try vectors.map { vector in
            let whole = try example.zerosLike()
            for (position, value) in zip(positions, try vector.tensor.to(.float64, device: .cpu).doubles) {
                try whole.narrowed(0, from: position, count: 1).fillInPlace(value)
            }
            return FlatVector(whole)
        }
        return try base.apply(embedded).map { product in
            let all = try product.tensor.to(.float64, device: .cpu).doubles
            return FlatVector(try Tensor(positions.map { all[$0] }).to(example.dtype))
        }
    }
}
