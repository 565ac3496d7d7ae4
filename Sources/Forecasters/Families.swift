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
    let recognise:
        @Sendable (_ configuration: ConfigurationFile?, _ source: CheckpointSource, _ choices: ModelChoices) throws ->
            Recognition?
}

/// A checkpoint identified: the model it belongs to, and how its names are written.
struct Recognition {
    let model: any Forecaster
    /// The choices that this architecture has.
    var choices: Set<ModelChoices.Name> = []
    /// The name the file has for an official one.
    var stored: @Sendable (String) -> String = { $0 }
    /// Names the file may hold beside the model's own.
    var ignored: @Sendable (String) -> Bool = { _ in false }
}

/// The one table of families.
public enum Families {
    /// Every family this version knows.
    public static let all: [Family] = [timer, timesFM, moment, moirai, chronos, chronosBolt, ttm, units, sundial]

    /// The family of a name.
    ///
    /// - Throws: ``ForecasterError/unknownFamily(_:)`` listing the names.
    public static func named(_ name: String) throws(ForecasterError) -> Family {
        if let family = all.first(where: { $0.name == name }) { return family }
        throw .unknownFamily(
            "'\(name)' is no model family this version knows; known: \(all.map(\.name).joined(separator: ", "))")
    }
}
