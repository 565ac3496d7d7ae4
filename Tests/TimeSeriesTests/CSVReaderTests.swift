import Foundation
import Testing

@testable import TimeSeries

@Suite("CSV reader: what is accepted")
struct CSVReaderTests {
    @Test("the benchmark layout: header, date, numeric channels")
    func benchmarkLayout() throws {
        let series = try parse("date,a,b\n2020-01-01 00:00:00,1.5,-2\n2020-01-01 01:00:00,3,4e2\n")
        #expect(series.names == ["a", "b"])
        #expect(series.rows == 2)
        #expect(series.values == [1.5, 3, -2, 400])
        #expect(series.path == "a.csv")
        #expect(series.labels?.name == "date")
        #expect(series.labels?[1] == "2020-01-01 01:00:00")
        #expect(series.labels?.firstIndex(of: "2020-01-01 01:00:00") == 1)
        #expect(series.labels?.firstIndex(of: "2020-01-01 02:00:00") == nil)
    }

    @Test(
        "the same table in other dress",
        arguments: [
            "date,a,b\r\nx,1,2\r\ny,3,4\r\n", "date,a,b\nx,1,2\ny,3,4", "\u{FEFF}date,a,b\nx,1,2\ny,3,4\n",
            "date,a,b\rx,1,2\ry,3,4\r", "  date , a ,\tb\n x , 1 , 2\n y ,3 ,  4  \n",
            "\"date\",\"a\",\"b\"\n\"x\",\"1\",2\ny,\"3\",\"4\"\n", "\n\ndate,a,b\nx,1,2\ny,3,4\n\n  \n\r\n",
            "date;a;b\nx;1;2\ny;3;4\n", "date\ta\tb\nx\t1\t2\ny\t3\t4\n", "date,a,b\nx,+1.,2.0e0\ny,.3E1,400e-2\n",
            "date,a,b\nx,1.000000000000000000000000,2\ny,3,4\n",
        ])
    func variants(text: String) throws {
        let series = try parse(text)
        #expect(series.names == ["a", "b"])
        #expect(series.values == [1, 3, 2, 4])
        #expect(series.labels?[0] == "x")
        #expect(series.labels?[1] == "y")
    }

    @Test("quoted fields may hold delimiters, quotes and line breaks")
    func quotes() throws {
        let series = try parse("date,\"a,b\"\"c\"\n\"one\ntwo\",1\nx,2\n")
        #expect(series.names == ["a,b\"c"])
        #expect(series.labels?[0] == "one\ntwo")
        #expect(series.values == [1, 2])
        #expect(
            parseError("date,a\n\"one\ntwo\",1\nx,bad\n")
                == .badCell(path: "a.csv", line: 4, column: 2, name: "a", found: "bad", problem: .notANumber))
    }

    @Test("without time column; numeric time column by name")
    func labelDetection() throws {
        #expect(try parse("a,b\n1,2\n3,4\n").names == ["a", "b"])
        #expect(try parse("index,b\n1,2\n3,4\n").names == ["b"])
        #expect(try parse("index,b\n1,2\n3,4\n", columns: ["index"]).values == [1, 3])
        #expect(try parse("Timestamp,value\n1,2\n").names == ["value"])
        #expect(try parse(",0,1\n0,2,5\n").names == ["0", "1"])
        #expect(try parse("date,0,OT\n1990/1/1 0:00,2,5\n").names == ["0", "OT"])
        #expect(try parse("when,b\nMonday,2\n").names == ["b"])
    }

    @Test("files without header")
    func noHeader() throws {
        let ucr = try parse("   6.3732150e+01\n   6.3350680e+01\n  -1\n")
        #expect(ucr.names == ["value"])
        #expect(ucr.values == [63.73215, 63.35068, -1])
        #expect(ucr.labels == nil)
        let wide = try parse("0.5,2\n3,4\n")
        #expect(wide.names == ["0", "1"])
        #expect(wide.values == [0.5, 3, 2, 4])
        let dated = try parse("2020-01-01 00:00,2\n2020-01-01 01:00,4\n")
        #expect(dated.names == ["value"])
        #expect(dated.values == [2, 4])
        #expect(dated.labels?[0] == "2020-01-01 00:00")
        #expect(try parse("0,1\n2,3\n", header: .present).values == [2, 3])
        #expect(try parse("1 2\n3   4 \n").values == [1, 3, 2, 4])
        let line = try parse("  1 2\t3 4.5  \n")
        #expect(line.names == ["value"])
        #expect(line.values == [1, 2, 3, 4.5])
        #expect(try parse("7\n").values == [7])
    }

    @Test("chosen columns come in the order asked for; the others may hold anything")
    func selection() throws {
        let text = "date,a,city,b\nx,1,Ulm,2\ny,3,,4\n"
        let series = try parse(text, columns: ["b", "a"])
        #expect(series.names == ["b", "a"])
        #expect(series.values == [2, 4, 1, 3])
        #expect(try parse("date,a,b\nx,1,2\ny,3,4\n").selecting(["b"]).values == [2, 4])
        #expect(
            parseError(text)
                == .badCell(path: "a.csv", line: 2, column: 3, name: "city", found: "Ulm", problem: .notANumber))
    }

    @Test("non-ASCII names and labels")
    func unicode() throws {
        let series = try parse("Datum,Größe\nMärz,1\n")
        #expect(series.names == ["Größe"])
        #expect(series.labels?[0] == "März")
    }

    @Test("from a file and from a pipe")
    func files() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("x.csv", Array("date,a\nx,1\n".utf8))
        #expect(try CSVReader().read(path).values == [1])
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let writer = Thread { try? Data("date,a\nx,7\n".utf8).write(to: URL(fileURLWithPath: pipe)) }
        writer.start()
        #expect(try CSVReader().read(pipe).values == [7])
    }

    @Test("hostile bytes give an error or a series, never a crash")
    func fuzz() throws {
        let seed = Array("date,a,b\n\"x\",1.5,2\r\ny, 3e1 ,4\n".utf8)
        let alphabet = Array(",;\"\n\r\t 0123456789.eE+-xNaN\u{0}".utf8) + [0xFF, 0xC3]
        var random = StableRandom(seed: 1)
        var accepted = 0
        for _ in 0..<3000 {
            var bytes = seed
            for _ in 0..<1 + random.below(6) {
                let place = random.below(bytes.count + 1)
                if random.uniform() < 0.5, place < bytes.count {
                    bytes[place] = alphabet[random.below(alphabet.count)]
                } else {
                    bytes.insert(alphabet[random.below(alphabet.count)], at: place)
                }
                if random.uniform() < 0.2 { bytes.removeLast(random.below(bytes.count)) }
            }
            guard let series = try? CSVReader().parse(bytes, path: "fuzz") else { continue }
            accepted += 1
            #expect(series.values.count == series.rows * series.channels)
            #expect(series.values.allSatisfy { $0.isFinite })
            #expect(series.rows > 0 && series.channels > 0)
        }
        #expect(accepted > 100)
    }
}
