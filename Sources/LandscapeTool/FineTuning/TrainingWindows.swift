import Forecasters
import Tensor
import TimeSeries
import Training

/// Windows of a split as training data.
struct TrainingWindows: TrainingData {
    let windows: WindowSet
    let model: any Forecaster
    let task: ForecastingTask
    let kind: LossKind
    let maskRate: Double
    let seed: UInt64
    let dtype: DType
    let device: Device

    /// - Parameters:
    ///   - kind: the loss that they are for: it decides about random numbers.
    ///   - seed: of masks and random numbers.
    init(_ windows: WindowSet, _ workspace: Workspace, kind: LossKind, seed: UInt64) {
        self.windows = windows
        model = workspace.model
        task = workspace.task
        self.kind = kind
        maskRate = workspace.maskRate
        self.seed = seed
        dtype = workspace.dtype
        device = workspace.device
    }

    var count: Int { windows.count }

    /// Epoch 0 has the draws of the landscape's objective for this seed, later epochs new ones.
    func batch(_ positions: [Int], epoch: Int) throws -> WindowBatch {
        let chosen = windows.selecting(positions)
        let all = 0..<chosen.count
        let seed = self.seed &+ UInt64(epoch) &* 0x9E37_79B9_7F4A_7C15
        func shape(_ length: Int) -> [Int] {
            chosen.width == 1 ? [chosen.count, length] : [chosen.count, chosen.width, length]
        }
        let values = try Tensor(try chosen.values(all), shape: shape(chosen.length)).to(dtype, device: device)
        var mask: Tensor?
        if task == .imputation {
            let rule = try ImputationMask(rate: maskRate, patch: model.patchLength, seed: seed)
            var flags = [Float](repeating: 1, count: chosen.count * chosen.width * chosen.context)
            try flags.withUnsafeMutableBufferPointer { try rule.fill(all, of: chosen, into: $0) }
            mask = try Tensor(flags, shape: shape(chosen.context)).to(dtype, device: device)
        }
        let requirement = model.noise(task: task, loss: kind, context: chosen.context, horizon: chosen.horizon)
        let noise =
            requirement == .none
            ? nil
            : try WindowNoise(
                requirement, keys: all.map { chosen.key(of: $0) }, seed: seed, dtype: dtype, device: device)
        return WindowBatch(
            context: try values.narrowed(-1, from: 0, count: chosen.context).contiguous(),
            target: try values.narrowed(-1, from: chosen.context, count: chosen.horizon).contiguous(),
            mask: mask, noise: noise)
    }
}
