import Checkpoints
import Foundation

extension Families {
    static let sundial = Family(
        name: "sundial",
        title: "Sundial: A Family of Highly Capable Time Series Foundation Models (ICML 2025)",
        published: [
            PublishedModel(
                name: "thuml/sundial-base-128m", parameters: 128_329_680,
                location: "https://huggingface.co/thuml/sundial-base-128m", licence: "Apache-2.0", tasks: [.forecast],
                context: 672, horizon: 720, files: "model.safetensors, config.json",
                make: { try SundialForecaster(SundialForecaster.Configuration()) })
        ],
        recognise: { configuration, source, _ in
            guard source.tensorShape("flow_loss.net.input_proj.weight") != nil else { return nil }
            guard let configuration else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "config.json",
                    problem: "is not beside the weights; Sundial needs it for the number of heads and sampling steps")
            }
            let model = try SundialForecaster(configuration.decode(SundialForecaster.Configuration.self))
            return Recognition(model: model)
        })
}
