import Archive
import Foundation
import Reports

/// The results as a table for people.
struct ProbeTable {
    let record: RunRecord

    init(_ record: RunRecord) { self.record = record }

    func text() -> String {
        let rows = Summary(record).measures.map { measure in
            [measure.title] + measure.cells.map { $0.note.isEmpty ? $0.text : "\($0.text) (\($0.note))" }
        }
        return Table.text([[""] + record.variants.map(\.name)] + rows)
    }
}

/// Columns of equal width: the first flush left, the others flush right.
enum Table {
    static func text(_ rows: [[String]], flushLeft: Set<Int> = [0]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return flushLeft.contains(column) ? cell + padding : padding + cell
            }.joined(separator: "  ").trimmingTrailingSpace()
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func trimmingTrailingSpace() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
