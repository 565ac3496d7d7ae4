import Checkpoints
import Foundation
import Networks
import Tensor

/// A model together with the checkpoint it was recognised from.
public struct PretrainedModel: Sendable {
    /// The architecture.
    public let model: any Forecaster
    /// The weights on disk.
    public let checkpoint: Checkpoint
    private let stored: @Sendable (String) -> String
    private let ignored: @Sendable (String) -> Bool

    /// Recognises a checkpoint.
    ///
    /// - Parameters:
    ///   - url: a safetensors file, or a folder with weights and `config.json`.
    ///   - family: the family to expect; recognised from the tensor names when absent.
    ///   - choices: what the checkpoint leaves open.
    /// - Throws: ``CheckpointError``, ``ForecasterError``.
    public init(_ url: URL, family: String? = nil, choices: ModelChoices = ModelChoices()) throws {
        checkpoint = try Checkpoint(url)
        let source = CheckpointSource(checkpoint: checkpoint)
        let configuration = try checkpoint.configuration.map { try ConfigurationFile($0) }
        let candidates = try family.map { [try Families.named($0)] } ?? Families.all
        for candidate in candidates {
            if let found = try candidate.recognise(configuration, source, choices) {
                if let foreign = choices.given.first(where: { !found.choices.contains($0) }) {
                    throw ForecasterError.request(
                        "\(url.path): \(found.model.architecture) leaves no choice of \(foreign.rawValue)")
                }
                model = found.model
                stored = found.stored
                ignored = found.ignored
                return
            }
        }
        let names = checkpoint.entries.prefix(5).map(\.name).joined(separator: ", ")
        throw ForecasterError.unknownFamily(
            "\(url.path): the tensor names fit no \(family.map { "'\($0)' " } ?? "")model this version knows "
                + "(families: \(Families.all.map(\.name).joined(separator: ", "))); the file begins with: \(names)")
    }

    /// What keeps the checkpoint from loading; `nil` when it fits.
    public var mismatch: LoadingError? {
        model.layout.mismatch(
            with: CheckpointSource(checkpoint: checkpoint), model: model.architecture, storedAs: stored,
            ignoring: ignored
        )
    }

    /// Reads the weights.
    ///
    /// - Throws: ``LoadingError`` listing every offender, ``CheckpointError``.
    public func weights(dtype: DType) throws -> Weights {
        try model.layout.load(
            from: CheckpointSource(checkpoint: checkpoint), model: model.architecture, storedAs: stored, dtype: dtype,
            ignoring: ignored)
    }
}

extension Weights {
    /// Writes the weights under their official names, and the configuration beside them when `url` ends in
    /// `model.safetensors`.
    ///
    /// Cost: one parameter at a time beyond the weights themselves.
    public func write(
        to url: URL, model: any Forecaster, metadata: [String: String], overwrite: Bool
    ) throws {
        let views = try model.layout.views(of: flat)
        let named =
            zip(model.layout.parameters.map(\.name), views).map { ($0, $1) }
            + zip(model.layout.buffers.map(\.name), buffers).map { ($0, $1) }
        try SafetensorsWriter.write(
            named.map { SafetensorsWriter.Item(name: $0, $1) }, metadata: metadata, to: url, overwrite: overwrite)
    }
}
