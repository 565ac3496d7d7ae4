import Testing

@testable import TimeSeries

@Suite("Borders")
struct BordersTests {
    @Test("the conventions of the benchmarks")
    func conventions() throws {
        func ends(_ scheme: BorderScheme, _ rows: Int, _ path: String?) throws -> [Int] {
            let borders = try Borders(scheme, rows: rows, path: path)
            return [borders.trainEnd, borders.validationEnd, borders.testEnd]
        }
        #expect(try ends(.automatic, 17420, "x/ETTh1.csv") == [8640, 11520, 14400])
        #expect(try ends(.automatic, 17420, "etth2.CSV") == [8640, 11520, 14400])
        #expect(try ends(.automatic, 69680, "ETTm1.csv") == [34560, 46080, 57600])
        #expect(try ends(.automatic, 7588, "exchange_rate.csv") == [5311, 6071, 7588])
        #expect(try ends(.automatic, 100, nil) == [70, 80, 100])
        #expect(try ends(.sffPublished, 69680, "ETTm1.csv") == [48776, 55744, 69680])
        #expect(try ends(.sffPublished, 17420, "ETTh1.csv") == [8640, 11520, 14400])
        #expect(try ends(.percent(train: 60, validation: 20, test: 20), 1000, "ETTh1.csv") == [600, 800, 1000])
        #expect(try ends(.rows(train: 5, validation: 2, test: 1), 100, nil) == [5, 7, 8])
    }

    @Test("percentages truncate like the benchmarks' floating point, not like integers")
    func truncation() throws {
        // 170 * 0.7 is 118.99999999999999.
        #expect(try Borders(.seventyTenTwenty, rows: 170).trainEnd == 118)
    }

    @Test("text form round-trips; anything else is refused")
    func text() throws {
        for text in ["auto", "etth", "ettm", "sff-published", "70/10/20", "8640,2880,2880"] {
            #expect(try BorderScheme(text).description == text)
        }
        for text in ["", "weekly", "70/10/10", "70/30", "1,2", "0,1,1", "-1,2,3", "70/10/x", "9999999999999999,1,1"] {
            #expect(throws: TimeSeriesError.self) { try BorderScheme(text) }
        }
    }

    @Test("borders beyond the file")
    func beyond() {
        #expect(
            throws: TimeSeriesError.bordersBeyondEnd(path: "ETTh1.csv", scheme: "etth", needed: 14400, rows: 14399)
        ) { try Borders(rows: 14399, path: "ETTh1.csv") }
        #expect(throws: TimeSeriesError.self) { try Borders(.seventyTenTwenty, rows: 3) }
        #expect(throws: TimeSeriesError.self) { try Borders(.percent(train: 50, validation: 0, test: 50), rows: 100) }
        #expect(throws: TimeSeriesError.self) {
            try Borders(.rows(train: .max, validation: .max, test: 1), rows: 100)
        }
    }
}
