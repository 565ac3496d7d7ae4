import Archive
import Foundation
import Testing

/// `--adaptive` through the built program.
@Suite struct AdaptiveTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private let plane = [
        "probe", "--windows", "32", "--measures", "plane", "--variants", "pretrained,sff:0.7", "--grid", "41x31",
        "--range", "-0.5:0.5",
        "--no-report",
    ]

    private func run(_ arguments: [String], _ file: String) throws -> (record: RunRecord, result: Program.Result) {
        let result = try Program.run(arguments + ["--output", scratch.path(file)], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        return (try RunReader.read(scratch.path(file)), result)
    }

    private func number(_ plane: GridRecord, _ name: String) throws -> Double {
        try #require(plane.attributes["adaptive_\(name)"]?.number)
    }

    /// Bits of all columns, statuses and adaptive attributes.
    private func content(_ record: RunRecord) throws -> [String] {
        try record.variants.flatMap(\.planes).map { plane in
            let bits = plane.columns.flatMap(\.values).map { String($0.bitPattern, radix: 16) }.joined(separator: ",")
            let numbers = try ["error", "evaluated", "checked", "converged", "logarithmic", "tolerance"].map {
                try number(plane, $0)
            }
            return "\(bits) \(plane.status.map(\.rawValue)) \(numbers) \(plane.attributes["total_variation"]!.number!)"
        }
    }

    @Test func everyPointIsWithinTheStatedErrorOfTheFullGrid() throws {
        let full = try run(plane + ["--quiet"], "full.h5").record
        let (adaptive, result) = try run(plane + ["--adaptive", "0.01", "--json"], "adaptive.h5")
        #expect(adaptive.isComplete && adaptive.counts.pending == 0 && adaptive.counts.failed == 0)
        var interpolated = 0
        for (whole, part) in zip(full.variants, adaptive.variants) {
            let (whole, part) = (whole.planes[0], part.planes[0])
            let (exact, filled) = (try #require(whole.column("loss")), try #require(part.column("loss")))
            let errors = try #require(part.column("standard_error"))
            let range = exact.max()! - exact.min()!
            let difference = zip(exact, filled).map { abs($0 - $1) / range }.max()!
            let stated = try number(part, "error")
            #expect(difference > 0 && difference <= stated && stated <= 0.01, "\(difference), \(stated)")
            let evaluated = part.status.indices.filter { part.status[$0] == .done }
            for index in evaluated { #expect(exact[index] == filled[index] && errors[index].isFinite) }
            let others = part.status.indices.filter { part.status[$0] == .interpolated }
            #expect(others.allSatisfy { errors[$0].isNaN })
            #expect(
                try number(part, "evaluated") == Double(evaluated.count) && evaluated.count + others.count == 41 * 31)
            #expect(evaluated.count < 480 && evaluated.contains(15 * 41 + 20))
            #expect(
                try number(part, "converged") == 1 && number(part, "checked") > 40 && number(part, "tolerance") == 0.01)
            #expect(try #require(part.attributes["total_variation"]?.number).isFinite)
            #expect(whole.attributes["adaptive_error"] == nil && whole.status.allSatisfy { $0 == .done })
            #expect(result.errors.contains("\(evaluated.count) of 1271 points evaluated"))
            interpolated += others.count
        }
        #expect(adaptive.counts.interpolated == interpolated && interpolated > 1600)
        // Without the option nothing in a fingerprint changes.
        #expect(!full.manifestJSON.contains("adaptive") && adaptive.manifestJSON.contains("\"adaptive\""))

        let document = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let planes = try #require(document["planes"] as? [[String: Any]])
        #expect(planes.compactMap { $0["interpolated"] as? Int }.reduce(0, +) == interpolated)
        #expect((planes[0]["adaptive"] as? [String: Any])?["converged"] as? Bool == true)
        let work = try #require((document["variants"] as? [[String: Any]])?[0]["work"] as? [String: Any])
        #expect(work["forward"] as? Int == planes[0]["done"] as? Int)

        let inspected = try Program.run(["inspect", scratch.path("adaptive.h5")], in: scratch.url)
        #expect(inspected.output.contains("of 1271 points, ") && inspected.output.contains(" interpolated"))
        let exported = try Program.run(
            ["export", scratch.path("adaptive.h5"), "--format", "csv", "--output", scratch.path("tables")],
            in: scratch.url)
        #expect(exported.status == 0)
        let table = try String(contentsOfFile: scratch.path("tables/pretrained-plane-random.csv"), encoding: .utf8)
        #expect(table.contains(",,interpolated\n") && table.contains(",done\n"))
    }

    @Test func killedAndResumedEqualsUninterrupted() throws {
        let arguments = plane + ["--quiet", "--adaptive", "0.004", "--windows", "48"]
        let whole = try content(run(arguments, "whole.h5").record)
        var interruptions = 0
        for attempt in 0..<20 {
            let (process, _, errors) = try Program.start(
                arguments + ["--resume", "--output", scratch.path("killed.h5")], in: scratch.url)
            let limit = Date(timeIntervalSinceNow: 0.5 + 0.17 * Double(attempt))
            while process.isRunning && Date() < limit { usleep(10_000) }
            guard process.isRunning else {
                process.waitUntilExit()
                let messages = try String(contentsOf: errors, encoding: .utf8)
                #expect(process.terminationStatus == 0, "\(messages)")
                break
            }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            guard FileManager.default.fileExists(atPath: scratch.path("killed.h5")) else { continue }
            let counts = try RunReader.read(scratch.path("killed.h5")).counts
            if counts.done > 0 && counts.pending > 0 { interruptions += 1 }
        }
        #expect(interruptions > 0)
        #expect(try content(run(arguments + ["--resume"], "killed.h5").record) == whole)
        // Another tolerance is another run.
        let other = try Program.run(
            plane + ["--adaptive", "0.02", "--windows", "48", "--resume", "--output", scratch.path("killed.h5")],
            in: scratch.url)
        #expect(other.status == 73, "\(other.errors)")
    }

    /// A file as a killed run leaves it: some points pending, nothing said of the error.
    private func undo(_ file: String, keeping isKept: (Int, ItemStatus) -> Bool) throws {
        let record = try RunReader.read(scratch.path(file))
        let variants = record.variants.map { variant in
            VariantPlan(
                name: variant.name, kind: variant.kind, weightsSHA256: variant.weightsSHA256,
                parameters: variant.parameters,
                planes: variant.planes.map { plane in
                    GridPlan(
                        name: plane.name, x: plane.x, y: plane.y,
                        attributes: plane.attributes.filter { $0.key != "name" })
                })
        }
        let plan = RunPlan(
            title: record.title, command: record.command, seed: record.seed, manifestJSON: record.manifestJSON,
            fingerprint: record.fingerprint, variants: variants)
        let open = try RunFile.open(resuming: scratch.path(file), plan: plan)
        for variant in record.variants {
            for plane in variant.planes {
                let lost = plane.status.indices.filter { !isKept($0, plane.status[$0]) }
                try open.setPlanePoints(
                    variant: variant.name, plane: plane.name,
                    lost.map {
                        PlanePoint(row: $0 / plane.x.count, column: $0 % plane.x.count, values: [:], status: .pending)
                    })
                for (name, value) in [
                    ("error", AttributeValue.double(.nan)), ("evaluated", .int(0)), ("converged", .int(0)),
                ] {
                    try open.setAttribute(
                        "adaptive_\(name)", of: .plane(variant: variant.name, name: plane.name), to: value)
                }
            }
        }
        try open.close()
    }

    @Test func filesOfKilledRunsAreFinishedToTheSameBits() throws {
        let arguments = [
            "probe", "--windows", "16", "--measures", "plane", "--variants", "pretrained", "--grid", "25x25", "--range",
            "-0.2:0.2", "--adaptive", "0.01", "--no-report",
        ]
        let whole = try run(arguments, "run.h5").record
        let expected = try content(whole)
        #expect(whole.counts.interpolated > 300)
        // Before the interpolated points, between them, before the error was said, and among the evaluations.
        let moments: [(Int, ItemStatus) -> Bool] = [
            { _, status in status == .done }, { index, status in status == .done || index < 200 }, { _, _ in true },
            { index, status in status == .done && index % 3 != 0 },
        ]
        for (number, moment) in moments.enumerated() {
            try undo("run.h5", keeping: moment)
            #expect(try content(RunReader.read(scratch.path("run.h5"))) != expected)
            let resumed = try run(arguments + ["--resume"], "run.h5")
            #expect(try content(resumed.record) == expected && resumed.record.isComplete, "\(number)")
            // What the file held was not evaluated again: progress tells of every evaluation.
            #expect(resumed.result.errors.contains("at most: ") == (number == 3), "\(resumed.result.errors)")
        }
    }

    /// Far from the weights the loss of single windows is rough at this resolution: everything is evaluated, and said to be.
    @Test func roughPlanesAreEvaluatedWhole() throws {
        let rough = [
            "probe", "--windows", "1", "--measures", "plane", "--variants", "pretrained", "--grid", "25x25", "--range",
            "-60:60", "--no-report",
        ]
        let full = try run(rough, "full.h5").record.variants[0].planes[0]
        let (record, result) = try run(rough + ["--adaptive", "0.001"], "rough.h5")
        let plane = record.variants[0].planes[0]
        #expect(plane.status.allSatisfy { $0 == .done } && plane.column("loss") == full.column("loss"))
        #expect(try number(plane, "converged") == 0 && number(plane, "error") == 0 && number(plane, "evaluated") == 625)
        #expect(result.errors.contains("warning: ") && result.errors.contains("too rough"))
    }

    @Test func smallAndNarrowGrids() throws {
        let base = [
            "probe", "--windows", "32", "--measures", "plane", "--variants", "pretrained", "--adaptive", "0.02",
            "--range", "-0.5:0.5",
            "--no-report",
        ]
        let small = try run(base + ["--grid", "5x7"], "small.h5")
        #expect(small.record.counts.done == 35 && small.record.counts.interpolated == 0)
        #expect(try number(small.record.variants[0].planes[0], "converged") == 1)
        #expect(small.result.errors.contains("too few"))
        for grid in ["61x1", "1x61"] {
            let narrow = try run(base + ["--grid", grid], "narrow-\(grid).h5").record
            #expect(narrow.counts.done <= 45 && narrow.counts.interpolated == 61 - narrow.counts.done)
        }
    }

    @Test(arguments: [
        (["--adaptive", "0"], "share"), (["--adaptive", "1"], "share"), (["--adaptive", "nan"], "share"),
        (["--adaptive", "0.01", "--measures", "loss,line"], "plane"),
    ]) func badTolerancesAreRefused(_ arguments: [String], _ word: String) throws {
        let result = try Program.run(
            ["probe", "--no-report", "--output", scratch.path("bad.h5")] + arguments, in: scratch.url)
        #expect(result.status == 64 && result.errors.contains(word), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("bad.h5")))
    }

    @Test func plansAndConfigurationFilesKnowIt() throws {
        let file = try scratch.write(
            "probe.yaml", "adaptive: 0.01\nmeasures: [plane]\ngrid: 51x51\nvariants: pretrained\n")
        let planned = try Program.run(["probe", "--config", file, "--dry-run"], in: scratch.url)
        #expect(planned.status == 0 && planned.output.contains("at most 2603"), "\(planned.output)\(planned.errors)")
    }
}
