extension Families {
    static let units = Family(
        name: "units",
        title: "UniTS: A Unified Multi-Task Time Series Model (NeurIPS 2024)",
        published: [
            release("x32", 397_448, width: 32, isPretrained: true),
            release("x128", 3_615_944, width: 128, isPretrained: true),
            release("x64", 1_052_984, width: 64, isPretrained: false),
        ],
        recognise: { configuration, source, choices in
            let names = source.tensorNames
            let probe = "prompt2forecat.weights"
            for prefix in ["", "module."]
            where source.tensorShape(prefix + probe) != nil {
                let own = names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
                let shape = { source.tensorShape(prefix + $0) }
                let sizes: UniTSForecaster.Configuration
                if let configuration, configuration.has("args") {
                    sizes = try configuration.decode(UniTSForecaster.Configuration.self)
                } else if let inferred = UniTSForecaster.Configuration.infer(names: own, shape: shape) {
                    sizes = inferred
                } else {
                    throw ForecasterError.configuration(
                        file: source.sourceName, key: "prompt_tokens",
                        problem: "are missing, or blocks and embedding have other names than in UniTS")
                }
                let tokens = own.filter(UniTSForecaster.isToken)
                let model = try UniTSForecaster(
                    sizes,
                    tokenShapes: Dictionary(uniqueKeysWithValues: tokens.map { ($0, shape($0) ?? []) }),
                    hasPretrainHead: own.contains { $0.hasPrefix("pretrain_head.") }, dataset: choices.dataset)
                return Recognition(
                    model: model, choices: model.dataset == nil ? [] : [.dataset], stored: { prefix + $0 })
            }
            return nil
        })

    /// A release with the tokens of one data set of 7 channels; files hold those of many.
    private static func release(
        _ size: String, _ parameters: Int, width: Int, isPretrained: Bool
    ) -> PublishedModel {
        PublishedModel(
            name: "units_\(size)_\(isPretrained ? "pretrain" : "supervised")_checkpoint.pth", parameters: parameters,
            location: "https://github.com/mims-harvard/UniTS/releases/tag/ckpt",
            licence: "code MIT; the weights carry no statement of their own",
            tasks: [.forecast, .imputation, .anomaly], context: 96, horizon: 96,
            files: "the .pth as published; parameters counted without the tokens of data sets",
            make: {
                try UniTSForecaster(
                    UniTSForecaster.Configuration(width: width),
                    tokenShapes: ["prompt_tokens.ETTh1": [1, 7, 10, width], "mask_tokens.ETTh1": [1, 7, 1, width]],
                    hasPretrainHead: isPretrained)
            })
    }
}
