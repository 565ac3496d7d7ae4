import Checkpoints
import Foundation

extension Families {
    static let chronosBolt = Family(
        name: "chronos-bolt",
        title: "Chronos-Bolt, of Chronos: Learning the Language of Time Series (TMLR 2024)",
        published: [
            ("tiny", 8_652_672, 256, 1024, 4, 4), ("mini", 21_236_096, 384, 1536, 4, 8),
            ("small", 47_718_016, 512, 2048, 6, 8), ("base", 205_292_928, 768, 3072, 12, 12),
        ].map { size, parameters, width, feedForward, layers, heads in
            PublishedModel(
                name: "amazon/chronos-bolt-\(size)", parameters: parameters,
                location: "https://huggingface.co/amazon/chronos-bolt-\(size)", licence: "Apache-2.0",
                tasks: [.forecast],
                context: 512, horizon: 64, files: "model.safetensors, config.json",
                make: {
                    try ChronosBoltForecaster(
                        ChronosBoltForecaster.Configuration(
                            width: width, feedForwardWidth: feedForward, layers: layers, heads: heads))
                })
        },
        recognise: { configuration, source, _ in
            guard source.tensorShape("output_patch_embedding.residual_layer.weight") != nil,
                source.tensorShape("shared.weight") != nil
            else { return nil }
            guard let configuration else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "config.json",
                    problem: "is not beside the weights; Chronos-Bolt needs it for heads, quantiles and lengths")
            }
            let model = try ChronosBoltForecaster(configuration.decode(ChronosBoltForecaster.Configuration.self))
            return Recognition(model: model, ignored: { ChronosBoltForecaster.aliases.contains($0) })
        })
}
