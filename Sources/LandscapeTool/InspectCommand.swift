import Reports
import Archive
import ArgumentParser
import Checkpoints
import Forecasters
import Foundation

/// Says what a file holds.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "What a checkpoint or a result file holds.")

    @Argument(help: "A safetensors file, a checkpoint folder, or a result file.")
    var path: String

    @Flag(help: "List every tensor of a checkpoint.")
    var tensors = false

    func run() throws {
        let url = URL(fileURLWithPath: path)
        if isHDF5(url) { return printRun(try RunReader.read(path)) }
        let checkpoint = try Checkpoint(url)
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
            print("  \(name): \(value.text ?? value.number.map { String(Int($0)) } ?? "")")
        }
        print("")
        print(record.attributes["experiment"] == nil ? ProbeTable(record).text() : ExperimentCommand.text(record))
        func describe(_ variant: String, _ path: String, _ loss: [Double]?, _ status: [ItemStatus]) {
            let done = status.filter { $0 == .done }.count
            let failed = status.filter { $0 == .failed }.count
            let interpolated = status.count { $0 == .interpolated }
            let finite = (loss ?? []).filter(\.isFinite)
            let range =
                finite.isEmpty
                ? "" : ", loss \(Number.text(finite.min() ?? .nan)) to \(Number.text(finite.max() ?? .nan))"
            print(
                "\(variant) \(path): \(done) of \(status.count) points\(interpolated > 0 ? ", \(interpolated) interpolated" : "")\(failed > 0 ? ", \(failed) failed" : "")\(range)"
            )
        }
        for variant in record.variants {
            for grid in variant.grids { describe(variant.name, "\(grid.id)", grid.column("loss"), grid.status) }
        }
    }
}
