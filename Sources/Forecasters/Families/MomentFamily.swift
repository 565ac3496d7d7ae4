extension Families {
    static let moment = Family(
        name: "moment",
        title: "MOMENT: A Family of Open Time-series Foundation Models (ICML 2024)",
        published: [
            ("small", 35_341_512, 512, 1024, 8, 6), ("base", 109_641_608, 768, 2048, 12, 12),
            ("large", 341_248_520, 1024, 2816, 24, 16),
        ].map { size, parameters, width, feedForward, layers, heads in
            PublishedModel(
                name: "AutonLab/MOMENT-1-\(size)", parameters: parameters,
                location: "https://huggingface.co/AutonLab/MOMENT-1-\(size)", licence: "MIT",
                tasks: [.forecast, .imputation, .anomaly], context: 512, horizon: 64,
                files: "model.safetensors or pytorch_model.bin, config.json",
                make: {
                    try MomentForecaster(
                        MomentForecaster.Configuration(
                            MomentForecaster.Backbone(
                                width: width, feedForwardWidth: feedForward, layers: layers, heads: heads)))
                })
        },
        recognise: { configuration, source, _ in
            guard source.tensorShape("patch_embedding.mask_embedding") != nil,
                let shape = source.tensorShape("head.linear.weight")
            else { return nil }
            guard let configuration else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "config.json",
                    problem: "is not beside the weights; MOMENT needs it for the length of its window and its heads")
            }
            let declared = try configuration.decode(MomentForecaster.Configuration.self)
            guard let head = MomentForecaster.head(of: shape, declared) else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "head.linear.weight",
                    problem: "has shape \(shape), which fits no head of width \(declared.backbone.width)")
            }
            return Recognition(model: try MomentForecaster(declared, head: head))
        })
}
