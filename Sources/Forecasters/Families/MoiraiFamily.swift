extension Families {
    static let moirai = Family(
        name: "moirai",
        title: "MOIRAI: Unified Training of Universal Time Series Forecasting Transformers (ICML 2024)",
        published: ["1.0", "1.1"].flatMap { version in
            [("small", 13_827_528, 384, 6), ("base", 91_357_728, 768, 12), ("large", 310_970_624, 1024, 24)].map {
                size, parameters, width, layers in
                PublishedModel(
                    name: "Salesforce/moirai-\(version)-R-\(size)", parameters: parameters,
                    location: "https://huggingface.co/Salesforce/moirai-\(version)-R-\(size)",
                    licence: "CC-BY-NC-4.0 as far as known; check its card",
                    tasks: [.forecast], context: 512, horizon: 96, files: "model.safetensors, config.json",
                    make: { try MoiraiForecaster(MoiraiForecaster.Configuration(width: width, layers: layers)) })
            }
        },
        recognise: { configuration, source, choices in
            // Version 1.0 was also published as a training checkpoint, whose names begin with `module.`.
            for prefix in ["", "module."] where source.tensorShape("\(prefix)mask_encoding.weight") != nil {
                guard source.tensorShape("\(prefix)param_proj.proj.weights_logits.weight") != nil else { continue }
                guard let configuration else {
                    throw ForecasterError.configuration(
                        file: source.sourceName, key: "config.json",
                        problem: "is not beside the weights; MOIRAI needs it for the patch sizes")
                }
                let model = try MoiraiForecaster(
                    configuration.decode(MoiraiForecaster.Configuration.self), patchSize: choices.patchSize)
                return Recognition(model: model, choices: [.patchSize], stored: { prefix + $0 })
            }
            return nil
        })
}
