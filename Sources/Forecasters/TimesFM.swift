// TimesFM 1.0 and 2.0, a decoder on patches (Das et al., ICML 2024, arXiv 2310.10688), as in google-research/timesfm v1 and
// in the transformers port.

import Foundation
import Networks
import Tensor

/// TimesFM 1.0 and 2.0: patches of 32 points, causal attention with learned scales per dimension, and for every patch the
/// mean and nine quantiles of the 128 points that follow.
public struct TimesFMForecaster: Forecaster {
    struct Block: Sendable {
        let norm: RMSNorm
        /// One joint layer, or three.
        let projections: [Linear]
        let out: Linear
        let scaling: ParameterID
        let innerNorm: LayerNorm
        let gate, down: Linear
    }

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// The kind of frequency: 0 for up to daily data, 1 for weeks and months, 2 for quarters and years.
    public let frequency: Int
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    let input, output: ResidualBlock
    let frequencyEmbedding: ParameterID
    let blocks: [Block]

    /// 1 / ln 2, the factor that makes softplus(0) a scale of 1.
    static let inverseLogTwo = 1.442695041

    /// Builds the model without allocating weights.
    ///
    /// Initialisation follows the port: N(0, 0.02²) for matrices, 0 for biases, 1 for gains and scales. The published
    /// class leaves the scales uninitialised and the gains at 0, so that a random model of it could not be drawn.
    public init(_ configuration: Configuration, frequency: Int = 0) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        guard (0..<configuration.frequencies).contains(frequency) else {
            throw .request("frequency \(frequency) is not among 0 to \(configuration.frequencies - 1)")
        }
        self.configuration = configuration
        self.frequency = frequency
        let c = configuration
        let isPublished = c.origin == .published
        let normal = Initializer.normal(deviation: 0.02)
        var layout = ParameterLayout()
        func linear(_ name: String, _ inputs: Int, _ outputs: Int, _ part: ModelPart = .backbone) -> Linear {
            Linear(
                &layout, name, inputs: inputs, outputs: outputs, initializer: normal, biasInitializer: .constant(0),
                part: part)
        }
        func block(_ name: String, _ inputs: Int, _ outputs: Int, _ part: ModelPart) -> ResidualBlock {
            ResidualBlock(
                hidden: linear(
                    "\(name).\(isPublished ? "hidden_layer.0" : "input_layer")", inputs, c.feedForwardWidth, part),
                output: linear("\(name).output_layer", c.feedForwardWidth, outputs, part),
                residual: linear("\(name).residual_layer", inputs, outputs, part), activation: .silu)
        }
        let root = isPublished ? "" : "decoder."
        input = block("\(root)input_ff_layer", 2 * c.patchLength, c.width, .embedding)
        frequencyEmbedding = layout.add(
            "\(root)freq_emb.weight", [c.frequencies, c.width], normal, role: .weight, part: .embedding)
        var blocks: [Block] = []
        for index in 0..<c.layers {
            let name = isPublished ? "stacked_transformer.layers.\(index)" : "decoder.layers.\(index)"
            let parts = isPublished ? ["qkv_proj"] : ["q_proj", "k_proj", "v_proj"]
            let norm = RMSNorm(&layout, "\(name).input_layernorm", size: c.width, epsilon: c.epsilon)
            let projections = parts.map {
                linear("\(name).self_attn.\($0)", c.width, isPublished ? 3 * c.width : c.width)
            }
            let out = linear("\(name).self_attn.o_proj", c.width, c.width)
            let scaling = layout.add("\(name).self_attn.scaling", [c.headWidth], .constant(1), role: .norm)
            let innerNorm = LayerNorm(&layout, "\(name).mlp.layer_norm", size: c.width, epsilon: 1e-6)
            blocks.append(
                Block(
                    norm: norm, projections: projections, out: out, scaling: scaling, innerNorm: innerNorm,
                    gate: linear("\(name).mlp.gate_proj", c.width, c.feedForwardWidth),
                    down: linear("\(name).mlp.down_proj", c.feedForwardWidth, c.width)))
        }
        self.blocks = blocks
        output = block("horizon_ff_layer", c.width, c.horizon * (1 + c.quantiles.count), .head)
        self.layout = layout
    }

    // MARK: Forecaster

    /// `timesfm`.
    public var family: String { "timesfm" }
    /// By the positions: 1.0 has them, 2.0 has not.
    public var architecture: String { configuration.hasPositions ? "TimesFM 1.0" : "TimesFM 2.0" }
    /// Points per token.
    public var patchLength: Int { configuration.patchLength }
    /// 512 points, or the longest context of a smaller model.
    public func defaultContext(for task: ForecastingTask) -> Int { min(512, configuration.contextLength) }
    /// What one token forecasts.
    public var defaultHorizon: Int { configuration.horizon }
    /// Forecasting alone was published.
    public var tasks: [ForecastingTask] { [.forecast] }

    /// Any context of 3 points or more; the training loss covers what one token forecasts.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        guard task == .forecast else {
            throw .request("TimesFM was published for forecasting only; task '\(task.rawValue)' is not defined for it")
        }
        guard (3...configuration.contextLength).contains(context) else {
            throw .request(
                "the context is \(context) points; \(architecture) reads 3 to \(configuration.contextLength)")
        }
        guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
        guard loss == .mse || loss == .mae || horizon <= configuration.horizon else {
            throw .request(
                "loss '\(loss.rawValue)' covers the \(configuration.horizon) points of the last patch, the horizon is \(horizon); lower it, or use mse or mae"
            )
        }
    }

    /// The median of the last patch; the roll-out feeds the mean back, as published.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        try forecastDistribution(context, horizon: horizon, noise: noise, θ).point
    }

    /// `native`: the squared error of the last patch's mean, as in the published fine-tuning; the port's loss adds the mean
    /// quantile loss. `last-patch-mse` is the former for both.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        let horizon = batch.target.shape[1]
        if kind == .mse || kind == .mae {
            let difference = try forecast(batch.context, horizon: horizon, θ) - batch.target
            return try LossTerms(differences: difference, kind)
        }
        let (x, padding) = try padded(batch.context)
        let outputs = try lastPatch(x, padding: padding, horizon: horizon, θ)
        var errors = try squaredErrorOfMean(outputs, batch.target)
        if kind == .native, configuration.origin == .library {
            errors = try errors + pinball(outputs, batch.target).mean([2])
        }
        return try LossTerms(meanOf: errors, outputs: [outputs])
    }

    /// The configuration in the schema of its origin.
    public func configurationJSON() throws -> String {
        configuration.origin == .published
            ? try configuration.officialJSON(adding: ["dtype": "bfloat32", "num_kv_heads": configuration.heads])
            : try configuration.officialJSON(adding: [
                "architectures": ["TimesFmModelForPrediction"], "model_type": "timesfm", "attention_dropout": 0.0,
                "initializer_range": 0.02, "min_timescale": 1, "max_timescale": 10000,
            ])
    }

    /// Zeros on the left up to whole patches, and 1 where they are: `[B, L]` → `[B, T]` twice.
    func padded(_ context: Tensor) throws(TensorError) -> (values: Tensor, padding: Tensor) {
        let shape = context.shape
        let missing = (patchLength - shape[1] % patchLength) % patchLength
        guard missing > 0 else { return (context, try context.zerosLike()) }
        let zeros = try Tensor.zeros([shape[0], missing], dtype: context.dtype, device: context.device)
        return (
            try Tensor.concatenate([zeros, context], dimension: 1),
            try Tensor.concatenate([zeros + 1, context.zerosLike()], dimension: 1)
        )
    }

    // MARK: Losses

    /// The outputs of the last patch, `[B, T]` → `[B, horizon, 1 + quantiles]`.
    func lastPatch(
        _ x: Tensor, padding: Tensor, horizon: Int, frequency: Tensor? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let all = try outputs(x, padding: padding, frequency: frequency, θ)
        return try all.selected(1, at: all.shape[1] - 1).narrowed(1, from: 0, count: horizon)
    }

    /// (mean − y)², `[B, H]`.
    func squaredErrorOfMean(_ outputs: Tensor, _ target: Tensor) throws(TensorError) -> Tensor {
        try (outputs.selected(2, at: 0) - target).squared()
    }

    /// max(τ e, (τ − 1) e) with e = y − quantile, `[B, H, quantiles]`.
    func pinball(_ outputs: Tensor, _ target: Tensor) throws(TensorError) -> Tensor {
        let count = configuration.quantiles.count
        let levels = try Tensor(configuration.quantiles).to(target.dtype, device: target.device)
        let errors = try target.unsqueezed(2) - outputs.narrowed(2, from: 1, count: count)
        return try (errors * levels).maximum(errors * (levels - 1))
    }
}
