import CHDF5
import Foundation

/// The one libhdf5 of the process: its lock and its error texts.
enum HDF5Library {
    // Some builds of libhdf5 are not thread-safe, and handles are closed from `deinit`, which may run while the lock
    // is held: hence one recursive lock for all calls.
    private static let lock = NSRecursiveLock()

    /// In a child of `fork` there are no other threads, and the lock belongs to a thread of the parent for ever.
    nonisolated(unsafe) static var isAlone = false

    /// Runs `body` alone in the process, with libhdf5's own printing of errors switched off.
    static func synchronized<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        if !isAlone { lock.lock() }
        defer { if !isAlone { lock.unlock() } }
        chdf5_silence()
        return try body()
    }

    /// Takes the error stack left by the last failed call: one line, the cause first.
    static func takeErrorText() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 600) { buffer in
            guard let start = buffer.baseAddress else { return "unknown reason" }
            chdf5_take_error(start, buffer.count)
            let text = String(cString: start)
            return text.isEmpty ? "unknown reason" : text
        }
    }
}

/// One open identifier of libhdf5, closed with its last reference.
final class HDF5Handle {
    let id: hid_t
    /// Called when the identifier has been closed.
    var afterwards: (() -> Void)?

    /// Takes over `id`; nil when the call that should have made it failed.
    init?(_ id: hid_t) {
        guard id >= 0 else { return nil }
        self.id = id
    }

    deinit {
        HDF5Library.synchronized {
            chdf5_release(id)
            afterwards?()
        }
    }
}
