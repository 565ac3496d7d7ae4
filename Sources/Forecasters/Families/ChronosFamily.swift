extension Families {
    static let chronos = Family(
        name: "chronos",
        title: "Chronos: Learning the Language of Time Series (TMLR 2024)",
        published: [
            ("tiny", 8_394_496, 256, 1024, 4, 4), ("mini", 20_456_192, 384, 1536, 4, 8),
            ("small", 46_154_240, 512, 2048, 6, 8), ("base", 201_374_976, 768, 3072, 12, 12),
            ("large", 708_963_328, 1024, 4096, 24, 16),
        ].map { size, parameters, width, feedForward, layers, heads in
            PublishedModel(
                name: "amazon/chronos-t5-\(size)", parameters: parameters,
                location: "https://huggingface.co/amazon/chronos-t5-\(size)", licence: "Apache-2.0",
                tasks: [.forecast], context: 512, horizon: 64, files: "model.safetensors, config.json",
                make: {
                    try ChronosForecaster(
                        ChronosForecaster.Configuration(
                            width: width, feedForwardWidth: feedForward, layers: layers, heads: heads))
                })
        },
        recognise: { configuration, source, _ in
            guard source.tensorShape("decoder.block.0.layer.1.EncDecAttention.q.weight") != nil,
                source.tensorShape("input_patch_embedding.residual_layer.weight") == nil,
                let embedding = ChronosForecaster.embeddingNames.first(where: { source.tensorShape($0) != nil })
            else { return nil }
            guard let configuration else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "config.json",
                    problem: "is not beside the weights; Chronos needs it for its tokenizer and the number of heads")
            }
            let model = try ChronosForecaster(configuration.decode(ChronosForecaster.Configuration.self))
            return Recognition(
                model: model, stored: { $0 == "shared.weight" ? embedding : $0 },
                ignored: { ChronosForecaster.embeddingNames.contains($0) || $0 == ChronosForecaster.unusedName })
        })
}
