import Foundation
import Testing

@testable import Archive

/// `landscape verify` through the built program.
@Suite struct VerifyTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Every kind of slice, at two sets of weights.
    private let everything = [
        "--measures", "loss,gradient,eigen,trace,line,path,plane,volume,theory,convexity", "--variants",
        "pretrained,sff:0.7", "--grid", "3x3,3x1x2", "--points", "3", "--max-products", "20", "--samples", "4",
        "--eigen",
        "1", "--tolerance", "0.1", "--theory-points", "2", "--theory-probes", "2", "--convexity-grid", "2x1",
    ]
    private let few = ["--measures", "loss,gradient,plane", "--variants", "pretrained,sff:0.7", "--grid", "3x3"]

    private func probe(_ more: [String], to file: String = "run.h5") throws {
        let result = try Program.run(
            ["probe", "--windows", "4", "--no-report", "--quiet", "--output", file] + more, in: scratch.url)
        #expect(result.status == 0, "\(more): \(result.errors)")
    }

    private func verify(_ more: [String] = [], _ file: String = "run.h5") throws -> Program.Result {
        try Program.run(["verify", file, "--quiet"] + more, in: scratch.url)
    }

    private func lines(_ result: Program.Result) -> [String] { result.output.split(separator: "\n").map(String.init) }

    /// Changes a number in the file as any program could.
    private func write<T: HDF5Element>(_ value: T, to path: String, at place: [UInt64]) throws {
        let file = try HDF5File.open(scratch.path("run.h5"), writable: true)
        let dataset = try file.root().openDataset(path)
        if place.isEmpty { try dataset.write([value]) } else { try dataset.write([value], at: place) }
        try file.flush()
    }

    // MARK: Sound files

    @Test func everyNumberOfARunIsFoundAgain() throws {
        try probe(everything)
        let result = try verify(["--samples", "1000", "--eigen", "--threads", "1"])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let lines = lines(result)
        let record = try RunReader.read(scratch.path("run.h5"))
        let points = record.variants.flatMap(\.grids).reduce(0) { $0 + $1.count }
        #expect(record.variants.allSatisfy { $0.array("curvature/eigenvalues")?.companion("converged") == [1] })
        // Of each variant the weights, three numbers and λ max, two centres and five cosines; two numbers a point.
        let numbers = try #require(lines.last?.wholeMatch(of: /verified: (\d+) of (\d+) numbers agree/))
        #expect(numbers.1 == numbers.2)
        #expect(try #require(Int(numbers.1)) == 2 * (4 + 1 + 2 + 5) + 2 * points)
        #expect(lines.contains { $0.hasPrefix("sampled: \(points) of \(points) points, drawn with seed 0 from 12 ") })
        #expect(lines.contains { $0.hasPrefix("structure: ") && $0.hasSuffix("all hold") })
        let untouched = try #require(lines.first { $0.hasPrefix("not recomputed: ") })
        #expect(untouched.contains("curvature/trace") && untouched.contains("curvature/eigenvalues_smallest"))
        for object in [
            "sff:0.7 weights", "sff:0.7 loss", "pretrained gradient_norm",
            "pretrained planes/random at (-1, 0)", "sff:0.7 volumes/random at (1, 0, -1), standard error",
            "pretrained lines/path at (0.5)", "pretrained lines/theory_noise at (0)",
            "sff:0.7 planes/convexity at (-1, 0)",
            "sff:0.7 planes/random, centre beside the loss", "sff:0.7 planes/random, cosine",
        ] {
            #expect(lines.contains { $0.hasPrefix(object + " ") && $0.hasSuffix("  identical") }, "\(object)")
        }
        // Another search, for one end alone.
        let largest = try #require(lines.first { $0.hasPrefix("sff:0.7 curvature/eigenvalues[0] ") })
        #expect(largest.hasSuffix("  agrees") || largest.hasSuffix("  identical"))

        let document = try verify(["--samples", "3", "--seed", "5", "--json"])
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(document.output.utf8)) as? [String: Any])
        #expect(object["schema"] as? String == "landscape-verify/1" && object["points"] as? Int == 3)
        #expect(object["points_possible"] as? Int == points)
        #expect(object["agree"] as? Int == object["numbers"] as? Int)
        #expect(object["identical"] as? Int == object["numbers"] as? Int)
        // The draw depends on the seed alone.
        let drawn = { (seed: String) in
            try self.lines(self.verify(["--samples", "4", "--seed", seed])).filter { $0.contains(" at (") }
        }
        let (first, second, other) = (try drawn("1"), try drawn("1"), try drawn("2"))
        #expect(first == second && first != other && first.count == 8)
    }

    /// Settings that decide where points lie, what a loss is and which windows there are come back from the manifest.
    @Test(arguments: [
        ["--precision", "float64", "--axes", "variants", "--variants", "pretrained,scratch,sff:0.7"],
        ["--axes", "gradient", "--split", "val", "--borders", "60/20/20", "--columns", "s2,s0"],
        [
            "--direction-seeds", "2", "--seed", "18446744073709551615", "--loss", "mae", "--range", "auto:2",
            "--orthogonal",
            "--one-dimensional", "match", "--exclude", "norms,*.bias", "--axes", "layer",
        ],
        ["--precision", "bfloat16", "--axes", "sff", "--range=-0.25:0.5"],
        ["--measures", "loss,line", "--derivatives", "--variants", "noisytune:0.15,gaussian:0.5"],
        ["--adaptive", "0.3", "--grid", "11x11", "--variants", "pretrained"],
    ])
    func settingsComeFromTheFile(_ options: [String]) throws {
        // Options that are given twice keep the last value.
        try probe(few + options)
        let result = try verify(["--samples", "6"])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        let lines = lines(result)
        let numbers = try #require(lines.last?.wholeMatch(of: /verified: (\d+) of (\d+) numbers agree/))
        #expect(lines.contains("identical to the last bit: \(numbers.2) of \(numbers.2)"), "\(result.output)")
    }

    @Test func stridesShardsAndMergedFiles() throws {
        let arguments = [
            "probe", "--stride", "300", "--no-report", "--quiet", "--measures", "loss,gradient,plane", "--grid", "3x3",
            "--variants", "pretrained,sff:0.7",
        ]
        for index in 1...2 {
            let shard = try Program.run(
                arguments + ["--shard", "\(index)/2", "--output", "shard\(index).h5"], in: scratch.url)
            #expect(shard.status == 0, "\(shard.errors)")
            let result = try verify(["--samples", "100"], "shard\(index).h5")
            #expect(
                result.status == 0 && result.output.contains("sampled: \(index == 1 ? 10 : 8) of "),
                "\(result.output)\(result.errors)")
        }
        let merged = try Program.run(["merge", "shard1.h5", "shard2.h5", "--output", "merged.h5"], in: scratch.url)
        #expect(merged.status == 0, "\(merged.errors)")
        let result = try verify(["--samples", "100"], "merged.h5")
        #expect(
            result.status == 0 && result.output.contains("sampled: 18 of 18 points"), "\(result.output)\(result.errors)"
        )
    }

    // MARK: Files that were changed

    @Test func changedNumbersAreFound() throws {
        try probe(few)
        let record = try RunReader.read(scratch.path("run.h5"))
        let plane = try #require(record.variant("sff:0.7")?.plane("random")?.column("loss"))
        let path = "variants/sff:0.7/planes/random/loss"

        // What another machine might have summed up.
        try write(plane[5] * (1 + 3e-6), to: path, at: [1, 2])
        let near = try verify(["--samples", "100"])
        #expect(near.status == 0, "\(near.output)\(near.errors)")
        #expect(lines(near).contains { $0.hasPrefix("sff:0.7 planes/random at (1, 0) ") && $0.hasSuffix("  agrees") })
        #expect(try verify(["--samples", "100", "--tolerance", "1e-6"]).status == 1)

        try write(plane[5] * 1.01, to: path, at: [1, 2])
        let result = try verify(["--samples", "100"])
        #expect(result.status == 1)
        let differing = lines(result).filter { $0.hasSuffix("DIFFERS") }
        #expect(differing.count == 1 && differing[0].hasPrefix("sff:0.7 planes/random at (1, 0) "), "\(result.output)")
        #expect(
            result.errors.contains("run.h5: 1 of ") && differing[0].contains("9.9e-03"), "\(result.output)")
        // A sample of one point of eighteen may miss it, and says how many there were.
        #expect(try verify(["--samples", "0"]).status == 0)
        try write(plane[5], to: path, at: [1, 2])

        let loss = try #require(record.variant("pretrained")?.scalar("loss")?.value)
        try write(loss + 0.5, to: "variants/pretrained/loss", at: [])
        let changed = try verify(["--samples", "0"])
        // The loss, and the centre beside it.
        #expect(changed.status == 1 && lines(changed).count { $0.hasSuffix("DIFFERS") } == 2, "\(changed.output)")
        try write(loss, to: "variants/pretrained/loss", at: [])
        #expect(try verify().status == 0)
    }

    @Test func contradictionsAreFound() throws {
        try probe(few)
        try write(UInt8(3), to: "variants/pretrained/planes/random/status", at: [0, 1])
        let result = try verify(["--samples", "100"])
        #expect(
            result.status == 65 && result.errors.contains("pretrained planes/random: 1 points contradict"),
            "\(result.errors)")
        #expect(result.errors.contains("(0, -1)") && lines(result).contains { $0.hasPrefix("structure: pretrained") })
        try write(UInt8(0), to: "variants/pretrained/planes/random/status", at: [0, 1])
        let pending = try verify()
        #expect(pending.status == 65 && pending.errors.contains("1 items are pending"), "\(pending.errors)")
        try write(UInt8(1), to: "variants/pretrained/planes/random/status", at: [0, 1])
        try write(2.0, to: "variants/pretrained/planes/random/x", at: [0])
        #expect(try verify(["--samples", "0"]).errors.contains("planes/random: x does not ascend"))
    }

    // MARK: Inputs

    @Test func inputsMustBeWhatTheyWere() throws {
        let embedded = Program.root.appendingPathComponent("Sources/LandscapeTool/Resources/Embedded")
        let manager = FileManager.default
        try manager.createDirectory(atPath: scratch.path("model"), withIntermediateDirectories: true)
        for name in ["config.json", "model.safetensors"] {
            try manager.copyItem(
                at: embedded.appendingPathComponent(name), to: scratch.url.appendingPathComponent("model/\(name)"))
        }
        let series = try String(contentsOf: embedded.appendingPathComponent("series.csv"), encoding: .utf8)
        try scratch.write("series.csv", series)
        try probe(few + ["--weights", "model", "--data", "series.csv"])
        #expect(try verify().status == 0)

        // One digit in a row that no window of the test split reads.
        var rows = series.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        rows[1] += "1"
        try scratch.write("series.csv", rows.joined(separator: "\n"))
        let changed = try verify()
        #expect(changed.status == 65 && changed.errors.contains("series.csv"), "\(changed.errors)")
        #expect(changed.errors.matches(of: /(expected|found) [0-9a-f]{64}/).count == 2, "\(changed.errors)")

        try manager.moveItem(atPath: scratch.path("model"), toPath: scratch.path("moved"))
        try scratch.write("other.csv", series)
        let gone = try verify()
        #expect(
            gone.status == 66 && gone.errors.contains("model: ") && gone.errors.contains("--weights"), "\(gone.errors)")
        let found = try verify(["--weights", "moved", "--data", "other.csv"])
        #expect(found.status == 0, "\(found.output)\(found.errors)")
        try manager.removeItem(atPath: scratch.path("series.csv"))
        let noData = try verify(["--weights", "moved"])
        #expect(noData.status == 66 && noData.errors.contains("--data"), "\(noData.errors)")
        // Other weights of the same shapes.
        let other = try Program.run(
            ["smooth", "--weights", "moved", "--variant", "shrink:0.5", "--output", "other/model.safetensors"],
            in: scratch.url)
        #expect(other.status == 0, "\(other.errors)")
        let foreign = try verify(["--weights", "other", "--data", "other.csv"])
        #expect(foreign.status == 65 && foreign.errors.contains("other: is not what"), "\(foreign.errors)")
    }

    @Test func otherFilesAreRefused() throws {
        #expect(try verify([], "none.h5").status == 66)
        try scratch.write("text.h5", "no result")
        #expect(try verify([], "text.h5").status == 65)
        #expect(try verify(["--samples", "-1"]).status == 64)
        for (manifest, attributes, message) in [
            (
                #"{"configuration":{"model":"timer"}}"#, [:],
                "run.h5: /manifest: expected the configuration of a probe, found none of "
            ), ("{}", ["experiment": 1], "experiment"),
        ] as [(String, [String: AttributeValue], String)] {
            let plan = RunPlan(
                title: "", command: "", seed: 0, software: [:], manifestJSON: manifest, fingerprint: "",
                attributes: attributes, variants: [])
            try RunFile.create(at: scratch.path("run.h5"), plan: plan, overwrite: true).close()
            let result = try verify()
            #expect(result.status == 65 && result.errors.contains(message), "\(result.errors)")
        }
    }
}
