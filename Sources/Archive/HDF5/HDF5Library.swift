import CHDF5
import Foundation

/// The one libhdf5 of the process: its lock and its error texts.
enum HDF5Library {
    // Some builds of libhdf5 are not thread-safe, and handles are closed from `deinit`, which may run while the lock
    // is held: hence one recursive lock for all calls.
    private static let lock = NSRecursiveLock()

    /// In a child of `fork` there are no other threads, and the lock belongs to a thread of the parent for ever.
    nonisolated(unsafe) static var isAlone = false

    /// Before the first call: at the end of the process libhdf5 would close what is open once more, and crashes there on a file
    /// whose last write failed. All files of ours are closed by their owners.
    private static let withoutCleaning: Void = { _ = H5dont_atexit() }()

    /// Runs `body` alone in the process, with libhdf5's own printing of errors switched off.
    static func synchronized<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        if !isAlone { lock.lock() }
        defer { if !isAlone { lock.unlock() } }
        _ = withoutCleaning
        chdf5_silence()
        return try body()
    }

    /// Takes the error stack left by the last failed call: what the operating system said, or one line, the cause first.
    static func takeErrorText() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 2000) { buffer in
            guard let start = buffer.baseAddress else { return "unknown reason" }
            chdf5_take_error(start, buffer.count)
            let text = String(cString: start)
            return text.isEmpty ? "unknown reason" : systemError(in: text) ?? text
        }
    }

    /// A failed write fills lines with times and addresses; the reason in them is one phrase. Which lock failed must stay readable.
    private static func systemError(in text: String) -> String? {
        guard !HDF5File.isLockFailure(text), let start = text.range(of: "error message = '"),
            let end = text[start.upperBound...].firstIndex(of: "'")
        else { return nil }
        return String(text[start.upperBound..<end])
    }
}

/// One open identifier of libhdf5, closed with its last reference.
final class HDF5Handle {
    let id: hid_t
    /// Called when the identifier has been closed.
    var afterwards: (() -> Void)?
    private var isOpen = true

    /// Takes over `id`; nil when the call that should have made it failed.
    init?(_ id: hid_t) {
        guard id >= 0 else { return nil }
        self.id = id
    }

    /// Closes the identifier of a file now; false when that failed.
    func closeFile() -> Bool {
        HDF5Library.synchronized {
            defer { afterwards?() }
            isOpen = false
            return H5Fclose(id) >= 0
        }
    }

    deinit {
        guard isOpen else { return }
        HDF5Library.synchronized {
            chdf5_release(id)
            afterwards?()
        }
    }
}
