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
    /// Σ|ΔL| between neighbours over (max L − min L): 1 for a monotone line, 2 for a valley whose ends are equally high. For a plane or
    /// volume the mean over its rows in each direction, each over the range of the whole.
    public let totalVariation: Double
    /// Points lower than every neighbour (2 on a line, 8 on a plane, 26 in a volume); points of the edge do not count.
    public let localMinima: Int
    /// The root mean square distance from the best quadratic polynomial, over the standard deviation of the losses: 0 for a quadratic
    /// bowl, 1 where a quadratic explains nothing.
    public let quadraticDeviation: Double

    /// The roughness of a line at ascending positions. `nil` for fewer than four points, or where a loss is not finite.
    public init?(t: [Double], loss: [Double]) {
        guard t.count >= 4 else { return nil }
        self.init(coordinates: [t], loss: loss)
    }

    /// The roughness of a line, plane or volume, whose first coordinate runs fastest. `nil` for fewer than three points in a direction (four
    /// on a line), or where a loss is not finite.
    public init?(coordinates: [[Double]], loss: [Double]) {
        let counts = coordinates.map(\.count)
        guard counts.allSatisfy({ $0 >= (counts.count == 1 ? 4 : 3) }), loss.count == counts.reduce(1, *),
            loss.allSatisfy(\.isFinite)
        else { return nil }
        let grid = GridNeighbours(counts)
        let range = SliceRoughness.range(loss)
        var variations: [Double] = []
        for (count, stride) in zip(counts, grid.strides) {
            for start in loss.indices where (start / stride) % count == 0 {
                variations.append(SliceRoughness.variation((0..<count).map { loss[start + $0 * stride] }))
            }
        }
        totalVariation = range > 0 ? variations.reduce(0, +) / Double(variations.count) / range : 0
        localMinima = loss.indices.count { index in
            grid.isInside(index) && grid.offsets.allSatisfy { loss[index] < loss[index + $0] }
        }
        // 1, the scaled coordinates, and their products.
        let scaled = zip(coordinates, grid.strides).map { axis, stride in
            let scale = max(abs(axis.first!), abs(axis.last!), .leastNormalMagnitude)
            return loss.indices.map { axis[($0 / stride) % axis.count] / scale }
        }
        var terms = [loss.map { _ in 1.0 }] + scaled
        for a in scaled.indices {
            for b in a..<scaled.count { terms.append(zip(scaled[a], scaled[b]).map { $0 * $1 }) }
        }
        quadraticDeviation = SliceRoughness.deviation(loss, terms)
    }

    private static func range(_ values: [Double]) -> Double { values.max()! - values.min()! }

    private static func variation(_ values: [Double]) -> Double {
        zip(values, values.dropFirst()).reduce(0) { $0 + abs($1.1 - $1.0) }
    }

    /// What least squares on the terms, each a column, leave, over the deviation from the mean.
    private static func deviation(_ values: [Double], _ terms: [[Double]]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        guard spread > 0 else { return 0 }
        // Modified Gram-Schmidt on the columns; few and well scaled.
        var columns = terms
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

/// Neighbours on a grid whose first coordinate runs fastest.
struct GridNeighbours {
    /// How far apart in memory neighbours along each direction are.
    let strides: [Int]
    private let counts: [Int]
    /// Steps to all neighbours, diagonal ones too: from one place along each direction to the next, at most.
    private let steps: [[Int]]
    /// The same as differences of positions; for points that are not on the edge.
    let offsets: [Int]

    init(_ counts: [Int]) {
        self.counts = counts
        var strides = [1]
        for count in counts.dropLast() { strides.append(strides[strides.count - 1] * count) }
        self.strides = strides
        // The last direction is the outermost loop, so that positions ascend.
        var steps: [[Int]] = [[]]
        for _ in counts { steps = [-1, 0, 1].flatMap { step in steps.map { $0 + [step] } } }
        self.steps = steps.filter { $0.contains { $0 != 0 } }
        offsets = self.steps.map { zip($0, strides).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    private func place(_ index: Int, _ direction: Int) -> Int { index / strides[direction] % counts[direction] }

    /// Whether a point has neighbours on all sides.
    func isInside(_ index: Int) -> Bool {
        counts.indices.allSatisfy { (1..<max(1, counts[$0] - 1)).contains(place(index, $0)) }
    }

    /// The neighbours of a point that exist, by ascending position.
    func of(_ index: Int) -> [Int] {
        guard !isInside(index) else { return offsets.map { index + $0 } }
        let places = counts.indices.map { place(index, $0) }
        return zip(steps, offsets).compactMap { step, offset in
            counts.indices.allSatisfy { (0..<counts[$0]).contains(places[$0] + step[$0]) } ? index + offset : nil
        }
    }
}
