extension Families {
    static let timesFM = Family(
        name: "timesfm",
        title: "TimesFM: A Decoder-only Foundation Model for Time-series Forecasting (ICML 2024)",
        published: [
            PublishedModel(
                name: "google/timesfm-1.0-200m-pytorch", parameters: 203_568_960,
                location: "https://huggingface.co/google/timesfm-1.0-200m-pytorch", licence: "Apache-2.0",
                tasks: [.forecast], context: 512, horizon: 128, files: "torch_model.ckpt",
                make: { try TimesFMForecaster(TimesFMForecaster.Configuration(layers: 20)) }),
            PublishedModel(
                name: "google/timesfm-2.0-500m-pytorch", parameters: 498_828_960,
                location: "https://huggingface.co/google/timesfm-2.0-500m-pytorch", licence: "Apache-2.0",
                tasks: [.forecast], context: 512, horizon: 128,
                files: "torch_model.ckpt, or the port's model.safetensors and config.json",
                make: { try TimesFMForecaster(TimesFMForecaster.Configuration(layers: 50)) }),
            PublishedModel(
                name: "google/timesfm-2.5-200m-pytorch", parameters: 231_289_280,
                location: "https://huggingface.co/google/timesfm-2.5-200m-pytorch", licence: "Apache-2.0",
                tasks: [.forecast], context: 512, horizon: 128,
                files: "model.safetensors, config.json; or the port's of timesfm-2.5-200m-transformers",
                make: { try TimesFM25Forecaster(TimesFM25Forecaster.Configuration()) }),
        ],
        recognise: { configuration, source, choices in
            for (name, origin) in [
                ("stacked_xf.0.attn.per_dim_scale.per_dim_scale", TimesFMForecaster.Configuration.Origin.published),
                ("model.input_ff_layer.residual_layer.weight", .library),
            ] where source.tensorShape(name) != nil {
                let sizes = try configuration?.decode(TimesFM25Forecaster.Configuration.self)
                return Recognition(
                    model: try TimesFM25Forecaster(sizes ?? TimesFM25Forecaster.Configuration(), origin: origin))
            }
            for (name, origin) in [
                ("stacked_transformer.layers.0.self_attn.scaling", TimesFMForecaster.Configuration.Origin.published),
                ("decoder.layers.0.self_attn.scaling", .library),
            ] where source.tensorShape(name) != nil {
                var sizes: TimesFMForecaster.Configuration
                if let configuration, configuration.has("patch_len") || configuration.has("patch_length") {
                    sizes = try configuration.decode(TimesFMForecaster.Configuration.self)
                    sizes.origin = origin
                } else if let inferred = TimesFMForecaster.Configuration.infer(shape: source.tensorShape) {
                    sizes = inferred
                } else {
                    throw ForecasterError.configuration(
                        file: source.sourceName, key: "config.json",
                        problem: "is not beside the weights, and they are of no released size (20 or 50 layers)")
                }
                return Recognition(
                    model: try TimesFMForecaster(sizes, frequency: choices.frequency ?? 0), choices: [.frequency])
            }
            return nil
        })
}
