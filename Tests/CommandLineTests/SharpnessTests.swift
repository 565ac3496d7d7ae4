import Archive
import Foundation
import Testing

/// `--sharpness all` through the whole program.
@Suite struct SharpnessRunTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// One checkpoint of each family; of TTM a second one, whose loss has no second derivative.
    private static let families = [
        "timer", "timer_hf", "sundial", "chronos_bolt", "moirai", "chronos_t5", "moment", "timesfm/v2.0_hf",
        "timesfm25",
        "ttm/r2", "ttm/all_other_branches", "units/supervised",
    ]

    private func probe(
        _ arguments: [String], _ measures: String = "all", threads: Int, _ file: String
    ) throws -> (RunRecord, Program.Result) {
        let result = try Program.run(
            ["probe"] + arguments + [
                "--measures", "sharpness", "--sharpness", measures, "--variants", "pretrained", "--no-report", "--json",
                "--precision", "float64", "--threads", "\(threads)", "--output", scratch.path(file),
            ], in: scratch.url)
        try #require(result.status == 0, "\(result.errors)")
        return (try RunReader.read(scratch.path(file)), result)
    }

    /// What is the same in both files, bit by bit: values, errors, samples, what was spent.
    private func expectEqual(_ one: String, _ two: String, atLeast count: Int) throws {
        let (a, b) = (try contents(scratch.path(one)), try contents(scratch.path(two)))
        let common = a.keys.filter { $0.contains("sharpness/") && b[$0] != nil }
        #expect(common.count >= count)
        for key in common { #expect(a[key] == b[key], "\(key)") }
    }

    /// Every measure has a value with its error, or says why not.
    private func check(_ record: RunRecord, _ messages: String) throws -> (defined: Int, undefined: [String]) {
        let variant = try #require(record.variants.first)
        let scalars = variant.scalars.filter { $0.path.hasPrefix("sharpness/") }
        #expect(scalars.count == 25 && record.isComplete)
        var undefined: [String] = []
        for scalar in scalars {
            let name = String(scalar.path.dropFirst("sharpness/".count))
            #expect(scalar.status == .done && ["loss", "1"].contains(scalar.units), "\(name)")
            let source = try #require(scalar.attributes["error_source"]?.text)
            if let kind = scalar.attributes["undefined"]?.number, kind > 0 {
                undefined.append(name)
                let meanings = try #require(scalar.attributes["undefined_meanings"]?.texts)
                #expect(scalar.value.isNaN && Int(kind) <= meanings.count, "\(name)")
                #expect(messages.contains("\(scalar.longName) is not defined here: "), "\(name)")
            } else {
                #expect(scalar.value.isFinite, "\(name)")
                if source.hasPrefix("none: ") {
                    #expect(scalar.standardError.isNaN, "\(name)")
                } else {
                    #expect(scalar.standardError.isFinite && scalar.standardError >= 0, "\(name)")
                }
            }
        }
        return (scalars.count - undefined.count, undefined)
    }

    private func plan(_ arguments: [String], _ measures: String) throws -> [String: Int] {
        let dry = try Program.run(
            ["probe"] + arguments + [
                "--measures", "sharpness", "--sharpness", measures, "--variants", "pretrained", "--dry-run", "--json",
                "--output", scratch.path("none.h5"),
            ], in: scratch.url)
        let object = try JSONSerialization.jsonObject(with: Data(dry.output.utf8)) as? [String: Any]
        return ["forward", "gradient", "hvp"].reduce(into: [:]) { $0[$1] = object?[$1] as? Int }
    }

    /// Twice the same bits, on one thread and on two, and the passes that --dry-run foretold.
    @Test func everyMeasureOnTheEmbeddedModel() throws {
        let arguments = ["--windows", "6", "--batch", "3"]
        let (record, first) = try probe(arguments, threads: 1, "one.h5")
        _ = try probe(arguments, threads: 2, "two.h5")
        try expectEqual("one.h5", "two.h5", atLeast: 25 * 10)
        let (defined, undefined) = try check(record, first.errors)
        // The pre-trained weights are no minimum on another series.
        #expect(defined == 24 && undefined == ["llc"])
        let document = try #require(try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
        let variant = try #require((document["variants"] as? [[String: Any]])?.first)
        let values = try #require(variant["sharpness"] as? [String: [String: Any]])
        #expect(values["llc"]?["undefined_reason"] as? String == "no minimum")
        #expect(values["sam"]?["units"] as? String == "loss" && values["sam"]?["error_source"] is String)

        // What is defined spends what the plan says, and each measure its own part of it.
        let names = record.variants[0].scalars.map { String($0.path.dropFirst("sharpness/".count)) }
        let expected = try plan(arguments, names.filter { $0 != "llc" }.joined(separator: ","))
        let spent = record.variants[0].scalars.filter { $0.path != "sharpness/llc" }
        func sum(_ kind: String) -> Int { spent.reduce(0) { $0 + Int($1.attributes[kind]?.number ?? -1000) } }
        // The loss at the weights and the two passes of the check for determinism; the gradient at the weights.
        #expect(expected == ["forward": 3 + sum("forwards"), "gradient": 1 + sum("gradients"), "hvp": sum("products")])
        // The refusal of the learning coefficient costs the product that found its reason.
        let work = try #require(variant["work"] as? [String: Any])
        #expect(work["forward"] as? Int == 1 + sum("forwards") && work["gradient"] as? Int == 1 + sum("gradients"))
        #expect(work["hvp"] as? Int == sum("products") + 1)
    }

    @Test(arguments: families) func everyMeasureOnTheTinyCheckpoint(_ folder: String) throws {
        try scratch.writeSeries()
        let arguments = [
            "--weights", TinyCheckpoints.weights(folder), "--data",
            scratch.path("series.csv"), "--windows", "3", "--batch", "3",
        ]
        let (record, first) = try probe(arguments, threads: 1, "one.h5")
        // Losses, gradients, products and draws again; the other measures are made of nothing else.
        let again = "sam,average,quadratic_form,fisher_rao,relative_flatness,worst_linf,effective_smoothness"
        _ = try probe(arguments, again, threads: 2, "two.h5")
        try expectEqual("one.h5", "two.h5", atLeast: 7 * 10)
        let (_, undefined) = try check(record, first.errors)
        // Quantile losses and absolute errors have no curvature in the outputs, MOIRAI's likelihood is not convex in them.
        let isFlat = ["chronos_bolt", "moirai", "ttm/all_other_branches"].contains(folder)
        #expect(undefined == (isFlat ? ["fisher_rao", "llc"] : ["llc"]))
    }

    /// Zero weights forecast zero; where every window has its negative that is stationary, and the chains can run.
    @Test func chainsAreStoredJudgedAndDrawn() throws {
        var csv = "date,a,b\n"
        for row in 0..<900 {
            let value = sin(Double(row) / 7) + 0.3 * cos(Double(row * row))
            csv += "\(row),\(value),\(-value)\n"
        }
        try scratch.write("series.csv", csv)
        let result = try Program.run(
            [
                "probe", "--data", scratch.path("series.csv"), "--windows", "6", "--batch", "6", "--measures",
                "sharpness",
                "--sharpness", "llc", "--variants", "shrink:0", "--json", "--strict", "--report",
                scratch.path("report"), "--output", scratch.path("run.h5"),
            ], in: scratch.url)
        let variant = try #require(try RunReader.read(scratch.path("run.h5")).variants.first)
        let scalar = try #require(variant.scalar("sharpness/llc"))
        #expect(scalar.value.isFinite && scalar.standardError > 0 && scalar.samples == 4)
        let chains = try #require(variant.array("sharpness/llc_chains"))
        #expect(chains.shape == [4, 300] && chains.attributes["burn_in"]?.number == 100 && chains.units == "1")
        // The number is the mean of what is stored, chain by chain.
        let means = (0..<4).map { chain in chains.values[(chain * 300 + 100)..<((chain + 1) * 300)].reduce(0, +) / 200 }
        let samples = try #require(variant.array("sharpness/llc_samples")).values
        for (a, b) in zip(means, samples) { #expect(abs(a - b) < 1e-12) }
        #expect(abs(means.reduce(0, +) / 4 - scalar.value) < 1e-12)
        let rHat = try #require(scalar.attributes["r_hat"]?.number)
        let isSettled = scalar.attributes["converged"]?.number == 1
        #expect(isSettled == (rHat <= 1.01) && (scalar.attributes["effective_draws"]?.number ?? 0) > 1)
        // 300 steps that begin at the weights have not settled here, and everyone is told.
        #expect(!isSettled && result.status == 2 && result.errors.contains("have not settled"))
        let page = try String(contentsOfFile: scratch.path("report/report.html"), encoding: .utf8)
        #expect(page.contains("Chains of the local learning coefficient") && page.contains("have not settled"))
        #expect(FileManager.default.fileExists(atPath: scratch.path("report/chains-llc.png")))
        let document = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let numbers = ((document["variants"] as? [[String: Any]])?.first?["sharpness"] as? [String: [String: Any]])?[
            "llc"]
        #expect(numbers?["r_hat"] as? Double == rHat && numbers?["effective_draws"] is Double)
    }
}
