import Foundation

/// One file of this process that every input is written into.
enum ScratchFile {
    /// In memory where the system has such a folder: thousands of inputs a second would wear a disk.
    static let path: String = {
        var isFolder: ObjCBool = false
        let memory = FileManager.default.fileExists(atPath: "/dev/shm", isDirectory: &isFolder) && isFolder.boolValue
        let folder = memory ? "/dev/shm" : FileManager.default.temporaryDirectory.path
        let path = "\(folder)/hostile-input-\(getpid())"
        atexit { unlink(ScratchFile.path) }
        return path
    }()

    static func write(_ bytes: [UInt8]) throws -> String {
        let descriptor = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + done, bytes.count - done)
            }
            guard count > 0 else { throw CocoaError(.fileWriteOutOfSpace) }
            done += count
        }
        return path
    }
}
