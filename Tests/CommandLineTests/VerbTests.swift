import Checkpoints
import Foundation
import Testing

@Suite struct VerbTests {
    let scratch: Scratch
    let weights = Program.fixtures.appendingPathComponent("ltsm/timer/model.safetensors").path

    init() throws { scratch = try Scratch() }

    @Test func smoothWritesTheMixture() throws {
        let scratched = try Program.run(
            [
                "smooth", "--weights", weights, "--variant", "scratch", "--output",
                scratch.path("aux/model.safetensors"),
            ], in: scratch.url)
        #expect(scratched.status == 0, "\(scratched.errors)")
        let smoothed = try Program.run(
            [
                "smooth", "--weights", weights, "--variant", "sff:0.7", "--auxiliary", scratch.path("aux"), "--output",
                scratch.path("sff/model.safetensors"),
            ], in: scratch.url)
        #expect(smoothed.status == 0, "\(smoothed.errors)")
        let first = try Checkpoint(URL(fileURLWithPath: weights))
        let second = try Checkpoint(URL(fileURLWithPath: scratch.path("aux")))
        let mixed = try Checkpoint(URL(fileURLWithPath: scratch.path("sff")))
        #expect(mixed.entries.map(\.name) == first.entries.map(\.name))
        func floats(_ checkpoint: Checkpoint, _ name: String) throws -> [Float] {
            try checkpoint.read(name).withUnsafeBytes { bytes in
                (0..<(bytes.count / 4)).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
        }
        for entry in first.entries {
            let (a, b, c) = (
                try floats(first, entry.name), try floats(second, entry.name), try floats(mixed, entry.name)
            )
            if entry.name.hasSuffix(".pe") {
                #expect(a == c, "buffers are not mixed")
            } else {
                for i in a.indices { #expect(abs(0.7 * a[i] + 0.3 * b[i] - c[i]) <= 1e-6 * (abs(a[i]) + abs(b[i]))) }
            }
        }
        let again = try Program.run(
            ["smooth", "--weights", weights, "--output", scratch.path("sff/model.safetensors")], in: scratch.url)
        #expect(again.status == 73)
    }

    @Test func excludedParametersStay() throws {
        let result = try Program.run(
            [
                "smooth", "--weights", weights, "--variant", "shrink:0.5", "--exclude", "norms,head", "--output",
                scratch.path("x/model.safetensors"),
            ],
            in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let first = try Checkpoint(URL(fileURLWithPath: weights))
        let second = try Checkpoint(URL(fileURLWithPath: scratch.path("x")))
        for entry in first.entries {
            let isKept = entry.name.contains("norm") || entry.name.hasPrefix("proj.") || entry.name.hasSuffix(".pe")
            #expect((try first.read(entry.name) == second.read(entry.name)) == isKept, "\(entry.name)")
        }
    }

    @Test func modelsInspectDoctor() throws {
        let models = try Program.run(["models", "--json"], in: scratch.url)
        #expect(models.status == 0 && models.output.contains("timer-base-84m"))
        let inspected = try Program.run(["inspect", weights, "--tensors"], in: scratch.url)
        #expect(
            inspected.status == 0 && inspected.output.contains("loads: yes")
                && inspected.output.contains("decoder.attn_layers.0.conv1.weight"))
        let broken = try scratch.write("broken.safetensors", [1, 2, 3])
        #expect(try Program.run(["inspect", broken], in: scratch.url).status == 65)
        let doctor = try Program.run(["doctor"], in: scratch.url)
        #expect(doctor.output.contains("libtorch"))
        let bare = try Program.run(["doctor"], in: scratch.url, environment: ["PATH": "nowhere"])
        #expect(bare.status == 69 && bare.output.contains("apt-get install gnuplot-nox"))
    }

    @Test func inspectShowsATreeOfAResultFile() throws {
        let made = try Program.run(
            [
                "probe", "--windows", "4", "--variants", "pretrained,sff:0.7", "--measures",
                "loss,gradient,eigen,line,path,plane,volume", "--eigen", "1", "--tolerance", "0.1", "--max-products",
                "20",
                "--points", "3", "--grid", "3x3,3x1x2", "--no-report", "--quiet", "--output", scratch.path("run.h5"),
            ], in: scratch.url)
        #expect(made.status == 0, "\(made.errors)")
        let inspected = try Program.run(["inspect", "run.h5"], in: scratch.url)
        #expect(inspected.status == 0, "\(inspected.errors)")
        let lines = inspected.output.split(separator: "\n").map(String.init)
        // How it was made, the table, the tree.
        #expect(lines[0].hasPrefix("run.h5: Loss landscape of") && lines[0].hasSuffix(", complete"))
        let table = try #require(lines.firstIndex { $0.hasPrefix("gradient norm") })
        let root = try #require(lines.firstIndex(of: "run.h5"))
        #expect(table < root)
        let tree = lines[root...]
        #expect(tree.allSatisfy { $0.count <= 110 })
        for (start, end) in [
            ("├─ pretrained  70168 parameters, weights ", "…"), ("│  ├─ loss ", "samples"),
            ("│  │  └─ eigenvalues_smallest ", "1 of 1 converged"), ("│  ├─ lines", "lines"),
            ("│  │  └─ path ", "3 of 3 points, loss"), ("└─ sff:0.7 ", "…"),
            ("   │  └─ random ", "3 × 3: 9 of 9 points, loss"),
            ("   │     ├─ x ", "−1 to 1, random, filter-normalised"),
            ("   │     └─ cosine ", "0.00"), ("   └─ volumes", "volumes"),
            ("      └─ random ", "3 × 1 × 2: 6 of 6 points"),
            ("         ├─ z ", "−1 to 1"),
        ] {
            #expect(tree.contains { $0.hasPrefix(start) && $0.contains(end) }, "\(start) … \(end)\n\(inspected.output)")
        }
        // The texts of a variant begin in one column.
        let starts = tree.filter { $0.contains(" points") && $0.hasPrefix("│") }.map { line in
            line.distance(from: line.startIndex, to: line.firstRange(of: /\d/)?.lowerBound ?? line.startIndex)
        }
        #expect(starts.count == 4 && Set(starts).count == 1)
        #expect(tree.contains { $0.contains("3 × 3: 9 of 9 points") && $0.contains("centre") })

        let document = try Program.run(["inspect", "run.h5", "--json"], in: scratch.url)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(document.output.utf8)) as? [String: Any])
        #expect(object["schema"] as? String == "landscape-inspect/1" && object["seed"] as? String == "0")
        #expect(object["seconds"] == nil && object["complete"] as? Bool == true)
        #expect((object["volumes"] as? [[String: Any]])?.count == 2)
        #expect(try Program.run(["inspect", weights, "--json"], in: scratch.url).status == 64)
        #expect(try Program.run(["inspect", "none.h5", "--json"], in: scratch.url).status == 66)
    }

    @Test func exportsOfWholeFiles() throws {
        let made = try Program.run(
            [
                "probe", "--windows", "4", "--variants", "pretrained,sff:0.7", "--measures", "loss,plane", "--grid",
                "3x2",
                "--no-report", "--quiet", "--output", scratch.path("run.h5"),
            ], in: scratch.url)
        #expect(made.status == 0, "\(made.errors)")
        for (format, file, message) in [
            ("npz", "run.npz", "such as variants/pretrained/loss"), ("xdmf", "run.xmf", "2 planes and volumes"),
        ] {
            let arguments = ["export", "run.h5", "--format", format, "--output", file]
            let exported = try Program.run(arguments, in: scratch.url)
            #expect(exported.status == 0 && exported.output.contains(message), "\(exported.output)\(exported.errors)")
            #expect(try Program.run(arguments, in: scratch.url).status == 73)
            #expect(try Program.run(arguments + ["--overwrite"], in: scratch.url).status == 0)
        }
        let left = scratch.contents.filter { !$0.hasPrefix("std") && !$0.hasSuffix(".lock") }
        #expect(left == ["run.h5", "run.links.h5", "run.npz", "run.xmf"])
    }

    @Test func pretrainIsReproducibleAndLearns() throws {
        let options = [
            "--patch", "8", "--width", "16", "--feed-forward", "16", "--layers", "1", "--heads", "2", "--tokens", "4",
            "--series-count", "16",
            "--length", "256", "--steps", "150", "--batch", "16", "--quiet",
        ]
        for name in ["a", "b"] {
            let result = try Program.run(["pretrain", "--output", scratch.path(name)] + options, in: scratch.url)
            #expect(result.status == 0, "\(result.errors)")
        }
        let a = try Data(contentsOf: URL(fileURLWithPath: scratch.path("a/model.safetensors")))
        #expect(a == (try Data(contentsOf: URL(fileURLWithPath: scratch.path("b/model.safetensors")))))
        let record = try #require(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: scratch.path("a/pretraining.json")))) as? [String: Any])
        #expect((record["final_loss_mean_100"] as? Double ?? 9) < (record["first_loss"] as? Double ?? 0))
        #expect(try Program.run(["inspect", scratch.path("a")], in: scratch.url).status == 0)
    }

    @Test func helpNamesTheExitCodes() throws {
        let help = try Program.run(["--help"], in: scratch.url)
        #expect(help.status == 0)
        for code in ["64", "65", "66", "69", "73", "75"] { #expect(help.output.contains(code)) }
        #expect(try Program.run(["prob"], in: scratch.url).status == 64)
        #expect(try Program.run(["--version"], in: scratch.url).output.contains("libtorch"))
    }
}
