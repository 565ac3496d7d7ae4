import Archive
import ArgumentParser
import Forecasters
import Foundation
import Landscape
import Networks
import Reports
import Smoothing
import Tensor
import TimeSeries

/// Trains a small model on generated series: how the embedded checkpoint is made.
struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain", abstract: "Train a small Timer from scratch on generated series.",
        discussion: """
            Writes model.safetensors, config.json and pretraining.json (settings and losses) into a folder, and with --series a CSV of another \
            regime to study the model on. The same options give the same files.
            """)

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The folder to write into.", valueName: "folder"),
        completion: .directory)
    var output: String

    @Option(help: ArgumentHelp("Points per token.", valueName: "n"))
    var patch: Int = 12

    @Option(help: ArgumentHelp("Width of the model.", valueName: "n"))
    var width: Int = 32

    @Option(help: ArgumentHelp("Width of the feed-forward layers.", valueName: "n"))
    var feedForward: Int = 64

    @Option(help: ArgumentHelp("Blocks.", valueName: "n"))
    var layers: Int = 2

    @Option(help: ArgumentHelp("Attention heads.", valueName: "n"))
    var heads: Int = 4

    @Option(help: ArgumentHelp("Tokens of context.", valueName: "n"))
    var tokens: Int = 8

    @Option(help: ArgumentHelp("Generated series to train on.", valueName: "n"))
    var seriesCount: Int = 512

    @Option(help: ArgumentHelp("Points of each series.", valueName: "n"))
    var length: Int = 1024

    @Option(help: ArgumentHelp("Gradient steps.", valueName: "n"))
    var steps: Int = 3000

    @Option(help: ArgumentHelp("Windows per step.", valueName: "n"))
    var batch: Int = 64

    @Option(help: ArgumentHelp("Learning rate.", valueName: "rate"))
    var learningRate: Double = 1e-3

    @Option(help: ArgumentHelp("Seed of everything.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Also write a downstream series to this CSV.", valueName: "csv"), completion: .table)
    var series: String?

    @Option(help: ArgumentHelp("Points of the downstream series.", valueName: "n"))
    var seriesLength: Int = 4000

    @Option(help: ArgumentHelp("Channels of the downstream series.", valueName: "n"))
    var seriesChannels: Int = 3

    @Flag(help: "Replace existing files.")
    var overwrite = false

    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        let counts = [
            ("patch", patch), ("width", width), ("feed-forward", feedForward), ("layers", layers), ("heads", heads),
            ("tokens", tokens), ("series-count", seriesCount), ("steps", steps), ("batch", batch),
        ]
        for (name, value) in counts where value < 1 { throw ValidationError("--\(name) must be at least 1.") }
        if width % heads != 0 { throw ValidationError("--heads must divide --width.") }
        if length < patch * (tokens + 1) {
            throw ValidationError("--length must hold one window of \(patch * (tokens + 1)) points.")
        }
        if !(learningRate > 0) { throw ValidationError("--learning-rate must be positive.") }
    }

    func run() throws {
        Log.setQuiet(quiet)
        Interrupt.install()
        print(try make())
    }

    /// Trains and writes; returns a line for people.
    func make() throws -> String {
        let folder = URL(fileURLWithPath: output)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch { throw Exit.Failure(.cannotCreate, "\(output): cannot be created: \(error.localizedDescription)") }
        let weightsURL = folder.appendingPathComponent("model.safetensors")
        try OutputFile.requireWritable(weightsURL.path, overwriting: overwrite)

        let context = patch * tokens
        let model = try TimerForecaster(
            TimerForecaster.Configuration(
                patchLength: patch, width: width, feedForwardWidth: feedForward, layers: layers, heads: heads,
                positions: 4 * tokens, contextLength: context, horizon: patch))
        // Windows begin every half context; a longer stride would waste series, a shorter one repeats itself.
        let generated = try SyntheticSeries(seed: seed, regime: .pretraining).series(length: length, count: seriesCount)
        var values: [Float] = []
        var count = 0
        for one in generated {
            for start in stride(from: 0, through: length - context - patch, by: max(1, context / 2)) {
                values += one[start..<(start + context + patch)].map { Float($0) }
                count += 1
            }
        }
        let windows = try Tensor(values, shape: [count, context + patch])
        let settings = Pretraining.Settings(
            steps: steps, batch: batch, learningRate: learningRate, warmup: min(100, steps / 10 + 1), seed: seed)
        let progress = Log.Progress("training", total: steps)
        var losses: [Double] = []
        let weights = try Pretraining(model: model, settings: settings).run(windows: windows, context: context) {
            step, loss in
            if Interrupt.isRequested { throw LandscapeError.interrupted }
            losses.append(loss)
            progress.set(step + 1)
        }
        let tail = losses.suffix(100)
        let final = tail.reduce(0, +) / Double(tail.count)
        try weights.write(
            to: weightsURL, model: model,
            metadata: ["format": "pt", "made_by": "landscape \(Version.number) pretrain", "seed": String(seed)],
            overwrite: overwrite)
        try WholeFile.write(
            Data(try model.configurationJSON().utf8), to: folder.appendingPathComponent("config.json").path)
        let record: [String: Any] = [
            "command": "landscape " + CommandLine.arguments.dropFirst().joined(separator: " "), "windows": count,
            "first_loss": losses.first ?? 0, "final_loss_mean_100": final, "parameters": model.layout.count,
        ]
        try WholeFile.write(
            JSONSerialization.data(
                withJSONObject: record, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]),
            to: folder.appendingPathComponent("pretraining.json").path)
        if let series {
            let table = try SyntheticSeries(seed: seed, regime: .downstream).table(
                length: seriesLength, channels: seriesChannels)
            try CSVWriter(decimals: 5).write(table, to: series, overwrite: overwrite)
        }
        return
            "\(weightsURL.path): \(model.layout.count) parameters, \(count) windows, loss \(Number.text(losses.first ?? .nan)) → \(Number.text(final))"
    }
}
