import Archive
import Forecasters
import Foundation
import Networks

/// Weights with the config.json beside them.
enum ModelFolder {
    /// Writes both; the configuration is kept when it is there and equal.
    ///
    /// - Throws: when another configuration is there and `overwrite` is false, before anything is written.
    static func write(
        _ weights: Weights, _ model: any Forecaster, to url: URL, metadata: [String: String], overwrite: Bool
    ) throws {
        let configuration = url.deletingLastPathComponent().appendingPathComponent("config.json")
        let text = Data(try model.configurationJSON().utf8)
        let existing = try? Data(contentsOf: configuration)
        if let existing, existing != text, !overwrite {
            throw Exit.Failure(
                .cannotCreate,
                "\(configuration.path): exists already with other contents; write into a folder of its own, or give --overwrite"
            )
        }
        // First where there is none: weights without it cannot be read.
        if existing == nil { try WholeFile.write(text, to: configuration.path) }
        try weights.write(
            to: url, model: model,
            metadata: metadata.merging(["format": "pt", "made_by": "landscape \(Version.number)"]) { own, _ in own },
            overwrite: overwrite)
        if let existing, existing != text { try WholeFile.write(text, to: configuration.path) }
    }
}
