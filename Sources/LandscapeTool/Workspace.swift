import Checkpoints
import Forecasters
import Foundation
import Landscape
import Networks
import Tensor
import TimeSeries

/// The model, its weights and the windows that a verb works on.
struct Workspace {
    let model: any Forecaster
    let pretrained: ReleasableWeights
    let weightsPath: String
    let weightsHash: String
    let dataset: Dataset
    let windows: WindowSet
    let dataPath: String
    let dataHash: String
    let task: ForecastingTask
    let loss: LossKind
    let context: Int
    let horizon: Int
    let batch: Int
    let maskRate: Double
    let choices: ModelChoices
    let dtype: DType
    let device: Device
    let seed: UInt64

    /// Windows drawn when neither --stride nor --windows is given.
    static let defaultWindows = 256

    init(_ modelOptions: ModelOptions, _ data: DataOptions, _ machine: MachineOptions, selectAll: Bool = false) throws {
        dtype = machine.precision.dtype
        device = try machine.resolvedDevice()
        seed = machine.seed
        task = data.task
        loss = data.loss
        maskRate = data.maskRate

        try data.requireSingleValues()
        let files = try InputFiles(modelOptions, data)
        let stamps = InputStamps([files.weights.path, files.data.path])
        let found = try files.model(modelOptions, for: data.task)
        model = found.model
        weightsPath = files.weightsPath
        choices = modelOptions.choices
        context = data.context ?? model.defaultContext(for: data.task)
        horizon = data.horizon ?? (data.task == .forecast ? model.defaultHorizon : 0)
        try model.validate(task: data.task, loss: data.loss, context: context, horizon: horizon)

        dataPath = files.dataPath
        dataset = try files.dataset(data, for: model)
        let joint = model.channels > 1
        let all = try dataset.windows(data.split, context: context, horizon: horizon, joint: joint)
        if let stride = data.stride {
            windows = try dataset.windows(
                data.split, context: context, horizon: horizon, selection: .stride(stride),
                joint: joint)
        } else if selectAll && data.windows == nil {
            windows = all
        } else {
            let wanted = data.windows ?? min(Workspace.defaultWindows, all.count)
            windows =
                wanted == all.count
                ? all
                : try dataset.windows(
                    data.split, context: context, horizon: horizon,
                    selection: .random(count: wanted, seed: machine.seed), joint: joint)
        }
        // A function of the windows alone: how they are spread over threads must not change a bit.
        batch = data.batch ?? max(1, min(32, (windows.count + 3) / 4))

        // The weights come last: they are the most expensive to read.
        pretrained = try ReleasableWeights(name: weightsPath) { [dtype] in try found.weights(dtype: dtype) }
        weightsHash = try found.checkpoint.sha256()
        dataHash = try SHA256.hash(of: files.data)
        try stamps.requireUnchanged()
    }

    /// Windows `[n, L + H]`, or `[n, C, L + H]` for models that read channels together, in the precision of the run.
    func windowTensor(_ range: Range<Int>) throws -> Tensor {
        try Tensor(try windows.values(range), shape: shape(range.count, windows.length)).to(dtype, device: device)
    }

    /// The variance of the values that the loss compares with, in the scaling of the data: an error of this size is that of the mean.
    func targetVariance() throws -> Double { try windows.variance(ofLast: horizon > 0 ? horizon : context) }

    private func shape(_ count: Int, _ length: Int) -> [Int] {
        windows.width == 1 ? [count, length] : [count, windows.width, length]
    }

    /// The loss on the chosen windows.
    func makeLoss(limit: Int? = nil) throws -> ForecastLoss {
        let windows = self.windows
        let count = limit.map { min($0, windows.count) } ?? windows.count
        let used = try windowTensor(0..<count)
        var mask: Tensor?
        if task == .imputation {
            let rule = try ImputationMask(rate: maskRate, patch: model.patchLength, seed: seed)
            var values = [Float](repeating: 1, count: count * windows.width * context)
            try values.withUnsafeMutableBufferPointer { try rule.fill(0..<count, of: windows, into: $0) }
            mask = try Tensor(values, shape: shape(count, context)).to(dtype, device: device)
        }
        let noise = try noise(loss, windows: 0..<count)
        return try ForecastLoss(
            model: model, task: task, kind: loss, windows: used, context: context, mask: mask, noise: noise,
            batchSize: batch,
            describe: { index in
                let place = windows.place(of: index)
                let channel = windows.width == 1 ? "channel '\(windows.series.names[place.channel])', " : ""
                return "window \(index) (\(channel)row \(place.start))"
            })
    }

    /// Fixed random numbers of some windows, for models that draw some.
    func noise(_ kind: LossKind, windows range: Range<Int>) throws -> WindowNoise? {
        let requirement = model.noise(task: task, loss: kind, context: context, horizon: horizon)
        guard requirement != .none else { return nil }
        return try WindowNoise(
            requirement, keys: range.map { windows.key(of: $0) }, seed: seed, dtype: dtype, device: device)
    }

    func makeObjective(workers: Int, limit: Int? = nil, ranks: RankGroup? = nil) throws -> Objective {
        // Work on long vectors between evaluations takes as many threads.
        Runtime.threadsOfVectors = workers
        return try Objective(
            makeLoss(limit: limit), buffers: pretrained.buffers, dtype: dtype, device: device, workers: workers,
            ranks: ranks, shouldStop: { Interrupt.isRequested })
    }
}
