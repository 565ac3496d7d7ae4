import Testing

@testable import TimeSeries

/// Nothing of validation or test reaches training, whatever the borders.
@Suite("Leakage")
struct LeakageTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let scheme: BorderScheme
        let rows: Int
        let path: String?
        var testDescription: String { "\(scheme) of \(rows) rows" }
    }

    static let cases = [
        Case(scheme: .ettHour, rows: 14_500, path: nil), Case(scheme: .ettMinute, rows: 57_700, path: nil),
        Case(scheme: .automatic, rows: 17_420, path: "ETTh2.csv"), Case(scheme: .automatic, rows: 900, path: nil),
        Case(scheme: .sffPublished, rows: 57_700, path: "ETTm1.csv"),
        Case(scheme: .sffPublished, rows: 14_500, path: "ETTh1.csv"),
        Case(scheme: .percent(train: 60, validation: 20, test: 20), rows: 1003, path: nil),
        Case(scheme: .rows(train: 400, validation: 150, test: 200), rows: 800, path: nil),
        Case(scheme: .ucr, rows: 900, path: "001_UCR_Anomaly_x_500_700_720.txt"),
    ]

    /// A series whose values are its row numbers, and its borders: values tell where a window has been.
    private func bordered(_ data: Case) throws -> (Series, Borders) {
        let series = try counting(rows: data.rows, channels: 2, path: data.path)
        return (series, try Borders(data.scheme, rows: data.rows, path: data.path))
    }

    @Test("splits follow each other without a common row", arguments: cases)
    func splits(data: Case) throws {
        let (series, borders) = try bordered(data)
        let (train, validation, test) = (
            borders.rows(of: .train), borders.rows(of: .validation), borders.rows(of: .test)
        )
        #expect(train.lowerBound == 0 && !train.isEmpty && !validation.isEmpty && !test.isEmpty)
        #expect(train.upperBound == validation.lowerBound && validation.upperBound == test.lowerBound)
        #expect(test.upperBound <= series.rows)
    }

    @Test("windows see and judge what their split allows", arguments: cases)
    func windows(data: Case) throws {
        let (series, borders) = try bordered(data)
        for split in Split.allCases {
            let stretch = borders.rows(of: split)
            for (horizon, joint) in [(24, false), (24, true), (0, false)] {
                for selection in [WindowSelection.all, .stride(7), .random(count: 20, seed: 3)] {
                    let windows = try WindowSet(
                        series, borders: borders, split: split, context: 48, horizon: horizon, selection: selection,
                        joint: joint)
                    for index in 0..<windows.count {
                        // A value is 1000 · channel + row.
                        let offset = Double(windows.place(of: index).channel * 1000)
                        let first = Int((windows.context(index).first ?? .nan) - offset)
                        let last = first + windows.length - 1
                        let judged = horizon == 0 ? first : first + 48
                        guard judged >= stretch.lowerBound, last < stretch.upperBound,
                            split != .train || first >= 0 && last < borders.trainEnd
                        else {
                            Issue.record(
                                "\(split) window \(index) covers rows \(first) to \(last), \(stretch) is allowed")
                            return
                        }
                        if horizon > 0 {
                            guard windows.target(index).first == Double(judged) + offset,
                                windows.target(index).last == Double(last) + offset
                            else {
                                Issue.record("the target of \(split) window \(index) does not follow its context")
                                return
                            }
                        }
                    }
                    // The last row is reached: the bound above is tight.
                    if case .all = selection {
                        #expect(windows.starts.upperBound - 1 + windows.length == stretch.upperBound)
                    }
                }
            }
        }
    }

    @Test("scales are those of the train rows, whatever follows", arguments: cases)
    func scaling(data: Case) throws {
        let (series, borders) = try bordered(data)
        let changed = try Series(
            names: series.names,
            columns: (0..<2).map { channel in
                series.channel(channel).enumerated().map { $0 < borders.trainEnd ? $1 : -1e6 * $1 }
            }, path: series.path)
        let first = try Dataset(series, borders: data.scheme)
        let second = try Dataset(changed, borders: data.scheme)
        #expect(first.standardizer == second.standardizer)
        #expect(
            try first.windows(.train, context: 48, horizon: 24).values(0..<5)
                == second.windows(.train, context: 48, horizon: 24).values(0..<5))
        #expect(first.scaled != second.scaled)
        let train = borders.rows(of: .train)
        #expect(
            try NaiveError.perChannel(first.scaled, rows: train, period: 24)
                == NaiveError.perChannel(second.scaled, rows: train, period: 24))
        // And it is these rows that they are fitted on: changing one of them changes the scale.
        var columns = (0..<2).map { Array(series.channel($0)) }
        columns[1][borders.trainEnd - 1] += 50
        let third = try Dataset(Series(names: series.names, columns: columns, path: series.path), borders: data.scheme)
        #expect(first.standardizer != third.standardizer)
    }

    @Test("tokens of anomaly detection: training scores come from train rows alone", arguments: cases)
    func tokens(data: Case) throws {
        let (series, borders) = try bordered(data)
        for lead in [0, 8] {
            for split in Split.allCases {
                let tokens = try AnomalyTokens(
                    borders.rows(of: split), patch: 8, context: 48, lead: lead, split: split, title: series.title)
                let end = borders.rows(of: split).upperBound
                #expect(tokens.windows.allSatisfy { $0.start >= 0 && $0.start + 48 <= end })
                #expect(tokens.first >= borders.rows(of: split).lowerBound)
                #expect(tokens.rows(of: tokens.count - 1).upperBound <= end)
            }
        }
    }
}
