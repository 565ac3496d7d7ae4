/// Walks over the cells of a delimited text, counting lines.
///
/// Works on bytes: a byte of a multi-byte UTF-8 character never equals a delimiter, a quote or a line end.
struct TableScanner {
    /// What ended the latest cell.
    enum Terminator { case delimiter, lineEnd, fileEnd }

    /// The content of a cell without surrounding blanks and quotes.
    enum Cell {
        case plain(Range<Int>)
        case quoted([UInt8])
    }

    let base: UnsafePointer<UInt8>
    let end: Int
    /// Nil: cells are separated by runs of blanks.
    let delimiter: UInt8?
    var position: Int
    var line: Int
    private(set) var terminator = Terminator.lineEnd

    init(base: UnsafePointer<UInt8>, range: Range<Int>, delimiter: UInt8?, line: Int) {
        self.base = base
        end = range.upperBound
        position = range.lowerBound
        self.delimiter = delimiter
        self.line = line
    }

    /// The next cell as a number, or NaN without having moved when `cell()` must look at it.
    mutating func number() -> Double {
        let start = position
        skipBlanks()
        let value = DecimalText.scan(base, &position, end)
        let afterNumber = position
        if !value.isNaN {
            skipBlanks()
            if finishCell(afterBlank: position > afterNumber) { return value }
        }
        position = start
        return .nan
    }

    /// The next cell as text; nil when a quoted cell never ends.
    mutating func cell() -> Cell? {
        skipBlanks()
        if position < end, base[position] == Byte.quote { return quotedCell() }
        let start = position
        skipToTerminator()
        var stop = position
        while stop > start, isBlank(base[stop - 1]) { stop -= 1 }
        skipBlanks()
        _ = finishCell(afterBlank: true)
        return .plain(start..<stop)
    }

    func bytes<R>(of cell: Cell, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        switch cell {
        case .plain(let range): body(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
        case .quoted(let bytes): bytes.withUnsafeBufferPointer(body)
        }
    }

    func text(of cell: Cell) -> String { bytes(of: cell) { String(decoding: $0, as: UTF8.self) } }

    private mutating func quotedCell() -> Cell? {
        var content: [UInt8] = []
        position += 1
        while position < end {
            let byte = base[position]
            position += 1
            if byte != Byte.quote {
                if byte == Byte.newline { line += 1 }
                content.append(byte)
            } else if position < end, base[position] == Byte.quote {
                content.append(byte)
                position += 1
            } else {
                // Text behind the closing quote belongs to the cell, so that a message can show it.
                let start = position
                skipToTerminator()
                content.append(contentsOf: UnsafeBufferPointer(start: base + start, count: position - start))
                _ = finishCell(afterBlank: true)
                return .quoted(trimmed(content))
            }
        }
        return nil
    }

    /// In quotes a tab separates nothing: it is blank in every table, so that a cell means the same whatever the delimiter.
    private func trimmed(_ content: [UInt8]) -> [UInt8] {
        func isText(_ byte: UInt8) -> Bool { byte != Byte.space && byte != Byte.tab }
        guard let first = content.firstIndex(where: isText), let last = content.lastIndex(where: isText) else {
            return []
        }
        return Array(content[first...last])
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == Byte.space || (byte == Byte.tab && delimiter != Byte.tab) }

    private mutating func skipBlanks() {
        while position < end {
            let byte = base[position]
            if byte != Byte.space && (byte != Byte.tab || delimiter == Byte.tab) { break }
            position &+= 1
        }
    }

    private mutating func skipToTerminator() {
        let stop = delimiter ?? Byte.space
        while position < end {
            let byte = base[position]
            if byte == stop || byte == Byte.newline || byte == Byte.carriageReturn { break }
            if delimiter == nil, byte == Byte.tab { break }
            position &+= 1
        }
    }

    /// Consumes what ends a cell; false when something else stands there.
    private mutating func finishCell(afterBlank: Bool) -> Bool {
        guard position < end else {
            terminator = .fileEnd
            return true
        }
        let byte = base[position]
        if byte == Byte.newline || byte == Byte.carriageReturn {
            position &+= 1
            if byte == Byte.carriageReturn, position < end, base[position] == Byte.newline { position &+= 1 }
            line &+= 1
            terminator = .lineEnd
            return true
        }
        if let delimiter {
            guard byte == delimiter else { return false }
            position &+= 1
        } else if !afterBlank {
            return false
        }
        terminator = .delimiter
        return true
    }
}

/// The bytes that structure a table.
enum Byte {
    static var tab: UInt8 { 0x09 }
    static var newline: UInt8 { 0x0A }
    static var carriageReturn: UInt8 { 0x0D }
    static var space: UInt8 { 0x20 }
    static var quote: UInt8 { 0x22 }
    static var comma: UInt8 { 0x2C }
    static var semicolon: UInt8 { 0x3B }
}
