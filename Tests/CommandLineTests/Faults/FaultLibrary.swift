import Foundation

/// Tests/FaultInjection/faults.c, compiled beside the program and preloaded into it.
enum FaultLibrary {
    /// A call that is to fail.
    struct Fault: CustomStringConvertible {
        /// What happens, as in faults.c.
        enum Kind: String, CaseIterable { case eio, enospc, short, full, eintr, kill, torn }
        var kind: Kind
        /// Which call that changes a file, from 1.
        var number: Int
        /// Whether all later calls fail as well.
        var isLasting = false

        var description: String { "\(kind)\(isLasting ? ", lasting," : "") at call \(number)" }
        var endsProcess: Bool { kind == .kill || kind == .torn }
    }

    private static let library = Result { try compile() }

    private static func compile() throws -> String {
        let source = Program.root.appendingPathComponent("Tests/FaultInjection/faults.c").path
        let target = Program.url.deletingLastPathComponent().appendingPathComponent("landscape-faults.so").path
        let temporary = "\(target).\(getpid())"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["cc", "-shared", "-fPIC", "-O1", "-w", "-o", temporary, source, "-ldl"]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0, rename(temporary, target) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: source])
        }
        return target
    }

    /// Variables that let `fault` happen to files below a folder; without one calls are only counted, and written into `log`.
    static func environment(
        _ fault: Fault? = nil, below folder: URL, counter: String, log: String? = nil
    ) throws -> [String: String] {
        var variables = [
            "LD_PRELOAD": try library.get(), "FAULT_FOLDER": folder.resolvingSymlinksInPath().path,
            "FAULT_COUNTER": counter,
        ]
        variables["FAULT_LOG"] = log
        if let fault {
            variables["FAULT_KIND"] = fault.kind.rawValue
            variables["FAULT_AT"] = String(fault.number)
            variables["FAULT_LASTING"] = fault.isLasting ? "1" : "0"
        }
        return variables
    }

    /// Variables under which the `number`-th access to a file changes it first.
    static func environment(
        changing input: URL, _ how: String, number: Int, counter: String
    ) throws -> [String: String] {
        [
            "LD_PRELOAD": try library.get(), "FAULT_INPUT": input.resolvingSymlinksInPath().path,
            "FAULT_COUNTER": counter, "FAULT_KIND": how, "FAULT_AT": String(number),
        ]
    }

    /// Variables under which the wall clock is off by so many seconds from the `reading`-th reading on; 0: at every second one.
    static func environment(clockFrom reading: Int, seconds: Int) throws -> [String: String] {
        ["LD_PRELOAD": try library.get(), "FAULT_CLOCK": "\(reading) \(seconds)"]
    }

    /// How many calls were counted: changes of files, accesses to the input, readings of the clock.
    static func counts(_ counter: String) throws -> (changes: Int, accesses: Int, readings: Int) {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: counter))
        let numbers = bytes.withUnsafeBytes { raw in
            (0..<3).map { Int(raw.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
        }
        return (numbers[0], numbers[1], numbers[2])
    }
}
