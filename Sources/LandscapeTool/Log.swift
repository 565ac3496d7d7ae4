import Foundation
import Synchronization

/// Messages and progress on stderr.
///
/// On a terminal progress is one line that is rewritten; otherwise one line for every tenth. NO_COLOR is honoured.
enum Log {
    private struct State {
        var isQuiet = false
        var prefix = ""
        var hasOpenLine = false
    }

    private static let state = Mutex(State())
    private static let isTerminal = isatty(STDERR_FILENO) == 1
    private static let colours = isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil

    static func setQuiet(_ value: Bool) { state.withLock { $0.isQuiet = value } }

    /// For a process beside the one that speaks: warnings and errors alone, which say where they come from.
    static func setRank(_ rank: Int) { state.withLock { ($0.isQuiet, $0.prefix) = (true, "rank \(rank): ") } }

    /// A value in a message.
    static func number(_ value: Double) -> String { String(format: "%.4g", value) }

    static func info(_ text: String) { write(text, always: false) }
    static func warning(_ text: String) { write(paint("warning: ", "33") + text, always: true) }
    static func error(_ text: String) { write(paint("error: ", "31") + text, always: true) }

    private static func paint(_ text: String, _ code: String) -> String {
        colours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private static func write(_ text: String, always: Bool) {
        state.withLock { state in
            guard always || !state.isQuiet else { return }
            put((state.hasOpenLine ? "\r\u{1B}[K" : "") + state.prefix + text + "\n")
            state.hasOpenLine = false
        }
    }

    fileprivate static func progress(_ text: String, ends: Bool) {
        state.withLock { state in
            guard !state.isQuiet else { return }
            if isTerminal {
                put("\r\u{1B}[K" + text + (ends ? "\n" : ""))
                state.hasOpenLine = !ends
            } else {
                put(text + "\n")
            }
        }
    }

    /// A reader of stderr that went away, or a closed stderr, must not end the work: what cannot be written is lost.
    private static func put(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Progress of one stage.
    final class Progress: Sendable {
        private struct Count {
            var done: Int
            var shown = -1
            var lastDrawn: Stopwatch?
        }

        private let title: String
        private let total: Int
        private let begun = Stopwatch()
        private let initial: Int
        private let count: Mutex<Count>

        init(_ title: String, total: Int, done: Int = 0) {
            self.title = title
            self.total = max(1, total)
            initial = done
            count = Mutex(Count(done: done))
        }

        func advance() { set(count.withLock { $0.done + 1 }) }

        func set(_ done: Int) {
            let text: (String, Bool)? = count.withLock { count in
                count.done = done
                let tenth = done * 10 / total
                let ends = done >= total
                let isDue =
                    Log.isTerminal ? ends || (count.lastDrawn?.elapsed ?? 1) > 0.1 : tenth > count.shown
                guard isDue else { return nil }
                count.shown = tenth
                count.lastDrawn = Stopwatch()
                let elapsed = begun.elapsed
                let rate = Double(done - initial) / max(elapsed, 1e-9)
                let remaining = rate > 0 ? Double(total - done) / rate : 0
                let time = ends ? String(format: "%.1f s", elapsed) : String(format: "%.0f s left", remaining)
                return ("\(title): \(done)/\(total) (\(done * 100 / total) %), \(time)", ends)
            }
            if let (line, ends) = text { Log.progress(line, ends: ends) }
        }
    }
}
