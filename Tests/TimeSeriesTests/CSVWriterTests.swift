import Foundation
import Testing

@testable import TimeSeries

@Suite("CSV writer")
struct CSVWriterTests {
    @Test("what is written reads back bit for bit")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let series = try SyntheticSeries(seed: 1).table(
            length: 50, channels: 3, names: ["a", "b,\"c\"\u{301}", "date"])
        let path = folder.path("out.csv")
        try CSVWriter().write(series, to: path)
        let back = try CSVReader().read(path)
        #expect(back.names == series.names)
        #expect(back.values == series.values)
        #expect(back.labels?[0] == "2020-01-01 00:00:00")
        #expect(back.labels?[25] == "2020-01-02 01:00:00")
        // Written again with its labels, it is the same file.
        #expect(CSVWriter().text(of: back) == CSVWriter().text(of: series))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["out.csv"])
    }

    @Test("layout and rounding")
    func layout() throws {
        let series = try Series(names: ["x"], columns: [[1.0 / 3, -2, 1e300]])
        #expect(
            CSVWriter(start: 0, step: 900, decimals: 4).text(of: series)
                == "date,x\n1970-01-01 00:00:00,0.3333\n1970-01-01 00:15:00,-2.0\n1970-01-01 00:30:00,1e+300\n")
    }

    @Test("an existing file stays unless overwriting is asked for; failures leave nothing behind")
    func refused() throws {
        let folder = try TemporaryFolder()
        let series = try counting(rows: 3)
        let path = try folder.file("out.csv", Array("old".utf8))
        #expect(throws: TimeSeriesError.outputExists(path: path)) { try CSVWriter().write(series, to: path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        try CSVWriter().write(series, to: path, overwrite: true)
        #expect(try CSVReader().read(path).values == series.values)
        let nowhere = folder.path("missing/out.csv")
        do throws(TimeSeriesError) {
            try CSVWriter().write(series, to: nowhere)
            Issue.record("a missing folder was accepted")
        } catch {
            #expect(error.category == .cannotCreate)
        }
        let directory = folder.path("dir")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        #expect(throws: TimeSeriesError.self) { try CSVWriter().write(series, to: directory, overwrite: true) }
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.url.path)) == ["out.csv", "dir"])
    }

    @Test("dates agree with Foundation's calendar, before 1970 and in leap years too")
    func dates() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
        var random = StableRandom(seed: 1)
        for _ in 0..<300 {
            let seconds = random.below(12_000_000_000) - 6_000_000_000
            #expect(CSVWriter.date(seconds) == formatter.string(from: Date(timeIntervalSince1970: Double(seconds))))
        }
        #expect(CSVWriter.date(951_782_400) == "2000-02-29 00:00:00")
        #expect(CSVWriter.date(-1) == "1969-12-31 23:59:59")
    }
}
