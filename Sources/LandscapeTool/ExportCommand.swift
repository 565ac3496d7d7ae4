import Archive
import ArgumentParser
import Foundation

/// Writes results in other programs' formats.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the results of a file in another program's format.",
        discussion: """
            goldstein: one plane of one variant as the surface file (.h5) of tomgoldstein/loss-landscape and the SFF code. \
            csv: a folder with one table for each line and plane, and one for all numbers.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case goldstein, csv }

    /// The names those programs know.
    enum Surface: String, CaseIterable, ExpressibleByArgument {
        case train = "train_loss"
        case test = "test_loss"
    }

    @Argument(help: "A result file of 'landscape probe', finished or not.")
    var file: String

    @Option(help: "goldstein or csv.")
    var format: Format

    @Option(help: ArgumentHelp("The variant whose plane is wanted; not needed where there is one.", valueName: "name"))
    var variant: String?

    @Option(help: ArgumentHelp("The plane; not needed where there is one.", valueName: "name"))
    var plane: String?

    @Option(
        help:
            "The name of the losses in a surface file: train_loss, which the plotting scripts read by default, or test_loss, as SFF's."
    )
    var surface: Surface = .train

    @Option(name: .shortAndLong, help: ArgumentHelp("The file or folder to write.", valueName: "path"))
    var output: String

    @Flag(help: "Replace what is there.")
    var overwrite = false

    func run() throws {
        let record = try RunReader.read(file)
        switch format {
        case .goldstein:
            let (variant, plane) = try chosenPlane(record)
            try GoldsteinSurface.write(plane, surface: surface.rawValue, to: output, overwrite: overwrite)
            let pending = plane.status.filter { $0 == .pending }.count
            if pending > 0 { Log.warning("\(pending) points are not computed yet; the file marks them with -1") }
            let interpolated = plane.status.count { $0 == .interpolated }
            if interpolated > 0 {
                Log.warning("\(interpolated) points are interpolated, which this format cannot say; csv says it")
            }
            print(
                "\(output): \(variant) planes/\(plane.name), \(plane.x.count) × \(plane.y.count), \(surface.rawValue)")
        case .csv:
            for path in try writeTables(record) { print(path) }
        }
    }

    private func chosenPlane(_ record: RunRecord) throws -> (variant: String, plane: PlaneRecord) {
        let all = record.variants.flatMap { variant in variant.planes.map { (variant: variant.name, plane: $0) } }
        let found = all.filter { (variant ?? $0.variant) == $0.variant && (plane ?? $0.plane.name) == $0.plane.name }
        guard found.count == 1, let only = found.first else {
            let names = all.map { "--variant \($0.variant) --plane \($0.plane.name)" }
            throw Exit.Failure(
                found.isEmpty ? .badData : .usage,
                all.isEmpty
                    ? "\(file) holds no plane; compute one with 'landscape probe --measures plane'"
                    : "\(found.isEmpty ? "there is no such plane" : "several planes fit"); \(file) holds: \(names.joined(separator: "; "))"
            )
        }
        return only
    }

    private func writeTables(_ record: RunRecord) throws -> [String] {
        let folder = URL(fileURLWithPath: output)
        var tables = [("numbers.csv", CommaSeparated.scalars(record))]
        for variant in record.variants {
            for line in variant.lines {
                tables.append(("\(variant.groupName)-line-\(line.groupName).csv", CommaSeparated.text(line)))
            }
            for plane in variant.planes {
                tables.append(("\(variant.groupName)-plane-\(plane.groupName).csv", CommaSeparated.text(plane)))
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
            do { try Data(text.utf8).write(to: url, options: .atomic) } catch {
                throw Exit.Failure(.cannotCreate, "\(url.path): cannot be written: \(error.localizedDescription)")
            }
            return url.path
        }
    }
}
