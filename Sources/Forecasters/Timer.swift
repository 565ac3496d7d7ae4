// Timer: Generative Pre-trained Transformers Are Large Time Series Models (Liu et al., ICML 2024, arXiv 2402.02368),
// as published in thuml/Large-Time-Series-Model @ 1ff8d1a and fine-tuned by Meteor-Stars/SFF @ 2dfb50b.

import Foundation
import Networks
import Tensor

/// The Timer of the Large-Time-Series-Model and SFF repositories: a causal, post-norm transformer on patches with
/// sinusoidal positions; each channel by itself.
public struct TimerForecaster: Forecaster {
    /// The official configuration.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Points per token, P.
        public var patchLength: Int
        /// Width of the token stream, d.
        public var width: Int
        /// Width inside the feed-forward layer.
        public var feedForwardWidth: Int
        /// Number of blocks.
        public var layers: Int
        /// Attention heads.
        public var heads: Int
        /// `relu`, or anything else for GELU, as in the reference.
        public var activation: String
        /// Rows of the stored position table.
        public var positions: Int
        /// Context length the model is used with.
        public var contextLength: Int?
        /// Horizon of one step.
        public var horizon: Int?

        /// A configuration; published defaults for what is left out.
        public init(
            patchLength: Int = 96, width: Int = 1024, feedForwardWidth: Int = 2048, layers: Int = 8, heads: Int = 8,
            activation: String = "gelu", positions: Int = 5000, contextLength: Int? = nil, horizon: Int? = nil
        ) {
            self.patchLength = patchLength
            self.width = width
            self.feedForwardWidth = feedForwardWidth
            self.layers = layers
            self.heads = heads
            self.activation = activation
            self.positions = positions
            self.contextLength = contextLength
            self.horizon = horizon
        }

        enum CodingKeys: String, CodingKey {
            case patchLength = "patch_len"
            case width = "d_model"
            case feedForwardWidth = "d_ff"
            case layers = "e_layers"
            case heads = "n_heads"
            case activation
            case positions = "max_len"
            case contextLength = "seq_len"
            case horizon = "pred_len"
        }

        /// Decodes the official schema. Sizes must be there; `n_heads` is 8 and `activation` gelu when absent, as in
        /// the official scripts.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            patchLength = try values.decode(Int.self, forKey: .patchLength)
            width = try values.decode(Int.self, forKey: .width)
            feedForwardWidth = try values.decode(Int.self, forKey: .feedForwardWidth)
            layers = try values.decode(Int.self, forKey: .layers)
            heads = try values.decodeIfPresent(Int.self, forKey: .heads) ?? 8
            activation = try values.decodeIfPresent(String.self, forKey: .activation) ?? "gelu"
            positions = try values.decodeIfPresent(Int.self, forKey: .positions) ?? 5000
            contextLength = try values.decodeIfPresent(Int.self, forKey: .contextLength)
            horizon = try values.decodeIfPresent(Int.self, forKey: .horizon)
        }

        func validate(file: String) throws(ForecasterError) {
            let sizes = [
                ("patch_len", patchLength), ("d_model", width), ("d_ff", feedForwardWidth), ("e_layers", layers),
                ("n_heads", heads), ("max_len", positions), ("seq_len", contextLength ?? 1),
            ]
            try ForecasterError.check(sizes: sizes, file: file)
            guard (0...1 << 24).contains(horizon ?? 0) else {
                throw .configuration(file: file, key: "pred_len", problem: "must not be negative")
            }
            guard width % heads == 0 else {
                throw .configuration(
                    file: file, key: "n_heads", problem: "is \(heads), which does not divide d_model = \(width)")
            }
        }
    }

    private struct Block: Sendable {
        let query, key, value, out: Linear
        let conv1, conv2: Linear
        let norm1, norm2: LayerNorm

        init(_ layout: inout ParameterLayout, _ name: String, _ c: Configuration) {
            query = Linear(&layout, "\(name).attention.query_projection", inputs: c.width, outputs: c.width)
            key = Linear(&layout, "\(name).attention.key_projection", inputs: c.width, outputs: c.width)
            value = Linear(&layout, "\(name).attention.value_projection", inputs: c.width, outputs: c.width)
            out = Linear(&layout, "\(name).attention.out_projection", inputs: c.width, outputs: c.width)
            conv1 = Linear(
                &layout, "\(name).conv1", inputs: c.width, outputs: c.feedForwardWidth, convolution: true)
            conv2 = Linear(
                &layout, "\(name).conv2", inputs: c.feedForwardWidth, outputs: c.width, convolution: true)
            norm1 = LayerNorm(&layout, "\(name).norm1", size: c.width)
            norm2 = LayerNorm(&layout, "\(name).norm2", size: c.width)
        }
    }

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    private let embedding: Linear
    private let positions: BufferID
    private let blocks: [Block]
    private let finalNorm: LayerNorm
    private let projection: Linear

    /// Builds the model without allocating weights.
    public init(_ configuration: Configuration) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        self.configuration = configuration
        var layout = ParameterLayout()
        embedding = Linear(
            &layout, "patch_embedding.value_embedding", inputs: configuration.patchLength, outputs: configuration.width,
            bias: false, part: .embedding)
        let length = configuration.positions
        let width = configuration.width
        positions = layout.addBuffer("patch_embedding.position_embedding.pe", [1, length, width]) {
            () throws(TensorError) in try SinusoidalPositions.table(length: length, width: width)
        }
        var blocks: [Block] = []
        for index in 0..<configuration.layers {
            blocks.append(Block(&layout, "decoder.attn_layers.\(index)", configuration))
        }
        self.blocks = blocks
        finalNorm = LayerNorm(&layout, "decoder.norm", size: configuration.width)
        projection = Linear(
            &layout, "proj", inputs: configuration.width, outputs: configuration.patchLength, part: .head)
        self.layout = layout
    }

    // MARK: Forecaster

    /// `timer`.
    public var family: String { "timer" }
    /// The form of the Large-Time-Series-Model repository.
    public var architecture: String { "Timer (Large-Time-Series-Model form)" }
    /// P.
    public var patchLength: Int { configuration.patchLength }
    /// `seq_len`, or 7 patches for forecasting and 8 otherwise, as in the official scripts.
    public func defaultContext(for task: ForecastingTask) -> Int {
        configuration.contextLength ?? (task == .forecast ? 7 : 8) * patchLength
    }
    /// `pred_len`, or one patch where the official scripts leave it 0.
    public var defaultHorizon: Int { configuration.horizon.flatMap { $0 > 0 ? $0 : nil } ?? patchLength }
    /// All three.
    public var tasks: [ForecastingTask] { [.forecast, .imputation, .anomaly] }

    /// Contexts are whole patches no longer than the position table; training losses need one patch of future.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        let tokens = context / patchLength
        guard context > 0, context % patchLength == 0 else {
            throw .request("the context of \(context) points is no multiple of the patch length \(patchLength)")
        }
        guard tokens <= configuration.positions else {
            throw .request(
                "the context of \(context) points has \(tokens) tokens; the position table ends at \(configuration.positions)"
            )
        }
        switch task {
        case .forecast:
            guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
            guard !(loss == .native || loss == .lastPatchMSE) || horizon >= patchLength else {
                throw .request(
                    "loss '\(loss.rawValue)' compares whole patches: the horizon must be at least \(patchLength), it is \(horizon)"
                )
            }
        case .imputation, .anomaly:
            guard loss != .lastPatchMSE else {
                throw .request("loss 'last-patch-mse' is defined for forecasting only; use native, mse or mae")
            }
            guard tokens >= 2 else {
                throw .request(
                    "task '\(task.rawValue)' needs a context of at least two patches (\(2 * patchLength) points)")
            }
        }
    }

    /// Roll-out: the last patch of the output is appended to the window, which slides by one patch.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        var window = context
        var predictions: [Tensor] = []
        let steps = (horizon + patchLength - 1) / patchLength
        for step in 0..<steps {
            let next = try reconstruct(window, θ).narrowed(1, from: -patchLength, count: patchLength)
            predictions.append(next)
            if step + 1 < steps {
                let length = window.shape[1]
                window = try Tensor.concatenate(
                    [window.narrowed(1, from: patchLength, count: length - patchLength), next], dimension: 1)
            }
        }
        return try Tensor.concatenate(predictions, dimension: 1).narrowed(1, from: 0, count: horizon)
    }

    /// Forecast: `native` compares every output with the series one patch later (the official `use_ims`),
    /// `last-patch-mse` the last patch (the SFF code). Imputation counts hidden points only; `native` for imputation and
    /// anomaly detection predicts one patch ahead, `mse` reconstructs in place.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        let x = batch.context
        let length = x.shape[1]
        let rest = length - patchLength
        switch (task, kind) {
        case (.forecast, .native):
            let shifted = try Tensor.concatenate(
                [
                    x.narrowed(1, from: patchLength, count: rest),
                    batch.target.narrowed(1, from: 0, count: patchLength),
                ], dimension: 1)
            return try LossTerms(differences: reconstruct(x, θ) - shifted, kind)
        case (.forecast, .lastPatchMSE):
            let last = try reconstruct(x, θ).narrowed(1, from: -patchLength, count: patchLength)
            return try LossTerms(
                differences: last - batch.target.narrowed(1, from: 0, count: patchLength), kind)
        case (.forecast, _):
            let difference = try forecast(x, horizon: batch.target.shape[1], θ) - batch.target
            return try LossTerms(differences: difference, kind)
        case (.imputation, _):
            guard let mask = batch.mask else {
                throw .shape(expected: x.shape, found: [], context: "mask of an imputation batch")
            }
            let truth = try x.narrowed(1, from: patchLength, count: rest)
            let hidden = try mask.narrowed(1, from: patchLength, count: rest).equals(0).to(x.dtype)
            return try LossTerms(
                differences: reconstruction(x, mask: mask, kind: kind, θ) - truth, kind, counted: hidden)
        case (.anomaly, _):
            let first = firstReconstructed(task: task, kind: kind)
            return try LossTerms(
                differences: reconstruction(x, mask: nil, kind: kind, θ)
                    - x.narrowed(1, from: first, count: length - first), kind)
        }
    }

    /// The configuration in the schema of the official scripts.
    public func configurationJSON() throws -> String {
        try configuration.officialJSON()
    }

    // MARK: Forward

    /// Every output of the model in the scale of the input, `[B, L]` → `[B, L]`; position i of token j stands for the
    /// point (j+1)·P + i.
    public func reconstruct(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let (mean, deviation) = try statistics(x)
        return try decode((x - mean) / deviation, θ) * deviation + mean
    }

    /// Output for a window whose hidden points are zero; statistics come from the visible points.
    public func impute(_ x: Tensor, mask: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let visible = try mask.sum([1], keepingDimensions: true)
        let mean = try x.sum([1], keepingDimensions: true) / visible
        let centred = try (x - mean).filled(with: 0, where: mask.equals(0))
        let deviation = try (centred.squared().sum([1], keepingDimensions: true) / visible + 1e-5).squareRoot()
        return try decode(centred / deviation, θ) * deviation + mean
    }

    /// Mean and √(population variance + 1e-5) of each window, `[B, 1]`.
    func statistics(_ x: Tensor) throws(TensorError) -> (mean: Tensor, deviation: Tensor) {
        let mean = try x.mean([1], keepingDimensions: true)
        let variance = try x.variance([1], correction: 0, keepingDimensions: true)
        return (mean, try (variance + 1e-5).squareRoot())
    }

    /// The network on normalised windows, `[B, L]` → `[B, L]`.
    ///
    /// - Parameter observe: receives the name and value of each intermediate activation, for tests.
    func decode(
        _ x: Tensor, _ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let shape = x.shape
        let tokens = shape[1] / patchLength
        let patches = try x.reshaped([shape[0], tokens, patchLength])
        let values = try embedding(patches, θ)
        observe("value_embedding", values)
        var h = try values + θ[positions].narrowed(1, from: 0, count: tokens)
        observe("embedding", h)
        let bias = try Attention.causalBias(queries: tokens, keys: tokens, like: h)
        let scale = 1 / Double(configuration.width / configuration.heads).squareRoot()
        for (index, block) in blocks.enumerated() {
            let attended = try Attention.scaledDotProduct(
                query: Attention.split(block.query(h, θ), heads: configuration.heads),
                key: Attention.split(block.key(h, θ), heads: configuration.heads),
                value: Attention.split(block.value(h, θ), heads: configuration.heads), scale: scale, bias: bias)
            let mixed = try block.out(Attention.merge(attended), θ)
            observe("layer\(index)_attn", mixed)
            h = try block.norm1(h + mixed, θ)
            let hidden = try block.conv1(h, θ)
            let activated = configuration.activation == "relu" ? try hidden.relu() : try hidden.gelu()
            h = try block.norm2(h + block.conv2(activated, θ), θ)
            observe("layer\(index)", h)
        }
        h = try finalNorm(h, θ)
        observe("decoder", h)
        let output = try projection(h, θ)
        observe("proj", output)
        return try output.reshaped(shape)
    }

    // MARK: Checkpoints

    /// What a file puts before the official names: nothing, `backbone.` in whole-model dictionaries, six characters in the
    /// released Lightning checkpoints.
    static func prefixes(in names: [String]) -> [String] {
        let last = "patch_embedding.value_embedding.weight"
        return names.filter { $0.hasSuffix(last) }.map { String($0.dropLast(last.count)) }
            .sorted { ($0.count, $0) < ($1.count, $1) }
    }

    /// The whole-model state dictionary holds every tensor twice; these are the second names.
    static let aliasPrefixes = ["decoder.", "proj.", "enc_embedding.", "patch_embedding."]

    /// Reads the sizes from the shapes of a checkpoint's tensors. The number of heads leaves no trace in the shapes: 8,
    /// as every official script has it.
    static func infer(prefix: String, shape: (String) -> [Int]?) -> Configuration? {
        guard let embedding = shape(prefix + "patch_embedding.value_embedding.weight"), embedding.count == 2,
            let hidden = shape(prefix + "decoder.attn_layers.0.conv1.weight"), hidden.count == 3
        else { return nil }
        var layers = 1
        while shape(prefix + "decoder.attn_layers.\(layers).conv1.weight") != nil { layers += 1 }
        let table = shape(prefix + "patch_embedding.position_embedding.pe")
        return Configuration(
            patchLength: embedding[1], width: embedding[0], feedForwardWidth: hidden[0], layers: layers,
            positions: table?.count == 3 ? table?[1] ?? 5000 : 5000)
    }
}
