// MOMENT, a T5 encoder on patches of fixed windows (Goswami et al., ICML 2024, arXiv 2402.03885), as in momentfm 0.1.4.

import Foundation
import Networks
import Tensor

/// MOMENT-1: instance norm, patches of 8 points, a T5 encoder, and one of several heads.
public struct MomentForecaster: ReconstructingForecaster {
    /// What the last layer makes of the encoder's states.
    public enum Head: Sendable, Equatable {
        /// Every patch from its state: the head that was pre-trained.
        case reconstruction
        /// The horizon from all states.
        case forecasting(horizon: Int)
        /// Classes from the mean state; the states of `channels` channels side by side, or their mean for 1.
        case classification(classes: Int, channels: Int)
    }

    static let positions = 5000
    private static let embeddingGain = 1.41

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// The last layer's kind.
    public let head: Head
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    private let valueEmbedding: Linear
    private let maskEmbedding: ParameterID
    private let positionTable: BufferID
    private let encoder: T5Stack
    private let output: Linear

    /// Builds the model without allocating weights.
    public init(_ configuration: Configuration, head: Head = .reconstruction) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        self.configuration = configuration
        self.head = head
        let b = configuration.backbone
        let gain = Initializer.orthogonal(gain: MomentForecaster.embeddingGain)
        var layout = ParameterLayout()
        valueEmbedding = Linear(
            &layout, "patch_embedding.value_embedding", inputs: configuration.patchLength, outputs: b.width,
            bias: false,
            initializer: gain, part: .embedding)
        maskEmbedding = layout.add(
            "patch_embedding.mask_embedding", [b.width], .constant(0), role: .bias, part: .embedding)
        let width = b.width
        positionTable = layout.addBuffer(
            "patch_embedding.position_embedding.pe", [1, MomentForecaster.positions, width]
        ) { () throws(TensorError) in
            try SinusoidalPositions.table(length: MomentForecaster.positions, width: width)
        }
        // The released files hold it and the official count includes it; its gradient is zero.
        _ = layout.add(
            "encoder.embed_tokens.weight", [b.vocabulary, width], .normal(deviation: b.factor), role: .weight,
            part: .embedding)
        encoder = T5Stack(
            &layout, "encoder",
            T5Stack.Sizes(
                width: width, keyWidth: b.keyWidth, heads: b.heads, feedForwardWidth: b.feedForwardWidth,
                layers: b.layers, buckets: b.buckets, maximumDistance: b.maximumDistance, epsilon: b.epsilon,
                factor: b.factor, isGated: true), isDecoder: false)
        let patches = configuration.windowLength / configuration.patchLength
        output =
            switch head {
            case .reconstruction:
                Linear(
                    &layout, "head.linear", inputs: width, outputs: configuration.patchLength, initializer: gain,
                    biasInitializer: .constant(0), part: .head)
            case .forecasting(let horizon):
                Linear(&layout, "head.linear", inputs: patches * width, outputs: horizon, part: .head)
            case .classification(let classes, let channels):
                Linear(&layout, "head.linear", inputs: channels * width, outputs: classes, part: .head)
            }
        self.layout = layout
    }

    /// The head that a file's last layer belongs to.
    static func head(of shape: [Int], _ configuration: Configuration) -> Head? {
        let width = configuration.backbone.width
        guard shape.count == 2, shape[0] > 0, shape[1] > 0, shape[1] % width == 0 else { return nil }
        if configuration.task == "classification" {
            return .classification(classes: shape[0], channels: shape[1] / width)
        }
        if shape == [configuration.patchLength, width] { return .reconstruction }
        let patches = configuration.windowLength / configuration.patchLength
        if shape[1] == patches * width { return .forecasting(horizon: shape[0]) }
        return .classification(classes: shape[0], channels: shape[1] / width)
    }

    // MARK: Forecaster

    /// `moment`.
    public var family: String { "moment" }
    /// With the head's kind.
    public var architecture: String {
        switch head {
        case .reconstruction: "MOMENT"
        case .forecasting: "MOMENT with a forecasting head"
        case .classification: "MOMENT with a classification head"
        }
    }
    /// Points per patch.
    public var patchLength: Int { configuration.patchLength }
    /// The whole window.
    public func defaultContext(for task: ForecastingTask) -> Int { configuration.windowLength }
    /// The head's horizon; an eighth of the window where patches are forecast as masked ones.
    public var defaultHorizon: Int {
        if case .forecasting(let horizon) = head { return horizon }
        return max(1, configuration.windowLength / configuration.patchLength / 8) * configuration.patchLength
    }
    /// By the head. Classification needs labels, which windows of a series do not have.
    public var tasks: [ForecastingTask] {
        switch head {
        case .reconstruction: [.forecast, .imputation, .anomaly]
        case .forecasting: [.forecast]
        case .classification: []
        }
    }

    /// A context within the window; a horizon within the head's, or shorter than the window.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        guard tasks.contains(task) else {
            throw .request("\(architecture) does not do task '\(task.rawValue)'; its head decides")
        }
        guard (2...configuration.windowLength).contains(context) else {
            throw .request(
                "the context is \(context) points; \(architecture) reads 2 to \(configuration.windowLength)")
        }
        if task == .forecast {
            switch head {
            case .forecasting(let longest):
                guard (1...longest).contains(horizon) else {
                    throw .request(
                        "the horizon is \(horizon) points; the head of this checkpoint gives 1 to \(longest)")
                }
            default:
                let longest = configuration.windowLength - patchLength
                guard (1...longest).contains(horizon) else {
                    throw .request(
                        "the horizon is \(horizon) points; MOMENT forecasts masked patches of its window, 1 to \(longest)"
                    )
                }
            }
        }
        guard loss != .lastPatchMSE else {
            throw .request(
                "loss 'last-patch-mse' is not defined for MOMENT, whose patches are all reconstructed alike; use native, mse or mae"
            )
        }
    }

    /// The forecasting head, or the masked patches after the window's end (the published zero-shot procedure).
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let (x, observed) = try window(context)
        let series = try x.unsqueezed(1)
        if case .forecasting = head {
            return try forecastByHead(series, observed: observed, θ).squeezed(1).narrowed(1, from: 0, count: horizon)
        }
        return try forecastByMasking(series, observed: observed, horizon: horizon, θ).forecast.squeezed(1)
    }

    /// Forecast: `native` is the squared error of the horizon; imputation: of hidden points, as in pre-training;
    /// anomaly: of all points.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        if task == .forecast {
            let found = try forecast(batch.context, horizon: batch.target.shape[1], θ)
            return try LossTerms(differences: found - batch.target, kind)
        }
        let mask = task == .imputation ? batch.mask : nil
        let difference = try reconstruction(batch.context, mask: mask, kind: kind, θ) - batch.context
        var counted = try batch.context.zerosLike() + 1
        if let mask { counted = try counted - mask }
        return try LossTerms(differences: difference, kind, counted: counted, minimumWeight: 1)
    }

    /// Everything in place.
    public func firstReconstructed(task: ForecastingTask, kind: LossKind) -> Int { 0 }

    /// Every point of the context from the visible ones; `native` is no other procedure.
    public func reconstruction(
        _ context: Tensor, mask: Tensor?, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let (x, observed) = try window(context)
        let visible = if let mask { try window(mask).values } else { try x.zerosLike() + 1 }
        let found = try reconstruct(x.unsqueezed(1), observed: observed, visible: visible, θ).squeezed(1)
        let length = context.shape[1]
        return try found.narrowed(1, from: found.shape[1] - length, count: length)
    }

    /// The configuration in the official schema.
    public func configurationJSON() throws -> String {
        try configuration.officialJSON(adding: [
            "model_name": "MOMENT", "transformer_type": "encoder_only", "transformer_backbone": "google/flan-t5",
        ])
    }

    // MARK: Forward

    /// The last points of a context in a whole window, filled up with zeros on the left, and which points are real:
    /// `[B, L]` → `[B, S]` twice.
    private func window(_ context: Tensor) throws(TensorError) -> (values: Tensor, observed: Tensor) {
        let shape = context.shape
        let missing = configuration.windowLength - shape[1]
        let ones = try context.zerosLike() + 1
        guard missing > 0 else { return (context, ones) }
        let zeros = try Tensor.zeros([shape[0], missing], dtype: context.dtype, device: context.device)
        return (
            try Tensor.concatenate([zeros, context], dimension: 1), try Tensor.concatenate([zeros, ones], dimension: 1)
        )
    }

    /// Mean and population deviation + 1e-5 of the points in `mask`, `[B, C, S]`, `[B, S]` → `[B, C, 1]` twice.
    func statistics(_ x: Tensor, _ mask: Tensor) throws(TensorError) -> (mean: Tensor, deviation: Tensor) {
        let m = try mask.unsqueezed(1)
        let count = try m.sum([2], keepingDimensions: true)
        let mean = try (x * m).sum([2], keepingDimensions: true) / count
        let squares = try ((x - mean).squared() * m).sum([2], keepingDimensions: true)
        return (mean, try (squares / count).squareRoot() + 1e-5)
    }

    /// States of every patch, `[B, C, S]` → `[B·C, N, width]`.
    ///
    /// - Parameters:
    ///   - x: normalised.
    ///   - visible: patches with a hidden point become the mask embedding, `[B, S]`; none when absent.
    ///   - observed: patches with a point that is not real are not attended to, `[B, S]`.
    func encode(
        _ x: Tensor, visible: Tensor?, observed: Tensor, _ θ: Parameters,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let shape = x.shape
        let (batch, channels) = (shape[0], shape[1])
        let patches = shape[2] / patchLength
        let width = configuration.backbone.width
        func whole(_ mask: Tensor) throws(TensorError) -> Tensor {
            try mask.reshaped([batch, patches, patchLength]).minimum([2])
        }
        var h = try valueEmbedding(x.reshaped([batch, channels, patches, patchLength]), θ)
        if let visible {
            let hidden = try whole(visible).equals(0).reshaped([batch, 1, patches, 1])
            h = try θ[maskEmbedding].reshaped([1, 1, 1, width]).chosen(where: hidden, else: h)
        }
        h = try h + θ[positionTable].narrowed(1, from: 0, count: patches).unsqueezed(1)
        observe("patch_embedding", h)
        let unseen = try whole(observed).equals(0).reshaped([batch, 1, 1, 1, patches])
            .expanded([batch, channels, 1, 1, patches]).reshaped([batch * channels, 1, 1, patches])
        let bias = try Tensor.zeros(unseen.shape, dtype: x.dtype, device: x.device)
            .filled(with: -.infinity, where: unseen)
        return try encoder(h.reshaped([batch * channels, patches, width]), keyBias: bias, θ, observe: observe)
    }

    /// Every point of the window from what is visible, `[B, C, S]` → `[B, C, S]`.
    func reconstruct(
        _ x: Tensor, observed: Tensor, visible: Tensor, _ θ: Parameters,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let (mean, deviation) = try statistics(x, observed * visible)
        observe("mean", mean)
        observe("stdev", deviation)
        let normalised = try (x - mean) / deviation
        observe("normalised", normalised)
        let states = try encode(normalised, visible: visible, observed: observed, θ, observe: observe)
        let patches = try output(states, θ).reshaped(x.shape)
        observe("head", patches)
        return try patches * deviation + mean
    }

    /// The forecasting head's horizon, `[B, C, S]` → `[B, C, H]`.
    func forecastByHead(
        _ x: Tensor, observed: Tensor, _ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let (mean, deviation) = try statistics(x, observed)
        let states = try encode((x - mean) / deviation, visible: nil, observed: observed, θ, observe: observe)
        let flat = try states.reshaped([x.shape[0], x.shape[1], states.shape[1] * states.shape[2]])
        let horizon = try output(flat, θ)
        observe("head", horizon)
        return try horizon * deviation + mean
    }

    /// The window moves on by whole patches, which are masked and reconstructed; the first `horizon` points of them.
    func forecastByMasking(
        _ x: Tensor, observed: Tensor, horizon: Int, _ θ: Parameters
    ) throws(TensorError) -> (forecast: Tensor, reconstruction: Tensor) {
        let length = x.shape[2]
        let ahead = (horizon + patchLength - 1) / patchLength * patchLength
        let (mean, deviation) = try statistics(x, observed)
        let normalised = try (x - mean) / deviation
        let later = try Tensor.arange(length, dtype: .int64, device: x.device)
            .isGreater(than: Double(length - ahead) - 0.5).unsqueezed(0)
        let moved = try normalised.rolled(2, by: -ahead)
        let seen = try observed.rolled(1, by: -ahead).filled(with: 1, where: later)
        let visible = try (observed.zerosLike() + 1).filled(with: 0, where: later)
        let states = try encode(moved, visible: visible, observed: seen, θ)
        let result = try output(states, θ).reshaped(x.shape) * deviation + mean
        return (try result.narrowed(2, from: length - ahead, count: horizon), result)
    }

    /// States for other uses, `[B, C, S]` → `[B, C, N, width]`.
    public func embeddings(
        _ x: Tensor, observed: Tensor, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let (mean, deviation) = try statistics(x, observed)
        let states = try encode((x - mean) / deviation, visible: observed, observed: observed, θ)
        return try states.reshaped([x.shape[0], x.shape[1], states.shape[1], states.shape[2]])
    }

    /// The mean state of the observed patches and of all channels, `[B, C, S]` → `[B, width]`.
    public func meanEmbedding(
        _ x: Tensor, observed: Tensor, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let states = try embeddings(x, observed: observed, θ).mean([1])
        let shape = states.shape
        let weights = try observed.reshaped([shape[0], shape[1], patchLength]).minimum([2]).unsqueezed(2)
        return try (states * weights).sum([1]) / weights.sum([1])
    }

    /// Features and logits of a classification head, `[B, C, S]` → `[B, N, ·]`, `[B, classes]`.
    ///
    /// The channels' states stand side by side with the channel as the faster index, or are averaged when the head has
    /// the width of one.
    public func classLogits(
        _ x: Tensor, observed: Tensor, _ θ: Parameters
    ) throws(TensorError) -> (features: Tensor, logits: Tensor) {
        guard case .classification(_, let channels) = head, channels == 1 || channels == x.shape[1] else {
            throw .operation(
                name: "classLogits", message: "\(architecture) cannot classify windows of \(x.shape[1]) channels")
        }
        let states = try embeddings(x, observed: observed, θ)
        let shape = states.shape
        let features =
            channels == 1
            ? try states.mean([1])
            : try states.permuted([0, 2, 3, 1]).reshaped([shape[0], shape[2], shape[3] * shape[1]])
        return (features, try output(features.mean([1]), θ))
    }
}
