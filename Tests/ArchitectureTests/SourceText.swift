/// Just enough of Swift's grammar to find string literals in a source file.
struct SourceText {
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    struct Slice {
        let text: SourceText
        let range: Range<Int>
    }

    /// `enum X: Error` and `struct X: Error`, wherever the conformance stands in the list.
    var errorTypes: [(name: String, isEnumeration: Bool, body: Slice)] {
        ["enum ", "struct "].flatMap { keyword in
            places(of: keyword).compactMap { place -> (String, Bool, Slice)? in
                let start = place + keyword.utf8.count
                guard let brace = bytes[start...].firstIndex(of: UInt8(ascii: "{")) else { return nil }
                let head = String(decoding: bytes[start..<brace], as: UTF8.self)
                let parts = head.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, !parts[0].contains("\n"),
                    parts[1].split(separator: ",").contains(where: { $0.trimmed == "Error" })
                else { return nil }
                return (parts[0].trimmed, keyword == "enum ", Slice(text: self, range: brace..<end(of: brace)))
            }
        }
    }

    /// The names after `case` at the top level of an enumeration.
    func cases(in body: Slice) -> [String] {
        var result: [String] = []
        var i = body.range.lowerBound + 1
        while i < body.range.upperBound - 1 {
            switch bytes[i] {
            case UInt8(ascii: "/") where bytes[i + 1] == UInt8(ascii: "/"): i = lineEnd(i)
            case UInt8(ascii: "\""): i = literal(i).end
            case UInt8(ascii: "{"), UInt8(ascii: "("): i = end(of: i)
            case UInt8(ascii: "c") where starts("case ", at: i) && !isWord(bytes[i - 1]):
                i += 4
                repeat {
                    i = bytes[(i + 1)...].firstIndex { $0 > 32 } ?? bytes.count
                    let name = word(at: i)
                    result.append(name)
                    i += name.utf8.count
                    if bytes[i] == UInt8(ascii: "(") { i = end(of: i) }
                } while bytes[i] == UInt8(ascii: ",")
            default: i += 1
            }
        }
        return result
    }

    /// The blocks that begin with a text which ends in a brace.
    func blocks(after opening: String) -> [Slice] {
        places(of: opening).map { place in
            let brace = place + opening.utf8.count - 1
            return Slice(text: self, range: brace..<end(of: brace))
        }
    }

    /// The argument lists of calls.
    func calls(of names: Set<String>) -> [(name: String, arguments: Slice)] {
        var result: [(String, Slice)] = []
        var i = 0
        while i < bytes.count {
            if starts("//", at: i) {
                i = lineEnd(i)
            } else if isWord(bytes[i]) {
                let name = word(at: i)
                i += name.utf8.count
                if i < bytes.count, bytes[i] == UInt8(ascii: "("), names.contains(name) {
                    result.append((name, Slice(text: self, range: i..<end(of: i))))
                }
            } else {
                i += 1
            }
        }
        return result
    }

    // MARK: Scanning

    func starts(_ text: String, at i: Int) -> Bool { bytes[i...].starts(with: text.utf8) }
    func lineEnd(_ i: Int) -> Int { bytes[i...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count }
    func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte > 127 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32)
    }
    func word(at i: Int) -> String { String(decoding: bytes[i...].prefix(while: isWord), as: UTF8.self) }

    private func places(of text: String) -> [Int] {
        let first = text.utf8.first!
        return bytes.indices.filter {
            bytes[$0] == first && starts(text, at: $0) && ($0 == 0 || !isWord(bytes[$0 - 1]))
        }
    }

    /// Behind the bracket that closes the one at `start`.
    func end(of start: Int) -> Int {
        var depth = 0
        var i = start
        while i < bytes.count {
            switch bytes[i] {
            case UInt8(ascii: "/") where starts("//", at: i):
                i = lineEnd(i)
                continue
            case UInt8(ascii: "\""):
                i = literal(i).end
                continue
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return i + 1 }
            default: break
            }
            i += 1
        }
        return bytes.count
    }

    /// The literal that begins at `start`, interpolations as …
    func literal(_ start: Int) -> (text: String, end: Int) {
        let quotes = starts("\"\"\"", at: start) ? "\"\"\"" : "\""
        var i = start + quotes.utf8.count
        var result: [UInt8] = []
        while i < bytes.count, !starts(quotes, at: i) {
            guard bytes[i] == UInt8(ascii: "\\"), i + 1 < bytes.count else {
                result.append(bytes[i])
                i += 1
                continue
            }
            switch bytes[i + 1] {
            case UInt8(ascii: "("):
                result += Array("…".utf8)
                i = end(of: i + 1)
                continue
            case UInt8(ascii: "n"), UInt8(ascii: "t"): result.append(UInt8(ascii: " "))
            case UInt8(ascii: "\n"): break
            default: result.append(bytes[i + 1])
            }
            i += 2
        }
        let text = String(decoding: result, as: UTF8.self)
        let isLong = quotes.utf8.count == 3
        return (
            isLong ? text.split(whereSeparator: \.isWhitespace).joined(separator: " ") : text,
            min(bytes.count, i + quotes.utf8.count)
        )
    }
}

extension SourceText.Slice {
    /// Arguments that name things or hold values, whatever the message is.
    private static let values: Set<String> = [
        "object", "expected", "found", "name", "value", "requirement", "context", "kind", "key", "file", "path",
    ]

    /// The literals, joined where `+` stands between them.
    var messages: [String] {
        var result: [String] = []
        var lastEnd: Int?
        var i = range.lowerBound
        while i < range.upperBound {
            if text.starts("//", at: i) {
                i = text.lineEnd(i)
            } else if text.bytes[i] == UInt8(ascii: "\"") {
                let (literal, end) = text.literal(i)
                let isJoined =
                    lastEnd.map {
                        text.bytes[$0..<i].filter { $0 > 32 } == [UInt8(ascii: "+")]
                    } ?? false
                if isJoined { result[result.count - 1] += literal } else if !isValue(at: i) { result.append(literal) }
                lastEnd = isJoined || !isValue(at: i) ? end : nil
                i = end
            } else {
                i += 1
            }
        }
        return result
    }

    private func isValue(at i: Int) -> Bool {
        guard i >= 2, text.bytes[i - 1] == 32, text.bytes[i - 2] == UInt8(ascii: ":") else { return false }
        let label = text.bytes[..<(i - 2)].reversed().prefix(while: text.isWord).reversed()
        return SourceText.Slice.values.contains(String(decoding: label, as: UTF8.self))
    }

    /// The literals between `case .name` and the next case of a switch.
    func branch(of name: String) -> [String] {
        let starts =
            range.filter { text.starts("case ", at: $0) && !text.isWord(text.bytes[$0 - 1]) } + [range.upperBound]
        for (start, next) in zip(starts, starts.dropFirst()) {
            let part = SourceText.Slice(text: text, range: start..<next)
            let names = range(of: start, to: next)
            if names.contains(name) { return part.messages }
        }
        return []
    }

    /// The names behind dots between `case` and the colon that ends the pattern.
    private func range(of start: Int, to next: Int) -> [String] {
        var names: [String] = []
        var i = start
        while i < next {
            switch text.bytes[i] {
            case UInt8(ascii: ":"): return names
            case UInt8(ascii: "("):
                i = text.end(of: i)
                continue
            case UInt8(ascii: "."): names.append(text.word(at: i + 1))
            default: break
            }
            i += 1
        }
        return names
    }
}

extension Substring {
    var trimmed: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
