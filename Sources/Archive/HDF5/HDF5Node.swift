import CHDF5

/// An open group or dataset: what attributes hang on.
protocol HDF5Node {
    var handle: HDF5Handle { get }
    /// Path of the file, for messages.
    var file: String { get }
    /// Path inside the file, for messages.
    var name: String { get }
}

extension HDF5Node {
    var id: hid_t { handle.id }

    /// The error of a failed read.
    func damaged(_ part: String = "", _ reason: String? = nil) -> ArchiveError {
        .damaged(path: file, object: name + part, reason: reason ?? HDF5Library.takeErrorText())
    }

    /// The error of a failed write.
    func unwritable(_ part: String = "", _ reason: String? = nil) -> ArchiveError {
        .cannotWrite(path: file, object: name + part, reason: reason ?? HDF5Library.takeErrorText())
    }
}
