import Foundation

/// The whole content of a file (or pipe) of at most `limit` bytes.
///
/// Reads into memory instead of mapping, so that a file truncated meanwhile cannot bring the process down.
func readBytes(of path: String, limit: Int) throws(TimeSeriesError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
        let code = errno
        if code == ENOENT || code == ENOTDIR { throw .missingFile(path: path, suggestion: similarFile(to: path)) }
        throw .unreadable(path: path, reason: String(cString: strerror(code)))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
        throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG, S_IFIFO: break
    case S_IFDIR: throw .notAFile(path: path, kind: "directory")
    case S_IFCHR, S_IFBLK: throw .notAFile(path: path, kind: "device")
    default: throw .notAFile(path: path, kind: "special file")
    }
    let announced = Int(status.st_size)
    guard announced <= limit else { throw .tooLarge(path: path, limitBytes: limit) }

    // One spare byte shows the end of a regular file without growing the buffer.
    var bytes = [UInt8](repeating: 0, count: max(announced + 1, 1 << 16))
    var filled = 0
    while true {
        if filled == bytes.count {
            guard filled <= limit else { throw .tooLarge(path: path, limitBytes: limit) }
            bytes.append(contentsOf: repeatElement(0, count: min(filled, limit + 1 - filled)))
        }
        let room = bytes.count - filled
        let got = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { read(descriptor, $0 + filled, room) } ?? 0
        }
        if got == 0 { break }
        if got < 0 {
            if errno == EINTR { continue }
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        filled += got
    }
    guard filled <= limit else { throw .tooLarge(path: path, limitBytes: limit) }
    bytes.removeLast(bytes.count - filled)
    return bytes
}

private func similarFile(to path: String) -> String? {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return nearestName(to: url.lastPathComponent, among: names.sorted())
}
