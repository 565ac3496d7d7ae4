import Foundation
import Synchronization
import Tensor

/// A thread that shows the others that this process lives, and watches whether they do.
final class Heartbeat: Sendable {
    private struct Pulse {
        var count = 0
        var seen: ContinuousClock.Instant
    }
    private struct State {
        var pulses: [Int: Pulse]
        /// When the store last answered.
        var answered: ContinuousClock.Instant
        var isStopped = false
    }

    private let state: Mutex<State>
    private let timeout: Double

    /// Begins to beat, about five times within the timeout, on a connection of its own: others may be busy with long values.
    init(_ store: KeyValueStore, rank: Int, watched: Set<Int>, timeout: Double) throws {
        self.timeout = timeout
        let now = ContinuousClock.now
        state = Mutex(
            State(pulses: Dictionary(uniqueKeysWithValues: watched.map { ($0, Pulse(seen: now)) }), answered: now))
        let connection = try store.connection()
        let pause = UInt32(min(5, max(0.05, timeout / 5)) * 1e6)
        let thread = Thread { [self] in
            while !state.withLock({ $0.isStopped }) {
                beat(connection, rank, watched)
                usleep(pause)
            }
        }
        thread.start()
    }

    private func beat(_ connection: KeyValueStore, _ rank: Int, _ watched: Set<Int>) {
        do {
            try connection.add("beat/\(rank)", 1)
            for other in watched {
                let count = try connection.add("beat/\(other)", 0)
                state.withLock { state in
                    if state.pulses[other]?.count != count { state.pulses[other] = Pulse(count: count, seen: .now) }
                }
            }
            state.withLock { $0.answered = .now }
        } catch {
            // Nobody is seen any more, which is what silence says.
        }
    }

    /// Those who did not beat for longer than the timeout, as far as this process looked; all where the store itself is silent
    /// for twice as long.
    var silent: Set<Int> {
        let now = ContinuousClock.now
        return state.withLock { state in
            Set(
                state.pulses.filter { _, pulse in
                    min(state.answered, now) - pulse.seen > .seconds(timeout)
                        || now - state.answered > .seconds(2 * timeout)
                }.keys)
        }
    }

    func stop() { state.withLock { $0.isStopped = true } }
}
