/// A JSON value whose object keys are kept in order.
enum StrictJSON {
    case object([(key: String, value: StrictJSON)])
    case array([StrictJSON])
    case string(String)
    /// A number without fraction or exponent that fits.
    case integer(Int)
    /// Any other number, as written.
    case number(String)
    case bool(Bool)
    case null
}

/// A JSON parser that refuses what Foundation lets pass: duplicate keys, deep nesting, trailing text.
///
/// A safetensors header is an index into a file; two readers that resolve a duplicate key differently would see
/// different weights in one file.
struct StrictJSONParser {
    struct Failure: Error {
        let offset: Int
        let reason: String
        var isDuplicateKey = false
    }

    private let bytes: [UInt8]
    private var position = 0
    private let depthLimit: Int
    /// Shapes and offsets are the only arrays of a header; a long one would take many times its bytes in memory.
    private static let lengthLimit = 1024

    init(_ bytes: [UInt8], depthLimit: Int = 8) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    static func parse(_ bytes: [UInt8]) throws(Failure) -> StrictJSON {
        var parser = StrictJSONParser(bytes)
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.failure("text after the value") }
        return value
    }

    private func failure(_ reason: String) -> Failure { Failure(offset: position, reason: reason) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(Failure) {
        guard next == byte else { throw failure("expected '\(Character(UnicodeScalar(byte)))'") }
        position += 1
    }

    private mutating func literal(_ text: StaticString, _ value: StrictJSON) throws(Failure) -> StrictJSON {
        let matches = text.withUTF8Buffer { buffer in
            position + buffer.count <= bytes.count && bytes[position..<(position + buffer.count)].elementsEqual(buffer)
        }
        guard matches else { throw failure("expected a value") }
        position += text.utf8CodeUnitCount
        return value
    }

    private mutating func value(depth: Int) throws(Failure) -> StrictJSON {
        guard depth < depthLimit else { throw failure("nested more than \(depthLimit) deep") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(Failure) -> StrictJSON {
        position += 1
        var members: [(key: String, value: StrictJSON)] = []
        var seen: Set<String> = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        while true {
            skipSpace()
            let start = position
            guard next == UInt8(ascii: "\"") else { throw failure("expected a key") }
            let key = try string()
            guard seen.insert(key).inserted else {
                throw Failure(offset: start, reason: "key '\(key)' stands twice", isDuplicateKey: true)
            }
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            members.append((key, try value(depth: depth + 1)))
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                continue
            }
            try expect(UInt8(ascii: "}"))
            return .object(members)
        }
    }

    private mutating func array(depth: Int) throws(Failure) -> StrictJSON {
        position += 1
        var elements: [StrictJSON] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            skipSpace()
            guard elements.count < StrictJSONParser.lengthLimit else {
                throw failure("an array of more than \(StrictJSONParser.lengthLimit) elements")
            }
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                continue
            }
            try expect(UInt8(ascii: "]"))
            return .array(elements)
        }
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw failure("text is not UTF-8") }
                return string
            case UInt8(ascii: "\\"):
                text.append(contentsOf: try escape())
            case 0..<0x20:
                throw failure("a control character in a string")
            default:
                text.append(byte)
            }
        }
        throw failure("a string without end")
    }

    private mutating func escape() throws(Failure) -> [UInt8] {
        guard let byte = next else { throw failure("a string without end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                try expect(UInt8(ascii: "\\"))
                try expect(UInt8(ascii: "u"))
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = UnicodeScalar(code) else { throw failure("half a surrogate pair") }
            return Array(String(Character(scalar)).utf8)
        default:
            throw failure("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("a short \\u escape") }
        var code: UInt32 = 0
        for byte in bytes[position..<(position + 4)] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw failure("a bad \\u escape") }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }

    private mutating func number() throws(Failure) -> StrictJSON {
        let start = position
        while let byte = next, "+-.eE0123456789".utf8.contains(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        if !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            digits == "0" || !digits.hasPrefix("0")
        {
            if let value = Int(text) { return .integer(value) }
            return .number(text)
        }
        guard let first = digits.utf8.first, (0x30...0x39).contains(first), Double(text) != nil else {
            position = start
            throw failure("expected a value")
        }
        return .number(text)
    }
}
