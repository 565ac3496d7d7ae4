import Foundation
import Testing

@testable import Archive
@testable import ArchiveWriterHelper

@Suite("Round trip")
struct RoundTripTests {
    @Test("A new file holds the whole plan, everything pending")
    func freshFile() throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try file.close()
        let record = try RunReader.read(folder("run.h5"))
        #expect(!record.isComplete)
        #expect(record.counts.done == 0 && record.counts.failed == 0)
        #expect(record.counts.pending == 3 * (4 + 4 + 7 + 15 + 30))
        #expect(record.seed == .max)
        #expect(record.title == "sample θ₁")
        #expect(record.software == ["landscape": "0.1", "libtorch": "2.13.0"])
        #expect(record.manifestJSON == SampleRun.plan().manifestJSON)
        #expect(record.attributes["windows"] == .int(256))
        #expect(record.attributes["Conventions"] == "landscape-1")
        #expect(record.created == "2027-01-15T08:00:00Z")
        #expect(record.variants.map(\.name) == SampleRun.variantNames)
        #expect(record.variants.map(\.groupName) == ["pretrained", "sff:0.7", "file:_models_a b.safetensors"])
        let variant = try #require(record.variant("sff:0.7"))
        #expect(variant.alpha == 0.7 && record.variants[0].alpha == nil)
        #expect(variant.parameters == 67_400_000)
        #expect(variant.scalars.allSatisfy { $0.value.isNaN && $0.standardError.isNaN && $0.samples == 0 })
        #expect(variant.planes[0].columns.allSatisfy { $0.values.allSatisfy(\.isNaN) })
        #expect(variant.array("curvature/density/density")?.dimension("eigenvalue")?.allSatisfy(\.isNaN) == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["run.h5"])
    }

    @Test("Every number and attribute comes back, whatever its value")
    func everything() throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try SampleRun.write(file)
        try file.complete()
        try file.close()
        let record = try RunReader.read(folder("run.h5"))
        #expect(record.isComplete)
        #expect(record.counts.done == 180)
        for (number, variant) in record.variants.enumerated() {
            for scalar in variant.scalars {
                #expect(scalar.value == SampleRun.scalar(number, scalar.path))
                #expect(scalar.standardError == 0.5 && scalar.samples == 10 + number && scalar.seconds == 1.5)
                #expect(scalar.status == .done)
            }
            #expect(variant.scalar("sharpness/sam")?.attributes["evaluations"] == .int(20))
            #expect(variant.scalar("sharpness/sam")?.attributes["rho"] == .double(0.05))
            #expect(variant.scalar("sharpness/sam")?.attributes["definition"] == "max over the ball")
            #expect(variant.attributes["work_forward"] == .int(1234))

            let eigenvalues = try #require(variant.array("curvature/eigenvalues"))
            #expect(eigenvalues.values == [9 + Double(number), 4, 0])
            #expect(eigenvalues.companion("converged") == [1, 1, 0])
            #expect(eigenvalues.companion("residuals")?.last?.isNaN == true)
            #expect(eigenvalues.dimension("eigenvalues_index") == [0, 1, 2])
            #expect(eigenvalues.seconds == 2)
            #expect(variant.array("curvature/eigenvalues_smallest")?.companion("residuals_smallest") == [1e-4, 1e-3])
            let density = try #require(variant.array("curvature/density/density"))
            #expect(density.dimension("eigenvalue") == [-3, 0, 3, 9])
            #expect(density.attributes["bandwidth"] == .double(0.5))
            let nodes = try #require(variant.array("curvature/density/nodes"))
            #expect(nodes.shape == [2, 3] && nodes.values == [1, 2, 3, 4, 5, 6])
            #expect(nodes.dimensions.map(\.name) == ["probe", "step"])
            #expect(nodes.companion("weights") == [0.5, 0.25, 0.25, 1, 0, 0])

            let line = try #require(variant.line("path"))
            #expect(line.t == SampleRun.t)
            #expect(line.column("loss") == SampleRun.t.indices.map { SampleRun.line(number, $0) })
            #expect(line.attributes["axis"] == "from theta_2 to theta_1")
            let plane = try #require(variant.plane("filter"))
            #expect(plane.attributes["cosine"] == .double(0.01))
            let loss = try #require(plane.column("loss"))
            for row in SampleRun.y.indices {
                for column in SampleRun.x.indices {
                    #expect(
                        loss[plane.index(row: row, column: column)]
                            == SampleRun.plane(number, row: row, column: column))
                }
            }
            let volume = try #require(variant.volume("eigen"))
            #expect(volume.attributes["cosine_xz"] == .double(0.02) && volume.z == SampleRun.z)
            #expect(volume.kind == .volume && volume.shape == [2, 3, 5])
            for (index, value) in try #require(volume.column("loss")).enumerated() {
                let places = volume.places(of: index)
                #expect(value == SampleRun.volume(number, x: places[0], y: places[1], z: places[2]))
            }
        }
    }

    @Test(
        "Values may be negative zero, infinite, NaN or subnormal",
        arguments: [
            -0.0, Double.infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.greatestFiniteMagnitude,
        ])
    func oddValues(_ value: Double) throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try file.setScalar(variant: "pretrained", path: "loss", value: value)
        try file.setLinePoint(variant: "pretrained", line: "path", index: 2, loss: value)
        try file.setPlanePoint(variant: "pretrained", plane: "filter", row: 2, column: 0, loss: value)
        let record = try file.record()
        #expect(record.variants[0].scalar("loss")?.value.bitPattern == value.bitPattern)
        #expect(record.variants[0].scalar("loss")?.status == .done)
        #expect(record.variants[0].lines[0].column("loss")?[2].bitPattern == value.bitPattern)
        #expect(record.variants[0].planes[0].column("loss")?[10].bitPattern == value.bitPattern)
        #expect(record.variants[0].planes[0].status[10] == .done)
        #expect(record.counts.done == 3)
    }

    @Test("Interpolated points are finished, counted apart, and belong to lines and planes alone")
    func interpolatedPoints() throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try SampleRun.write(file)
        try file.setPlanePoints(
            variant: "pretrained", plane: "filter",
            [PlanePoint(row: 1, column: 2, values: ["loss": 7], status: .interpolated)])
        for path in ["loss", "curvature/trace"] {
            #expect(throws: ArchiveError.self) {
                try file.setScalar(variant: "pretrained", path: path, value: 1, status: .interpolated)
            }
        }
        try file.complete()
        try file.close()
        let record = try RunReader.read(folder("run.h5"))
        let plane = try #require(record.variant("pretrained")?.plane("filter"))
        let index = plane.index(row: 1, column: 2)
        #expect(record.isComplete && plane.status[index] == .interpolated && plane.column("loss")?[index] == 7)
        #expect(plane.column("standard_error")?[index].isNaN == true)
        #expect(record.counts.interpolated == 1 && record.counts.done == 179 && record.counts.pending == 0)
        #expect(record.variants[0].scalar("loss")?.status == .done)
    }

    @Test(
        "Row is y and column is x on planes of any shape", arguments: [(1, 1), (1, 4), (4, 1), (2, 5), (5, 2), (3, 3)])
    func orientation(_ ny: Int, _ nx: Int) throws {
        let folder = try TemporaryFolder()
        let x = (0..<nx).map { Double($0) }
        let y = (0..<ny).map { Double($0) * 100 }
        let plan = RunPlan(
            title: "t", command: "c", seed: 1, manifestJSON: "{}", fingerprint: "f",
            variants: [
                VariantPlan(
                    name: "v", kind: "k", weightsSHA256: "", parameters: 1,
                    planes: [GridPlan(name: "p", x: x, y: y, columns: [ColumnPlan(name: "curvature", longName: "c")])])
            ])
        let file = try RunFile.create(at: folder("run.h5"), plan: plan)
        // Half of the points one by one, the other half in one call.
        var rest: [PlanePoint] = []
        for row in 0..<ny {
            for column in 0..<nx {
                let point = PlanePoint(row: row, column: column, values: ["curvature": y[row] + x[column]])
                if (row + column) % 2 == 0 {
                    try file.setPlanePoints(variant: "v", plane: "p", [point])
                } else {
                    rest.append(point)
                }
            }
        }
        try file.setPlanePoints(variant: "v", plane: "p", rest)
        try file.complete()
        let plane = try #require(try file.record().variants[0].plane("p"))
        let expected = y.flatMap { y in x.map { y + $0 } }
        #expect(plane.column("curvature") == expected)
        #expect(plane.x == x && plane.y == y)
        #expect(plane.status.allSatisfy { $0 == .done })
    }

    @Test("Names are made safe, stay distinct, and are found by their raw form")
    func names() throws {
        #expect(
            ObjectName.safe(["a/b", "a_b", "a\nb", "", ".", "-x", "é", "1", "x  ", "a_b_2"])
                == ["a_b", "a_b_2", "a_b_3", "_", "_.", "_-x", "é", "1", "x", "a_b_2_2"])
        let folder = try TemporaryFolder()
        let variants = ["a/b", "a_b"].map {
            VariantPlan(
                name: $0, kind: "file", weightsSHA256: "", parameters: 1,
                scalars: [ScalarPlan(path: "loss", longName: "loss")],
                lines: [GridPlan(name: "x/y", t: [0]), GridPlan(name: "x_y", t: [1])])
        }
        let plan = RunPlan(title: "", command: "", seed: 0, manifestJSON: "", fingerprint: "", variants: variants)
        let file = try RunFile.create(at: folder("run.h5"), plan: plan)
        try file.setScalar(variant: "a/b", path: "loss", value: 1)
        try file.setScalar(variant: "a_b", path: "loss", value: 2)
        try file.setLinePoint(variant: "a_b", line: "x_y", index: 0, loss: 5)
        let record = try file.record()
        #expect(record.variant("a/b")?.scalar("loss")?.value == 1)
        #expect(record.variant("a_b")?.scalar("loss")?.value == 2)
        #expect(record.variant("a_b")?.line("x_y")?.column("loss") == [5])
        #expect(record.variant("a_b")?.line("x/y")?.column("loss")?[0].isNaN == true)
    }

    @Test("Complete is refused while something is pending, and taken back when something is done anew")
    func completion() throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        #expect(throws: ArchiveError.itemsPending(path: folder("run.h5"), count: 180, first: "pretrained: loss")) {
            try file.complete()
        }
        try SampleRun.write(file)
        try file.setPlanePoint(variant: "sff:0.7", plane: "filter", row: 1, column: 3, loss: .nan, status: .failed)
        try file.setStatus(.failed, of: .scalar(variant: "sff:0.7", path: "loss"))
        try file.complete()
        #expect(try file.record().counts.failed == 2)
        #expect(try file.record().isComplete)
        try file.setPlanePoint(variant: "sff:0.7", plane: "filter", row: 1, column: 3, loss: 4)
        #expect(try !file.record().isComplete)
        try file.complete()
        #expect(try file.record().isComplete)
        try file.close()
        #expect(throws: ArchiveError.closed(path: folder("run.h5"))) { try file.complete() }
        try file.close()
    }

    @Test("Points written from many threads all arrive")
    func threads() async throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, variant) in SampleRun.variantNames.enumerated() {
                for row in SampleRun.y.indices {
                    group.addTask {
                        for column in SampleRun.x.indices {
                            try file.setPlanePoint(
                                variant: variant, plane: "filter", row: row, column: column,
                                loss: SampleRun.plane(number, row: row, column: column))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        for (number, variant) in try file.record().variants.enumerated() {
            let expected = SampleRun.y.indices.flatMap { row in
                SampleRun.x.indices.map { SampleRun.plane(number, row: row, column: $0) }
            }
            #expect(variant.planes[0].column("loss") == expected)
            #expect(variant.planes[0].status.allSatisfy { $0 == .done })
        }
    }
}
