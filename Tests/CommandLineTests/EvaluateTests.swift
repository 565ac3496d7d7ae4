import Forecasters
import Foundation
import Networks
import Tensor
import Testing
import TimeSeries

@testable import LandscapeTool

/// `landscape evaluate` as its users run it.
@Suite struct EvaluateTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.writeSeries(rows: 600)
    }

    /// The results of a run on the fixture of a family.
    private func results(_ folder: String, _ options: [String]) throws -> [[String: Any]] {
        let result = try Program.run(
            [
                "evaluate", "--weights",
                TinyCheckpoints.weights(folder),
                "--data", scratch.path("series.csv"), "--json", "--quiet",
            ] + options, in: scratch.url)
        #expect(result.status == 0, "\(folder): \(result.errors)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(document["schema"] as? String == "landscape-evaluate/2")
        return try #require(document["results"] as? [[String: Any]])
    }

    private func refused(_ folder: String, _ options: [String], names culprit: String) throws {
        let result = try Program.run(
            [
                "evaluate", "--weights",
                TinyCheckpoints.weights(folder),
                "--data", scratch.path("series.csv"), "--quiet",
            ] + options, in: scratch.url)
        #expect(result.status == 64 && result.errors.contains(culprit), "\(folder): \(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test func standsBesideTheBaselines() throws {
        let result = try Program.run(
            ["evaluate", "--windows", "50", "--variants", "pretrained,scratch", "--json", "--quiet"], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let results = try #require(document["results"] as? [[String: Any]])
        #expect(results.map { $0["name"] as? String } == ["pretrained", "scratch", "naive", "seasonal-naive (24)"])
        #expect(results.map { $0["baseline"] as? Bool } == [false, false, true, true])
        for row in results {
            for key in ["mse", "mae", "rmse", "mape", "mase"] { #expect(row[key] as? Double ?? -1 > 0, "\(key)") }
            #expect(row["windows"] as? Int == 50)
        }
        // On one table too.
        let table = try Program.run(["evaluate", "--windows", "5", "--quiet"], in: scratch.url)
        #expect(table.output.contains("MASE") && table.output.contains("seasonal-naive (24)"))
    }

    /// Every horizon has the windows and the numbers it would have alone: one channel at a time, all together, and drawn.
    @Test(arguments: [
        ("timer", ["8", "20", "3"]), ("units/supervised", ["16", "24"]), ("chronos_t5", ["3", "9"]),
    ])
    func horizonsInOneCall(_ folder: String, _ horizons: [String]) throws {
        let options = ["--stride", "29", "--season", "7"]
        let together = try results(folder, options + ["--horizon", horizons.joined(separator: ",")])
        #expect(together.count == 3 * horizons.count)
        for (index, horizon) in horizons.enumerated() {
            let alone = try results(folder, options + ["--horizon", horizon])
            let rows = Array(together[(3 * index)..<(3 * index + 3)])
            #expect(rows as NSArray == alone as NSArray, "\(folder), horizon \(horizon)")
            // 120 test rows: a start every 29 rows, of every channel or of all together.
            let steps = try #require(Int(horizon))
            let count = (121 - steps + 28) / 29 * (folder == "units/supervised" ? 1 : 3)
            #expect(rows.allSatisfy { $0["horizon"] as? Int == steps && $0["windows"] as? Int == count })
        }
    }

    @Test func threadsChangeNothing() throws {
        let one = try results("timer", ["--threads", "1", "--horizon", "8,16"])
        #expect(one as NSArray == (try results("timer", ["--threads", "3", "--horizon", "8,16"])) as NSArray)
    }

    @Test func whatCannotBeDoneIsRefused() throws {
        try refused("timer", ["--horizon", "8,x"], names: "8,x")
        try refused("timer", ["--horizon", "8,8"], names: "8,8")
        try refused("timer", ["--horizon", "8,0"], names: "horizon")
        try refused("moment", ["--horizon", "8,4000"], names: "the horizon is 4000 points")
        let probe = try Program.run(
            ["probe", "--horizon", "8,16", "--output", scratch.path("x.h5"), "--no-report"], in: scratch.url)
        #expect(
            probe.status == 64 && probe.errors.contains("only 'landscape evaluate' takes a list"), "\(probe.errors)")
    }

    @Test(arguments: ["patch", "point"])
    func maskRatesInOneCall(_ mask: String) throws {
        let options = [
            "--task", "imputation", "--stride", "3", "--season", "7", "--context", "64", "--mask", mask,
        ]
        let rates = ["0.125", "0.25", "0.5"]
        let together = try results("timer", options + ["--mask-rate", rates.joined(separator: ",")])
        let names = ["pretrained", "last visible", "linear", "seasonal (7)"]
        #expect(together.count == 4 * rates.count)
        for (index, rate) in rates.enumerated() {
            let rows = Array(together[(4 * index)..<(4 * index + 4)])
            #expect(rows as NSArray == (try results("timer", options + ["--mask-rate", rate])) as NSArray)
            #expect(rows.map { $0["name"] as? String } == names)
            #expect(rows.allSatisfy { $0["mask_rate"] as? Double == Double(rate) })
            #expect(rows.allSatisfy { $0["mask"] as? String == (mask == "point" ? "points" : "patches of 8") })
            #expect(rows.allSatisfy { $0["mse"] as? Double ?? -1 > 0 && $0["mase"] == nil })
            // Everyone is judged on the same hidden points, about as many as the rate says.
            let points = rows.compactMap { $0["points"] as? Int }
            #expect(Set(points).count == 1)
            let judged = Double((rows[0]["windows"] as? Int ?? 0) * 56)
            // Of 7 patches at least one is hidden.
            let share = try #require(Double(rate))
            let expected = mask == "point" ? share : share / (1 - pow(1 - share, 7))
            #expect(abs(Double(points[0]) / judged - expected) < (mask == "point" ? 0.05 : 0.1))
        }
        // The published procedure and filling in place are two things.
        let inPlace = try results("timer", options + ["--mask-rate", "0.25", "--loss", "mse"])
        #expect(inPlace[0]["mse"] as? Double != together[4]["mse"] as? Double)
        #expect(inPlace[1] as NSDictionary == together[5] as NSDictionary)
    }

    @Test(arguments: ["moment", "units/supervised"])
    func familiesThatFillInPlace(_ folder: String) throws {
        for task in ["imputation", "anomaly"] {
            let rows = try results(folder, ["--task", task, "--context", "64"])
            #expect(rows.contains { $0["baseline"] as? Bool == true })
            #expect(rows.allSatisfy { $0["mse"] as? Double ?? -1 > 0 }, "\(folder) \(task)")
        }
    }

    @Test func labelledAnomaliesAreRanked() throws {
        // A sine with a burst at rows 700 to 704 (1-based in the name), 400 rows to train on.
        var values = (0..<900).map { sin(Double($0) * 2 * .pi / 16) }
        for row in 699..<704 { values[row] += row % 2 == 0 ? 8 : -8 }
        let name = "001_UCR_Anomaly_burst_400_700_704.txt"
        try scratch.write(name, values.map { "\($0)\n" }.joined())
        let rows = try results(
            "timer",
            [
                "--data", scratch.path(name), "--task", "anomaly", "--context", "64", "--season", "16", "--thresholds",
                "top:2,quantile:0.9",
            ])
        #expect(rows.count == 2 * 2 * 4)
        for row in rows {
            // The value before, or a period before, is wrong for the token after the burst, too.
            let isExact = ["pretrained", "window mean"].contains(row["name"] as? String)
            #expect((1...(isExact ? 1 : 2)).contains(row["rank"] as? Int ?? 0), "\(row)")
            #expect(row["recall"] as? Double == 1)
        }
        // 500 test rows: 62 tokens of 8; six a window but for its first and last patch. The burst lies in token 37 alone.
        let tokens = rows.filter { $0["unit"] as? String == "token" && $0["threshold"] as? String == "top 2 %" }
        #expect(tokens.count == 4 && tokens.allSatisfy { $0["units"] as? Int == 62 && $0["flagged"] as? Int == 2 })
        #expect(tokens.allSatisfy { $0["precision"] as? Double == 0.5 })
        let windows = rows.filter { $0["unit"] as? String == "window" }
        #expect(windows.allSatisfy { $0["units"] as? Int == 11 })
        let scored = try results(
            "timer",
            [
                "--data", scratch.path(name), "--task", "anomaly", "--context", "64", "--thresholds", "top:2,top:5",
                "--scores",
            ])
        #expect(
            scored.map { ($0["scores"] as? [[Double]])?.count } == [
                62, 62, 62, 62, nil, nil, nil, nil, 11, 11, 11, 11, nil, nil, nil, nil,
            ])
        let scores = try #require(scored[0]["scores"] as? [[Double]])
        #expect(scores.first?[0] == 400 && scores.last?[0] == 400 + 61 * 8)
        #expect(scores.max { $0[1] < $1[1] }?[0] == 696, "the burst begins at row 699")
        let mean = scores.map { $0[1] }.reduce(0, +) / 62
        #expect(abs(mean - (scored[0]["mse"] as? Double ?? .nan)) < 1e-9 * mean)
        // Validation rows are part of the first 400, not of the test stretch: no anomaly is among them.
        let validation = try results(
            "timer", ["--data", scratch.path(name), "--task", "anomaly", "--context", "64", "--split", "val"])
        #expect(validation.allSatisfy { $0["rank"] == nil && $0["precision"] == nil && $0["flagged"] != nil })
        #expect(validation.contains { $0["units"] as? Int == 10 }, "80 rows")
    }

    @Test(arguments: ["chronos_bolt", "timesfm/v2.0_hf", "timesfm25", "moirai", "chronos_t5", "sundial"])
    func distributionsAreScored(_ folder: String) throws {
        let options = ["--context", "32", "--windows", "6", "--season", "7", "--horizon", "12"]
        let rows = try results(folder, options)
        for row in rows {
            #expect(row["crps"] as? Double ?? -1 > 0 && row["wql"] as? Double ?? -1 > 0, "\(folder): \(row)")
        }
        // A forecast without spread has its absolute error as CRPS.
        for row in rows.dropFirst() {
            let (crps, mae) = (row["crps"] as? Double ?? .nan, row["mae"] as? Double ?? .nan)
            #expect(abs(crps - mae) < 1e-9 * mae)
        }
        if folder == "moirai" {
            // Its draws come from a stream per window.
            #expect(rows as NSArray == (try results(folder, options + ["--threads", "1"])) as NSArray)
        }
        #expect(try results("timer", ["--windows", "3"]).allSatisfy { $0["crps"] == nil })
    }
}

/// What fine-tuning asks of an evaluation: many weights, every split, one reading of the data.
@Suite struct TaskEvaluationTests {
    private func timer() throws -> PretrainedModel {
        try PretrainedModel(Program.fixtures.appendingPathComponent("ltsm/timer/model.safetensors"))
    }

    private func dataset() throws -> Dataset {
        try Dataset(
            Series(
                names: ["a", "b"],
                columns: [(0..<500).map { sin(Double($0) / 7) }, (0..<500).map { cos(Double($0 * $0)) }]))
    }

    @Test(arguments: ForecastingTask.allCases)
    func manyWeightsAndSplits(_ task: ForecastingTask) throws {
        let found = try timer()
        var request = EvaluationRequest(task: task, context: 32, horizons: [8, 16], season: 7)
        (request.maskRates, request.thresholds, request.workers) = ([0.25], [.top(percent: 3)], 2)
        let evaluation = try request.evaluation(of: found.model, on: dataset())
        let weights = try found.weights(dtype: .float32)
        let other = weights.with(flat: try weights.flat * 0.5)
        func values(_ rows: [EvaluationRow]) -> [[Metric: Double]] { rows.map(\.metrics) }
        var seen: Set<Int> = []
        for split in Split.allCases {
            let first = try evaluation.rows(of: weights, called: "a", split: split)
            let second = try evaluation.rows(of: other, called: "b", split: split)
            let again = try evaluation.rows(of: weights, called: "a", split: split)
            #expect(values(first) == values(again), "the same weights have the same errors, whatever came between")
            #expect(zip(first, second).allSatisfy { $0[.mse] != $1[.mse] })
            #expect(first.allSatisfy { $0.split == split && $0.who == "a" && !$0.isBaseline })
            #expect(try evaluation.baselines(split: split).allSatisfy { $0.isBaseline && $0[.mse].isFinite })
            seen.insert(first[0].windows)
        }
        #expect(seen.count == 3)
    }

    @Test(
        "the naive figures of the published protocol",
        .enabled(if: Program.hasSharedData, "needs ../shared/data beside the package"))
    func publishedProtocol() throws {
        let model = try timer().model
        func naive(_ name: String, season: Int, borders: BorderScheme = .automatic) throws -> [String] {
            let series = try CSVReader().read(Program.shared.appendingPathComponent("data/\(name)").path)
            let request = EvaluationRequest(context: 672, horizons: [96], season: season)
            let evaluation = try request.evaluation(of: model, on: Dataset(series, borders: borders))
            return try evaluation.baselines(split: .test).map { String(format: "%.3f", $0[.mse]) }
        }
        #expect(try naive("ETTh1.csv", season: 24) == ["1.294", "0.512"])
        #expect(try naive("ETTm1.csv", season: 96) == ["1.214", "0.423"])
        #expect(try naive("ETTm1.csv", season: 96, borders: .sffPublished)[0] == "1.463")
        #expect(try naive("exchange_rate.csv", season: 7)[0] == "0.081")
    }
}
