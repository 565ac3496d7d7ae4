import Archive
import Checkpoints
import Foundation
import Testing

/// A command whose output must survive whatever happens to the calls that write it.
struct FaultJob: Sendable, CustomTestStringConvertible {
    let name: String
    /// The command; everything it writes is below `out`, where an older output stands.
    let command: [String]
    /// Makes that older output in `out` and the inputs beside it.
    let prepare: @Sendable (Scratch) throws -> Void
    /// What the finished command has computed, bit by bit, without times.
    let results: @Sendable (URL) throws -> [String: String]
    /// What is wrong with the files that stand in a folder after a fault.
    let problems: @Sendable (_ folder: URL, _ old: URL, _ whole: [String: String]) throws -> [String]
    /// The command that brings a run to its end.
    let continuation: @Sendable (URL) -> [String]

    var testDescription: String { name }

    // MARK: - Inputs

    /// Weights of 180 numbers and a series of 300 rows.
    static func prepareInputs(_ scratch: Scratch) throws {
        let made = try Program.run(
            [
                "pretrain", "--output", "tiny", "--patch", "4", "--width", "4", "--feed-forward", "4", "--layers", "1",
                "--heads", "1", "--tokens", "3", "--series-count", "2", "--length", "64", "--steps", "2", "--batch",
                "2", "--series", "tiny.csv", "--series-length", "300", "--series-channels", "1", "--quiet",
            ], in: scratch.url)
        try #require(made.status == 0, "\(made.errors)")
        try FileManager.default.createDirectory(atPath: scratch.path("out"), withIntermediateDirectories: true)
    }

    static let inputs = ["--weights", "tiny/model.safetensors", "--data", "tiny.csv", "--threads", "1", "--quiet"]

    private static func prepare(_ older: [[String]]) -> @Sendable (Scratch) throws -> Void {
        { scratch in
            try prepareInputs(scratch)
            for command in older {
                let made = try Program.run(command, in: scratch.url)
                try #require(made.status == 0, "\(command): \(made.errors)")
            }
        }
    }

    // MARK: - Probes

    /// Every kind of result.
    static let wholeProbe = probe(
        "probe of everything",
        [
            "--windows", "2", "--batch", "1", "--variants", "sff:0.7", "--points", "2", "--grid", "2x2,2x2x2",
            "--eigen", "1", "--tolerance", "0.5", "--samples", "2", "--density-probes", "1", "--density-steps", "2",
            "--measures", "loss,gradient,eigen,trace,diagonal,density,preconditioned,sharpness,line,path,plane,volume",
        ])
    /// A few results of each kind, for everyday tests.
    static let smallProbe = probe(
        "small probe",
        [
            "--windows", "2", "--batch", "1", "--variants", "pretrained,sff:0.7", "--points", "2", "--grid", "2x1",
            "--samples", "2", "--eigen", "1", "--tolerance", "0.5", "--measures", "loss,eigen,line,plane",
        ])

    private static func probe(_ name: String, _ options: [String]) -> FaultJob {
        let command = ["probe"] + inputs + options + ["--no-report", "--output", "out/run.h5"]
        return FaultJob(
            name: name, command: command + ["--overwrite"],
            prepare: prepare([
                ["probe"] + inputs + ["--windows", "3", "--measures", "loss", "--no-report", "--output", "out/run.h5"]
            ]), results: fileResults, problems: fileProblems,
            // The old file is not of this run; where the new one stands, or none, --resume must do.
            continuation: { folder in
                let found = fingerprint(folder.appendingPathComponent("out/run.h5"))
                let isOld = found != nil && found == fingerprint(folder.appendingPathComponent("old/run.h5"))
                return command + [isOld ? "--overwrite" : "--resume"]
            })
    }

    private static func fingerprint(_ file: URL) -> String? { try? RunReader.read(file.path).fingerprint }

    private static let fileResults: @Sendable (URL) throws -> [String: String] = { folder in
        let file = folder.appendingPathComponent("out/run.h5").path
        var found = try contents(file).merging(doneContents(file)) { $1 }
        // An experiment's has the path of the model that it made.
        found["manifest"] = nil
        return found
    }

    /// The old file to the byte, or none, or one in which everything that is done is right.
    private static let fileProblems: @Sendable (URL, URL, [String: String]) throws -> [String] = { folder, old, whole in
        let file = folder.appendingPathComponent("out/run.h5")
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        let older = try? Data(contentsOf: old.appendingPathComponent("run.h5"))
        if try Data(contentsOf: file) == older { return [] }
        return try doneContents(file.path).compactMap { key, value in
            whole[key] == value ? nil : "\(key): \(value) stands for \(whole[key] ?? "nothing")"
        }
    }

    // MARK: - Fine-tunings

    static let fineTuning: FaultJob = {
        let command =
            ["finetune"] + inputs + [
                "--strategy", "lpff", "--windows", "8", "--batch", "4", "--epochs", "2", "--learning-rate", "1e-3",
                "--validation-stride", "20", "--test-stride", "20", "--no-report", "--output", "out",
            ]
        return FaultJob(
            name: "finetune", command: command + ["--overwrite"],
            prepare: prepare([command + ["--seed", "5"]]),
            results: { try fineTuned($0.appendingPathComponent("out")) },
            problems: { folder, old, whole in
                let (new, former) = (folder.appendingPathComponent("out"), try fineTuned(old))
                var problems: [String] = []
                let found = try fineTuned(new)
                for (key, value) in found where value != whole[key] && value != former[key] {
                    problems.append("\(key) is neither old nor new")
                }
                // A record speaks of the weights beside it.
                if let record = found["record"],
                    record != (found["weights"] == whole["weights"] ? whole : former)["record"]
                {
                    problems.append("the record belongs to other weights")
                }
                for name in try FileManager.default.contentsOfDirectory(atPath: new.path)
                where name.hasPrefix("state-") && name.hasSuffix(".safetensors") {
                    _ = try SafetensorsFile(new.appendingPathComponent(name))
                }
                return problems
            },
            continuation: { folder in
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")) ?? []
                let isStopped = names.contains { $0.hasPrefix("state-") && $0.hasSuffix(".safetensors") }
                return command + [isStopped ? "--resume" : "--overwrite"]
            })
    }()

    /// Weights and record of a fine-tuning, as far as they are there.
    static func fineTuned(_ folder: URL) throws -> [String: String] {
        var found: [String: String] = [:]
        let weights = folder.appendingPathComponent("model.safetensors")
        if FileManager.default.fileExists(atPath: weights.path) {
            let file = try SafetensorsFile(weights)
            found["weights"] = try file.entries.map { entry in
                var bytes = [UInt8](repeating: 0, count: entry.byteCount)
                try bytes.withUnsafeMutableBytes { try file.read(entry.name, into: $0) }
                return entry.name + SHA256.hash(of: bytes)
            }.joined(separator: " ")
        }
        let record = folder.appendingPathComponent("finetuning.json")
        if FileManager.default.fileExists(atPath: record.path) {
            let data = try Data(contentsOf: record)
            var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            for key in ["seconds", "command"] { object[key] = nil }
            found["record"] = String(
                decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
        }
        let configuration = folder.appendingPathComponent("config.json")
        if FileManager.default.fileExists(atPath: configuration.path) {
            found["config"] = try String(contentsOf: configuration, encoding: .utf8)
        }
        return found
    }

    // MARK: - Experiments

    static let experiment: FaultJob = {
        let command = ["experiment", "tiny.yaml", "--threads", "1", "--quiet", "--output", "out/run.h5"]
        let text = """
            title: tiny
            models:
              - name: made
                pretrain: {patch: 4, width: 4, feed-forward: 4, layers: 1, heads: 1, tokens: 3, series-count: 2, length: 64, steps: 2, batch: 2}
            data:
              - {name: waves, csv: tiny.csv, context: 12, horizon: 4}
            strategies: [zero-shot, full]
            auxiliary-seeds: [0]
            training-seeds: [0]
            training: {windows: 8, batch: 4, epochs: EPOCHS, learning-rate: 1e-3, validation-stride: 20, test-stride: 20}
            landscape: {windows: 2, measures: [loss, gradient_norm]}
            """
        return FaultJob(
            name: "experiment", command: command + ["--overwrite"],
            prepare: { scratch in
                try prepareInputs(scratch)
                try scratch.write("tiny.yaml", text.replacingOccurrences(of: "EPOCHS", with: "1"))
                let made = try Program.run(command, in: scratch.url)
                try #require(made.status == 0, "\(made.errors)")
                try FileManager.default.removeItem(atPath: scratch.path("out/run.h5.work"))
                try scratch.write("tiny.yaml", text.replacingOccurrences(of: "EPOCHS", with: "2"))
            }, results: fileResults, problems: fileProblems,
            continuation: { folder in
                let found = fingerprint(folder.appendingPathComponent("out/run.h5"))
                let isNew = found != nil && found != fingerprint(folder.appendingPathComponent("old/run.h5"))
                return command + [isNew ? "--resume" : "--overwrite"]
            })
    }()

    // MARK: - Verbs that write once

    /// Each file is the old one or the new one, to the byte.
    private static func writer(_ name: String, _ command: [String], older: [[String]]) -> FaultJob {
        FaultJob(
            name: name, command: command + ["--overwrite"], prepare: prepare(older),
            results: { try files($0.appendingPathComponent("out")) },
            problems: { folder, old, whole in
                let former = try files(old)
                return try files(folder.appendingPathComponent("out")).compactMap { name, bytes in
                    bytes == whole[name] || bytes == former[name] ? nil : "\(name) is neither old nor new"
                }
            }, continuation: { _ in command + ["--overwrite"] })
    }

    /// The hashes of all files that are meant to stay.
    private static func files(_ folder: URL) throws -> [String: String] {
        var found: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        where !["tmp", "partial", "lock"].contains(URL(fileURLWithPath: name).pathExtension) {
            var isFolder: ObjCBool = false
            let path = folder.appendingPathComponent(name).path
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            found[name] = SHA256.hash(of: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        }
        return found
    }

    /// What stands in a folder, as far as going on depends on it: two faults that leave the same need going on from once.
    static func state(_ folder: URL) throws -> String {
        let out = folder.appendingPathComponent("out")
        return try files(out).map { name, hash in
            let file = out.appendingPathComponent(name).path
            guard name.hasSuffix(".h5"), let numbers = try? contents(file) else { return "\(name) \(hash)" }
            return "\(name) \(numbers.sorted { $0.key < $1.key })"
        }.sorted().joined(separator: "\n")
    }

    static let smooth = writer(
        "smooth",
        [
            "smooth", "--weights", "tiny/model.safetensors", "--variant", "sff:0.7", "--output",
            "out/model.safetensors",
        ],
        older: [
            [
                "smooth", "--weights", "tiny/model.safetensors", "--variant", "shrink:0.5", "--output",
                "out/model.safetensors",
            ]
        ])

    static let pretrain: FaultJob = {
        func command(_ steps: String) -> [String] {
            [
                "pretrain", "--output", "out", "--patch", "4", "--width", "4", "--feed-forward", "4", "--layers", "1",
                "--heads", "1", "--tokens", "3", "--series-count", "2", "--length", "64", "--steps", steps, "--batch",
                "2", "--series", "out/series.csv", "--series-length", "300", "--series-channels", steps, "--quiet",
            ]
        }
        return writer("pretrain", command("2"), older: [command("1")])
    }()

    static let exports = ["csv", "npz", "vtk", "xdmf", "goldstein"].map { format in
        let target = format == "csv" ? "out" : format == "xdmf" ? "out/run.xmf" : "out/run.\(format)"
        let plane = ["--measures", "loss,plane", "--grid", "2x2", "--windows", "2", "--variants", "pretrained"]
        func export(_ file: String) -> [String] { ["export", file, "--format", format, "--output", target] }
        return writer(
            "export \(format)", export("run.h5"),
            older: [
                ["probe"] + inputs + plane + ["--no-report", "--output", "run.h5"],
                ["probe"] + inputs + plane + ["--seed", "5", "--no-report", "--output", "other.h5"], export("other.h5"),
            ])
    }

    static let merge: FaultJob = {
        let options = [
            "--windows", "2", "--measures", "loss,line", "--points", "4", "--variants", "pretrained,sff:0.7",
        ]
        func shard(_ number: Int, _ prefix: String, _ extra: [String]) -> [String] {
            ["probe"] + inputs + options + extra + [
                "--no-report", "--shard", "\(number)/2", "--output", "\(prefix)\(number).h5",
            ]
        }
        let command = ["merge", "part1.h5", "part2.h5", "--quiet", "--output", "out/run.h5", "--overwrite"]
        return FaultJob(
            name: "merge", command: command,
            prepare: prepare([
                shard(1, "part", []), shard(2, "part", []), shard(1, "old", ["--seed", "5"]),
                shard(2, "old", ["--seed", "5"]), ["merge", "old1.h5", "old2.h5", "--quiet", "--output", "out/run.h5"],
            ]), results: fileResults, problems: fileProblems, continuation: { _ in command })
    }()

    static let report: FaultJob = {
        let plane = ["--measures", "loss,line", "--points", "3", "--windows", "2", "--variants", "pretrained"]
        @Sendable func report(_ file: String) -> [String] {
            ["report", file, "--formats", "svg,png,pdf", "--output", "out", "--notebook", "out/run.ipynb"]
        }
        return FaultJob(
            name: "report", command: report("run.h5"),
            prepare: prepare([
                ["probe"] + inputs + plane + ["--no-report", "--output", "run.h5"],
                ["probe"] + inputs + plane + ["--seed", "5", "--no-report", "--output", "other.h5"],
                report("other.h5"),
            ]),
            // Pictures hold the date.
            results: { folder in
                try files(folder.appendingPathComponent("out")).filter {
                    $0.key.hasSuffix(".gp") || $0.key.hasSuffix(".ipynb") || $0.key.hasSuffix(".svg")
                }
            },
            problems: { folder, old, whole in
                let former = try files(old)
                let out = folder.appendingPathComponent("out")
                return try files(out).compactMap { name, bytes in
                    if bytes == whole[name] || bytes == former[name] { return nil }
                    let data = try Data(contentsOf: out.appendingPathComponent(name))
                    // What a killed gnuplot left under the name of a picture is not looked at by anything: the page stands for it.
                    let ends = [".html": "</html>", ".ipynb": "}", ".json": "}"]
                    guard let end = ends.first(where: { name.hasSuffix($0.key) })?.value else { return nil }
                    let tail = String(decoding: data.suffix(20), as: UTF8.self)
                    return tail.contains(end) ? nil : "\(name) is cut short"
                }
            }, continuation: { _ in report("run.h5") })
    }()

    static let writers = [smooth, pretrain, merge] + exports
}
