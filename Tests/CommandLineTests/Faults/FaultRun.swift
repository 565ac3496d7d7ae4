import Foundation
import Testing

/// A folder with the inputs of a job and its older output, and what the undisturbed command makes of it.
final class FaultBench: Sendable {
    let job: FaultJob
    let whole: [String: String]
    /// How many calls of the undisturbed command change files.
    let calls: Int
    /// Seconds that it takes.
    let seconds: Double
    /// Small writes into a result file that stands in its place: how many, and those that reach over the end of a page of memory,
    /// but for two parts of a header of which the second begins there.
    let inPlace: (count: Int, crossings: [String])
    private let template: URL
    /// What faults have left from where the run has been brought to its end.
    private let completed = Locked<Set<String>>([])

    private static let benches = Locked<[String: FaultBench]>([:])

    /// The bench of a job, made once in a process.
    static func of(_ job: FaultJob) throws -> FaultBench {
        if let made = benches.with({ $0[job.name] }) { return made }
        let bench = try FaultBench(job)
        benches.with { benches in
            if benches.isEmpty { atexit { FaultBench.benches.with { $0 = [:] } } }
            benches[job.name] = bench
        }
        return bench
    }

    private init(_ job: FaultJob) throws {
        self.job = job
        let scratch = try Scratch()
        try job.prepare(scratch)
        let old = scratch.url.appendingPathComponent("old")
        try FileManager.default.copyItem(at: scratch.url.appendingPathComponent("out"), to: old)
        for name in scratch.contents where name.hasPrefix("stdout-") || name.hasPrefix("stderr-") {
            try FileManager.default.removeItem(atPath: scratch.path(name))
        }
        template = FileManager.default.temporaryDirectory.appendingPathComponent("landscape-\(UUID().uuidString)")
        try FileManager.default.moveItem(at: scratch.url, to: template)
        let folder = try Scratch()
        try FaultBench.fill(folder, from: template)
        let begun = ContinuousClock.now
        let result = try FaultRun.start(job.command, in: folder.url, environment: FaultBench.counting(folder)).end()
        seconds = (ContinuousClock.now - begun) / .seconds(1)
        try #require(result.status == 0, "\(job.command): \(result.errors)")
        calls = try FaultLibrary.counts(folder.path("counter")).changes
        inPlace = try FaultBench.inPlace(
            String(contentsOfFile: folder.path("log"), encoding: .utf8),
            try? Data(contentsOf: folder.url.appendingPathComponent("out/run.h5")))
        whole = try job.results(folder.url)
        try #require(calls > 3 && !whole.isEmpty)
    }

    deinit { try? FileManager.default.removeItem(at: template) }

    private static func fill(_ folder: Scratch, from template: URL) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: template.path) {
            try FileManager.default.copyItem(
                at: template.appendingPathComponent(name), to: folder.url.appendingPathComponent(name))
        }
    }

    private static func counting(_ folder: Scratch) throws -> [String: String] {
        try FaultLibrary.environment(
            below: folder.url.appendingPathComponent("out"), counter: folder.path("counter"), log: folder.path("log"))
    }

    /// Lines such as `345 pwrite /run.h5 8 at 119208`, after `178 rename /run.h5 0`.
    private static func inPlace(_ log: String, _ file: Data?) -> (count: Int, crossings: [String]) {
        guard let file else { return (0, []) }
        let page = 4096
        var (count, crossings) = (0, [String]())
        for line in log.split(separator: "\n").drop(while: { !$0.hasSuffix(" rename /run.h5 0") }) {
            let words = line.split(separator: " ")
            guard words.count == 6, let bytes = Int(words[3]), let offset = Int(words[5]), bytes <= page else {
                continue
            }
            count += 1
            let border = (offset + bytes - 1) / page * page
            let begun = border > offset ? String(decoding: file[border...].prefix(4), as: UTF8.self) : "OHDR"
            if !["OHDR", "OCHK"].contains(begun) { crossings.append(String(line)) }
        }
        return (count, crossings)
    }

    /// A folder in which the command can be started.
    func folder() throws -> Scratch {
        let folder = try Scratch()
        try FaultBench.fill(folder, from: template)
        return folder
    }

    /// What is wrong with the files in a folder, in words.
    func problems(_ folder: Scratch) -> [String] {
        do {
            return try job.problems(folder.url, folder.url.appendingPathComponent("old"), whole)
        } catch { return ["unreadable: \(error)"] }
    }

    /// What the new file, where it stands, says is done.
    func done(_ folder: Scratch) throws -> [String: String] {
        let file = folder.url.appendingPathComponent("out/run.h5")
        let old = folder.url.appendingPathComponent("old/run.h5")
        guard let bytes = try? Data(contentsOf: file), bytes != (try? Data(contentsOf: old)) else { return [:] }
        return try doneContents(file.path)
    }

    /// Brings the run to its end and compares.
    func complete(_ folder: Scratch) -> [String] {
        do {
            let command = job.continuation(folder.url)
            let result = try FaultRun.start(command, in: folder.url).end()
            guard result.status == 0, result.signal == nil else {
                return ["\(command.last ?? "") ends with \(result.status): \(result.errors)"]
            }
            let found = try job.results(folder.url)
            if found == whole { return [] }
            let keys = Set(found.keys).union(whole.keys).filter { found[$0] != whole[$0] }.sorted()
            return ["after \(command.last ?? "") \(keys.count) results differ, such as \(keys.prefix(3))"]
        } catch { return ["after going on: \(error)"] }
    }

    // MARK: - One fault

    /// Lets one call fail, looks at what stands then, and goes on; returns what is wrong.
    func meet(_ fault: FaultLibrary.Fault) -> [String] {
        do {
            let folder = try folder()
            let out = folder.url.appendingPathComponent("out")
            let variables = try FaultLibrary.environment(fault, below: out, counter: folder.path("counter"))
            let result = try FaultRun.start(job.command, in: folder.url, environment: variables).end()
            var problems: [String] = []
            if fault.endsProcess {
                // gnuplot alone may have been killed: then one figure is missing, or all.
                let isExpected = result.status == 0 || job.name == "report" && [1, 69, 73].contains(result.status)
                if result.signal != SIGKILL && !isExpected { problems.append("ended with \(result.status)") }
            } else if let signal = result.signal {
                problems.append("died by signal \(signal)")
            } else if result.status == 0 {
                // An unlink, or a call that libhdf5 or we repeat.
                if try job.results(folder.url) != whole { problems.append("ended with 0 and other results") }
            } else {
                // gnuplot that cannot write is gnuplot failing: one figure is missing, or all.
                let expected: Set<Int32> = job.name == "report" ? [73, 69, 1] : [73]
                if !expected.contains(result.status) {
                    problems.append("ended with \(result.status): \(result.errors)")
                }
                let names = job.name == "report" ? ["out", "could not draw"] : ["out"]
                if !result.errors.contains("error: ") || !names.contains(where: result.errors.contains) {
                    problems.append("no clear error: \(result.errors)")
                }
                if fault.kind == .eintr || fault.kind == .short {
                    problems.append("a call to be repeated was taken for a failure: \(result.errors)")
                }
            }
            problems += self.problems(folder)
            // Where unlink works, nothing half written stays.
            if !fault.endsProcess && !fault.isLasting {
                let left = try FileManager.default.subpathsOfDirectory(atPath: out.path).filter {
                    $0.hasSuffix(".tmp") || $0.hasSuffix(".partial")
                }
                if !left.isEmpty { problems.append("left behind: \(left)") }
            }
            let state = try? FaultJob.state(folder.url)
            if state == nil || completed.with({ $0.insert(state ?? "").inserted }) {
                problems += complete(folder)
            }
            return problems.map { "\(fault): \($0)" }
        } catch { return ["\(fault): \(error)"] }
    }

    /// Every given call, side by side; says how many there were and returns what was wrong.
    func sweep(_ kind: FaultLibrary.Fault.Kind, lasting: Bool = false, calls chosen: [Int]) -> [String] {
        let problems = Locked<[String]>([])
        let begun = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: chosen.count) { index in
            let found = meet(FaultLibrary.Fault(kind: kind, number: chosen[index], isLasting: lasting))
            if !found.isEmpty { problems.with { $0 += found } }
        }
        let all = problems.with { $0 }
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        print(
            "faults: \(job.name), \(kind)\(lasting ? " lasting" : ""): \(chosen.count) of \(calls) calls, \(all.count) violations, \(Int(seconds)) s"
        )
        return all
    }
}

/// A process that is watched: one that hangs is ended and counts as such.
struct FaultRun {
    let process: Process
    private let output: URL
    private let errors: URL

    static func start(_ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws -> FaultRun {
        let (process, output, errors) = try Program.start(arguments, in: folder, environment: environment)
        return FaultRun(process: process, output: output, errors: errors)
    }

    func end(within seconds: Double = 300) throws -> Program.Result {
        let limit = ContinuousClock.now + .seconds(seconds)
        var isLate = false
        while process.isRunning {
            usleep(3000)
            if ContinuousClock.now > limit && !isLate {
                isLate = true
                kill(process.processIdentifier, SIGKILL)
            }
        }
        process.waitUntilExit()
        let text = try String(contentsOf: errors, encoding: .utf8)
        return Program.Result(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: isLate ? "hung for \(Int(seconds)) s; \(text)" : text,
            signal: process.terminationReason == .uncaughtSignal ? process.terminationStatus : nil)
    }
}

/// A value that threads share.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    @discardableResult
    func with<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}
