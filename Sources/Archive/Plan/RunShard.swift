/// Which share of a run a file holds, where several files hold it between them.
public struct RunShard: Hashable, Sendable, CustomStringConvertible {
    /// From 1 to ``count``.
    public let index: Int
    /// The number of files.
    public let count: Int

    /// `nil` unless 1 ≤ index ≤ count.
    public init?(index: Int, count: Int) {
        guard index >= 1, index <= count else { return nil }
        self.index = index
        self.count = count
    }

    /// For people: "2 of 4".
    public var description: String { "\(index) of \(count)" }

    /// What the root of a shard says of itself, beside what every root says.
    static let attributes: Set<String> = ["shard", "shards", "shard_complete"]
}

/// One thing that a run computes and that has a status of its own.
public enum RunItem: Hashable, Sendable {
    /// A number.
    case scalar(variant: String, path: String)
    /// An array.
    case array(variant: String, path: String)
    /// A point of a line, plane or volume, in the order of the file.
    case point(variant: String, grid: GridID, index: Int)
}
