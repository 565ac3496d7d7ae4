import ArgumentParser
import Checkpoints
import Forecasters
import Foundation
import Landscape
import Networks
import Tensor
import TimeSeries

/// The model and windows that every benchmark works on: a folder with config.json, model.safetensors and
/// windows.safetensors, which the peers read as well.
struct Workload: ParsableArguments {
    @Argument(help: "The folder that 'prepare' filled.") var folder: String
    @Option(help: "float32, float64 or bfloat16.") var precision = "float32"
    @Option(help: "Windows per batch.") var batch = 128
    @Option(help: "Threads.") var threads = 2

    func validate() throws {
        guard ["float32", "float64", "bfloat16"].contains(precision) else {
            throw ValidationError("--precision must be float32, float64 or bfloat16.")
        }
    }

    var dtype: DType { precision == "float64" ? .float64 : precision == "bfloat16" ? .bfloat16 : .float32 }

    /// The model, its weights and the windows.
    func read() throws -> (model: any Forecaster, weights: Weights, windows: Tensor) {
        try Runtime.configureForIndependentWorkers()
        let url = URL(fileURLWithPath: folder)
        let found = try PretrainedModel(url)
        let windows = try readWindows(url.appendingPathComponent("windows.safetensors")).to(dtype)
        return (found.model, try found.weights(dtype: dtype), windows)
    }

    /// The objective and the point to study.
    func load() throws -> (objective: Objective, point: Tensor) {
        let (model, weights, windows) = try read()
        let context = model.defaultContext(for: .forecast)
        let loss = try ForecastLoss(
            model: model, task: .forecast, kind: .native, windows: windows, context: context, batchSize: batch,
            describe: { "window \($0)" })
        let objective = try Objective(loss, buffers: weights.buffers, dtype: dtype, workers: threads)
        return (objective, weights.flat)
    }
}

/// The tensor `windows` of a file.
private func readWindows(_ url: URL) throws -> Tensor {
    let file = try Checkpoint(url)
    let bytes = try file.read("windows")
    return try bytes.withUnsafeBytes { try Tensor(bytes: $0, dtype: .float32, shape: file.entry("windows")!.shape) }
}

/// Writes the windows.
struct PrepareBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare", abstract: "Write 256 windows of a series beside a checkpoint.")

    @Argument(help: "The folder with the checkpoint.") var folder: String
    @Argument(help: "The series.") var data: String
    @Option(help: "Windows.") var windows = 256

    func run() throws {
        let url = URL(fileURLWithPath: folder)
        let model = try PretrainedModel(url).model
        let dataset = try Dataset(try CSVReader().read(data), borders: BorderScheme("auto"))
        let context = model.defaultContext(for: .forecast)
        let chosen = try dataset.windows(
            .test, context: context, horizon: model.patchLength, selection: .random(count: windows, seed: 0))
        let values = try chosen.values(0..<chosen.count).map(Float.init)
        try SafetensorsWriter.write(
            [
                SafetensorsWriter.Item(name: "windows", type: .float32, shape: [chosen.count, chosen.length]) {
                    values.withUnsafeBytes { Array($0) }
                }
            ], to: url.appendingPathComponent("windows.safetensors"), overwrite: true)
        try report(["task": "prepare", "windows": chosen.count, "length": chosen.length])
    }
}
