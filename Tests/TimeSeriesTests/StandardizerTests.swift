import Testing

@testable import TimeSeries

@Suite("Standardisation")
struct StandardizerTests {
    @Test("population deviation; constant channels keep their unit; inverse restores")
    func definition() throws {
        let series = try Series(
            names: ["a", "b"], columns: [[1, 2, 3, 4, 100], [0.1, 0.1, 0.1, 0.1, 7]])
        let scaler = try Standardizer(fitting: series, rows: 0..<4)
        #expect(scaler.means[0] == 2.5)
        #expect(abs(scaler.scales[0] - 1.25.squareRoot()) < 1e-15)
        #expect(scaler.scales[1] == 1)
        let scaled = try scaler.standardized(series)
        #expect(abs(scaled.values[4] - 97.5 / 1.25.squareRoot()) < 1e-12)
        let back = try scaler.restored(scaled)
        for (x, y) in zip(back.values, series.values) { #expect(abs(x - y) < 1e-12) }
        var piece = Array(scaled.channel(0))
        piece.withUnsafeMutableBufferPointer { scaler.restore($0, channel: 0) }
        #expect(abs(piece[4] - 100) < 1e-12)
    }

    @Test("a large offset does not drown the deviation")
    func offset() throws {
        let values = (0..<1000).map { 1e9 + Double($0 % 2) }
        let scaler = try Standardizer(fitting: try Series(names: ["a"], columns: [values]), rows: 0..<1000)
        #expect(abs(scaler.scales[0] - 0.5) < 1e-9)
    }

    @Test("no validation or test value reaches the scaler", arguments: [1, 2, 3])
    func leakage(seed: UInt64) throws {
        var random = StableRandom(seed: seed)
        let rows = 50 + random.below(100)
        let base = (0..<rows).map { _ in random.normal() }
        let trainEnd = try Borders(rows: rows).trainEnd
        var changed = base
        for row in trainEnd..<rows { changed[row] = 1e6 * random.normal() }
        let original = try Dataset(try Series(names: ["a"], columns: [base]))
        let other = try Dataset(try Series(names: ["a"], columns: [changed]))
        #expect(original.standardizer == other.standardizer)
        #expect(original.scaled.values[..<trainEnd] == other.scaled.values[..<trainEnd])
        // And every train value does.
        for row in 0..<trainEnd {
            var touched = base
            touched[row] += 1
            #expect(try Dataset(try Series(names: ["a"], columns: [touched])).standardizer != original.standardizer)
        }
    }

    @Test("what cannot be scaled is refused")
    func refused() throws {
        let series = try Series(names: ["a"], columns: [[1e200, -1e200, 1]])
        #expect(throws: TimeSeriesError.self) { try Standardizer(fitting: series, rows: 0..<3) }
        #expect(throws: TimeSeriesError.self) { try Standardizer(fitting: series, rows: 1..<4) }
        #expect(throws: TimeSeriesError.self) { try Standardizer(fitting: series, rows: 1..<1) }
        let tiny = try Series(names: ["a"], columns: [[0, 1e-30, 1e30]])
        let scaler = try Standardizer(fitting: tiny, rows: 0..<2)
        #expect(throws: TimeSeriesError.self) { try scaler.standardized(tiny) }
    }

    @Test("series refuse what is no series")
    func seriesChecks() {
        #expect(throws: TimeSeriesError.self) { try Series(names: [], columns: []) }
        #expect(throws: TimeSeriesError.self) { try Series(names: ["a"], columns: [[]]) }
        #expect(throws: TimeSeriesError.self) { try Series(names: ["a", "a"], columns: [[1], [2]]) }
        #expect(throws: TimeSeriesError.self) { try Series(names: ["a", "b"], columns: [[1], [2, 3]]) }
        #expect(throws: TimeSeriesError.self) { try Series(names: ["a"], columns: [[.nan]]) }
    }
}
