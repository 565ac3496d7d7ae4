/// The merge tree of a surface or a volume on a grid: where basins of growing level meet.
///
/// Points are taken in the order of their loss; each joins the basins of its 8 (in a volume 26) neighbours that came before it. Where two meet, the
/// one with the higher minimum ends: the point is its saddle, and saddle − minimum its persistence (Edelsbrunner & Harer, *Computational
/// Topology*, 2010, VII.1). The lowest minimum has no saddle. Ties are broken by position, so a plateau is one basin.
/// Cost: a sort and nearly linear work.
public struct MergeTree: Sendable, Equatable {
    /// A basin that ends.
    public struct Basin: Sendable, Equatable {
        /// Position of its minimum, row-major.
        public var minimum: Int
        /// Position of the saddle where it meets a deeper one.
        public var saddle: Int
        /// Loss at the saddle less loss at the minimum.
        public var persistence: Double
    }

    /// All basins but the deepest, by falling persistence.
    public let basins: [Basin]
    /// max − min of the losses.
    public let range: Double

    /// The tree of a surface of `width` columns; `nil` where a value is not finite or the surface is flat.
    public init?(_ loss: [Double], width: Int) {
        guard width > 0, loss.count % width == 0 else { return nil }
        self.init(loss, counts: [width, loss.count / width])
    }

    /// The tree of a grid with these numbers of points along each direction, the fastest first; `nil` where a value is not finite or all
    /// are equal.
    public init?(_ loss: [Double], counts: [Int]) {
        guard !loss.isEmpty, loss.count == counts.reduce(1, *), loss.allSatisfy(\.isFinite),
            let low = loss.min(), let high = loss.max(), high > low
        else { return nil }
        range = high - low
        let grid = GridNeighbours(counts)
        let order = loss.indices.sorted { loss[$0] != loss[$1] ? loss[$0] < loss[$1] : $0 < $1 }
        var rank = [Int](repeating: 0, count: loss.count)
        for (position, index) in order.enumerated() { rank[index] = position }
        // The root of a basin is its minimum.
        var parent = [Int](repeating: -1, count: loss.count)
        func root(_ index: Int) -> Int {
            var index = index
            while parent[index] != index {
                parent[index] = parent[parent[index]]
                index = parent[index]
            }
            return index
        }
        var found: [Basin] = []
        for index in order {
            parent[index] = index
            for neighbour in grid.of(index) where parent[neighbour] >= 0 {
                let (a, b) = (root(index), root(neighbour))
                guard a != b else { continue }
                let (deep, shallow) = rank[a] < rank[b] ? (a, b) : (b, a)
                parent[shallow] = deep
                // The point itself is no basin of its own when it has a lower neighbour.
                if shallow != index {
                    found.append(Basin(minimum: shallow, saddle: index, persistence: loss[index] - loss[shallow]))
                }
            }
        }
        basins = found.filter { $0.persistence > 0 }.sorted {
            $0.persistence != $1.persistence ? $0.persistence > $1.persistence : $0.minimum < $1.minimum
        }
    }

    /// The mean persistence over basins, as a share of the range: the saddle-minimum average distance, 0 for one basin
    /// (arXiv 2602.07135).
    public var meanPersistence: Double {
        basins.isEmpty ? 0 : basins.reduce(0) { $0 + $1.persistence } / Double(basins.count) / range
    }

    /// The largest persistence as a share of the range: the depth of the second basin, 0 for one basin.
    public var largestPersistence: Double { (basins.first?.persistence ?? 0) / range }
}
