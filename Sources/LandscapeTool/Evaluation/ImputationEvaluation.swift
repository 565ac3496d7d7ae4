import Forecasters
import Landscape
import Networks
import Tensor
import TimeSeries

/// Hidden points filled in, at every mask rate: errors over the hidden points alone.
///
/// Masks depend on the seed, the window and the rate only, so every model and baseline fills the same points.
struct ImputationEvaluation: TaskEvaluation {
    let request: EvaluationRequest
    let dataset: Dataset
    private let model: any ReconstructingForecaster
    private let kind: LossKind
    private let masks: [ImputationMask]

    init(_ request: EvaluationRequest, model: any Forecaster, dataset: Dataset) throws {
        let (model, kind) = try request.reconstructing(model)
        let patch = request.mask == .point ? 1 : request.maskPatch ?? model.patchLength
        guard request.context % patch == 0 else {
            throw ForecasterError.request(
                "the context of \(request.context) points is no multiple of the hidden patches of \(patch) points; "
                    + "change --context or --mask-patch")
        }
        // Nothing is hidden where the model has no output to be judged by.
        let lead = model.firstReconstructed(task: .imputation, kind: kind)
        let leading = max(patch, (lead + patch - 1) / patch * patch)
        masks = try request.maskRates.map {
            try ImputationMask(rate: $0, patch: patch, seed: request.seed, leading: leading)
        }
        self.request = request
        self.model = model
        self.kind = kind
        self.dataset = dataset
    }

    var summary: String {
        "context \(request.context), errors over hidden points in units of the train rows' standard deviation, the first \(masks.first?.leading ?? 0) points always visible"
    }

    private func windows(_ split: Split) throws -> WindowSet {
        try dataset.windows(
            split, context: request.context, horizon: 0, selection: request.selection, joint: model.channels > 1)
    }

    private func setting(_ mask: ImputationMask) -> EvaluationSetting {
        EvaluationSetting(mask: mask.patch == 1 ? "points" : "patches of \(mask.patch)", maskRate: mask.rate)
    }

    /// 1 visible, 0 hidden, `[range.count, width, L]`.
    private static func visible(
        _ mask: ImputationMask, _ windows: WindowSet, _ range: Range<Int>
    ) throws -> [Float] {
        var values = [Float](repeating: 1, count: range.count * windows.width * windows.context)
        try values.withUnsafeMutableBufferPointer { try mask.fill(range, of: windows, into: $0) }
        return values
    }

    /// The errors of a batch at its hidden points; `filled` gives the values of a row of the batch.
    private static func errors(
        _ windows: WindowSet, _ range: Range<Int>, visible: [Float], _ filled: (_ row: Int) throws -> [Double]
    ) throws -> ForecastMetrics {
        var part = ForecastMetrics()
        let length = windows.context
        var row = 0
        for index in range {
            for channel in 0..<windows.width {
                let hidden = (0..<length).filter { visible[row * length + $0] == 0 }
                let truth = windows.context(index, channel: channel)
                let values = try filled(row)
                part.add(prediction: hidden.map { values[$0] }, target: hidden.map { truth[truth.startIndex + $0] })
                row += 1
            }
        }
        return part
    }

    func rows(of weights: Weights, called name: String, split: Split) throws -> [EvaluationRow] {
        let θ = try weights.parameters(of: model.layout, dtype: request.dtype, device: request.device)
        let windows = try windows(split)
        let length = windows.context
        let lead = model.firstReconstructed(task: .imputation, kind: kind)
        return try masks.map { mask in
            let progress = Log.Progress("\(name) imputation at rate \(mask.rate)", total: windows.count)
            var metrics = ForecastMetrics()
            try OrderedBatches.forEach(windows.count, workers: request.workers) { range in
                let visible = try Self.visible(mask, windows, range)
                let x = try windows.tensor(range, dtype: request.dtype, device: request.device)
                let m = try Tensor(visible, shape: x.shape).to(request.dtype, device: request.device)
                let found = try Autograd.inference {
                    try model.reconstruction(x, mask: m, kind: kind, θ).array(of: Float.self)
                }
                return try Self.errors(windows, range, visible: visible) { row in
                    [Double](repeating: .nan, count: lead)
                        + found[row * (length - lead)..<(row + 1) * (length - lead)].map(Double.init)
                }
            } consume: { range, part in
                if Interrupt.isRequested { throw LandscapeError.interrupted }
                metrics.merge(part)
                progress.set(range.upperBound)
            }
            return EvaluationRow(
                name, isBaseline: false, split: split, setting: setting(mask), errors: metrics, isScaled: false,
                windows: windows.count)
        }
    }

    func baselines(split: Split) throws -> [EvaluationRow] {
        var baselines: [ImputationBaseline] = [.lastVisible, .linear]
        if request.season < request.context { baselines.append(.seasonal(period: request.season)) }
        let windows = try windows(split)
        return try masks.flatMap { mask in
            try baselines.map { baseline in
                var metrics = ForecastMetrics()
                try OrderedBatches.forEach(windows.count, workers: request.workers) { range in
                    let visible = try Self.visible(mask, windows, range)
                    let values = try windows.values(range)
                    let length = windows.context
                    return try Self.errors(windows, range, visible: visible) { row in
                        try baseline.filled(
                            Array(values[row * length..<(row + 1) * length]),
                            isVisible: visible[row * length..<(row + 1) * length].map { $0 == 1 })
                    }
                } consume: {
                    if Interrupt.isRequested { throw LandscapeError.interrupted }
                    metrics.merge($1)
                }
                return EvaluationRow(
                    baseline.description, isBaseline: true, split: split, setting: setting(mask), errors: metrics,
                    isScaled: false, windows: windows.count)
            }
        }
    }
}
