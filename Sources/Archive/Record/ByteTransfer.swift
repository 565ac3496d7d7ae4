/// Bytes to which values are added one after the other.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    mutating func put(_ value: Int) { put(UInt64(bitPattern: Int64(value))) }
    mutating func put(_ value: Bool) { put(UInt64(value ? 1 : 0)) }
    mutating func put(_ value: Double) { put(value.bitPattern) }

    mutating func put(_ text: String) {
        put(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func put(_ values: [Double]) {
        put(values.count)
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    mutating func put<T: ByteTransferable>(_ value: T) { value.put(into: &self) }

    mutating func put<T: ByteTransferable>(_ values: [T]) {
        put(values.count)
        for value in values { put(value) }
    }

    mutating func put<T: ByteTransferable>(_ values: [String: T]) {
        put(values.count)
        for (key, value) in values {
            put(key)
            put(value)
        }
    }
}

/// Takes values from bytes in the order in which they were added.
///
/// The bytes come from a process that may have been brought down: every length is compared with what is left before it is used.
struct ByteReader {
    struct Failure: Error {}

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func unsigned() throws(Failure) -> UInt64 {
        guard bytes.count - position >= 8 else { throw Failure() }
        defer { position += 8 }
        let word = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt64.self) }
        return UInt64(littleEndian: word)
    }

    mutating func integer() throws(Failure) -> Int { Int(Int64(bitPattern: try unsigned())) }
    mutating func bool() throws(Failure) -> Bool { try unsigned() == 1 }
    mutating func double() throws(Failure) -> Double { Double(bitPattern: try unsigned()) }

    /// A number of elements of at least `width` bytes each.
    private mutating func count(width: Int) throws(Failure) -> Int {
        let count = try integer()
        guard count >= 0, count <= (bytes.count - position) / width else { throw Failure() }
        return count
    }

    mutating func text() throws(Failure) -> String {
        let count = try count(width: 1)
        defer { position += count }
        return String(decoding: bytes[position..<(position + count)], as: UTF8.self)
    }

    mutating func doubles() throws(Failure) -> [Double] {
        let count = try count(width: 8)
        defer { position += 8 * count }
        return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes[position..<(position + 8 * count)])
            initialized = count
        }
    }

    mutating func value<T: ByteTransferable>(_ type: T.Type = T.self) throws(Failure) -> T { try T(from: &self) }

    mutating func values<T: ByteTransferable>(_ type: T.Type = T.self) throws(Failure) -> [T] {
        var values: [T] = []
        for _ in 0..<(try count(width: 8)) { values.append(try value()) }
        return values
    }

    mutating func dictionary<T: ByteTransferable>(_ type: T.Type = T.self) throws(Failure) -> [String: T] {
        var values: [String: T] = [:]
        for _ in 0..<(try count(width: 16)) { values[try text()] = try value() }
        return values
    }
}

/// What can go from one process to another.
protocol ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure)
    func put(into writer: inout ByteWriter)
}

extension Int: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) { self = try reader.integer() }
    func put(into writer: inout ByteWriter) { writer.put(self) }
}

extension String: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) { self = try reader.text() }
    func put(into writer: inout ByteWriter) { writer.put(self) }
}
