import Archive
import ArgumentParser
import Checkpoints
import Foundation

/// The probe that a result file came from, built again from what the file says of it.
struct StoredRun {
    let record: RunRecord
    let configuration: StoredConfiguration
    /// SHA-256 by what they are of: `weights`, `data`, `auxiliary`, `file:PATH`.
    private let hashes: [String: String]

    private struct Manifest: Decodable {
        let configuration: StoredConfiguration
        let sha256: [String: String]
    }

    /// - Throws: 65 for a file of another verb, or a manifest that does not say enough.
    init(_ record: RunRecord) throws {
        guard record.attributes["experiment"] == nil else {
            throw Exit.Failure(
                .badData,
                "\(record.path): holds an experiment, whose numbers come from trainings; give a file of 'landscape probe'"
            )
        }
        self.record = record
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            let manifest = try decoder.decode(Manifest.self, from: Data(record.manifestJSON.utf8))
            (configuration, hashes) = (manifest.configuration, manifest.sha256)
        } catch {
            throw Exit.Failure(
                .badData,
                "\(record.path): /manifest: expected the configuration of a probe, found \(StoredRun.reason(error))"
            )
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "none of '\(key.stringValue)'"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "another type in \(context.codingPath.map(\.stringValue).joined(separator: "/"))"
        default: "no JSON: \(error.localizedDescription)"
        }
    }

    // MARK: Inputs

    /// The run with the same model, weights, windows, variants and axes.
    ///
    /// - Parameters:
    ///   - weights: where they are now; where they were when absent.
    ///   - data: likewise.
    ///   - device: another one than the run's.
    /// - Throws: 66 for inputs that are gone, 65 for others than they were, and for settings that this version cannot repeat.
    func makeRun(weights: String?, data: String?, device: String?, workers: Int) throws -> ProbeRun {
        let weights = try place(weights, configuration.weights, EmbeddedDefault.weightsName, option: "weights")
        let data = try place(data, configuration.data, EmbeddedDefault.seriesName, option: "data")
        for name in hashes.keys.sorted() where name.hasPrefix("file:") { try require(String(name.dropFirst(5)), nil) }
        if let auxiliary = configuration.auxiliary { try require(auxiliary, nil) }

        var arguments: [String]
        do { arguments = try configuration.arguments(weights: weights, data: data) } catch {
            throw Exit.Failure(.badData, "\(record.path): /manifest: \(error)")
        }
        if let device { arguments.append("--device=\(device)") }
        let command: ProbeCommand
        do { command = try ProbeCommand.parse(arguments) } catch {
            throw Exit.Failure(
                .badData,
                "\(record.path): /manifest: this version cannot repeat the settings: \(ProbeCommand.message(for: error))"
            )
        }
        // Before they are read: changed weights or data may fail there in other ways.
        let files = try InputFiles(command.model, command.data)
        try compare("weights", files.weightsPath, Checkpoint(files.weights).sha256(), option: "weights")
        try compare("data", files.dataPath, SHA256.hash(of: files.data), option: "data")
        let run = try ProbeRun(
            Workspace(command.model, command.data, command.machine), command.settings(), workers: workers, command: [])
        for (name, hash) in try run.hashes().sorted(by: { $0.key < $1.key }) {
            let path = name == "auxiliary" ? configuration.auxiliary : nil
            try compare(name, path ?? String(name.trimmingPrefix("file:")), hash)
        }
        try compare(run.configuration())
        return run
    }

    /// Where an input is now; `nil` for what ships with the package.
    private func place(_ given: String?, _ stored: String, _ embedded: String, option: String) throws -> String? {
        if given == nil, stored == embedded { return nil }
        let path = given ?? stored
        try require(path, option)
        return path
    }

    private func require(_ path: String, _ option: String?) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let hint =
            option.map { "say where it is now with --\($0)" } ?? "put it back, or start from the folder of the run"
        throw Exit.Failure(.noInput, "\(path): \(record.path) was made from it and it is not there; \(hint)")
    }

    private func compare(_ name: String, _ path: String, _ found: String, option: String? = nil) throws {
        guard let expected = hashes[name], expected != found else { return }
        let hint = option.map { "; give the original with --\($0)" } ?? ""
        throw Exit.Failure(
            .badData,
            "\(path): is not what \(record.path) was made from: SHA-256 expected \(expected), found \(found)\(hint)")
    }

    // MARK: Settings

    /// Files may move, devices differ, and the borders are given as rows here.
    private static let free: Set = ["weights", "data", "auxiliary", "data_scaling", "device", "axes"]

    /// Refuses to compare numbers of other settings.
    private func compare(_ rebuilt: [String: Any]) throws {
        let manifest = try JSONSerialization.jsonObject(with: Data(record.manifestJSON.utf8)) as? [String: Any]
        guard let stored = manifest?["configuration"] as? [String: Any] else { return }
        func text(_ value: Any?) throws -> String {
            guard let value else { return "nothing" }
            let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
            return String(decoding: data, as: UTF8.self)
        }
        // Written and read, as the stored ones were.
        let data = try JSONSerialization.data(withJSONObject: rebuilt)
        let now = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        for (key, value) in stored.sorted(by: { $0.key < $1.key }) where !StoredRun.free.contains(key) {
            let (expected, found) = (try text(value), try text(now[key]))
            guard expected == found else {
                throw Exit.Failure(
                    .badData,
                    "\(record.path): /manifest: this version cannot repeat the settings: \(key): expected \(expected), found \(found); "
                        + "use the version that made the file")
            }
        }
    }
}
