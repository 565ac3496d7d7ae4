import Testing

@testable import TimeSeries

@Suite("Imputation masks")
struct ImputationMaskTests {
    @Test("first patch visible, at least one hidden, rate as asked")
    func rates() throws {
        let mask = try ImputationMask(rate: 0.25, patch: 24, seed: 5)
        var hidden = 0
        for key in 0..<4000 as Range<UInt64> {
            let patches = mask.hiddenPatches(key: key, patches: 8)
            #expect(!patches[0])
            #expect(patches.contains(true))
            hidden += patches.count(where: \.self)
        }
        // Given at least one of 7: 7 * 0.25 / (1 - 0.75^7) = 2.0196 per window.
        #expect(abs(Double(hidden) / 4000 - 2.0196) < 0.07)
    }

    @Test("depends on seed and window, not on the batch")
    func batches() throws {
        let data = try Dataset(try counting(rows: 400))
        let windows = try data.windows(.train, context: 24, horizon: 0)
        let some = try data.windows(.train, context: 24, horizon: 0, selection: .stride(10))
        let mask = try ImputationMask(rate: 0.5, patch: 4, seed: 1)
        func masks(_ set: WindowSet, _ range: Range<Int>, _ mask: ImputationMask) throws -> [Float] {
            var buffer = [Float](repeating: -1, count: range.count * 24)
            try buffer.withUnsafeMutableBufferPointer { try mask.fill(range, of: set, into: $0) }
            return buffer
        }
        let whole = try masks(windows, 0..<30, mask)
        #expect(try masks(windows, 10..<20, mask) == Array(whole[240..<480]))
        #expect(try masks(some, 1..<2, mask) == Array(whole[240..<264]))
        #expect(try masks(windows, 0..<30, try ImputationMask(rate: 0.5, patch: 4, seed: 2)) != whole)
        #expect(whole.allSatisfy { $0 == 0 || $0 == 1 })
        for window in 0..<30 {
            for patch in 0..<6 {
                let first = window * 24 + patch * 4
                #expect(Set(whole[first..<first + 4]).count == 1)
            }
        }
    }

    @Test("tiny and full rates")
    func extremes() throws {
        let rare = try ImputationMask(rate: 1e-12, patch: 1, seed: 0)
        #expect(rare.hiddenPatches(key: 3, patches: 9).count(where: \.self) == 1)
        let full = try ImputationMask(rate: 1, patch: 1, seed: 0)
        #expect(full.hiddenPatches(key: 3, patches: 4) == [false, true, true, true])
        #expect(full.hiddenPatches(key: 3, patches: 1) == [false])
        #expect(full.hiddenPatches(key: 3, patches: -1) == [])
    }

    @Test("refused")
    func refused() throws {
        for rate in [0, -0.1, 1.1, Double.nan] {
            #expect(throws: TimeSeriesError.self) { try ImputationMask(rate: rate, patch: 4, seed: 0) }
        }
        #expect(throws: TimeSeriesError.self) { try ImputationMask(rate: 0.5, patch: 0, seed: 0) }
        let windows = try Dataset(try counting(rows: 100)).windows(.train, context: 10, horizon: 0)
        var buffer = [Float](repeating: 0, count: 10)
        let mask = try ImputationMask(rate: 0.5, patch: 4, seed: 0)
        #expect(throws: TimeSeriesError.self) {
            try buffer.withUnsafeMutableBufferPointer { try mask.fill(0..<1, of: windows, into: $0) }
        }
    }
}
