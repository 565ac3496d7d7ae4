import Foundation
import OracleSupport
import Testing

@testable import Archive
@testable import ArchiveWriterHelper

@Suite("Durability")
struct KillTests {
    @Test("Killed at random moments, the file opens, what is done is right, and the resumed file equals the other")
    func kills() throws {
        let folder = try TemporaryFolder()
        let begun = Date()
        #expect(try ChildProcess.run(ChildProcess.helper, ["write", folder("whole.h5")]).status == 0)
        // How far a run is after a while depends on what else the machine does.
        let duration = Date().timeIntervalSince(begun)
        let whole = try flattened(RunReader.read(folder("whole.h5")))

        var killed = 0
        var seenUnfinished = 0
        for number in 0..<10 {
            let path = folder("run\(number).h5")
            // Kill the run up to three times at random moments, then let it come through.
            var attempt = 0
            while true {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: ChildProcess.helper)
                process.arguments = ["write", path]
                // Killed while it writes a profile of coverage, it would spoil that of others.
                process.environment = ProcessInfo.processInfo.environment.merging(["LLVM_PROFILE_FILE": "/dev/null"]) {
                    $1
                }
                try process.run()
                if attempt < 3 {
                    usleep(UInt32(Double.random(in: 0.1...0.9) * duration * 1e6))
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
            let volume = variant.volumes[0]
            for (index, status) in volume.status.enumerated() where status == .done {
                let places = volume.places(of: index)
                #expect(
                    volume.column("loss")?[index]
                        == SampleRun.volume(number, x: places[0], y: places[1], z: places[2]))
            }
        }
    }
}
