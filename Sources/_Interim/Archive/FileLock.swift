import Foundation

/// A lock against a second writer: the kernel releases it when the process ends, however it ends.
final class FileLock: Sendable {
    private let descriptor: Int32

    init(for url: URL) throws(ArchiveError) {
        let path = url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).lock").path
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ArchiveError(
                .cannotCreate, url.path,
                "cannot be written: \(String(cString: strerror(errno))); check the folder and its permissions")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = pread(descriptor, &buffer, buffer.count, 0)
            close(descriptor)
            let owner = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            throw ArchiveError(
                .busy, url.path, "is being written by process \(owner.isEmpty ? "?" : owner); wait for it, or give another --output")
        }
        let owner = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = owner.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
