import Archive
import Checkpoints
import Configuration
import Foundation
import TimeSeries

/// The readers of files that somebody else may have made.
///
/// The fuzz targets in Fuzzing/ and the tests feed them through the same functions.
public enum Reader: String, CaseIterable, Sendable {
    case safetensors, pytorch, table, configuration, result

    /// What a reader made of some bytes.
    public enum Outcome: Equatable, Sendable {
        /// Everything could be read.
        case accepted
        /// An error of the module's own type, with its text.
        case refused(String)
        /// Something that must not happen, short of a crash.
        case violation(String)
    }

    /// Reads a file with these contents to its end.
    public func read(_ bytes: [UInt8]) -> Outcome {
        do {
            let path = try ScratchFile.write(bytes)
            switch self {
            case .safetensors, .pytorch: return try readCheckpoint(path, length: bytes.count)
            case .table: return try readTable(path)
            case .configuration: return try readConfiguration(path)
            case .result: return try readResult(path)
            }
        } catch {
            return judge(error)
        }
    }

    /// An error must be of the module's own type, name the file, and be short enough to be read.
    private func judge(_ error: any Error) -> Outcome {
        let text = String(describing: error)
        switch error {
        case is CheckpointError, is TimeSeriesError, is ConfigurationError, is ArchiveError: break
        default: return .violation("an error of the type \(type(of: error)): \(text)")
        }
        guard text.contains(ScratchFile.path) else { return .violation("an error that names no file: \(text)") }
        guard text.utf8.count <= 1 << 20 else { return .violation("an error of \(text.utf8.count) bytes") }
        return .refused(text)
    }

    // MARK: Checkpoints

    private func readCheckpoint(_ path: String, length: Int) throws -> Outcome {
        let checkpoint = try Checkpoint(URL(fileURLWithPath: path))
        guard Set(checkpoint.entries.map(\.name)).count == checkpoint.entries.count else {
            return .violation("a name stands twice")
        }
        // A view of an archive may repeat its numbers; read as many as a small machine would.
        var budget = 1 << 26
        for entry in checkpoint.entries {
            guard entry.shape.allSatisfy({ $0 >= 0 }) else { return .violation("a negative size in \(entry)") }
            budget -= entry.byteCount
            guard budget >= 0 else { break }
            let bytes = try checkpoint.read(entry.name)
            guard bytes.count == entry.byteCount else {
                return .violation("\(bytes.count) bytes of \(entry.byteCount) in \(entry)")
            }
            if self == .safetensors, bytes.count > length { return .violation("more bytes than the file in \(entry)") }
        }
        return .accepted
    }

    // MARK: Tables

    private func readTable(_ path: String) throws -> Outcome {
        let series = try CSVReader().read(path)
        guard series.channels > 0, series.rows > 0, series.values.count == series.channels * series.rows else {
            return .violation("\(series.channels) × \(series.rows) of \(series.values.count) values")
        }
        guard series.values.allSatisfy(\.isFinite) else { return .violation("a value that is not finite") }
        if let labels = series.labels, labels.count != series.rows {
            return .violation("\(labels.count) labels of \(series.rows) rows")
        }
        // What was read must survive being written.
        let text = CSVWriter().text(of: series)
        let again: Series
        do {
            again = try CSVReader(header: .present).parse(Array(text.utf8), path: path)
        } catch {
            return .violation("cannot be read once written: \(error)")
        }
        guard again.values == series.values, again.rows == series.rows, again.names == series.names else {
            return .violation("reads differently once written: \(again.names) \(series.names)")
        }
        return .accepted
    }

    // MARK: Configuration

    private func readConfiguration(_ path: String) throws -> Outcome {
        let arguments = try ConfigurationArguments.expand(["probe", "--config", path, "--seed=1"])
        guard arguments.first == "probe", arguments.last == "--seed=1" else {
            return .violation("the command line was changed: \(arguments)")
        }
        for argument in arguments.dropFirst() {
            let name = argument.dropFirst(2).prefix { $0 != "=" }
            guard argument.hasPrefix("--"), ProbeOptionNames.all.contains(String(name)) else {
                return .violation("'\(argument)' is no option")
            }
        }
        return .accepted
    }

    // MARK: Result files

    private func readResult(_ path: String) throws -> Outcome {
        // Nothing here needs more than some milliseconds.
        let record = try RunReader.read(path, seconds: 1)
        _ = record.shard
        _ = record.counts
        for variant in record.variants {
            for array in variant.arrays where array.values.count != array.shape.reduce(1, *) {
                return .violation("\(array.values.count) values of the shape \(array.shape)")
            }
            for grid in variant.grids {
                let points = grid.coordinates.map(\.count).reduce(1, *)
                guard grid.status.count == points, grid.columns.allSatisfy({ $0.values.count == points }) else {
                    return .violation("another number of values than points in \(grid.id)")
                }
            }
        }
        _ = try? RunComparison.combine([record, record])
        return .accepted
    }
}
