// TimesFM 2.5, as in google-research/timesfm and in the transformers port.

import Foundation
import Networks
import Tensor

/// TimesFM 2.5: running normalisation per patch, rotary positions, norms around every sublayer, a point head of 128 points
/// and a quantile head of 1024.
public struct TimesFM25Forecaster: Forecaster {
    /// The configuration, in the schema of the published file or of the port; the published code ignores its own.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Points per token.
        public var patchLength: Int
        /// Points that one token forecasts.
        public var horizon: Int
        /// Points of the quantile head.
        public var quantileHorizon: Int
        /// Longest context in points.
        public var contextLength: Int
        /// Blocks.
        public var layers: Int
        /// Attention heads.
        public var heads: Int
        /// Width of a head.
        public var headWidth: Int
        /// Width of the token stream.
        public var width: Int
        /// Width inside the feed-forward layers.
        public var feedForwardWidth: Int
        /// Trained quantile levels, rising.
        public var quantiles: [Double]
        /// ε of the norms.
        public var epsilon: Double

        private enum CodingKeys: String, CodingKey {
            case patchLength = "patch_length"
            case horizon = "horizon_length"
            case quantileHorizon = "quantile_horizon_length"
            case contextLength = "context_length"
            case layers = "num_hidden_layers"
            case heads = "num_attention_heads"
            case headWidth = "head_dim"
            case width = "hidden_size"
            case feedForwardWidth = "intermediate_size"
            case quantiles
            case epsilon = "rms_norm_eps"
        }

        /// The port's name of the quantile head's length.
        private enum PortKeys: String, CodingKey {
            case quantileHorizon = "output_quantile_len"
        }

        /// The released size.
        init() {
            (patchLength, horizon, quantileHorizon, contextLength, layers) = (32, 128, 1024, 16384, 20)
            (heads, headWidth, width, feedForwardWidth, epsilon) = (16, 80, 1280, 1280, 1e-6)
            quantiles = (1...9).map { Double($0) / 10 }
        }

        /// Decodes either schema; what is absent has the released value.
        public init(from decoder: any Decoder) throws {
            self.init()
            let values = try decoder.container(keyedBy: CodingKeys.self)
            let port = try decoder.container(keyedBy: PortKeys.self)
            patchLength = try values.decodeIfPresent(Int.self, forKey: .patchLength) ?? patchLength
            horizon = try values.decodeIfPresent(Int.self, forKey: .horizon) ?? horizon
            quantileHorizon =
                try values.decodeIfPresent(Int.self, forKey: .quantileHorizon)
                ?? port.decodeIfPresent(Int.self, forKey: .quantileHorizon) ?? quantileHorizon
            contextLength = try values.decodeIfPresent(Int.self, forKey: .contextLength) ?? contextLength
            layers = try values.decodeIfPresent(Int.self, forKey: .layers) ?? layers
            heads = try values.decodeIfPresent(Int.self, forKey: .heads) ?? heads
            headWidth = try values.decodeIfPresent(Int.self, forKey: .headWidth) ?? headWidth
            width = try values.decodeIfPresent(Int.self, forKey: .width) ?? width
            feedForwardWidth = try values.decodeIfPresent(Int.self, forKey: .feedForwardWidth) ?? feedForwardWidth
            quantiles = try values.decodeIfPresent([Double].self, forKey: .quantiles) ?? quantiles
            epsilon = try values.decodeIfPresent(Double.self, forKey: .epsilon) ?? epsilon
        }

        /// Encodes both names of the quantile head's length.
        public func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(patchLength, forKey: .patchLength)
            try values.encode(horizon, forKey: .horizon)
            try values.encode(quantileHorizon, forKey: .quantileHorizon)
            try values.encode(contextLength, forKey: .contextLength)
            try values.encode(layers, forKey: .layers)
            try values.encode(heads, forKey: .heads)
            try values.encode(headWidth, forKey: .headWidth)
            try values.encode(width, forKey: .width)
            try values.encode(feedForwardWidth, forKey: .feedForwardWidth)
            try values.encode(quantiles, forKey: .quantiles)
            try values.encode(epsilon, forKey: .epsilon)
            var port = encoder.container(keyedBy: PortKeys.self)
            try port.encode(quantileHorizon, forKey: .quantileHorizon)
        }

        func validate(file: String) throws(ForecasterError) {
            try ForecasterError.check(
                sizes: [
                    ("patch_length", patchLength), ("horizon_length", horizon),
                    ("quantile_horizon_length", quantileHorizon), ("context_length", contextLength),
                    ("num_hidden_layers", layers), ("num_attention_heads", heads), ("head_dim", headWidth),
                    ("hidden_size", width), ("intermediate_size", feedForwardWidth),
                ], file: file)
            guard quantiles.contains(0.5), quantiles.allSatisfy({ $0 > 0 && $0 < 1 }), quantiles == quantiles.sorted()
            else {
                throw .configuration(file: file, key: "quantiles", problem: "must rise between 0 and 1 and hold 0.5")
            }
            guard heads * headWidth == width, headWidth % 2 == 0 else {
                throw .configuration(
                    file: file, key: "head_dim",
                    problem: "is \(headWidth); \(heads) even heads of it must make hidden_size = \(width)")
            }
            guard contextLength % patchLength == 0, horizon % patchLength == 0 else {
                throw .configuration(
                    file: file, key: "patch_length",
                    problem: "is \(patchLength); context_length and horizon_length must be multiples of it")
            }
            guard epsilon > 0 else {
                throw .configuration(file: file, key: "rms_norm_eps", problem: "must be positive")
            }
        }
    }

    struct Block: Sendable {
        let beforeAttention, afterAttention, beforeFeedForward, afterFeedForward: RMSNorm
        /// One joint layer, or three.
        let projections: [Linear]
        let queryNorm, keyNorm: RMSNorm
        let scaling: ParameterID
        let out, up, down: Linear
    }

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// Which code wrote the checkpoint: it decides names and the training loss.
    public let origin: TimesFMForecaster.Configuration.Origin
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    let tokenizer, pointHead, quantileHead: ResidualBlock
    let blocks: [Block]

    /// Builds the model without allocating weights.
    ///
    /// Initialisation follows the port: N(0, 0.02²) for matrices, 0 for biases, 1 for gains and scales. The published
    /// class starts its gains at 0, where every layer is the identity and has no gradient.
    public init(
        _ configuration: Configuration, origin: TimesFMForecaster.Configuration.Origin = .published
    ) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        self.configuration = configuration
        self.origin = origin
        let c = configuration
        let isPublished = origin == .published
        var layout = ParameterLayout()
        func linear(
            _ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = false, _ part: ModelPart = .backbone
        ) -> Linear {
            Linear(
                &layout, name, inputs: inputs, outputs: outputs, bias: bias, initializer: .normal(deviation: 0.02),
                biasInitializer: .constant(0), part: part)
        }
        func block(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool, _ part: ModelPart) -> ResidualBlock {
            ResidualBlock(
                hidden: linear(
                    "\(name).\(isPublished ? "hidden_layer" : "input_layer")", inputs, c.width, bias: bias, part),
                output: linear("\(name).output_layer", c.width, outputs, bias: bias, part),
                residual: linear("\(name).residual_layer", inputs, outputs, bias: bias, part), activation: .silu)
        }
        tokenizer = block(
            isPublished ? "tokenizer" : "model.input_ff_layer", 2 * c.patchLength, c.width, bias: true, .embedding)
        var blocks: [Block] = []
        for index in 0..<c.layers {
            let name = isPublished ? "stacked_xf.\(index)" : "model.layers.\(index)"
            func norm(_ published: String, _ port: String, _ size: Int) -> RMSNorm {
                RMSNorm(
                    &layout, "\(name).\(isPublished ? published : port)", size: size, epsilon: c.epsilon,
                    suffix: isPublished ? "scale" : "weight")
            }
            let projections =
                isPublished
                ? [linear("\(name).attn.qkv_proj", c.width, 3 * c.width)]
                : ["q_proj", "k_proj", "v_proj"].map { linear("\(name).self_attn.\($0)", c.width, c.width) }
            let scaling = layout.add(
                isPublished ? "\(name).attn.per_dim_scale.per_dim_scale" : "\(name).self_attn.scaling", [c.headWidth],
                .constant(1), role: .norm)
            blocks.append(
                Block(
                    beforeAttention: norm("pre_attn_ln", "input_layernorm", c.width),
                    afterAttention: norm("post_attn_ln", "post_attention_layernorm", c.width),
                    beforeFeedForward: norm("pre_ff_ln", "pre_feedforward_layernorm", c.width),
                    afterFeedForward: norm("post_ff_ln", "post_feedforward_layernorm", c.width),
                    projections: projections, queryNorm: norm("attn.query_ln", "self_attn.q_norm", c.headWidth),
                    keyNorm: norm("attn.key_ln", "self_attn.k_norm", c.headWidth), scaling: scaling,
                    out: linear("\(name).\(isPublished ? "attn.out" : "self_attn.o_proj")", c.width, c.width),
                    up: linear("\(name).\(isPublished ? "ff0" : "mlp.fc1")", c.width, c.feedForwardWidth),
                    down: linear("\(name).\(isPublished ? "ff1" : "mlp.fc2")", c.feedForwardWidth, c.width)))
        }
        self.blocks = blocks
        let channels = 1 + c.quantiles.count
        pointHead = block("output_projection_point", c.width, c.horizon * channels, bias: false, .head)
        quantileHead = block("output_projection_quantiles", c.width, c.quantileHorizon * channels, bias: false, .head)
        self.layout = layout
    }

    // MARK: Forecaster

    /// `timesfm`.
    public var family: String { "timesfm" }
    /// The version.
    public var architecture: String { "TimesFM 2.5" }
    /// Points per token.
    public var patchLength: Int { configuration.patchLength }
    /// 512 points, or the longest context of a smaller model.
    public func defaultContext(for task: ForecastingTask) -> Int { min(512, configuration.contextLength) }
    /// What one token forecasts.
    public var defaultHorizon: Int { configuration.horizon }
    /// Forecasting alone was published.
    public var tasks: [ForecastingTask] { [.forecast] }

    /// Any context; the training loss covers what one token forecasts.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        guard task == .forecast else {
            throw .request("TimesFM was published for forecasting only; task '\(task.rawValue)' is not defined for it")
        }
        guard (2...configuration.contextLength).contains(context) else {
            throw .request(
                "the context is \(context) points; \(architecture) reads 2 to \(configuration.contextLength)")
        }
        guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
        guard loss == .mse || loss == .mae || horizon <= configuration.horizon else {
            throw .request(
                "loss '\(loss.rawValue)' covers the \(configuration.horizon) points of the last patch, the horizon is \(horizon); lower it, or use mse or mae"
            )
        }
    }

    /// The median, averaged over the series and its mirror image, as published by default. The published clamp of forecasts
    /// of positive series is left out: series are standardised here, and 0 has no meaning.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        try forecastDistribution(context, horizon: horizon, noise: noise, θ).point
    }

    /// `native`: the squared error of the last patch's median for published files, the port's training loss for its
    /// files; `last-patch-mse` is the former for both.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        let horizon = batch.target.shape[1]
        if kind == .mse || kind == .mae {
            let difference = try forecast(batch.context, horizon: horizon, θ) - batch.target
            return try LossTerms(differences: difference, kind)
        }
        let (x, mask) = try padded(batch.context)
        if kind == .native, origin == .library {
            let (errors, outputs) = try portErrors(x, mask: mask, target: batch.target, θ)
            return try LossTerms(meanOf: errors, outputs: [outputs])
        }
        let outputs = try lastPatch(x, mask: mask, horizon: horizon, θ)
        return try LossTerms(differences: outputs.selected(2, at: medianIndex) - batch.target, kind)
    }

    /// The configuration in the schema of its origin.
    public func configurationJSON() throws -> String {
        origin == .published
            ? try configuration.officialJSON(adding: [
                "architectures": ["TimesFmModelForPrediction"], "model_type": "timesfm",
            ])
            : try configuration.officialJSON(adding: [
                "architectures": ["TimesFm2_5ModelForPrediction"], "model_type": "timesfm2_5", "activation": "swish",
                "attention_bias": false, "use_bias": false, "num_key_value_heads": configuration.heads,
                "decode_index": medianIndex, "initializer_range": 0.02,
            ])
    }

    /// The channel of the median; channel 0 is the mean.
    var medianIndex: Int { 1 + (configuration.quantiles.firstIndex(of: 0.5) ?? 0) }

    /// Zeros on the left up to whole patches, and 1 where they are: `[B, L]` → `[B, T]` twice.
    func padded(_ context: Tensor) throws(TensorError) -> (values: Tensor, mask: Tensor) {
        let shape = context.shape
        let missing = (patchLength - shape[1] % patchLength) % patchLength
        guard missing > 0 else { return (context, try context.zerosLike()) }
        let zeros = try Tensor.zeros([shape[0], missing], dtype: context.dtype, device: context.device)
        return (
            try Tensor.concatenate([zeros, context], dimension: 1),
            try Tensor.concatenate([zeros + 1, context.zerosLike()], dimension: 1)
        )
    }
}
