import Foundation

/// A file that holds named tensors.
protocol TensorContainer: Sendable {
    var url: URL { get }
    /// In order of their names.
    var entries: [TensorEntry] { get }
    var metadata: [String: String] { get }
    func entry(_ name: String) -> TensorEntry?
    /// Reads the row-major bytes of a tensor into memory of exactly ``TensorEntry/byteCount`` bytes.
    func read(_ name: String, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError)
}

/// A file that is read at any position, without mapping it: one that shrinks meanwhile gives an error, not a signal.
final class RandomAccessFile: Sendable {
    let path: String
    /// In bytes, when it was opened.
    let length: Int
    private let descriptor: Int32

    init(_ url: URL) throws(CheckpointError) {
        path = url.path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            if errno == ENOENT { throw CheckpointError(.missing, .fileMissing, path, "there is no such file") }
            throw CheckpointError(.missing, .unreadable, path, "cannot be opened: \(reason)")
        }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw CheckpointError(.malformed, .unreadable, path, "is not a regular file")
        }
        self.descriptor = descriptor
        length = Int(information.st_size)
    }

    deinit { close(descriptor) }

    func read(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
        var failure: CheckpointError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(CheckpointError) {
                try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
                initialized = count
            } catch {
                failure = error
                initialized = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(CheckpointError) {
        guard let base = buffer.baseAddress else { return }
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
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
}
