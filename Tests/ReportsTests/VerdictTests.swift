@testable import Archive
import Figures
import Foundation
import Testing

@testable import Checkpoints
@testable import Reports

/// What the page says in words, and what it may run.
@Suite final class VerdictTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("verdicts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    struct Numbers {
        var name: String
        var kind: String
        var alpha: Double?
        var loss: Double
        var largest: Double
        var trace: Double
        var difference: (value: Double, error: Double)?
        var sharpness: (value: Double, difference: Double, error: Double)?
        var converged = true
    }

    static let standard = [
        Numbers(
            name: "pretrained", kind: "pretrained", loss: 2, largest: 10, trace: 100,
            sharpness: (1, .nan, .nan)),
        Numbers(
            name: "sff:0.7", kind: "sff", alpha: 0.7, loss: 1.5, largest: 5, trace: 50, difference: (-0.5, 0.01),
            sharpness: (0.5, -0.5, 0.01)),
        Numbers(
            name: "shrink:0.7", kind: "shrink", alpha: 0.7, loss: 2.1, largest: 6, trace: 90, difference: (0.1, 0.2),
            sharpness: (1.1, 0.1, 0.2)),
    ]

    private func file(
        _ name: String, _ numbers: [Numbers] = standard, configuration: String = "{}", data: String = "d",
        weights: String = "w"
    ) throws -> String {
        let path = folder.appendingPathComponent(name).path
        let plan = RunPlan(
            title: "t", command: "landscape probe", seed: 1,
            manifestJSON:
                "{\"configuration\": \(configuration), \"sha256\": {\"data\": \"\(data)\", \"weights\": \"\(weights)\"}}",
            fingerprint: name, created: Date(timeIntervalSince1970: 0), attributes: ["windows": 100],
            variants: numbers.enumerated().map { index, variant in
                VariantPlan(
                    name: variant.name, kind: variant.kind, alpha: variant.alpha, weightsSHA256: "", parameters: 1,
                    scalars: [
                        ScalarPlan(path: "loss", longName: "loss"),
                        ScalarPlan(path: "curvature/trace", longName: "trace"),
                        ScalarPlan(
                            path: "sharpness/sam", longName: "SAM",
                            attributes: ["difference": .double(.nan), "difference_error": .double(.nan)]),
                    ], arrays: [.eigenvalues(count: 1)],
                    lines: [
                        GridPlan(
                            name: "random", t: [-1, 0, 1],
                            columns: (["loss", "standard_error"]
                                + (index > 0 ? ["difference", "difference_error"] : []))
                                .map { ColumnPlan(name: $0, longName: $0) })
                    ])
            })
        let run = try RunFile.create(at: path, plan: plan, overwrite: true)
        for (variant, planned) in zip(numbers, plan.variants) {
            try run.setScalar(
                variant: variant.name, path: "loss", value: variant.loss, standardError: 0.1, samples: 100)
            try run.setScalar(
                variant: variant.name, path: "curvature/trace", value: variant.trace,
                standardError: variant.trace / 100, samples: 50)
            try run.setArray(
                variant: variant.name, path: "curvature/eigenvalues", values: [variant.largest],
                companions: ["residuals": [0.01], "converged": [variant.converged ? 1 : 0]])
            if let sharpness = variant.sharpness {
                try run.setScalar(
                    variant: variant.name, path: "sharpness/sam", value: sharpness.value, standardError: 0.1,
                    samples: 100,
                    attributes: [
                        "difference": .double(sharpness.difference), "difference_error": .double(sharpness.error),
                    ])
            } else {
                try run.setScalar(variant: variant.name, path: "sharpness/sam", value: .nan, status: .failed)
            }
            try run.setPoints(
                variant: variant.name, of: planned.lines[0].id,
                (0..<3).map { index in
                    var values = ["loss": variant.loss + Double(index)]
                    if let difference = variant.difference {
                        values["difference"] = index == 1 ? difference.value : 77
                        values["difference_error"] = difference.error
                    }
                    return GridPoint(index: index, values: values)
                })
        }
        try run.complete()
        try run.close()
        return path
    }

    @Test func sentencesCarryTheirEvidence() throws {
        let verdicts = Verdict.all(try RunReader.read(file("a.h5")))
        #expect(verdicts.map(\.variant) == ["sff:0.7", "shrink:0.7"])
        let words = verdicts[0].statements
        // Student's quantile with 99 degrees of freedom is 1.984.
        #expect(
            words[0]
                == "Its loss is 1.5, that of pretrained 2: lower (difference −0.5 [−0.5198, −0.4802], windows paired).")
        // (5 ± 0.05) / (10 ± 0.1).
        #expect(words[1].contains("0.5 [0.4901, 0.5101] times") && words[1].contains("; shrink:0.7 alone gives 0.6."))
        #expect(words[2].contains("0.5 [0.4858, 0.5142] times") && words[2].contains("smaller"))
        #expect(words[2].contains("shrink:0.7 alone gives 0.9"))
        #expect(words[3].contains("Of 1 measures of sharpness") && words[3].contains("lower: SAM sharpness"))
        #expect(verdicts[1].statements[0].contains("these windows do not tell which is lower"))
        #expect(verdicts[1].statements[3].contains("undecided: SAM sharpness"))
        #expect(!verdicts[1].statements[1].contains("alone"))
    }

    @Test func whatDoesNotHoldIsNotSaid() throws {
        var numbers = Self.standard
        numbers[0].trace = -5
        numbers[1].converged = false
        numbers[1].difference = nil
        numbers[1].sharpness = nil
        let words = Verdict.all(try RunReader.read(file("b.h5", numbers)))[0].statements
        #expect(words.count == 3)
        #expect(words[0].contains("from the standard errors of both, not paired"))
        #expect(words[1].contains("not compared"))
        #expect(words[2].contains("no ratio"))
    }

    /// Two files: names tell them apart, paired differences of the second one are gone, and its own reference is not used.
    @Test func filesSideBySide() throws {
        let same = "{\"windows\": \"100\", \"seed\": \"0\"}"
        let one = try RunReader.read(file("one.h5", configuration: same))
        let two = try RunReader.read(file("two.h5", configuration: same))
        let both = try RunComparison.combine([one, two])
        #expect(
            both.variants.map(\.name) == [
                "one: pretrained", "one: sff:0.7", "one: shrink:0.7", "two: pretrained", "two: sff:0.7",
                "two: shrink:0.7",
            ])
        #expect(both.variants[1].lines[0].column("difference") != nil)
        #expect(both.variants[4].lines[0].column("difference") == nil)
        #expect(both.variants[4].scalar("sharpness/sam")?.attributes["difference"] == nil)
        let words = try #require(Verdict.all(both).first { $0.variant == "two: sff:0.7" }).statements
        #expect(words[0].contains("not paired") && words[1].contains("two: shrink:0.7 alone"))
        #expect(words.count == 3)
        #expect(both.attributes["comparison_notes"]?.texts.isEmpty == true)
        // Other directions: the slices go, and a note says why.
        let three = try RunReader.read(
            file("three.h5", configuration: "{\"windows\": \"100\", \"seed\": \"5\"}"))
        let other = try RunComparison.combine([one, three])
        #expect(other.variants[0].lines.count == 1 && other.variants[3].lines.isEmpty)
        #expect(other.attributes["comparison_notes"]?.texts.first?.contains("seed \"5\" instead of \"0\"") == true)
        #expect(try RunComparison.combine([one]).variants.map(\.name) == one.variants.map(\.name))
    }

    @Test func otherWindowsAreRefused() throws {
        let one = try RunReader.read(file("one.h5", configuration: "{\"windows\": \"100\"}"))
        for (configuration, data, words) in [
            ("{\"windows\": \"50\"}", "d", "windows"), ("{\"windows\": \"100\"}", "e", "SHA-256 of the data"),
            ("{\"windows\": \"100\", \"horizon\": 96}", "d", "horizon"),
        ] {
            let other = try RunReader.read(file("other.h5", configuration: configuration, data: data))
            let error = #expect(throws: ArchiveError.self) { try RunComparison.combine([one, other]) }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
            #expect(error?.category == .badData)
        }
    }

    @Test func namesTellFilesApart() {
        #expect(RunComparison.distinct(["/x/a.h5", "b.h5"]) == ["a", "b"])
        #expect(RunComparison.distinct(["/x/1/run.h5", "/x/2/run.h5"]) == ["1/run", "2/run"])
        #expect(RunComparison.distinct(["/x/run.h5", "/x/run.h5"]) == ["run 1", "run 2"])
    }

    /// The policy of the page lets this script run and no other.
    @Test func policyNamesTheScript() throws {
        var hash = SHA256()
        Array(SpaceScript.text.utf8).withUnsafeBytes { hash.update($0) }
        let hex = Array(hash.finalized())
        let bytes = stride(from: 0, to: hex.count, by: 2).map { UInt8(String(hex[$0...($0 + 1)]), radix: 16) ?? 0 }
        #expect(Data(bytes).base64EncodedString() == SpaceScript.hash)
        #expect(ReportTemplate.text.contains("<script>\(SpaceScript.text)</script>"))
        #expect(!SpaceScript.text.contains("{{") && !SpaceScript.text.contains("}}"))
        #expect(!SpaceScript.text.contains("innerHTML") && !SpaceScript.text.contains("eval("))
    }

    @Test func surfacesForTheHand() throws {
        let picture = SpacePicture(panels: [
            PlanePanel(title: "a\"</script>", x: [0, 1], y: [0, 1], loss: [1, .nan, 1 / 3, .infinity])
        ])
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(picture.json.utf8)) as? [[String: Any]])
        #expect(object[0]["title"] as? String == "a\"</script>")
        let z = try #require(object[0]["z"] as? [Any])
        #expect(z.count == 4 && z[1] is NSNull && (z[2] as? Double).map { abs($0 - 0.33333) < 1e-9 } == true)
    }
}
