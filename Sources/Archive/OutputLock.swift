import Foundation

/// Keeps two processes from writing one output: an exclusive lock on `<output>.lock`.
///
/// The kernel releases the lock when the process ends, however it ends, so that a lock file left behind by a killed run
/// hinders nobody. The file says who holds it.
public final class OutputLock {
    private let descriptor: Int32
    private let lockPath: String

    /// Takes the lock of `output`, or says who has it.
    ///
    /// Throws `locked`, `fileLockingFailed` or `cannotCreate`.
    public init(output: String) throws(ArchiveError) {
        lockPath = output + ".lock"
        while true {
            let opened = open(lockPath, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
            guard opened >= 0 else {
                throw .cannotCreate(path: output, reason: "\(lockPath): \(String(cString: strerror(errno)))")
            }
            guard flock(opened, LOCK_EX | LOCK_NB) == 0 || OutputLock.mayGoUnlocked(errno) else {
                let reason = errno
                let holder = OutputLock.holder(opened)
                close(opened)
                if reason == EWOULDBLOCK { throw .locked(path: output, holder: holder) }
                throw .fileLockingFailed(path: output, reason: "\(lockPath): \(String(cString: strerror(reason)))")
            }
            // The last holder may have removed the file between our open and our lock: then ours has no name any more.
            var ours = stat()
            var named = stat()
            if fstat(opened, &ours) == 0, stat(lockPath, &named) == 0, ours.st_ino == named.st_ino,
                ours.st_dev == named.st_dev
            {
                descriptor = opened
                break
            }
            close(opened)
        }
        let text = "process \(getpid()) on \(ProcessInfo.processInfo.hostName) since \(Date().formatted(.iso8601))\n"
        _ = ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit {
        unlink(lockPath)
        close(descriptor)
    }

    /// A file system without locks is accepted when the user says so, in the way libhdf5 wants to be told.
    private static func mayGoUnlocked(_ reason: Int32) -> Bool {
        guard reason != EWOULDBLOCK else { return false }
        let wish = ProcessInfo.processInfo.environment["HDF5_USE_FILE_LOCKING"]
        return wish == "FALSE" || wish == "0" || wish == "BEST_EFFORT"
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 300)
        let length = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, length)), as: UTF8.self)
        let line = text.prefix { !$0.isNewline }
        return line.isEmpty ? "holder unknown" : String(line)
    }
}
