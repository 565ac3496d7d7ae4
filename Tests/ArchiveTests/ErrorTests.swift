import CHDF5
import Foundation
import OracleSupport
import Testing

@testable import Archive
@testable import ArchiveWriterHelper

@Suite("Errors")
struct ErrorTests {
    private func reading(_ path: String) -> ArchiveError? {
        do {
            _ = try RunReader.read(path)
            return nil
        } catch { return error }
    }

    private func creating(_ path: String, _ change: (inout RunPlan) -> Void = { _ in }) -> ArchiveError? {
        var plan = SampleRun.plan()
        change(&plan)
        do {
            _ = try RunFile.create(at: path, plan: plan)
            return nil
        } catch { return error }
    }

    @Test("Inputs that are no result file")
    func inputs() throws {
        let folder = try TemporaryFolder()
        #expect(reading(folder("none.h5")) == .missingFile(path: folder("none.h5")))
        #expect(reading(folder("none.h5"))?.category == .noInput)
        #expect(reading(folder.path) == .notAFile(path: folder.path, kind: "a folder"))
        #expect(reading("/dev/null") == .notAFile(path: "/dev/null", kind: "a device"))
        for (name, bytes) in [
            ("empty.h5", ""), ("text.h5", "not HDF5"), ("long.h5", String(repeating: "x", count: 9999)),
        ] {
            try Data(bytes.utf8).write(to: URL(fileURLWithPath: folder(name)))
            #expect(reading(folder(name)) == .notHDF5(path: folder(name)))
            #expect(reading(folder(name))?.category == .badData)
        }
        try Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]).write(to: URL(fileURLWithPath: folder("head.h5")))
        guard case .damaged = reading(folder("head.h5")) else {
            Issue.record("a bare signature was not called damaged")
            return
        }
    }

    @Test("HDF5 files of others, and of other versions")
    func foreign() throws {
        let folder = try TemporaryFolder()
        func make(_ name: String, _ schema: String?) throws {
            try HDF5Library.synchronized {
                let file = try HDF5File.create(at: folder(name), finalPath: folder(name))
                if let schema {
                    try file.root().createAttribute("schema", .string(schema))
                    try file.root().createAttribute("complete", [UInt8(1)], scalar: true)
                }
                try file.flush()
            }
        }
        try make("foreign.h5", nil)
        #expect(
            reading(folder("foreign.h5"))
                == .foreign(path: folder("foreign.h5"), missing: "the attributes schema and complete"))
        try make("newer.h5", "landscape/2")
        #expect(
            reading(folder("newer.h5"))
                == .unsupportedSchema(path: folder("newer.h5"), found: "landscape/2", expected: "landscape/1"))
        try make("other.h5", "CF")
        #expect(reading(folder("other.h5"))?.category == .badData)
        try make("hollow.h5", "landscape/1")
        #expect(reading(folder("hollow.h5"))?.category == .badData)
        for name in ["foreign.h5", "newer.h5", "other.h5", "hollow.h5"] {
            let before = try Data(contentsOf: URL(fileURLWithPath: folder(name)))
            #expect(throws: ArchiveError.self) { _ = try RunFile.open(resuming: folder(name), plan: SampleRun.plan()) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder(name))) == before)
        }
    }

    @Test("Outputs that cannot be created")
    func outputs() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder("file")))
        let places = [
            folder.path, folder("none/run.h5"), folder("file/run.h5"), "/dev/null", "/proc/run.h5", "", folder("x/"),
        ]
        for place in places {
            let error = creating(place)
            #expect(error?.category == .cannotCreate, "\(place)")
            #expect(error?.description.hasPrefix(place) == true)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test("Plans that cannot be laid out leave nothing behind")
    func plans() throws {
        let folder = try TemporaryFolder()
        let changes: [(inout RunPlan) -> Void] = [
            { $0.variants[1].name = $0.variants[0].name },
            { $0.title = "a\0b" },
            { $0.attributes["schema"] = 1 },
            { $0.attributes["DIMENSION_LIST"] = 1 },
            { $0.attributes["a/b"] = 1 },
            { $0.attributes["many"] = .doubles([]) },
            { $0.variants[0].scalars[0].path = "" },
            { $0.variants[0].scalars[0].path = "a//b" },
            { $0.variants[0].scalars[0].path = "../loss" },
            { $0.variants[0].scalars[0].path = "lines" },
            { $0.variants[0].scalars[0].path = "planes/filter/loss" },
            { $0.variants[0].scalars[0].path = "curvature" },
            { $0.variants[0].scalars[0].path = "gradient_norm" },
            { $0.variants[0].scalars[0].path = "curvature/residuals" },
            { $0.variants[0].scalars[0].attributes["status"] = 1 },
            { $0.variants[0].arrays[0].dimensions = [] },
            { $0.variants[0].arrays[0].dimensions[0].count = 0 },
            { $0.variants[0].arrays[0].dimensions[0].count = -1 },
            { $0.variants[0].arrays[0].dimensions[0].count = .max },
            { $0.variants[0].arrays[1].dimensions[0].name = "eigenvalues_index" },
            { $0.variants[0].lines[0].coordinates[0] = [] },
            { $0.variants[0].lines[0].columns = [] },
            { $0.variants[0].lines[0].columns[0].name = "t" },
            { $0.variants[0].lines[0].columns[0].name = "two words" },
            { $0.variants[0].lines.append($0.variants[0].lines[0]) },
            { $0.variants[0].planes[0].columns[0].name = "status" },
            { $0.variants[0].planes[0].attributes["name"] = "x" },
        ]
        for (number, change) in changes.enumerated() {
            let error = creating(folder("run.h5"), change)
            guard case .invalidPlan = error else {
                Issue.record("change \(number): \(String(describing: error))")
                continue
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("Writing what was not planned names what was")
    func misuse() throws {
        let folder = try TemporaryFolder()
        let path = folder("run.h5")
        let file = try RunFile.create(at: path, plan: SampleRun.plan())
        let variant = "pretrained"
        let attempts: [() throws -> Void] = [
            { try file.setScalar(variant: "none", path: "loss", value: 1) },
            { try file.setScalar(variant: variant, path: "none", value: 1) },
            { try file.setScalar(variant: variant, path: "loss", value: 1, attributes: ["rho": 1.0]) },
            { try file.setScalar(variant: variant, path: "sharpness/sam", value: 1, attributes: ["rho": 1]) },
            { try file.setScalar(variant: variant, path: "sharpness/sam", value: 1, attributes: ["definition": "x"]) },
            { try file.setLinePoint(variant: variant, line: "none", index: 0, loss: 1) },
            { try file.setLinePoint(variant: variant, line: "path", index: 7, loss: 1) },
            { try file.setLinePoint(variant: variant, line: "path", index: -1, loss: 1) },
            { try file.setPlanePoint(variant: variant, plane: "filter", row: 3, column: 0, loss: 1) },
            { try file.setPlanePoint(variant: variant, plane: "filter", row: 0, column: 5, loss: 1) },
            {
                try file.setPlanePoints(
                    variant: variant, plane: "filter", [PlanePoint(row: 0, column: 0, values: ["z": 1])])
            },
            { try file.setArray(variant: variant, path: "curvature/eigenvalues", values: [1, 2]) },
            { try file.setArray(variant: variant, path: "curvature/eigenvalues", values: [1, 2, 3]) },
            {
                try file.setArray(
                    variant: variant, path: "curvature/eigenvalues", values: [1, 2, 3],
                    companions: ["residuals": [1, 1, 1], "converged": [1, 1, .nan]])
            },
            { try file.setArray(variant: variant, path: "curvature/density/density", values: [1, 2, 3, 4]) },
            { try file.setAttribute("seed", of: .plane(variant: variant, name: "filter"), to: 1.5) },
            { try file.setAttribute("nothing", of: .root, to: 1.5) },
            { try file.setStatus(.done, of: .root) },
        ]
        for (number, attempt) in attempts.enumerated() {
            do {
                try attempt()
                Issue.record("attempt \(number) was accepted")
            } catch let error as ArchiveError {
                #expect(error.category == .misuse, "\(number)")
                #expect(error.description.hasPrefix(path))
            }
        }
        #expect(try file.record().counts.pending == 180)
    }

    @Test("Coordinates of slices are finite", arguments: [Double.nan, .infinity])
    func coordinates(_ odd: Double) throws {
        let folder = try TemporaryFolder()
        let plan = SampleRun.plan()
        let file = try RunFile.create(at: folder("run.h5"), plan: plan)
        try file.close()
        let variant = try #require(RunReader.read(folder("run.h5")).variants.first { !$0.planes.isEmpty })
        let plane = variant.planes[0]
        try HDF5Library.synchronized { () throws(ArchiveError) in
            let file = try HDF5File.open(folder("run.h5"), writable: true)
            let path = "variants/\(variant.groupName)/planes/\(plane.groupName)/x"
            try file.root().openDataset(path).write([odd], at: [0])
            try file.close()
        }
        guard case .damaged(_, let object, let reason) = reading(folder("run.h5")) else {
            Issue.record("it was read")
            return
        }
        #expect(object.hasSuffix("/x") && reason == "a coordinate is \(odd)")
    }

    // Bits turned over inside a file are another matter: libhdf5 1.10.8 itself crashes on some of them.
    @Test("Files that were cut short are refused, and never end the process")
    func damage() throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try SampleRun.write(file)
        try file.complete()
        try file.close()
        let outcome = try ChildProcess.run(ChildProcess.helper, ["cut", folder("run.h5")])
        #expect(outcome.status == 0, "\(outcome.output.suffix(300))")
        let words = outcome.output.split(whereSeparator: \.isNewline).last?.split(separator: " ") ?? []
        #expect(words.compactMap { Int($0) } == [0, 200])
    }
}
