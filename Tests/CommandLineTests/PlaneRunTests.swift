import Archive
import Foundation
import Testing

/// A plane that is killed, asked to stop, or larger than the memory that was promised.
@Suite struct PlaneRunTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

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
            // Not so late that the run has ended.
            let file = scratch.path("killed\(round).h5")
            let (process, _, _) = try Program.start(arguments + ["--output", file], in: scratch.url)
            while process.isRunning && !FileManager.default.fileExists(atPath: file) { usleep(2_000) }
            usleep(UInt32(Double.random(in: 0...(0.5 * duration), using: &random) * 1e6))
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

    /// Differences between variants have the errors of paired windows, also where the first variant's losses have to be found again.
    @Test func differencesArePaired() throws {
        let arguments = [
            "probe", "--measures", "loss,line,plane", "--windows", "20", "--grid", "3x2", "--points", "3", "--variants",
            "pretrained,shrink:0.999,sff:0.7", "--no-report", "--quiet", "--output", scratch.path("run.h5"),
        ]
        let result = try Program.run(arguments, in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let record = try RunReader.read(scratch.path("run.h5"))
        #expect(record.variants[0].lines[0].column("difference") == nil)
        for variant in record.variants.dropFirst() {
            for (own, other) in [
                (variant.lines[0].columns, record.variants[0].lines[0].columns),
                (variant.planes[0].columns, record.variants[0].planes[0].columns),
            ] {
                func column(_ columns: [ColumnRecord], _ name: String) throws -> [Double] {
                    try #require(columns.first { $0.name == name }).values
                }
                let losses = try zip(column(own, "loss"), column(other, "loss")).map { $0 - $1 }
                for (difference, expected) in zip(try column(own, "difference"), losses) {
                    #expect(abs(difference - expected) < 1e-12)
                }
                // Nearly the same weights: nearly the same windows' losses.
                let errors = try zip(column(own, "difference_error"), column(own, "standard_error")).map { $0 / $1 }
                #expect(errors.allSatisfy { $0 > 0 && (variant.name != "shrink:0.999" || $0 < 0.05) })
            }
        }
    }

    /// The error of bfloat16 is measured against float32, is that of the stored losses, and is small but not nothing.
    @Test func bfloat16TellsItsError() throws {
        func run(_ precision: String, _ more: [String] = []) throws -> RunRecord {
            let result = try Program.run(
                [
                    "probe", "--measures", "line,path,plane", "--windows", "12", "--grid", "3x3", "--points", "5",
                    "--variants", "pretrained,sff:0.7", "--no-report", "--quiet", "--precision", precision, "--output",
                    scratch.path(precision + ".h5"),
                ] + more, in: scratch.url)
            #expect(result.status == 0, "\(result.errors)")
            return try RunReader.read(scratch.path(precision + ".h5"))
        }
        let (half, single) = (try run("bfloat16"), try run("float32"))
        for (a, b) in zip(half.variants, single.variants) {
            let lines = zip(a.lines, b.lines).map { ($0.attributes, $0.column("loss")!, $1.column("loss")!) }
            let planes = zip(a.planes, b.planes).map { ($0.attributes, $0.column("loss")!, $1.column("loss")!) }
            for (attributes, rough, fine) in lines + planes {
                let error = try #require(attributes["precision_error"]?.number)
                // All points of a line of five are checked; the axes are those of bfloat16, which changes little.
                let actual = zip(rough, fine).map { abs($0 - $1) }.max()!
                #expect(error > 0 && error < 2 * actual + 1e-3 && error > actual / 5)
                #expect(attributes["precision_points"]?.number == 5)
                #expect(try #require(attributes["precision_error_relative"]?.number) < 0.05)
            }
        }
        #expect(single.variants[0].planes[0].attributes["precision_error"] == nil)
        // Nothing is measured twice.
        let again = try run("bfloat16", ["--resume"])
        #expect(again.isComplete)
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
            // glibc keeps freed vectors once its threshold has moved above their size, which is not what is foreseen.
            let result = try Program.run(
                arguments + more, in: scratch.url, environment: ["MALLOC_MMAP_THRESHOLD_": "131072"])
            #expect(result.status == 0, "\(result.errors)")
            return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        }
        let plan = try document(["--dry-run"])
        let foreseen = try #require(plan["memory_bytes"] as? Double)
        let parts = try #require(plan["memory"] as? [String: Double])
        let weights = 4 * (try #require(plan["parameters"] as? Double))
        let peak = try #require(try document([])["peak_memory_bytes"] as? Double)
        // Around other weights their own take the place of the pre-trained ones, and θ₂ is gone.
        for variants in ["pretrained,scratch", "sff:0.7"] {
            let other = try document(["--dry-run", "--variants", variants])
            #expect((other["memory"] as? [String: Double])?["vector_bytes"] == parts["vector_bytes"], "\(variants)")
        }
        print("plane: foreseen \(foreseen / 1e6) MB, measured \(peak / 1e6) MB, weights \(weights / 1e6) MB")
        #expect(weights > 28e6)
        #expect(abs(foreseen - peak) < 0.2 * peak)
        // The centre, two axes and a buffer for each of two workers; the first is in the base.
        #expect(parts["vector_bytes"] == 4 * weights)
        #expect(peak - parts["base_bytes"]! - 2 * parts["activation_bytes"]! < 4.5 * weights)
    }
}
