@preconcurrency import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM as a request to stop at the next safe point.
enum Interrupt {
    private static let flag = Atomic<Bool>(false)
    private static let sources: [any DispatchSourceSignal] = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            // A second request does not wait.
            if flag.exchange(true, ordering: .relaxed) { _exit(128 + number) }
            Log.warning("stopping after the point at hand; ask again to stop at once")
        }
        return source
    }

    /// Begins to listen.
    static func install() {
        for source in sources { source.activate() }
    }

    /// Whether a stop was asked for.
    static var isRequested: Bool { flag.load(ordering: .relaxed) }
}
