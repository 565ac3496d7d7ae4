extension MomentForecaster {
    /// The encoder's part of the official configuration.
    public struct Backbone: Codable, Sendable, Equatable {
        /// Width of the token stream.
        public var width: Int
        /// Width of a head.
        public var keyWidth: Int
        /// Width inside the feed-forward layer.
        public var feedForwardWidth: Int
        /// Blocks.
        public var layers: Int
        /// Attention heads.
        public var heads: Int
        /// Rows of an embedding that nothing uses.
        public var vocabulary: Int
        /// Buckets of relative positions.
        public var buckets: Int
        /// Distance of the last bucket.
        public var maximumDistance: Int
        /// ε of the norms.
        public var epsilon: Double
        /// Scale of the initialisation.
        public var factor: Double
        /// `gated-gelu`.
        public var feedForward: String

        enum CodingKeys: String, CodingKey {
            case width = "d_model"
            case keyWidth = "d_kv"
            case feedForwardWidth = "d_ff"
            case layers = "num_layers"
            case heads = "num_heads"
            case vocabulary = "vocab_size"
            case buckets = "relative_attention_num_buckets"
            case maximumDistance = "relative_attention_max_distance"
            case epsilon = "layer_norm_epsilon"
            case factor = "initializer_factor"
            case feedForward = "feed_forward_proj"
        }

        /// A released size.
        init(width: Int, feedForwardWidth: Int, layers: Int, heads: Int) {
            self.width = width
            keyWidth = 64
            self.feedForwardWidth = feedForwardWidth
            self.layers = layers
            self.heads = heads
            (vocabulary, buckets, maximumDistance, epsilon, factor) = (32128, 32, 128, 1e-6, 1)
            feedForward = "gated-gelu"
        }

        /// Decodes the official schema; sizes must be there, the rest has the library's defaults.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            width = try values.decode(Int.self, forKey: .width)
            keyWidth = try values.decode(Int.self, forKey: .keyWidth)
            feedForwardWidth = try values.decode(Int.self, forKey: .feedForwardWidth)
            layers = try values.decode(Int.self, forKey: .layers)
            heads = try values.decode(Int.self, forKey: .heads)
            vocabulary = try values.decodeIfPresent(Int.self, forKey: .vocabulary) ?? 32128
            buckets = try values.decodeIfPresent(Int.self, forKey: .buckets) ?? 32
            maximumDistance = try values.decodeIfPresent(Int.self, forKey: .maximumDistance) ?? 128
            epsilon = try values.decodeIfPresent(Double.self, forKey: .epsilon) ?? 1e-6
            factor = try values.decodeIfPresent(Double.self, forKey: .factor) ?? 1
            feedForward = try values.decodeIfPresent(String.self, forKey: .feedForward) ?? "gated-gelu"
        }
    }

    /// The official configuration.
    public struct Configuration: Codable, Sendable, Equatable {
        /// `reconstruction`, `forecasting`, `classification` or `embedding`.
        public var task: String
        /// Points of a window.
        public var windowLength: Int
        /// Points per patch.
        public var patchLength: Int
        /// Points between the beginnings of patches; always the patch's own length.
        public var patchStride: Int
        /// The encoder.
        public var backbone: Backbone

        enum CodingKeys: String, CodingKey {
            case task = "task_name"
            case windowLength = "seq_len"
            case patchLength = "patch_len"
            case patchStride = "patch_stride_len"
            case backbone = "t5_config"
        }

        /// A released size.
        init(_ backbone: Backbone) {
            self.backbone = backbone
            (task, windowLength, patchLength, patchStride) = ("reconstruction", 512, 8, 8)
        }

        /// Decodes the official schema.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            task = try values.decodeIfPresent(String.self, forKey: .task) ?? "reconstruction"
            windowLength = try values.decode(Int.self, forKey: .windowLength)
            patchLength = try values.decode(Int.self, forKey: .patchLength)
            patchStride = try values.decodeIfPresent(Int.self, forKey: .patchStride) ?? patchLength
            backbone = try values.decode(Backbone.self, forKey: .backbone)
        }

        func validate(file: String) throws(ForecasterError) {
            let b = backbone
            try ForecasterError.check(
                sizes: [
                    ("seq_len", windowLength), ("patch_len", patchLength), ("t5_config.d_model", b.width),
                    ("t5_config.d_kv", b.keyWidth), ("t5_config.d_ff", b.feedForwardWidth),
                    ("t5_config.num_layers", b.layers), ("t5_config.num_heads", b.heads),
                    ("t5_config.vocab_size", b.vocabulary), ("t5_config.relative_attention_num_buckets", b.buckets),
                    ("t5_config.relative_attention_max_distance", b.maximumDistance),
                ], file: file)
            func require(_ condition: Bool, _ key: String, _ problem: String) throws(ForecasterError) {
                if !condition { throw .configuration(file: file, key: key, problem: problem) }
            }
            try require(
                patchStride == patchLength, "patch_stride_len",
                "is \(patchStride); every release has patches side by side (\(patchLength))")
            try require(
                windowLength % patchLength == 0, "seq_len",
                "is \(windowLength), which is no multiple of patch_len = \(patchLength)")
            try require(
                windowLength / patchLength <= MomentForecaster.positions, "seq_len",
                "has more patches than the table of positions, \(MomentForecaster.positions)")
            try require(
                b.buckets >= 4 && b.buckets % 4 == 0 && b.maximumDistance > b.buckets,
                "t5_config.relative_attention_num_buckets",
                "is \(b.buckets); it must be a multiple of 4 below relative_attention_max_distance")
            try require(
                b.feedForward == "gated-gelu", "t5_config.feed_forward_proj",
                "is '\(b.feedForward)'; every MOMENT has 'gated-gelu'")
            try require(b.epsilon > 0, "t5_config.layer_norm_epsilon", "must be positive")
            try require(
                b.factor > 0 && b.factor.isFinite, "t5_config.initializer_factor", "must be positive")
        }
    }
}
