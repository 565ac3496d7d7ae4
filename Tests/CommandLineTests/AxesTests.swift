import Archive
import Foundation
import Testing

/// `--axes` through the built program.
@Suite struct AxesTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func run(_ more: [String], file: String = "run.h5") throws -> RunRecord {
        let result = try Program.run(
            [
                "probe", "--windows", "6", "--measures", "loss,line,plane", "--grid", "3x3", "--points", "5",
                "--no-report", "--quiet", "--output", scratch.path(file),
            ] + more, in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        return try RunReader.read(scratch.path(file))
    }

    /// Along a unit eigenvector the second difference of the loss is λ, for small steps.
    @Test func eigenvectorsCarryTheirCurvature() throws {
        let record = try run([
            "--axes", "eigen", "--variants", "pretrained,sff:0.7", "--measures", "loss,eigen,line,plane", "--range",
            "-0.02:0.02", "--precision", "float64", "--tolerance", "1e-6",
        ])
        let variant = try #require(record.variant("pretrained"))
        let line = try #require(variant.line("eigen"))
        let loss = try #require(line.column("loss"))
        let step = line.t[1] - line.t[0]
        let λ = try #require(variant.array("curvature/eigenvalues")).values[0]
        #expect(abs((loss[3] - 2 * loss[2] + loss[1]) / (step * step) / λ - 1) < 0.02)
        #expect(loss[2] == variant.scalar("loss")?.value)
        let plane = try #require(variant.plane("eigen"))
        #expect(abs(try #require(plane.attributes["cosine"]?.number)) < 1e-8)
        #expect(plane.attributes["x_axis"]?.text?.contains("eigenvector 1") == true)
        // The same directions around the other variant, with its own centre.
        let other = try #require(record.variant("sff:0.7"))
        let centre = try #require(other.plane("eigen"))
        #expect(centre.column("loss")?[4] == other.scalar("loss")?.value)
    }

    @Test func descentGoesDown() throws {
        let record = try run([
            "--axes", "gradient", "--variants", "pretrained", "--range", "-0.01:0.01", "--orthogonal",
        ])
        let loss = try #require(record.variants[0].line("gradient")?.column("loss"))
        #expect(loss[0] > loss[2] && loss[2] > loss[4])
        let plane = try #require(record.variants[0].plane("gradient"))
        #expect(abs(try #require(plane.attributes["cosine"]?.number)) < 1e-6)
        #expect(plane.attributes["y_axis"]?.text?.hasSuffix("made orthogonal to x") == true)
    }

    /// The plane through three weights passes through them, and knows where.
    @Test func planeThroughVariants() throws {
        let record = try run([
            "--axes", "variants", "--variants", "pretrained,scratch,sff:0.7,shrink:0.5", "--range", "0:1", "--grid",
            "2x2",
            "--precision", "float64",
        ])
        let plane = try #require(record.variants[0].plane("variants"))
        let loss = try #require(plane.column("loss"))
        func value(_ name: String) -> Double { record.variant(name)?.scalar("loss")?.value ?? .nan }
        #expect(loss[0] == value("pretrained"))
        #expect(abs(loss[1] - value("scratch")) < 1e-10 && abs(loss[2] - value("sff:0.7")) < 1e-10)
        // shrink:0.5 lies elsewhere.
        #expect(plane.attributes["marks"]?.texts == ["pretrained", "scratch", "sff:0.7"])
        #expect(plane.attributes["marks_x"]?.numbers.map { $0.rounded() } == [0, 1, 0])
        #expect(record.variants[1].planes.isEmpty)
        let line = try #require(record.variants[0].line("variants"))
        #expect(line.attributes["marks"]?.texts == ["pretrained", "scratch"])
    }

    /// A direction from a file, here the weights themselves: t = −1 is the zero model, and half way is shrink:0.5.
    @Test func directionsFromFiles() throws {
        let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(
                "Sources/LandscapeTool/Resources/Embedded/model.safetensors"
            ).path
        let record = try run([
            "--axes", "file:" + own, "--measures", "loss,line", "--variants",
            "pretrained,shrink:0.5", "--precision", "float64",
        ])
        let loss = try #require(record.variant("pretrained")?.line("directions")?.column("loss"))
        #expect(abs(loss[1] - (record.variant("shrink:0.5")?.scalar("loss")?.value ?? .nan)) < 1e-10)
    }

    @Test(arguments: [
        (["--axes", "sideways"], "sideways"), (["--axes", "eigen", "--direction-seeds", "4"], "direction-seeds"),
        (["--axes", "variants", "--variants", "pretrained,scratch"], "three"),
        (["--axes", "file:a,b,c,d"], "one to three"),
        (["--axes", "variants", "--variants", "pretrained,shrink:1,sff:0.5"], "shrink:1"),
    ]) func badAxesAreRefused(_ arguments: [String], _ word: String) throws {
        let result = try Program.run(
            ["probe", "--windows", "4", "--no-report", "--output", scratch.path("bad.h5")] + arguments, in: scratch.url)
        #expect(result.status == 64)
        #expect(result.errors.contains(word), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("bad.h5")))
    }

    /// Slope and curvature are the derivatives of the losses beside them; shapes and barriers follow from the same numbers.
    @Test func derivativesAndShapes() throws {
        let record = try run([
            "--axes", "variants", "--variants", "pretrained,scratch,sff:0.5", "--measures", "loss,line,path,plane",
            "--derivatives", "--points", "101", "--range", "0:1", "--precision", "float64", "--grid", "4x4",
        ])
        let line = try #require(record.variants[0].line("variants"))
        let (loss, slope) = (try #require(line.column("loss")), try #require(line.column("slope")))
        let curvature = try #require(line.column("curvature"))
        let h = line.t[1] - line.t[0]
        // Simpson's rule over two steps is exact to h⁴.
        for i in stride(from: 0, to: 99, by: 2) {
            let integral = h / 3 * (slope[i] + 4 * slope[i + 1] + slope[i + 2])
            #expect(abs(loss[i + 2] - loss[i] - integral) < 1e-3 * abs(loss[i]))
            let rise = h / 3 * (curvature[i] + 4 * curvature[i + 1] + curvature[i + 2])
            #expect(abs(slope[i + 2] - slope[i] - rise) < 2e-2 * (1 + abs(slope[i])))
        }
        let (start, end) = (
            record.variant("pretrained")?.scalar("loss")?.value ?? .nan,
            record.variant("scratch")?.scalar("loss")?.value ?? .nan
        )
        let between = zip(line.t, loss).filter { $0.0 >= 0 && $0.0 <= 1 }
        let barrier = try #require(line.attributes["barrier_mean_ends"]?.number)
        #expect(abs(barrier - (between.map(\.1).max()! - (start + end) / 2)) < 1e-9)
        #expect(try #require(line.attributes["barrier"]?.number) >= 0)
        let path = try #require(record.variants[0].line("path"))
        #expect(path.attributes["total_variation"]?.number ?? .nan >= 1)
        #expect(path.column("curvature")?.allSatisfy(\.isFinite) == true)
        #expect(record.variants[0].plane("variants")?.attributes["quadratic_deviation"]?.number ?? .nan >= 0)
    }

    @Test func exports() throws {
        _ = try run(["--variants", "pretrained,scratch"])
        func export(_ more: [String]) throws -> Program.Result {
            try Program.run(["export", scratch.path("run.h5")] + more, in: scratch.url)
        }
        let unclear = try export(["--format", "goldstein", "--output", scratch.path("s.h5")])
        #expect(unclear.status == 64 && unclear.errors.contains("--variant scratch --plane random"))
        let done = try export(["--format", "goldstein", "--variant", "scratch", "--output", scratch.path("s.h5")])
        #expect(done.status == 0, "\(done.errors)")
        let again = try export(["--format", "goldstein", "--variant", "scratch", "--output", scratch.path("s.h5")])
        #expect(again.status == 73)
        let tables = try export(["--format", "csv", "--output", scratch.path("tables")])
        #expect(tables.status == 0, "\(tables.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path("tables")).sorted()
        #expect(
            names == [
                "numbers.csv", "pretrained-line-random.csv", "pretrained-plane-random.csv", "scratch-line-random.csv",
                "scratch-plane-random.csv",
            ])
        let oblong = try run(["--grid", "3x2", "--variants", "pretrained"], file: "oblong.h5")
        #expect(oblong.variants[0].planes.count == 1)
        let refused = try Program.run(
            ["export", scratch.path("oblong.h5"), "--format", "goldstein", "--output", scratch.path("o.h5")],
            in: scratch.url)
        #expect(refused.status == 65 && refused.errors.contains("square"))
    }

    /// The loss at the ends of an automatic range has risen by the factor, somewhere, and not by much more.
    @Test func automaticRange() throws {
        let record = try run([
            "--variants", "pretrained,scratch", "--range", "auto:1.5", "--measures", "loss,line", "--points", "41",
        ])
        let lines = try record.variants.map { try #require($0.line("random")) }
        #expect(lines[0].t == lines[1].t && lines[0].t[0] == -lines[0].t[40] && lines[0].t[20] == 0)
        let loss = try #require(lines[0].column("loss"))
        let threshold = 1.5 * loss[20]
        #expect(max(loss[0], loss[40]) >= threshold)
        #expect(loss[3...37].allSatisfy { $0 < threshold })
        let refused = try Program.run(
            ["probe", "--range", "auto:1", "--output", scratch.path("r.h5")], in: scratch.url)
        #expect(refused.status == 64 && refused.errors.contains("factor"))
    }

    /// The first direction is the line's own; the spread contains it, and is 0 at the centre.
    @Test func severalDirections() throws {
        let one = try run(["--variants", "pretrained", "--measures", "line"], file: "one.h5")
        let several = try run(
            ["--variants", "pretrained", "--measures", "line", "--direction-seeds", "5"], file: "five.h5")
        let line = try #require(several.variants[0].line("random"))
        let loss = try #require(line.column("loss"))
        #expect(loss == one.variants[0].line("random")?.column("loss"))
        let (low, high) = (try #require(line.column("directions_min")), try #require(line.column("directions_max")))
        let mean = try #require(line.column("directions_mean"))
        let deviation = try #require(line.column("directions_deviation"))
        for i in loss.indices {
            #expect(low[i] <= loss[i] && loss[i] <= high[i] && low[i] <= mean[i] && mean[i] <= high[i])
        }
        #expect(deviation[2] == 0 && mean[2] == loss[2] && deviation[0] > 0)
        #expect(line.attributes["directions"]?.number == 5)
    }

    /// Weights written by `smooth` as a trajectory in one folder; its end is the centre of the plane.
    @Test func trajectoriesSpanTheirPlane() throws {
        let folder = scratch.url.appendingPathComponent("run")
        for (index, strategy) in ["sff:0.5", "shrink:0.6", "sff:0.8", "shrink:0.9"].enumerated() {
            let made = try Program.run(
                [
                    "smooth", "--weights",
                    Program.root.appendingPathComponent("Sources/LandscapeTool/Resources/Embedded").path, "--variant",
                    strategy, "--output",
                    folder.appendingPathComponent("step-\(index + 8)/model.safetensors").path,
                ], in: scratch.url)
            #expect(made.status == 0, "\(made.errors)")
        }
        let record = try run([
            "--axes", "trajectory:run", "--variants", "file:run/step-11,pretrained", "--precision", "float64",
        ])
        let plane = try #require(record.variants[0].plane("trajectory"))
        let (x, y) = (plane.attributes["trajectory_x"]?.numbers, plane.attributes["trajectory_y"]?.numbers)
        #expect(x?.count == 4 && y?.count == 4 && x?.last == 0 && y?.last == 0)
        // step-9 comes before step-10 and step-11: numbers, not letters.
        #expect(plane.column("loss")?[4] == record.variants[0].scalar("loss")?.value)
        #expect(plane.x == [-1.25, 0, 1.25])
        let shares = try #require(plane.attributes["explained_variance"]?.numbers)
        #expect(shares[0] >= shares[1] && shares[0] + shares[1] <= 1 + 1e-12)
        #expect(record.variants[1].planes.isEmpty)
        let none = try Program.run(
            ["probe", "--axes", "trajectory:nowhere", "--output", scratch.path("x.h5")], in: scratch.url)
        #expect(none.status == 66, "\(none.errors)")
    }
}
