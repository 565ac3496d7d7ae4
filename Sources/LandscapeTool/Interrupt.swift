@preconcurrency import Dispatch
import Foundation
import Synchronization

/// SIGINT, SIGTERM and SIGHUP (a closed terminal) as a request to stop at the next safe point.
enum Interrupt {
    private static let flag = Atomic<Bool>(false)
    private static let sources: [any DispatchSourceSignal] = [SIGINT, SIGTERM, SIGHUP].compactMap { number in
        // nohup promised the user that a closed terminal stops nothing.
        if number == SIGHUP && isIgnored(number) { return nil }
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            // A second request does not wait.
            if flag.exchange(true, ordering: .relaxed) { _exit(128 + number) }
            Log.warning("stopping after the point at hand; ask again to stop at once")
        }
        return source
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Begins to listen.
    static func install() {
        for source in sources { source.activate() }
    }

    /// Whether a stop was asked for.
    static var isRequested: Bool { flag.load(ordering: .relaxed) }
}
