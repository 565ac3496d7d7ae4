import CHDF5
import Foundation

/// Reads a result file in a child process.
///
/// libhdf5 does not survive every damaged file. What it does to memory there, or how long it takes, must not reach the
/// process that asked: the child gets limits, and sends back the record or the error. When it dies, the file is damaged.
enum IsolatedReader {
    /// Beside what the process has already: for libhdf5 itself, and for the record and its copy.
    private static let spareMemory = 1 << 30
    private static let memoryPerByte = 64
    /// Seconds of the processor, beside one for every 10 MB, where nobody asks for others. Sound files take some milliseconds.
    private static var processorTime: Int {
        ProcessInfo.processInfo.environment["LANDSCAPE_READ_SECONDS"].flatMap { Int($0) } ?? 10
    }
    /// Milliseconds after which a child that has neither answered nor done anything meanwhile is given up.
    private static let patience: Int32 = 10_000
    /// A child of a process with several threads can find a lock taken for ever by a thread that it does not have. That takes an
    /// unlucky moment, so the next one is tried.
    private static let attempts = 3
    /// How often a child may use up its time before that is put down to the file.
    private static let overruns = 2

    /// Among these locks are those under which Swift's runtime prepares a type for its first use. So everything that a child does
    /// is done once here before there is a child. True when it could be done.
    static let isRehearsed: Bool = {
        let array = ArrayPlan.eigenvalues(count: 1)
        let variant = VariantPlan(
            name: "a", kind: "a", weightsSHA256: "", parameters: 1, attributes: ["a": 1, "b": "b", "c": .double(1)],
            scalars: [ScalarPlan(path: "a", longName: "a")], arrays: [array], lines: [GridPlan(name: "a", t: [0])],
            planes: [GridPlan(name: "a", x: [0], y: [0])])
        let plan = RunPlan(
            title: "", command: "", seed: 0, manifestJSON: "{}", fingerprint: "", attributes: ["a": .strings(["a"])],
            variants: [variant])
        var writer = ByteWriter()
        put(damaged("", ""), into: &writer)
        _ = addressSpace()
        guard let layout = try? RunLayout(plan), let file = try? HDF5File.createInMemory(name: "rehearsal"),
            (try? RunFile.build(layout, in: file.root())) != nil, let record = try? RunReader.record(file)
        else { return false }
        writer.put(true)
        writer.put(record)
        return (try? file.close()) != nil
    }()

    /// What became of a child.
    private enum Outcome {
        case answer(Result<RunRecord, ArchiveError>)
        case standstill
        case overrun
    }

    /// The content of the file; the caller holds the lock of the library.
    static func read(_ path: String, seconds: Int?) throws(ArchiveError) -> RunRecord {
        try HDF5File.checkReadable(path)
        let seconds = max(1, min(seconds ?? processorTime, 1 << 30))
        _ = isRehearsed
        var overrun = 0
        for _ in 0..<attempts {
            switch try ask(path, seconds) {
            case .answer(let result): return try result.get()
            case .standstill: continue
            case .overrun:
                overrun += 1
                guard overrun < overruns else { throw damaged(path, ending(SIGXCPU)) }
            }
        }
        throw .unreadable(path: path, reason: "the process that should read it stood still, \(attempts) times")
    }

    /// What one child says.
    private static func ask(_ path: String, _ seconds: Int) throws(ArchiveError) -> Outcome {
        var ends: [Int32] = [-1, -1]
        guard chdf5_pipe(&ends) == 0 else { throw unreadable(path, "pipe") }
        var information = stat()
        let size = stat(path, &information) == 0 ? Int(information.st_size) : 0
        let child = chdf5_fork(rlim_t(seconds + size / 10_000_000))
        if child == 0 {
            close(ends[0])
            serve(path, size, ends[1])
        }
        let reason = errno
        close(ends[1])
        defer { close(ends[0]) }
        guard child > 0 else {
            errno = reason
            throw unreadable(path, "fork")
        }
        let answer = receive(from: ends[0], of: child)
        if answer == nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard let answer else { return .standstill }
        var reader = ByteReader(answer)
        do {
            return .answer(try result(path, &reader))
        } catch {
            if status & 0x7F == SIGXCPU { return .overrun }
            throw damaged(path, ending(status))
        }
    }

    private static func unreadable(_ path: String, _ call: String) -> ArchiveError {
        let reason = String(cString: strerror(errno))
        return .unreadable(path: path, reason: "no process could be started to read it: \(call): \(reason)")
    }

    private static func damaged(_ path: String, _ reason: String) -> ArchiveError {
        .damaged(path: path, object: "the file", reason: reason)
    }

    /// How the child ended, in words.
    private static func ending(_ status: Int32) -> String {
        let signal = status & 0x7F
        let name = strsignal(signal).map { String(cString: $0) } ?? "unknown"
        switch signal {
        case 0: return "the process that read it ended with code \(status >> 8 & 0xFF)"
        case SIGXCPU: return "reading it takes more time than a file of its size can need"
        default: return "libhdf5 was brought down by it with signal \(signal), \(name)"
        }
    }

    // MARK: The child

    /// Reads, answers, and ends this process.
    private static func serve(_ path: String, _ size: Int, _ pipe: Int32) -> Never {
        HDF5Library.isAlone = true
        // The last words of a dying allocator are not for the user.
        let nothing = Foundation.open("/dev/null", O_WRONLY | O_CLOEXEC)
        if nothing >= 0 { dup2(nothing, STDERR_FILENO) }
        limitMemory(size)
        var writer = ByteWriter()
        do {
            let record = try RunReader.record(HDF5File.open(path, writable: false))
            writer.put(true)
            writer.put(record)
        } catch {
            writer.put(false)
            put(error, into: &writer)
        }
        writer.bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count, let base = bytes.baseAddress {
                let count = write(pipe, base + done, bytes.count - done)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { _exit(1) }
                done += count
            }
        }
        _exit(0)
    }

    private static func limitMemory(_ size: Int) {
        let (wanted, overflow) = size.multipliedReportingOverflow(by: memoryPerByte)
        guard !overflow, wanted < 1 << 50 else { return }
        let value = rlim_t(addressSpace() + spareMemory + wanted)
        var limits = rlimit(rlim_cur: value, rlim_max: value)
        _ = setrlimit(Int32(RLIMIT_AS.rawValue), &limits)
    }

    /// Bytes of address space in use.
    private static func addressSpace() -> Int {
        var text = [UInt8](repeating: 0, count: 64)
        let descriptor = Foundation.open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 1 << 40 }
        defer { close(descriptor) }
        let count = Foundation.read(descriptor, &text, text.count)
        let pages = text.prefix(max(0, count)).prefix { $0 != 0x20 }.reduce(0) { 10 * $0 + Int($1 & 0xF) }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    // MARK: The answer

    private static func put(_ error: ArchiveError, into writer: inout ByteWriter) {
        switch error {
        case .damaged(_, let object, let reason): writer.put(["damaged", object, reason])
        case .foreign(_, let missing): writer.put(["foreign", missing, ""])
        case .unsupportedSchema(_, let found, let expected): writer.put(["schema", found, expected])
        case .fileLockingFailed(_, let reason): writer.put(["locking", reason, ""])
        default: writer.put(["damaged", "the file", error.description])
        }
    }

    private static func result(
        _ path: String, _ reader: inout ByteReader
    ) throws(ByteReader.Failure) -> Result<RunRecord, ArchiveError> {
        if try reader.bool() {
            let record: RunRecord = try reader.value()
            guard reader.isAtEnd else { throw ByteReader.Failure() }
            return .success(record)
        }
        let parts: [String] = try reader.values()
        guard parts.count == 3, reader.isAtEnd else { throw ByteReader.Failure() }
        switch parts[0] {
        case "foreign": return .failure(.foreign(path: path, missing: parts[1]))
        case "schema": return .failure(.unsupportedSchema(path: path, found: parts[1], expected: parts[2]))
        case "locking": return .failure(.fileLockingFailed(path: path, reason: parts[1]))
        default: return .failure(.damaged(path: path, object: parts[1], reason: parts[2]))
        }
    }

    /// All that comes out of the pipe until it is closed; nil when the child stands still.
    private static func receive(from pipe: Int32, of child: pid_t) -> [UInt8]? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var before = ""
        while true {
            var waiting = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, patience)
            if ready < 0 { continue }
            if ready == 0 {
                let now = activity(of: child)
                guard now != before else { return nil }
                before = now
                continue
            }
            let count = Foundation.read(pipe, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: piece[..<count])
        }
    }

    /// What changes while a process does something or waits for a disk: its state, and the time that it has had.
    private static func activity(of child: pid_t) -> String {
        let text = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: " ")
        guard fields.count > 14 else { return "" }
        // Only one that sleeps stands still: others wait for a disk or for their turn.
        return fields[2] == "S" ? "\(fields[13]) \(fields[14])" : UUID().uuidString
    }
}
