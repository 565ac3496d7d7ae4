import Foundation

/// A tensor in a checkpoint.
public struct TensorEntry: Sendable, Equatable {
    /// The name under which it is stored.
    public let name: String
    /// Its element type.
    public let type: TensorType
    /// Its sizes.
    public let shape: [Int]
    /// Where its bytes lie, from the start of the data section.
    let offsets: Range<Int>

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }
    /// The number of bytes.
    public var byteCount: Int { offsets.count }
}

/// A safetensors file whose header has been read and checked.
///
/// The header passes every check of the reference parser (`safetensors/src/tensor.rs`, `read_metadata` and `validate`)
/// and three that the specification states but the reference leaves out: the first byte is `{`, no key stands twice, and
/// names hold no control characters. Data are read with `pread` on demand, never mapped: a file that shrinks while it is
/// read gives an error, not a signal.
///
/// Cost: opening reads the header only.
public final class SafetensorsFile: Sendable {
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
    private let descriptor: Int32

    /// Opens and checks a file.
    ///
    /// - Throws: ``CheckpointError`` naming the rule that is broken.
    public init(_ url: URL) throws(CheckpointError) {
        let path = url.path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            if errno == ENOENT { throw CheckpointError(.missing, .fileMissing, path, "there is no such file") }
            throw CheckpointError(.missing, .unreadable, path, "cannot be opened: \(reason)")
        }
        do {
            let header = try SafetensorsFile.readHeader(descriptor, path)
            let parsed = try SafetensorsHeader(
                header.bytes, dataLength: header.fileLength - 8 - header.bytes.count, file: path)
            entries = parsed.entries
            metadata = parsed.metadata
            dataStart = 8 + header.bytes.count
        } catch {
            close(descriptor)
            throw error
        }
        self.url = url
        self.descriptor = descriptor
        index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    deinit {
        close(descriptor)
    }

    private static func readHeader(
        _ descriptor: Int32, _ path: String
    ) throws(CheckpointError) -> (bytes: [UInt8], fileLength: Int) {
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError(.malformed, .unreadable, path, "is not a regular file")
        }
        let fileLength = Int(information.st_size)
        guard fileLength >= 8 else {
            throw CheckpointError(
                .malformed, .headerTooSmall, path,
                "is too short for a safetensors file: expected at least 8 bytes, found \(fileLength)")
        }
        let prefix = try read(descriptor, path, at: 0, count: 8)
        let announced = prefix.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
        guard announced <= UInt64(headerLimit) else {
            let magic = try read(descriptor, path, at: 0, count: min(fileLength, 8))
            if let foreign = ForeignFormat(magic) { throw foreign.error(path) }
            throw CheckpointError(
                .malformed, .headerTooLarge, path,
                "announces a header of \(announced) bytes, the format allows \(headerLimit); this is no safetensors file"
            )
        }
        let length = Int(announced)
        guard length <= fileLength - 8 else {
            throw CheckpointError(
                .malformed, .invalidHeaderLength, path,
                "announces a header of \(length) bytes but ends after \(fileLength) bytes; the file is truncated, copy it again"
            )
        }
        return (try read(descriptor, path, at: 8, count: length), fileLength)
    }

    private static func read(
        _ descriptor: Int32, _ path: String, at offset: Int, count: Int
    ) throws(CheckpointError) -> [UInt8] {
        var failure: CheckpointError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(CheckpointError) {
                try fill(UnsafeMutableRawBufferPointer(buffer), descriptor, path, at: offset)
                initialized = count
            } catch {
                failure = error
                initialized = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    private static func fill(
        _ buffer: UnsafeMutableRawBufferPointer, _ descriptor: Int32, _ path: String, at offset: Int
    ) throws(CheckpointError) {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw CheckpointError(
                    .malformed, .unreadable, path, "cannot be read: \(String(cString: strerror(errno)))")
            }
            guard count > 0 else {
                throw CheckpointError(
                    .malformed, .fileChanged, path,
                    "became shorter while it was read; wait until it is written completely")
            }
            done += count
        }
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
        try SafetensorsFile.fill(buffer, descriptor, url.path, at: dataStart + entry.offsets.lowerBound)
    }
}
