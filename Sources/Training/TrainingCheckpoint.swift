import Checkpoints
import Forecasters
import Foundation
import Tensor

/// A training's state in a safetensors file, for going on later to the same bits.
///
/// Tensors `phi`, `first`, `second`, `best` and those of the caller; the rest as JSON in the metadata. The file appears whole or not at
/// all, so a killed process leaves the former one.
public struct TrainingCheckpoint {
    private struct Record: Codable {
        struct Best: Codable {
            let epoch: Int
            let validationLoss: Double
        }
        let epoch: Int
        let step: Int
        let stepInEpoch: Int
        let epochLoss: Double
        let epochWindows: Int
        let losses: [Double]
        let gradientNorms: [Double]
        let epochs: [TrainingState.Epoch]
        let best: Best?
        let isFinished: Bool
    }

    /// The state.
    public let state: TrainingState
    /// Further tensors of the caller.
    public let tensors: [String: Tensor]
    /// Further text of the caller.
    public let note: String

    /// Writes a state.
    ///
    /// - Parameters:
    ///   - fingerprint: says which training it belongs to; ``init(reading:fingerprint:optimizer:tensors:)`` compares it.
    ///   - tensors: of the caller.
    ///   - note: of the caller.
    public static func write(
        _ state: TrainingState, fingerprint: String, tensors: [String: Tensor] = [:], note: String = "", to url: URL
    ) throws {
        let record = Record(
            epoch: state.epoch, step: state.step, stepInEpoch: state.stepInEpoch, epochLoss: state.epochLoss,
            epochWindows: state.epochWindows, losses: state.losses, gradientNorms: state.gradientNorms,
            epochs: state.epochs,
            best: state.best.map { Record.Best(epoch: $0.epoch, validationLoss: $0.validationLoss) },
            isFinished: state.isFinished)
        var items = [
            SafetensorsWriter.Item(name: "phi", state.φ), SafetensorsWriter.Item(name: "first", state.optimizer.first),
            SafetensorsWriter.Item(name: "second", state.optimizer.second),
        ]
        if let best = state.best { items.append(SafetensorsWriter.Item(name: "best", best.φ)) }
        items += tensors.map { SafetensorsWriter.Item(name: "caller.\($0)", $1) }
        let text = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
        try SafetensorsWriter.write(
            items,
            metadata: ["state": text, "fingerprint": fingerprint, "note": note, "schema": "landscape-training/1"],
            to: url, overwrite: true)
    }

    /// Reads a state.
    ///
    /// - Throws: ``TrainingError/foreignState(file:problem:)`` when it belongs to another training, `CheckpointError` when it cannot be read.
    public init(reading url: URL, fingerprint: String, optimizer: Adam.Settings, device: Device = .cpu) throws {
        let file = try SafetensorsFile(url)
        func foreign(_ problem: String) -> TrainingError { .foreignState(file: url.path, problem: problem) }
        guard file.metadata["schema"] == "landscape-training/1", let text = file.metadata["state"] else {
            throw foreign("is no state of a training")
        }
        guard file.metadata["fingerprint"] == fingerprint else {
            throw foreign("belongs to a training with other settings, weights or data")
        }
        let record: Record
        do { record = try JSONDecoder().decode(Record.self, from: Data(text.utf8)) } catch {
            throw foreign("holds a damaged state (\(error))")
        }
        func tensor(_ name: String) throws -> Tensor {
            guard let tensor = try file.tensor(name) else { throw foreign("holds no tensor '\(name)'") }
            return try tensor.to(tensor.dtype, device: device)
        }
        let adam = Adam(optimizer, first: try tensor("first"), second: try tensor("second"), steps: record.step)
        var state = TrainingState(φ: try tensor("phi"), optimizer: adam)
        state.epoch = record.epoch
        state.stepInEpoch = record.stepInEpoch
        state.epochLoss = record.epochLoss
        state.epochWindows = record.epochWindows
        state.losses = record.losses
        state.gradientNorms = record.gradientNorms
        state.epochs = record.epochs
        state.isFinished = record.isFinished
        if let best = record.best {
            state.best = TrainingState.Best(
                epoch: best.epoch, validationLoss: best.validationLoss, φ: try tensor("best"))
        }
        self.state = state
        var tensors: [String: Tensor] = [:]
        for entry in file.entries where entry.name.hasPrefix("caller.") {
            tensors[String(entry.name.dropFirst("caller.".count))] = try tensor(entry.name)
        }
        self.tensors = tensors
        note = file.metadata["note"] ?? ""
    }
}
