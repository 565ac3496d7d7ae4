import Testing

@testable import TimeSeries

@Suite("Anomaly detection")
struct AnomalyTests {
    private func tokens(_ stretch: Range<Int>, context: Int, lead: Int, patch: Int = 8) throws -> AnomalyTokens {
        try AnomalyTokens(stretch, patch: patch, context: context, lead: lead, split: .test, title: "x.csv")
    }

    @Test("windows of models that predict the next patch: as published, then one that is moved back")
    func published() throws {
        // Published: data from one patch before the test rows, windows every context − 2 patches.
        let tokens = try tokens(100..<200, context: 40, lead: 8)
        #expect(tokens.first == 100 && tokens.count == 12)
        #expect(tokens.windows.prefix(3).map(\.start) == [92, 116, 140])
        #expect(tokens.windows.map(\.tokens) == [0..<3, 3..<6, 6..<9, 9..<12])
        // The fourth would begin at 164 and end at 204.
        #expect(tokens.windows.last?.start == 156)
        #expect(tokens.rows(of: 11) == 188..<196)
    }

    @Test(
        "every token is judged once, inside its window and behind the lead; nothing is read beyond the stretch",
        arguments: [(0, 40), (8, 40), (8, 16), (0, 8), (16, 64)])
    func covering(lead: Int, context: Int) throws {
        for end in 160..<180 {
            let tokens = try tokens(96..<end, context: context, lead: lead)
            #expect(tokens.count == (end - 96) / 8)
            #expect(tokens.windows.flatMap { Array($0.tokens) } == Array(0..<tokens.count))
            for window in tokens.windows {
                #expect(window.start >= 0 && window.start + context <= end)
                for token in window.tokens {
                    #expect(tokens.rows(of: token).lowerBound >= window.start + lead)
                    #expect(tokens.rows(of: token).upperBound <= window.start + context)
                    #expect(tokens.rows(of: token).lowerBound >= 96)
                }
            }
        }
        // Train windows stay in the train rows; the rows that nothing predicts are not judged.
        let train = try tokens(0..<96, context: context, lead: lead)
        #expect(train.first == lead && train.windows.allSatisfy { $0.start >= 0 && $0.start + context <= 96 })
    }

    @Test("overlap with labelled rows, exactly")
    func labels() throws {
        let tokens = try tokens(100..<200, context: 40, lead: 8)
        #expect(tokens.overlapping(108..<109) == 1..<2)
        #expect(tokens.overlapping(107..<117) == 0..<3)
        #expect(tokens.overlapping(116..<124) == 2..<3)
        #expect(tokens.overlapping(0..<100).isEmpty)
        #expect(tokens.overlapping(50..<101) == 0..<1)
        #expect(tokens.overlapping(190..<300) == 11..<12)
        #expect(tokens.overlapping(196..<300).isEmpty)
        #expect(tokens.overlapping(120..<120).isEmpty)
        #expect(tokens.means((0..<12).map(Double.init)) == [1, 4, 7, 10])
    }

    @Test("refused")
    func refused() {
        #expect(throws: TimeSeriesError.self) { try tokens(0..<30, context: 40, lead: 8) }
        #expect(throws: TimeSeriesError.self) { try tokens(0..<100, context: 36, lead: 8) }
        #expect(throws: TimeSeriesError.self) { try tokens(0..<100, context: 8, lead: 8) }
        #expect(throws: TimeSeriesError.self) { try tokens(96..<100, context: 40, lead: 8) }
    }

    @Test("thresholds")
    func thresholds() throws {
        let scores = [5, 1, 9, 9, 2, 0, 3, 4, 6, 7].map(Double.init)
        #expect(AnomalyRanking.order(scores) == [2, 3, 9, 8, 0, 7, 6, 4, 1, 5])
        func flagged(_ text: String, training: [Double] = []) throws -> [Int] {
            let flags = try AnomalyThreshold(text).flags(scores, training: training)
            return flags.indices.filter { flags[$0] }
        }
        #expect(try flagged("top:10") == [2])
        #expect(try flagged("top:11") == [2, 3])
        #expect(try flagged("top:30") == [2, 3, 9])
        #expect(try flagged("top:100").count == 10)
        #expect(try flagged("quantile:0.5", training: [8, 4, 6]) == [2, 3, 9])
        #expect(try AnomalyThreshold("top:3").description == "top 3 %")
        #expect(try AnomalyThreshold("quantile:0.99").description == "train quantile 0.99")
        for text in ["", "top", "top:", "top:0", "top:101", "quantile:1", "quantile:x", "best:3", "top:3:4", "top:nan"]
        {
            #expect(throws: TimeSeriesError.self) { try AnomalyThreshold(text) }
        }
    }

    @Test("rank of the first hit, precision, recall, F1 by hand")
    func counts() {
        let scores = [5, 1, 9, 9, 2].map(Double.init)
        func rank(_ labelled: Int...) -> Int? {
            AnomalyRanking.firstHit(scores, isLabelled: scores.indices.map { labelled.contains($0) })
        }
        #expect(rank(2) == 1 && rank(3) == 2 && rank(0, 1) == 3 && rank(1) == 5)
        #expect(rank() == nil, "the published code says 1")
        #expect(AnomalyRanking.firstHit([1, .nan], isLabelled: [true, false]) == nil)
        let counts = DetectionCounts(
            flags: [true, true, true, false, false], isLabelled: [true, false, false, true, false])
        #expect(counts.precision == 1.0 / 3 && counts.recall == 0.5 && counts.f1 == 0.4)
        #expect(counts.flagged == 3 && counts.labelled == 2 && counts.total == 5)
        #expect(DetectionCounts(flags: [false], isLabelled: [false]).f1.isNaN)
    }

    @Test("scores without a model, by hand")
    func baselines() throws {
        let series = try Series(
            names: ["a", "b"], columns: [(0..<16).map(Double.init), [Double](repeating: 3, count: 16)])
        let tokens = try tokens(4..<16, context: 8, lead: 0, patch: 4)
        #expect(tokens.windows.map(\.start) == [4, 8] && tokens.windows.map(\.tokens) == [0..<2, 2..<3])
        // Channel a: distances 1, 2, 3, 4 from the value before; channel b: none.
        #expect(AnomalyBaseline.lastValue.scores(of: tokens, in: series) == [3.75, 3.75, 3.75])
        #expect(AnomalyBaseline.seasonalNaive(period: 3).scores(of: tokens, in: series) == [4.5, 4.5, 4.5])
        // Window 4…11 has the mean 7.5, window 8…15 11.5.
        let outer = 2.625
        #expect(AnomalyBaseline.windowMean.scores(of: tokens, in: series) == [outer, outer, outer])
        let early = try self.tokens(0..<8, context: 8, lead: 0, patch: 4)
        #expect(AnomalyBaseline.lastValue.scores(of: early, in: series)[0] == 1.75, "nothing precedes row 0")
    }

    @Test("borders of UCR files: validation is not the test stretch")
    func borders() throws {
        let path = "x/135_UCR_Anomaly_InternalBleeding16_1200_4187_4199.txt"
        for scheme in [BorderScheme.automatic, .ucr] {
            let borders = try Borders(scheme, rows: 7501, path: path)
            #expect(borders.rows(of: .train) == 0..<960)
            #expect(borders.rows(of: .validation) == 960..<1200)
            #expect(borders.rows(of: .test) == 1200..<7501)
        }
        #expect(try BorderScheme("ucr").description == "ucr")
        #expect(throws: TimeSeriesError.self) { try Borders(.ucr, rows: 100, path: "x.csv") }
        #expect(throws: TimeSeriesError.self) { try Borders(.ucr, rows: 100) }
        #expect(throws: TimeSeriesError.bordersBeyondEnd(path: path, scheme: "ucr", needed: 4199, rows: 2000)) {
            try Borders(rows: 2000, path: path)
        }
    }
}
