import Foundation

/// What this process takes and the machine has, in bytes.
public enum ProcessMemory {
    /// The resident size of this process.
    public static var resident: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The largest resident size of this process so far.
    public static var peak: Int {
        // getrusage would count what the process was before it became this program.
        if let bytes = statusField("VmHWM:") { return bytes }
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    /// What the machine could still give without swapping; 0 where it does not say.
    public static var available: Int {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return 0 }
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
        }
        return 0
    }

    /// By how much the resident size rises above its present value while `body` runs.
    ///
    /// Forgets an earlier ``peak``; where the system cannot (`/proc/self/clear_refs`), that peak is taken for this one.
    public static func growth(during body: () throws -> Void) rethrows -> Int {
        try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
        let before = resident
        try body()
        return max(0, peak - before)
    }

    private static func statusField(_ name: String) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        }
        return nil
    }
}
