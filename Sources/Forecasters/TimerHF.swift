// Timer in its Hugging Face form, thuml/timer-base-84m @ 70077a71 (architecture of Timer-XL, Liu et al., ICLR 2025,
// arXiv 2410.04803, for one variate).

import Foundation
import Networks
import Tensor

/// The Timer published as `thuml/timer-base-84m`: rotary positions, SwiGLU, post-norm, one head per output length.
public struct TimerHF: Forecaster {
    /// The official configuration.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Points per token, P.
        public var patchLength: Int
        /// Width of the token stream.
        public var width: Int
        /// Width inside the gated feed-forward layer.
        public var feedForwardWidth: Int
        /// Number of blocks.
        public var layers: Int
        /// Attention heads.
        public var heads: Int
        /// Points each head predicts from one token.
        public var outputLengths: [Int]
        /// Standard deviation of the initial weights.
        public var initializerRange: Double
        /// Longest context in tokens.
        public var positions: Int

        /// A configuration; the released model's values for what is left out.
        public init(
            patchLength: Int = 96, width: Int = 1024, feedForwardWidth: Int = 2048, layers: Int = 8, heads: Int = 8,
            outputLengths: [Int] = [96], initializerRange: Double = 0.02, positions: Int = 10000
        ) {
            self.patchLength = patchLength
            self.width = width
            self.feedForwardWidth = feedForwardWidth
            self.layers = layers
            self.heads = heads
            self.outputLengths = outputLengths
            self.initializerRange = initializerRange
            self.positions = positions
        }

        enum CodingKeys: String, CodingKey {
            case patchLength = "input_token_len"
            case width = "hidden_size"
            case feedForwardWidth = "intermediate_size"
            case layers = "num_hidden_layers"
            case heads = "num_attention_heads"
            case outputLengths = "output_token_lens"
            case initializerRange = "initializer_range"
            case positions = "max_position_embeddings"
        }

        /// Decodes the official schema; sizes must be there.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            patchLength = try values.decode(Int.self, forKey: .patchLength)
            width = try values.decode(Int.self, forKey: .width)
            feedForwardWidth = try values.decode(Int.self, forKey: .feedForwardWidth)
            layers = try values.decode(Int.self, forKey: .layers)
            heads = try values.decode(Int.self, forKey: .heads)
            outputLengths = try values.decode([Int].self, forKey: .outputLengths)
            initializerRange = try values.decodeIfPresent(Double.self, forKey: .initializerRange) ?? 0.02
            positions = try values.decodeIfPresent(Int.self, forKey: .positions) ?? 10000
        }

        func validate(file: String) throws(ForecasterError) {
            let sizes = [
                ("input_token_len", patchLength), ("hidden_size", width), ("intermediate_size", feedForwardWidth),
                ("num_hidden_layers", layers), ("num_attention_heads", heads), ("max_position_embeddings", positions),
            ]
            try ForecasterError.check(sizes: sizes, file: file)
            guard width % heads == 0, (width / heads) % 2 == 0 else {
                throw .configuration(
                    file: file, key: "num_attention_heads",
                    problem: "is \(heads); hidden_size = \(width) must split into heads of even width")
            }
            guard !outputLengths.isEmpty, outputLengths.allSatisfy({ $0 >= 1 && $0 <= 1 << 24 }) else {
                throw .configuration(
                    file: file, key: "output_token_lens", problem: "is \(outputLengths); it needs positive lengths")
            }
            guard initializerRange > 0, initializerRange.isFinite else {
                throw .configuration(
                    file: file, key: "initializer_range", problem: "is \(initializerRange); it must be positive")
            }
        }
    }

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    private let embedding: Linear
    private let decoder: RotaryDecoder
    private let heads: [Linear]

    /// Builds the model without allocating weights.
    public init(_ configuration: Configuration) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        self.configuration = configuration
        let normal = Initializer.normal(deviation: configuration.initializerRange)
        var layout = ParameterLayout()
        embedding = Linear(
            &layout, "model.embed_layer.emb", inputs: configuration.patchLength, outputs: configuration.width,
            bias: false, initializer: normal, part: .embedding)
        decoder = RotaryDecoder(
            &layout, prefix: "model", width: configuration.width, feedForwardWidth: configuration.feedForwardWidth,
            layers: configuration.layers, heads: configuration.heads, norms: .after, initializer: normal)
        var heads: [Linear] = []
        for (index, length) in configuration.outputLengths.enumerated() {
            heads.append(
                Linear(
                    &layout, "lm_heads.\(index)", inputs: configuration.width, outputs: length, bias: false,
                    initializer: normal, part: .head))
        }
        self.heads = heads
        self.layout = layout
    }

    // MARK: Forecaster

    /// `timer`.
    public var family: String { "timer" }
    /// The Hugging Face form.
    public var architecture: String { "Timer (timer-base-84m form)" }
    /// P.
    public var patchLength: Int { configuration.patchLength }
    /// Seven tokens, the context of the Timer benchmarks (672 points with P = 96).
    public func defaultContext(for task: ForecastingTask) -> Int {
        min(7, configuration.positions) * patchLength
    }
    /// The longest head.
    public var defaultHorizon: Int { configuration.outputLengths.max() ?? patchLength }
    /// Forecasting alone was published.
    public var tasks: [ForecastingTask] { [.forecast] }

    /// Contexts are whole tokens; the native loss needs the longest head's points of future.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        guard task == .forecast else {
            throw .request(
                "timer-base-84m was published for forecasting only; task '\(task.rawValue)' needs a Timer of the other form"
            )
        }
        guard context > 0, context % patchLength == 0 else {
            throw .request("the context of \(context) points is no multiple of the token length \(patchLength)")
        }
        guard context / patchLength <= configuration.positions else {
            throw .request(
                "the context of \(context) points exceeds max_position_embeddings = \(configuration.positions) tokens")
        }
        guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
        let longest = defaultHorizon
        guard loss != .native || horizon >= longest else {
            throw .request("loss 'native' trains every head: the horizon must be at least \(longest), it is \(horizon)")
        }
        guard loss != .lastPatchMSE || horizon >= patchLength else {
            throw .request("loss 'last-patch-mse' needs a horizon of at least \(patchLength), it is \(horizon)")
        }
    }

    /// The published `generate` with its default `use_cache = True`.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        try generate(context, count: horizon, cached: true, θ)
    }

    /// `native`: the official autoregressive loss over all tokens and heads, on windows standardised by their context
    /// (the official loss takes its labels in the scale of the input). `last-patch-mse`: the first token of the forecast.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        let x = batch.context
        switch kind {
        case .native:
            let (mean, deviation) = try statistics(x)
            let length = x.shape[1]
            let series = try (Tensor.concatenate([x, batch.target], dimension: 1) - mean) / deviation
            let input = try series.narrowed(1, from: 0, count: length)
            let labels = try series.narrowed(1, from: patchLength, count: series.shape[1] - patchLength)
            return try autoregressiveLoss(input, labels: labels, mask: nil, θ)
        case .lastPatchMSE:
            let forecast = try self.forecast(x, horizon: patchLength, θ)
            return try LossTerms(
                differences: forecast - batch.target.narrowed(1, from: 0, count: patchLength), kind)
        case .mse, .mae:
            let difference = try forecast(x, horizon: batch.target.shape[1], θ) - batch.target
            return try LossTerms(differences: difference, kind)
        }
    }

    /// The configuration in the official schema.
    public func configurationJSON() throws -> String {
        try configuration.officialJSON(adding: [
            "model_type": "timer",
            "architectures": ["TimerForPrediction"],
            "hidden_act": "silu",
        ])
    }

    // MARK: Forward

    /// Mean and unbiased standard deviation of each window, `[B, 1]`. A constant window has deviation 0 and gives NaN,
    /// as in the reference.
    func statistics(_ x: Tensor) throws(TensorError) -> (mean: Tensor, deviation: Tensor) {
        (
            try x.mean([1], keepingDimensions: true),
            try x.variance([1], correction: 1, keepingDimensions: true).squareRoot()
        )
    }

    /// Token states after the final norm, `[B, L]` → `[B, N, width]`.
    ///
    /// - Parameters:
    ///   - mask: 1 for tokens that may be attended to, `[B, N]`.
    ///   - positions: token positions `int64` `[B, N]`; consecutive when absent.
    ///   - observe: receives intermediate activations, for tests.
    func hidden(
        _ x: Tensor, _ θ: Parameters, mask: Tensor? = nil, positions: Tensor? = nil, cache: RotaryDecoder.Cache? = nil,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let shape = x.shape
        let embedded = try embedding(x.reshaped([shape[0], shape[1] / patchLength, patchLength]), θ)
        observe("embed", embedded)
        return try decoder(embedded, θ, mask: mask, positions: positions, cache: cache, observe: observe)
    }

    /// One forward pass, `[B, L]` → `[B, min(length, chosen head)]`: the prediction of the last token.
    func predict(
        _ x: Tensor, length: Int, normalising: Bool, _ θ: Parameters, mask: Tensor? = nil, positions: Tensor? = nil,
        cache: RotaryDecoder.Cache? = nil
    ) throws(TensorError) -> Tensor {
        let (mean, deviation) = try statistics(x)
        let input = normalising ? try (x - mean) / deviation : x
        let states = try hidden(input, θ, mask: mask, positions: positions, cache: cache)
        let last = try states.narrowed(1, from: -1, count: 1).squeezed(1)
        let head = headIndex(for: length)
        let count = min(length, configuration.outputLengths[head])
        let output = try heads[head](last, θ).narrowed(1, from: 0, count: count)
        return normalising ? try output * deviation + mean : output
    }

    /// The reference walks the heads from the second on while they are not longer than asked.
    private func headIndex(for length: Int) -> Int {
        var chosen = 0
        for index in 1..<max(1, configuration.outputLengths.count) {
            if configuration.outputLengths[index] > length { break }
            chosen = index
        }
        return chosen
    }

    /// The published generation loop, `[B, L]` → `[B, count]`.
    ///
    /// - Parameter cached: with the key/value cache the reference standardises each new slice by itself, which differs
    ///   from standardising the whole series once a second step is needed.
    public func generate(_ x: Tensor, count: Int, cached: Bool, _ θ: Parameters) throws(TensorError) -> Tensor {
        let length = x.shape[1]
        let usable = length / patchLength * patchLength
        var series = try x.narrowed(1, from: length - usable, count: usable)
        var fresh = series
        var produced: [Tensor] = []
        var remaining = count
        let cache = cached ? RotaryDecoder.Cache() : nil
        while remaining > 0 {
            let next = try predict(cached ? fresh : series, length: remaining, normalising: true, θ, cache: cache)
            produced.append(next)
            remaining -= next.shape[1]
            fresh = next
            if remaining > 0 { series = try Tensor.concatenate([series, next], dimension: 1) }
        }
        return try Tensor.concatenate(produced, dimension: 1)
    }

    /// The official training loss.
    ///
    /// - Parameters:
    ///   - input: `[B, N·P]`, in the scale the network sees.
    ///   - labels: the series from the second token on, at least N·P − P + max(output lengths) points.
    ///   - mask: weights of tokens, `[B, N]`; all 1 when absent.
    func autoregressiveLoss(
        _ input: Tensor, labels: Tensor, mask: Tensor?, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        let states = try hidden(input, θ)
        let shape = states.shape
        let tokens = shape[1]
        var perToken: Tensor?
        var outputs: [Tensor] = []
        for (head, length) in zip(heads, configuration.outputLengths) {
            let truth = try labels.narrowed(1, from: 0, count: (tokens - 1) * patchLength + length)
                .unfolded(1, size: length, step: patchLength)
            let difference = try head(states, θ) - truth
            outputs.append(difference)
            let errors = try difference.squared().mean([2])
            perToken = if let sum = perToken { try sum + errors } else { errors }
        }
        guard let total = perToken else {
            throw .shape(expected: [1], found: [0], context: "heads of the model")
        }
        let mean = try total / Double(heads.count)
        guard let mask else { return try LossTerms(meanOf: mean, outputs: outputs) }
        return LossTerms(sums: try (mean * mask).sum([1]), weights: try mask.sum([1]), outputs: outputs)
    }
}
