/// The first column of a table when it holds dates or times, kept as the file spells them.
///
/// All labels share one buffer: about 30 bytes a row, no object per row.
public struct TimeLabels: Sendable, Equatable {
    /// The column's header, or an empty string when the file has none.
    public let name: String
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init(name: String) { self.name = name }

    /// The number of labels; equals the number of rows.
    public var count: Int { ends.count }

    /// The label of row `index`.
    public subscript(index: Int) -> String {
        String(decoding: bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]], as: UTF8.self)
    }

    /// The first row with exactly this label; linear in the number of rows.
    public func firstIndex(of label: String) -> Int? {
        let wanted = Array(label.utf8)
        var start = 0
        for (row, end) in ends.enumerated() {
            if end - start == wanted.count, bytes[start..<end].elementsEqual(wanted) { return row }
            start = end
        }
        return nil
    }

    mutating func append(_ label: UnsafeBufferPointer<UInt8>) {
        bytes.append(contentsOf: label)
        ends.append(bytes.count)
    }

    mutating func append(_ label: String) {
        bytes.append(contentsOf: label.utf8)
        ends.append(bytes.count)
    }
}
