/// A multivariate time series: named channels over common, evenly spaced time steps.
///
/// Every value is finite. Values lie channel by channel, so that one channel, and any window of it, is contiguous.
public struct Series: Sendable, Equatable {
    /// One unique name per channel.
    public let names: [String]
    /// Number of time steps.
    public let rows: Int
    /// `[channels, rows]`, row-major: step `t` of channel `c` is `values[c * rows + t]`.
    public let values: [Double]
    /// The file it came from, if any.
    public let path: String?
    /// The time labels of the rows, if the file has them.
    public let labels: TimeLabels?

    /// Number of channels.
    public var channels: Int { names.count }

    /// What messages call this series: its path, or "series".
    public var title: String { path ?? "series" }

    /// All steps of one channel, without a copy.
    public func channel(_ index: Int) -> ArraySlice<Double> { values[index * rows..<(index + 1) * rows] }

    /// A series from columns of equal length.
    ///
    /// - Throws: `invalidArgument` when names and columns differ in number, names repeat, lengths differ, there is no
    ///   value at all, or a value is not finite.
    public init(names: [String], columns: [[Double]], path: String? = nil) throws(TimeSeriesError) {
        let rows = columns.first?.count ?? 0
        guard !names.isEmpty, names.count == columns.count, rows > 0 else {
            throw .invalidArgument(
                name: "columns", found: "\(columns.count) columns of \(rows) rows and \(names.count) names",
                expected: "one name per column and at least one value")
        }
        guard Set(names).count == names.count else {
            throw .invalidArgument(name: "names", found: names.joined(separator: ", "), expected: "no name twice")
        }
        var values: [Double] = []
        values.reserveCapacity(rows * columns.count)
        for (name, column) in zip(names, columns) {
            guard column.count == rows else {
                throw .invalidArgument(name: "column '\(name)'", found: "\(column.count) rows", expected: "\(rows)")
            }
            if let bad = column.firstIndex(where: { !$0.isFinite }) {
                throw .invalidArgument(
                    name: "column '\(name)' row \(bad)", found: "\(column[bad])", expected: "a finite number")
            }
            values.append(contentsOf: column)
        }
        self.init(names: names, rows: rows, values: values, path: path, labels: nil)
    }

    /// Trusts its arguments; for this module's own readers and transformations.
    init(names: [String], rows: Int, values: [Double], path: String?, labels: TimeLabels?) {
        self.names = names
        self.rows = rows
        self.values = values
        self.path = path
        self.labels = labels
    }

    /// The named channels, in the order of `wanted`.
    ///
    /// - Throws: `unknownColumn` with a suggestion; `invalidArgument` when nothing is named or a name comes twice.
    public func selecting(_ wanted: [String]) throws(TimeSeriesError) -> Series {
        let indexes = try columnIndexes(of: wanted, among: names, path: title)
        var kept: [Double] = []
        kept.reserveCapacity(indexes.count * rows)
        for index in indexes { kept.append(contentsOf: channel(index)) }
        return Series(names: wanted, rows: rows, values: kept, path: path, labels: labels)
    }
}

/// Positions of the requested names.
func columnIndexes(
    of wanted: [String], among names: [String], path: String
) throws(TimeSeriesError) -> [Int] {
    guard !wanted.isEmpty else {
        throw .invalidArgument(name: "columns", found: "an empty list", expected: "at least one column name")
    }
    var positions: [String: Int] = [:]
    for (index, name) in names.enumerated() { positions[name] = index }
    var indexes: [Int] = []
    var seen: Set<String> = []
    for name in wanted {
        guard let index = positions[name] else {
            throw .unknownColumn(
                path: path, name: name, suggestion: nearestName(to: name, among: names), available: names)
        }
        guard seen.insert(name).inserted else {
            throw .invalidArgument(name: "columns", found: "'\(name)' twice", expected: "each column once")
        }
        indexes.append(index)
    }
    return indexes
}
