// MOIRAI 1.x, a masked encoder on patches of any number of variates (Woo et al., ICML 2024, arXiv 2402.02592), as in
// SalesforceAIResearch/uni2ts 2.0.0.

import Foundation
import Networks
import Tensor

/// MOIRAI 1.0 and 1.1: one embedding per patch size, full attention among all tokens of a sample, a mixture distribution
/// for every point of the masked tokens.
public struct MoiraiForecaster: Forecaster {
    /// The official configuration: the constructor's arguments.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Width of the token stream; heads are 64 wide.
        public var width: Int
        /// Encoder layers.
        public var layers: Int
        /// Points per token; each size has an embedding and an output layer of its own.
        public var patchSizes: [Int]
        /// The longest sequence of tokens in pre-training; it limits nothing here.
        public var maximumTokens: Int
        /// Whether series are standardised.
        public var scaling: Bool
        /// The components of the mixture, in order.
        public var distribution: Distribution

        /// `distr_output`: class paths and their arguments.
        public struct Distribution: Codable, Sendable, Equatable {
            /// The class.
            public var target: String
            /// A mixture's parts.
            public var components: [Distribution]?
            /// The fixed width of a normal component.
            public var scale: Double?

            enum CodingKeys: String, CodingKey {
                case target = "_target_"
                case components, scale
            }

            /// The mixture of every release.
            static let released = Distribution(
                target: "uni2ts.distribution.mixture.MixtureOutput",
                components: [
                    Distribution(target: "uni2ts.distribution.student_t.StudentTOutput"),
                    Distribution(
                        target: "uni2ts.distribution.normal.NormalFixedScaleOutput", scale: MoiraiMixture.normalScale),
                    Distribution(target: "uni2ts.distribution.negative_binomial.NegativeBinomialOutput"),
                    Distribution(target: "uni2ts.distribution.log_normal.LogNormalOutput"),
                ])
        }

        enum CodingKeys: String, CodingKey {
            case width = "d_model"
            case layers = "num_layers"
            case patchSizes = "patch_sizes"
            case maximumTokens = "max_seq_len"
            case scaling
            case distribution = "distr_output"
        }

        /// A released size.
        init(width: Int, layers: Int) {
            self.width = width
            self.layers = layers
            (patchSizes, maximumTokens, scaling, distribution) = ([8, 16, 32, 64, 128], 512, true, .released)
        }

        /// Decodes the official schema; sizes must be there, the rest has the published defaults.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            width = try values.decode(Int.self, forKey: .width)
            layers = try values.decode(Int.self, forKey: .layers)
            patchSizes = try values.decode([Int].self, forKey: .patchSizes)
            maximumTokens = try values.decodeIfPresent(Int.self, forKey: .maximumTokens) ?? 512
            scaling = try values.decodeIfPresent(Bool.self, forKey: .scaling) ?? true
            distribution = try values.decodeIfPresent(Distribution.self, forKey: .distribution) ?? .released
        }

        func validate(file: String) throws(ForecasterError) {
            try ForecasterError.check(
                sizes: [("d_model", width), ("num_layers", layers)] + patchSizes.map { ("patch_sizes", $0) }, file: file
            )
            guard width % MoiraiForecaster.headWidth == 0 else {
                throw .configuration(
                    file: file, key: "d_model",
                    problem: "is \(width); it must be a multiple of \(MoiraiForecaster.headWidth), the width of a head")
            }
            guard !patchSizes.isEmpty, patchSizes == Array(Set(patchSizes)).sorted() else {
                throw .configuration(
                    file: file, key: "patch_sizes", problem: "is \(patchSizes); it must rise and not be empty")
            }
            guard scaling else {
                throw .configuration(file: file, key: "scaling", problem: "is false; every release standardises series")
            }
            guard distribution == .released else {
                throw .configuration(
                    file: file, key: "distr_output",
                    problem:
                        "is not the mixture of Student t, normal of width 0.001, negative binomial and log-normal that every release has"
                )
            }
        }
    }

    private struct Layer: Sendable {
        let norm1, norm2: RMSNorm
        let query, key, value, out: Linear
        let queryNorm, keyNorm: RMSNorm
        let variateBias: ParameterID
        let gate, up, down: Linear
    }

    /// A linear layer with weights of its own for every patch size.
    private struct PerSize: Sendable {
        let weight, bias: ParameterID
        /// Numbers per point.
        let dimension: Int
    }

    static let headWidth = 64
    private static let rotaryWidth = 32

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// Points per token in forecasts and losses.
    public let patchSize: Int
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    private let input: PerSize
    private let maskToken: ParameterID
    private let encoder: [Layer]
    private let norm: RMSNorm
    private let outputs: [String: PerSize]

    /// Builds the model without allocating weights.
    ///
    /// - Parameter patchSize: points per token; 32 when the model has that size, else the middle of its sizes. The
    ///   reference's `auto` tries all on held-out points: the loss would jump with the parameters.
    public init(_ configuration: Configuration, patchSize: Int? = nil) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        self.configuration = configuration
        let sizes = configuration.patchSizes
        self.patchSize = patchSize ?? (sizes.contains(32) ? 32 : sizes[sizes.count / 2])
        guard sizes.contains(self.patchSize) else {
            throw .request(
                "patch size \(self.patchSize) is not among the model's: \(sizes.map(String.init).joined(separator: ", "))"
            )
        }
        let (width, widest) = (configuration.width, sizes.max() ?? 1)
        var layout = ParameterLayout()
        func bound(_ fan: Int) -> Double { 1 / Double(fan).squareRoot() }
        input = PerSize(
            weight: layout.add(
                "in_proj.weight", [sizes.count, width, widest],
                .slices(sizes.map { .init(bound: bound($0), count: $0, dimension: 1) }), role: .weight, part: .embedding
            ),
            bias: layout.add(
                "in_proj.bias", [sizes.count, width],
                .slices(sizes.map { .init(bound: bound($0), count: width, dimension: 0) }), role: .bias,
                part: .embedding),
            dimension: 1)
        maskToken = layout.add(
            "mask_encoding.weight", [1, width], .normal(deviation: 1), role: .weight, part: .embedding)
        let hidden = (width * 4 * 2 / 3 + 7) / 8 * 8
        var encoder: [Layer] = []
        for index in 0..<configuration.layers {
            let name = "encoder.layers.\(index)"
            func norm(_ part: String, _ size: Int) -> RMSNorm {
                RMSNorm(&layout, "\(name).\(part)", size: size, epsilon: 1e-5)
            }
            func linear(_ part: String, _ inputs: Int, _ outputs: Int) -> Linear {
                Linear(&layout, "\(name).\(part)", inputs: inputs, outputs: outputs, bias: false)
            }
            encoder.append(
                Layer(
                    norm1: norm("norm1", width), norm2: norm("norm2", width),
                    query: linear("self_attn.q_proj", width, width), key: linear("self_attn.k_proj", width, width),
                    value: linear("self_attn.v_proj", width, width), out: linear("self_attn.out_proj", width, width),
                    queryNorm: norm("self_attn.q_norm", MoiraiForecaster.headWidth),
                    keyNorm: norm("self_attn.k_norm", MoiraiForecaster.headWidth),
                    variateBias: layout.add(
                        "\(name).self_attn.var_attn_bias.emb.weight", [2, width / MoiraiForecaster.headWidth],
                        .normal(deviation: 1), role: .bias),
                    gate: linear("ffn.fc_gate", width, hidden), up: linear("ffn.fc1", width, hidden),
                    down: linear("ffn.fc2", hidden, width)))
        }
        self.encoder = encoder
        norm = RMSNorm(&layout, "encoder.norm", size: width, epsilon: 1e-5)
        var outputs: [String: PerSize] = [:]
        let names = [
            "weights_logits", "components.0.df", "components.0.loc", "components.0.scale", "components.1.loc",
            "components.2.total_count", "components.2.logits", "components.3.loc", "components.3.scale",
        ]
        for name in names {
            let dimension = name == "weights_logits" ? 4 : 1
            func slices(_ dimensionIndex: Int) -> Initializer {
                .slices(
                    sizes.map { .init(bound: bound(width), count: dimension * $0, dimension: dimensionIndex) })
            }
            outputs[name] = PerSize(
                weight: layout.add(
                    "param_proj.proj.\(name).weight", [sizes.count, dimension * widest, width], slices(0),
                    role: .weight,
                    part: .head),
                bias: layout.add(
                    "param_proj.proj.\(name).bias", [sizes.count, dimension * widest], slices(0), role: .bias,
                    part: .head),
                dimension: dimension)
        }
        self.outputs = outputs
        self.layout = layout
    }

    // MARK: Forecaster

    /// `moirai`.
    public var family: String { "moirai" }
    /// The one form.
    public var architecture: String { "MOIRAI 1.x" }
    /// Points per token.
    public var patchLength: Int { patchSize }
    /// 16 tokens.
    public func defaultContext(for task: ForecastingTask) -> Int { 16 * patchSize }
    /// 3 tokens: 96 points for patches of 32.
    public var defaultHorizon: Int { 3 * patchSize }
    /// Forecasting alone was published.
    public var tasks: [ForecastingTask] { [.forecast] }

    /// Any context of at least 2 points and any horizon.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        guard task == .forecast else {
            throw .request("MOIRAI was published for forecasting only; task '\(task.rawValue)' is not defined for it")
        }
        guard context >= 2 else { throw .request("the context must hold at least 2 points, to have a variance") }
        guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
        guard loss != .lastPatchMSE else {
            throw .request(
                "loss 'last-patch-mse' is not defined for MOIRAI, which forecasts all masked patches alike; use native, mse or mae"
            )
        }
    }

    /// The mean of the predictive mixture: what the mean of the published samples tends to, without their noise.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let tokens = try tokens(context: context, horizon: horizon)
        return try future(of: mixture(tokens, θ).mean, context: context.shape[1], horizon: horizon)
    }

    /// `native`: the negative log-likelihood of the horizon, the mean over its points.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        let horizon = batch.target.shape[1]
        if kind == .native {
            let tokens = try tokens(context: batch.context, horizon: horizon, target: batch.target)
            return try tokens.averaged(-mixture(tokens, θ).logProbability(tokens.target))
        }
        let difference = try forecast(batch.context, horizon: horizon, θ) - batch.target
        return try LossTerms(differences: difference, kind)
    }

    /// The configuration in the official schema.
    public func configurationJSON() throws -> String {
        try configuration.officialJSON(adding: ["attn_dropout_p": 0.0, "dropout_p": 0.0])
    }

    /// The published probabilistic forecast: draws from the mixture at every point, `[B, L]` → `[B, count, horizon]`.
    public func samples(
        _ context: Tensor, horizon: Int, count: Int, from stream: RandomStream, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let mixture = try mixture(tokens(context: context, horizon: horizon), θ)
        var draws: [Tensor] = []
        for _ in 0..<count {
            draws.append(try future(of: mixture.sample(from: stream), context: context.shape[1], horizon: horizon))
        }
        return try Tensor.stack(draws, dimension: 1)
    }

    /// Tokens of one-channel windows; without a target the horizon is 0.
    func tokens(context: Tensor, horizon: Int, target: Tensor? = nil) throws(TensorError) -> MoiraiTokens {
        let batch = context.shape[0]
        let unknown = try Tensor.zeros([batch, horizon], dtype: context.dtype, device: context.device)
        let future = target ?? unknown
        let values = try Tensor.concatenate([context, future], dimension: 1)
        return try MoiraiSeries(
            target: values.unsqueezed(2), observed: (values.zerosLike() + 1).unsqueezed(2),
            isPadding: values.zerosLike(), context: context.shape[1]
        ).tokens(patch: patchSize, width: configuration.patchSizes.max() ?? 1)
    }

    /// The horizon's points of one-channel windows, `[B, N, P]` → `[B, horizon]`.
    func future(of values: Tensor, context: Int, horizon: Int) throws(TensorError) -> Tensor {
        let past = (context + patchSize - 1) / patchSize
        let tokens = (horizon + patchSize - 1) / patchSize
        return try values.narrowed(1, from: past, count: tokens).narrowed(2, from: 0, count: patchSize)
            .reshaped([values.shape[0], tokens * patchSize]).narrowed(1, from: 0, count: horizon)
    }

    // MARK: Forward

    /// The sum over patch sizes of each size's layer, on the tokens that have it.
    private func perSize(
        _ tokens: MoiraiTokens, _ apply: (_ index: Int, _ size: Int) throws(TensorError) -> Tensor
    ) throws(TensorError) -> Tensor {
        switch tokens.patching {
        case .uniform(let size):
            let index = configuration.patchSizes.firstIndex(of: size) ?? 0
            return try apply(index, size)
        case .mixed(let patches):
            var total: Tensor?
            for (index, size) in configuration.patchSizes.enumerated() {
                let chosen = try patches.equals(Double(size)).to(tokens.target.dtype).unsqueezed(2)
                let part = try apply(index, size) * chosen
                if let sum = total { total = try sum + part } else { total = part }
            }
            return total ?? tokens.target
        }
    }

    /// Numbers per point, `[B, N, width]` → `[B, N, P, dimension]`. Outputs of a size beyond `dimension · size`, in the
    /// order (dimension, point), are the bias alone, as in the reference.
    private func output(
        _ name: String, _ h: Tensor, _ tokens: MoiraiTokens, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        guard let layer = outputs[name] else { preconditionFailure("no output layer \(name)") }
        let shape = h.shape
        let widest = configuration.patchSizes.max() ?? 1
        let rows = layer.dimension * widest
        let flat = try perSize(tokens) { index, size throws(TensorError) in
            let used = layer.dimension * size
            let weight = try θ[layer.weight].selected(0, at: index).narrowed(0, from: 0, count: used)
            var values = try h.linear(weight: weight)
            if used < rows {
                let filler = try Tensor.zeros([shape[0], shape[1], rows - used], dtype: h.dtype, device: h.device)
                values = try Tensor.concatenate([values, filler], dimension: 2)
            }
            return try values + θ[layer.bias].selected(0, at: index)
        }
        return try flat.reshaped([shape[0], shape[1], layer.dimension, widest]).transposed()
    }

    /// The predictive distribution of every point of every token.
    func mixture(
        _ tokens: MoiraiTokens, _ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> MoiraiMixture {
        let (location, scale) = try tokens.statistics()
        let scaled = try (tokens.target - location) / scale
        var h = try perSize(tokens) { index, size throws(TensorError) in
            let weight = try θ[input.weight].selected(0, at: index).narrowed(1, from: 0, count: size)
            return try scaled.narrowed(2, from: 0, count: size)
                .linear(weight: weight, bias: θ[input.bias].selected(0, at: index))
        }
        observe("in_proj", h)
        let predicted = try tokens.predicted.equals(1).unsqueezed(2)
        h = try θ[maskToken].unsqueezed(0).chosen(where: predicted, else: h)
        h = try encode(h, tokens, θ, observe: observe)
        observe("encoder", h)
        func one(_ name: String) throws(TensorError) -> Tensor {
            try output("components.\(name)", h, tokens, θ).squeezed(-1)
        }
        // The smallest positive step of the type, below which the reference keeps no scale.
        let smallest = h.dtype == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne)
        return MoiraiMixture(
            location: location, scale: scale, logWeights: try output("weights_logits", h, tokens, θ).logSoftmax(),
            studentFreedom: try one("0.df").softplus() + 2, studentLocation: try one("0.loc"),
            studentScale: try one("0.scale").softplus().clamped(below: smallest), normalLocation: try one("1.loc"),
            binomialCount: try one("2.total_count").softplus(), binomialLogits: try one("2.logits"),
            logNormalLocation: try one("3.loc"),
            logNormalScale: try one("3.scale").softplus().clamped(below: smallest))
    }

    private func encode(
        _ input: Tensor, _ tokens: MoiraiTokens, _ θ: Parameters, observe: (String, Tensor) -> Void
    ) throws(TensorError) -> Tensor {
        let heads = configuration.width / MoiraiForecaster.headWidth
        let rotary = try InterleavedRotaryEmbedding(
            positions: tokens.time, width: MoiraiForecaster.rotaryWidth, dtype: input.dtype)
        let strangers = try tokens.sample.unsqueezed(2).equals(tokens.sample.unsqueezed(1)).negated().unsqueezed(1)
        let hidden = try strangers.to(input.dtype).zerosLike().filled(with: -.infinity, where: strangers)
        let sameVariate = try tokens.variate.unsqueezed(2).equals(tokens.variate.unsqueezed(1)).unsqueezed(1)
        var h = input
        for (index, layer) in encoder.enumerated() {
            let x = try layer.norm1(h, θ)
            let query = try layer.queryNorm(Attention.split(layer.query(x, θ), heads: heads), θ)
            let key = try layer.keyNorm(Attention.split(layer.key(x, θ), heads: heads), θ)
            observe("layer\(index)_q_norm", query)
            let table = try θ[layer.variateBias].reshaped([2, 1, heads, 1, 1])
            let bias = try table.selected(0, at: 1).chosen(where: sameVariate, else: table.selected(0, at: 0))
            observe("layer\(index)_var_bias", bias)
            let attended = try Attention.scaledDotProduct(
                query: rotary.rotate(query), key: rotary.rotate(key),
                value: Attention.split(layer.value(x, θ), heads: heads),
                scale: 1 / Double(MoiraiForecaster.headWidth).squareRoot(), bias: bias + hidden)
            let mixed = try layer.out(Attention.merge(attended), θ)
            observe("layer\(index)_attn", mixed)
            h = try h + mixed
            let y = try layer.norm2(h, θ)
            h = try h + layer.down(layer.gate(y, θ).silu() * layer.up(y, θ), θ)
            observe("layer\(index)", h)
        }
        return try norm(h, θ)
    }
}
