extension TimesFMForecaster {
    /// The configuration, in the schema of the published code or of its port to the transformers library.
    public struct Configuration: Codable, Sendable, Equatable {
        /// Which code wrote the checkpoint: it decides names and two details of the normalisation.
        public enum Origin: Sendable {
            /// The published code, with one joint matrix for queries, keys and values.
            case published
            /// The port, with three.
            case library
        }

        /// See ``Origin``.
        public var origin: Origin
        /// Points per token.
        public var patchLength: Int
        /// Points that one token forecasts.
        public var horizon: Int
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
        /// Whether tokens have absolute positions (1.0 has, 2.0 has not).
        public var hasPositions: Bool
        /// Kinds of frequency.
        public var frequencies: Int
        /// What stands for a missing value.
        public var missing: Double
        /// How near a value must be to ``missing``, and below which a deviation counts as none.
        public var tolerance: Double

        private enum Published: String, CodingKey {
            case layers = "num_layers"
            case heads = "num_heads"
            case width = "hidden_size"
            case feedForwardWidth = "intermediate_size"
            case headWidth = "head_dim"
            case epsilon = "rms_norm_eps"
            case patchLength = "patch_len"
            case horizon = "horizon_len"
            case quantiles
            case missing = "pad_val"
            case tolerance
            case hasPositions = "use_positional_embedding"
        }

        private enum Library: String, CodingKey {
            case layers = "num_hidden_layers"
            case heads = "num_attention_heads"
            case width = "hidden_size"
            case feedForwardWidth = "intermediate_size"
            case headWidth = "head_dim"
            case epsilon = "rms_norm_eps"
            case patchLength = "patch_length"
            case horizon = "horizon_length"
            case contextLength = "context_length"
            case quantiles
            case missing = "pad_val"
            case tolerance
            case hasPositions = "use_positional_embedding"
            case frequencies = "freq_size"
        }

        private static let deciles = (1...9).map { Double($0) / 10 }

        /// A released size: 1.0 has 20 layers, 2.0 has 50.
        init(layers: Int, origin: Origin = .published) {
            self.origin = origin
            self.layers = layers
            (patchLength, horizon, heads, headWidth, width, feedForwardWidth) = (32, 128, 16, 80, 1280, 1280)
            (quantiles, epsilon, frequencies) = (Configuration.deciles, 1e-6, 3)
            (missing, tolerance, hasPositions) = (1_123_581_321, 1e-6, layers < 50)
            contextLength = Configuration.longestContext(hasPositions)
        }

        private static func longestContext(_ hasPositions: Bool) -> Int { hasPositions ? 512 : 2048 }

        /// Decodes either schema; sizes must be there, the rest has the published defaults.
        public init(from decoder: any Decoder) throws {
            let published = try decoder.container(keyedBy: Published.self)
            if published.contains(.patchLength) {
                origin = .published
                patchLength = try published.decode(Int.self, forKey: .patchLength)
                horizon = try published.decode(Int.self, forKey: .horizon)
                layers = try published.decode(Int.self, forKey: .layers)
                heads = try published.decode(Int.self, forKey: .heads)
                width = try published.decode(Int.self, forKey: .width)
                feedForwardWidth = try published.decode(Int.self, forKey: .feedForwardWidth)
                headWidth = try published.decodeIfPresent(Int.self, forKey: .headWidth) ?? width / max(1, heads)
                quantiles = try published.decodeIfPresent([Double].self, forKey: .quantiles) ?? Configuration.deciles
                epsilon = try published.decodeIfPresent(Double.self, forKey: .epsilon) ?? 1e-6
                missing = try published.decodeIfPresent(Double.self, forKey: .missing) ?? 1_123_581_321
                tolerance = try published.decodeIfPresent(Double.self, forKey: .tolerance) ?? 1e-6
                hasPositions = try published.decodeIfPresent(Bool.self, forKey: .hasPositions) ?? true
                frequencies = 3
                contextLength = Configuration.longestContext(hasPositions)
                return
            }
            let values = try decoder.container(keyedBy: Library.self)
            origin = .library
            patchLength = try values.decode(Int.self, forKey: .patchLength)
            horizon = try values.decode(Int.self, forKey: .horizon)
            layers = try values.decode(Int.self, forKey: .layers)
            heads = try values.decode(Int.self, forKey: .heads)
            width = try values.decode(Int.self, forKey: .width)
            feedForwardWidth = try values.decode(Int.self, forKey: .feedForwardWidth)
            headWidth = try values.decodeIfPresent(Int.self, forKey: .headWidth) ?? width / max(1, heads)
            quantiles = try values.decodeIfPresent([Double].self, forKey: .quantiles) ?? Configuration.deciles
            epsilon = try values.decodeIfPresent(Double.self, forKey: .epsilon) ?? 1e-6
            missing = try values.decodeIfPresent(Double.self, forKey: .missing) ?? 1_123_581_321
            tolerance = try values.decodeIfPresent(Double.self, forKey: .tolerance) ?? 1e-6
            hasPositions = try values.decodeIfPresent(Bool.self, forKey: .hasPositions) ?? false
            frequencies = try values.decodeIfPresent(Int.self, forKey: .frequencies) ?? 3
            contextLength = try values.decodeIfPresent(Int.self, forKey: .contextLength) ?? 512
        }

        /// Encodes the schema of the origin.
        public func encode(to encoder: any Encoder) throws {
            if origin == .published {
                var values = encoder.container(keyedBy: Published.self)
                try values.encode(patchLength, forKey: .patchLength)
                try values.encode(horizon, forKey: .horizon)
                try values.encode(layers, forKey: .layers)
                try values.encode(heads, forKey: .heads)
                try values.encode(width, forKey: .width)
                try values.encode(feedForwardWidth, forKey: .feedForwardWidth)
                try values.encode(headWidth, forKey: .headWidth)
                try values.encode(quantiles, forKey: .quantiles)
                try values.encode(epsilon, forKey: .epsilon)
                try values.encode(missing, forKey: .missing)
                try values.encode(tolerance, forKey: .tolerance)
                try values.encode(hasPositions, forKey: .hasPositions)
            } else {
                var values = encoder.container(keyedBy: Library.self)
                try values.encode(patchLength, forKey: .patchLength)
                try values.encode(horizon, forKey: .horizon)
                try values.encode(contextLength, forKey: .contextLength)
                try values.encode(layers, forKey: .layers)
                try values.encode(heads, forKey: .heads)
                try values.encode(width, forKey: .width)
                try values.encode(feedForwardWidth, forKey: .feedForwardWidth)
                try values.encode(headWidth, forKey: .headWidth)
                try values.encode(quantiles, forKey: .quantiles)
                try values.encode(epsilon, forKey: .epsilon)
                try values.encode(missing, forKey: .missing)
                try values.encode(tolerance, forKey: .tolerance)
                try values.encode(hasPositions, forKey: .hasPositions)
                try values.encode(frequencies, forKey: .frequencies)
            }
        }

        /// The sizes that the shapes of a published file imply; `nil` where they fit no TimesFM 1.0 or 2.0.
        static func infer(shape: (String) -> [Int]?) -> Configuration? {
            var layers = 0
            while shape("stacked_transformer.layers.\(layers).self_attn.scaling") != nil { layers += 1 }
            guard layers == 20 || layers == 50,
                let scaling = shape("stacked_transformer.layers.0.self_attn.scaling"), scaling.count == 1,
                let joint = shape("stacked_transformer.layers.0.self_attn.qkv_proj.weight"), joint.count == 2,
                let gate = shape("stacked_transformer.layers.0.mlp.gate_proj.weight"), gate.count == 2,
                let input = shape("input_ff_layer.residual_layer.weight"), input.count == 2,
                let output = shape("horizon_ff_layer.output_layer.weight"), output.count == 2, scaling[0] > 0
            else { return nil }
            var sizes = Configuration(layers: layers)
            sizes.headWidth = scaling[0]
            sizes.heads = joint[0] / 3 / scaling[0]
            sizes.width = joint[1]
            sizes.feedForwardWidth = gate[0]
            sizes.patchLength = input[1] / 2
            sizes.horizon = output[0] / (1 + sizes.quantiles.count)
            return sizes
        }

        func validate(file: String) throws(ForecasterError) {
            let isPublished = origin == .published
            try ForecasterError.check(
                sizes: [
                    (isPublished ? "patch_len" : "patch_length", patchLength),
                    (isPublished ? "horizon_len" : "horizon_length", horizon), ("context_length", contextLength),
                    (isPublished ? "num_layers" : "num_hidden_layers", layers),
                    (isPublished ? "num_heads" : "num_attention_heads", heads), ("head_dim", headWidth),
                    ("hidden_size", width), ("intermediate_size", feedForwardWidth), ("freq_size", frequencies),
                ], file: file)
            guard quantiles.contains(0.5), quantiles.allSatisfy({ $0 > 0 && $0 < 1 }), quantiles == quantiles.sorted()
            else {
                throw .configuration(file: file, key: "quantiles", problem: "must rise between 0 and 1 and hold 0.5")
            }
            guard heads * headWidth == width else {
                throw .configuration(
                    file: file, key: "head_dim",
                    problem: "is \(headWidth); \(heads) heads of it do not make hidden_size = \(width)")
            }
            guard width % 2 == 0, width > 2 else {
                throw .configuration(file: file, key: "hidden_size", problem: "is \(width); it must be even, above 2")
            }
            guard contextLength % patchLength == 0 else {
                throw .configuration(
                    file: file, key: "context_length",
                    problem: "is \(contextLength), which is no multiple of the patch length \(patchLength)")
            }
            guard epsilon > 0, tolerance > 0 else {
                throw .configuration(file: file, key: "tolerance", problem: "and rms_norm_eps must be positive")
            }
        }
    }
}
