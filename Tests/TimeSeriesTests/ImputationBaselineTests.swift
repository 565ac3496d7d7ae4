import Testing

@testable import TimeSeries

@Suite("Imputation without a model")
struct ImputationBaselineTests {
    private func filled(_ baseline: ImputationBaseline, _ values: [Double?]) throws -> [Double] {
        // What is hidden must not be read.
        try baseline.filled(values.map { $0 ?? .nan }, isVisible: values.map { $0 != nil })
    }

    @Test("by hand")
    func definitions() throws {
        let gaps: [Double?] = [nil, 1, nil, nil, 4, 9, nil, nil]
        #expect(try filled(.lastVisible, gaps) == [1, 1, 1, 1, 4, 9, 9, 9])
        #expect(try filled(.linear, gaps) == [1, 1, 2, 3, 4, 9, 9, 9])
        // Row 0 from row 5 after it, row 6 from row 1; the others have no visible row whole periods away.
        #expect(try filled(.seasonal(period: 5), gaps) == [9, 1, 2, 3, 4, 9, 1, 9])
        #expect(try filled(.seasonal(period: 2), gaps) == [4, 1, 4, 1, 4, 9, 4, 9])
        #expect(try filled(.linear, [nil, nil]) == [0, 0])
        #expect(try filled(.lastVisible, [3, nil]) == [3, 3])
        #expect(try filled(.linear, []).isEmpty)
    }

    @Test("a periodic series is filled in without error")
    func periodic() throws {
        let values = (0..<40).map { Double($0 % 8) }
        let hidden = values.indices.map { $0 / 4 % 3 == 1 }
        let found = try ImputationBaseline.seasonal(period: 8).filled(values, isVisible: hidden.map { !$0 })
        #expect(found == values)
    }

    @Test("refused")
    func refused() {
        #expect(throws: TimeSeriesError.self) { try ImputationBaseline.linear.filled([1, 2], isVisible: [true]) }
        #expect(throws: TimeSeriesError.self) {
            try ImputationBaseline.seasonal(period: 0).filled([1], isVisible: [true])
        }
    }

    @Test("masks: leading steps stay visible, and what is hidden at a rate is hidden at higher ones")
    func masks() throws {
        let rates = [0.125, 0.25, 0.375, 0.5]
        let masks = try rates.map { try ImputationMask(rate: $0, patch: 1, seed: 3, leading: 24) }
        var hidden = [Int](repeating: 0, count: rates.count)
        for key in 0..<200 as Range<UInt64> {
            let flags = masks.map { $0.hiddenPatches(key: key, patches: 192) }
            for (index, own) in flags.enumerated() {
                #expect(!own[0..<24].contains(true))
                hidden[index] += own.count(where: \.self)
            }
            for index in 1..<rates.count {
                #expect(zip(flags[index - 1], flags[index]).allSatisfy { !$0 || $1 })
            }
        }
        for (rate, count) in zip(rates, hidden) { #expect(abs(Double(count) / (200 * 168) - rate) < 0.01) }
        #expect(throws: TimeSeriesError.self) { try ImputationMask(rate: 0.5, patch: 8, seed: 0, leading: 12) }
        #expect(throws: TimeSeriesError.self) { try ImputationMask(rate: 0.5, patch: 8, seed: 0, leading: 0) }
        let rare = try ImputationMask(rate: 1e-12, patch: 1, seed: 0, leading: 3)
        #expect(rare.hiddenPatches(key: 5, patches: 4) == [false, false, false, true])
        #expect(rare.hiddenPatches(key: 5, patches: 3) == [false, false, false])
    }
}
