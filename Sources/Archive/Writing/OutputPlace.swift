import Foundation

/// The place where a result file is to stand.
struct OutputPlace {
    /// The path as given, for messages.
    private let given: String
    /// The path with a symbolic link at its end followed, so that replacing the file keeps the link.
    let path: String

    init(_ given: String) {
        self.given = given
        if let resolved = realpath(given, nil) {
            path = String(cString: resolved)
            free(resolved)
        } else {
            path = given
        }
    }

    private var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Checks that there is a folder to write into.
    func checkFolder() throws(ArchiveError) {
        guard !path.isEmpty, !path.hasSuffix("/") || OutputPlace.kind(path) == S_IFDIR else {
            throw .cannotCreate(path: given, reason: "it names no file")
        }
        guard !path.utf8.contains(0) else { throw .cannotCreate(path: given, reason: "it contains a NUL character") }
        _ = try fileExists()
        guard let kind = OutputPlace.kind(folder) else {
            throw .cannotCreate(path: given, reason: "the folder \(folder) does not exist")
        }
        guard kind == S_IFDIR else { throw .cannotCreate(path: given, reason: "\(folder) is not a folder") }
    }

    /// Whether a file stands there; something that is no file is an error.
    func fileExists() throws(ArchiveError) -> Bool {
        switch OutputPlace.kind(path) {
        case nil: return false
        case S_IFREG: return true
        case S_IFDIR: throw .cannotCreate(path: given, reason: "it is a folder")
        default: throw .cannotCreate(path: given, reason: "it is a device, not a file")
        }
    }

    /// Puts a file of these bytes here, by a temporary one that is moved when it is complete and on the disk; what stands here is an
    /// error unless it may be overwritten.
    func write(_ data: Data, overwrite: Bool) throws(ArchiveError) {
        try checkFolder()
        if try fileExists(), !overwrite { throw .outputExists(path: given) }
        let temporary = "\(path).\(getpid()).tmp"
        var isMoved = false
        defer { if !isMoved { unlink(temporary) } }
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotCreate(path: given, reason: String(cString: strerror(errno))) }
        var failure: Int32?
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty, failure == nil {
                let count = UnsafeRawBufferPointer(rebasing: rest).withMemoryRebound(to: UInt8.self) {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { failure = errno }
            }
        }
        if failure == nil, fsync(descriptor) != 0 { failure = errno }
        // Network file systems may say only here that a write was lost.
        if close(descriptor) != 0, failure == nil { failure = errno }
        if let failure { throw .cannotCreate(path: given, reason: String(cString: strerror(failure))) }
        try moveHere(temporary)
        isMoved = true
    }

    /// Moves a finished file here, over what stands here, and records that on the disk.
    func moveHere(_ temporary: String) throws(ArchiveError) {
        guard rename(temporary, path) == 0 else {
            throw .cannotCreate(path: given, reason: String(cString: strerror(errno)))
        }
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        // Some file systems cannot do this for a folder; the file itself has been forced to the disk.
        fsync(descriptor)
        close(descriptor)
    }

    private static func kind(_ path: String) -> mode_t? {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_mode & S_IFMT : nil
    }
}
