import Checkpoints
import Forecasters
import Foundation
import Landscape
import Networks
import Smoothing
import Tensor
import TimeSeries
import Training

/// One fine-tuning of a model on a series: its windows, its training, its stored state.
struct FineTuneRun {
    let workspace: Workspace
    let strategy: Strategy
    let settings: TrainingSettings
    let ratio: Double
    let training: TrainingWindows
    let validation: TrainingWindows
    let validationKind: LossKind
    let weights: VariantWeights
    let fineTuning: FineTuning
    private let auxiliaryHash: String?
    private let excluded: ParameterFilter

    /// What a training gives.
    struct Outcome {
        /// θ: the best by validation.
        let θ: Tensor
        let history: [FineTuning.History]
        /// The validation error of θ.
        let validationLoss: Double
        /// Seconds of this process.
        let seconds: Double
    }

    /// - Parameters:
    ///   - workspace: model, weights and data; its windows are not used.
    ///   - seed: of the draws: θ₂, heads, noise on weights. The order of windows has the seed of `settings`.
    ///   - selection: of training windows, before the ratio.
    init(
        _ workspace: Workspace, _ strategy: Strategy, _ settings: TrainingSettings, ratio: Double, seed: UInt64,
        selection: WindowSelection, validationStride: Int, auxiliary: AuxiliaryWeights?, excluded: ParameterFilter,
        workers: Int
    ) throws {
        self.workspace = workspace
        self.strategy = strategy
        self.ratio = ratio
        self.excluded = excluded
        auxiliaryHash = auxiliary?.hash
        guard workspace.dtype == .float32 || workspace.dtype == .float64 else {
            throw Exit.Failure(.usage, "--precision \(workspace.dtype): training needs float32 or float64")
        }
        let model = workspace.model
        validationKind = FineTuneRun.validationKind(workspace)
        let joint = model.channels > 1
        func windows(_ split: Split, _ selection: WindowSelection) throws -> WindowSet {
            try workspace.dataset.windows(
                split, context: workspace.context, horizon: workspace.horizon, selection: selection, joint: joint,
                reachingBack: split == .validation)
        }
        let all = try windows(.train, selection)
        let chosen = ratio < 1 ? all.selecting(WindowOrder.evenly(all.count, ratio: ratio)) : all
        training = TrainingWindows(chosen, workspace, kind: workspace.loss, seed: settings.seed)
        // Validation has the same masks and numbers whatever the training's seed.
        validation = TrainingWindows(
            try windows(.validation, validationStride > 1 ? .stride(validationStride) : .all), workspace,
            kind: validationKind, seed: workspace.seed)
        weights = try VariantWeights(
            model: model, pretrained: workspace.pretrained, auxiliary: auxiliary?.flat, excluded: excluded, seed: seed)
        Runtime.threadsOfVectors = workers
        let objective = TrainingObjective(
            model: model, task: workspace.task, kind: workspace.loss, validationKind: validationKind,
            buffers: try workspace.pretrained.buffers.map { try $0.to(workspace.dtype, device: workspace.device) },
            workers: workers)
        fineTuning = try FineTuning(
            strategy, weights: weights, objective: objective, settings: settings, training: training,
            validation: validation, device: workspace.device, shouldStop: { Interrupt.isRequested })
        self.settings = fineTuning.settings
    }

    /// The mean squared error where the model has it, as the published code chooses weights, and else the training's own loss (Chronos-T5).
    private static func validationKind(_ workspace: Workspace) -> LossKind {
        do {
            try workspace.model.validate(
                task: workspace.task, loss: .mse, context: workspace.context, horizon: workspace.horizon)
            return .mse
        } catch { return workspace.loss }
    }

    /// The validation error of weights.
    func validationLoss(_ θ: Tensor) throws -> Double {
        do {
            return try fineTuning.objective.validationLoss(
                at: θ, validation, batch: 2 * settings.microBatch, shouldStop: { Interrupt.isRequested })
        } catch TrainingError.interrupted { throw LandscapeError.interrupted }
    }

    /// Trains, or goes on where a former process stopped.
    ///
    /// - Parameters:
    ///   - state: the file for the state, which this call may read and writes from time to time; `nil` to keep none.
    ///   - snapshots: a folder for θ every so many steps.
    ///   - title: of the progress.
    func train(
        state file: URL?, snapshots: (folder: URL, every: Int)? = nil, title: String
    ) throws -> Outcome {
        let begun = Stopwatch()
        guard strategy.isTrained else {
            let θ = try fineTuning.start()
            return Outcome(
                θ: θ, history: [], validationLoss: try validationLoss(θ), seconds: begun.elapsed)
        }
        let fingerprint = try fingerprint()
        var progress =
            if let file, FileManager.default.fileExists(atPath: file.path) {
                try fineTuning.restore(from: file, fingerprint: fingerprint)
            } else { try fineTuning.begin() }
        let bar = Log.Progress(title, total: fineTuning.totalSteps, done: progress.step)
        if let snapshots, progress.step == 0 { try snapshot(progress, in: snapshots.folder) }
        var stored = Stopwatch()
        var lastGood: String?
        func store(_ progress: FineTuning.Progress) throws {
            guard let file else { return }
            try fineTuning.store(progress, fingerprint: fingerprint, to: file)
            lastGood = file.path
            stored = Stopwatch()
        }
        do {
            let (θ, history) = try fineTuning.run(&progress) { event, progress in
                switch event {
                case .step:
                    bar.set(progress.step)
                    if let snapshots, progress.step.isMultiple(of: snapshots.every) {
                        try snapshot(progress, in: snapshots.folder)
                    }
                    // A state with weights that are none would be of no use.
                    if stored.elapsed > 30, try progress.training.φ.isFinite { try store(progress) }
                case .epoch:
                    let epoch = progress.training.epochs.last!
                    Log.info(
                        "\(title), epoch \(epoch.number): training \(Log.number(epoch.trainingLoss)), validation \(Log.number(epoch.validationLoss ?? .nan)), learning rate \(Log.number(epoch.learningRate))"
                    )
                    try store(progress)
                }
            }
            let best = history.last.flatMap { last in last.bestEpoch.map { last.epochs[$0 - 1].validationLoss! } }
            return Outcome(
                θ: θ, history: history, validationLoss: try best ?? validationLoss(θ),
                seconds: begun.elapsed)
        } catch TrainingError.interrupted {
            try store(progress)
            throw LandscapeError.interrupted
        } catch TrainingError.diverged(let what, let step, let epoch, let rate, _) {
            throw TrainingError.diverged(
                what: what, step: step, epoch: epoch, learningRate: rate,
                lastGood: lastGood ?? file.flatMap { FileManager.default.fileExists(atPath: $0.path) ? $0.path : nil })
        }
    }

    private func snapshot(_ progress: FineTuning.Progress, in folder: URL) throws {
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw Exit.Failure(.cannotCreate, "\(folder.path): cannot be created: \(error.localizedDescription)")
        }
        let url = folder.appendingPathComponent(String(format: "step-%07d.safetensors", progress.step))
        try workspace.pretrained.with(flat: try fineTuning.current(progress)).write(
            to: url, model: workspace.model, metadata: ["step": String(progress.step), "strategy": strategy.name],
            overwrite: true)
    }

    /// What decides about every bit of the result.
    func fingerprint() throws -> String {
        let object: [String: Any] = [
            "algorithm": 1, "configuration": configuration(),
            "sha256": [
                "weights": workspace.weightsHash, "data": workspace.dataHash, "auxiliary": auxiliaryHash ?? "",
            ],
            "libtorch": Runtime.version, "onednn": Runtime.usesOneDNN,
        ]
        return SHA256.hash(of: Array(try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])))
    }

    /// The settings in words and numbers, without paths.
    func configuration() -> [String: Any] {
        var object: [String: Any] = [
            "family": workspace.model.family, "architecture": workspace.model.architecture,
            "strategy": strategy.name, "task": workspace.task.rawValue, "loss": workspace.loss.rawValue,
            "validation_loss": validationKind.rawValue, "training_windows": training.windows.description,
            "validation_windows": validation.windows.description, "ratio": ratio,
            "data_scaling": workspace.dataset.provenance, "columns": workspace.dataset.series.names,
            "precision": workspace.dtype.description, "device": workspace.device.description,
            "epochs": settings.epochs, "batch": settings.batch, "micro_batch": settings.microBatch,
            "learning_rate": settings.learningRate, "schedule": settings.schedule.name,
            "optimizer": settings.optimizer.isDecoupled ? "adamw" : "adam",
            "weight_decay": settings.optimizer.weightDecay, "seed": String(weights.seed),
            "training_seed": String(settings.seed), "exclude": excluded.terms,
        ]
        if let steps = settings.maximumSteps { object["steps"] = steps }
        if let clip = settings.clip { object["clip"] = clip }
        if let patience = settings.patience { object["patience"] = patience }
        if workspace.task == .imputation { object["mask_rate"] = workspace.maskRate }
        return object
    }
}

extension EvaluationRequest {
    /// How fine-tuned weights are measured: the task, windows and masks as they were trained for.
    ///
    /// - Parameters:
    ///   - horizons: those of the training when absent.
    ///   - stride: every so many windows count.
    init(testing workspace: Workspace, horizons: [Int]?, season: Int, stride: Int, seed: UInt64, workers: Int) {
        self.init(
            task: workspace.task, context: workspace.context,
            horizons: workspace.task == .forecast ? horizons ?? [workspace.horizon] : [],
            maskRates: [workspace.maskRate], loss: workspace.loss, season: season,
            selection: stride > 1 ? .stride(stride) : .all, seed: seed, dtype: workspace.dtype,
            device: workspace.device, workers: workers)
    }
}
