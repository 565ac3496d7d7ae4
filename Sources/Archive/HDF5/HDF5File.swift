import CHDF5
import Foundation
import Synchronization

/// An open HDF5 file.
struct HDF5File {
    let handle: HDF5Handle
    private let access: HDF5Handle
    let path: String
    /// Whether no file of the system stands behind it.
    private let isInMemory: Bool

    /// Creates a file at `path`, over whatever is there; errors speak of `finalPath`.
    ///
    /// - Parameter isPaged: whether no object header lies across the end of a page, for files that are changed later.
    static func create(at path: String, finalPath: String, isPaged: Bool = false) throws(ArchiveError) -> HDF5File {
        func failure(_ reason: String) -> ArchiveError {
            HDF5File.isLockFailure(reason)
                ? .fileLockingFailed(path: finalPath, reason: reason) : .cannotCreate(path: finalPath, reason: reason)
        }
        guard let access = HDF5Handle(chdf5_create_file_access()),
            let creation = HDF5Handle(
                isPaged ? chdf5_create_paged_file_creation() : chdf5_create_file_creation()),
            let handle = HDF5Handle(chdf5_create_file(path, creation.id, access.id))
        else { throw failure(HDF5Library.takeErrorText()) }
        let file = HDF5File(handle: handle, access: access, path: finalPath)
        file.keepFromChildren()
        return file
    }

    /// Creates a file in memory that is gone when it is closed; errors speak of `name`.
    static func createInMemory(name: String) throws(ArchiveError) -> HDF5File {
        guard let access = HDF5Handle(chdf5_create_memory_access()),
            let creation = HDF5Handle(chdf5_create_file_creation()),
            let handle = HDF5Handle(chdf5_create_file(name, creation.id, access.id))
        else { throw .cannotCreate(path: name, reason: HDF5Library.takeErrorText()) }
        return HDF5File(handle: handle, access: access, path: name, isInMemory: true)
    }

    private init(handle: HDF5Handle, access: HDF5Handle, path: String, isInMemory: Bool = false) {
        self.handle = handle
        self.access = access
        self.path = path
        self.isInMemory = isInMemory
    }

    /// Opens an existing file; errors from then on speak of `finalPath`.
    static func open(
        _ path: String, writable: Bool, finalPath: String? = nil
    ) throws(ArchiveError) -> HDF5File {
        try checkReadable(path)
        if writable { try checkSizeLimit(path) }
        guard let access = HDF5Handle(chdf5_create_file_access()),
            let handle = HDF5Handle(chdf5_open_file(path, writable ? 1 : 0, access.id))
        else {
            let reason = HDF5Library.takeErrorText()
            if isLockFailure(reason) { throw .fileLockingFailed(path: path, reason: reason) }
            if writable, Foundation.access(path, W_OK) != 0 {
                throw .cannotWrite(path: path, object: "the file", reason: String(cString: strerror(errno)))
            }
            throw .damaged(path: path, object: "the file", reason: reason)
        }
        let file = HDF5File(handle: handle, access: access, path: finalPath ?? path)
        file.keepFromChildren()
        return file
    }

    /// How many open files of this process stand on one descriptor: libhdf5 shares it among them.
    private static let users = Mutex<[Int32: Int]>([:])

    /// libhdf5 leaves its descriptor open in programs that are started meanwhile, and with it the lock on the file: one
    /// that another thread forks between opening and closing keeps the file locked until it runs its own program, or
    /// longer. Therefore the descriptor is marked, and the lock, which all copies of a descriptor share, is given up in
    /// so many words when the last user here has closed the file.
    private func keepFromChildren() {
        let descriptor = chdf5_descriptor(handle.id, access.id)
        guard descriptor >= 0 else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return }
        HDF5File.users.withLock { $0[descriptor, default: 0] += 1 }
        handle.afterwards = {
            let isLast = HDF5File.users.withLock { users in
                users[descriptor, default: 1] -= 1
                guard users[descriptor] == 0 else { return false }
                users[descriptor] = nil
                return true
            }
            if isLast { _ = flock(copy, LOCK_UN) }
            Foundation.close(copy)
        }
    }

    /// Whether this process has the file open already.
    static func isOpenHere(_ path: String) -> Bool {
        var named = stat()
        guard stat(path, &named) == 0 else { return false }
        return users.withLock { users in
            users.keys.contains { descriptor in
                var open = stat()
                return fstat(descriptor, &open) == 0 && open.st_ino == named.st_ino && open.st_dev == named.st_dev
            }
        }
    }

    /// The root group.
    func root() throws(ArchiveError) -> HDF5Group {
        guard let open = HDF5Handle(H5Gopen2(handle.id, "/", chdf5_default())) else {
            throw .damaged(path: path, object: "/", reason: HDF5Library.takeErrorText())
        }
        return HDF5Group(handle: open, file: path, name: "/")
    }

    /// Hands everything written so far to the operating system: it survives the death of this process.
    func flush() throws(ArchiveError) {
        guard H5Fflush(handle.id, H5F_SCOPE_LOCAL) >= 0 else {
            throw .cannotWrite(path: path, object: "the file", reason: HDF5Library.takeErrorText())
        }
    }

    /// Closes the file and says what goes wrong. Nothing inside it may be open any more.
    func close() throws(ArchiveError) {
        guard handle.closeFile() else {
            throw .cannotWrite(path: path, object: "the file", reason: HDF5Library.takeErrorText())
        }
    }

    /// Waits until the operating system has put everything on the disk: it survives the loss of power.
    func synchronizeToDisk() throws(ArchiveError) {
        try flush()
        guard !isInMemory else { return }
        let descriptor = chdf5_descriptor(handle.id, access.id)
        guard descriptor >= 0 else { return }
        guard fsync(descriptor) == 0 else {
            throw .cannotWrite(path: path, object: "the file", reason: String(cString: strerror(errno)))
        }
    }

    static func isLockFailure(_ reason: String) -> Bool {
        reason.contains("unable to lock file") || reason.contains("unable to flock")
    }

    /// Checks that the limit on the size of files lies above a file: it would cut a write in the middle of an object.
    private static func checkSizeLimit(_ path: String) throws(ArchiveError) {
        var (limit, information) = (rlimit(), stat())
        guard getrlimit(Int32(RLIMIT_FSIZE.rawValue), &limit) == 0, stat(path, &information) == 0,
            limit.rlim_cur < rlim_t(information.st_size)
        else { return }
        let sizes = "it has \(information.st_size) bytes, the limit on the size of files is \(limit.rlim_cur)"
        throw .cannotWrite(path: path, object: "the file", reason: "\(String(cString: strerror(EFBIG))): \(sizes)")
    }

    /// Sorts out what is no HDF5 file before libhdf5 sees it.
    static func checkReadable(_ path: String) throws(ArchiveError) {
        var information = stat()
        guard stat(path, &information) == 0 else {
            let reason = errno
            if reason == ENOENT || reason == ENOTDIR { throw .missingFile(path: path) }
            throw .unreadable(path: path, reason: String(cString: strerror(reason)))
        }
        let kind = information.st_mode & S_IFMT
        guard kind == S_IFREG else { throw .notAFile(path: path, kind: kind == S_IFDIR ? "a folder" : "a device") }
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        defer { Foundation.close(descriptor) }
        // The signature stands at 0 or, behind a user block, at 512, 1024, 2048, ...
        let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
        var offset = 0
        while offset + signature.count <= Int(information.st_size) {
            var bytes = [UInt8](repeating: 0, count: signature.count)
            guard pread(descriptor, &bytes, bytes.count, off_t(offset)) == bytes.count else { break }
            if bytes == signature { return }
            offset = offset == 0 ? 512 : offset * 2
        }
        throw .notHDF5(path: path)
    }
}
