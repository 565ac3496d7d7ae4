/// How high a straight line between two weights rises: the barrier of linear mode connectivity, by both definitions in use.
public struct LossBarrier: Sendable, Equatable {
    /// max over t of L(t) − ((1 − t) L(0) + t L(1)), at least 0 (Entezari et al. 2022, arXiv 2110.06296).
    public let aboveInterpolation: Double
    /// max over t of L(t), minus the mean of both ends (Frankle et al. 2020, arXiv 1912.05671). Not negative where an end counts as
    /// a point of the line.
    public let aboveMeanOfEnds: Double

    /// The barrier from losses at positions between 0 and 1, of which others are left out.
    ///
    /// `nil` without the ends, whose losses must be finite. An infinite loss between them makes both infinite; a NaN is left out. At least 25
    /// points are advised: what lies between them is not seen.
    public init?(t: [Double], loss: [Double]) {
        guard let first = t.firstIndex(of: 0), let last = t.firstIndex(of: 1), loss[first].isFinite, loss[last].isFinite
        else { return nil }
        let (start, end) = (loss[first], loss[last])
        var (rise, highest) = (0.0, max(start, end))
        for (position, value) in zip(t, loss) where position >= 0 && position <= 1 && !value.isNaN {
            rise = max(rise, value - ((1 - position) * start + position * end))
            highest = max(highest, value)
        }
        aboveInterpolation = rise
        aboveMeanOfEnds = highest - (start + end) / 2
    }
}

/// How rough a slice is. There is no canonical definition; these are this toolkit's own. None depends on the scale or the offset of the
/// loss, all depend on range and resolution, so compare slices of one grid alone.
public struct SliceRoughness: Sendable, Equatable {
    /// Σ|ΔL| between neighbours over (max L − min L): 1 for a monotone line, 2 for a valley whose ends are equally high. For a plane the
    /// mean over its rows and columns, each over the range of the plane.
    public let totalVariation: Double
    /// Points lower than every neighbour (2 on a line, 8 on a plane); points of the edge do not count.
    public let localMinima: Int
    /// The root mean square distance from the best quadratic polynomial, over the standard deviation of the losses: 0 for a quadratic
    /// bowl, 1 where a quadratic explains nothing.
    public let quadraticDeviation: Double

    /// The roughness of a line at ascending positions. `nil` for fewer than four points, or where a loss is not finite.
    public init?(t: [Double], loss: [Double]) {
        guard t.count >= 4, loss.allSatisfy(\.isFinite) else { return nil }
        let range = SliceRoughness.range(loss)
        totalVariation = range > 0 ? SliceRoughness.variation(loss) / range : 0
        localMinima = (1..<(t.count - 1)).count { loss[$0] < loss[$0 - 1] && loss[$0] < loss[$0 + 1] }
        let scale = max(abs(t.first!), abs(t.last!), .leastNormalMagnitude)
        quadraticDeviation = SliceRoughness.deviation(loss, t.map { [1, $0 / scale, $0 / scale * ($0 / scale)] })
    }

    /// The roughness of a plane, row by row (row = y). `nil` for fewer than three rows or columns, or where a loss is not finite.
    public init?(x: [Double], y: [Double], loss: [Double]) {
        guard x.count >= 3, y.count >= 3, loss.allSatisfy(\.isFinite) else { return nil }
        let (columns, rows) = (x.count, y.count)
        let range = SliceRoughness.range(loss)
        var variations: [Double] = []
        for row in 0..<rows {
            variations.append(SliceRoughness.variation(Array(loss[(row * columns)..<((row + 1) * columns)])))
        }
        for column in 0..<columns {
            variations.append(SliceRoughness.variation((0..<rows).map { loss[$0 * columns + column] }))
        }
        totalVariation = range > 0 ? variations.reduce(0, +) / Double(variations.count) / range : 0
        var minima = 0
        for row in 1..<(rows - 1) {
            for column in 1..<(columns - 1) {
                let centre = loss[row * columns + column]
                let neighbours = [-1, 0, 1].flatMap { dy in [-1, 0, 1].map { (dy, $0) } }.filter { $0 != (0, 0) }
                if neighbours.allSatisfy({ centre < loss[(row + $0.0) * columns + column + $0.1] }) { minima += 1 }
            }
        }
        localMinima = minima
        let scaleX = max(abs(x.first!), abs(x.last!), .leastNormalMagnitude)
        let scaleY = max(abs(y.first!), abs(y.last!), .leastNormalMagnitude)
        let terms = y.flatMap { y in
            x.map { x in
                let (u, v) = (x / scaleX, y / scaleY)
                return [1, u, v, u * u, u * v, v * v]
            }
        }
        quadraticDeviation = SliceRoughness.deviation(loss, terms)
    }

    private static func range(_ values: [Double]) -> Double { values.max()! - values.min()! }

    private static func variation(_ values: [Double]) -> Double {
        zip(values, values.dropFirst()).reduce(0) { $0 + abs($1.1 - $1.0) }
    }

    /// What least squares on the terms leave, over the deviation from the mean.
    private static func deviation(_ values: [Double], _ terms: [[Double]]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        guard spread > 0 else { return 0 }
        // Modified Gram-Schmidt on the columns; few and well scaled.
        var columns = terms[0].indices.map { k in terms.map { $0[k] } }
        var rest = values.map { $0 - mean }
        for k in columns.indices {
            let original = columns[k].reduce(0) { $0 + $1 * $1 }
            for _ in 0..<2 {
                for j in 0..<k {
                    let share = zip(columns[j], columns[k]).reduce(0) { $0 + $1.0 * $1.1 }
                    for i in columns[k].indices { columns[k][i] -= share * columns[j][i] }
                }
            }
            let square = columns[k].reduce(0) { $0 + $1 * $1 }
            guard square > 1e-20 * max(original, .leastNormalMagnitude) else {
                columns[k] = columns[k].map { _ in 0 }
                continue
            }
            let norm = square.squareRoot()
            for i in columns[k].indices { columns[k][i] /= norm }
            let share = zip(columns[k], rest).reduce(0) { $0 + $1.0 * $1.1 }
            for i in rest.indices { rest[i] -= share * columns[k][i] }
        }
        return (rest.reduce(0) { $0 + $1 * $1 } / spread).squareRoot()
    }
}
