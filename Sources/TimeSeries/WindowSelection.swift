/// Which windows of a split are taken.
public enum WindowSelection: Sendable, Equatable {
    /// Every start of every channel.
    case all
    /// Every S-th start of every channel, beginning with the first; no randomness.
    case stride(Int)
    /// N distinct (channel, start) pairs drawn by a seed, then put in order.
    case random(count: Int, seed: UInt64)
}

extension WindowSelection: CustomStringConvertible {
    /// For provenance: `all`, `stride 24` or `random 256 (seed 0)`.
    public var description: String {
        switch self {
        case .all: "all"
        case .stride(let step): "stride \(step)"
        case .random(let count, let seed): "random \(count) (seed \(seed))"
        }
    }
}

/// `count` distinct integers of `0..<total` in ascending order, all subsets equally likely (Floyd's method).
///
/// Draws and memory are proportional to `count`, whatever `total`.
func sampledIndexes(count: Int, of total: Int, seed: UInt64) -> [Int] {
    var random = StableRandom(seed: seed)
    var chosen: Set<Int> = []
    for top in total - count..<total {
        let candidate = random.below(top + 1)
        chosen.insert(chosen.contains(candidate) ? top : candidate)
    }
    return chosen.sorted()
}
