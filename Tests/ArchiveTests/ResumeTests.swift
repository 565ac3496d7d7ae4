import Foundation
import OracleSupport
import Testing

@testable import Archive
@testable import ArchiveWriterHelper

@Suite("Resume, overwrite and lock")
struct ResumeTests {
    @Test("A resumed run knows what is done and equals an uninterrupted one")
    func resume() throws {
        let folder = try TemporaryFolder()
        let path = folder("run.h5")
        do {
            let file = try RunFile.create(at: path, plan: SampleRun.plan())
            try file.setScalar(
                variant: "sff:0.7", path: "loss", value: -0.25, standardError: 0.5, samples: 11, seconds: 1.5)
            try file.setPlanePoint(
                variant: "sff:0.7", plane: "filter", row: 2, column: 1,
                loss: SampleRun.plane(1, row: 2, column: 1), standardError: 0.25)
            // No close: the last reference closes it.
        }
        do {
            let file = try RunFile.open(resuming: path, plan: SampleRun.plan())
            #expect(try file.scalarStatus(variant: "sff:0.7", path: "loss") == .done)
            #expect(try file.scalarStatus(variant: "pretrained", path: "loss") == .pending)
            #expect(try file.arrayStatus(variant: "sff:0.7", path: "curvature/eigenvalues") == .pending)
            let statuses = try file.planeStatuses(variant: "sff:0.7", plane: "filter")
            #expect(statuses.enumerated().filter { $0.element == .done }.map(\.offset) == [11])
            try SampleRun.write(file)
            try file.complete()
            try file.close()
        }
        let other = try RunFile.create(at: folder("other.h5"), plan: SampleRun.plan())
        try SampleRun.write(other)
        try other.complete()
        try other.close()
        #expect(try flattened(RunReader.read(path)) == flattened(RunReader.read(folder("other.h5"))))
    }

    @Test("A file of another run is refused, untouched, with the difference named")
    func mismatch() throws {
        let folder = try TemporaryFolder()
        let path = folder("run.h5")
        try RunFile.create(at: path, plan: SampleRun.plan()).close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))

        func refusal(_ change: (inout RunPlan) -> Void) -> ArchiveError? {
            var plan = SampleRun.plan()
            change(&plan)
            do {
                _ = try RunFile.open(resuming: path, plan: plan)
                return nil
            } catch { return error }
        }
        #expect(
            refusal { $0.fingerprint = "f2" } == .fingerprintMismatch(path: path, expected: "f2", found: "f1"))
        #expect(refusal { $0.fingerprint = "f2" }?.description.contains("--overwrite") == true)
        #expect(
            refusal { $0.variants[1].planes[0].coordinates[0].removeLast() }
                == .planMismatch(
                    path: path, object: "sff:0.7: plane filter: x", expected: "4 values from -1.0 to 0.5",
                    found: "5 values from -1.0 to 1.0"))
        let changes: [(inout RunPlan) -> Void] = [
            { $0.variants.removeLast() },
            { $0.variants[0].name = "scratch" },
            { $0.variants[0].weightsSHA256 = "00" },
            { $0.variants[0].parameters = 5 },
            { $0.variants[0].scalars.removeLast() },
            { $0.variants[0].scalars.append(ScalarPlan(path: "new", longName: "new")) },
            { $0.variants[0].arrays[0] = .eigenvalues(count: 4) },
            { $0.variants[0].arrays[0].companions.removeLast() },
            { $0.variants[0].lines[0].coordinates[0][3] += 1e-17 },
            { $0.variants[0].lines[0].coordinates[0][3] += 1e-15 },
            { $0.variants[0].lines[0].columns.append(ColumnPlan(name: "extra", longName: "extra")) },
            { $0.variants[0].planes[0].name = "other" },
            { $0.variants[0].planes[0].coordinates.reverse() },
            { $0.variants[0].volumes[0].coordinates[2][1] = 6 },
            { $0.variants[0].volumes = [] },
        ]
        for (number, change) in changes.enumerated() {
            let error = refusal(change)
            if number == 8 {
                #expect(error == nil, "0.75 + 1e-17 is 0.75")
            } else {
                #expect(error?.category == .mismatch, "change \(number)")
            }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("An existing output is kept unless overwriting is asked for, and until the new one is whole")
    func overwrite() throws {
        let folder = try TemporaryFolder()
        let path = folder("run.h5")
        try RunFile.create(at: path, plan: SampleRun.plan()).close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(throws: ArchiveError.outputExists(path: path)) {
            _ = try RunFile.create(at: path, plan: SampleRun.plan())
        }

        // A folder in the way of the temporary file makes creation fail: the old file must survive.
        try FileManager.default.createDirectory(atPath: path + ".partial", withIntermediateDirectories: false)
        #expect(throws: ArchiveError.self) {
            _ = try RunFile.create(at: path, plan: SampleRun.plan(fingerprint: "f2"), overwrite: true)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        try FileManager.default.removeItem(atPath: path + ".partial")

        let file = try RunFile.create(at: path, plan: SampleRun.plan(fingerprint: "f2"), overwrite: true)
        try file.setScalar(variant: "pretrained", path: "loss", value: 7)
        try file.close()
        let record = try RunReader.read(path)
        #expect(record.fingerprint == "f2" && record.variants[0].scalar("loss")?.value == 7)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["run.h5"])
    }

    /// What libhdf5 would give back of its file later moved the end of it, and a process killed meanwhile left a file that is no more one.
    @Test("No write after the creation changes the length of the file")
    func fixedLength() throws {
        let folder = try TemporaryFolder()
        for number in 0..<24 {
            let path = folder("run\(number).h5")
            var plan = SampleRun.plan()
            for variant in plan.variants.indices {
                plan.variants[variant].scalars += (0..<number).map { ScalarPlan(path: "more/n\($0)", longName: "more") }
            }
            let file = try RunFile.create(at: path, plan: plan)
            func length() throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            }
            let created = try length()
            try SampleRun.write(file)
            #expect(try length() == created, "\(number) more numbers")
            try file.close()
            #expect(try length() == created, "\(number) more numbers")
        }
    }

    @Test("Overwriting through a symbolic link keeps the link")
    func symbolicLink() throws {
        let folder = try TemporaryFolder()
        try RunFile.create(at: folder("real.h5"), plan: SampleRun.plan()).close()
        try FileManager.default.createSymbolicLink(atPath: folder("link.h5"), withDestinationPath: "real.h5")
        try RunFile.create(at: folder("link.h5"), plan: SampleRun.plan(fingerprint: "f2"), overwrite: true).close()
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder("link.h5")) == "real.h5")
        #expect(try RunReader.read(folder("real.h5")).fingerprint == "f2")
    }

    /// A program that another thread starts inherits every descriptor until it runs: here one is copied for good.
    @Test("A descriptor that a started program inherited does not keep the file locked")
    func inheritedDescriptor() throws {
        let folder = try TemporaryFolder()
        let path = folder("run.h5")
        let file = try RunFile.create(at: path, plan: SampleRun.plan())
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init)
        let name = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let own = descriptors.filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == name
        }
        try #require(!own.isEmpty)
        let inherited = own.map { dup($0) }
        defer { inherited.forEach { close($0) } }
        try file.close()
        _ = try RunReader.read(path)
        try RunFile.open(resuming: path, plan: SampleRun.plan()).close()
    }

    @Test("A second writer is told who holds the file, in one process and in another")
    func lock() throws {
        let folder = try TemporaryFolder()
        let path = folder("run.h5")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ChildProcess.helper)
        process.arguments = ["hold", path]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "ready\n")

        for attempt in 0..<3 {
            do {
                switch attempt {
                case 0: _ = try RunFile.create(at: path, plan: SampleRun.plan())
                case 1: _ = try RunFile.create(at: path, plan: SampleRun.plan(), overwrite: true)
                default: _ = try RunFile.open(resuming: path, plan: SampleRun.plan())
                }
                Issue.record("attempt \(attempt) got the file")
            } catch {
                #expect(error.category == .busy)
                #expect(error.description.contains("process \(process.processIdentifier) on "))
            }
        }
        // libhdf5's own lock keeps readers out and its error names the variable.
        do {
            _ = try RunReader.read(path)
            Issue.record("read a file that is locked")
        } catch {
            #expect(error.description.contains("HDF5_USE_FILE_LOCKING=FALSE"))
            #expect(error.category == .busy)
        }
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)

        let file = try RunFile.open(resuming: path, plan: SampleRun.plan())
        #expect(throws: ArchiveError.self) { _ = try RunFile.open(resuming: path, plan: SampleRun.plan()) }
        try file.close()
        try RunFile.open(resuming: path, plan: SampleRun.plan()).close()
        #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
    }
}
