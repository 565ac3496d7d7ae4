import Foundation
import OracleSupport
import Testing

/// Every bad input ends with its exit code, a message that names the culprit, and nothing half-written.
@Suite struct BadInputTests {
    let scratch: Scratch
    let weights = Program.fixtures.appendingPathComponent("ltsm/timer/model.safetensors")

    init() throws {
        scratch = try Scratch()
        try FileManager.default.copyItem(
            at: Program.fixtures.appendingPathComponent("ltsm/timer/config.json"),
            to: scratch.url.appendingPathComponent("config.json"))
        var csv = "date,a,b\n"
        for row in 0..<400 { csv += "2020-01-01 \(row),\(sin(Double(row) / 7)),\(cos(Double(row) / 5))\n" }
        try scratch.write("good.csv", csv)
    }

    private func expectFailure(
        _ status: Int32, _ arguments: [String], names culprit: String, environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try Program.run(
            arguments + ["--output", scratch.path("out.h5")], in: scratch.url, environment: environment)
        #expect(result.status == status && result.signal == nil, "\(result.errors)", sourceLocation: sourceLocation)
        #expect(result.errors.contains(culprit), "'\(culprit)' in: \(result.errors)", sourceLocation: sourceLocation)
        #expect(result.output.isEmpty, sourceLocation: sourceLocation)
        #expect(
            try TroubleshootingGuide().explains(printed: result.errors), "docs/troubleshooting.md: \(result.errors)",
            sourceLocation: sourceLocation)
        #expect(
            !scratch.contents.contains { $0.contains("out") && !$0.hasPrefix("std") && !$0.hasSuffix(".lock") },
            "\(scratch.contents)", sourceLocation: sourceLocation)
    }

    private func probe(weights: String? = nil, data: String? = nil, _ more: [String] = []) -> [String] {
        [
            "probe", "--weights", weights ?? self.weights.path, "--data", data ?? scratch.path("good.csv"),
            "--measures", "loss", "--no-report",
        ] + more
    }

    @Test func missingFiles() throws {
        try expectFailure(66, probe(weights: scratch.path("absent.safetensors")), names: "absent.safetensors")
        try expectFailure(66, probe(data: scratch.path("absent.csv")), names: "absent.csv")
        try expectFailure(
            66, probe(["--variants", "pretrained,file:nowhere.safetensors"]), names: "nowhere.safetensors")
    }

    @Test func damagedCheckpoints() throws {
        let good = try Array(Data(contentsOf: weights))
        try scratch.write("truncated.safetensors", Array(good.dropLast(5)))
        try expectFailure(65, probe(weights: scratch.path("truncated.safetensors")), names: "truncated.safetensors")
        try scratch.write("trailing.safetensors", good + [0, 0, 0])
        try expectFailure(65, probe(weights: scratch.path("trailing.safetensors")), names: "3 bytes follow")
        try scratch.write("huge.safetensors", [255, 255, 255, 255, 0, 0, 0, 0] + good.dropFirst(8))
        try expectFailure(65, probe(weights: scratch.path("huge.safetensors")), names: "header")
        let overlapping =
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#
        try scratch.write(
            "overlap.safetensors",
            withUnsafeBytes(of: UInt64(overlapping.utf8.count).littleEndian, Array.init) + Array(overlapping.utf8)
                + [UInt8](repeating: 0, count: 12))
        try expectFailure(65, probe(weights: scratch.path("overlap.safetensors")), names: "overlap")
        try scratch.write("archive.safetensors", Array("PK\u{3}\u{4}0123456789".utf8))
        try expectFailure(65, probe(weights: scratch.path("archive.safetensors")), names: "zip archive")
    }

    /// Rewrites the fixture with a changed header or changed data.
    private func altered(_ name: String, header: (String) -> String = { $0 }, data: (inout [UInt8]) -> Void = { _ in })
        throws -> String
    {
        let bytes = try Array(Data(contentsOf: weights))
        let length = bytes[0..<8].enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
        var body = Array(bytes[(8 + length)...])
        data(&body)
        let text = Array(header(String(decoding: bytes[8..<(8 + length)], as: UTF8.self)).utf8)
        return try scratch.write(name, withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text + body)
    }

    @Test func wrongContents() throws {
        let renamed = try altered(
            "renamed.safetensors", header: { $0.replacingOccurrences(of: "\"proj.bias\"", with: "\"proj.bios\"") })
        try expectFailure(65, probe(weights: renamed), names: "missing: proj.bias")
        try expectFailure(65, probe(weights: renamed), names: "unexpected: proj.bios")
        let reshaped = try altered(
            "reshaped.safetensors",
            header: { $0.replacingOccurrences(of: "\"shape\":[8,16]", with: "\"shape\":[16,8]") })
        try expectFailure(65, probe(weights: reshaped), names: "expected shape [8, 16], found [16, 8]")
        let nan = try altered(
            "nan.safetensors",
            data: { body in
                for offset in stride(from: 0, to: body.count, by: 4) {
                    body.replaceSubrange(offset..<(offset + 4), with: [0, 0, 0xC0, 0x7F])
                }
            })
        try expectFailure(65, probe(weights: nan), names: "NaN")
        try scratch.write("config.json", #"{"patch_len": 8, "d_model": 15, "d_ff": 24, "e_layers": 2, "n_heads": 2}"#)
        let copy = try altered("copy.safetensors")
        try expectFailure(65, probe(weights: copy), names: "n_heads")
        try scratch.write("config.json", #"{"patch_len": "eight"}"#)
        try expectFailure(65, probe(weights: copy), names: "patch_len")
    }

    @Test func badSeries() throws {
        try scratch.write("empty.csv", "")
        try expectFailure(65, probe(data: scratch.path("empty.csv")), names: "empty.csv")
        try scratch.write("ragged.csv", "date,a,b\n2020,1,2\n2021,1\n2022,1,2\n")
        try expectFailure(65, probe(data: scratch.path("ragged.csv")), names: "3")
        try scratch.write("text.csv", "date,a,b\n2020,1,2\n2021,1,oops\n")
        try expectFailure(65, probe(data: scratch.path("text.csv")), names: "oops")
        try scratch.write("short.csv", "date,a\n" + (0..<20).map { "2020-\($0),\($0)\n" }.joined())
        try expectFailure(65, probe(data: scratch.path("short.csv")), names: "short.csv")
        try expectFailure(64, probe(["--columns", "aa"]), names: "aa")
    }

    @Test func badRequests() throws {
        try expectFailure(64, probe(["--variants", "pretrained,smooth:0.7"]), names: "smooth:0.7")
        try expectFailure(64, probe(["--variants", "sff:1.7"]), names: "sff:1.7")
        try expectFailure(64, probe(["--measures", "loss,colour"]), names: "colour")
        try expectFailure(64, probe(["--context", "41"]), names: "41")
        try expectFailure(64, probe(["--model", "timber"]), names: "timber")
        try expectFailure(64, probe(["--task", "anomaly", "--loss", "last-patch-mse"]), names: "last-patch-mse")
        try expectFailure(64, probe(["--grid", "3"]), names: "--grid")
        try expectFailure(64, probe(["--exclude", "nrms"]), names: "nrms")
        try expectFailure(69, probe(["--device", "cuda:7"]), names: "cuda:7")
        try scratch.write("options.yaml", "variant: pretrained\n")
        try expectFailure(64, probe(["--config", scratch.path("options.yaml")]), names: "did you mean 'variants'")
        try scratch.write("broken.yaml", "variants: [pretrained\n")
        try expectFailure(65, probe(["--config", scratch.path("broken.yaml")]), names: "broken.yaml")
        try expectFailure(66, probe(["--config", scratch.path("none.yaml")]), names: "none.yaml")
    }

    /// Files on which libhdf5 crashes or never ends: every verb that reads results says that they are damaged.
    @Test func resultFilesThatBringLibhdf5Down() throws {
        let folder = Program.root.appendingPathComponent("Tests/HostileInputTests/Crashes/result")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count >= 2)
        for name in names {
            let file = scratch.path(name)
            try FileManager.default.copyItem(
                at: folder.appendingPathComponent(name), to: URL(fileURLWithPath: file))
            for verb in [["inspect", file], ["inspect", "--json", file], ["report", file], ["verify", file]] {
                let result = try Program.run(verb, in: scratch.url, environment: ["LANDSCAPE_READ_SECONDS": "1"])
                #expect(result.status == 65 && result.signal == nil, "\(verb): \(result.errors)")
                #expect(result.errors.contains(name) && result.errors.contains("damaged"), "\(result.errors)")
                #expect(result.output.isEmpty)
            }
        }
    }

    @Test func unwritableOutput() throws {
        let absent = try Program.run(probe(["--output", scratch.path("no/such/run.h5")]), in: scratch.url)
        #expect(absent.status == 73 && absent.errors.contains("no/such"), "\(absent.errors)")
        try scratch.write("mine.h5", "precious")
        let existing = try Program.run(probe(["--output", scratch.path("mine.h5")]), in: scratch.url)
        #expect(existing.status == 73 && existing.errors.contains("--overwrite"), "\(existing.errors)")
        #expect(try String(contentsOfFile: scratch.path("mine.h5"), encoding: .utf8) == "precious")
        let resumed = try Program.run(probe(["--output", scratch.path("mine.h5"), "--resume"]), in: scratch.url)
        #expect(resumed.status == 65, "\(resumed.errors)")
        #expect(try String(contentsOfFile: scratch.path("mine.h5"), encoding: .utf8) == "precious")
    }

    @Test func gnuplotAbsent() throws {
        // Refused before the work, unless no report is wanted.
        var arguments = probe()
        arguments.removeAll { $0 == "--no-report" }
        try expectFailure(69, arguments, names: "gnuplot", environment: ["PATH": scratch.path("nothing")])
        let quiet = try Program.run(
            probe(["--output", scratch.path("run.h5")]), in: scratch.url, environment: ["PATH": scratch.path("nothing")]
        )
        #expect(quiet.status == 0, "\(quiet.errors)")
        let before = try Data(contentsOf: URL(fileURLWithPath: scratch.path("run.h5")))
        let report = try Program.run(
            ["report", scratch.path("run.h5")], in: scratch.url, environment: ["PATH": scratch.path("nothing")])
        #expect(report.status == 69 && report.errors.contains("gnuplot"), "\(report.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("run.h5"))) == before)
    }

    /// A gnuplot that is killed or refuses while it draws: 69 with its words, the results untouched, and the report made later.
    @Test func gnuplotFails() throws {
        let folder = scratch.url.appendingPathComponent("tools")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let fake = folder.appendingPathComponent("gnuplot")
        let path = "\(folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        func install(_ text: String) throws {
            try text.write(to: fake, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fake.path)
        }
        try install("#!/bin/sh\necho 'the plotter is out of ink' >&2\nexit 3\n")
        var arguments = probe(["--output", scratch.path("run.h5"), "--measures", "loss,line", "--points", "3"])
        arguments.removeAll { $0 == "--no-report" }
        let first = try Program.run(arguments, in: scratch.url, environment: ["PATH": path])
        #expect(first.status == 69 && first.errors.contains("the plotter is out of ink"), "\(first.errors)")
        let before = try Data(contentsOf: URL(fileURLWithPath: scratch.path("run.h5")))
        try install("#!/bin/sh\nkill -9 $$\n")
        let killed = try Program.run(["report", scratch.path("run.h5")], in: scratch.url, environment: ["PATH": path])
        #expect(killed.status == 69 && killed.errors.contains("gnuplot could not draw"), "\(killed.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("run.h5"))) == before)
        // One figure of several: the page has the others and says so.
        let real = ProcessInfo.processInfo.environment["PATH"] ?? ""
        try install(
            """
            #!/bin/sh
            text=$(cat)
            case "$text" in *"load 'line.gp'"*) echo 'a line too many' >&2; exit 3;; esac
            PATH='\(real)'
            printf '%s\n' "$text" | gnuplot

            """)
        let partly = try Program.run(["report", scratch.path("run.h5")], in: scratch.url, environment: ["PATH": path])
        #expect(partly.status == 1 && partly.errors.contains("lacks 1 figure(s)"), "\(partly.status) \(partly.errors)")
        #expect(partly.errors.contains("a line too many") && partly.output.contains("report.html"))
        let gap = try String(contentsOfFile: scratch.path("run-report/report.html"), encoding: .utf8)
        #expect(gap.contains("A figure is missing: ") && gap.contains("a line too many"))
        let later = try Program.run(["report", scratch.path("run.h5")], in: scratch.url)
        #expect(later.status == 0, "\(later.errors)")
        #expect(FileManager.default.fileExists(atPath: scratch.path("run-report/report.html")))
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("run.h5"))) == before)
        // Two files that cannot stand side by side say why; the same file twice can.
        let other = try Program.run(
            probe(["--output", scratch.path("other.h5"), "--seed", "4"]), in: scratch.url)
        #expect(other.status == 0, "\(other.errors)")
        let twice = try Program.run(
            [
                "report", scratch.path("run.h5"), scratch.path("run.h5"), "--output", scratch.path("two"), "--formats",
                "svg",
            ],
            in: scratch.url)
        #expect(twice.status == 0, "\(twice.errors)")
        let page = try String(contentsOfFile: scratch.path("two/report.html"), encoding: .utf8)
        #expect(page.contains("run 1: pretrained") && page.contains("run 2: pretrained"))
        #expect(try Program.run(["report", scratch.path("run.h5"), "--formats", "gif"], in: scratch.url).status == 64)
    }
}
