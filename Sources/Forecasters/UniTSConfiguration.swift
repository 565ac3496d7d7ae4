extension UniTSForecaster {
    /// Sizes and tasks of a UniTS. There is no official file: the published scripts give the sizes on their command line and
    /// the tasks in a table; here both stand in `config.json` as `args` and `task_data_config_list`.
    public struct Configuration: Codable, Sendable, Equatable {
        /// A row of the table of tasks.
        public struct Task: Codable, Sendable, Equatable {
            /// The task's own name.
            public var name: String
            /// What is done.
            public var settings: Settings

            /// The members of a row.
            public struct Settings: Codable, Sendable, Equatable {
                /// `long_term_forecast`, `imputation`, `anomaly_detection`, `classification`, with `pretrain_` before it
                /// in pre-training.
                public var task: String
                /// The name that prompt and mask tokens have.
                public var dataset: String
                /// Points of the context.
                public var contextLength: Int
                /// Points of the horizon.
                public var horizon: Int?
                /// Channels.
                public var channels: Int?

                enum CodingKeys: String, CodingKey {
                    case task = "task_name"
                    case dataset
                    case contextLength = "seq_len"
                    case horizon = "pred_len"
                    case channels = "enc_in"
                }
            }

            /// A row as `[name, {…}]`.
            public init(from decoder: any Decoder) throws {
                var row = try decoder.unkeyedContainer()
                name = try row.decode(String.self)
                settings = try row.decode(Settings.self)
            }

            /// As `[name, {…}]`.
            public func encode(to encoder: any Encoder) throws {
                var row = encoder.unkeyedContainer()
                try row.encode(name)
                try row.encode(settings)
            }
        }

        /// The command line's sizes.
        public struct Arguments: Codable, Sendable, Equatable {
            /// Width of the token stream.
            public var width: Int
            /// Attention heads.
            public var heads: Int
            /// Blocks.
            public var layers: Int
            /// Points per token.
            public var patchLength: Int
            /// Points between the beginnings of tokens; always the patch.
            public var stride: Int
            /// Prompt tokens.
            public var prompts: Int

            enum CodingKeys: String, CodingKey {
                case width = "d_model"
                case heads = "n_heads"
                case layers = "e_layers"
                case patchLength = "patch_len"
                case stride
                case prompts = "prompt_num"
            }
        }

        /// Sizes.
        public var arguments: Arguments
        /// Tasks; none where no table is there.
        public var tasks: [Task]

        enum CodingKeys: String, CodingKey {
            case arguments = "args"
            case tasks = "task_data_config_list"
        }

        /// Sizes without a table.
        init(width: Int, heads: Int = 8, layers: Int = 3, patchLength: Int = 16, prompts: Int = 10) {
            arguments = Arguments(
                width: width, heads: heads, layers: layers, patchLength: patchLength, stride: patchLength,
                prompts: prompts)
            tasks = []
        }

        /// Decodes `args` and, where it is there, the table.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            arguments = try values.decode(Arguments.self, forKey: .arguments)
            tasks = try values.decodeIfPresent([Task].self, forKey: .tasks) ?? []
        }

        /// The sizes that shapes tell, with the published number of heads; `nil` where they fit no UniTS.
        static func infer(names: [String], shape: (String) -> [Int]?) -> Configuration? {
            guard let embedding = shape("patch_embeddings.value_embedding.weight"), embedding.count == 2 else {
                return nil
            }
            var layers = 0
            while shape("blocks.\(layers).dynamic_mlp.norm2.weight") != nil { layers += 1 }
            let prompts = names.first { $0.hasPrefix("prompt_token") }.flatMap(shape)
            guard layers > 0, let prompts, prompts.count == 4 else { return nil }
            return Configuration(
                width: embedding[0], layers: layers, patchLength: embedding[1], prompts: prompts[2])
        }

        func validate(file: String) throws(ForecasterError) {
            let a = arguments
            try ForecasterError.check(
                sizes: [
                    ("args.d_model", a.width), ("args.n_heads", a.heads), ("args.e_layers", a.layers),
                    ("args.patch_len", a.patchLength), ("args.prompt_num", a.prompts),
                ], file: file)
            guard a.stride == a.patchLength else {
                throw .configuration(
                    file: file, key: "args.stride",
                    problem: "is \(a.stride); every release has patches side by side (\(a.patchLength))")
            }
            guard a.width % a.heads == 0, a.width % UniTSForecaster.classHeads == 0 else {
                throw .configuration(
                    file: file, key: "args.d_model",
                    problem: "is \(a.width); n_heads = \(a.heads) and \(UniTSForecaster.classHeads) must divide it")
            }
            guard a.prompts < 2 * a.width else {
                throw .configuration(
                    file: file, key: "args.prompt_num", problem: "is \(a.prompts); it must be below 2 d_model")
            }
        }
    }
}
