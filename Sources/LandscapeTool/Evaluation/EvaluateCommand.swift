import ArgumentParser
import Forecasters
import Foundation
import Networks
import Smoothing
import TimeSeries

extension MaskShape: ExpressibleByArgument {}

/// Errors of a task's published measure, beside baselines.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "A task's metrics (forecast, imputation, anomaly) beside baselines without a model.",
        discussion: """
            Forecasts: MSE, MAE, RMSE, MAPE, MASE, and CRPS and weighted quantile loss where the model forecasts a distribution, \
            beside naive and seasonal-naive forecasts. Several horizons (--horizon 96,192,336,720) are each measured on the \
            windows they would have alone; models whose output is shorter roll out.

            Imputation: errors over hidden points, at every --mask-rate, beside the last visible value, the straight line and \
            the same point of another period.

            Anomaly: reconstruction errors of tokens and windows as scores, the rank of the first that overlaps the label of a \
            UCR archive file, and precision, recall and F1 at --thresholds.

            Without --stride and --windows every window of the split counts. Definitions: docs/tasks.md.
            """)

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Machine") var machine: MachineOptions

    @Option(
        help: ArgumentHelp("Weights to evaluate, as in 'landscape probe'.", valueName: "list"), completion: .variants)
    var variants: String = "pretrained"

    @Option(help: ArgumentHelp("Period of the seasonal baselines, in points.", valueName: "points"))
    var season: Int = 24

    @Option(help: "What imputation hides at once: patch or point.")
    var mask: MaskShape = .patch

    @Option(help: ArgumentHelp("Points of a hidden patch; the model's own patch when absent.", valueName: "points"))
    var maskPatch: Int?

    @Option(
        help: ArgumentHelp(
            "Which anomaly scores are flagged: top:PERCENT of the split, or above quantile:SHARE of the train scores.",
            valueName: "list"))
    var thresholds: String = "top:3,top:10,quantile:0.99"

    @Flag(help: "With --json and --task anomaly, print the score of every token and window too.")
    var scores = false

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        if season < 1 { throw ValidationError("--season must be at least 1.") }
        if let maskPatch, maskPatch < 1 { throw ValidationError("--mask-patch must be at least 1.") }
        if mask == .point && maskPatch != nil {
            throw ValidationError("--mask-patch belongs to --mask patch; points are hidden one by one.")
        }
        if data.task == .forecast && data.loss != .native {
            throw ValidationError("--loss belongs to imputation and anomaly; forecasts are measured by every metric.")
        }
        if data.task != .forecast && data.horizons != nil {
            throw ValidationError("--horizon belongs to --task forecast.")
        }
        if scores && !(json && data.task == .anomaly) {
            throw ValidationError("--scores belongs to --json and --task anomaly.")
        }
        if data.task == .anomaly && (data.stride != nil || data.windows != nil) {
            throw ValidationError(
                "--task anomaly judges every token once; --stride and --windows have no meaning there.")
        }
    }

    func run() throws {
        Log.setQuiet(quiet)
        Interrupt.install()
        let chosen = try Variant.list(variants)
        let device = try machine.resolvedDevice()
        let files = try InputFiles(model, data)
        let stamps = InputStamps([files.weights.path, files.data.path])
        let found = try files.model(model, for: data.task)
        var request = EvaluationRequest(
            task: data.task, context: data.context ?? found.model.defaultContext(for: data.task),
            horizons: data.horizons?.values ?? [found.model.defaultHorizon], season: season,
            selection: data.selection(seed: machine.seed), seed: machine.seed, dtype: machine.precision.dtype,
            device: device, workers: machine.workers)
        (request.maskRates, request.mask, request.maskPatch) = (data.maskRates.values, mask, maskPatch)
        (request.loss, request.keepsScores) = (data.loss, scores)
        request.thresholds = try thresholds.split(separator: ",").map { try AnomalyThreshold(String($0)) }
        guard !request.thresholds.isEmpty else { throw Exit.Failure(.usage, "--thresholds: the list is empty") }
        let dataset = try files.dataset(data, for: found.model)
        let evaluation = try request.evaluation(of: found.model, on: dataset)
        let baselines = try evaluation.baselines(split: data.split)
        let pretrained = try found.weights(dtype: request.dtype)
        try stamps.requireUnchanged()
        let weights = try VariantWeights(model: found.model, pretrained: pretrained, seed: machine.seed)
        let rows = try chosen.flatMap { variant in
            try evaluation.rows(
                of: pretrained.with(flat: weights.flat(variant)), called: variant.name, split: data.split)
        }
        if season > request.context && data.task != .anomaly {
            Log.warning(
                "no seasonal baseline: the season of \(season) points exceeds the context of \(request.context)")
        }
        let document = EvaluationDocument(
            about: [
                "task": request.task.rawValue, "model": found.model.architecture, "weights": files.weightsPath,
                "data": files.dataPath, "borders": "\(dataset.borders)", "columns": dataset.series.names,
                "split": data.split.rawValue, "context": request.context, "season": request.season,
                "selection": "\(request.selection)", "seed": request.seed,
            ], rows: rows + baselines)
        if json {
            print(try document.json())
        } else {
            print(document.text)
            print("\(data.split.rawValue) split of \(files.dataPath); \(evaluation.summary)")
        }
    }
}

extension DataOptions {
    /// The windows asked for; all without --stride and --windows.
    func selection(seed: UInt64) -> WindowSelection {
        if let stride { return .stride(stride) }
        return windows.map { .random(count: $0, seed: seed) } ?? .all
    }
}
