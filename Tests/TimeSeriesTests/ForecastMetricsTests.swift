import Testing

@testable import TimeSeries

@Suite("Metrics and baselines")
struct ForecastMetricsTests {
    @Test("definitions on numbers worked by hand")
    func definitions() {
        var metrics = ForecastMetrics()
        #expect(metrics.mse.isNaN)
        metrics.add(prediction: [1, 2], target: [2, 4], naiveError: 0.5)
        metrics.add(prediction: [0, 0], target: [-1, 2], naiveError: 2)
        // errors -1, -2, 1, -2
        #expect(metrics.mse == 10.0 / 4)
        #expect(metrics.mae == 6.0 / 4)
        #expect(metrics.rmse == 2.5.squareRoot())
        #expect(metrics.mape == 0.75)
        #expect(metrics.mspe == 0.625)
        #expect(metrics.mase == 7.5 / 4)
        #expect(metrics.windows == 2)
        #expect(metrics.points == 4)
    }

    @Test("zero targets are counted; MASE leaves out channels without scale")
    func undefined() {
        var metrics = ForecastMetrics()
        metrics.add(prediction: [1], target: [0], naiveError: 0)
        #expect(metrics.zeroTargets == 1)
        #expect(metrics.mape == .infinity)
        #expect(metrics.mase.isNaN)
        metrics.add(prediction: [1], target: [2], naiveError: 4)
        #expect(metrics.mase == 0.25)
        #expect(metrics.scaledPoints == 1)
    }

    @Test("merging parts equals one pass")
    func merging() {
        var random = StableRandom(seed: 2)
        var whole = ForecastMetrics()
        var parts = [ForecastMetrics(), ForecastMetrics()]
        for i in 0..<20 {
            let p = (0..<4).map { _ in random.normal() }
            let y = (0..<4).map { _ in random.normal() }
            whole.add(prediction: p, target: y, naiveError: 1)
            parts[i % 2].add(prediction: p, target: y, naiveError: 1)
        }
        parts[0].merge(parts[1])
        #expect(parts[0].points == whole.points)
        #expect(abs(parts[0].mse - whole.mse) < 1e-14)
        #expect(abs(parts[0].mspe - whole.mspe) < 1e-10 * whole.mspe)
        #expect(abs(parts[0].mase - whole.mase) < 1e-14)
    }

    @Test("a baseline equals its forecasts added one by one", arguments: [Baseline.naive, .seasonalNaive(period: 3)])
    func baselines(baseline: Baseline) throws {
        let series = try SyntheticSeries(seed: 4).table(length: 200, channels: 2)
        let data = try Dataset(series)
        let windows = try data.windows(.test, context: 7, horizon: 5, selection: .stride(2))
        let scales = try NaiveError.perChannel(
            data.scaled, rows: data.borders.rows(of: .train), period: baseline.period)
        var expected = ForecastMetrics()
        var batch: [Float] = []
        for index in 0..<windows.count {
            let context = Array(windows.context(index))
            let forecast = (0..<5).map { context[7 - baseline.period + $0 % baseline.period] }
            batch += forecast.map(Float.init)
            expected.add(
                prediction: forecast, target: Array(windows.target(index)),
                naiveError: scales[windows.place(of: index).channel])
        }
        #expect(try baseline.metrics(over: windows, naiveErrors: scales) == expected)
        var batched = ForecastMetrics()
        try batch.withUnsafeBufferPointer {
            try batched.add(predictions: $0, of: windows, range: 0..<windows.count, naiveErrors: scales)
        }
        #expect(abs(batched.mse - expected.mse) < 1e-6)
        #expect(abs(batched.mase - expected.mase) < 1e-6)
    }

    @Test("naive error by hand; a seasonal series is forecast without error")
    func naiveError() throws {
        let series = try Series(names: ["a", "b"], columns: [[1, 3, 2, 9], [5, 5, 5, 0]])
        #expect(try NaiveError.perChannel(series, rows: 0..<3) == [1.5, 0])
        #expect(try NaiveError.perChannel(series, rows: 0..<4, period: 2) == [3.5, 2.5])
        #expect(throws: TimeSeriesError.self) { try NaiveError.perChannel(series, rows: 0..<2, period: 2) }
        #expect(throws: TimeSeriesError.self) { try NaiveError.perChannel(series, rows: 0..<5) }
        let periodic = try Series(names: ["p"], columns: [(0..<100).map { Double($0 % 6) }])
        let windows = try Dataset(periodic).windows(.test, context: 12, horizon: 8)
        #expect(try Baseline.seasonalNaive(period: 6).metrics(over: windows).mse == 0)
        #expect(try Baseline.naive.metrics(over: windows).mse > 0)
    }

    @Test("refused")
    func refused() throws {
        let data = try Dataset(try counting(rows: 100))
        let windows = try data.windows(.test, context: 5, horizon: 2)
        for period in [0, -1, 6] {
            #expect(throws: TimeSeriesError.self) {
                try Baseline.seasonalNaive(period: period).metrics(over: windows)
            }
        }
        #expect(throws: TimeSeriesError.self) { try Baseline.naive.metrics(over: windows, naiveErrors: [1]) }
        #expect(throws: TimeSeriesError.self) {
            try Baseline.naive.metrics(over: try data.windows(.test, context: 5, horizon: 0))
        }
        var metrics = ForecastMetrics()
        #expect(throws: TimeSeriesError.self) {
            try [Float](repeating: 0, count: 3).withUnsafeBufferPointer {
                try metrics.add(predictions: $0, of: windows, range: 0..<2)
            }
        }
    }
}
