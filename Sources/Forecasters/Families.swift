import Checkpoints
import Foundation
import Networks
import Tensor

/// An officially released checkpoint.
public struct PublishedModel: Sendable {
    /// Its name where it is published.
    public let name: String
    /// Trainable parameters.
    public let parameters: Int
    /// Where to get it.
    public let location: String
    /// Licence of the weights as stated there.
    public let licence: String
    /// Tasks it was trained for.
    public let tasks: [ForecastingTask]
    /// Context and horizon it is used with, in points.
    public let context: Int
    /// See ``context``.
    public let horizon: Int
    /// Files to download.
    public let files: String
    /// Builds the architecture, without weights.
    public let make: @Sendable () throws -> any Forecaster
}

/// A family of models: how to recognise, build and load it.
public struct Family: Sendable {
    /// The name on the command line.
    public let name: String
    /// Title and paper.
    public let title: String
    /// Official releases.
    public let published: [PublishedModel]
    /// Builds the model for a checkpoint's configuration and shapes; `nil` when the checkpoint is of another family.
    let recognise: @Sendable (_ configuration: ConfigurationFile?, _ source: CheckpointSource) throws -> Recognition?
}

/// A checkpoint identified: the model it belongs to, and how its names are written.
struct Recognition {
    let model: any Forecaster
    let prefix: String
    let ignored: @Sendable (String) -> Bool
}

/// The one table of families.
public enum Families {
    /// Every family this version knows.
    public static let all: [Family] = [timer, chronosBolt, sundial]

    /// The family of a name.
    ///
    /// - Throws: ``ForecasterError/unknownFamily(_:)`` listing the names.
    public static func named(_ name: String) throws(ForecasterError) -> Family {
        if let family = all.first(where: { $0.name == name }) { return family }
        throw .unknownFamily(
            "'\(name)' is no model family this version knows; known: \(all.map(\.name).joined(separator: ", "))")
    }

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
        recognise: { configuration, source in
            guard source.tensorShape("output_patch_embedding.residual_layer.weight") != nil,
                source.tensorShape("shared.weight") != nil
            else { return nil }
            guard let configuration else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "config.json",
                    problem: "is not beside the weights; Chronos-Bolt needs it for heads, quantiles and lengths")
            }
            let model = try ChronosBoltForecaster(configuration.decode(ChronosBoltForecaster.Configuration.self))
            return Recognition(model: model, prefix: "", ignored: { ChronosBoltForecaster.aliases.contains($0) })
        })

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
        recognise: { configuration, source in
            guard source.tensorShape("flow_loss.net.input_proj.weight") != nil else { return nil }
            guard let configuration else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "config.json",
                    problem: "is not beside the weights; Sundial needs it for the number of heads and sampling steps")
            }
            let model = try SundialForecaster(configuration.decode(SundialForecaster.Configuration.self))
            return Recognition(model: model, prefix: "", ignored: { _ in false })
        })

    private static func recogniseTimer(
        _ configuration: ConfigurationFile?, _ source: CheckpointSource
    ) throws -> Recognition? {
        if source.tensorShape("model.embed_layer.emb.weight") != nil {
            guard let configuration else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "config.json",
                    problem: "is not beside the weights; timer-base-84m needs it for the number of heads")
            }
            let model = try TimerHF(configuration.decode(TimerHF.Configuration.self))
            return Recognition(model: model, prefix: "", ignored: { _ in false })
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
                model: try TimerForecaster(sizes), prefix: prefix,
                ignored: { name in aliases.contains { name.hasPrefix($0) } })
        }
        return nil
    }
}

/// A `config.json` that is read strictly where the model looks and not elsewhere.
struct ConfigurationFile {
    let url: URL
    let data: Data

    init(_ url: URL) throws(ForecasterError) {
        guard let data = try? Data(contentsOf: url), data.count < 1 << 24 else {
            throw .configuration(file: url.path, key: "(file)", problem: "cannot be read")
        }
        self.url = url
        self.data = data
        guard (try? JSONSerialization.jsonObject(with: data)) is [String: Any] else {
            throw .configuration(file: url.path, key: "(file)", problem: "is not a JSON object")
        }
    }

    func has(_ key: String) -> Bool {
        ((try? JSONSerialization.jsonObject(with: data)) as? [String: Any])?[key] != nil
    }

    func decode<T: Decodable>(_ type: T.Type) throws(ForecasterError) -> T {
        func key(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch DecodingError.keyNotFound(let missing, _) {
            throw .configuration(file: url.path, key: missing.stringValue, problem: "is missing")
        } catch DecodingError.typeMismatch(let expected, let context) {
            throw .configuration(file: url.path, key: key(context.codingPath), problem: "is not of type \(expected)")
        } catch DecodingError.valueNotFound(let expected, let context) {
            throw .configuration(file: url.path, key: key(context.codingPath), problem: "is null; expected \(expected)")
        } catch DecodingError.dataCorrupted(let context) {
            throw .configuration(file: url.path, key: key(context.codingPath), problem: context.debugDescription)
        } catch {
            throw .configuration(file: url.path, key: "(file)", problem: String(describing: error))
        }
    }
}
