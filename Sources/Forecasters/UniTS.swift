// UniTS, one model for many tasks by prompt tokens (Gao et al., NeurIPS 2024, arXiv 2403.00131), as in mims-harvard/UniTS.

import Foundation
import Networks
import Tensor

/// UniTS: tokens of all variables of a series after learned prompts, attention along tokens and along variables, layers
/// that adapt to any number of tokens, and heads for points and for classes.
public struct UniTSForecaster: Forecaster {
    /// Whose prompts a model reads.
    struct Tokens: Sendable {
        /// Prompts, `[1, V, P, d]`, or `[1, 1, P, d]` shared by all variables.
        let prompt: ParameterID
        /// What stands for a hidden token.
        let mask: ParameterID
        /// V; 1 where the prompts are shared.
        let channels: Int
    }

    static let classHeads = 8
    private static let positions = 5000

    /// Sizes and tasks.
    public let configuration: Configuration
    /// The data set whose prompts are read; absent where prompts are shared.
    public let dataset: String?
    /// See ``Forecaster/layout``.
    public let layout: ParameterLayout
    private let tokens: [String: Tokens]
    private let classTokens, categories: [String: ParameterID]
    private let embedding: Linear
    private let positionTable: ParameterID
    private let completion: DynamicLinear
    private let blocks: [UniTSBlock]
    private let forecastHead: UniTSForecastHead
    private let classHead: UniTSClassHead
    private let pretrainHead: UniTSForecastHead?

    /// Builds the model without allocating weights.
    ///
    /// - Parameters:
    ///   - tokenShapes: the token parameters of the checkpoint by name: they name data sets and their variables, which no
    ///     size tells.
    ///   - hasPretrainHead: whether the checkpoint holds the second head of pre-training.
    ///   - dataset: whose prompts to read; the first task's when absent.
    public init(
        _ configuration: Configuration, tokenShapes: [String: [Int]], hasPretrainHead: Bool = false,
        dataset: String? = nil
    ) throws(ForecasterError) {
        try configuration.validate(file: "config.json")
        self.configuration = configuration
        let a = configuration.arguments
        let width = a.width
        var layout = ParameterLayout()
        var prompts: [String: ParameterID] = [:]
        var masks: [String: ParameterID] = [:]
        var classes: [String: ParameterID] = [:]
        var categories: [String: ParameterID] = [:]
        for (name, shape) in tokenShapes.sorted(by: { $0.key < $1.key }) {
            let isPrompt = name.hasPrefix("prompt_token")
            guard shape.count == 4, shape[0] == 1, shape[1] >= 1, shape[2] >= 1, shape[3] == width,
                !isPrompt || shape[2] == a.prompts
            else {
                throw .configuration(
                    file: "config.json", key: name,
                    problem: "has shape \(shape); expected [1, variables, tokens, \(width)], \(a.prompts) prompts")
            }
            let isMask = name.hasPrefix("mask_token")
            let id = layout.add(
                name, shape, isMask ? .constant(0) : .normal(deviation: 0.02), role: .weight, part: .embedding)
            let key = UniTSForecaster.key(name)
            if isPrompt {
                prompts[key] = id
            } else if isMask {
                masks[key] = id
            } else if name.hasPrefix("cls_token") {
                classes[key] = id
            } else {
                categories[key] = id
            }
        }
        var tokens: [String: Tokens] = [:]
        for (key, prompt) in prompts {
            let name = key.isEmpty ? "prompt_token" : "prompt_tokens.\(key)"
            if let mask = masks[key], let shape = tokenShapes[name] {
                tokens[key] = Tokens(prompt: prompt, mask: mask, channels: shape[1])
            }
        }
        self.tokens = tokens
        (classTokens, self.categories) = (classes, categories)
        if tokens[""] != nil {
            self.dataset = nil
        } else {
            let listed = configuration.tasks.map(\.settings.dataset) + tokens.keys.sorted()
            let chosen = dataset ?? listed.first { tokens[$0] != nil }
            guard let chosen, tokens[chosen] != nil else {
                throw .request(
                    "there are no prompts of data set '\(dataset ?? "")'; the checkpoint has: "
                        + tokens.keys.sorted().joined(separator: ", "))
            }
            self.dataset = chosen
        }
        embedding = Linear(
            &layout, "patch_embeddings.value_embedding", inputs: a.patchLength, outputs: width, bias: false,
            part: .embedding)
        positionTable = layout.add(
            "position_embedding.pe", [1, 1, UniTSForecaster.positions, width], .sinusoidal, role: .weight,
            part: .embedding)
        completion = DynamicLinear(&layout, "prompt2forecat", inputs: 128, outputs: 128, fixed: a.prompts)
        var blocks: [UniTSBlock] = []
        for index in 0..<a.layers {
            blocks.append(
                UniTSBlock(&layout, "blocks.\(index)", width: width, heads: a.heads, prompts: a.prompts))
        }
        self.blocks = blocks
        forecastHead = UniTSForecastHead(
            &layout, "forecast_head", width: width, patch: a.patchLength, fixed: a.prompts)
        classHead = UniTSClassHead(&layout, "cls_head", width: width, heads: UniTSForecaster.classHeads)
        pretrainHead =
            hasPretrainHead
            ? UniTSForecastHead(&layout, "pretrain_head", width: width, patch: a.patchLength, fixed: 1) : nil
        self.layout = layout
    }

    /// Whether a parameter is a token that belongs to a data set or a task.
    static func isToken(_ name: String) -> Bool {
        ["prompt_token", "mask_token", "cls_token", "category_token"].contains { name.hasPrefix($0) }
    }

    private static func key(_ name: String) -> String {
        name.firstIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? ""
    }

    // MARK: Forecaster

    /// `units`.
    public var family: String { "units" }
    /// The one form.
    public var architecture: String { "UniTS" }
    /// As many as the prompts are for.
    public var channels: Int { tokens[dataset ?? ""]?.channels ?? 1 }
    /// Points per token.
    public var patchLength: Int { configuration.arguments.patchLength }
    /// Any of them: prompts serve every task.
    public var tasks: [ForecastingTask] { [.forecast, .imputation, .anomaly] }

    private static let officialNames: [ForecastingTask: String] = [
        .forecast: "long_term_forecast", .imputation: "imputation", .anomaly: "anomaly_detection",
    ]

    private func listed(_ task: ForecastingTask) -> Configuration.Task.Settings? {
        let name = UniTSForecaster.officialNames[task] ?? ""
        let own = configuration.tasks.map(\.settings).filter { dataset == nil || $0.dataset == dataset }
        return own.first { $0.task == name } ?? own.first { $0.task.hasSuffix(name) }
    }

    /// The table's context, or 6 tokens.
    public func defaultContext(for task: ForecastingTask) -> Int {
        let length = listed(task)?.contextLength ?? 6 * patchLength
        return task == .imputation ? max(2, length / patchLength) * patchLength : length
    }

    /// The table's horizon, or 6 tokens.
    public var defaultHorizon: Int {
        guard let horizon = listed(.forecast)?.horizon, horizon > 0 else { return 6 * patchLength }
        return horizon
    }

    /// Whole tokens for imputation; a horizon of at least one whole token after the context's last.
    public func validate(
        task: ForecastingTask, loss: LossKind, context: Int, horizon: Int
    ) throws(ForecasterError) {
        guard context >= 2 else { throw .request("the context must hold at least 2 points") }
        let count = (context + horizon) / patchLength + 1
        guard count <= UniTSForecaster.positions else {
            throw .request("context and horizon make \(count) tokens; UniTS has \(UniTSForecaster.positions) positions")
        }
        switch task {
        case .forecast:
            let padding = (patchLength - context % patchLength) % patchLength
            guard horizon >= padding + patchLength else {
                throw .request(
                    "the horizon is \(horizon) points; after a context of \(context), UniTS forecasts whole tokens: at least \(padding + patchLength)"
                )
            }
        case .imputation:
            guard context % patchLength == 0 else {
                throw .request(
                    "the context is \(context) points; UniTS fills whole tokens: give a multiple of \(patchLength)")
            }
        case .anomaly: break
        }
        guard loss != .lastPatchMSE else {
            throw .request(
                "loss 'last-patch-mse' is not defined for UniTS, whose tokens are all computed alike; use native, mse or mae"
            )
        }
    }

    /// All horizon tokens at once.
    public func forecast(
        _ context: Tensor, horizon: Int, noise: WindowNoise? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        if context.rank == 3 { return try extend(context, horizon: horizon, θ) }
        return try extend(context.unsqueezed(1), horizon: horizon, θ).squeezed(1)
    }

    /// `native` is the squared error: of the horizon, of hidden points, or of all points. (The published pre-training loss
    /// stops a gradient on its way; it is not the derivative of any function, so it has no Hessian.)
    public func loss(
        _ batch: WindowBatch, task: ForecastingTask, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> LossTerms {
        if task == .forecast {
            let isSingle = batch.context.rank == 2
            let x = isSingle ? try batch.context.unsqueezed(1) : batch.context
            let target = isSingle ? try batch.target.unsqueezed(1) : batch.target
            return try LossTerms(differences: extend(x, horizon: target.shape[2], θ) - target, kind)
        }
        guard task == .imputation else {
            return try LossTerms(
                differences: reconstruction(batch.context, mask: nil, kind: kind, θ) - batch.context, kind)
        }
        guard let mask = batch.mask else {
            throw .operation(name: "loss", message: "imputation needs a mask")
        }
        let difference = try reconstruction(batch.context, mask: mask, kind: kind, θ) - batch.context
        return try LossTerms(differences: difference, kind, counted: 1 - mask, minimumWeight: 1)
    }

    /// Sizes and tasks as `args` and `task_data_config_list`.
    public func configurationJSON() throws -> String { try configuration.officialJSON() }

    // MARK: Forward

    private struct Tokenized {
        let tokens, mean, deviation: Tensor
        let padding: Int
    }

    /// Standardised tokens, `[B, V, T]` → `[B, V, L, d]`; zeros fill up the last one.
    ///
    /// - Parameter visible: 1 where a point is known; x is 0 elsewhere. The mean counts those zeros, as in the reference.
    private func tokenize(
        _ x: Tensor, visible: Tensor? = nil, _ θ: Parameters, observe: (String, Tensor) -> Void
    ) throws(TensorError) -> Tokenized {
        let shape = x.shape
        let mean = try x.mean([2], keepingDimensions: true)
        var centred = try x - mean
        let variance: Tensor
        if let visible {
            centred = try centred * visible
            variance =
                try centred.squared().sum([2], keepingDimensions: true)
                / visible.sum([2], keepingDimensions: true).clamped(below: 1)
        } else {
            variance = try centred.squared().mean([2], keepingDimensions: true)
        }
        let deviation = try (variance + 1e-5).squareRoot()
        var values = try centred / deviation
        let padding = (patchLength - shape[2] % patchLength) % patchLength
        if padding > 0 {
            let zeros = try Tensor.zeros([shape[0], shape[1], padding], dtype: x.dtype, device: x.device)
            values = try Tensor.concatenate([values, zeros], dimension: 2)
        }
        let count = (shape[2] + padding) / patchLength
        let tokens = try embedding(values.reshaped([shape[0], shape[1], count, patchLength]), θ)
        observe("value_embedding", try tokens.reshaped([shape[0] * shape[1], count, tokens.shape[3]]))
        return Tokenized(tokens: tokens, mean: mean, deviation: deviation, padding: padding)
    }

    private func own(_ dataset: String?) throws(TensorError) -> Tokens {
        guard let own = tokens[dataset ?? self.dataset ?? ""] else {
            throw .operation(name: "prompt", message: "there are no prompts of data set '\(dataset ?? "")'")
        }
        return own
    }

    /// A token parameter for every window (and every variable where it is shared), `[B, V, n, d]`.
    private func expanded(_ id: ParameterID, like x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        let shape = θ[id].shape
        return try θ[id].expanded([x.shape[0], x.shape[1], shape[2], shape[3]])
    }

    private func positioned(_ x: Tensor, _ θ: Parameters) throws(TensorError) -> Tensor {
        try x + θ[positionTable].narrowed(2, from: 0, count: x.shape[2])
    }

    private func transform(
        _ z: Tensor, prefix: Int, _ θ: Parameters, observe: (String, Tensor) -> Void
    ) throws(TensorError) -> Tensor {
        var h = z
        for (index, block) in blocks.enumerated() {
            h = try block(h, prefix: prefix, θ) { observe("\($0)\(index)", $1) }
            observe("block\(index)", h)
        }
        return h
    }

    /// The horizon of all variables, `[B, V, T]` → `[B, V, horizon]`.
    func extend(
        _ x: Tensor, horizon: Int, dataset: String? = nil, _ θ: Parameters,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> Tensor {
        let own = try own(dataset)
        let t = try tokenize(x, θ, observe: observe)
        let prompts = try expanded(own.prompt, like: x, θ)
        let count = (horizon - t.padding) / patchLength
        let shape = t.tokens.shape
        let masks = try expanded(own.mask, like: x, θ).expanded([shape[0], shape[1], count, shape[3]])
        let total = shape[2] + count
        let full = try Tensor.concatenate([prompts, t.tokens, masks], dimension: 2)
        let ahead = try completion.alongTokens(full, to: total, θ).narrowed(2, from: shape[2], count: count)
        let series = try positioned(Tensor.concatenate([t.tokens, ahead], dimension: 2), θ)
        let prompted = try Tensor.concatenate([prompts, series], dimension: 2)
        let h = try transform(prompted, prefix: prompted.shape[2], θ, observe: observe)
        let length = x.shape[2] + horizon
        let points = try forecastHead(h, count: total, length: length, θ)
        return try points.narrowed(2, from: length - horizon, count: horizon) * t.deviation + t.mean
    }

    /// Hidden tokens are the mask token, completed from the prompts and the rest: `[B, V, L, d]`.
    private func completed(
        _ tokens: Tensor, prompts: Tensor, hidden: Tensor, mask: Tensor, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let isHidden = try hidden.equals(1)
        let masked = try mask.chosen(where: isHidden, else: tokens)
        let guesses = try completion.alongTokens(
            Tensor.concatenate([prompts, masked], dimension: 2), to: tokens.shape[2], θ)
        return try guesses.chosen(where: isHidden, else: masked)
    }

    /// All points from the visible ones, `[B, V, T]` (0 where hidden) → `[B, V, T]`.
    func impute(
        _ x: Tensor, visible: Tensor, dataset: String? = nil, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let own = try own(dataset)
        let t = try tokenize(x, visible: visible, θ) { _, _ in }
        let prompts = try expanded(own.prompt, like: x, θ)
        let shape = t.tokens.shape
        let hidden = try (1 - visible.reshaped([shape[0], shape[1], shape[2], patchLength]).minimum([3]))
            .unsqueezed(3)
        let tokens = try completed(t.tokens, prompts: prompts, hidden: hidden, mask: θ[own.mask], θ)
        return try restored(tokens, prompts: prompts, t, length: x.shape[2], θ)
    }

    /// All points from all points, `[B, V, T]` → `[B, V, T]`.
    func reconstruct(_ x: Tensor, dataset: String? = nil, _ θ: Parameters) throws(TensorError) -> Tensor {
        let t = try tokenize(x, θ) { _, _ in }
        let prompts = try expanded(own(dataset).prompt, like: x, θ)
        return try restored(t.tokens, prompts: prompts, t, length: x.shape[2], θ)
    }

    private func restored(
        _ tokens: Tensor, prompts: Tensor, _ t: Tokenized, length: Int, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let z = try Tensor.concatenate([prompts, positioned(tokens, θ)], dimension: 2)
        let h = try transform(z, prefix: z.shape[2], θ) { _, _ in }
        let points = try forecastHead(h, count: tokens.shape[2], length: length + t.padding, θ)
        return try points.narrowed(2, from: 0, count: length) * t.deviation + t.mean
    }

    /// Logits of a classification task, `[B, V, T]` → `[B, classes]`: the mean over variables of classes · ⟨class token,
    /// category token⟩ (the factor comes from a sum over an expanded axis in the reference).
    ///
    /// - Parameter task: the task's name in `cls_tokens` and `category_tokens`.
    public func classLogits(
        _ x: Tensor, task: String, dataset: String, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        try classLogits(x, task: task, dataset: dataset, θ) { _, _ in }
    }

    func classLogits(
        _ x: Tensor, task: String, dataset: String, _ θ: Parameters, observe: (String, Tensor) -> Void
    ) throws(TensorError) -> Tensor {
        guard let classToken = classTokens[task], let category = categories[task] else {
            throw .operation(name: "classLogits", message: "there are no class tokens of task '\(task)'")
        }
        let t = try tokenize(x, θ, observe: observe)
        let prompts = try expanded(own(dataset).prompt, like: x, θ)
        let series = try Tensor.concatenate([prompts, positioned(t.tokens, θ)], dimension: 2)
        let z = try Tensor.concatenate([series, expanded(classToken, like: x, θ)], dimension: 2)
        let h = try transform(z, prefix: series.shape[2], θ, observe: observe)
        let feature = try classHead(h, θ, observe: observe)
        let classes = θ[category].shape[2]
        return try (feature * θ[category]).sum([3]).mean([1]) * Double(classes)
    }

    /// Both reconstructions of pre-training, `[B, V, T]` twice: from the tokens, and from the class token with the tokens'
    /// gradient stopped.
    ///
    /// - Parameters:
    ///   - hidden: 1 for hidden tokens, `[B, L]`.
    ///   - task: whose class token is read.
    func pretrain(
        _ x: Tensor, hidden: Tensor, task: String, dataset: String, _ θ: Parameters,
        observe: (String, Tensor) -> Void = { _, _ in }
    ) throws(TensorError) -> (tokens: Tensor, classToken: Tensor) {
        guard let classToken = classTokens[task], let pretrainHead else {
            throw .operation(name: "pretrain", message: "the checkpoint holds no tokens or head of pre-training")
        }
        let own = try own(dataset)
        let t = try tokenize(x, θ, observe: observe)
        let prompts = try expanded(own.prompt, like: x, θ)
        let shape = t.tokens.shape
        let tokens = try completed(
            t.tokens, prompts: prompts, hidden: hidden.reshaped([shape[0], 1, shape[2], 1]), mask: θ[own.mask], θ)
        let series = try Tensor.concatenate([prompts, positioned(tokens, θ)], dimension: 2)
        let z = try Tensor.concatenate([series, expanded(classToken, like: x, θ)], dimension: 2)
        let h = try transform(z, prefix: series.shape[2], θ, observe: observe)
        let length = x.shape[2] + t.padding
        let first = try forecastHead(
            h.narrowed(2, from: 0, count: series.shape[2]), count: shape[2], length: length, θ)
        let feature = try classHead(h, θ, observe: observe)
        let fused = try Tensor.concatenate(
            [feature, h.narrowed(2, from: prompts.shape[2], count: shape[2]).detached()], dimension: 2)
        let second = try pretrainHead(fused, count: shape[2], length: length, θ)
        return (
            try first.narrowed(2, from: 0, count: x.shape[2]) * t.deviation + t.mean,
            try second.narrowed(2, from: 0, count: x.shape[2]) * t.deviation + t.mean
        )
    }
}
