import Checkpoints
import Foundation

extension Families {
    static let timer = Family(
        name: "timer",
        title: "Timer: Generative Pre-trained Transformers Are Large Time Series Models (ICML 2024)",
        published: [
            PublishedModel(
                name: "Timer_forecast_1.0.ckpt", parameters: 67_397_728,
                location: "Google Drive folder named in github.com/thuml/Large-Time-Series-Model",
                licence: "code MIT; the weights carry no statement of their own", tasks: [.forecast], context: 672,
                horizon: 96, files: "the .ckpt as published",
                make: { try TimerForecaster(TimerForecaster.Configuration()) }),
            PublishedModel(
                name: "Timer_imputation_1.0.ckpt", parameters: 2_121_240,
                location: "Google Drive folder named in github.com/thuml/Large-Time-Series-Model",
                licence: "code MIT; the weights carry no statement of their own", tasks: [.imputation], context: 192,
                horizon: 24, files: "the .ckpt as published",
                make: {
                    try TimerForecaster(
                        TimerForecaster.Configuration(patchLength: 24, width: 256, feedForwardWidth: 512, layers: 4))
                }),
            PublishedModel(
                name: "Timer_anomaly_detection_1.0.ckpt", parameters: 2_158_176,
                location: "Google Drive folder named in github.com/thuml/Large-Time-Series-Model",
                licence: "code MIT; the weights carry no statement of their own", tasks: [.anomaly], context: 768,
                horizon: 96, files: "the .ckpt as published",
                make: {
                    try TimerForecaster(
                        TimerForecaster.Configuration(patchLength: 96, width: 256, feedForwardWidth: 512, layers: 4))
                }),
            PublishedModel(
                name: "thuml/timer-base-84m", parameters: 84_142_080,
                location: "https://huggingface.co/thuml/timer-base-84m", licence: "Apache-2.0", tasks: [.forecast],
                context: 672, horizon: 96, files: "model.safetensors, config.json",
                make: { try TimerHF(TimerHF.Configuration()) }),
        ],
        recognise: recogniseTimer)

    private static func recogniseTimer(
        _ configuration: ConfigurationFile?, _ source: CheckpointSource, _: ModelChoices
    ) throws -> Recognition? {
        if source.tensorShape("model.embed_layer.emb.weight") != nil {
            guard let configuration else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "config.json",
                    problem: "is not beside the weights; timer-base-84m needs it for the number of heads")
            }
            let model = try TimerHF(configuration.decode(TimerHF.Configuration.self))
            return Recognition(model: model)
        }
        for prefix in TimerForecaster.prefixes(in: source.tensorNames) {
            guard let inferred = TimerForecaster.infer(prefix: prefix, shape: source.tensorShape) else { continue }
            var sizes = inferred
            if let configuration {
                let declared = try configuration.decode(TimerForecaster.Configuration.self)
                sizes = declared
                // The table's length is not part of the official schema, so the file decides.
                if !configuration.has("max_len") { sizes.positions = inferred.positions }
            }
            let aliases = prefix.isEmpty ? [] : TimerForecaster.aliasPrefixes
            return Recognition(
                model: try TimerForecaster(sizes), stored: { prefix + $0 },
                ignored: { name in aliases.contains { name.hasPrefix($0) } })
        }
        return nil
    }
}
