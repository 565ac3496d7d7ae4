import Foundation
import TimeSeries

/// A folder of its own for one test, removed at its end.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("timeseries-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: url.appendingPathComponent(name))
        return path(name)
    }
}

/// The benchmark files, which are not part of the repository: `../shared/data` beside the package.
enum SharedData {
    static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("shared/data")

    static let isPresent = FileManager.default.fileExists(atPath: folder.appendingPathComponent("ETTh1.csv").path)

    static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}

func parse(
    _ text: String, columns: [String]? = nil, header: CSVReader.Header = .detect
) throws(TimeSeriesError) -> Series {
    try CSVReader(header: header).parse(Array(text.utf8), path: "a.csv", columns: columns)
}

/// The error of reading `text`, or nil.
func parseError(_ text: String, columns: [String]? = nil) -> TimeSeriesError? {
    do throws(TimeSeriesError) {
        _ = try parse(text, columns: columns)
        return nil
    } catch {
        return error
    }
}

func column(_ series: Series, _ index: Int) -> [Double] { Array(series.channel(index)) }

/// A series of two channels whose values tell channel and row: 1000 * channel + row.
func counting(rows: Int, channels: Int = 2, path: String? = nil) throws -> Series {
    try Series(
        names: (0..<channels).map { "c\($0)" },
        columns: (0..<channels).map { channel in (0..<rows).map { Double(1000 * channel + $0) } }, path: path)
}
