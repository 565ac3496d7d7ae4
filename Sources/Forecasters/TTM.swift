// TTM r1 and r2, Tiny Time Mixers (Ekambaram et al., NeurIPS 2024, arXiv 2401.03955), as in ibm-granite/granite-tsfm.

import Foundation
import Networks
import Tensor

/// TTM: mixers of patches and features with adaptive patching, a small decoder, one linear head for the whole horizon.
public struct TTMForecaster: Forecaster {
    /// The final mixing of the channels' forecasts.
    private struct ForecastMixing: Sendable {
        let embedding: Linear?
        let mixer: TTMBlock?
        let gate: Linear?
        let output: Linear
    }

    /// The sizes this model was built with.
    public let configuration: Configuration
    /// The kind of frequency, for models with a prefix: 0 where it is not known, then minutes, 2, 5, 10, 15, 30 minutes,
    /// hours, days, weeks.
    public let frequency: Int
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    private let patcher: Linear
    private let frequencyEmbedding: ParameterID?
    private let frequencyLayers: [Linear]
    private let positionTable: BufferID?
    private let backbone: TTMBlock
    private let adapter, rawEmbedding: Linear?
    private let categoryEmbeddings: [ParameterID]
    private let decoder: TTMBlock?
    private let head: Linear
    private let mixing: ForecastMixing?

    /// Builds the model without allocating weights. Initialisation: PyTorch's defaults, as in every release.
    public init(_ configuration: Configuration, frequency: Int = 0) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        guard (0..<configuration.frequencies).contains(frequency) else {
            throw .request("frequency \(frequency) is not among 0 to \(configuration.frequencies - 1)")
        }
        self.configuration = configuration
        self.frequency = frequency
        let c = configuration
        var layout = ParameterLayout()
        var settings = TTMLayer.Settings(
            expansion: c.expansion, isGated: c.isGated, isBatch: c.norm == "BatchNorm", epsilon: c.epsilon)
        settings.heads = c.attends ? c.heads : nil
        settings.channels = c.mode == "mix_channel" ? c.channels : nil
        let encoder = "backbone.encoder"
        patcher = Linear(&layout, "\(encoder).patcher", inputs: c.patchLength, outputs: c.width, part: .embedding)
        if c.hasPrefix {
            let middle = (c.patchLength + c.width) / 2
            frequencyEmbedding = layout.add(
                "\(encoder).freq_mod.0.weight", [c.frequencies, c.patchLength], .normal(deviation: 1), role: .weight,
                part: .embedding)
            frequencyLayers = [
                Linear(&layout, "\(encoder).freq_mod.1", inputs: c.patchLength, outputs: middle, part: .embedding),
                Linear(&layout, "\(encoder).freq_mod.3", inputs: middle, outputs: c.width, part: .embedding),
            ]
        } else {
            (frequencyEmbedding, frequencyLayers) = (nil, [])
        }
        let (tokens, width) = (c.tokens, c.width)
        positionTable =
            c.hasPositions
            ? layout.addBuffer("\(encoder).positional_encoder.position_enc", [tokens, width]) {
                () throws(TensorError) in try TTMForecaster.positions(tokens, width: width)
            } : nil
        backbone = TTMBlock(
            &layout, "\(encoder).mlp_mixer_encoder", width: c.width, patches: tokens, layers: c.layers,
            levels: c.levels, settings)
        if c.hasDecoder {
            adapter =
                c.width == c.decoderWidth
                ? nil : Linear(&layout, "decoder.adapter", inputs: c.width, outputs: c.decoderWidth)
            rawEmbedding =
                c.hasRawResidual
                ? Linear(&layout, "decoder.decoder_raw_embedding", inputs: c.patchLength, outputs: c.decoderWidth) : nil
            var embeddings: [ParameterID] = []
            for (index, size) in c.categories.enumerated() {
                embeddings.append(
                    layout.add(
                        "decoder.decoder_cat_embedding_layer.embedding_layers.\(index).weight", [size, c.decoderWidth],
                        .normal(deviation: 1), role: .weight))
            }
            categoryEmbeddings = embeddings
            settings.channels = c.decoderMode == "mix_channel" ? c.channels + c.categories.count : nil
            decoder = TTMBlock(
                &layout, "decoder.decoder_block", width: c.decoderWidth, patches: tokens, layers: c.decoderLayers,
                levels: c.decoderLevels, settings)
        } else {
            (adapter, rawEmbedding, categoryEmbeddings, decoder) = (nil, nil, [], nil)
        }
        head = Linear(
            &layout, "head.base_forecast_block", inputs: tokens * (c.hasDecoder ? c.decoderWidth : c.width),
            outputs: c.horizon, part: .head)
        if c.mixesForecasts {
            let window = 2 * c.mixingContext + 1
            let columns = c.predictedChannels.count + c.exogenous.count
            let size = c.mixingHasLayers ? 2 * window : window
            settings.channels = nil
            settings.heads = nil
            let name = "head.fcm_block"
            mixing = ForecastMixing(
                embedding: c.mixingHasLayers
                    ? Linear(&layout, "\(name).fcm_embedding", inputs: window, outputs: size, part: .head) : nil,
                mixer: c.mixingHasLayers
                    ? TTMBlock(
                        &layout, "\(name).exog_mixer", width: size, patches: columns, layers: c.mixingLayers, levels: 0,
                        settings) : nil,
                gate: c.mixingIsGated
                    ? Linear(
                        &layout, "\(name).fcm_gating_block.attn_layer", inputs: columns * size, outputs: columns * size,
                        part: .head) : nil,
                output: Linear(
                    &layout, "\(name).mlp", inputs: columns * size, outputs: c.predictedChannels.count, part: .head))
        } else {
            mixing = nil
        }
        self.layout = layout
    }

    /// Sines and cosines with mean 0 and deviation 0.1, `[N, width]`.
    private static func positions(_ count: Int, width: Int) throws(TensorError) -> Tensor {
        var values = [Double](repeating: 0, count: count * width)
        for column in 0..<width {
            let frequency = Foundation.exp(-Double(column - column % 2) * Foundation.log(10000) / Double(width))
            for position in 0..<count {
                let angle = Double(position) * frequency
                values[position * width + column] = column % 2 == 0 ? Foundation.sin(angle) : Foundation.cos(angle)
            }
        }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1))
        return try Tensor(values.map { ($0 - mean) / (10 * variance.squareRoot()) }, shape: [count, width])
    }

    // MARK: Forecaster

    /// `ttm`.
    public var family: String { "ttm" }
    /// The one form.
    public var architecture: String { "TTM" }
    /// All of them where they are mixed.
    public var channels: Int { configuration.mixesChannels ? configuration.channels : 1 }
    /// Points per patch.
    public var patchLength: Int { configuration.patchLength }
    /// The configuration's context.
    public func defaultContext(for task: ForecastingTask) -> Int { configuration.contextLength }
    /// What one forecast gives.
    public var defaultHorizon: Int { configuration.outputLength }
    /// Forecasting alone was published for r1 and r2.
    public var tasks: [ForecastingTask] { [.forecast] }

    /// At least the configuration's context; the training loss covers one forecast.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        let c = configuration
        guard task == .forecast else {
            throw .request("TTM was published for forecasting only; task '\(task.rawValue)' is not defined for it")
        }
        guard c.categories.isEmpty else {
            throw .request("this TTM needs static categories of every series, which a table of numbers does not have")
        }
        guard c.exogenous.isEmpty || !c.mixesForecasts else {
            throw .request("this TTM needs the future of exogenous channels, which windows of a series do not give")
        }
        guard !c.mixesChannels || c.predictedChannels.count == c.channels else {
            throw .request(
                "this TTM forecasts \(c.predictedChannels.count) of \(c.channels) channels; all are needed here")
        }
        guard context >= c.contextLength else {
            throw .request(
                "the context is \(context) points; this TTM needs \(c.contextLength) and uses the last of them")
        }
        guard horizon >= 1 else { throw .request("forecasting needs a horizon of at least 1 point") }
        guard loss != .native || horizon <= c.outputLength else {
            throw .request(
                "loss 'native' covers one forecast of \(c.outputLength) points, the horizon is \(horizon); lower it, or use mse or mae"
            )
        }
        guard loss != .lastPatchMSE else {
            throw .request(
                "loss 'last-patch-mse' is not defined for TTM, whose outputs are not patches; use native, mse or mae")
        }
    }

    /// One forecast, or several in a row, each of which drops the oldest points of its context for the forecast points.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let isSingle = context.rank == 2
        var known = isSingle ? try context.unsqueezed(1) : context
        var parts: [Tensor] = []
        var produced = 0
        while produced < horizon {
            let next = try direct(known, θ)
            parts.append(next)
            produced += next.shape[2]
            known = try Tensor.concatenate([known, next], dimension: 2)
        }
        let all = try Tensor.concatenate(parts, dimension: 2).narrowed(2, from: 0, count: horizon)
        return isSingle ? try all.squeezed(1) : all
    }

    /// `native`: the configuration's loss.
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        let horizon = batch.target.shape[batch.target.rank - 1]
        let found = try forecast(batch.context, horizon: horizon, θ)
        let name = kind == .native ? configuration.loss : kind == .mae ? "mae" : "mse"
        return try LossTerms(meanOf: errors(found, batch.target, name), outputs: [found])
    }

    /// The configuration in the official schema.
    public func configurationJSON() throws -> String {
        try configuration.officialJSON(adding: [
            "architectures": ["TinyTimeMixerForPrediction"], "model_type": "tinytimemixer", "patch_last": true,
            "post_init": false,
        ])
    }

    /// Element-wise errors of a loss by its official name.
    func errors(_ found: Tensor, _ target: Tensor, _ name: String) throws(TensorError) -> Tensor {
        let error = try target - found
        switch name {
        case "mae": return try error.absolute()
        case "huber":
            let size = try error.absolute()
            let inner = try size.clamped(above: configuration.huberDelta)
            return try inner.squared() * 0.5 + (size - inner) * configuration.huberDelta
        case "pinball":
            return try (error * configuration.quantile).maximum(error * (configuration.quantile - 1))
        default: return try error.squared()
        }
    }

    // MARK: Forward

    /// Location and scale of the observed points, `[B, C, T]` → `[B, C, 1]` twice.
    private func statistics(
        _ x: Tensor, observed: Tensor?
    ) throws(TensorError) -> (location: Tensor, scale: Tensor) {
        let all = try x.zerosLike() + 1
        let mask = observed ?? all
        let count = try mask.sum([2], keepingDimensions: true).clamped(below: 1)
        switch configuration.scaling {
        case "std":
            let mean = try (x * mask).sum([2], keepingDimensions: true) / count
            let squares = try ((x - mean) * mask).squared().sum([2], keepingDimensions: true)
            return (mean, try (squares / count + 1e-5).squareRoot())
        case "mean":
            let size = try (x * mask).absolute().sum([2], keepingDimensions: true) / count
            return (try size.zerosLike(), try size.clamped(below: 1e-10))
        default:
            let zero = try count.zerosLike()
            return (zero, try zero + 1)
        }
    }

    /// One forecast in the units of the series, `[B, C, T]` → `[B, predicted channels, outputLength]`.
    ///
    /// - Parameters:
    ///   - observed: 1 where a point is known, `[B, C, context]`; all when absent.
    ///   - kinds: kinds of frequency, `int64` `[B]`; the model's own when absent.
    ///   - categories: static categories, `int64` `[B, n]`.
    ///   - future: where exogenous channels are taken from, `[B, C, H]`.
    ///   - observe: receives intermediate activations, for tests.
    func direct(
        _ input: Tensor, observed: Tensor? = nil, frequency kinds: Tensor? = nil, categories: Tensor? = nil,
        future: Tensor? = nil, _ θ: Parameters, observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let c = configuration
        let length = input.shape[2]
        let x = try input.narrowed(2, from: length - c.contextLength, count: c.contextLength)
        let (batch, count) = (x.shape[0], x.shape[1])
        let (location, scale) = try statistics(x, observed: observed)
        let scaled = try (x - location) / scale
        let used = c.patchLength + c.patchStride * (c.rawPatches - 1)
        let patches = try scaled.narrowed(2, from: c.contextLength - used, count: used)
            .unfolded(2, size: c.patchLength, step: c.patchStride)
        var h = try patcher(patches, θ)
        observe("patcher", h)
        if let frequencyEmbedding {
            let table = θ[frequencyEmbedding]
            let rows =
                if let kinds { try table.selected(0, indices: kinds.flattened()) } else {
                    try table.selected(0, at: frequency).unsqueezed(0).expanded([batch, c.patchLength])
                }
            let token = try frequencyLayers[1](frequencyLayers[0](rows, θ).gelu(), θ)
            observe("freq_mod", token)
            let prefix = try token.reshaped([batch, 1, 1, c.width]).expanded([batch, count, 1, c.width])
            h = try Tensor.concatenate([prefix, h], dimension: 2)
        }
        if let positionTable { h = try h + θ[positionTable] }
        h = try backbone(h, θ, observe: observe)
        observe("backbone_hidden_state", h)
        h = try decode(h, patches: patches, categories: categories, θ, observe: observe)
        let flat = try h.reshaped([batch, count, h.shape[2] * h.shape[3]])
        var forecast = try head(flat, θ)
        observe("head_base", forecast)
        var (base, spread) = (location, scale)
        // Channels are treated alike unless they are mixed; then any number of them may come.
        if c.predictedChannels.count != count, c.predicted != nil || !c.exogenous.isEmpty {
            let index = try Tensor(c.predictedChannels.map(Int64.init)).to(.int64, device: x.device)
            forecast = try forecast.selected(1, indices: index)
            base = try base.selected(1, indices: index)
            spread = try spread.selected(1, indices: index)
        }
        observe("loc", base)
        observe("scale", spread)
        forecast = try forecast.narrowed(2, from: 0, count: c.outputLength)
        forecast = try mix(forecast, past: x, future: future, θ, observe: observe)
        return try forecast * spread + base
    }

    private func decode(
        _ input: Tensor, patches: Tensor, categories: Tensor?, _ θ: Parameters, observe: (String, Tensor) -> Void
    ) throws(TensorError) -> Tensor {
        guard let decoder else { return input }
        var h = input
        if let adapter {
            h = try adapter(h, θ)
            observe("decoder.adapter", h)
        }
        let shape = h.shape
        if let rawEmbedding {
            var raw = patches
            if configuration.hasPrefix {
                raw = try Tensor.concatenate([raw.narrowed(2, from: 0, count: 1).zerosLike(), raw], dimension: 2)
            }
            h = try h + rawEmbedding(raw, θ)
        }
        if let categories {
            var extended = [h]
            for (index, table) in categoryEmbeddings.enumerated() {
                let rows = try θ[table].selected(0, indices: categories.selected(1, at: index))
                extended.append(
                    try rows.reshaped([shape[0], 1, 1, shape[3]]).expanded([shape[0], 1, shape[2], shape[3]]))
            }
            h = try Tensor.concatenate(extended, dimension: 1)
        }
        h = try decoder(h, θ)
        observe("decoder_block", h)
        return try h.narrowed(1, from: 0, count: shape[1])
    }

    /// Forecasts corrected by those of the other channels around each step, `[B, P, H]` → `[B, P, H]`.
    private func mix(
        _ forecast: Tensor, past: Tensor, future: Tensor?, _ θ: Parameters, observe: (String, Tensor) -> Void
    ) throws(TensorError) -> Tensor {
        guard let mixing else { return forecast }
        let c = configuration
        let (batch, steps, around) = (forecast.shape[0], forecast.shape[2], c.mixingContext)
        var columns = forecast
        let sources = c.predictedChannels + c.exogenous
        if !c.exogenous.isEmpty {
            guard let future else {
                throw .operation(name: "forecast", message: "this TTM needs the future of its exogenous channels")
            }
            let index = try Tensor(c.exogenous.map(Int64.init)).to(.int64, device: past.device)
            columns = try Tensor.concatenate(
                [columns, future.selected(1, indices: index).narrowed(2, from: 0, count: steps)], dimension: 1)
        }
        let zeros = try Tensor.zeros([batch, sources.count, around], dtype: past.dtype, device: past.device)
        var before = zeros
        if c.mixingSeesPast {
            let index = try Tensor(sources.map(Int64.init)).to(.int64, device: past.device)
            before = try past.selected(1, indices: index)
                .narrowed(2, from: past.shape[2] - around, count: around)
        }
        let windows = try Tensor.concatenate([before, columns, zeros], dimension: 2)
            .unfolded(2, size: 2 * around + 1, step: 1)
        observe("fcm_patch", windows)
        // The steps take the place of channels, the channels that of patches.
        var h = try windows.transposed(1, 2)
        if let embedding = mixing.embedding, let mixer = mixing.mixer { h = try mixer(embedding(h, θ), θ) }
        h = try h.reshaped([batch, steps, h.shape[2] * h.shape[3]])
        if let gate = mixing.gate { h = try h * gate(h, θ).softmax() }
        let result = try mixing.output(h, θ).transposed(1, 2) + forecast
        observe("fcm_block", result)
        return result
    }
}
