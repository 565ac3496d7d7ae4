import Foundation
import Testing

@testable import TimeSeries

@Suite("CSV reader: what is refused, and how")
struct CSVErrorTests {
    static let cases: [(text: String, error: TimeSeriesError)] = [
        ("", .empty(path: "a.csv")),
        (" \n\r\n", .empty(path: "a.csv")),
        ("date,a,b\n", .headerOnly(path: "a.csv")),
        ("date,a,b", .headerOnly(path: "a.csv")),
        ("date,a,b\nx,1,2\ny,3\n", .raggedLine(path: "a.csv", line: 3, expected: 3, found: 2)),
        ("date,a,b\nx,1,2,9\n", .raggedLine(path: "a.csv", line: 2, expected: 3, found: 4)),
        ("date,a,b\nx,1,2\n\ny,3,4\n", .blankLine(path: "a.csv", line: 3)),
        ("a,b\n1,2\n\n3,4\n", .blankLine(path: "a.csv", line: 3)),
        ("1\n\n3\n", .blankLine(path: "a.csv", line: 2)),
        (
            "date,a,b\nx,1,2\ny,oops,4\n",
            .badCell(path: "a.csv", line: 3, column: 2, name: "a", found: "oops", problem: .notANumber)
        ),
        (
            "date,a\nx,0x10\n",
            .badCell(path: "a.csv", line: 2, column: 2, name: "a", found: "0x10", problem: .notANumber)
        ),
        (
            "date,a\nx,1 2\n",
            .badCell(path: "a.csv", line: 2, column: 2, name: "a", found: "1 2", problem: .notANumber)
        ),
        (
            "date,a\nx,1e\n", .badCell(path: "a.csv", line: 2, column: 2, name: "a", found: "1e", problem: .notANumber)
        ),
        (
            "date;a\nx;1,5\n",
            .badCell(path: "a.csv", line: 2, column: 2, name: "a", found: "1,5", problem: .notANumber)
        ),
        (
            "date,a,b\nx,,2\n", .badCell(path: "a.csv", line: 2, column: 2, name: "a", found: "", problem: .missing)
        ),
        (
            "date,a,b\nx,1,\n", .badCell(path: "a.csv", line: 2, column: 3, name: "b", found: "", problem: .missing)
        ),
        (
            "date,a\nx,NaN\n", .badCell(path: "a.csv", line: 2, column: 2, name: "a", found: "NaN", problem: .missing)
        ),
        (
            "nan\n1\n", .badCell(path: "a.csv", line: 1, column: 1, name: "value", found: "nan", problem: .missing)
        ),
        (
            "date,a\nx,-inf\n",
            .badCell(path: "a.csv", line: 2, column: 2, name: "a", found: "-inf", problem: .infinite)
        ),
        (
            "date,a\nx,1e999\n",
            .badCell(path: "a.csv", line: 2, column: 2, name: "a", found: "1e999", problem: .outOfRange)
        ),
        ("date,a,b,a\nx,1,2,3\n", .duplicateColumn(path: "a.csv", name: "a", first: 2, second: 4)),
        ("date,a,,b\nx,1,2,3\n", .unnamedColumn(path: "a.csv", column: 3)),
        ("date\n2020-01-01\n", .noNumericColumn(path: "a.csv", label: "date")),
        ("date,a\n\"x,1\ny,2\n", .unterminatedQuote(path: "a.csv", line: 2)),
        (
            "PK\u{3}\u{4}abc",
            .notATable(path: "a.csv", format: "a zip archive (or .npz, .xlsx)", remedy: "unpack it, or save it as CSV")
        ),
        ("<!DOCTYPE html>\n<p>", .notATable(path: "a.csv", format: "a web page", remedy: "download the raw file")),
    ]

    @Test("every fault has its error, with line and column", arguments: cases)
    func faults(text: String, error: TimeSeriesError) {
        #expect(parseError(text) == error)
        #expect("\(error)".hasPrefix("a.csv"))
        #expect(error.category == .badData)
    }

    @Test("texts name place, finding and remedy")
    func texts() {
        #expect(
            parseError("date,HUFL\nx,1\ny,1.2.3\n")?.description
                == "a.csv:3: column 2 ('HUFL'): '1.2.3' is not a number; correct it, or choose only numeric columns "
                + "(decimal point, no thousands sign)")
        #expect(
            parseError("date,a\nx,1\ny\n")?.description
                == "a.csv:3: found 1 field, expected 2 as in the first line; complete or remove the line")
        let unknown = parseError("date,HUFL,OT\nx,1,2\n", columns: ["HULF"])
        #expect(unknown?.category == .usage)
        #expect(
            unknown?.description
                == "a.csv: no numeric column named 'HULF'; did you mean 'HUFL'?; available: HUFL, OT")
        #expect(parseError("date,a\nx,1\n", columns: ["a", "a"])?.category == .usage)
        #expect(parseError("date,a\nx,1\n", columns: [])?.category == .usage)
        #expect(parseError("date,a\nx,\u{1}\(String(repeating: "z", count: 99))\n")?.description.count ?? 999 < 250)
    }

    @Test("encodings other than UTF-8 come with the iconv command")
    func encodings() throws {
        func error(_ bytes: [UInt8]) -> TimeSeriesError? {
            do throws(TimeSeriesError) {
                _ = try CSVReader().parse(bytes, path: "a.csv")
                return nil
            } catch { return error }
        }
        let latin = error(Array("date,a\nM".utf8) + [0xE4] + Array("rz,1\n".utf8))
        #expect(latin?.description.contains("a.csv:2: not UTF-8") == true)
        #expect(latin?.description.contains("iconv -f ISO-8859-1") == true)
        let utf16: [UInt8] = Array("date,a\nx,1\n".utf8).flatMap { [$0, UInt8(0)] }
        #expect(error([0xFF, 0xFE] + utf16)?.description.contains("iconv -f UTF-16 -t UTF-8 a.csv") == true)
        #expect(error(utf16)?.description.contains("iconv -f UTF-16LE") == true)
        #expect(error([0xFF, 0xFE, 0, 0] + utf16)?.description.contains("UTF-32") == true)
        #expect(
            error(Array("date,a\nx,1\n\0".utf8))?.description.contains("a.csv:3: not UTF-8 text (a NUL byte") == true)
        #expect(error([0x1F, 0x8B, 8, 0])?.description.contains("gunzip") == true)
    }

    @Test("paths that are no readable file")
    func paths() throws {
        let folder = try TemporaryFolder()
        func error(_ path: String, _ reader: CSVReader = CSVReader()) -> TimeSeriesError? {
            do throws(TimeSeriesError) {
                _ = try reader.read(path)
                return nil
            } catch { return error }
        }
        let path = try folder.file("ETTh1.csv", Array("date,a\nx,1\n".utf8))
        let missing = error(folder.path("etth1.cvs"))
        #expect(missing == .missingFile(path: folder.path("etth1.cvs"), suggestion: "ETTh1.csv"))
        #expect(missing?.category == .noInput)
        #expect(error(path + "/x.csv")?.category == .noInput)
        #expect(error(folder.url.path) == .notAFile(path: folder.url.path, kind: "directory"))
        #expect(error("/dev/zero") == .notAFile(path: "/dev/zero", kind: "device"))
        #expect(error(path, CSVReader(maximumBytes: 5)) == .tooLarge(path: path, limitBytes: 5))
        #expect(error(path, CSVReader(maximumBytes: 11)) == nil)
        #expect(error(path, CSVReader(maximumColumns: 1)) == .tooManyColumns(path: path, limit: 1))
    }

    @Test("an endless pipe is refused at the limit")
    func endlessPipe() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let writer = Thread {
            // Opened for both directions, so that the reader's end closing cannot raise a signal here.
            let descriptor = open(pipe, O_RDWR)
            let block = [UInt8](repeating: 0x31, count: 4096)
            for _ in 0..<3 { _ = write(descriptor, block, block.count) }
            sleep(1)
            close(descriptor)
        }
        writer.start()
        #expect(throws: TimeSeriesError.tooLarge(path: pipe, limitBytes: 10_000)) {
            try CSVReader(maximumBytes: 10_000).read(pipe)
        }
    }
}
