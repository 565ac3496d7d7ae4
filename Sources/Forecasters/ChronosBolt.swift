// Chronos-Bolt, the direct quantile forecaster of the Chronos family (Ansari et al., TMLR 2024, arXiv 2403.07815), as in
// amazon-science/chronos-forecasting 2.3.2.

import Foundation
import Networks
import Tensor

/// Chronos-Bolt: a T5 on patches whose decoder reads one token and gives quantiles of the whole horizon.
public struct ChronosBoltForecaster: Forecaster {
    /// The part of the official configuration that is Chronos's own.
    public struct ChronosConfiguration: Codable, Sendable, Equatable {
        /// Longest context in points; longer ones are cut on the left.
        public var contextLength: Int
        /// Points per token.
        public var patchLength: Int
        /// Points of one forecast.
        public var horizon: Int
        /// Trained quantile levels, rising.
        public var quantiles: [Double]

        enum CodingKeys: String, CodingKey {
            case contextLength = "context_length"
            case patchLength = "input_patch_size"
            case horizon = "prediction_length"
            case quantiles
        }
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
        /// Blocks of the decoder.
        public var decoderLayers: Int
        /// Attention heads.
        public var heads: Int
        /// Buckets of relative positions.
        public var buckets: Int
        /// Distance of the last bucket.
        public var maximumDistance: Int
        /// ε of the norms.
        public var epsilon: Double
        /// Scale of the initialisation.
        public var factor: Double
        /// Chronos's own part.
        public var chronos: ChronosConfiguration

        enum CodingKeys: String, CodingKey {
            case width = "d_model"
            case keyWidth = "d_kv"
            case feedForwardWidth = "d_ff"
            case layers = "num_layers"
            case decoderLayers = "num_decoder_layers"
            case heads = "num_heads"
            case buckets = "relative_attention_num_buckets"
            case maximumDistance = "relative_attention_max_distance"
            case epsilon = "layer_norm_epsilon"
            case factor = "initializer_factor"
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
            (buckets, maximumDistance, epsilon, factor) = (32, 128, 1e-6, 0.05)
            chronos = ChronosConfiguration(
                contextLength: 2048, patchLength: 16, horizon: 64, quantiles: (1...9).map { Double($0) / 10 })
        }

        /// Decodes the official schema.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            width = try values.decode(Int.self, forKey: .width)
            keyWidth = try values.decode(Int.self, forKey: .keyWidth)
            feedForwardWidth = try values.decode(Int.self, forKey: .feedForwardWidth)
            layers = try values.decode(Int.self, forKey: .layers)
            decoderLayers = try values.decodeIfPresent(Int.self, forKey: .decoderLayers) ?? layers
            heads = try values.decode(Int.self, forKey: .heads)
            buckets = try values.decodeIfPresent(Int.self, forKey: .buckets) ?? 32
            maximumDistance = try values.decodeIfPresent(Int.self, forKey: .maximumDistance) ?? 128
            epsilon = try values.decodeIfPresent(Double.self, forKey: .epsilon) ?? 1e-6
            factor = try values.decodeIfPresent(Double.self, forKey: .factor) ?? 0.05
            chronos = try values.decode(ChronosConfiguration.self, forKey: .chronos)
        }

        func validate(file: String) throws(ForecasterError) {
            let sizes = [
                ("d_model", width), ("d_kv", keyWidth), ("d_ff", feedForwardWidth), ("num_layers", layers),
                ("num_decoder_layers", decoderLayers), ("num_heads", heads),
                ("relative_attention_num_buckets", buckets),
                ("relative_attention_max_distance", maximumDistance),
                ("chronos_config.context_length", chronos.contextLength),
                ("chronos_config.input_patch_size", chronos.patchLength),
                ("chronos_config.prediction_length", chronos.horizon),
            ]
            try ForecasterError.check(sizes: sizes, file: file)
            guard buckets >= 4, buckets % 4 == 0, maximumDistance > buckets else {
                throw .configuration(
                    file: file, key: "relative_attention_num_buckets",
                    problem: "is \(buckets); it must be a multiple of 4 below relative_attention_max_distance")
            }
            guard chronos.quantiles.contains(0.5), chronos.quantiles.allSatisfy({ $0 > 0 && $0 < 1 }),
                chronos.quantiles == chronos.quantiles.sorted()
            else {
                throw .configuration(
                    file: file, key: "chronos_config.quantiles", problem: "must rise between 0 and 1 and hold 0.5")
            }
            guard epsilon > 0, factor > 0, factor.isFinite else {
                throw .configuration(
                    file: file, key: "initializer_factor", problem: "is \(factor); it must be positive")
            }
        }
    }

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    private let shared: ParameterID
    private let inputEmbedding, outputEmbedding: ResidualBlock
    private let encoder, decoder: T5Stack

    /// Other names of the shared embedding, and a head that some exporters add.
    static let aliases: Set<String> = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"]

    /// Builds the model without allocating weights.
    public init(_ configuration: Configuration) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        self.configuration = configuration
        let c = configuration
        var layout = ParameterLayout()
        shared = layout.add(
            "shared.weight", [2, c.width], .normal(deviation: c.factor), role: .weight, part: .embedding)
        func block(_ name: String, _ inputs: Int, _ outputs: Int, part: ModelPart) -> ResidualBlock {
            // The reference scales both blocks by the input patch, the output block too.
            let outer = Initializer.normal(deviation: c.factor / Double(2 * c.chronos.patchLength).squareRoot())
            func linear(_ part: String, _ inputs: Int, _ outputs: Int, _ initializer: Initializer, _ place: ModelPart)
                -> Linear
            {
                Linear(
                    &layout, "\(name).\(part)", inputs: inputs, outputs: outputs, initializer: initializer,
                    biasInitializer: .constant(0), part: place)
            }
            return ResidualBlock(
                hidden: linear("hidden_layer", inputs, c.feedForwardWidth, outer, part),
                output: linear(
                    "output_layer", c.feedForwardWidth, outputs,
                    .normal(deviation: c.factor / Double(c.feedForwardWidth).squareRoot()), part),
                residual: linear("residual_layer", inputs, outputs, outer, part), activation: .relu)
        }
        inputEmbedding = block("input_patch_embedding", 2 * c.chronos.patchLength, c.width, part: .embedding)
        func sizes(_ layers: Int) -> T5Stack.Sizes {
            T5Stack.Sizes(
                width: c.width, keyWidth: c.keyWidth, heads: c.heads, feedForwardWidth: c.feedForwardWidth,
                layers: layers,
                buckets: c.buckets, maximumDistance: c.maximumDistance, epsilon: c.epsilon, factor: c.factor)
        }
        encoder = T5Stack(&layout, "encoder", sizes(c.layers), isDecoder: false)
        decoder = T5Stack(&layout, "decoder", sizes(c.decoderLayers), isDecoder: true)
        outputEmbedding = block(
            "output_patch_embedding", c.width, c.chronos.quantiles.count * c.chronos.horizon, part: .head)
        self.layout = layout
    }

    // MARK: Forecaster

    /// `chronos-bolt`.
    public var family: String { "chronos-bolt" }
    /// The one form.
    public var architecture: String { "Chronos-Bolt" }
    /// Points per token.
    public var patchLength: Int { configuration.chronos.patchLength }
    /// 512 points, or the longest context of a smaller model.
    public func defaultContext(for task: ForecastingTask) -> Int { min(512, configuration.chronos.contextLength) }
    /// One direct forecast.
    public var defaultHorizon: Int { configuration.chronos.horizon }
    /// Forecasting alone was published.
    public var tasks: [ForecastingTask] { [.forecast] }

    /// Any context; the training loss covers at most one direct forecast.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        guard task == .forecast else {
            throw .request(
                "Chronos-Bolt was published for forecasting only; task '\(task.rawValue)' is not defined for it")
        }
        guard context >= 1 else { throw .request("the context must hold at least 1 point") }
        guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
        guard loss != .native || horizon <= defaultHorizon else {
            throw .request(
                "loss 'native' covers one direct forecast of \(defaultHorizon) points, the horizon is \(horizon); lower it, or use mse or mae"
            )
        }
        guard loss != .lastPatchMSE else {
            throw .request(
                "loss 'last-patch-mse' is not defined for Chronos-Bolt, whose outputs are not patches; use native, mse or mae"
            )
        }
    }

    /// The median; beyond one direct forecast every quantile path is continued and the quantiles are taken again.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        try forecastDistribution(context, horizon: horizon, noise: noise, θ).point
    }

    /// `native`: the quantile loss in the units of the instance norm: mean over levels, sum over the horizon.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        if kind == .native {
            return try quantileLoss(batch.context, target: batch.target, θ)
        }
        let difference = try forecast(batch.context, horizon: batch.target.shape[1], θ) - batch.target
        return try LossTerms(differences: difference, kind)
    }

    /// The configuration in the official schema.
    public func configurationJSON() throws -> String {
        try configuration.officialJSON(adding: [
            "model_type": "t5",
            "architectures": ["ChronosBoltModelForForecasting"],
            "chronos_pipeline_class": "ChronosBoltPipeline",
        ])
    }

    // MARK: Forward

    var medianIndex: Int { configuration.chronos.quantiles.firstIndex(of: 0.5) ?? 0 }

    /// Location and scale of the observed points, `[B, 1]`: mean and biased deviation; 0 and 1 where nothing is observed,
    /// and 1e-5 for a constant.
    func statistics(_ x: Tensor) throws(TensorError) -> (location: Tensor, scale: Tensor) {
        let missing = try x.isNaN()
        let observed = try (1 - missing.to(x.dtype))
        let total = try observed.sum([1], keepingDimensions: true)
        let count = try total.clamped(below: 1)
        let location = try x.filled(with: 0, where: missing).sum([1], keepingDimensions: true) / count
        let squares = try ((x.filled(with: 0, where: missing) - location).squared() * observed)
            .sum([1], keepingDimensions: true)
        let deviation = try (squares / count).squareRoot()
        let safe = try deviation.filled(with: 1e-5, where: deviation.equals(0)).filled(with: 1, where: total.equals(0))
        return (location, safe)
    }

    /// One direct forecast in the units of the instance norm, `[B, T]` → `[B, levels, horizon]`; NaN is missing.
    func scaledQuantiles(
        _ context: Tensor, _ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> (output: Tensor, location: Tensor, scale: Tensor) {
        let c = configuration.chronos
        let length = min(context.shape[1], c.contextLength)
        let x = try context.narrowed(1, from: context.shape[1] - length, count: length)
        let batch = x.shape[0]
        let (location, scale) = try statistics(x)
        let missing = try x.isNaN()
        var values = try ((x - location) / scale).filled(with: 0, where: missing)
        var observed = try 1 - missing.to(x.dtype)
        let tokens = (length + c.patchLength - 1) / c.patchLength
        let padding = tokens * c.patchLength - length
        if padding > 0 {
            let zeros = try Tensor.zeros([batch, padding], dtype: x.dtype, device: x.device)
            values = try Tensor.concatenate([zeros, values], dimension: 1)
            observed = try Tensor.concatenate([zeros, observed], dimension: 1)
        }
        let patches = try observed.reshaped([batch, tokens, c.patchLength])
        let features = try Tensor.concatenate([values.reshaped(patches.shape), patches], dimension: -1)
        observe("patched_context_and_mask", features)
        let embedded = try inputEmbedding(features, θ)
        observe("input_patch_embedding", embedded)
        let table = θ[shared]
        let width = configuration.width
        func token(_ index: Int) throws(TensorError) -> Tensor {
            try table.selected(0, at: index).reshaped([1, 1, width]).expanded([batch, 1, width])
        }
        let visible = try Tensor.concatenate(
            [patches.sum([2]), Tensor.full([batch, 1], 1, dtype: x.dtype, device: x.device)], dimension: 1)
        let keyBias = try Tensor.zeros([batch, 1, 1, tokens + 1], dtype: x.dtype, device: x.device)
            .filled(with: -Double.infinity, where: visible.equals(0).reshaped([batch, 1, 1, tokens + 1]))
        let encoded = try encoder(Tensor.concatenate([embedded, token(1)], dimension: 1), keyBias: keyBias, θ) {
            observe("enc/\($0)", $1)
        }
        let decoded = try decoder(token(0), keyBias: keyBias, encoded: encoded, θ) { observe("dec/\($0)", $1) }
        let output = try outputEmbedding(decoded, θ)
        observe("output_patch_embedding", output)
        return (try output.reshaped([batch, c.quantiles.count, c.horizon]), location, scale)
    }

    /// The published forecast in the series' units, `[B, T]` → `[B, levels, horizon]`.
    func quantiles(_ context: Tensor, horizon: Int, _ θ: Parameters) throws(TensorError) -> Tensor {
        let c = configuration.chronos
        func direct(_ x: Tensor) throws(TensorError) -> Tensor {
            let (output, location, scale) = try scaledQuantiles(x, θ)
            return try output * scale.unsqueezed(1) + location.unsqueezed(1)
        }
        var prediction = try direct(context)
        var parts = [prediction]
        var produced = c.horizon
        let batch = context.shape[0]
        let count = c.quantiles.count
        let levels = try Tensor(c.quantiles).to(context.dtype, device: context.device)
        var paths = try context.unsqueezed(1).expanded([batch, count, context.shape[1]])
        while produced < horizon {
            paths = try Tensor.concatenate([paths, prediction], dimension: 2)
            let length = min(paths.shape[2], c.contextLength)
            paths = try paths.narrowed(2, from: paths.shape[2] - length, count: length)
            let next = try direct(paths.reshaped([batch * count, length])).reshaped([batch, count * count, c.horizon])
            prediction = try next.quantile(levels, 1).transposed(0, 1)
            parts.append(prediction)
            produced += c.horizon
        }
        return try Tensor.concatenate(parts, dimension: 2).narrowed(2, from: 0, count: horizon)
    }

    /// Σ_h mean_q 2 |(y − p)(1{y ≤ p} − τ_q)| over the observed targets; a target shorter than the horizon counts as
    /// missing beyond its end.
    func quantileLoss(_ context: Tensor, target: Tensor, _ θ: Parameters) throws(TensorError) -> LossTerms {
        let (output, location, scale) = try scaledQuantiles(context, θ)
        let length = target.shape[1]
        let missing = try target.isNaN()
        let observed = try (1 - missing.to(target.dtype)).unsqueezed(1)
        let truth = try ((target - location) / scale).filled(with: 0, where: missing).unsqueezed(1)
        let prediction = try output.narrowed(2, from: 0, count: length)
        let count = configuration.chronos.quantiles.count
        let levels = try Tensor(configuration.chronos.quantiles, shape: [1, count, 1]).to(
            target.dtype, device: target.device)
        let below = try (truth - prediction).detached().isAtMostZero().to(target.dtype)
        let errors = try ((truth - prediction) * (below - levels)).absolute() * observed * 2
        let sums = try errors.mean([1]).sum([1])
        return LossTerms(
            sums: sums, weights: try Tensor.full([sums.shape[0]], 1, dtype: target.dtype, device: target.device),
            outputs: [prediction])
    }
}
