extension TTMForecaster {
    /// The official configuration; members that name no part of the forecast are ignored.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Points of the context.
        public var contextLength: Int
        /// Points of the forecast.
        public var horizon: Int
        /// Points of the forecast that count; all when absent.
        public var keptHorizon: Int?
        /// Points per patch.
        public var patchLength: Int
        /// Points between the beginnings of patches.
        public var patchStride: Int
        /// Patches with the prefix; counted when absent.
        public var patches: Int?
        /// Channels that models of mixed channels read together.
        public var channels: Int
        /// Width of a patch.
        public var width: Int
        /// How much wider the inner layers are.
        public var expansion: Int
        /// Layers per level of the backbone.
        public var layers: Int
        /// Levels with patches split ever less; 0 for plain layers.
        public var levels: Int
        /// `common_channel` or `mix_channel`.
        public var mode: String
        /// Whether mixers weigh their outputs by a softmax.
        public var isGated: Bool
        /// `LayerNorm` or `BatchNorm`.
        public var norm: String
        /// ε of the norms.
        public var epsilon: Double
        /// Whether patch mixers also attend.
        public var attends: Bool
        /// Heads of that attention.
        public var heads: Int
        /// Whether patches have positions.
        public var hasPositions: Bool
        /// `sincos` or `random`.
        public var positions: String
        /// `std`, `mean`, or none.
        public var scaling: String?
        /// Whether a token for the frequency stands in front.
        public var hasPrefix: Bool
        /// Kinds of frequency.
        public var frequencies: Int
        /// Whether there is a decoder.
        public var hasDecoder: Bool
        /// Layers of the decoder.
        public var decoderLayers: Int
        /// Width of the decoder.
        public var decoderWidth: Int
        /// Levels of the decoder.
        public var decoderLevels: Int
        /// `common_channel` or `mix_channel`.
        public var decoderMode: String
        /// Whether the decoder also sees the patches as they are.
        public var hasRawResidual: Bool
        /// Sizes of the static categories.
        public var categories: [Int]
        /// Channels to forecast; all (but the exogenous) when absent.
        public var predicted: [Int]?
        /// Channels whose future is known.
        public var exogenous: [Int]
        /// Whether forecasts of all channels are mixed in the end.
        public var mixesForecasts: Bool
        /// Steps before and after that the mixing sees.
        public var mixingContext: Int
        /// Whether the mixing is weighed by a softmax.
        public var mixingIsGated: Bool
        /// Layers of the mixing.
        public var mixingLayers: Int
        /// Whether the mixing sees the end of the context.
        public var mixingSeesPast: Bool
        /// Whether the mixing has layers.
        public var mixingHasLayers: Bool
        /// `mse`, `mae`, `huber` or `pinball`.
        public var loss: String
        /// δ of `huber`.
        public var huberDelta: Double
        /// τ of `pinball`.
        public var quantile: Double

        enum CodingKeys: String, CodingKey {
            case contextLength = "context_length"
            case horizon = "prediction_length"
            case keptHorizon = "prediction_filter_length"
            case patchLength = "patch_length"
            case patchStride = "patch_stride"
            case patches = "num_patches"
            case channels = "num_input_channels"
            case width = "d_model"
            case expansion = "expansion_factor"
            case layers = "num_layers"
            case levels = "adaptive_patching_levels"
            case mode
            case isGated = "gated_attn"
            case norm = "norm_mlp"
            case epsilon = "norm_eps"
            case attends = "self_attn"
            case heads = "self_attn_heads"
            case hasPositions = "use_positional_encoding"
            case positions = "positional_encoding_type"
            case scaling
            case hasPrefix = "resolution_prefix_tuning"
            case frequencies = "frequency_token_vocab_size"
            case hasDecoder = "use_decoder"
            case decoderLayers = "decoder_num_layers"
            case decoderWidth = "decoder_d_model"
            case decoderLevels = "decoder_adaptive_patching_levels"
            case decoderMode = "decoder_mode"
            case hasRawResidual = "decoder_raw_residual"
            case categories = "categorical_vocab_size_list"
            case predicted = "prediction_channel_indices"
            case exogenous = "exogenous_channel_indices"
            case mixesForecasts = "enable_forecast_channel_mixing"
            case mixingContext = "fcm_context_length"
            case mixingIsGated = "fcm_gated_attn"
            case mixingLayers = "fcm_mix_layers"
            case mixingSeesPast = "fcm_prepend_past"
            case mixingHasLayers = "fcm_use_mixer"
            case loss
            case huberDelta = "huber_delta"
            case quantile
        }

        /// A released size: widths are 3 and 2 patches, unless the decoder's is given.
        init(context: Int, patch: Int, horizon: Int, frequencies: Int? = nil) {
            (contextLength, self.horizon, patchLength, patchStride) = (context, horizon, patch, patch)
            (keptHorizon, patches, channels, width, expansion) = (nil, nil, 1, 3 * patch, 2)
            (layers, levels, mode, isGated, norm, epsilon) = (2, 3, "common_channel", true, "LayerNorm", 1e-5)
            (attends, heads, hasPositions, positions, scaling) = (false, 1, false, "sincos", "std")
            (hasPrefix, self.frequencies) = (frequencies != nil, frequencies ?? 5)
            (hasDecoder, decoderLayers, decoderWidth, decoderLevels) = (true, 2, 2 * patch, 0)
            (decoderMode, hasRawResidual, categories, predicted, exogenous) = ("common_channel", false, [], nil, [])
            (mixesForecasts, mixingContext, mixingIsGated, mixingLayers) = (false, 1, true, 2)
            (mixingSeesPast, mixingHasLayers, loss, huberDelta, quantile) = (true, false, "mse", 1, 0.5)
        }

        /// Decodes the official schema; sizes must be there, switches have the library's defaults.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            func flag(_ key: CodingKeys, _ standard: Bool) throws -> Bool {
                try values.decodeIfPresent(Bool.self, forKey: key) ?? standard
            }
            func number(_ key: CodingKeys, _ standard: Int) throws -> Int {
                try values.decodeIfPresent(Int.self, forKey: key) ?? standard
            }
            func text(_ key: CodingKeys, _ standard: String) throws -> String {
                try values.decodeIfPresent(String.self, forKey: key) ?? standard
            }
            contextLength = try values.decode(Int.self, forKey: .contextLength)
            horizon = try values.decode(Int.self, forKey: .horizon)
            keptHorizon = try values.decodeIfPresent(Int.self, forKey: .keptHorizon)
            patchLength = try values.decode(Int.self, forKey: .patchLength)
            patchStride = try number(.patchStride, patchLength)
            patches = try values.decodeIfPresent(Int.self, forKey: .patches)
            channels = try number(.channels, 1)
            width = try values.decode(Int.self, forKey: .width)
            expansion = try number(.expansion, 2)
            layers = try values.decode(Int.self, forKey: .layers)
            levels = try number(.levels, 0)
            mode = try text(.mode, "common_channel")
            isGated = try flag(.isGated, true)
            norm = try text(.norm, "LayerNorm")
            epsilon = try values.decodeIfPresent(Double.self, forKey: .epsilon) ?? 1e-5
            attends = try flag(.attends, false)
            heads = try number(.heads, 1)
            hasPositions = try flag(.hasPositions, false)
            positions = try text(.positions, "sincos")
            // Older files say true for std and false for none.
            if let isScaled = try? values.decode(Bool.self, forKey: .scaling) {
                scaling = isScaled ? "std" : nil
            } else {
                scaling = try values.decodeIfPresent(String.self, forKey: .scaling)
            }
            hasPrefix = try flag(.hasPrefix, false)
            frequencies = try number(.frequencies, 5)
            hasDecoder = try flag(.hasDecoder, true)
            decoderLayers = try number(.decoderLayers, 2)
            decoderWidth = try number(.decoderWidth, width)
            decoderLevels = try number(.decoderLevels, 0)
            decoderMode = try text(.decoderMode, "common_channel")
            hasRawResidual = try flag(.hasRawResidual, false)
            categories = try values.decodeIfPresent([Int].self, forKey: .categories) ?? []
            predicted = try values.decodeIfPresent([Int].self, forKey: .predicted)
            exogenous = try values.decodeIfPresent([Int].self, forKey: .exogenous) ?? []
            mixesForecasts = try flag(.mixesForecasts, false)
            mixingContext = try number(.mixingContext, 1)
            mixingIsGated = try flag(.mixingIsGated, true)
            mixingLayers = try number(.mixingLayers, 2)
            mixingSeesPast = try flag(.mixingSeesPast, true)
            mixingHasLayers = try flag(.mixingHasLayers, false)
            loss = try text(.loss, "mse")
            huberDelta = try values.decodeIfPresent(Double.self, forKey: .huberDelta) ?? 1
            quantile = try values.decodeIfPresent(Double.self, forKey: .quantile) ?? 0.5
        }

        /// Patches without the prefix.
        var rawPatches: Int { (max(contextLength, patchLength) - patchLength) / max(1, patchStride) + 1 }
        /// Tokens of the backbone.
        var tokens: Int { rawPatches + (hasPrefix ? 1 : 0) }
        /// Whether channels influence one another.
        var mixesChannels: Bool {
            mode == "mix_channel" || (hasDecoder && decoderMode == "mix_channel") || mixesForecasts
        }
        /// Channels to forecast, rising.
        var predictedChannels: [Int] {
            predicted?.sorted() ?? (0..<channels).filter { !exogenous.contains($0) }
        }
        /// Points that a forecast has.
        var outputLength: Int { keptHorizon ?? horizon }

        func validate(file: String) throws(ForecasterError) {
            try ForecasterError.check(
                sizes: [
                    ("context_length", contextLength), ("prediction_length", horizon), ("patch_length", patchLength),
                    ("patch_stride", patchStride), ("num_input_channels", channels), ("d_model", width),
                    ("expansion_factor", expansion), ("num_layers", layers), ("self_attn_heads", heads),
                    ("frequency_token_vocab_size", frequencies), ("decoder_num_layers", decoderLayers),
                    ("decoder_d_model", decoderWidth), ("fcm_context_length", mixingContext),
                    ("fcm_mix_layers", mixingLayers),
                ] + categories.map { ("categorical_vocab_size_list", $0) }, file: file)
            func require(_ condition: Bool, _ key: String, _ problem: String) throws(ForecasterError) {
                if !condition { throw .configuration(file: file, key: key, problem: problem) }
            }
            let modes = ["common_channel", "mix_channel"]
            try require(modes.contains(mode), "mode", "is '\(mode)'; known: \(modes.joined(separator: ", "))")
            try require(
                modes.contains(decoderMode), "decoder_mode",
                "is '\(decoderMode)'; known: \(modes.joined(separator: ", "))")
            try require(
                ["LayerNorm", "BatchNorm"].contains(norm), "norm_mlp", "is '\(norm)'; known: LayerNorm, BatchNorm")
            try require(
                scaling == nil || scaling == "std" || scaling == "mean", "scaling",
                "is '\(scaling ?? "")'; known: std, mean, null")
            try require(
                ["mse", "mae", "huber", "pinball"].contains(loss), "loss",
                "is '\(loss)'; known: mse, mae, huber, pinball")
            try require(
                contextLength >= patchLength, "context_length", "is \(contextLength), shorter than a patch")
            try require(
                patches == nil || patches == tokens, "num_patches",
                "is \(patches ?? 0); context_length, patch_length, patch_stride and the prefix make \(tokens)")
            try require((0...20).contains(levels), "adaptive_patching_levels", "is \(levels); known: 0 to 20")
            try require(
                (0...20).contains(decoderLevels), "decoder_adaptive_patching_levels",
                "is \(decoderLevels); known: 0 to 20")
            for level in 0..<levels {
                let factor = Configuration.factor(level, width: width)
                try require(
                    width % factor == 0, "adaptive_patching_levels",
                    "is \(levels); d_model = \(width) does not split into \(factor)")
            }
            for level in 0..<decoderLevels {
                let factor = Configuration.factor(level, width: decoderWidth)
                try require(
                    decoderWidth % factor == 0, "decoder_adaptive_patching_levels",
                    "is \(decoderLevels); decoder_d_model = \(decoderWidth) does not split into \(factor)")
            }
            try require(
                !attends || width % heads == 0, "self_attn_heads",
                "is \(heads), which does not divide d_model = \(width)")
            try require(
                (predicted ?? []).allSatisfy { (0..<channels).contains($0) }, "prediction_channel_indices",
                "must lie in 0..<\(channels)")
            try require(!predictedChannels.isEmpty, "prediction_channel_indices", "leaves nothing to forecast")
            try require(
                exogenous.allSatisfy { (0..<channels).contains($0) }, "exogenous_channel_indices",
                "must lie in 0..<\(channels)")
            try require(
                categories.isEmpty || (hasDecoder && decoderMode == "mix_channel"), "categorical_vocab_size_list",
                "needs a decoder with decoder_mode mix_channel")
            try require(
                (1...horizon).contains(outputLength), "prediction_filter_length",
                "is \(outputLength); it must lie between 1 and prediction_length = \(horizon)")
            try require(
                huberDelta > 0 && quantile > 0 && quantile < 1 && epsilon > 0, "huber_delta",
                "and norm_eps must be positive, quantile between 0 and 1")
        }

        /// How often a level splits a patch; narrow patches stay whole.
        static func factor(_ level: Int, width: Int) -> Int { width >> level <= 4 ? 1 : 1 << level }
    }
}
