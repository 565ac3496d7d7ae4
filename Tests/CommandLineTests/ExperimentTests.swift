import Archive
import Foundation
import Testing

/// `landscape experiment` on a model it makes and a series of sines.
@Suite struct ExperimentTests {
    static func specification(_ extra: String = "") -> String {
        """
        title: small
        models:
          - name: tiny
            pretrain: {patch: 12, width: 16, feed-forward: 16, layers: 1, heads: 2, tokens: 4, series-count: 8, length: 256, steps: 10, batch: 8}
        data:
          - {name: waves, csv: series.csv, context: 48, horizon: 12}
        strategies: [zero-shot, lp, full, "sff:0.7"]
        auxiliary-seeds: [0, 1]
        training-seeds: [0, 1]
        training: {stride: 40, batch: 8, epochs: 2, learning-rate: 1e-3, validation-stride: 20, test-stride: 20}
        landscape: {windows: 4, measures: [loss, gradient_norm, largest_eigenvalue, trace_to_frobenius, sam]}
        \(extra)
        """
    }

    static func scratch() throws -> Scratch {
        let scratch = try Scratch()
        var csv = "date,a,b\n"
        for row in 0..<700 {
            let t = Double(row)
            csv += "\(row),\(sin(t / 7) + 0.1 * cos(t * t)),\(cos(t / 11))\n"
        }
        try scratch.write("series.csv", csv)
        try scratch.write("small.yaml", specification())
        return scratch
    }

    /// Everything that does not depend on the clock.
    static func numbers(_ path: String) throws -> [String] {
        let record = try RunReader.read(path)
        #expect(record.isComplete)
        return record.variants.flatMap { variant in
            variant.scalars.map { "\(variant.name) \($0.path) \($0.value) \($0.status)" }
        }
    }

    @Test func wholeStoppedAndShardedAreOne() throws {
        let scratch = try ExperimentTests.scratch()
        func run(_ arguments: [String]) throws -> Program.Result {
            try Program.run(["experiment", "small.yaml", "--quiet"] + arguments, in: scratch.url)
        }
        let whole = try run(["--output", "whole.h5", "--json"])
        #expect(whole.status == 0, "\(whole.errors)")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(whole.output.utf8)) as? [String: Any])
        #expect(document["complete"] as? Bool == true)
        let record = try RunReader.read(scratch.path("whole.h5"))
        // zero-shot once, lp and sff with both seeds, full with the training seeds; two baselines.
        #expect(record.variants.map(\.kind).filter { $0 == "lp" }.count == 4)
        #expect(record.variants.count == 1 + 4 + 2 + 4 + 2)
        let full = try #require(record.variant("tiny/waves/full/a0/t1"))
        #expect(try #require(full.scalar("tuned/validation")).value < #require(full.scalar("start/validation")).value)
        #expect(try #require(full.scalar("start/largest_eigenvalue")).value > 0)

        // Killed in the middle, then continued.
        let (process, _, _) = try Program.start(
            ["experiment", "small.yaml", "--quiet", "--output", "killed.h5"], in: scratch.url)
        let work = scratch.url.appendingPathComponent("killed.h5.work")
        while process.isRunning,
            !((try? FileManager.default.contentsOfDirectory(atPath: work.path)) ?? []).contains(where: {
                $0.hasSuffix(".safetensors")
            })
        { usleep(1000) }
        #expect(process.isRunning)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(try run(["--output", "killed.h5"]).status == 73)
        let resumed = try run(["--output", "killed.h5", "--resume"])
        #expect(resumed.status == 0, "\(resumed.errors)")
        let numbers = try ExperimentTests.numbers(scratch.path("whole.h5"))
        #expect(try ExperimentTests.numbers(scratch.path("killed.h5")) == numbers)

        for shard in ["1", "2"] {
            let part = try run(["--output", "part\(shard).h5", "--shard", "\(shard)/2"])
            #expect(part.status == 0, "\(part.errors)")
        }
        let merged = try Program.run(
            ["merge", "part2.h5", "part1.h5", "--output", "merged.h5"], in: scratch.url)
        #expect(merged.status == 0, "\(merged.errors)")
        #expect(try ExperimentTests.numbers(scratch.path("merged.h5")) == numbers)
        let table = try Program.run(["experiment", "merged.h5"], in: scratch.url)
        #expect(table.status == 0 && table.output.contains("sff:0.7") && table.output.contains("Spearman"))

        let inspected = try Program.run(["inspect", "merged.h5"], in: scratch.url)
        #expect(inspected.status == 0 && inspected.output.contains("Spearman"))
        let report = try Program.run(["report", "merged.h5"], in: scratch.url)
        #expect(report.status == 65 && report.errors.contains("landscape experiment merged.h5"), "\(report.errors)")

        // Other settings are another experiment, of the training and of what is measured.
        for (setting, changed) in [
            ("learning-rate: 1e-3", "learning-rate: 2e-3"), ("test-stride: 20", "test-stride: 10"),
            ("landscape: {windows: 4", "landscape: {windows: 5"), ("horizon: 12}", "horizon: 12, season: 12}"),
        ] {
            let text = ExperimentTests.specification().replacingOccurrences(of: setting, with: changed)
            try scratch.write("small.yaml", text)
            let other = try run(["--output", "whole.h5", "--resume"])
            #expect(other.status == 73 && other.errors.contains("fingerprint"), "\(changed): \(other.errors)")
        }
    }

    /// A file of the UCR archive by its name: the rank of the first hit decides, and no number stands twice.
    @Test func anomaliesAreRanked() throws {
        let scratch = try Scratch()
        let name = "001_UCR_Anomaly_waves_400_600_620.txt"
        let values = (0..<800).map { sin(Double($0) / 7) + ((600..<620).contains($0) ? 3 : 0) }
        try scratch.write(name, values.map { "\($0)\n" }.joined())
        try scratch.write(
            "anomaly.yaml",
            """
            title: anomalies
            models: [{name: tiny, weights: \(TinyCheckpoints.weights("timer"))}]
            data: [{name: waves, csv: \(name), context: 40}]
            strategies: [zero-shot, full]
            training: {task: anomaly, stride: 20, batch: 8, epochs: 1, validation-stride: 20}
            landscape: {windows: 4, measures: [loss]}
            """)
        let result = try Program.run(
            ["experiment", "anomaly.yaml", "--output", "anomaly.h5", "--quiet"], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let record = try RunReader.read(scratch.path("anomaly.h5"))
        for variant in record.variants {
            let tests = variant.scalars.map(\.path).filter { $0.hasPrefix("test/") }
            #expect(Array(tests.prefix(3)) == ["test/rank_token", "test/rank_window", "test/mse"], "\(tests)")
            #expect(try #require(variant.scalar("test/rank_token")).value >= 1)
        }
        // The step up is what the last value misses most.
        #expect(try #require(record.variant("baseline/waves/last value")).scalar("test/rank_token")?.value == 1)
        #expect(result.output.contains("RANK (token)"))
    }

    @Test func mistakesAreNamed() throws {
        let scratch = try ExperimentTests.scratch()
        let good = ExperimentTests.specification()
        for (found, replacement, word, status) in [
            ("strategies:", "strategy:", "strategies", 65), ("full,", "fulll,", "fulll", 65),
            ("epochs: 2", "epochs: 0", "epochs", 65), ("windows: 4", "windows: -4", "landscape.windows", 65),
            ("sam]", "sam2]", "sam2", 65), ("csv: series.csv", "csv: none.csv", "none.csv", 66),
            ("[0, 1]\ntraining-seeds", "[0, x]\ntraining-seeds", "auxiliary-seeds", 65),
            ("horizon: 12", "horizon: 7000", "7000", 65), ("title: small", "title: [", "YAML", 65),
            ("batch: 8, epochs", "batch: 8, epoch", "did you mean 'epochs'", 65),
        ] {
            try scratch.write("bad.yaml", good.replacingOccurrences(of: found, with: replacement))
            let result = try Program.run(
                ["experiment", "bad.yaml", "--output", "bad.h5", "--quiet", "--overwrite"], in: scratch.url)
            #expect(result.errors.contains(word), "\(found): \(result.errors)")
            #expect([status, 64].contains(Int(result.status)), "\(found): \(result.status) \(result.errors)")
        }
        let missing = try Program.run(["experiment", "none.yaml", "--output", "x.h5"], in: scratch.url)
        #expect(missing.status == 66)
        let dry = try Program.run(["experiment", "small.yaml", "--dry-run"], in: scratch.url)
        #expect(
            dry.status == 0 && dry.output.contains("tiny/waves/sff:0.7/a1/t1") && dry.output.contains("11 fine-tunings")
        )
    }
}
