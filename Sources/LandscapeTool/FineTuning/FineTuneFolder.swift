import Archive
import Foundation
import Smoothing

/// The folder of a fine-tuning: weights and records, and states while it runs.
struct FineTuneFolder {
    let url: URL

    init(_ url: URL) { self.url = url }

    /// The weights at the end.
    var weights: URL { url.appendingPathComponent("model.safetensors") }
    /// Settings, curves and metrics.
    var record: URL { url.appendingPathComponent("finetuning.json") }
    /// θ on the way.
    var snapshots: URL { url.appendingPathComponent("snapshots") }
    /// Curves and examples.
    var figures: URL { url.appendingPathComponent("figures") }
    /// What a search of α has found so far.
    var search: URL { url.appendingPathComponent("alpha.json") }

    /// Where a training of a strategy stands.
    func state(_ strategy: Strategy) -> URL {
        url.appendingPathComponent("state-\(strategy.name.replacingOccurrences(of: ":", with: "-")).safetensors")
    }

    /// Makes the folder, or finds out that it cannot be used. What an older run has finished stays until ``finish(_:)``.
    ///
    /// - Parameter inputs: files that must not be replaced.
    /// - Returns: keeps other processes out of the folder as long as it lives.
    func prepare(resume: Bool, overwrite: Bool, inputs: [String]) throws -> OutputLock {
        let manager = FileManager.default
        do { try manager.createDirectory(at: url, withIntermediateDirectories: true) } catch {
            throw Exit.Failure(.cannotCreate, "\(url.path): cannot be created: \(error.localizedDescription)")
        }
        guard access(url.path, W_OK) == 0 else {
            throw Exit.Failure(.cannotCreate, "\(url.path): cannot be written; check its permissions")
        }
        let written = [weights, record, url.appendingPathComponent("config.json")]
        let own = Set((written + [url]).map { $0.resolvingSymlinksInPath().path })
        for input in inputs {
            let path = URL(fileURLWithPath: input).resolvingSymlinksInPath().path
            guard !own.contains(path) else {
                throw Exit.Failure(
                    .cannotCreate, "--output \(url.path): would replace the input \(input); give another folder")
            }
        }
        let lock = try OutputLock(output: record.path)
        let found = written.filter { manager.fileExists(atPath: $0.path) }
        if resume {
            // A record beside states is that of an older run, or was written when the run was killed.
            guard !states.isEmpty || manager.fileExists(atPath: search.path) else {
                if manager.fileExists(atPath: record.path) {
                    throw Exit.Failure(
                        .cannotCreate,
                        "\(record.path): this run is finished; read it, or train anew with --overwrite or another --output"
                    )
                }
                throw Exit.Failure(.noInput, "\(url.path): holds no stopped run to go on with; leave --resume out")
            }
            for file in unfinished { try? manager.removeItem(at: file) }
            return lock
        }
        if !overwrite {
            if let first = found.first {
                throw Exit.Failure(
                    .cannotCreate, "\(first.path): exists already; give another --output, or --overwrite to replace it")
            }
            if let state = states.first {
                throw Exit.Failure(
                    .cannotCreate,
                    "\(state.path): is a stopped run; go on with --resume, or replace it with --overwrite")
            }
        }
        for file in states + unfinished + [search] { try? manager.removeItem(at: file) }
        for file in FineTuneFolder.files(snapshots) where file.lastPathComponent.hasPrefix("step-") {
            try? manager.removeItem(at: file)
        }
        return lock
    }

    /// Writes what the run was for: the old record goes first, so that none ever stands beside weights that it does not describe.
    func finish(_ document: Data, weights write: () throws -> Void) throws {
        if FileManager.default.fileExists(atPath: record.path) {
            do { try FileManager.default.removeItem(at: record) } catch {
                throw Exit.Failure(
                    .cannotCreate,
                    "\(record.path): cannot be replaced: \(error.localizedDescription); go on with --resume")
            }
        }
        try write()
        try WholeFile.write(document, to: record.path)
        removeStates()
    }

    private static func files(_ folder: URL) -> [URL] {
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.sorted { $0.path < $1.path }
    }

    private var states: [URL] {
        FineTuneFolder.files(url).filter {
            $0.lastPathComponent.hasPrefix("state-") && $0.pathExtension == "safetensors"
        }
    }

    /// What killed processes were writing: PATH.PROCESS.partial, PATH.PROCESS.tmp.
    private var unfinished: [URL] {
        (FineTuneFolder.files(url) + FineTuneFolder.files(snapshots)).filter {
            ["partial", "tmp"].contains($0.pathExtension)
                && Int($0.deletingPathExtension().pathExtension) != nil
        }
    }

    /// Removes what only an unfinished run needs.
    private func removeStates() {
        for file in states { try? FileManager.default.removeItem(at: file) }
        try? FileManager.default.removeItem(at: search)
    }
}
