/// The chosen positions of one dimension of a grid, its ends among them.
struct GridNodes {
    let coordinates: [Double]
    /// Ascending positions in `coordinates`.
    private(set) var nodes: [Int]

    /// Up to 9 evenly spaced positions.
    init(_ coordinates: [Double]) {
        self.coordinates = coordinates
        let (count, most) = (coordinates.count, 9)
        nodes =
            count <= most
            ? Array(coordinates.indices)
            : (0..<most).map { Int((Double($0 * (count - 1)) / Double(most - 1)).rounded()) }
    }

    /// Pairs of neighbouring nodes with positions between them, by the first one's place in `nodes`.
    var gaps: [Int] { nodes.indices.dropLast().filter { nodes[$0 + 1] - nodes[$0] > 1 } }

    /// The position in the middle of a gap.
    func middle(_ gap: Int) -> Int { (nodes[gap] + nodes[gap + 1]) / 2 }

    /// The middles of the gap in which a position lies, and of its neighbours; where nodes touch, the node.
    func middles(around position: Int) -> [Int] {
        let gap = gap(of: position)
        return (max(gap - 1, 0)...min(gap + 1, max(nodes.count - 2, 0))).map { place in
            place + 1 < nodes.count ? middle(place) : nodes[place]
        }
    }

    func isNode(_ position: Int) -> Bool { nodes[gap(of: position)] == position }

    /// The place in `nodes` of the last node that is not above a position.
    func gap(of position: Int) -> Int {
        var (low, high) = (0, nodes.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if nodes[middle] <= position { low = middle } else { high = middle }
        }
        return low
    }

    /// The position at a share of the dimension's length, moved from a node to the middle of the nearest gap; where there is no gap
    /// it is a node.
    func offNode(_ share: Double) -> Int {
        let position = min(Int(share * Double(coordinates.count)), coordinates.count - 1)
        guard isNode(position) else { return position }
        let nearest = gaps.min { abs(middle($0) - position) < abs(middle($1) - position) }
        return nearest.map(middle) ?? position
    }

    /// Makes the middles of some gaps nodes.
    mutating func halve(_ gaps: Set<Int>) {
        nodes = (nodes + gaps.map(middle)).sorted()
    }

    /// For every position the weights of the nodes.
    var weights: [[Double]] {
        let spline = CubicSpline(nodes: nodes.map { coordinates[$0] })
        return coordinates.indices.map { position in
            // Exactly one at nodes, without the rounding of others.
            let place = gap(of: position)
            return nodes[place] == position
                ? nodes.indices.map { $0 == place ? 1 : 0 } : spline.weights(at: coordinates[position])
        }
    }

    /// For every inner node the weights of the others that interpolate there; nothing below 5 nodes.
    var leaveOneOutWeights: [[Double]] {
        guard nodes.count >= 5 else { return [] }
        let positions = nodes.map { coordinates[$0] }
        return (1..<(positions.count - 1)).map { left in
            var others = positions
            others.remove(at: left)
            var weights = CubicSpline(nodes: others).weights(at: positions[left])
            weights.insert(0, at: left)
            return weights
        }
    }
}

/// How much a spline's nodes say that their neighbours do not: what is left at each node when the others interpolate there, an early
/// and generous picture of where the spline errs, for no evaluation.
struct Surplus {
    /// [row node][column gap], the larger of both ends' residuals along x.
    private let x: [[Double]]
    /// [row gap][column node].
    private let y: [[Double]]

    init(_ values: [[Double]], columns: GridNodes, rows: GridNodes) {
        let alongX = columns.leaveOneOutWeights
        x = values.map { Surplus.gaps($0, alongX) }
        let alongY = rows.leaveOneOutWeights
        let byColumn = columns.nodes.indices.map { column in Surplus.gaps(values.map { $0[column] }, alongY) }
        y = rows.nodes.indices.dropLast().map { gap in byColumn.map { $0[gap] } }
    }

    /// The ends, which nothing interpolates, count as their neighbours.
    private static func gaps(_ values: [Double], _ weights: [[Double]]) -> [Double] {
        guard !weights.isEmpty else { return values.dropLast().map { _ in 0 } }
        let inner = weights.enumerated().map { node, weights in
            abs(zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 } - values[node + 1])
        }
        let residuals = [inner[0]] + inner + [inner[inner.count - 1]]
        return zip(residuals, residuals.dropFirst()).map { max($0, $1) }
    }

    /// The row node at which a gap between columns shows most.
    func worstRow(columnGap: Int) -> Int { x.indices.max { (x[$0][columnGap], $1) < (x[$1][columnGap], $0) } ?? 0 }
    /// The column node at which a gap between rows shows most.
    func worstColumn(rowGap: Int) -> Int {
        let row = y[rowGap]
        return row.indices.max { (row[$0], $1) < (row[$1], $0) } ?? 0
    }

    func along(x cell: (row: Int, column: Int)) -> Double {
        max(x[cell.row][cell.column], x[cell.row + 1][cell.column])
    }
    func along(y cell: (row: Int, column: Int)) -> Double {
        max(y[cell.row][cell.column], y[cell.row][cell.column + 1])
    }
}
