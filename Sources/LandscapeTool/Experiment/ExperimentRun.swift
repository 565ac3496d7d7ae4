import Archive
import ArgumentParser
import Checkpoints
import Foundation
import Landscape
import Networks
import Smoothing
import Tensor
import TimeSeries
import Training

/// Runs the fine-tunings of an experiment, each a group of the result file with a status for every number.
///
/// Files of trainings in work and made models stand in a folder beside the result, `<output>.work`.
final class ExperimentRun {
    let specification: ExperimentSpecification
    let output: URL
    let workers: Int
    private let device: String
    private let shard: RunShard?
    /// By model and data.
    private var settings: [[Setting]] = []
    /// What the landscape gave at a start, for cells that begin there too.
    private var known: [String: [String: Measured]] = [:]

    /// A model on a series.
    private struct Setting {
        let workspace: Workspace
        let data: DataOptions
        let training: TrainingOptions
        let evaluation: any TaskEvaluation
        let baselines: [EvaluationRow]
        /// Names of the test metrics, in the order of the file.
        let metrics: [(path: String, title: String)]
    }

    private struct Measured {
        var value = Double.nan
        var standardError = Double.nan
        var isDefined = true
    }

    init(_ specification: ExperimentSpecification, output: URL, workers: Int, device: String, shard: RunShard?) {
        self.specification = specification
        self.output = output
        self.workers = workers
        self.device = device
        self.shard = shard
    }

    /// What the file holds of a test; the first that there is decides the table's differences.
    private static let metrics: [Metric] = [.rank, .mse, .mae, .mase, .f1]

    /// The place of a metric, without the parts of the setting that it does not depend on.
    private static func path(_ metric: Metric, _ setting: EvaluationSetting) -> String {
        var setting = setting
        if metric == .rank || metric == .mse { setting.threshold = nil }
        if metric == .mse { setting.unit = nil }
        return (["test/\(metric.rawValue)"] + (setting.label.isEmpty ? [] : [setting.label])).joined(separator: "_")
    }

    private var work: URL { URL(fileURLWithPath: output.path + ".work") }

    // MARK: Preparing

    /// Makes models, reads data, and finds mistakes before hours of work.
    func prepare() throws {
        do { try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true) } catch {
            throw Exit.Failure(.cannotCreate, "\(work.path): cannot be created: \(error.localizedDescription)")
        }
        settings = try specification.models.map { model in
            let weights = try weights(of: model)
            return try specification.data.map { series in try setting(model, series, weights) }
        }
        // A strategy that a model cannot follow should be known now.
        for (model, row) in settings.enumerated() {
            for strategy in specification.strategies {
                _ = try fineTuning(
                    ExperimentSpecification.Cell(
                        model: model, data: 0, strategy: strategy, auxiliarySeed: specification.auxiliarySeeds[0],
                        trainingSeed: specification.trainingSeeds[0]), row[0])
            }
        }
    }

    private func weights(of model: ExperimentSpecification.Model) throws -> String {
        if let given = model.weights { return given }
        let options = model.pretraining ?? []
        // The folder's name holds the options, so that a changed file makes another model.
        let key = SHA256.hash(of: Array(options.joined(separator: " ").utf8)).prefix(12)
        let folder = work.appendingPathComponent("models/\(model.name)-\(key)")
        let file = folder.appendingPathComponent("model.safetensors")
        if !FileManager.default.fileExists(atPath: folder.appendingPathComponent("pretraining.json").path) {
            Log.info("making \(model.name): landscape pretrain \(options.joined(separator: " "))")
            let command = try parse(
                PretrainCommand.self, options + ["--output=\(folder.path)", "--overwrite"], "models.\(model.name)")
            Log.info(try command.make())
        }
        return file.path
    }

    private func parse<Options: ParsableArguments>(
        _ type: Options.Type, _ options: [String], _ place: String
    ) throws -> Options {
        do { return try Options.parse(options) } catch {
            throw Exit.Failure(.badData, "\(specification.title): '\(place)': \(Options.message(for: error))")
        }
    }

    private func setting(
        _ model: ExperimentSpecification.Model, _ series: ExperimentSpecification.Data, _ weights: String
    ) throws -> Setting {
        let modelOptions = try parse(
            ModelOptions.self, ["--weights=\(weights)"] + (model.family.map { ["--model=\($0)"] } ?? []),
            "models.\(model.name)")
        let data = try parse(
            DataOptions.self, ["--data=\(series.csv)"] + series.options + specification.windowOptions,
            "data.\(series.name)")
        let training = try parse(TrainingOptions.self, specification.trainingOptions, "training")
        let machine = try parse(
            MachineOptions.self, ["--precision=\(specification.precision)", "--device=\(device)"], "precision")
        let workspace = try Workspace(modelOptions, data, machine, selectAll: true)
        let evaluation = try EvaluationRequest(
            testing: workspace, horizons: series.testHorizons, season: series.season, stride: training.testStride,
            seed: 0, workers: workers
        ).evaluation(of: workspace.model, on: workspace.dataset)
        // What the baselines are measured by, the models are as well.
        let baselines = try evaluation.baselines(split: .test)
        var metrics: [(path: String, title: String)] = []
        for metric in ExperimentRun.metrics {
            for row in baselines where row.metrics[metric] != nil {
                let path = ExperimentRun.path(metric, row.setting)
                guard !metrics.contains(where: { $0.path == path }) else { continue }
                metrics.append((path, "\(metric.title ?? metric.rawValue) on the test windows"))
            }
        }
        return Setting(
            workspace: workspace, data: data, training: training, evaluation: evaluation, baselines: baselines,
            metrics: metrics)
    }

    private func fineTuning(_ cell: ExperimentSpecification.Cell, _ setting: Setting) throws -> FineTuneRun {
        var training = setting.training
        training.trainingSeed = cell.trainingSeed
        let workspace = setting.workspace
        let selection: WindowSelection =
            if let stride = setting.data.stride { .stride(stride) } else if let count = setting.data.windows {
                .random(count: count, seed: workspace.seed)
            } else { .all }
        return try FineTuneRun(
            workspace, cell.strategy, training.settings(batch: setting.data.batch ?? 32, seed: cell.trainingSeed),
            ratio: training.ratio, seed: cell.auxiliarySeed, selection: selection,
            validationStride: training.validationStride, auxiliary: nil, excluded: .none, workers: workers)
    }

    // MARK: Planning

    private static let baselinePrefix = "baseline/"

    /// Everything that the file will hold.
    func plan(command: String) throws -> RunPlan {
        let cells = specification.cells
        var variants = try cells.map { cell -> VariantPlan in
            let setting = settings[cell.model][cell.data]
            var alpha: Double?
            if case .from(let variant) = cell.strategy { alpha = variant.parameter }
            return VariantPlan(
                name: specification.name(cell), kind: cell.strategy.name.split(separator: ":").first.map(String.init)!,
                alpha: alpha, weightsSHA256: setting.workspace.weightsHash,
                parameters: setting.workspace.model.layout.count,
                attributes: [
                    "model": .string(specification.models[cell.model].name),
                    "data": .string(specification.data[cell.data].name), "strategy": .string(cell.strategy.name),
                    "auxiliary_seed": .string(String(cell.auxiliarySeed)),
                    "training_seed": .string(String(cell.trainingSeed)),
                    "configuration_sha256": .string(try fineTuning(cell, setting).fingerprint()),
                ], scalars: scalars(setting))
        }
        for (index, series) in specification.data.enumerated() {
            let setting = settings[0][index]
            for row in setting.baselines {
                let name = "\(ExperimentRun.baselinePrefix)\(series.name)/\(row.who)"
                guard !variants.contains(where: { $0.name == name }) else { continue }
                variants.append(
                    VariantPlan(
                        name: name, kind: "baseline", weightsSHA256: "", parameters: 0,
                        attributes: ["data": .string(series.name), "strategy": .string(row.who)],
                        scalars: setting.metrics.map { ScalarPlan(path: $0.path, longName: $0.title) }))
            }
        }
        // What is measured, beside what is trained, which the configurations hold.
        let measured =
            ["\(specification.landscapeWindows)"]
            + zip(specification.data, settings[0]).map { "\($0.season) \($1.training.testStride)" }
        let fingerprint =
            measured
            + variants.flatMap { variant in
                [variant.name, variant.attributes["configuration_sha256"]?.text ?? ""] + variant.scalars.map(\.path)
            }
        return RunPlan(
            title: specification.title, command: command, seed: 0,
            software: Version.software,
            manifestJSON: try manifest(), fingerprint: SHA256.hash(of: Array(fingerprint.joined(separator: "\n").utf8)),
            attributes: [
                "experiment": 1, "reference": .string(specification.reference.name),
                "landscape_windows": .int(specification.landscapeWindows),
            ], variants: variants, shard: shard)
    }

    private func scalars(_ setting: Setting) -> [ScalarPlan] {
        var scalars = specification.measures.map { name in
            ScalarPlan(
                path: "start/\(name)", longName: "\(name) of the training loss at the start",
                attributes: ["undefined": 0])
        }
        scalars.append(ScalarPlan(path: "start/validation", longName: "validation error at the start"))
        scalars.append(
            ScalarPlan(
                path: "tuned/validation", longName: "validation error of the weights taken",
                attributes: ["steps": 0, "epoch": 0]))
        return scalars + setting.metrics.map { ScalarPlan(path: $0.path, longName: $0.title) }
    }

    private func manifest() throws -> String {
        let configurations = try specification.models.indices.flatMap { model in
            try specification.data.indices.map { series -> [String: Any] in
                let setting = settings[model][series]
                let run = try fineTuning(
                    ExperimentSpecification.Cell(
                        model: model, data: series, strategy: specification.reference,
                        auxiliarySeed: specification.auxiliarySeeds[0], trainingSeed: specification.trainingSeeds[0]),
                    setting)
                return [
                    "model": specification.models[model].name, "data": specification.data[series].name,
                    "pretraining": specification.models[model].pretraining ?? [],
                    "weights": setting.workspace.weightsPath, "csv": setting.workspace.dataPath,
                    "sha256": ["weights": setting.workspace.weightsHash, "data": setting.workspace.dataHash],
                    "reference_configuration": run.configuration(),
                ]
            }
        }
        let object: [String: Any] = [
            "title": specification.title, "settings": configurations, "measures": specification.measures,
            "strategies": specification.strategies.map(\.name),
            "auxiliary_seeds": specification.auxiliarySeeds.map(String.init),
            "training_seeds": specification.trainingSeeds.map(String.init),
            "software": Version.software,
        ]
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    // MARK: Running

    private func owns(_ index: Int) -> Bool { shard.map { index % $0.count == $0.index - 1 } ?? true }

    /// Computes what is pending.
    func run(_ file: RunFile) throws {
        let cells = specification.cells
        let own = cells.indices.filter(owns)
        let progress = Log.Progress("fine-tunings", total: own.count)
        for (done, index) in own.enumerated() {
            if Interrupt.isRequested { throw LandscapeError.interrupted }
            try run(cells[index], file)
            progress.set(done + 1)
        }
        for (index, series) in specification.data.enumerated() where owns(cells.count + index) {
            for (name, rows) in Dictionary(grouping: settings[0][index].baselines, by: \.who) {
                try store(rows, as: "\(ExperimentRun.baselinePrefix)\(series.name)/\(name)", file)
            }
        }
        let names = Set(own.map { specification.name(cells[$0]) })
        let baselines = Set(
            specification.data.indices.filter { owns(cells.count + $0) }.map { specification.data[$0].name })
        try file.complete { item in
            guard case .scalar(let variant, _) = item else { return true }
            guard variant.hasPrefix(ExperimentRun.baselinePrefix) else { return names.contains(variant) }
            return baselines.contains { variant.hasPrefix("\(ExperimentRun.baselinePrefix)\($0)/") }
        }
    }

    /// Several rows may hold the same number, such as the error under different thresholds.
    private func store(_ rows: [EvaluationRow], as name: String, _ file: RunFile) throws {
        var stored: Set<String> = []
        for row in rows {
            for metric in ExperimentRun.metrics where row.metrics[metric] != nil {
                let path = ExperimentRun.path(metric, row.setting)
                guard stored.insert(path).inserted else { continue }
                try file.setScalar(variant: name, path: path, value: row[metric], samples: row.windows)
            }
        }
    }

    private func run(_ cell: ExperimentSpecification.Cell, _ file: RunFile) throws {
        let name = specification.name(cell)
        let setting = settings[cell.model][cell.data]
        func isPending(_ path: String) throws -> Bool {
            try file.scalarStatus(variant: name, path: path) == .pending
        }
        let begun = Stopwatch()
        let pendingMeasures = try specification.measures.filter { try isPending("start/\($0)") }
        let tests = try setting.metrics.contains { try isPending($0.path) }
        let (startPending, tunedPending) = (try isPending("start/validation"), try isPending("tuned/validation"))
        guard !pendingMeasures.isEmpty || startPending || tunedPending || tests else { return }
        let run = try fineTuning(cell, setting)
        if !pendingMeasures.isEmpty || startPending {
            let θ = try run.fineTuning.start()
            if !pendingMeasures.isEmpty {
                let values = try measure(cell, run, θ)
                for measure in pendingMeasures {
                    let found = values[measure] ?? Measured(isDefined: false)
                    try file.setScalar(
                        variant: name, path: "start/\(measure)", value: found.value,
                        standardError: found.standardError, seconds: begun.elapsed,
                        attributes: ["undefined": .int(found.isDefined ? 0 : 1)])
                }
            }
            if startPending {
                try file.setScalar(variant: name, path: "start/validation", value: try run.validationLoss(θ))
            }
        }
        guard tunedPending || tests else { return }
        let state = work.appendingPathComponent("\(try run.fingerprint().prefix(16)).safetensors")
        let outcome: FineTuneRun.Outcome
        do { outcome = try run.train(state: state, title: name) } catch let error as TrainingError {
            guard case .diverged = error else { throw error }
            // One fine-tuning that diverges is a result, not the end of the experiment.
            Log.warning("\(name): \(error)")
            for path in ["tuned/validation"] + setting.metrics.map(\.path) where try isPending(path) {
                try file.setScalar(variant: name, path: path, value: .nan, status: .failed)
            }
            return
        }
        let rows = try setting.evaluation.rows(
            of: setting.workspace.pretrained.with(flat: outcome.θ), called: name, split: .test)
        try store(rows, as: name, file)
        try file.setScalar(
            variant: name, path: "tuned/validation", value: outcome.validationLoss, seconds: outcome.seconds,
            attributes: [
                "steps": .int(outcome.history.reduce(0) { $0 + $1.losses.count }),
                "epoch": .int(outcome.history.last?.bestEpoch ?? 0),
            ])
        try? FileManager.default.removeItem(at: state)
    }

    /// The measures at a start; cells with the same start share them.
    private func measure(
        _ cell: ExperimentSpecification.Cell, _ run: FineTuneRun, _ θ: Tensor
    ) throws -> [String: Measured] {
        let hasNewHead = run.fineTuning.phases.first == .head
        let seed = cell.strategy.isRandomAtStart ? "\(cell.auxiliarySeed)" : ""
        let key = "\(cell.model) \(cell.data) \(cell.strategy.start.name) \(hasNewHead) \(seed)"
        if let found = known[key] { return found }
        let landscape = try StartLandscape(run, windows: specification.landscapeWindows, workers: workers)
        var values: [String: Measured] = [:]
        let point = try landscape.point(at: θ)
        for name in specification.measures {
            if Interrupt.isRequested { throw LandscapeError.interrupted }
            switch name {
            case "loss": values[name] = Measured(value: point.loss.mean, standardError: point.loss.standardError)
            case "gradient_norm": values[name] = Measured(value: point.gradientNorm)
            case "largest_eigenvalue", "smallest_eigenvalue":
                guard values[name] == nil else { continue }
                let ends = try landscape.extremes(at: point)
                values["largest_eigenvalue"] = Measured(value: ends.largest.value, standardError: ends.largest.error)
                values["smallest_eigenvalue"] = Measured(value: ends.smallest.value, standardError: ends.smallest.error)
            case "trace", "trace_to_frobenius":
                guard values[name] == nil else { continue }
                let trace = try landscape.trace(at: θ)
                values["trace"] = Measured(value: trace.trace.value, standardError: trace.trace.standardError)
                values["trace_to_frobenius"] = Measured(
                    value: trace.traceToFrobenius?.value ?? .nan,
                    standardError: trace.traceToFrobenius?.standardError ?? .nan)
            default:
                do {
                    let result = try landscape.sharpness(name, at: point)
                    values[name] = Measured(value: result.value, standardError: result.standardError)
                } catch let error as SharpnessUndefined {
                    Log.info("\(specification.name(cell)): \(name) \(error)")
                    values[name] = Measured(isDefined: false)
                }
            }
        }
        known[key] = values
        return values
    }
}
