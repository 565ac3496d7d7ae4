import Reports
import ArgumentParser
import Forecasters
import Foundation
import Landscape
import Networks
import Smoothing
import Tensor
import TimeSeries

/// Forecast metrics beside the baselines.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Forecast metrics beside naive and seasonal-naive forecasts.",
        discussion: "Without --stride and --windows every window of the split counts.")

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Machine") var machine: MachineOptions

    @Option(help: ArgumentHelp("Weights to evaluate, as in 'landscape probe'.", valueName: "list"))
    var variants: String = "pretrained"

    @Option(help: ArgumentHelp("Period of the seasonal-naive forecast, in points.", valueName: "points"))
    var season: Int = 24

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        if data.task != .forecast {
            throw ValidationError("landscape evaluate measures forecasts; --task must be forecast.")
        }
        if season < 1 { throw ValidationError("--season must be at least 1.") }
    }

    func run() throws {
        Log.setQuiet(quiet)
        Interrupt.install()
        let chosen = try Variant.list(variants)
        let workspace = try Workspace(model, data, machine, selectAll: true)
        let windows = workspace.windows
        let rows = workspace.dataset.borders.rows(of: .train)
        let scale = try NaiveError.perChannel(windows.series, rows: rows, period: min(season, rows.count - 1))
        let weights = try VariantWeights(model: workspace.model, pretrained: workspace.pretrained, seed: machine.seed)
        var results: [(name: String, metrics: ForecastMetrics)] = []
        for variant in chosen {
            results.append(
                (variant.name, try evaluate(workspace, θ: weights.flat(variant), title: variant.name, scale: scale)))
        }
        results.append(("naive", try Baseline.naive.metrics(over: windows, naiveErrors: scale)))
        if season <= workspace.context {
            let baseline = Baseline.seasonalNaive(period: season)
            results.append((baseline.description, try baseline.metrics(over: windows, naiveErrors: scale)))
        } else {
            Log.warning(
                "no seasonal-naive forecast: the season of \(season) points is longer than the context of \(workspace.context)"
            )
        }
        if json {
            let list = results.map { name, m -> [String: Any] in
                func number(_ value: Double) -> Any { value.isFinite ? value : NSNull() }
                return [
                    "name": name, "mse": number(m.mse), "mae": number(m.mae), "rmse": number(m.rmse),
                    "mape": number(m.mape),
                    "mspe": number(m.mspe), "mase": number(m.mase),
                ]
            }
            let object: [String: Any] = [
                "schema": "landscape-evaluate/1", "windows": windows.count, "context": workspace.context,
                "horizon": workspace.horizon, "split": data.split.rawValue, "results": list,
            ]
            let encoded = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys])
            print(String(decoding: encoded, as: UTF8.self))
        } else {
            var table = [["", "MSE", "MAE", "RMSE", "MAPE", "MASE"]]
            for (name, m) in results {
                table.append([name] + [m.mse, m.mae, m.rmse, m.mape, m.mase].map(Number.text))
            }
            print(Table.text(table))
            print(
                "\(windows.count) windows of \(workspace.dataPath), \(data.split.rawValue) split, context \(workspace.context), horizon \(workspace.horizon), standardised by the train rows"
            )
        }
    }

    private func evaluate(_ workspace: Workspace, θ: Tensor, title: String, scale: [Double]) throws -> ForecastMetrics {
        let windows = workspace.windows
        let parameters = Parameters(
            tensors: try workspace.model.layout.views(of: θ), buffers: workspace.pretrained.buffers)
        let forecasts = BatchedForecast(model: workspace.model, horizon: workspace.horizon)
        // What is held in memory at once.
        let size = 32 * forecasts.batchSize
        let progress = Log.Progress("\(title) forecasts", total: windows.count)
        var metrics = ForecastMetrics()
        for start in stride(from: 0, to: windows.count, by: size) {
            if Interrupt.isRequested { throw LandscapeError.interrupted }
            let range = start..<min(start + size, windows.count)
            let context = try workspace.windowTensor(range).narrowed(-1, from: 0, count: workspace.context)
            let noise = try workspace.noise(.mse, windows: range)
            let forecast = try forecasts(context, noise: noise, parameters, workers: machine.workers)
                .array(of: Float.self)
            try forecast.withUnsafeBufferPointer {
                try metrics.add(predictions: $0, of: windows, range: range, naiveErrors: scale)
            }
            progress.set(range.upperBound)
        }
        return metrics
    }
}
