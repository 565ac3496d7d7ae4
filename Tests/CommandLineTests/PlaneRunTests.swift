import Archive
import Foundation
import Testing

/// A plane that is killed, asked to stop, or larger than the memory that was promised.
@Suite struct PlaneRunTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Everything of the planes in a file, bit by bit.
    private func contents(_ path: String) throws -> [String] {
        func bits(_ values: [Double]) -> String {
            values.map { String($0.bitPattern, radix: 16) }.joined(separator: ",")
        }
        return try RunReader.read(path).variants.flatMap { variant in
            variant.planes.map { plane in
                let attributes = plane.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return "\(variant.name) \(plane.name) \(bits(plane.x + plane.y + plane.columns.flatMap(\.values))) "
                    + "\(plane.status) \(attributes)"
            }
        }
    }

    /// SIGKILL at a random moment of the plane, then `--resume`. LANDSCAPE_KILLS=100 takes a few minutes.
    @Test func killedPlanesGoOnToTheSameBits() throws {
        let rounds = ProcessInfo.processInfo.environment["LANDSCAPE_KILLS"].flatMap { Int($0) } ?? 4
        let arguments = [
            "probe", "--measures", "plane", "--windows", "24", "--grid", "21x20", "--variants", "pretrained,sff:0.7",
            "--no-report", "--quiet",
        ]
        let begun = Date()
        let whole = try Program.run(arguments + ["--output", scratch.path("whole.h5")], in: scratch.url)
        #expect(whole.status == 0, "\(whole.errors)")
        let duration = Date().timeIntervalSince(begun)
        let expected = try contents(scratch.path("whole.h5"))
        var random = SystemRandomNumberGenerator()
        var (killed, partial) = (0, 0)
        for round in 0..<rounds {
            let file = scratch.path("killed\(round).h5")
            let (process, _, _) = try Program.start(arguments + ["--output", file], in: scratch.url)
            while process.isRunning && !FileManager.default.fileExists(atPath: file) { usleep(2_000) }
            usleep(UInt32(Double.random(in: 0...duration, using: &random) * 1e6))
            if process.isRunning {
                kill(process.processIdentifier, SIGKILL)
                killed += 1
            }
            process.waitUntilExit()
            let statuses = try RunReader.read(file).variants.flatMap(\.planes).flatMap(\.status)
            if statuses.contains(.done) && statuses.contains(.pending) { partial += 1 }
            let resumed = try Program.run(arguments + ["--resume", "--output", file], in: scratch.url)
            #expect(resumed.status == 0, "round \(round): \(resumed.errors)")
            #expect(try contents(file) == expected, "round \(round)")
            try? FileManager.default.removeItem(atPath: file)
        }
        #expect(killed > 0)
        print("planes: \(rounds) runs, \(killed) killed, \(partial) of them between the first and the last point")
    }

    /// A model of 29 MB, so that the program's own size does not hide the rest.
    @Test func dryRunsForeseeThePeakMemory() throws {
        let made = try Program.run(
            [
                "pretrain", "--width", "384", "--feed-forward", "1536", "--layers", "4", "--patch", "48", "--tokens",
                "4", "--heads", "8", "--steps", "1", "--series-count", "2", "--length", "400", "--batch", "2",
                "--series", scratch.path("series.csv"), "--quiet", "--output", scratch.path("model"),
            ], in: scratch.url)
        #expect(made.status == 0, "\(made.errors)")
        let arguments = [
            "probe", "--weights", scratch.path("model"), "--data", scratch.path("series.csv"), "--windows", "16",
            "--measures", "plane", "--grid", "3x3", "--variants", "pretrained", "--threads", "2", "--no-report",
            "--quiet", "--json", "--output", scratch.path("run.h5"),
        ]
        func document(_ more: [String]) throws -> [String: Any] {
            let result = try Program.run(arguments + more, in: scratch.url)
            #expect(result.status == 0, "\(result.errors)")
            return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        }
        let plan = try document(["--dry-run"])
        let foreseen = try #require(plan["memory_bytes"] as? Double)
        let parts = try #require(plan["memory"] as? [String: Double])
        let weights = 4 * (try #require(plan["parameters"] as? Double))
        let peak = try #require(try document([])["peak_memory_bytes"] as? Double)
        print("plane: foreseen \(foreseen / 1e6) MB, measured \(peak / 1e6) MB, weights \(weights / 1e6) MB")
        #expect(weights > 28e6)
        #expect(abs(foreseen - peak) < 0.2 * peak)
        // The centre, two axes and a buffer for each of two workers; the first is in the base.
        #expect(parts["vector_bytes"] == 4 * weights)
        #expect(peak - parts["base_bytes"]! - 2 * parts["activation_bytes"]! < 4.5 * weights)
    }
}
