import Archive
import ArgumentParser
import Checkpoints
import Forecasters
import Foundation
import Reports

/// Says what a file holds.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "What a checkpoint or a result file holds.",
        discussion: """
            Of a result file: how it was made, the table of its measures, and a tree of everything in it with the key number of each object.
            """)

    @Argument(help: "A safetensors file, a checkpoint folder, or a result file.", completion: .file())
    var path: String

    @Flag(help: "List every tensor of a checkpoint.")
    var tensors = false

    @Flag(help: "Print a result file as one JSON document.")
    var json = false

    func run() throws {
        let url = URL(fileURLWithPath: path)
        if isHDF5(url) {
            let record = try RunReader.read(path)
            return json ? print(try ProbeDocument(record).text()) : printRun(record)
        }
        let checkpoint = try Checkpoint(url)
        guard !json else { throw Exit.Failure(.usage, "\(path): --json describes result files; this is a checkpoint") }
        let elements = checkpoint.entries.reduce(0) { $0 + $1.count }
        let types = Dictionary(grouping: checkpoint.entries, by: \.type).map { "\($0.value.count) \($0.key.rawValue)" }
            .sorted()
        print(
            "\(path): \(checkpoint.entries.count) tensors (\(types.joined(separator: ", "))), \(elements) elements in \(checkpoint.files.count) file(s)"
        )
        for (key, value) in checkpoint.metadata.sorted(by: { $0.key < $1.key }) { print("  \(key): \(value)") }
        if tensors {
            print(
                Table.text(
                    checkpoint.entries.map { [$0.name, $0.type.rawValue, "\($0.shape)"] }, flushLeft: [0, 1, 2]))
        }
        let found = try PretrainedModel(url)
        print(
            "family: \(found.model.family)\narchitecture: \(found.model.architecture)\nparameters: \(found.model.layout.count)"
        )
        if let task = found.model.tasks.first {
            print(
                "context: \(found.model.defaultContext(for: task)), horizon: \(found.model.defaultHorizon), tasks: \(found.model.tasks.map(\.rawValue).joined(separator: ", "))"
            )
        }
        if found.model.channels > 1 { print("channels read together: \(found.model.channels)") }
        if let mismatch = found.mismatch { throw mismatch }
        print("loads: yes")
    }

    private func isHDF5(_ url: URL) -> Bool {
        guard let handle = try? FileHandle(forReadingFrom: url) else { return false }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 4)) == Data([0x89, 0x48, 0x44, 0x46])
    }

    private func printRun(_ record: RunRecord) {
        let share = record.shard.map { ", shard \($0) \(record.isShardComplete ? "done" : "not done")" } ?? ""
        print("\(path): \(record.title), \(record.isComplete ? "complete" : "not complete")\(share)")
        print("  created: \(record.created)\n  command: \(record.command)\n  seed: \(record.seed)")
        for name in ["architecture", "parameters", "source", "windows", "task", "loss", "precision"] {
            guard let value = record.attributes[name] else { continue }
            print("  \(name): \(value.text ?? value.integer.map(String.init) ?? value.number.map(Number.text) ?? "")")
        }
        print("")
        print(record.attributes["experiment"] == nil ? ProbeTable(record).text() : ExperimentCommand.text(record))
        if record.attributes["experiment"] == nil {
            print("\n" + InspectTree(record).text(root: URL(fileURLWithPath: path).lastPathComponent))
        }
    }
}
