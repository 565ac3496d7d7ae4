import Foundation

/// Writes safetensors files.
public enum SafetensorsWriter {
    /// A tensor to write; its bytes are asked for when its turn comes, so that no second copy of the model is held.
    public struct Item {
        let name: String
        let type: TensorType
        let shape: [Int]
        let bytes: () throws -> [UInt8]

        /// A tensor of the given name, type and shape whose row-major little-endian bytes `bytes` returns.
        public init(name: String, type: TensorType, shape: [Int], bytes: @escaping () throws -> [UInt8]) {
            self.name = name
            self.type = type
            self.shape = shape
            self.bytes = bytes
        }

        var byteCount: Int { shape.reduce(1, *) * type.bitWidth / 8 }
    }

    /// Writes a file as the reference does: tensors by falling width then by name, header padded with spaces to a
    /// multiple of 8. The file appears whole or not at all: sibling temporary file, fsync, rename, fsync of the folder.
    ///
    /// - Throws: ``CheckpointError`` when the file exists and `overwrite` is false, or cannot be written; whatever an
    ///   item's closure throws.
    public static func write(
        _ items: [Item], metadata: [String: String] = [:], to url: URL, overwrite: Bool = false
    ) throws {
        let path = url.path
        func fail(_ action: String) -> CheckpointError {
            CheckpointError(.unwritable, .writeFailed, path, "\(action): \(String(cString: strerror(errno)))")
        }
        if !overwrite && FileManager.default.fileExists(atPath: path) {
            throw CheckpointError(.unwritable, .outputExists, path, "exists already; give --overwrite or another name")
        }
        guard Set(items.map(\.name)).count == items.count else {
            throw CheckpointError(.unwritable, .duplicateKey, path, "two tensors have one name")
        }
        let sorted = items.sorted { ($1.type.bitWidth, $0.name) < ($0.type.bitWidth, $1.name) }
        var header = try self.header(sorted, metadata)
        while (8 + header.count) % 8 != 0 { header.append(UInt8(ascii: " ")) }

        let temporary = path + ".\(getpid()).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fail("cannot be created") }
        var isOpen = true
        defer {
            if isOpen {
                close(descriptor)
                unlink(temporary)
            }
        }
        func put(_ bytes: [UInt8]) throws {
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done)
                }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw fail("cannot be written") }
                done += count
            }
        }
        try put(withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init))
        try put(header)
        for item in sorted {
            let bytes = try item.bytes()
            precondition(bytes.count == item.byteCount, "the bytes of '\(item.name)' do not fit its shape")
            try put(bytes)
        }
        guard fsync(descriptor) == 0 else { throw fail("cannot be flushed") }
        close(descriptor)
        isOpen = false
        guard rename(temporary, path) == 0 else {
            let error = fail("cannot be put in place")
            unlink(temporary)
            throw error
        }
        let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private static func header(_ items: [Item], _ metadata: [String: String]) throws -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = try metadata.sorted { $0.key < $1.key }.map { "\(try quote($0.key)):\(try quote($0.value))" }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for item in items {
            let end = offset + item.byteCount
            let shape = item.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(try quote(item.name)):{\"dtype\":\"\(item.type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
            )
            offset = end
        }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    private static func quote(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }
}
