/// Where the rows of a text begin and end, and what separates their cells.
struct TableBody {
    let range: Range<Int>
    let firstLine: Int
    /// Nil: blanks.
    let delimiter: UInt8?

    /// Nil when there is nothing but blanks.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var end = bytes.count
        var line = 1
        while end > start, [Byte.newline, Byte.carriageReturn, Byte.space].contains(bytes[end - 1]) { end -= 1 }
        var look = start
        while look < end, [Byte.newline, Byte.carriageReturn, Byte.space, Byte.tab].contains(bytes[look]) {
            look += 1
            if bytes[look - 1] == Byte.newline {
                line += 1
                start = look
            }
        }
        guard look < end else { return nil }
        range = start..<end
        firstLine = line
        delimiter = TableBody.delimiter(of: bytes[look..<end])
    }

    /// The first of comma, semicolon and tab that the first line has outside quotes; blanks for a row of numbers.
    private static func delimiter(of bytes: Slice<UnsafeBufferPointer<UInt8>>) -> UInt8? {
        var seen: Set<UInt8> = []
        var quoted = false
        for byte in bytes {
            if byte == Byte.quote { quoted.toggle() }
            if quoted { continue }
            if byte == Byte.newline || byte == Byte.carriageReturn { break }
            seen.insert(byte)
        }
        for candidate in [Byte.comma, Byte.semicolon] where seen.contains(candidate) { return candidate }
        let isNumeric = seen.isSubset(of: Set("0123456789+-.eE \t".utf8))
        if seen.contains(Byte.tab), !isNumeric || !seen.contains(Byte.space) { return Byte.tab }
        return isNumeric ? nil : Byte.comma
    }
}

/// What the first lines say about the columns, and a scanner that stands at the first row.
struct TableLayout {
    enum Role { case label, channel, ignored }

    /// One per column of the file.
    let roles: [Role]
    /// One per column of the file; made up when there is no header.
    let columnNames: [String]
    /// The kept channels in the order wanted; `position` counts the kept cells of a row from the left.
    let channels: [(name: String, position: Int)]
    /// The label column's header, empty without a header line; nil without label column.
    let labelName: String?
    /// All cells of the only line are one channel.
    let isSingleLine: Bool
    let rows: TableScanner

    init(
        _ scanner: TableScanner, reader: CSVReader, path: String, requested: [String]?
    ) throws(TimeSeriesError) {
        var next = scanner
        let first = try Self.line(&next, limit: reader.maximumColumns, path: path)
        let hasHeader = reader.header == .present || (reader.header == .detect && Self.isHeader(first))
        let ended = next.terminator == .fileEnd
        if ended, hasHeader { throw .headerOnly(path: path) }

        // One line of blank-separated numbers is a channel, not one row of many channels.
        if ended, scanner.delimiter == nil, first.count > 1 {
            if let requested { _ = try columnIndexes(of: requested, among: ["value"], path: path) }
            rows = scanner
            roles = Array(repeating: .channel, count: first.count)
            columnNames = Array(repeating: "value", count: first.count)
            channels = [("value", 0)]
            labelName = nil
            isSingleLine = true
            return
        }

        var names = first
        var peek = next
        if !hasHeader {
            names = first.count == 1 ? ["value"] : first.indices.map(String.init)
            peek = scanner
        }
        let rowStart = hasHeader ? next : scanner
        guard let cell = peek.cell() else { throw .unterminatedQuote(path: path, line: rowStart.line) }
        let isText = Self.isLabel(peek.text(of: cell))
        let isNamedLabel = hasHeader && Self.labelNames.contains(names[0].lowercased())
        if names.count == 1, isNamedLabel, isText { throw .noNumericColumn(path: path, label: names[0]) }
        // A numeric column such as "index" can still be asked for by name.
        let isWanted = requested?.contains(names[0]) ?? false
        let hasLabel = names.count > 1 && (isText || (isNamedLabel && !isWanted))
        if hasLabel, !hasHeader {
            names = [""] + (0..<names.count - 1).map(String.init)
            if names.count == 2 { names[1] = "value" }
        }
        let numeric = Array(names.dropFirst(hasLabel ? 1 : 0))
        try Self.checkNames(names, from: hasLabel ? 1 : 0, path: path)

        let kept =
            if let requested { try columnIndexes(of: requested, among: numeric, path: path) } else {
                Array(numeric.indices)
            }
        var roles = [Role](repeating: .ignored, count: names.count)
        if hasLabel { roles[0] = .label }
        for index in kept { roles[index + (hasLabel ? 1 : 0)] = .channel }
        let leftToRight = kept.sorted()
        var positions: [Int: Int] = [:]
        for (position, index) in leftToRight.enumerated() { positions[index] = position }

        self.roles = roles
        columnNames = names
        channels = kept.map { (numeric[$0], positions[$0] ?? 0) }
        labelName = hasLabel ? names[0] : nil
        isSingleLine = false
        rows = rowStart
    }

    private static func line(
        _ scanner: inout TableScanner, limit: Int, path: String
    ) throws(TimeSeriesError) -> [String] {
        var cells: [String] = []
        repeat {
            // A whole channel may stand on one line of blank-separated numbers.
            guard cells.count < (scanner.delimiter == nil ? limit << 8 : limit) else {
                throw .tooManyColumns(path: path, limit: limit)
            }
            let line = scanner.line
            guard let cell = scanner.cell() else { throw .unterminatedQuote(path: path, line: line) }
            cells.append(scanner.text(of: cell))
        } while scanner.terminator == .delimiter
        return cells
    }

    /// Names, unless all cells are numbers (or stand for missing ones); a date before numbers is no header either.
    private static func isHeader(_ cells: [String]) -> Bool {
        func isValue(_ text: String) -> Bool {
            var text = text
            return text.withUTF8 { DecimalText.parse($0) } != nil || (!text.isEmpty && CellWord.isMissing(text))
                || CellWord.isInfinite(text)
        }
        guard let first = cells.first, cells.dropFirst().allSatisfy(isValue) else { return true }
        if isValue(first) { return false }
        let startsWithDigit = first.unicodeScalars.first.map { ("0"..."9").contains($0) } ?? false
        return cells.count == 1 || !startsWithDigit
    }

    private static func isLabel(_ text: String) -> Bool {
        var copy = text
        return !CellWord.isMissing(text) && !CellWord.isInfinite(text) && copy.withUTF8 { DecimalText.parse($0) } == nil
    }

    private static let labelNames: Set<String> = [
        "", "date", "time", "datetime", "date_time", "timestamp", "time_stamp", "ds", "index", "unnamed: 0",
    ]

    private static func checkNames(_ names: [String], from first: Int, path: String) throws(TimeSeriesError) {
        var seen: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            if name.isEmpty, index >= first { throw .unnamedColumn(path: path, column: index + 1) }
            if let earlier = seen[name] {
                throw .duplicateColumn(path: path, name: shortened(name), first: earlier + 1, second: index + 1)
            }
            seen[name] = index
        }
    }
}
