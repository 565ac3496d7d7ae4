// Sundial: A Family of Highly Capable Time Series Foundation Models (Liu et al., ICML 2025, arXiv 2502.00816), as
// published on Hugging Face, thuml/sundial-base-128m.

import Foundation
import Networks
import Tensor

/// Sundial: a causal pre-norm transformer on patches whose head samples futures by flow matching.
public struct SundialForecaster: Forecaster {
    /// The official configuration.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Points per token, P.
        public var patchLength: Int
        /// Points the head predicts from one token.
        public var outputLengths: [Int]
        /// Width of the token stream.
        public var width: Int
        /// Width inside the gated feed-forward layer and the embedding.
        public var feedForwardWidth: Int
        /// Number of blocks.
        public var layers: Int
        /// Attention heads.
        public var heads: Int
        /// Residual blocks of the flow network.
        public var flowDepth: Int
        /// Euler steps of the sampler.
        public var samplingSteps: Int
        /// Draws of noise and time per token in the training loss.
        public var draws: Int
        /// Standard deviation of the initial weights.
        public var initializerRange: Double
        /// Longest context in tokens.
        public var positions: Int

        /// The released model's configuration, or parts of it.
        public init(
            patchLength: Int = 16, outputLengths: [Int] = [720], width: Int = 768, feedForwardWidth: Int = 3072,
            layers: Int = 12, heads: Int = 12, flowDepth: Int = 3, samplingSteps: Int = 50, draws: Int = 4,
            initializerRange: Double = 0.02, positions: Int = 10000
        ) {
            self.patchLength = patchLength
            self.outputLengths = outputLengths
            self.width = width
            self.feedForwardWidth = feedForwardWidth
            self.layers = layers
            self.heads = heads
            self.flowDepth = flowDepth
            self.samplingSteps = samplingSteps
            self.draws = draws
            self.initializerRange = initializerRange
            self.positions = positions
        }

        enum CodingKeys: String, CodingKey {
            case patchLength = "input_token_len"
            case outputLengths = "output_token_lens"
            case width = "hidden_size"
            case feedForwardWidth = "intermediate_size"
            case layers = "num_hidden_layers"
            case heads = "num_attention_heads"
            case flowDepth = "flow_loss_depth"
            case samplingSteps = "num_sampling_steps"
            case draws = "diffusion_batch_mul"
            case initializerRange = "initializer_range"
            case positions = "max_position_embeddings"
        }

        /// Decodes the official schema; sizes must be there, the rest has the published defaults.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            patchLength = try values.decode(Int.self, forKey: .patchLength)
            outputLengths = try values.decode([Int].self, forKey: .outputLengths)
            width = try values.decode(Int.self, forKey: .width)
            feedForwardWidth = try values.decode(Int.self, forKey: .feedForwardWidth)
            layers = try values.decode(Int.self, forKey: .layers)
            heads = try values.decode(Int.self, forKey: .heads)
            flowDepth = try values.decodeIfPresent(Int.self, forKey: .flowDepth) ?? 3
            samplingSteps = try values.decodeIfPresent(Int.self, forKey: .samplingSteps) ?? 50
            draws = try values.decodeIfPresent(Int.self, forKey: .draws) ?? 4
            initializerRange = try values.decodeIfPresent(Double.self, forKey: .initializerRange) ?? 0.02
            positions = try values.decodeIfPresent(Int.self, forKey: .positions) ?? 10000
        }

        func validate(file: String) throws(ForecasterError) {
            let sizes = [
                ("input_token_len", patchLength), ("hidden_size", width), ("intermediate_size", feedForwardWidth),
                ("num_hidden_layers", layers), ("num_attention_heads", heads), ("flow_loss_depth", flowDepth),
                ("num_sampling_steps", samplingSteps), ("diffusion_batch_mul", draws),
                ("max_position_embeddings", positions),
            ]
            try ForecasterError.check(sizes: sizes, file: file)
            guard width % heads == 0, (width / heads) % 2 == 0 else {
                throw .configuration(
                    file: file, key: "num_attention_heads",
                    problem: "is \(heads); hidden_size = \(width) must split into heads of even width")
            }
            guard let last = outputLengths.last, (1...1 << 24).contains(last) else {
                throw .configuration(
                    file: file, key: "output_token_lens", problem: "is \(outputLengths); it needs a positive length")
            }
            guard initializerRange > 0, initializerRange.isFinite else {
                throw .configuration(
                    file: file, key: "initializer_range", problem: "is \(initializerRange); it must be positive")
            }
        }
    }

    private struct FlowBlock: Sendable {
        let norm: LayerNorm
        let first, second, modulation: Linear
    }

    /// Width of the sinusoidal features of time.
    private static let timeFeatures = 256
    /// Futures sampled for a point forecast, their mean; the number of the published evaluation.
    public static let samples = 20

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    private let embedHidden, embedOutput, embedResidual: Linear
    private let decoder: RotaryDecoder
    private let timeFirst, timeSecond, condition, input: Linear
    private let flow: [FlowBlock]
    private let output, outputModulation: Linear

    /// Points of one step of generation.
    var outputLength: Int { configuration.outputLengths.last ?? 1 }

    /// Builds the model without allocating weights.
    public init(_ configuration: Configuration) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        self.configuration = configuration
        let c = configuration
        // The head's own scheme is overwritten by the library's when the official model is built: every weight is normal.
        let normal = Initializer.normal(deviation: c.initializerRange)
        let length = c.outputLengths.last ?? 1
        var layout = ParameterLayout()
        func linear(_ name: String, _ inputs: Int, _ outputs: Int, part: ModelPart) -> Linear {
            Linear(
                &layout, name, inputs: inputs, outputs: outputs, initializer: normal, biasInitializer: .constant(0),
                part: part)
        }
        embedHidden = linear("model.embed_layer.hidden_layer", 2 * c.patchLength, c.feedForwardWidth, part: .embedding)
        embedOutput = linear("model.embed_layer.output_layer", c.feedForwardWidth, c.width, part: .embedding)
        embedResidual = linear("model.embed_layer.residual_layer", 2 * c.patchLength, c.width, part: .embedding)
        decoder = RotaryDecoder(
            &layout, prefix: "model", width: c.width, feedForwardWidth: c.feedForwardWidth, layers: c.layers,
            heads: c.heads,
            norms: .before, initializer: normal)
        timeFirst = linear("flow_loss.net.time_embed.mlp.0", Self.timeFeatures, c.width, part: .head)
        timeSecond = linear("flow_loss.net.time_embed.mlp.2", c.width, c.width, part: .head)
        condition = linear("flow_loss.net.cond_embed", c.width, c.width, part: .head)
        input = linear("flow_loss.net.input_proj", length, c.width, part: .head)
        var flow: [FlowBlock] = []
        for index in 0..<c.flowDepth {
            let name = "flow_loss.net.res_blocks.\(index)"
            flow.append(
                FlowBlock(
                    norm: LayerNorm(&layout, "\(name).in_ln", size: c.width, epsilon: 1e-6),
                    first: linear("\(name).mlp.0", c.width, c.width, part: .head),
                    second: linear("\(name).mlp.2", c.width, c.width, part: .head),
                    modulation: linear("\(name).adaLN_modulation.1", c.width, 3 * c.width, part: .head)))
        }
        self.flow = flow
        output = linear("flow_loss.net.final_layer.linear", c.width, length, part: .head)
        outputModulation = linear("flow_loss.net.final_layer.adaLN_modulation.1", c.width, 2 * c.width, part: .head)
        self.layout = layout
    }

    // MARK: Forecaster

    /// `sundial`.
    public var family: String { "sundial" }
    /// The one form.
    public var architecture: String { "Sundial" }
    /// P.
    public var patchLength: Int { configuration.patchLength }
    /// 672 points with the released patch of 16: the context of the long-horizon benchmarks.
    public func defaultContext(for task: ForecastingTask) -> Int {
        min(42, configuration.positions) * patchLength
    }
    /// One step of generation.
    public var defaultHorizon: Int { outputLength }
    /// Forecasting alone was published.
    public var tasks: [ForecastingTask] { [.forecast] }

    /// Any context; the training loss needs the points of one whole output after the context.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        guard task == .forecast else {
            throw .request("Sundial was published for forecasting only; task '\(task.rawValue)' is not defined for it")
        }
        guard context >= 1, (context + patchLength - 1) / patchLength <= configuration.positions else {
            throw .request(
                "the context of \(context) points exceeds max_position_embeddings = \(configuration.positions) tokens")
        }
        guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
        guard loss != .native || horizon >= outputLength else {
            throw .request(
                "loss 'native' matches flows of \(outputLength) points: the horizon must be at least \(outputLength), it is \(horizon)"
            )
        }
        guard loss != .lastPatchMSE else {
            throw .request(
                "loss 'last-patch-mse' is not defined for Sundial, whose outputs are not patches; use native, mse or mae"
            )
        }
    }

    /// Training: noise and time for every token and draw. Forecasting: one noise per sample and step.
    public func noise(task: ForecastingTask, loss: LossKind, context: Int, horizon: Int) -> NoiseRequirement {
        if loss == .native {
            let rows = (context + patchLength - 1) / patchLength * configuration.draws
            return NoiseRequirement(normal: rows * outputLength, uniform: rows)
        }
        let steps = (horizon + outputLength - 1) / outputLength
        return NoiseRequirement(normal: steps * Self.samples * outputLength, uniform: 0)
    }

    /// The mean of the sampled futures.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise?, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        try forecastDistribution(context, horizon: horizon, noise: noise, θ).point
    }

    /// `native`: the flow-matching training loss with the series standardised by its context. `mse`, `mae`: of the mean of
    /// ``samples`` futures.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        let x = batch.context
        let shape = x.shape
        guard let noise = batch.noise else {
            throw .shape(expected: shape, found: [], context: "noise of a Sundial batch")
        }
        if kind == .native {
            let tokens = (shape[1] + patchLength - 1) / patchLength
            // Labels begin right after the first token of the context, which is padded on the left.
            let first = patchLength - (tokens * patchLength - shape[1])
            let series = try Tensor.concatenate([x, batch.target], dimension: 1)
            let labels = try series.narrowed(1, from: first, count: series.shape[1] - first)
            return try flowLoss(
                x, labels: labels, noise: noise.normal.reshaped([shape[0], configuration.draws, tokens, outputLength]),
                time: noise.uniform.reshaped([shape[0], configuration.draws, tokens]), normalising: true, θ)
        }
        let difference = try forecast(x, horizon: batch.target.shape[1], noise: noise, θ) - batch.target
        return try LossTerms(differences: difference, kind)
    }

    /// The configuration in the official schema.
    public func configurationJSON() throws -> String {
        try configuration.officialJSON(adding: [
            "model_type": "sundial",
            "architectures": ["SundialForPrediction"],
            "hidden_act": "silu",
        ])
    }

    // MARK: Forward

    /// Patches with a mask of what is real, `[B, T]` → `[B, ⌈T/P⌉, width]`; padded with zeros on the left.
    func embed(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let shape = x.shape
        let tokens = (shape[1] + patchLength - 1) / patchLength
        let padding = tokens * patchLength - shape[1]
        var values = x
        var mask = try Tensor.full(shape, 1, dtype: x.dtype, device: x.device)
        if padding > 0 {
            let zeros = try Tensor.zeros([shape[0], padding], dtype: x.dtype, device: x.device)
            values = try Tensor.concatenate([zeros, x], dimension: 1)
            mask = try Tensor.concatenate([zeros, mask], dimension: 1)
        }
        let target = [shape[0], tokens, patchLength]
        let u = try Tensor.concatenate([values.reshaped(target), mask.reshaped(target)], dimension: -1)
        return try embedOutput(embedHidden(u, θ).silu(), θ) + embedResidual(u, θ)
    }

    /// Token states, `[B, T]` → `[B, N, width]`.
    func hidden(
        _ x: Tensor, _ θ: Parameters, cache: RotaryDecoder.Cache? = nil, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let embedded = try embed(x, θ)
        observe("embed", embedded)
        return try decoder(embedded, θ, cache: cache, observe: observe)
    }

    /// The flow network: the clean target predicted from a noisy one.
    ///
    /// - Parameters:
    ///   - x: `[R, out]`.
    ///   - time: in [0, 1000], `[R]`.
    ///   - z: token states, `[R, width]`.
    func flowNetwork(_ x: Tensor, time: Tensor, z: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let half = Self.timeFeatures / 2
        let step = -Foundation.log(10000.0) / Double(half)
        let frequencies = try Tensor((0..<half).map { Foundation.exp(step * Double($0)) }).to(x.dtype, device: x.device)
        let angles = try time.unsqueezed(-1) * frequencies
        let features = try Tensor.concatenate([angles.cosine(), angles.sine()], dimension: -1)
        let y = try (timeSecond(timeFirst(features, θ).silu(), θ) + condition(z, θ)).silu()
        var h = try input(x, θ)
        let width = configuration.width
        for block in flow {
            let modulation = try block.modulation(y, θ)
            let shift = try modulation.narrowed(-1, from: 0, count: width)
            let scale = try modulation.narrowed(-1, from: width, count: width)
            let gate = try modulation.narrowed(-1, from: 2 * width, count: width)
            let modulated = try block.norm(h, θ) * (scale + 1) + shift
            h = try h + gate * block.second(block.first(modulated, θ).silu(), θ)
        }
        let modulation = try outputModulation(y, θ)
        let shift = try modulation.narrowed(-1, from: 0, count: width)
        let scale = try modulation.narrowed(-1, from: width, count: width)
        return try output(h.standardized(epsilon: 1e-6) * (scale + 1) + shift, θ)
    }

    /// Euler steps from noise to a future. The direction is always the prediction minus the initial noise.
    ///
    /// - Parameters:
    ///   - z: states of the last tokens, `[B, width]`.
    ///   - noise: `[B, S, out]`.
    /// - Returns: `[B, S, out]`.
    func sample(_ z: Tensor, noise: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let shape = noise.shape
        let rows = shape[0] * shape[1]
        let states = try z.unsqueezed(1).expanded([shape[0], shape[1], z.shape[1]]).reshaped([rows, z.shape[1]])
        let initial = try noise.reshaped([rows, shape[2]])
        var x = initial
        let steps = configuration.samplingSteps
        for step in 0..<steps {
            let time = try Tensor.full([rows], Double(step) / Double(steps) * 1000, dtype: x.dtype, device: x.device)
            x = try x.adding(flowNetwork(x, time: time, z: states, θ) - initial, times: 1 / Double(steps))
        }
        return try x.reshaped(shape)
    }

    /// The published generation loop: each step continues with the median of its samples.
    ///
    /// - Parameter noise: `[B, steps, S, out]`.
    /// - Returns: `[B, S, count]`.
    func generate(
        _ x: Tensor, count: Int, noise: Tensor, normalising: Bool, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let mean = try x.mean([1], keepingDimensions: true)
        let deviation = try x.variance([1], correction: 0, keepingDimensions: true).squareRoot() + 1e-5
        var fresh = normalising ? try (x - mean) / deviation : x
        let cache = RotaryDecoder.Cache()
        var produced: [Tensor] = []
        var remaining = count
        for step in 0..<noise.shape[1] where remaining > 0 {
            let states = try hidden(fresh, θ, cache: cache)
            let last = try states.narrowed(1, from: -1, count: 1).squeezed(1)
            let futures = try sample(last, noise: noise.selected(1, at: step), θ)
                .narrowed(2, from: 0, count: min(remaining, outputLength))
            produced.append(futures)
            remaining -= futures.shape[2]
            fresh = try futures.median(1)
        }
        let result = try Tensor.concatenate(produced, dimension: 2)
        return normalising ? try result * deviation.unsqueezed(1) + mean.unsqueezed(1) : result
    }

    /// The official training loss: e = Σⱼ mⱼ wⱼ (net(t x₁ + (1−t) ε, 1000 t, z) − x₁)ⱼ² with wⱼ = 1/j.
    ///
    /// - Parameters:
    ///   - labels: the series right after the first, left-padded token; at least N·P − P + out points.
    ///   - noise: ε, `[B, draws, N, out]`.
    ///   - time: t, `[B, draws, N]`.
    ///   - tokenMask: weights of tokens, `[B, N]`; 1 when absent.
    ///   - targetMask: m, `[B, out]`; 1 when absent.
    ///   - normalising: standardise by mean and biased deviation of the input, where a deviation up to 0.01 counts as 1.
    func flowLoss(
        _ x: Tensor, labels: Tensor, noise: Tensor, time: Tensor, tokenMask: Tensor? = nil, targetMask: Tensor? = nil,
        normalising: Bool, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        var series = x
        var truth = labels
        if normalising {
            let mean = try x.mean([1], keepingDimensions: true)
            let deviation = try x.variance([1], correction: 0, keepingDimensions: true).squareRoot()
            let safe = try deviation.filled(with: 1, where: (deviation - 1e-2).isAtMostZero())
            series = try (x - mean) / safe
            truth = try (labels - mean) / safe
        }
        let states = try hidden(series, θ)
        let shape = noise.shape
        let (batch, draws, tokens, length) = (shape[0], shape[1], shape[2], shape[3])
        let targets = try truth.narrowed(1, from: 0, count: (tokens - 1) * patchLength + length)
            .unfolded(1, size: length, step: patchLength).unsqueezed(1).expanded(shape)
        let t = try time.unsqueezed(-1)
        let noisy = try targets * t + noise * (1 - t)
        let rows = batch * draws * tokens
        let width = configuration.width
        let z = try states.unsqueezed(1).expanded([batch, draws, tokens, width]).reshaped([rows, width])
        let predicted = try flowNetwork(
            noisy.reshaped([rows, length]), time: (time * 1000).reshaped([rows]), z: z, θ
        ).reshaped(shape)
        let weights = try Tensor((1...length).map { 1 / Double($0) }).to(x.dtype, device: x.device)
        let difference = try predicted - targets
        var errors = try difference.squared() * weights
        if let targetMask { errors = try errors * targetMask.reshaped([batch, 1, 1, length]) }
        let perRow = try errors.sum([3])
        let mask =
            if let tokenMask { tokenMask } else {
                try Tensor.full([batch, tokens], 1, dtype: x.dtype, device: x.device)
            }
        let spread = try mask.unsqueezed(1).expanded([batch, draws, tokens])
        return LossTerms(
            sums: try (perRow * spread).sum([1, 2]), weights: try spread.sum([1, 2]), outputs: [difference])
    }
}
