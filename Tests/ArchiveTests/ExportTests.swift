import Foundation
import OracleSupport
import Testing

@testable import Archive

/// Surface files and tables from a record.
@Suite("Exports") struct ExportTests {
    static func plane(_ x: [Double], _ y: [Double], pending: Set<Int> = []) -> GridRecord {
        // Different for every point, not symmetric, and negative somewhere.
        let loss = y.flatMap { y in x.map { x in 1 + x + 10 * y * y } }
        return GridRecord(
            name: "random", groupName: "random", coordinates: [x, y],
            columns: [
                ColumnRecord(
                    name: "loss", values: loss.indices.map { pending.contains($0) ? .nan : loss[$0] }, longName: "loss",
                    units: "1")
            ], status: loss.indices.map { pending.contains($0) ? .pending : .done }, attributes: [:])
    }

    let x = [-1.0, -0.25, 0.5]
    let y = [-2.0, 1, 3]

    @Test("A square plane goes and comes back through libhdf5 with rows = y")
    func surface() throws {
        let folder = try TemporaryFolder()
        let path = folder("surface.h5")
        try GoldsteinSurface.write(Self.plane(x, y, pending: [4]), surface: "test_loss", to: path, overwrite: false)
        let root = try HDF5File.open(path, writable: false).root()
        #expect(try root.openDataset("xcoordinates").read(Double.self) == x)
        #expect(try root.openDataset("ycoordinates").read(Double.self) == y)
        let losses = try root.openDataset("test_loss")
        #expect(try losses.shape() == [3, 3])
        let values = try losses.read(Double.self)
        #expect(values[5] == 1 + x[2] + 10 * y[1] * y[1] && values[4] == GoldsteinSurface.pending)
        #expect(throws: ArchiveError.self) {
            try GoldsteinSurface.write(Self.plane(x, y), surface: "test_loss", to: path, overwrite: false)
        }
        try GoldsteinSurface.write(Self.plane(x, y), surface: "train_loss", to: path, overwrite: true)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder("")).sorted()
        #expect(left == ["surface.h5"])
    }

    @Test("Grids that the format's readers scramble are refused with the reason")
    func notSquare() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: ArchiveError.self) {
            try GoldsteinSurface.write(
                Self.plane(x, [0, 1]), surface: "train_loss", to: folder("surface.h5"), overwrite: false)
        }
        #expect("\(try #require(error))".contains("square"))
        #expect(!FileManager.default.fileExists(atPath: folder("surface.h5")))
    }

    /// The published programs' own steps, written anew: the plot takes meshgrid and the array as they are; the computation visits the points
    /// whose value is at most 0 in the order of the flattened arrays.
    @Test(
        "The published loaders' indexing finds every point",
        .enabled(if: ChildProcess.python != nil, "needs .deps/oracle or LANDSCAPE_ORACLE_PYTHON"))
    func loaders() throws {
        let folder = try TemporaryFolder()
        let path = folder("surface.h5")
        try GoldsteinSurface.write(Self.plane(x, y, pending: [7]), surface: "train_loss", to: path, overwrite: false)
        let script = """
            import sys, h5py, numpy as np
            with h5py.File(sys.argv[1], "r") as f:
                x, y, z = np.array(f["xcoordinates"][:]), np.array(f["ycoordinates"][:]), np.array(f["train_loss"][:])
            X, Y = np.meshgrid(x, y)
            assert len(x) == len(y) == 3 and z.shape == (3, 3)
            inds = np.array(range(z.size))[z.ravel() == -1]
            assert list(inds) == [7], inds
            expected = 1 + X + 10 * Y * Y
            assert np.array_equal(np.delete(z.ravel(), inds), np.delete(expected.ravel(), inds))
            s1, s2 = X.ravel()[inds], Y.ravel()[inds]
            assert s1[0] == x[1] and s2[0] == y[2]
            print("read as promised")
            """
        let outcome = try ChildProcess.run(try #require(ChildProcess.python), ["-c", script, path])
        #expect(outcome.status == 0 && outcome.output.hasSuffix("read as promised\n"), "\(outcome.output)")
    }

    @Test("Tables hold every point, exactly")
    func tables() throws {
        let text = CommaSeparated.text(Self.plane(x, [0.1, 2], pending: [3]))
        let rows = text.split(separator: "\n").map(String.init)
        #expect(rows.count == 7 && rows[0] == "x,y,loss,status")
        #expect(rows[2] == "-0.25,0.1,\(1 - 0.25 + 10 * 0.1 * 0.1),done")
        #expect(rows[4] == "-1.0,2.0,,pending")
        let line = GridRecord(
            name: "a", groupName: "a", coordinates: [[0, 1]],
            columns: [ColumnRecord(name: "odd, \"name\"", values: [.infinity, .nan], longName: "", units: "1")],
            status: [.done, .failed], attributes: [:])
        #expect(CommaSeparated.text(line) == "t,\"odd, \"\"name\"\"\",status\n0.0,inf,done\n1.0,,failed\n")
    }

    static func volume() -> GridRecord {
        var loss = (0..<24).map { Double($0) - 0.1 }
        loss[7] = .nan
        loss[9] = .infinity
        var status = [ItemStatus](repeating: .done, count: 24)
        status[7] = .pending
        return GridRecord(
            name: "eigen", groupName: "eigen", coordinates: [[-1, -0.25, 0.5], [10, 12], [-0.3, -0.1, 0.1, 0.3]],
            columns: [
                ColumnRecord(name: "loss", values: loss, longName: "loss", units: "1"),
                ColumnRecord(
                    name: "standard_error", values: loss.indices.map { 1 / Double($0 + 1) }, longName: "", units: "1"),
            ], status: status, attributes: [:])
    }

    /// Reads what the format's description promises: header lines, then big-endian numbers.
    private struct VTKFile {
        var header: [String] = []
        var columns: [String: [Double]] = [:]

        init(_ path: String) throws {
            var rest = try Data(contentsOf: URL(fileURLWithPath: path))[...]
            func line() -> String? {
                guard let end = rest.firstIndex(of: 10) else { return nil }
                defer { rest = rest[rest.index(after: end)...] }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            while let next = line() {
                if next.isEmpty { continue }
                let words = next.split(separator: " ").map(String.init)
                guard words[0] == "SCALARS" else {
                    header.append(next)
                    continue
                }
                #expect(words.count == 4 && words[3] == "1" && line() == "LOOKUP_TABLE default")
                let count = header.last.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
                let width = words[2] == "double" ? 8 : 1
                columns[words[1]] = (0..<count).map { index in
                    let bytes = rest.dropFirst(index * width).prefix(width)
                    let bits = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                    return width == 8 ? Double(bitPattern: bits) : Double(bits)
                }
                rest = rest.dropFirst(count * width)
            }
        }
    }

    @Test("Image data holds every number of a volume and of a plane, x fastest")
    func images() throws {
        let folder = try TemporaryFolder()
        let path = folder("volume.vtk")
        let volume = Self.volume()
        try VTKImage.write(
            volume, title: "a\nb " + String(repeating: "é", count: 200), to: path, overwrite: false)
        let file = try VTKFile(path)
        #expect(file.header[0] == "# vtk DataFile Version 3.0" && file.header[1].hasPrefix("a b éé"))
        #expect(file.header[1].utf8.count <= 255)
        #expect(
            Array(file.header[2...6]) == [
                "BINARY", "DATASET STRUCTURED_POINTS", "DIMENSIONS 3 2 4", "ORIGIN -1.0 10.0 -0.3",
                "SPACING 0.75 2.0 \(0.6 / 3)",
            ])
        #expect(file.header[7] == "POINT_DATA 24" && file.header.count == 8)
        for column in volume.columns {
            let found = try #require(file.columns[column.name])
            #expect(found.map { $0.bitPattern } == column.values.map { $0.bitPattern })
        }
        #expect(file.columns["status"] == volume.status.map { Double($0.rawValue) })

        try VTKImage.write(Self.plane(x, [0.5, 2]), title: "plane", to: folder("plane.vtk"), overwrite: false)
        let flat = try VTKFile(folder("plane.vtk"))
        #expect(Array(flat.header[4...6]) == ["DIMENSIONS 3 2 1", "ORIGIN -1.0 0.5 0.0", "SPACING 0.75 1.5 1.0"])
        #expect(flat.columns["loss"] == Self.plane(x, [0.5, 2]).columns[0].values)

        #expect(throws: ArchiveError.outputExists(path: path)) {
            try VTKImage.write(volume, title: "", to: path, overwrite: false)
        }
        // Unequal steps, and a line.
        for odd in [
            Self.plane(x, y),
            GridRecord(
                name: "l", groupName: "l", coordinates: [[0, 1]], columns: [], status: [.done, .done], attributes: [:]),
        ] {
            let error = #expect(throws: ArchiveError.self) {
                try VTKImage.write(odd, title: "", to: folder("odd.vtk"), overwrite: false)
            }
            #expect("\(try #require(error))".contains("odd.vtk"))
            #expect(!FileManager.default.fileExists(atPath: folder("odd.vtk")))
        }
    }
}
