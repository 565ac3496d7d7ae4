import Testing

@testable import TimeSeries

@Suite("Windows")
struct WindowSetTests {
    private func borders(_ rows: Int) throws -> Borders { try Borders(.seventyTenTwenty, rows: rows) }

    @Test("order, contents and counts")
    func contents() throws {
        let series = try counting(rows: 100)
        let windows = try WindowSet(series, borders: try borders(100), split: .test, context: 5, horizon: 3)
        // Test rows 80..<100: the first target begins at row 80, the last ends at row 99.
        #expect(windows.starts == 75..<93)
        #expect(windows.count == 36)
        #expect(Array(windows.context(0)) == [75, 76, 77, 78, 79])
        #expect(Array(windows.target(0)) == [80, 81, 82])
        #expect(Array(windows.target(17)) == [97, 98, 99])
        #expect(Array(windows.target(18)) == [1080, 1081, 1082])
        #expect(windows.place(of: 35) == (channel: 1, start: 92))
    }

    @Test("a choice of windows")
    func choice() throws {
        let series = try counting(rows: 100)
        for selection in [WindowSelection.all, .stride(3), .random(count: 10, seed: 1)] {
            let all = try WindowSet(
                series, borders: try borders(100), split: .test, context: 5, horizon: 3, selection: selection)
            let chosen = all.selecting([7, 2, 7]).selecting([1, 2])
            #expect(chosen.count == 2)
            for (new, old) in [(0, 2), (1, 7)] {
                #expect(chosen.key(of: new) == all.key(of: old) && chosen.context(new) == all.context(old))
                #expect(try chosen.values(new..<new + 1) == all.values(old..<old + 1))
            }
        }
    }

    @Test("a stretch shorter than a window")
    func reachingBack() throws {
        let series = try counting(rows: 100)
        // Validation rows 70..<80.
        #expect(throws: TimeSeriesError.self) {
            try WindowSet(series, borders: try borders(100), split: .validation, context: 24, horizon: 0)
        }
        let one = try WindowSet(
            series, borders: try borders(100), split: .validation, context: 24, horizon: 0, reachingBack: true)
        #expect(one.starts == 56..<57 && one.context(0).last == 79)
        let usual = try WindowSet(
            series, borders: try borders(100), split: .validation, context: 4, horizon: 0, reachingBack: true)
        #expect(usual.starts == 70..<77)
    }

    /// Targets 80…82, 81…83, … 97…99 of one channel, and 1000 more of the other: by the sums written out.
    @Test("variance of the targets", arguments: [false, true])
    func variance(joint: Bool) throws {
        let windows = try WindowSet(
            counting(rows: 100), borders: try borders(100), split: .test, context: 5, horizon: 3, joint: joint)
        var all: [Double] = []
        for first in 80..<98 {
            for value in first..<(first + 3) { all += [Double(value), Double(value + 1000)] }
        }
        let mean: Double = all.reduce(0, +) / Double(all.count)
        let squares: [Double] = all.map { ($0 - mean) * ($0 - mean) }
        let expected = squares.reduce(0, +) / Double(all.count)
        #expect(abs(try windows.variance(ofLast: 3) / expected - 1) < 1e-12)
    }

    /// Windows of all channels hold the same numbers, masks and errors as windows of one, in another order.
    @Test("channels together")
    func channelsTogether() throws {
        let series = try counting(rows: 100, channels: 3)
        let borders = try borders(100)
        let apart = try WindowSet(series, borders: borders, split: .test, context: 6, horizon: 3)
        let joint = try WindowSet(series, borders: borders, split: .test, context: 6, horizon: 3, joint: true)
        #expect(joint.width == 3 && joint.count == apart.count / 3 && apart.width == 1)
        let values = try joint.values(0..<joint.count)
        let mask = try ImputationMask(rate: 0.5, patch: 2, seed: 3)
        var masks = [Float](repeating: -1, count: joint.count * 3 * 6)
        try masks.withUnsafeMutableBufferPointer { try mask.fill(0..<joint.count, of: joint, into: $0) }
        for index in 0..<joint.count {
            #expect(joint.place(of: index) == (channel: 0, start: apart.place(of: index).start))
            for channel in 0..<3 {
                let other = channel * joint.count + index
                #expect(joint.context(index, channel: channel) == apart.context(other))
                #expect(joint.target(index, channel: channel) == apart.target(other))
                let row = (index * 3 + channel) * 9
                #expect(Array(values[row..<row + 9]) == Array(apart.context(other)) + Array(apart.target(other)))
                var single = [Float](repeating: -1, count: 6)
                try single.withUnsafeMutableBufferPointer { try mask.fill(other..<other + 1, of: apart, into: $0) }
                #expect(Array(masks[(index * 3 + channel) * 6..<(index * 3 + channel) * 6 + 6]) == single)
            }
        }
        let scale = [1.0, 2, 4]
        let all = try Baseline.naive.metrics(over: apart, naiveErrors: scale)
        let together = try Baseline.naive.metrics(over: joint, naiveErrors: scale)
        #expect(abs(all.mse - together.mse) < 1e-9 * all.mse && abs(all.mase - together.mase) < 1e-9 * all.mase)
        var predicted = ForecastMetrics()
        let forecast = (0..<joint.count).flatMap { index in
            (0..<3).flatMap { channel in
                [Float](repeating: Float(joint.context(index, channel: channel).last!), count: 3)
            }
        }
        try forecast.withUnsafeBufferPointer {
            try predicted.add(predictions: $0, of: joint, range: 0..<joint.count, naiveErrors: scale)
        }
        #expect(abs(predicted.mase - together.mase) < 1e-9 * together.mase)
    }

    @Test("targets never leave their split, contexts never look ahead", arguments: 0..<40)
    func borders(seed: Int) throws {
        var random = StableRandom(seed: UInt64(seed))
        let rows = 60 + random.below(200)
        let series = try counting(rows: rows, channels: 1 + random.below(3))
        let borders = try borders(rows)
        let horizon = random.below(6)
        let context = 1 + random.below(8)
        for split in Split.allCases {
            let all = try WindowSet(series, borders: borders, split: split, context: context, horizon: horizon)
            let stretch = borders.rows(of: split)
            var judged: Set<Int> = []
            for index in 0..<all.count {
                let (channel, start) = all.place(of: index)
                let first = horizon == 0 ? start : start + context
                let last = start + context + horizon - 1
                #expect(stretch.contains(first) && stretch.contains(last) && start >= 0)
                #expect(split != .train || stretch.contains(start))
                #expect(all.context(index).first == Double(1000 * channel + start))
                if horizon > 0 { #expect(all.target(index).last == Double(1000 * channel + last)) }
                for row in first...last where channel == 0 { judged.insert(row) }
            }
            // Nothing of the split is left out, except the first train context, which nothing precedes.
            let expected = split == .train && horizon > 0 ? context..<stretch.upperBound : stretch
            #expect(judged == Set(expected))
        }
    }

    @Test("a stride takes every S-th start of every channel")
    func strides() throws {
        let series = try counting(rows: 100)
        let all = try WindowSet(series, borders: try borders(100), split: .test, context: 5, horizon: 3)
        for step in [1, 4, 7, 18, 1000] {
            let some = try WindowSet(
                series, borders: try borders(100), split: .test, context: 5, horizon: 3, selection: .stride(step))
            let expected = (0..<all.count).map { all.place(of: $0) }.filter { ($0.start - 75) % step == 0 }
            #expect(some.count == expected.count)
            for index in 0..<some.count { #expect(some.place(of: index) == expected[index]) }
        }
    }

    @Test("random windows: distinct, sorted, fixed by the seed, keys independent of the selection")
    func random() throws {
        let series = try counting(rows: 300)
        func draw(_ count: Int, _ seed: UInt64) throws -> WindowSet {
            try WindowSet(
                series, borders: try borders(300), split: .train, context: 9, horizon: 3,
                selection: .random(count: count, seed: seed))
        }
        let windows = try draw(50, 3)
        let keys = (0..<50).map { windows.key(of: $0) }
        #expect(keys == keys.sorted() && Set(keys).count == 50)
        #expect(try draw(50, 3).description == windows.description)
        let again = try draw(50, 3)
        #expect(keys == (0..<50).map { again.key(of: $0) })
        let other = try draw(50, 4)
        #expect(keys != (0..<50).map { other.key(of: $0) })
        let all = try WindowSet(series, borders: try borders(300), split: .train, context: 9, horizon: 3)
        let everything = try draw(all.count, 0)
        #expect((0..<all.count).allSatisfy { all.key(of: $0) == everything.key(of: $0) })
        #expect(
            throws: TimeSeriesError.tooFewWindows(
                path: "series", split: "train", requested: all.count + 1, available: all.count)
        ) { try draw(all.count + 1, 0) }
        // All pairs are about equally likely: 2000 draws of 10 among 20.
        var hits = [Int](repeating: 0, count: 20)
        for seed in 0..<2000 { for i in sampledIndexes(count: 10, of: 20, seed: UInt64(seed)) { hits[i] += 1 } }
        #expect(hits.allSatisfy { abs($0 - 1000) < 120 })
    }

    @Test("bulk copies equal the slices")
    func fill() throws {
        let series = try counting(rows: 120, channels: 3)
        let windows = try WindowSet(
            series, borders: try borders(120), split: .validation, context: 6, horizon: 2, selection: .stride(2))
        let expected = (3..<8).flatMap { Array(windows.context($0)) + Array(windows.target($0)) }
        #expect(try windows.values(3..<8) == expected)
        var floats = [Float](repeating: -1, count: 5 * windows.length)
        try floats.withUnsafeMutableBufferPointer { try windows.fill(3..<8, into: $0) }
        #expect(floats == expected.map(Float.init))
        #expect(throws: TimeSeriesError.self) { try windows.values(0..<windows.count + 1) }
        #expect(throws: TimeSeriesError.self) {
            try floats.withUnsafeMutableBufferPointer { try windows.fill(0..<4, into: $0) }
        }
        #expect(try windows.values(0..<0).isEmpty)
    }

    @Test("too short, or sizes out of range")
    func refused() throws {
        let series = try counting(rows: 100, path: "x.csv")
        let borders = try borders(100)
        #expect(
            throws: TimeSeriesError.tooFewRows(path: "x.csv", split: "train", rows: 70, context: 68, horizon: 3)
        ) { try WindowSet(series, borders: borders, split: .train, context: 68, horizon: 3) }
        #expect(try WindowSet(series, borders: borders, split: .train, context: 67, horizon: 3).count == 2)
        #expect(throws: TimeSeriesError.self) {
            try WindowSet(series, borders: borders, split: .validation, context: 5, horizon: 11)
        }
        // A context longer than the train part leaves the targets that have enough past.
        let late = try WindowSet(series, borders: borders, split: .validation, context: 75, horizon: 3)
        #expect(late.starts == 0..<3)
        for (context, horizon) in [(0, 1), (-1, 1), (1, -1), (Int.max, 1), (1, Int.max)] {
            #expect(throws: TimeSeriesError.self) {
                try WindowSet(series, borders: borders, split: .train, context: context, horizon: horizon)
            }
        }
        for selection in [WindowSelection.stride(0), .stride(-1), .stride(.max), .random(count: 0, seed: 0)] {
            #expect(throws: TimeSeriesError.self) {
                try WindowSet(series, borders: borders, split: .train, context: 5, horizon: 1, selection: selection)
            }
        }
        #expect(throws: TimeSeriesError.self) {
            try WindowSet(try counting(rows: 50), borders: borders, split: .test, context: 5, horizon: 1)
        }
    }

    @Test("the provenance text")
    func description() throws {
        let data = try Dataset(try counting(rows: 100, path: "x.csv"))
        let windows = try data.windows(.test, context: 5, horizon: 3, selection: .random(count: 4, seed: 9))
        #expect(
            windows.description
                == "split test; channels c0,c1; context 5; horizon 3; starts 75..<93; windows random 4 (seed 9); count 4"
        )
        #expect(data.provenance == "rows 100; borders auto: 70/10/20 (70, 80, 100); standardised by train rows")
    }
}
