import Foundation

/// A tensor in a checkpoint.
public struct TensorEntry: Sendable, Equatable {
    /// The name under which it is stored.
    public let name: String
    /// Its element type.
    public let type: TensorType
    /// Its sizes.
    public let shape: [Int]
    /// Where its bytes lie in a safetensors file, from the start of the data section.
    let offsets: Range<Int>

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }
    /// The number of bytes.
    public var byteCount: Int { count * type.bitWidth / 8 }
}

/// A safetensors file whose header has been read and checked.
///
/// The header passes every check of the reference parser (`safetensors/src/tensor.rs`, `read_metadata` and `validate`)
/// and three that the specification states but the reference leaves out: the first byte is `{`, no key stands twice, and
/// names hold no control characters. Data are read with `pread` on demand, never mapped: a file that shrinks while it is
/// read gives an error, not a signal.
///
/// Cost: opening reads the header only.
public final class SafetensorsFile: TensorContainer {
    /// The longest header the format allows, in bytes.
    public static let headerLimit = 100_000_000

    /// The file.
    public let url: URL
    /// In order of their names.
    public let entries: [TensorEntry]
    /// The `__metadata__` of the header.
    public let metadata: [String: String]
    private let index: [String: Int]
    private let dataStart: Int
    private let file: RandomAccessFile

    /// Opens and checks a file.
    ///
    /// - Throws: ``CheckpointError`` naming the rule that is broken.
    public init(_ url: URL) throws(CheckpointError) {
        file = try RandomAccessFile(url)
        let header = try SafetensorsFile.readHeader(file)
        let parsed = try SafetensorsHeader(header, dataLength: file.length - 8 - header.count, file: url.path)
        entries = parsed.entries
        metadata = parsed.metadata
        dataStart = 8 + header.count
        self.url = url
        index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    private static func readHeader(_ file: RandomAccessFile) throws(CheckpointError) -> [UInt8] {
        guard file.length >= 8 else {
            throw CheckpointError(
                .malformed, .headerTooSmall, file.path,
                "is too short for a safetensors file: expected at least 8 bytes, found \(file.length)")
        }
        let prefix = try file.read(at: 0, count: 8)
        let announced = prefix.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
        guard announced <= UInt64(headerLimit) else {
            if let foreign = ForeignFormat(prefix) { throw foreign.error(file.path) }
            throw CheckpointError(
                .malformed, .headerTooLarge, file.path,
                "announces a header of \(announced) bytes, the format allows \(headerLimit); this is no safetensors file"
            )
        }
        let length = Int(announced)
        guard length <= file.length - 8 else {
            throw CheckpointError(
                .malformed, .invalidHeaderLength, file.path,
                "announces a header of \(length) bytes but ends after \(file.length) bytes; the file is truncated, copy it again"
            )
        }
        return try file.read(at: 8, count: length)
    }

    /// A tensor's entry; `nil` when there is none of that name.
    public func entry(_ name: String) -> TensorEntry? {
        index[name].map { entries[$0] }
    }

    /// Reads the bytes of a tensor into memory of exactly ``TensorEntry/byteCount`` bytes.
    public func read(_ name: String, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        guard let entry = entry(name) else {
            throw CheckpointError(.malformed, .unknownTensor, url.path, "holds no tensor '\(name)'")
        }
        precondition(buffer.count == entry.byteCount, "a buffer of the tensor's size")
        try file.read(into: buffer, at: dataStart + entry.offsets.lowerBound)
    }
}
