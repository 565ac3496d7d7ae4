import Forecasters
import Landscape
import Networks
import Tensor
import TimeSeries

/// Reconstruction errors of tokens and windows as anomaly scores; against the label where the file's name has one.
struct AnomalyEvaluation: TaskEvaluation {
    let request: EvaluationRequest
    let dataset: Dataset
    private let model: any ReconstructingForecaster
    private let kind: LossKind
    private let lead: Int
    /// The labelled rows, for files of the UCR archive.
    private let anomaly: Range<Int>?

    init(_ request: EvaluationRequest, model: any Forecaster, dataset: Dataset) throws {
        (self.model, kind) = try request.reconstructing(model)
        self.request = request
        self.dataset = dataset
        lead = self.model.firstReconstructed(task: .anomaly, kind: kind)
        anomaly = dataset.series.path.flatMap { UCRFileName(path: $0)?.anomaly }
    }

    var summary: String {
        "tokens of \(model.patchLength) points in windows of \(request.context), scored by their mean squared error in units of the train rows' variance; windows by their tokens' mean"
            + (anomaly.map { "; labelled rows \($0.lowerBound) to \($0.upperBound - 1)" } ?? "; no labels are known")
    }

    private func tokens(_ split: Split) throws -> AnomalyTokens {
        try AnomalyTokens(
            dataset.borders.rows(of: split), patch: model.patchLength, context: request.context, lead: lead,
            split: split, title: dataset.series.title)
    }

    /// The score of every token: the mean squared error over its points and channels.
    private func scores(_ tokens: AnomalyTokens, _ θ: Parameters, title: String) throws -> [Double] {
        let series = dataset.scaled
        let isJoint = model.channels > 1
        let width = isJoint ? series.channels : 1
        let count = tokens.windows.count * (isJoint ? 1 : series.channels)
        let length = tokens.context
        let progress = Log.Progress(title, total: count)
        var scores = [Double](repeating: 0, count: tokens.count)
        try OrderedBatches.forEach(count, workers: request.workers) { range in
            var values: [Double] = []
            for index in range {
                let start = tokens.windows[index % tokens.windows.count].start
                let first = isJoint ? 0 : index / tokens.windows.count
                for channel in first..<first + width {
                    let row = channel * series.rows + start
                    values += series.values[row..<row + length]
                }
            }
            let shape = isJoint ? [range.count, width, length] : [range.count, length]
            let x = try Tensor(values, shape: shape).to(request.dtype, device: request.device)
            let found = try Autograd.inference {
                try model.reconstruction(x, mask: nil, kind: kind, θ).array(of: Float.self)
            }
            // (token, its part of the score), in order.
            var parts: [(Int, Double)] = []
            for (position, index) in range.enumerated() {
                let window = tokens.windows[index % tokens.windows.count]
                for channel in 0..<width {
                    let row = position * width + channel
                    for token in window.tokens {
                        var sum = 0.0
                        for t in tokens.rows(of: token) {
                            let place = t - window.start
                            let error =
                                Double(found[row * (length - lead) + place - lead]) - values[row * length + place]
                            sum += error * error
                        }
                        parts.append((token, sum / Double(tokens.patch * series.channels)))
                    }
                }
            }
            return parts
        } consume: { range, parts in
            if Interrupt.isRequested { throw LandscapeError.interrupted }
            for (token, part) in parts { scores[token] += part }
            progress.set(range.upperBound)
        }
        return scores
    }

    func rows(of weights: Weights, called name: String, split: Split) throws -> [EvaluationRow] {
        let θ = try weights.parameters(of: model.layout, dtype: request.dtype, device: request.device)
        return try rows(name, isBaseline: false, split: split) { tokens in
            try scores(tokens, θ, title: "\(name) reconstructions")
        }
    }

    func baselines(split: Split) throws -> [EvaluationRow] {
        let baselines: [AnomalyBaseline] = [.windowMean, .lastValue, .seasonalNaive(period: request.season)]
        return try baselines.flatMap { baseline in
            try rows(baseline.description, isBaseline: true, split: split) {
                baseline.scores(of: $0, in: dataset.scaled)
            }
        }
    }

    /// One row for every unit and threshold.
    private func rows(
        _ who: String, isBaseline: Bool, split: Split, _ scores: (AnomalyTokens) throws -> [Double]
    ) throws -> [EvaluationRow] {
        let tokens = try tokens(split)
        let ofTokens = try scores(tokens)
        let needsTraining = request.thresholds.contains { if case .quantile = $0 { true } else { false } }
        let trainTokens = needsTraining ? try self.tokens(.train) : nil
        let ofTraining = try trainTokens.map { try scores($0) } ?? []
        let label = anomaly.map { tokens.overlapping($0) } ?? 0..<0
        let units = [
            ("token", ofTokens, ofTraining, ofTokens.indices.map { label.contains($0) }),
            (
                "window", tokens.means(ofTokens), trainTokens?.means(ofTraining) ?? [],
                tokens.windows.map { $0.tokens.overlaps(label) }
            ),
        ]
        return units.flatMap { unit, scores, training, isLabelled in
            request.thresholds.enumerated().map { index, threshold in
                let counts = DetectionCounts(
                    flags: threshold.flags(scores, training: training), isLabelled: isLabelled)
                var metrics: [Metric: Double] = [
                    .mse: ofTokens.reduce(0, +) / Double(ofTokens.count), .flagged: Double(counts.flagged),
                ]
                if counts.labelled > 0 {
                    metrics[.rank] =
                        AnomalyRanking.firstHit(scores, isLabelled: isLabelled).map { Double($0) } ?? .nan
                    metrics[.precision] = counts.precision
                    metrics[.recall] = counts.recall
                    metrics[.f1] = counts.f1
                }
                var row = EvaluationRow(
                    who: who, isBaseline: isBaseline, split: split,
                    setting: EvaluationSetting(unit: unit, threshold: threshold.description), windows: scores.count,
                    points: tokens.count * tokens.patch * dataset.scaled.channels, metrics: metrics)
                if request.keepsScores && index == 0 {
                    let starts = unit == "token" ? scores.indices.map { $0 } : tokens.windows.map(\.tokens.lowerBound)
                    row.scores = zip(starts, scores).map { (tokens.rows(of: $0).lowerBound, $1) }
                }
                return row
            }
        }
    }
}
