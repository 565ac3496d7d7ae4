import Foundation
import Testing

@testable import TimeSeries

/// The published files' numbers, computed independently with NumPy: all windows, context 672, horizon 96.
@Suite("Benchmark data", .enabled(if: SharedData.isPresent, "needs ../shared/data beside the package"))
struct BenchmarkDataTests {
    private func rounded(_ value: Double) -> String { String(format: "%.4f", value) }

    private func data(_ name: String, _ scheme: BorderScheme = .automatic) throws -> Dataset {
        try Dataset(try CSVReader().read(SharedData.path(name)), borders: scheme)
    }

    @Test("ETTh1: windows, scaler, naive and seasonal forecasts")
    func etth1() throws {
        let data = try data("ETTh1.csv")
        #expect(data.series.names == ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"])
        #expect(data.series.rows == 17420)
        #expect(data.series.labels?[17419] == "2018-06-26 19:00:00")
        for (split, count) in [(Split.train, 7873), (.validation, 2785), (.test, 2785)] {
            #expect(try data.windows(split, context: 672, horizon: 96).count == 7 * count)
        }
        #expect(abs((data.standardizer?.means[6] ?? 0) - 17.1282617) < 1e-6)
        #expect(abs((data.standardizer?.scales[6] ?? 0) - 9.17649102) < 1e-7)
        let windows = try data.windows(.test, context: 672, horizon: 96)
        let naive = try Baseline.naive.metrics(over: windows)
        #expect(rounded(naive.mse) == "1.2944" && rounded(naive.mae) == "0.7132")
        let daily = try Baseline.seasonalNaive(period: 24).metrics(over: windows)
        #expect(rounded(daily.mse) == "0.5122" && rounded(daily.mae) == "0.4333")
    }

    @Test("ETTh2 and Exchange: naive forecasts")
    func others() throws {
        let etth2 = try Baseline.naive.metrics(over: try data("ETTh2.csv").windows(.test, context: 672, horizon: 96))
        #expect(rounded(etth2.mse) == "0.4317" && rounded(etth2.mae) == "0.4216")
        let exchange = try data("exchange_rate.csv")
        #expect(exchange.series.names == ["0", "1", "2", "3", "4", "5", "6", "OT"])
        for (split, count) in [(Split.train, 4544), (.validation, 665), (.test, 1422)] {
            #expect(try exchange.windows(split, context: 672, horizon: 96).count == 8 * count)
        }
        let naive = try Baseline.naive.metrics(over: try exchange.windows(.test, context: 672, horizon: 96))
        #expect(rounded(naive.mse) == "0.0811" && rounded(naive.mae) == "0.1964")
    }

    @Test("ETTm1: standard borders, and those of the published code")
    func ettm1() throws {
        let series = try CSVReader().read(SharedData.path("ETTm1.csv"))
        #expect(series.rows == 69680)
        let standard = try Dataset(series).windows(.test, context: 672, horizon: 96)
        let naive = try Baseline.naive.metrics(over: standard)
        #expect(rounded(naive.mse) == "1.2139" && rounded(naive.mae) == "0.6648")
        let daily = try Baseline.seasonalNaive(period: 96).metrics(over: standard)
        #expect(String(format: "%.3f", daily.mse) == "0.423")
        let published = try Dataset(series, borders: .sffPublished).windows(.test, context: 672, horizon: 96)
        #expect(rounded(try Baseline.naive.metrics(over: published).mse) == "1.4631")
    }

    @Test("UCR archive files: one column, no header")
    func ucr() throws {
        let folder = SharedData.path("ucr")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".txt") }
        #expect(!names.isEmpty)
        for name in names {
            let series = try CSVReader().read("\(folder)/\(name)")
            #expect(series.names == ["value"])
            #expect(series.rows == 7500 || series.rows == 7501)
            let label = try #require(UCRFileName(path: name))
            let borders = try Borders(rows: series.rows, path: name)
            #expect(borders.validationEnd == label.train.upperBound && borders.testEnd == series.rows)
            #expect(borders.rows(of: .test).contains(label.anomaly.lowerBound))
        }
    }

    @Test(
        "NAB files: timestamp and value",
        arguments: [("nyc_taxi", 10320), ("machine_temperature_system_failure", 22695)])
    func nab(name: String, rows: Int) throws {
        let series = try CSVReader().read(SharedData.path("nab/\(name).csv"))
        #expect(series.names == ["value"])
        #expect(series.rows == rows)
    }
}
