// Chronos-T5, a language model of tokenised series (Ansari et al., TMLR 2024, arXiv 2403.07815), as in
// amazon-science/chronos-forecasting 2.3.2 with the T5 of transformers.

import Foundation
import Networks
import Tensor

/// Chronos-T5: numbers become tokens, an encoder-decoder T5 is trained by cross-entropy and sampled token by token.
public struct ChronosForecaster: Forecaster {
    /// The part of the official configuration that is Chronos's own.
    public struct ChronosConfiguration: Codable, Sendable, Equatable {
        /// Limits of the bins.
        public struct Limits: Codable, Sendable, Equatable {
            /// Centre of the first bin.
            public var low: Double
            /// Centre of the last bin.
            public var high: Double

            enum CodingKeys: String, CodingKey {
                case low = "low_limit"
                case high = "high_limit"
            }
        }

        /// The tokenizer's class.
        public var tokenizer: String
        /// Its arguments.
        public var limits: Limits
        /// Size of the vocabulary.
        public var tokens: Int
        /// Ids that are not numbers.
        public var specialTokens: Int
        /// Whether sequences end with a token of their own.
        public var usesEnd: Bool
        /// `seq2seq`.
        public var kind: String
        /// Longest context in points; longer ones are cut on the left.
        public var contextLength: Int
        /// Points of one round of decoding.
        public var horizon: Int
        /// Paths drawn for a forecast.
        public var samples: Int
        /// Divides the logits.
        public var temperature: Double
        /// How many of the likeliest tokens can be drawn.
        public var topK: Int
        /// The share of probability that can be drawn.
        public var topP: Double

        enum CodingKeys: String, CodingKey {
            case tokenizer = "tokenizer_class"
            case limits = "tokenizer_kwargs"
            case tokens = "n_tokens"
            case specialTokens = "n_special_tokens"
            case usesEnd = "use_eos_token"
            case kind = "model_type"
            case contextLength = "context_length"
            case horizon = "prediction_length"
            case samples = "num_samples"
            case temperature
            case topK = "top_k"
            case topP = "top_p"
        }

        /// Every release.
        static let released = ChronosConfiguration(
            tokenizer: "MeanScaleUniformBins", limits: Limits(low: -15, high: 15), tokens: 4096, specialTokens: 2,
            usesEnd: true, kind: "seq2seq", contextLength: 512, horizon: 64, samples: 20, temperature: 1, topK: 50,
            topP: 1)
    }

    /// The official configuration.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Width of the token stream.
        public var width: Int
        /// Width of a head.
        public var keyWidth: Int
        /// Width inside the feed-forward layer.
        public var feedForwardWidth: Int
        /// Blocks of the encoder.
        public var layers: Int
        /// Blocks of the decoder; as many as the encoder's when absent.
        public var decoderLayers: Int
        /// Attention heads.
        public var heads: Int
        /// Rows of the embedding.
        public var vocabulary: Int
        /// Buckets of relative positions.
        public var buckets: Int
        /// Distance of the last bucket.
        public var maximumDistance: Int
        /// ε of the norms.
        public var epsilon: Double
        /// Scale of the initialisation.
        public var factor: Double
        /// The activation of the feed-forward layers.
        public var feedForward: String
        /// Whether the output layer is the embedding.
        public var tiesEmbeddings: Bool
        /// Chronos's own part.
        public var chronos: ChronosConfiguration

        enum CodingKeys: String, CodingKey {
            case width = "d_model"
            case keyWidth = "d_kv"
            case feedForwardWidth = "d_ff"
            case layers = "num_layers"
            case decoderLayers = "num_decoder_layers"
            case heads = "num_heads"
            case vocabulary = "vocab_size"
            case buckets = "relative_attention_num_buckets"
            case maximumDistance = "relative_attention_max_distance"
            case epsilon = "layer_norm_epsilon"
            case factor = "initializer_factor"
            case feedForward = "feed_forward_proj"
            case tiesEmbeddings = "tie_word_embeddings"
            case chronos = "chronos_config"
        }

        /// A released size.
        init(width: Int, feedForwardWidth: Int, layers: Int, heads: Int) {
            self.width = width
            keyWidth = 64
            self.feedForwardWidth = feedForwardWidth
            self.layers = layers
            decoderLayers = layers
            self.heads = heads
            (vocabulary, buckets, maximumDistance, epsilon, factor) = (4096, 32, 128, 1e-6, 0.05)
            (feedForward, tiesEmbeddings, chronos) = ("relu", true, .released)
        }

        /// Decodes the official schema; sizes must be there, the rest has the library's defaults.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            width = try values.decode(Int.self, forKey: .width)
            keyWidth = try values.decode(Int.self, forKey: .keyWidth)
            feedForwardWidth = try values.decode(Int.self, forKey: .feedForwardWidth)
            layers = try values.decode(Int.self, forKey: .layers)
            decoderLayers = try values.decodeIfPresent(Int.self, forKey: .decoderLayers) ?? layers
            heads = try values.decode(Int.self, forKey: .heads)
            chronos = try values.decode(ChronosConfiguration.self, forKey: .chronos)
            vocabulary = try values.decodeIfPresent(Int.self, forKey: .vocabulary) ?? chronos.tokens
            buckets = try values.decodeIfPresent(Int.self, forKey: .buckets) ?? 32
            maximumDistance = try values.decodeIfPresent(Int.self, forKey: .maximumDistance) ?? 128
            epsilon = try values.decodeIfPresent(Double.self, forKey: .epsilon) ?? 1e-6
            factor = try values.decodeIfPresent(Double.self, forKey: .factor) ?? 0.05
            feedForward = try values.decodeIfPresent(String.self, forKey: .feedForward) ?? "relu"
            tiesEmbeddings = try values.decodeIfPresent(Bool.self, forKey: .tiesEmbeddings) ?? true
        }

        func validate(file: String) throws(ForecasterError) {
            try ForecasterError.check(
                sizes: [
                    ("d_model", width), ("d_kv", keyWidth), ("d_ff", feedForwardWidth), ("num_layers", layers),
                    ("num_decoder_layers", decoderLayers), ("num_heads", heads), ("vocab_size", vocabulary),
                    ("relative_attention_num_buckets", buckets),
                    ("relative_attention_max_distance", maximumDistance),
                    ("chronos_config.context_length", chronos.contextLength),
                    ("chronos_config.prediction_length", chronos.horizon),
                    ("chronos_config.num_samples", chronos.samples), ("chronos_config.top_k", chronos.topK),
                ], file: file)
            func require(_ condition: Bool, _ key: String, _ problem: String) throws(ForecasterError) {
                if !condition { throw .configuration(file: file, key: key, problem: problem) }
            }
            try require(
                buckets >= 4 && buckets % 4 == 0 && maximumDistance > buckets, "relative_attention_num_buckets",
                "is \(buckets); it must be a multiple of 4 below relative_attention_max_distance")
            try require(epsilon > 0 && factor > 0 && factor.isFinite, "initializer_factor", "must be positive")
            try require(feedForward == "relu", "feed_forward_proj", "is '\(feedForward)'; every Chronos-T5 has 'relu'")
            try require(tiesEmbeddings, "tie_word_embeddings", "is false; every Chronos-T5 ties its embeddings")
            try require(
                chronos.tokenizer == "MeanScaleUniformBins", "chronos_config.tokenizer_class",
                "is '\(chronos.tokenizer)'; only MeanScaleUniformBins was published")
            try require(
                chronos.kind == "seq2seq" && chronos.usesEnd, "chronos_config.model_type",
                "is '\(chronos.kind)'; only seq2seq with an end token was published")
            try require(
                chronos.specialTokens == 2 && chronos.tokens >= chronos.specialTokens + 3,
                "chronos_config.n_special_tokens", "must be 2, and n_tokens larger by at least 3")
            try require(
                vocabulary >= chronos.tokens, "vocab_size",
                "is \(vocabulary), below chronos_config.n_tokens = \(chronos.tokens)")
            try require(chronos.limits.low < chronos.limits.high, "chronos_config.tokenizer_kwargs", "must rise")
            try require(
                chronos.temperature > 0 && chronos.topP > 0 && chronos.topP <= 1, "chronos_config.temperature",
                "must be positive, and top_p in (0, 1]")
        }
    }

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    let tokenizer: ChronosTokenizer
    private let shared: ParameterID
    private let encoder, decoder: T5Stack

    /// The names under which files hold the one embedding.
    static let embeddingNames = [
        "shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight",
    ]
    /// A table that old files hold and that nothing uses.
    static let unusedName = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"

    /// Builds the model without allocating weights.
    public init(_ configuration: Configuration) throws {
        try configuration.validate(file: "config.json")
        self.configuration = configuration
        let c = configuration
        tokenizer = try ChronosTokenizer(
            low: c.chronos.limits.low, high: c.chronos.limits.high, tokens: c.chronos.tokens,
            specialTokens: c.chronos.specialTokens)
        var layout = ParameterLayout()
        shared = layout.add(
            "shared.weight", [c.vocabulary, c.width], .normal(deviation: c.factor), role: .weight, part: .embedding)
        func sizes(_ layers: Int) -> T5Stack.Sizes {
            T5Stack.Sizes(
                width: c.width, keyWidth: c.keyWidth, heads: c.heads, feedForwardWidth: c.feedForwardWidth,
                layers: layers, buckets: c.buckets, maximumDistance: c.maximumDistance, epsilon: c.epsilon,
                factor: c.factor)
        }
        encoder = T5Stack(&layout, "encoder", sizes(c.layers), isDecoder: false)
        decoder = T5Stack(&layout, "decoder", sizes(c.decoderLayers), isDecoder: true)
        self.layout = layout
    }

    // MARK: Forecaster

    /// `chronos`.
    public var family: String { "chronos" }
    /// The one form.
    public var architecture: String { "Chronos-T5" }
    /// A token is a point.
    public var patchLength: Int { 1 }
    /// 512 points, or the longest context of a smaller model.
    public func defaultContext(for task: ForecastingTask) -> Int { min(512, configuration.chronos.contextLength) }
    /// One round of decoding.
    public var defaultHorizon: Int { configuration.chronos.horizon }
    /// Forecasting alone was published.
    public var tasks: [ForecastingTask] { [.forecast] }

    /// Any context; the training loss covers one round of decoding, and no other loss has a derivative.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        guard task == .forecast else {
            throw .request("Chronos was published for forecasting only; task '\(task.rawValue)' is not defined for it")
        }
        guard context >= 1 else { throw .request("the context must hold at least 1 point") }
        guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
        guard loss == .native else {
            throw .request(
                "loss '\(loss.rawValue)' has no derivative for Chronos, whose forecasts are drawn token by token; use native (cross-entropy)"
            )
        }
        guard horizon <= defaultHorizon else {
            throw .request(
                "loss 'native' covers one round of \(defaultHorizon) tokens, the horizon is \(horizon); lower it")
        }
    }

    /// Any context and horizon: forecasts are continued round by round.
    public func validateForecast(context: Int, horizon: Int) throws(ForecasterError) {
        guard context >= 1 else { throw .request("the context must hold at least 1 point") }
        guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
    }

    /// One uniform number per drawn token.
    public func noise(task: ForecastingTask, loss: LossKind, context: Int, horizon: Int) -> NoiseRequirement {
        guard loss != .native else { return .none }
        let step = configuration.chronos.horizon
        let rounds = (horizon + step - 1) / step
        return NoiseRequirement(normal: 0, uniform: configuration.chronos.samples * rounds * step)
    }

    /// The median of the sampled paths.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        try forecastDistribution(context, horizon: horizon, noise: noise, θ).point
    }

    /// `native`: the cross-entropy of the horizon's tokens and the end token. A horizon shorter than a round counts as
    /// missing beyond its end.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        guard kind == .native else {
            throw .operation(name: "loss", message: "Chronos has no '\(kind.rawValue)' loss; validate() says so first")
        }
        return try crossEntropy(batch.context, target: batch.target, θ)
    }

    /// The configuration in the official schema.
    public func configurationJSON() throws -> String {
        try configuration.officialJSON(adding: [
            "architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "dense_act_fn": "relu",
            "is_gated_act": false, "is_encoder_decoder": true, "pad_token_id": ChronosTokenizer.missing,
            "eos_token_id": ChronosTokenizer.end, "decoder_start_token_id": ChronosTokenizer.missing,
        ])
    }

    // MARK: Forward

    /// Ids with the end token, what can be attended to, and the scale: `[B, T]` → `[B, T + 1]`, `[B, T + 1]`, `[B]`.
    func tokenize(_ context: Tensor) throws(TensorError) -> (ids: Tensor, visible: Tensor, scale: Tensor) {
        let length = min(context.shape[1], configuration.chronos.contextLength)
        let x = try context.narrowed(1, from: context.shape[1] - length, count: length)
        let scale = try tokenizer.scale(of: x)
        let ids = try tokenizer.ids(of: x, scale: scale)
        let end = try Tensor.full([x.shape[0], 1], Double(ChronosTokenizer.end), dtype: .int64, device: x.device)
        let visible = try 1 - x.isNaN().to(context.dtype)
        let one = try Tensor.full([x.shape[0], 1], 1, dtype: context.dtype, device: x.device)
        return (
            try Tensor.concatenate([ids, end], dimension: 1), try Tensor.concatenate([visible, one], dimension: 1),
            scale
        )
    }

    private func embed(_ ids: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        try θ[shared].selected(0, indices: ids.flattened()).reshaped(ids.shape + [configuration.width])
    }

    private func keyBias(_ visible: Tensor) throws(TensorError) -> Tensor {
        let shape = [visible.shape[0], 1, 1, visible.shape[1]]
        return try visible.zerosLike().filled(with: -.infinity, where: visible.equals(0)).reshaped(shape)
    }

    /// States of the context, `[B, M]` → `[B, M, width]`.
    func encode(
        _ ids: Tensor, visible: Tensor, _ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let embedded = try embed(ids, θ)
        observe("embed", embedded)
        return try encoder(embedded, keyBias: keyBias(visible), θ, observe: observe)
    }

    private func output(_ states: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        try (states * (1 / Double(configuration.width).squareRoot())).linear(weight: θ[shared])
    }

    /// Logits of every position under teacher forcing, `[B, N]` → `[B, N, vocabulary]`.
    func logits(
        _ ids: Tensor, encoded: Tensor, visible: Tensor, _ θ: Parameters,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let states = try decoder(
            embed(ids, θ), keyBias: keyBias(visible), encoded: encoded, θ, observe: observe)
        return try output(states, θ)
    }

    /// Logits after one more token of every path, `[B · paths, 1]` → `[B · paths, vocabulary]`.
    func nextLogits(
        _ token: Tensor, encoded: Tensor, visible: Tensor, cache: T5Stack.Cache, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let state = try decoder.step(embed(token, θ), encoded: encoded, keyBias: keyBias(visible), cache: cache, θ)
        return try output(state, θ).squeezed(1)
    }

    /// Labels of a target with the end token and which of them count, `[B, H]` → `[B, horizon + 1]`.
    func labels(of target: Tensor, scale: Tensor) throws(TensorError) -> (ids: Tensor, counted: Tensor) {
        let (batch, missing) = (target.shape[0], configuration.chronos.horizon - target.shape[1])
        let filler = try Tensor.full([batch, missing], .nan, dtype: target.dtype, device: target.device)
        let whole = try Tensor.concatenate([target, filler], dimension: 1)
        let end = try Tensor.full([batch, 1], Double(ChronosTokenizer.end), dtype: .int64, device: target.device)
        let one = try Tensor.full([batch, 1], 1, dtype: target.dtype, device: target.device)
        return (
            try Tensor.concatenate([tokenizer.ids(of: whole, scale: scale), end], dimension: 1),
            try Tensor.concatenate([1 - whole.isNaN().to(target.dtype), one], dimension: 1)
        )
    }

    /// What the decoder reads: the labels one place later, after the start token; missing ones are token 0, as the start.
    static func shifted(_ labels: Tensor) throws(TensorError) -> Tensor {
        let shape = labels.shape
        let start = try Tensor.zeros([shape[0], 1], dtype: .int64, device: labels.device)
        return try Tensor.concatenate([start, labels.narrowed(1, from: 0, count: shape[1] - 1)], dimension: 1)
    }

    /// −ln p of every label, summed over each window.
    func crossEntropy(_ context: Tensor, target: Tensor, _ θ: Parameters) throws(TensorError) -> LossTerms {
        let (ids, visible, scale) = try tokenize(context)
        let (labels, counted) = try labels(of: target, scale: scale)
        let encoded = try encode(ids, visible: visible, θ)
        let logits = try logits(ChronosForecaster.shifted(labels), encoded: encoded, visible: visible, θ)
        let chosen = try logits.logSoftmax().gathered(2, indices: labels.unsqueezed(2)).squeezed(2)
        return LossTerms(
            sums: try -(chosen * counted).sum([1]), weights: try counted.sum([1]), outputs: [logits])
    }
}
