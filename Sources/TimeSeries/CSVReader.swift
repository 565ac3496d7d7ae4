/// Reads time series from delimited text: the benchmark CSV files, and plain columns of numbers.
///
/// Expected is one line per time step, UTF-8, a decimal point, cells separated by commas (or, when the first line has
/// none, by semicolons, tabs or blanks). Accepted as well: a byte order mark, CRLF, a missing final newline, quoted
/// fields, blanks around cells, blank lines before the first and after the last row.
/// - Header: present unless every cell of the first line is a number (a leading date apart). Without one the channels
///   are called "0", "1", ..., a single one "value".
/// - Time labels: the first of several columns, when its name says so (date, time, ...) or its first cell is no number.
/// - A file of a single line of blank-separated numbers is one channel (some UCR archive files are stored that way).
///
/// Time and memory are linear in the size of the file; numbers are correctly rounded.
public struct CSVReader: Sendable {
    /// How the first line is understood.
    public enum Header: Sendable {
        /// Decide from its cells.
        case detect
        /// It holds names.
        case present
        /// It is the first row.
        case absent
    }

    /// How the first line is understood.
    public var header: Header
    /// Larger files are refused before they are read.
    public var maximumBytes: Int
    /// Wider files are refused.
    public var maximumColumns: Int

    /// A reader for files of up to 512 MiB and 65,536 columns.
    public init(header: Header = .detect, maximumBytes: Int = 512 << 20, maximumColumns: Int = 1 << 16) {
        self.header = header
        self.maximumBytes = maximumBytes
        self.maximumColumns = maximumColumns
    }

    /// The series in the file at `path`.
    ///
    /// - Parameter columns: the channels to keep, in this order; nil keeps all. Other columns may hold anything.
    /// - Throws: `TimeSeriesError` naming file, line, column, finding and remedy.
    public func read(_ path: String, columns: [String]? = nil) throws(TimeSeriesError) -> Series {
        try parse(try readBytes(of: path, limit: maximumBytes), path: path, columns: columns)
    }

    /// The series in `bytes`; `path` is only for messages and provenance.
    public func parse(_ bytes: [UInt8], path: String, columns: [String]? = nil) throws(TimeSeriesError) -> Series {
        try bytes.withUnsafeBufferPointer { (buffer) throws(TimeSeriesError) -> Series in
            try checkText(buffer, path: path)
            guard let base = buffer.baseAddress, let body = TableBody(buffer) else { throw .empty(path: path) }
            let scanner = TableScanner(
                base: base, range: body.range, delimiter: body.delimiter, line: body.firstLine)
            let layout = try TableLayout(scanner, reader: self, path: path, requested: columns)
            return try readRows(layout, path: path)
        }
    }

    private func readRows(_ layout: TableLayout, path: String) throws(TimeSeriesError) -> Series {
        var scanner = layout.rows
        let width = layout.roles.count
        var table: [Double] = []
        var labels = layout.labelName.map { TimeLabels(name: $0) }
        var rows = 0
        // Benchmark cells take 8 bytes or more; denser files regrow a little.
        table.reserveCapacity(min((scanner.end - scanner.position) / 8, 1 << 26))
        while scanner.position < scanner.end || rows == 0 {
            let line = scanner.line
            var column = 0
            repeat {
                let role = column < width ? layout.roles[column] : .ignored
                if role == .channel {
                    var value = scanner.number()
                    if value.isNaN {
                        value = try slowNumber(&scanner, layout, column: column, path: path)
                    }
                    table.append(value)
                } else {
                    guard let cell = scanner.cell() else { throw .unterminatedQuote(path: path, line: line) }
                    if role == .label { scanner.bytes(of: cell) { labels?.append($0) } }
                    if column == 0, scanner.terminator != .delimiter, scanner.bytes(of: cell, \.isEmpty), width > 1 {
                        throw .blankLine(path: path, line: line)
                    }
                }
                column += 1
            } while scanner.terminator == .delimiter
            guard column == width else {
                throw .raggedLine(path: path, line: line, expected: width, found: column)
            }
            rows += 1
        }
        if layout.isSingleLine { rows = table.count }
        let channels = layout.channels.count
        return Series(
            names: layout.channels.map(\.name), rows: rows,
            values: columnMajor(table, rows: rows, order: layout.channels.map(\.position), width: channels),
            path: path, labels: labels)
    }

    /// Long numbers, quoted numbers, and everything that deserves an error.
    private func slowNumber(
        _ scanner: inout TableScanner, _ layout: TableLayout, column: Int, path: String
    ) throws(TimeSeriesError) -> Double {
        let line = scanner.line
        guard let cell = scanner.cell() else { throw .unterminatedQuote(path: path, line: line) }
        let value = scanner.bytes(of: cell) { DecimalText.parse($0) }
        if let value, value.isFinite { return value }
        let text = scanner.text(of: cell)
        if text.isEmpty, column == 0, scanner.terminator != .delimiter { throw .blankLine(path: path, line: line) }
        let problem: TimeSeriesError.CellProblem =
            value != nil
            ? .outOfRange : CellWord.isMissing(text) ? .missing : CellWord.isInfinite(text) ? .infinite : .notANumber
        throw .badCell(
            path: path, line: line, column: column + 1, name: layout.columnNames[column], found: shortened(text),
            problem: problem)
    }
}

/// Row-major `[rows, width]` to channel-major, channel `c` taken from position `order[c]` of each row.
private func columnMajor(_ table: [Double], rows: Int, order: [Int], width: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: table.count) { target, count in
        table.withUnsafeBufferPointer { source in
            guard let from = source.baseAddress, var to = target.baseAddress else { return }
            for position in order {
                var offset = position
                for row in 0..<rows {
                    to[row] = from[offset]
                    offset &+= width
                }
                to += rows
            }
        }
        count = rows * width
    }
}

/// Words that stand for no value.
enum CellWord {
    static func isMissing(_ text: String) -> Bool {
        ["", "nan", "na", "n/a", "#n/a", "null", "none", "nil", "nat", "missing", "?", "-", "--", "."]
            .contains(text.lowercased()) || ["-nan", "+nan"].contains(text.lowercased())
    }

    static func isInfinite(_ text: String) -> Bool {
        var word = text.lowercased()[...]
        if word.hasPrefix("-") || word.hasPrefix("+") { word = word.dropFirst() }
        return word == "inf" || word == "infinity"
    }
}

/// A cell's text for a message: at most 40 characters, control characters escaped.
func shortened(_ text: String) -> String {
    let clean = text.unicodeScalars.prefix(40).map { scalar in
        scalar.value < 32 || scalar.value == 127 ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
    return clean.joined() + (text.unicodeScalars.count > 40 ? "..." : "")
}
