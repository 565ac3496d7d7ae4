import Dispatch
import Synchronization

/// Independent pieces of work on several threads.
///
/// Each piece runs on one thread from beginning to end (``Runtime/configureForIndependentWorkers()``), so its bits do not
/// depend on how many workers there are.
public enum Parallel {
    private struct State {
        var next = 0
        var failure: (index: Int, error: any Error)?
    }

    /// Runs `body` for every index. After a failure no new index is begun, and the failure of the lowest index is thrown.
    public static func forEach(_ count: Int, workers: Int, _ body: @Sendable (Int) throws -> Void) throws {
        try withWorkers(count, workers: workers, makeContext: { () }, { index, _ in try body(index) })
    }

    /// As ``forEach(_:workers:_:)``, where each worker first makes a context of its own, such as a buffer.
    public static func withWorkers<Context>(
        _ count: Int, workers: Int, makeContext: @Sendable () throws -> Context,
        _ body: @Sendable (Int, Context) throws -> Void
    ) throws {
        let state = Mutex(State())
        @Sendable func run() {
            let context: Context
            do {
                try Runtime.configureThread()
                context = try makeContext()
            } catch {
                state.withLock { if $0.failure == nil { $0.failure = (0, error) } }
                return
            }
            while true {
                let index: Int? = state.withLock { state in
                    guard state.failure == nil, state.next < count else { return nil }
                    defer { state.next += 1 }
                    return state.next
                }
                guard let index else { return }
                do { try body(index, context) } catch {
                    state.withLock { state in
                        if state.failure.map({ index < $0.index }) ?? true { state.failure = (index, error) }
                    }
                }
            }
        }
        let threads = max(1, min(workers, count))
        if threads == 1 {
            run()
        } else {
            DispatchQueue.concurrentPerform(iterations: threads) { _ in run() }
        }
        if let failure = state.withLock({ $0.failure }) { throw failure.error }
    }
}
