import Archive
import ArgumentParser
import Foundation

/// Puts the files of `landscape probe --shard` together.
struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "One result file from the shards of a run.",
        discussion: """
            The file equals, dataset by dataset, the one of a run without --shard. Write the report with 'landscape report'.
            What a partial merge leaves open, the same probe without --shard computes with --resume.
            """)

    @Argument(help: "The result files of 'landscape probe --shard', each once.", completion: .result)
    var files: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "h5"), completion: .result)
    var output: String

    @Flag(help: "Replace an existing file.")
    var overwrite = false

    @Flag(help: "Merge what is there, though shards are missing or unfinished.")
    var partial = false

    @Flag(name: .shortAndLong, help: "No messages.")
    var quiet = false

    func run() throws {
        Log.setQuiet(quiet)
        func place(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        if let input = files.first(where: { place($0) == place(output) }) {
            throw Exit.Failure(.usage, "\(input): is to be merged and cannot be the output; give another --output")
        }
        try OutputFile.requireWritable(output, overwriting: overwrite)
        let merge = try ShardMerge(files, partial: partial)
        let command = CommandLine.arguments.map(\.quotedForShell).joined(separator: " ")
        let pending: Int
        do {
            let file = try merge.write(to: output, command: command, overwrite: overwrite)
            try SliceShapes.store(in: file)
            try SharpnessMeasures.storeDifferences(in: file)
            pending = try file.record().counts.pending
            if pending == 0 { try file.complete() }
            try file.close()
        } catch ArchiveError.cannotWrite(let path, let object, let reason) {
            throw Exit.Failure(
                .cannotCreate,
                "\(path): writing \(object) failed: \(reason). Check the free space and the permissions; then merge again with --overwrite"
            )
        }
        let record = try RunReader.read(output)
        if record.attributes["experiment"] == nil { print(ProbeTable(record).text()) }
        if pending > 0 {
            Log.warning(
                "\(output): \(pending) items are pending; the probe's command without --shard, with --resume and --output \(output), computes them"
            )
        }
        let verb = record.attributes["experiment"] == nil ? "report: landscape report" : "tables: landscape experiment"
        Log.info("results: \(output)   \(verb) \(output)")
    }
}
