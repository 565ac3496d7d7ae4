import Checkpoints
import Foundation
import Testing

@testable import LandscapeTool

/// `landscape finetune` on the embedded checkpoint and on the tiny ones.
@Suite struct FineTuneTests {
    /// A short training: 6 steps an epoch.
    static let short = [
        "--windows", "48", "--batch", "8", "--epochs", "2", "--learning-rate", "1e-3", "--validation-stride", "60",
        "--test-stride", "60", "--quiet", "--no-report",
    ]

    static func run(_ arguments: [String], _ scratch: Scratch) throws -> Program.Result {
        try Program.run(["finetune"] + arguments, in: scratch.url)
    }

    static func record(_ folder: String, _ scratch: Scratch) throws -> [String: Any] {
        let data = try Data(contentsOf: scratch.url.appendingPathComponent("\(folder)/finetuning.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    static func weights(_ folder: String, _ scratch: Scratch) throws -> [UInt8] {
        let file = try SafetensorsFile(scratch.url.appendingPathComponent("\(folder)/model.safetensors"))
        return try file.entries.flatMap { entry -> [UInt8] in
            var bytes = [UInt8](repeating: 0, count: entry.byteCount)
            try bytes.withUnsafeMutableBytes { try file.read(entry.name, into: $0) }
            return bytes
        }
    }

    static func numbers(_ folder: String, _ scratch: Scratch) throws -> [Float] {
        try weights(folder, scratch).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    @Test(arguments: [
        "zero-shot", "scratch", "lp", "lpff", "full", "sff:0.7", "shrink:0.7", "perturb:0.7", "gaussian:0.7",
        "noisytune:0.15", "sam:0.05", "l2sp:0.01", "lora:4",
    ])
    func everyStrategyTrains(_ strategy: String) throws {
        let scratch = try Scratch()
        let result = try FineTuneTests.run(
            FineTuneTests.short + ["--strategy", strategy, "--output", "out", "--json"], scratch)
        #expect(result.status == 0, "\(result.errors)")
        let record = try FineTuneTests.record("out", scratch)
        #expect(record["strategy"] as? String == strategy && record["schema"] as? String == "landscape-finetune/1")
        let phases = try #require(record["phases"] as? [[String: Any]])
        let names = phases.compactMap { $0["phase"] as? String }
        switch strategy {
        case "zero-shot": #expect(names.isEmpty)
        case "lp": #expect(names == ["head"])
        case "lpff": #expect(names == ["head", "full"])
        case "lora:4": #expect(names == ["low-rank"])
        default: #expect(names == ["full"])
        }
        for phase in phases {
            let losses = try #require(phase["losses"] as? [Double])
            #expect(losses.count == 12)
            // The last epoch has a lower loss than the first.
            let epochs = try #require(phase["epochs"] as? [[String: Any]])
            let training = epochs.compactMap { $0["training_loss"] as? Double }
            #expect(training.count == 2 && training[1] < training[0])
        }
        let rows = try #require(record["test"] as? [[String: Any]])
        #expect(rows.count == 3 && rows[0]["name"] as? String == strategy && rows[0]["mse"] is Double)
        // The weights are what was measured.
        let again = try Program.run(
            ["evaluate", "--weights", "out/model.safetensors", "--stride", "60", "--json", "--quiet"], in: scratch.url)
        #expect(again.status == 0, "\(again.errors)")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Any])
        let first = try #require((document["results"] as? [[String: Any]])?.first)
        #expect(first["mse"] as? Double == rows[0]["mse"] as? Double)
        #expect(scratch.contents.filter { $0.hasPrefix("state") }.isEmpty)
    }

    /// The pictures show what the record and the series say.
    @Test func curvesAndForecastsAreDrawn() throws {
        let scratch = try Scratch()
        let result = try FineTuneTests.run(
            FineTuneTests.short.filter { $0 != "--no-report" } + ["--strategy", "lpff", "--output", "out"], scratch)
        #expect(result.status == 0, "\(result.errors)")
        func script(_ name: String) throws -> String {
            for suffix in ["svg", "png", "pdf"] {
                #expect(FileManager.default.fileExists(atPath: scratch.path("out/figures/\(name).\(suffix)")))
            }
            return try String(contentsOfFile: scratch.path("out/figures/\(name).gp"), encoding: .utf8)
        }
        func rows(_ block: String, _ text: String) throws -> [[Double]] {
            let start = try #require(text.range(of: "$\(block) << EOD\n"))
            let end = try #require(text.range(of: "\nEOD", range: start.upperBound..<text.endIndex))
            return text[start.upperBound..<end.lowerBound].split(separator: "\n").map { line in
                line.split(separator: " ").compactMap { Double($0) }
            }
        }
        // Two phases of two epochs with six steps each, one after the other.
        let phases = try #require(FineTuneTests.record("out", scratch)["phases"] as? [[String: Any]])
        let epochs = phases.flatMap { $0["epochs"] as? [[String: Any]] ?? [] }
        let drawn = try rows("epochs", script("training"))
        #expect(drawn.map { $0[0] } == [6, 12, 18, 24])
        for (column, key) in [(1, "training_loss"), (2, "validation_loss")] {
            let recorded = epochs.compactMap { $0[key] as? Double }
            #expect(recorded.count == 4)
            // Reading JSON may lose the last bit.
            for (row, value) in zip(drawn, recorded) { #expect(abs(row[column] - value) < 1e-12) }
        }
        #expect(try rows("steps", script("training")).count == 24)

        // What came is the series itself, standardised: its differences are in proportion to those of the file.
        let forecasts = try script("forecasts")
        let truth = try rows("truth0", forecasts).map { $0[1] }
        let title = try #require(forecasts.firstMatch(of: /set title '(\w+), row (\d+)'/))
        let table = try String(
            contentsOf: Program.root.appendingPathComponent("Sources/LandscapeTool/Resources/Embedded/series.csv"),
            encoding: .utf8
        ).split(separator: "\n").map { $0.split(separator: ",") }
        let column = try #require(table[0].firstIndex(of: title.1))
        // The first of the block is the context's last point; line 0 of the file is its header.
        let first = try #require(Int(title.2))
        let values = try (0..<truth.count).map { try #require(Double(table[first + $0][column])) }
        let ratio = (truth[1] - truth[0]) / (values[1] - values[0])
        for i in 2..<truth.count {
            #expect(abs((truth[i] - truth[0]) - ratio * (values[i] - values[0])) < 1e-6 * abs(ratio))
        }
        let (before, after) = try (rows("f0x0", forecasts), rows("f0x1", forecasts))
        #expect(before.count == truth.count - 1 && after.count == before.count && before != after)
        #expect(forecasts.contains("'pretrained'") && forecasts.contains("'lpff'"))
        let without = try FineTuneTests.run(
            FineTuneTests.short + ["--strategy", "zero-shot", "--output", "bare"], scratch)
        #expect(without.status == 0 && !FileManager.default.fileExists(atPath: scratch.path("bare/figures")))
    }

    @Test func startsAreThoseOfTheProbe() throws {
        // Training that does nothing leaves the start: SFF's is the variant that `smooth` writes for the same seed.
        let scratch = try Scratch()
        let options = [
            "--windows", "8", "--batch", "8", "--steps", "1", "--learning-rate", "1e-30", "--validation-stride", "500",
            "--test-stride", "500", "--quiet", "--seed", "3",
        ]
        for (strategy, variant) in [("sff:0.7", "sff:0.7"), ("shrink:0.5", "shrink:0.5"), ("scratch", "scratch")] {
            let folder = strategy.replacingOccurrences(of: ":", with: "-")
            let tuned = try FineTuneTests.run(options + ["--strategy", strategy, "--output", folder], scratch)
            #expect(tuned.status == 0, "\(tuned.errors)")
            let embedded = Program.root.appendingPathComponent(
                "Sources/LandscapeTool/Resources/Embedded/model.safetensors")
            let smoothed = try Program.run(
                [
                    "smooth", "--weights", embedded.path, "--variant", variant, "--seed", "3", "--output",
                    "\(folder)-smooth/model.safetensors",
                ], in: scratch.url)
            #expect(smoothed.status == 0, "\(smoothed.errors)")
            // A step of 1e-30 is lost in every number but 0.
            let (x, y) = (
                try FineTuneTests.numbers(folder, scratch), try FineTuneTests.numbers("\(folder)-smooth", scratch)
            )
            #expect(x.count == y.count && zip(x, y).allSatisfy { abs($0 - $1) < 1e-20 }, "\(strategy)")
            #expect(x.contains { $0 != 0 })
        }
    }

    @Test func killedAndResumedGivesTheSameWeights() throws {
        let scratch = try Scratch()
        let options = [
            "--strategy", "lpff", "--windows", "600", "--batch", "8", "--epochs", "3", "--learning-rate", "1e-3",
            "--validation-stride", "100", "--test-stride", "200", "--quiet",
        ]
        let whole = try FineTuneTests.run(options + ["--output", "whole"], scratch)
        #expect(whole.status == 0, "\(whole.errors)")
        var kills = 0
        var arguments = options + ["--output", "killed"]
        for round in 0..<40 {
            let (process, _, _) = try Program.start(["finetune"] + arguments, in: scratch.url)
            // Until the next state is written; then somewhere in the epoch after it.
            let state = scratch.path("killed/state-lpff.safetensors")
            let before = FineTuneTests.modified(state)
            while process.isRunning, FineTuneTests.modified(state) == before { usleep(2000) }
            usleep(UInt32(1000 * (3 + 17 * round % 40)))
            let wasRunning = process.isRunning
            if wasRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            if !wasRunning || FileManager.default.fileExists(atPath: scratch.path("killed/finetuning.json")) { break }
            kills += 1
            arguments = options + ["--output", "killed", "--resume"]
        }
        #expect(kills >= 2)
        #expect(try FineTuneTests.weights("killed", scratch) == FineTuneTests.weights("whole", scratch))
        let records = try ["whole", "killed"].map { try FineTuneTests.record($0, scratch) }
        #expect(
            NSDictionary(dictionary: ["p": records[0]["phases"]!])
                == NSDictionary(dictionary: ["p": records[1]["phases"]!]))
        let again = try FineTuneTests.run(options + ["--output", "killed", "--resume"], scratch)
        #expect(again.status == 73 && again.errors.contains("finished"), "\(again.errors)")
    }

    private static func modified(_ path: String) -> Date? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }

    @Test func alphaIsChosenByValidationAndByTheLandscape() throws {
        let scratch = try Scratch()
        for criterion in ["auto", "landscape"] {
            let result = try FineTuneTests.run(
                FineTuneTests.short + [
                    "--strategy", "sff", "--alpha", criterion, "--alpha-grid", "0.5,0.9", "--alpha-bound", "5",
                    "--output", criterion,
                ], scratch)
            #expect(result.status == 0, "\(result.errors)")
            let alpha = try #require(try FineTuneTests.record(criterion, scratch)["alpha"] as? [String: Any])
            let candidates = try #require(alpha["candidates"] as? [[String: Any]])
            let values = candidates.compactMap { $0["alpha"] as? Double }
            #expect(values == [0.5, 0.9])
            let eigenvalues = candidates.compactMap { $0["largest_eigenvalue"] as? Double }
            #expect(eigenvalues.count == 2 && eigenvalues.allSatisfy { $0 > 0 })
            // With a bound that all meet, the landscape takes the lowest eigenvalue.
            let flattest = eigenvalues[0] < eigenvalues[1] ? 0.5 : 0.9
            #expect(alpha["by_landscape"] as? Double == flattest)
            if criterion == "auto" {
                let losses = candidates.compactMap { $0["validation_loss"] as? Double }
                #expect(losses.count == 2)
                #expect(alpha["chosen"] as? Double == (losses[0] < losses[1] ? 0.5 : 0.9))
                #expect(alpha["chosen"] as? Double == alpha["by_validation"] as? Double)
            } else {
                #expect(alpha["chosen"] as? Double == flattest)
            }
        }
    }

    /// The lowest eigenvalue among losses within the bound, negative ones included; the largest α where there is none.
    @Test(arguments: [1.0, -3.0]) func theBoundOfTheLossDecides(_ pretrained: Double) {
        func choice(_ bound: Double) -> Double {
            let size = abs(pretrained)
            let candidates = [(0.3, 2.0, 1.0), (0.5, 0.2, 3.0), (0.9, 0.1, 7.0)].map { alpha, rise, eigenvalue in
                AlphaSearch.Candidate(
                    alpha: alpha, startLoss: pretrained + rise * size, largestEigenvalue: eigenvalue, residual: 0)
            }
            return AlphaSearch.choose(candidates, bound: bound, pretrainedLoss: pretrained)
        }
        #expect(choice(2.5) == 0.3 && choice(0.25) == 0.5 && choice(0.15) == 0.9 && choice(0.05) == 0.9)
    }

    /// A rate at which the start nearest to θ₁ diverges and the others do not would be luck; here all do, and that is said.
    @Test func searchesForAlphaOutliveDivergence() throws {
        let scratch = try Scratch()
        let result = try FineTuneTests.run(
            [
                "--strategy", "sff", "--alpha", "auto", "--alpha-grid", "0.5,0.9", "--windows", "16", "--batch", "8",
                "--epochs", "3", "--learning-rate", "1e37", "--validation-stride", "500", "--test-stride", "500",
                "--output", "out", "--quiet",
            ], scratch)
        // Both were tried before the training of the chosen one failed.
        #expect(result.status == 1)
        #expect(
            result.errors.contains("sff:0.5: training diverged")
                && result.errors.contains("sff:0.9: training diverged"), "\(result.errors)")
    }

    @Test func snapshotsSpanATrajectory() throws {
        let scratch = try Scratch()
        let result = try FineTuneTests.run(
            FineTuneTests.short + ["--strategy", "full", "--snapshots", "4", "--output", "out"], scratch)
        #expect(result.status == 0, "\(result.errors)")
        let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path("out/snapshots")).sorted()
        #expect(files == [0, 4, 8, 12].map { String(format: "step-%07d.safetensors", $0) })
        let probe = try Program.run(
            [
                "probe", "--measures", "plane", "--grid", "3x3", "--windows", "8", "--axes", "trajectory:out/snapshots",
                "--variants", "pretrained", "--no-report", "--quiet", "--output", "run.h5",
            ], in: scratch.url)
        #expect(probe.status == 0, "\(probe.errors)")
    }

    @Test func divergenceNamesStepRateAndTheLastGoodState() throws {
        let scratch = try Scratch()
        let result = try FineTuneTests.run(
            [
                "--strategy", "full", "--windows", "16", "--batch", "8", "--epochs", "9", "--schedule", "constant",
                "--learning-rate", "1e37", "--validation-stride", "500", "--test-stride", "500", "--output", "out",
            ], scratch)
        #expect(result.status == 1)
        #expect(
            result.errors.contains("diverged at step") && result.errors.contains("learning rate 1e+37")
                && result.errors.contains("no state was stored"), "\(result.errors)")
        // One step is survived, later ones are not.
        let later = try FineTuneTests.run(
            [
                "--strategy", "full", "--windows", "16", "--batch", "16", "--epochs", "40", "--schedule", "constant",
                "--learning-rate", "1e5", "--validation-stride", "500", "--test-stride", "500", "--output", "later",
            ], scratch)
        #expect(later.status == 1)
        #expect(later.errors.contains("the last good state is"), "\(later.errors)")
        #expect(later.errors.contains("later/state-full.safetensors"))
        #expect(FileManager.default.fileExists(atPath: scratch.path("later/state-full.safetensors")))
    }

    @Test func filesOfFormerRunsAndInputsAreKept() throws {
        let scratch = try Scratch()
        let options = FineTuneTests.short + ["--strategy", "zero-shot"]
        #expect(try FineTuneTests.run(options + ["--output", "out"], scratch).status == 0)
        let before = try FineTuneTests.weights("out", scratch)
        let second = try FineTuneTests.run(options + ["--output", "out", "--seed", "5"], scratch)
        #expect(second.status == 73 && second.errors.contains("exists already"), "\(second.errors)")
        #expect(try FineTuneTests.run(options + ["--output", "out", "--resume"], scratch).status == 73)
        // Weights are never trained over themselves.
        let own = try FineTuneTests.run(
            options + ["--weights", "out/model.safetensors", "--output", "out", "--overwrite"], scratch)
        #expect(own.status == 73 && own.errors.contains("would replace the input"), "\(own.errors)")
        #expect(try FineTuneTests.weights("out", scratch) == before)
        #expect(try FineTuneTests.run(options + ["--output", "empty", "--resume"], scratch).status == 66)
        for bad in [
            ["--strategy", "sft"], ["--strategy", "sff"], ["--strategy", "sff:2"], ["--strategy", "lora:0.5"],
            ["--strategy", "full", "--schedule", "linear"], ["--strategy", "full", "--ratio", "0"],
            ["--strategy", "full", "--precision", "bfloat16"], ["--strategy", "full", "--alpha", "0.5"],
            ["--strategy", "full", "--horizon", "12,24"], ["--strategy", "sff", "--alpha", "best"],
            ["--strategy", "full", "--split", "train"],
        ] {
            let result = try FineTuneTests.run(FineTuneTests.short + bad + ["--output", "bad"], scratch)
            #expect(result.status == 64, "\(bad): \(result.status) \(result.errors)")
        }
    }

    /// Every family from its tiny checkpoint: full training moves the weights and lowers the training loss.
    @Test(arguments: TinyCheckpoints.all)
    func everyFamilyTrains(_ folder: String) throws {
        let scratch = try Scratch()
        try scratch.writeSeries()
        let weights = TinyCheckpoints.weights(folder)
        let result = try FineTuneTests.run(
            [
                "--weights", weights, "--data", scratch.path("series.csv"), "--windows", "8", "--batch", "4",
                "--epochs",
                "3", "--schedule", "constant", "--learning-rate", "1e-3", "--validation-stride", "60", "--test-stride",
                "60", "--strategy", "sff:0.9", "--output", "out", "--quiet",
            ], scratch)
        #expect(result.status == 0, "\(result.errors)")
        let record = try FineTuneTests.record("out", scratch)
        let phase = try #require((record["phases"] as? [[String: Any]])?.first)
        let epochs = try #require(phase["epochs"] as? [[String: Any]])
        let training = epochs.compactMap { $0["training_loss"] as? Double }
        #expect(training.count == 3 && training[2] < training[0], "\(training)")
        #expect(epochs.allSatisfy { $0["validation_loss"] is Double })
        let again = try Program.run(
            ["inspect", scratch.path("out/model.safetensors")], in: scratch.url)
        #expect(again.status == 0, "\(again.errors)")
    }
}
