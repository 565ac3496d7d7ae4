import Archive
import Foundation
import OracleSupport
import Testing

/// What the machine around a run may do to it.
@Suite("Faults of the environment", .serialized)
struct EnvironmentTests {
    private static let isRoot = getuid() == 0

    /// Runs the command through a shell that prepares it: `"$@"` in `script` is the program with its arguments.
    private static func shell(
        _ script: String, _ arguments: [String], in folder: URL
    ) throws -> ChildProcess.Outcome {
        try ChildProcess.run(
            "/bin/sh", ["-c", "cd '\(folder.path)' && \(script)", "sh", Program.url.path] + arguments)
    }

    private static func tool(_ name: String, _ arguments: [String]) -> Bool {
        (try? ChildProcess.run("/usr/bin/env", [name] + arguments))?.status == 0
    }

    // MARK: - Space

    /// A file system of so many KiB, on the folder `out`; nil where this machine does not let us make one.
    private final class SmallDisk {
        let path: String

        init?(_ folder: Scratch, kibibytes: Int) {
            path = folder.path("out")
            let old = folder.path("out-old")
            guard EnvironmentTests.isRoot, rename(path, old) == 0 else { return nil }
            try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            guard EnvironmentTests.tool("mount", ["-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", path]) else {
                rmdir(path)
                rename(old, path)
                return nil
            }
        }

        func grow() -> Bool { EnvironmentTests.tool("mount", ["-o", "remount,size=64m", path]) }

        deinit { _ = EnvironmentTests.tool("umount", [path]) }
    }

    @Test(
        "A full disk ends a run with 73, and with room it goes on",
        arguments: runsSlowTests ? [FaultJob.smallProbe, .fineTuning] : [.fineTuning])
    func fullDisk(_ job: FaultJob) throws {
        let bench = try FaultBench.of(job)
        var failures = 0
        // Pages of 4 KiB: the folder, the lock, then more and more of the files.
        for kibibytes in runsSlowTests ? Array(stride(from: 4, through: 100, by: 4)) : [12] {
            let folder = try bench.folder()
            guard let disk = SmallDisk(folder, kibibytes: kibibytes) else {
                try Test.cancel("a file system of a few KiB cannot be mounted here: it takes root's rights")
            }
            try FileManager.default.removeItem(atPath: folder.path("old"))
            try FileManager.default.createDirectory(atPath: folder.path("old"), withIntermediateDirectories: false)
            let result = try FaultRun.start(job.command, in: folder.url).end()
            #expect(result.status == 0 || result.status == 73, "\(kibibytes) KiB: \(result.status) \(result.errors)")
            if result.status == 73 {
                failures += 1
                #expect(result.errors.contains("No space left") && result.errors.contains("out"), "\(result.errors)")
            }
            #expect(bench.problems(folder) == [], "\(kibibytes) KiB")
            #expect(disk.grow())
            #expect(bench.complete(folder) == [], "\(kibibytes) KiB")
        }
        #expect(failures > 0)
    }

    @Test(
        "A limit of the size of files ends a run with 73",
        arguments: runsSlowTests ? [FaultJob.smallProbe, .fineTuning, .smooth] : [.smallProbe])
    func fileSizeLimit(_ job: FaultJob) throws {
        let bench = try FaultBench.of(job)
        var failures = 0
        for blocks in runsSlowTests ? Array(1...40) : [1] {
            let folder = try bench.folder()
            let result = try EnvironmentTests.shell("ulimit -f \(blocks) && exec \"$@\"", job.command, in: folder.url)
            #expect(result.status == 0 || result.status == 73, "\(blocks): \(result.status) \(result.output)")
            if result.status == 73 {
                failures += 1
                #expect(result.output.contains("File too large"), "\(result.output)")
            }
            #expect(bench.problems(folder) == [], "\(blocks)")
            #expect(bench.complete(folder) == [], "\(blocks)")
        }
        #expect(failures > 0)
        guard job.name == FaultJob.smallProbe.name else { return }
        // Below the size of a file that is to be gone on with: a write could be cut in the middle of an object.
        let folder = try bench.folder()
        #expect(bench.complete(folder) == [])
        let finished = try Data(contentsOf: folder.url.appendingPathComponent("out/run.h5"))
        let goingOn = job.continuation(folder.url)
        #expect(goingOn.last == "--resume")
        let result = try EnvironmentTests.shell("ulimit -f 10 && exec \"$@\"", goingOn, in: folder.url)
        #expect(result.status == 73 && result.output.contains("File too large"), "\(result.status) \(result.output)")
        #expect(try Data(contentsOf: folder.url.appendingPathComponent("out/run.h5")) == finished)
    }

    @Test(
        "A folder that cannot be written is named",
        arguments: runsSlowTests ? [FaultJob.smallProbe, .fineTuning, .smooth] : [.fineTuning])
    func readOnlyFolder(_ job: FaultJob) throws {
        let bench = try FaultBench.of(job)
        let folder = try bench.folder()
        // Permissions do not hold root back: it becomes nobody, or mounts the folder without the right to write.
        let rights = [".", "tiny", "out"].map(folder.path)
        for path in rights { #expect(chmod(path, 0o555) == 0) }
        defer { for path in rights { chmod(path, 0o755) } }
        let nobody =
            EnvironmentTests.isRoot ? "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"" : "exec \"$@\""
        let result = try EnvironmentTests.shell(nobody, job.command, in: folder.url)
        #expect(result.status == 73 && result.output.contains("out"), "\(result.status) \(result.output)")
        #expect(bench.problems(folder) == [])
        let out = folder.path("out")
        guard EnvironmentTests.isRoot, EnvironmentTests.tool("mount", ["--bind", out, out]) else {
            print("faults: a read-only mount was not tried: it takes root's rights")
            return
        }
        defer { _ = EnvironmentTests.tool("umount", [out]) }
        try #require(EnvironmentTests.tool("mount", ["-o", "remount,ro,bind", out]))
        let mounted = try FaultRun.start(job.command, in: folder.url).end()
        #expect(mounted.status == 73 && mounted.errors.contains("out"), "\(mounted.status) \(mounted.errors)")
        #expect(bench.problems(folder) == [])
    }

    // MARK: - Streams

    @Test("Closed streams, readers that go away, and a full standard output")
    func streams() throws {
        let bench = try FaultBench.of(.smallProbe)
        let loud = bench.job.command.filter { $0 != "--quiet" }
        for script in [
            "exec \"$@\" <&- >&- 2>&-",
            "(\"$@\"; echo $? > code) 2>&1 | true; exit $(cat code)",
        ] + (runsSlowTests ? ["(\"$@\"; echo $? > code) | head -n 1; exit $(cat code)"] : []) {
            let folder = try bench.folder()
            let result = try EnvironmentTests.shell(script, loud, in: folder.url)
            #expect(result.status == 0, "\(script): \(result.status) \(result.output)")
            #expect(try bench.job.results(folder.url) == bench.whole, "\(script)")
        }
        let folder = try bench.folder()
        let full = try EnvironmentTests.shell("exec \"$@\" > /dev/full", bench.job.command, in: folder.url)
        #expect(full.status == 73 && full.output.contains("standard output"), "\(full.status) \(full.output)")
        #expect(try bench.job.results(folder.url) == bench.whole)
        let mute = try EnvironmentTests.shell("exec \"$@\" 2> /dev/full", loud, in: folder.url)
        #expect(mute.status == 0, "\(mute.output)")
    }

    // MARK: - Signals

    @Test(
        "A signal to stop ends a run with 75, and it goes on",
        arguments: runsSlowTests ? [FaultJob.smallProbe, .fineTuning, .experiment] : [.smallProbe])
    func signals(_ job: FaultJob) throws {
        let bench = try FaultBench.of(job)
        var stopped = 0
        for round in 0..<(runsSlowTests ? 30 : 3) {
            let signal = [SIGTERM, SIGHUP, SIGINT][round % 3]
            let folder = try bench.folder()
            let run = try FaultRun.start(job.command, in: folder.url)
            // The lock shows that the program listens.
            while run.process.isRunning, !folder.hasLock { usleep(2000) }
            usleep(UInt32(Double(round) / 30 * 0.5 * bench.seconds * 1e6))
            kill(run.process.processIdentifier, signal)
            let result = try run.end()
            #expect(result.status == 0 || result.status == 75, "\(signal): \(result.status) \(result.errors)")
            #expect(result.signal == nil)
            if result.status == 75 { stopped += 1 }
            #expect(bench.problems(folder) == [])
            #expect(bench.complete(folder) == [])
        }
        print("faults: \(job.name), signals: \(stopped) runs stopped with 75")
    }

    @Test("Under nohup a closed terminal stops nothing")
    func noHangup() throws {
        let bench = try FaultBench.of(.smallProbe)
        let folder = try bench.folder()
        let result = try EnvironmentTests.shell(
            "trap '' HUP; \"$@\" & while [ ! -e out/run.h5.lock ]; do sleep 0.01; done; kill -HUP $!; wait $!",
            bench.job.command, in: folder.url)
        #expect(result.status == 0, "\(result.output)")
        #expect(try bench.job.results(folder.url) == bench.whole)
    }

    // MARK: - Two processes

    @Test(
        "Of two runs on one output one is told to wait",
        arguments: runsSlowTests ? [FaultJob.smallProbe, .fineTuning] : [.fineTuning])
    func twoProcesses(_ job: FaultJob) throws {
        let bench = try FaultBench.of(job)
        for _ in 0..<(runsSlowTests ? 10 : 1) {
            let folder = try bench.folder()
            let runs = try (0..<2).map { _ in try FaultRun.start(job.command, in: folder.url) }
            let results = try runs.map { try $0.end() }
            #expect(results.contains { $0.status == 0 })
            for result in results where result.status != 0 {
                #expect(
                    result.status == 75 && result.errors.contains("another run writes this file"), "\(result.errors)")
            }
            #expect(bench.problems(folder) == [])
            #expect(try job.results(folder.url) == bench.whole)
        }
    }
}

extension Scratch {
    /// Whether a run has taken the lock of its output in `out`.
    fileprivate var hasLock: Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path("out"))) ?? []
        return names.contains { $0.hasSuffix(".lock") }
    }
}
