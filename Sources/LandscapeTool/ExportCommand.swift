import Archive
import ArgumentParser
import Foundation

/// Writes results in other programs' formats.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the results of a file in another program's format.",
        discussion: """
            goldstein: one plane of one variant as the surface file (.h5) of tomgoldstein/loss-landscape and the SFF code. \
            vtk: one plane or volume of one variant as image data (.vtk) for ParaView and VTK. \
            xdmf: a text (.xmf) that shows ParaView and VTK all planes and volumes inside the result file, without a copy; a small \
            .links.h5 stands beside it. \
            npz: all numbers in one archive for numpy.load. \
            csv: a folder with one table for each line, plane and volume, and one for all numbers.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case goldstein, vtk, xdmf, npz, csv }

    /// The names those programs know.
    enum Surface: String, CaseIterable, ExpressibleByArgument {
        case train = "train_loss"
        case test = "test_loss"
    }

    @Argument(help: "A result file of 'landscape probe', finished or not.", completion: .result)
    var file: String

    @Option(help: "goldstein, vtk, xdmf, npz or csv.")
    var format: Format

    @Option(
        help: ArgumentHelp(
            "The variant whose plane or volume is wanted; not needed where there is one.", valueName: "name"))
    var variant: String?

    @Option(help: ArgumentHelp("The plane; not needed where there is one.", valueName: "name"))
    var plane: String?

    @Option(help: ArgumentHelp("The volume, for vtk; not needed where there is one and no plane.", valueName: "name"))
    var volume: String?

    @Option(
        help:
            "The name of the losses in a surface file: train_loss, which the plotting scripts read by default, or test_loss, as SFF's."
    )
    var surface: Surface = .train

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The file or folder to write.", valueName: "path"), completion: .file())
    var output: String

    @Flag(help: "Replace what is there.")
    var overwrite = false

    func run() throws {
        let record = try RunReader.read(file)
        switch format {
        case .goldstein:
            let (variant, plane) = try chosen(record, [.plane])
            try GoldsteinSurface.write(plane, surface: surface.rawValue, to: output, overwrite: overwrite)
            let pending = plane.status.filter { $0 == .pending }.count
            if pending > 0 { Log.warning("\(pending) points are not computed yet; the file marks them with -1") }
            let interpolated = plane.status.count { $0 == .interpolated }
            if interpolated > 0 {
                Log.warning("\(interpolated) points are interpolated, which this format cannot say; csv says it")
            }
            print(
                "\(output): \(variant) planes/\(plane.name), \(plane.x.count) × \(plane.y.count), \(surface.rawValue)")
        case .vtk:
            let (variant, grid) = try chosen(record, [.plane, .volume])
            try VTKImage.write(grid, title: "\(variant) \(grid.id): \(record.title)", to: output, overwrite: overwrite)
            let pending = grid.status.count { $0 == .pending }
            if pending > 0 { Log.warning("\(pending) points are not computed yet and NaN in the file") }
            let size = grid.coordinates.map { String($0.count) }.joined(separator: " × ")
            print(
                "\(output): \(variant) \(grid.id), \(size), \((grid.columns.map(\.name) + ["status"]).joined(separator: ", "))"
            )
        case .xdmf:
            let (links, count) = try XDMFDescription.write(record, to: output, overwrite: overwrite)
            print("\(output): \(count) planes and volumes inside \(file), by way of \(links); keep the three together")
        case .npz:
            let keys = try NumPyArchive.write(record, to: output, overwrite: overwrite)
            print("\(output): \(keys.count) arrays, such as \(keys.first { $0.hasSuffix("/loss") } ?? keys[0])")
        case .csv:
            for path in try writeTables(record) { print(path) }
        }
    }

    /// The only plane or volume that the options leave.
    private func chosen(
        _ record: RunRecord, _ kinds: [GridKind]
    ) throws -> (variant: String, grid: GridRecord) {
        let isWanted = { (grid: GridRecord) in
            switch grid.kind {
            case .plane: plane.map { $0 == grid.name } ?? (volume == nil)
            case .volume: volume.map { $0 == grid.name } ?? (plane == nil)
            case .line: false
            }
        }
        let all = record.variants.flatMap { variant in
            variant.grids.filter { kinds.contains($0.kind) }.map { (variant: variant.name, grid: $0) }
        }
        let found = all.filter { (variant ?? $0.variant) == $0.variant && isWanted($0.grid) }
        guard found.count == 1, let only = found.first else {
            let names = all.map { "--variant \($0.variant) --\($0.grid.kind) \($0.grid.name)" }
            let what = kinds.map { "\($0)" }.joined(separator: " or ")
            throw Exit.Failure(
                found.isEmpty ? .badData : .usage,
                all.isEmpty
                    ? "\(file) holds no \(what); compute one with 'landscape probe --measures \(kinds[0])'"
                    : "\(found.isEmpty ? "there is no such \(what)" : "several fit"); \(file) holds: \(names.joined(separator: "; "))"
            )
        }
        return only
    }

    private func writeTables(_ record: RunRecord) throws -> [String] {
        let folder = URL(fileURLWithPath: output)
        var tables = [("numbers.csv", CommaSeparated.scalars(record))]
        for variant in record.variants {
            for grid in variant.grids {
                tables.append(("\(variant.groupName)-\(grid.kind)-\(grid.groupName).csv", CommaSeparated.text(grid)))
            }
        }
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw Exit.Failure(.cannotCreate, "\(output): the folder cannot be made: \(error.localizedDescription)")
        }
        return try tables.map { name, text in
            let url = folder.appendingPathComponent(name)
            guard overwrite || !FileManager.default.fileExists(atPath: url.path) else {
                throw Exit.Failure(.cannotCreate, "\(url.path) exists; give --overwrite to replace it")
            }
            try WholeFile.write(Data(text.utf8), to: url.path)
            return url.path
        }
    }
}
