import Foundation
import Testing

@testable import Archive
@testable import ArchiveWriterHelper

@Suite("Durability")
struct KillTests {
    @Test("Killed at random moments, the file opens, what is done is right, and the resumed file equals the other")
    func kills() throws {
        let folder = try TemporaryFolder()
        #expect(try ChildProcess.run(ChildProcess.helper, ["write", folder("whole.h5")]).status == 0)
        let whole = try flattened(RunReader.read(folder("whole.h5")))

        var killed = 0
        var seenUnfinished = 0
        for number in 0..<10 {
            let path = folder("run\(number).h5")
            // Kill the run again and again at growing random distances until it comes through.
            var attempt = 0
            while true {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: ChildProcess.helper)
                process.arguments = ["write", path]
                try process.run()
                if attempt < 3 {
                    usleep(UInt32.random(in: 8_000...60_000))
                    kill(process.processIdentifier, SIGKILL)
                }
                process.waitUntilExit()
                if process.terminationReason == .exit {
                    try #require(process.terminationStatus == 0, "resuming failed after \(attempt) kills")
                    break
                }
                killed += 1
                attempt += 1
                guard FileManager.default.fileExists(atPath: path) else { continue }
                let record = try RunReader.read(path)
                if !record.isComplete && record.counts.done > 0 { seenUnfinished += 1 }
                check(record)
            }
            #expect(try flattened(RunReader.read(path)) == whole)
        }
        #expect(
            killed > 0 && seenUnfinished > 0, "no kill met a run at work: \(killed) kills, \(seenUnfinished) at work")
    }

    /// Everything with status `done` has its value.
    private func check(_ record: RunRecord) {
        for (number, variant) in record.variants.enumerated() {
            for scalar in variant.scalars where scalar.status == .done {
                #expect(scalar.value == SampleRun.scalar(number, scalar.path))
                #expect(scalar.standardError == 0.5 && scalar.samples == 10 + number)
            }
            for array in variant.arrays where array.status == .done {
                #expect(array.values.allSatisfy { !$0.isNaN })
            }
            for (index, status) in variant.lines[0].status.enumerated() where status == .done {
                #expect(variant.lines[0].column("loss")?[index] == SampleRun.line(number, index))
                #expect(variant.lines[0].column("standard_error")?[index] == 0.125)
            }
            let plane = variant.planes[0]
            for (index, status) in plane.status.enumerated() where status == .done {
                #expect(
                    plane.column("loss")?[index]
                        == SampleRun.plane(number, row: index / plane.x.count, column: index % plane.x.count))
            }
        }
    }
}
