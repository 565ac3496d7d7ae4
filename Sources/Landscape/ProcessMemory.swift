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
    /// Where the system cannot forget an earlier peak (`/proc/self/clear_refs`), only growth beyond that peak is seen.
    public static func growth(during body: () throws -> Void) rethrows -> Int {
        let forgets = (try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))) != nil
        let before = resident
        try body()
        return max(0, (forgets ? highWater : peak) - before)
    }

    /// The largest resident size since the system was last told to forget it.
    private static var highWater: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return peak }
        for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
        }
        return peak
    }
}
