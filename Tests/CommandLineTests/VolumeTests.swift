import Archive
import Foundation
import Testing

/// `--measures volume` through the built program.
@Suite struct VolumeTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func probe(_ more: [String], file: String = "run.h5") throws -> Program.Result {
        try Program.run(
            ["probe", "--windows", "6", "--no-report", "--quiet", "--output", scratch.path(file)] + more,
            in: scratch.url)
    }

    private func run(_ more: [String], file: String = "run.h5") throws -> RunRecord {
        let result = try probe(more, file: file)
        #expect(result.status == 0, "\(result.errors)")
        return try RunReader.read(scratch.path(file))
    }

    /// The layer z = 0 is the plane along the first two directions, the row y = z = 0 is the line, and the centre is the loss itself; other
    /// points are where their coordinates say. To the last bit, whatever the number of threads.
    @Test func layersAreThePlanes() throws {
        let arguments = ["--measures", "loss,line,plane,volume", "--points", "5", "--variants", "pretrained,sff:0.7"]
        let record = try run(arguments + ["--grid", "5x3,5x3x3", "--threads", "2"])
        let whole = try contents(scratch.path("run.h5"))
        for variant in record.variants {
            let (line, plane) = (try #require(variant.line("random")), try #require(variant.plane("random")))
            let volume = try #require(variant.volume("random"))
            #expect(volume.shape == [3, 3, 5] && volume.z == [-1, 0, 1] && volume.status.allSatisfy { $0 == .done })
            for name in ["loss", "standard_error"] {
                let values = try #require(volume.column(name))
                #expect(Array(values[15..<30]) == plane.column(name))
                #expect(Array(values[20..<25]) == line.column(name))
                #expect(Set(values).count == 45)
            }
            #expect(volume.column("loss")?[22] == variant.scalar("loss")?.value)
            for pair in ["xy", "xz", "yz"] {
                #expect(abs(try #require(volume.attributes["cosine_\(pair)"]?.number)) < 0.1)
            }
            #expect(volume.attributes["cosine_xy"] == plane.attributes["cosine"])
            #expect(volume.attributes["z_axis"]?.text?.hasSuffix("index 2") == true)
            #expect(volume.attributes["total_variation"]?.number ?? .nan > 0)
            #expect(volume.attributes["basins"]?.number ?? .nan >= 1)
        }
        let (first, second) = (record.variants[0].volumes[0], record.variants[1].volumes[0])
        let differences = try #require(second.column("difference"))
        for index in differences.indices {
            let losses = (first.column("loss")![index], second.column("loss")![index])
            #expect(abs(differences[index] - (losses.1 - losses.0)) < 1e-12)
        }
        _ = try run(arguments + ["--grid", "5x3,5x3x3", "--threads", "1"], file: "one.h5")
        #expect(try contents(scratch.path("one.h5")) == whole)
    }

    /// Along the third eigenvector, which is z, the second difference of the loss is the third eigenvalue.
    @Test func eigenvectorsAreTheAxes() throws {
        let record = try run([
            "--axes", "eigen", "--variants", "pretrained", "--measures", "eigen,volume", "--eigen", "3", "--grid",
            "1x1x3", "--range", "0:0.02", "--precision", "float64", "--tolerance", "1e-6", "--ends", "largest",
        ])
        let variant = record.variants[0]
        let volume = try #require(variant.volume("eigen"))
        let (z, loss) = (volume.z, try #require(volume.column("loss")))
        let λ = try #require(variant.array("curvature/eigenvalues")).values[2]
        #expect(abs((loss[2] - 2 * loss[1] + loss[0]) / (z[1] * z[1]) / λ - 1) < 0.1)
        for pair in ["xy", "xz", "yz"] {
            #expect(abs(try #require(volume.attributes["cosine_\(pair)"]?.number)) < 1e-8)
        }
        #expect(volume.attributes["z_axis"]?.text?.contains("eigenvector 3") == true)
    }

    /// The body that four weights span passes through them and knows where; made orthogonal, its axes are.
    @Test func volumesThroughWeightsAndOrthogonalAxes() throws {
        let names = ["pretrained", "scratch", "sff:0.7", "noisytune:0.5"]
        let record = try run([
            "--axes", "variants", "--variants", names.joined(separator: ","), "--measures", "loss,volume", "--range",
            "0:1", "--grid", "2x2x2", "--precision", "float64",
        ])
        let volume = try #require(record.variants[0].volume("variants"))
        let loss = try #require(volume.column("loss"))
        for (index, name) in zip([0, 1, 2, 4], names) {
            #expect(abs(loss[index] - (record.variant(name)?.scalar("loss")?.value ?? .nan)) < 1e-10, "\(name)")
        }
        #expect(volume.attributes["marks"]?.texts == names)
        #expect(volume.attributes["marks_z"]?.numbers.map { $0.rounded() } == [0, 0, 0, 1])
        #expect(record.variants.dropFirst().allSatisfy { $0.volumes.isEmpty })
        let straight = try run(
            ["--axes", "sff", "--orthogonal", "--variants", "pretrained", "--measures", "volume", "--grid", "2x1x1"],
            file: "straight.h5")
        let attributes = try #require(straight.variants[0].volume("random")).attributes
        for pair in ["xy", "xz", "yz"] { #expect(abs(try #require(attributes["cosine_\(pair)"]?.number)) < 1e-6) }
        #expect(attributes["z_axis"]?.text?.hasSuffix("made orthogonal to x and y") == true)
    }

    /// Asked to stop, the run ends its points and exits 75; killed, it leaves what is done. Both go on to the same bits.
    @Test func stoppedAndKilledVolumesGoOn() throws {
        let arguments = [
            "probe", "--measures", "volume", "--grid", "8x7x6", "--windows", "24", "--variants", "pretrained,sff:0.7",
            "--no-report",
        ]
        let whole = try Program.run(arguments + ["--output", scratch.path("whole.h5")], in: scratch.url)
        #expect(whole.status == 0, "\(whole.errors)")
        let expected = try contents(scratch.path("whole.h5"))
        for signal in [SIGINT, SIGKILL] {
            let file = scratch.path("signal\(signal).h5")
            let (process, _, errors) = try Program.start(arguments + ["--output", file], in: scratch.url)
            let limit = Date(timeIntervalSinceNow: 30)
            while process.isRunning, Date() < limit,
                try !String(contentsOf: errors, encoding: .utf8).contains("volumes/random: 1")
            {
                usleep(2_000)
            }
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            #expect(process.terminationStatus == (signal == SIGINT ? 75 : SIGKILL))
            let counts = try RunReader.read(file).counts
            #expect(counts.done > 0 && counts.pending > 0)
            let resumed = try Program.run(arguments + ["--resume", "--output", file], in: scratch.url)
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(try contents(file) == expected)
        }
    }

    /// The plan counts the points and vectors of a volume; the document lists it; tables and image data hold it.
    @Test func plansDocumentsAndExports() throws {
        let arguments = [
            "--measures", "volume", "--variants", "pretrained,scratch", "--grid", "3x4x2", "--threads", "1", "--json",
        ]
        func document(_ more: [String]) throws -> [String: Any] {
            let result = try probe(arguments + more)
            #expect(result.status == 0, "\(result.errors)")
            return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        }
        let plan = try document(["--dry-run"])
        // Two checks of determinism, and 24 points for each.
        #expect(plan["forward"] as? Int == 2 + 2 * 24)
        let weights = try #require(plan["parameters"] as? Int) * 4
        // Three axes and a buffer; around the second variant its own weights take the place of the pre-trained ones.
        #expect((plan["memory"] as? [String: Int])?["vector_bytes"] == 4 * weights)
        let found = try #require(try document([])["volumes"] as? [[String: Any]])
        #expect(found.count == 2 && found[1]["variant"] as? String == "scratch" && found[1]["done"] as? Int == 24)
        let nested = try #require(found[0]["loss"] as? [[[Double]]])
        let volume = try #require(try RunReader.read(scratch.path("run.h5")).variants[0].volume("random"))
        for (value, expected) in zip(nested.joined().joined(), try #require(volume.column("loss"))) {
            #expect(abs(value / expected - 1) < 1e-14)
        }
        #expect(nested.count == 2 && nested[0].count == 4 && nested[0][0].count == 3)
        #expect(found[0]["cosine_yz"] is Double)

        func export(_ more: [String]) throws -> Program.Result {
            try Program.run(["export", scratch.path("run.h5")] + more, in: scratch.url)
        }
        let unclear = try export(["--format", "vtk", "--output", scratch.path("v.vtk")])
        #expect(unclear.status == 64 && unclear.errors.contains("--variant scratch --volume random"))
        let done = try export(["--format", "vtk", "--variant", "scratch", "--output", scratch.path("v.vtk")])
        #expect(done.status == 0 && done.output.contains("3 × 4 × 2"), "\(done.errors)")
        let image = try Data(contentsOf: scratch.url.appendingPathComponent("v.vtk"))
        #expect(String(decoding: image.prefix(200), as: UTF8.self).contains("DIMENSIONS 3 4 2\n"))
        let none = try export(["--format", "goldstein", "--output", scratch.path("s.h5")])
        #expect(none.status == 65 && none.errors.contains("no plane"), "\(none.errors)")
        #expect(try export(["--format", "csv", "--output", scratch.path("tables")]).status == 0)
        let table = try String(
            contentsOfFile: scratch.path("tables") + "/scratch-volume-random.csv", encoding: .utf8
        ).split(separator: "\n")
        #expect(table.count == 25 && table[0] == "x,y,z,loss,standard_error,difference,difference_error,status")
        let inspected = try Program.run(["inspect", scratch.path("run.h5")], in: scratch.url)
        #expect(inspected.output.contains(": 24 of 24 points, loss "))
    }

    @Test(arguments: [
        (["--adaptive", "0.01"], "--adaptive interpolates planes"), (["--axes", "gradient"], "three"),
        (["--grid", "5x5"], "three numbers"), (["--grid", "3x3x3x3"], "three for a volume"),
        (["--grid", "3x0x3"], "three for a volume"), (["--grid", "2x2x2,3x3x3"], "one of each"),
        (["--axes", "variants", "--variants", "pretrained,scratch,sff:0.7"], "four"),
        (["--axes", "file:a,b,c,d"], "one to three"), (["--measures", "plane", "--grid", "3x3x3"], "not among"),
    ]) func badVolumesAreRefused(_ arguments: [String], _ word: String) throws {
        let measures = arguments.contains("--measures") ? [] : ["--measures", "volume"]
        let result = try probe(measures + arguments, file: "bad.h5")
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.errors.contains(word), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("bad.h5")))
    }
}
