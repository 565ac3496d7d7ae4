import Archive
import ArgumentParser
import Foundation
import Reports

/// Fine-tunes models on series by strategies and seeds, and says what the evidence is.
struct ExperimentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experiment", abstract: "Models × data × strategies × seeds: one HDF5 file and a table.",
        discussion: """
            landscape experiment experiments/etth1-small.yaml --data-folder . --output etth1.h5

            For every fine-tuning the file holds measures of the landscape at the start, the validation error and the test errors. The \
            table has means and standard deviations over seeds, paired differences from the reference with 95 % intervals, and rank \
            correlations of the measures with the test error. A result file instead of a YAML file prints its table again. \
            Stopped or killed runs go on with --resume; --shard splits the fine-tunings, and 'landscape merge' puts the files together.
            """)

    @Argument(
        help: ArgumentHelp("A YAML file, or a result file to print again.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "h5"]))
    var file: String

    @Option(
        help: ArgumentHelp("Where the series of the file are, instead of beside it.", valueName: "folder"),
        completion: .directory)
    var dataFolder: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("The result file.", valueName: "h5"), completion: .result)
    var output: String?

    @Flag(help: "Go on with a stopped run.")
    var resume = false

    @Flag(help: "Replace an existing file.")
    var overwrite = false

    @Option(help: ArgumentHelp("Run one share of the fine-tunings, such as 2/4.", valueName: "i/n"))
    var shard: RunShard?

    @Option(help: ArgumentHelp("cpu, cuda or cuda:INDEX.", valueName: "device"), completion: .device)
    var device: String = "cpu"

    @Option(help: ArgumentHelp("Threads; all cores when absent. The results do not depend on it.", valueName: "n"))
    var threads: Int?

    @Flag(help: "List the fine-tunings and stop.")
    var dryRun = false

    @Flag(help: "Print one JSON document instead of tables.")
    var json = false

    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        if resume && overwrite { throw ValidationError("Give --resume or --overwrite, not both.") }
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    }

    func run() throws {
        Log.setQuiet(quiet)
        Interrupt.install()
        if ["h5", "hdf5"].contains(URL(fileURLWithPath: file).pathExtension) {
            let record = try RunReader.read(file)
            guard record.attributes["experiment"] != nil else {
                throw Exit.Failure(.badData, "\(file): holds no experiment; 'landscape report' reads results of probes")
            }
            return try show(record)
        }
        let specification = try ExperimentSpecification(file, dataFolder: dataFolder)
        if dryRun {
            for cell in specification.cells { print(specification.name(cell)) }
            print("\(specification.cells.count) fine-tunings")
            return
        }
        guard let output else { throw Exit.Failure(.usage, "--output: give the result file to write") }
        if !resume { try OutputFile.requireWritable(output, overwriting: overwrite) }
        let run = ExperimentRun(
            specification, output: URL(fileURLWithPath: output),
            workers: threads ?? ProcessInfo.processInfo.activeProcessorCount, device: device, shard: shard)
        try run.prepare()
        let plan = try run.plan(command: CommandLine.arguments.map(\.quotedForShell).joined(separator: " "))
        let result =
            resume
            ? try RunFile.open(resuming: output, plan: plan)
            : try RunFile.create(at: output, plan: plan, overwrite: overwrite)
        do { try run.run(result) } catch {
            try? result.close()
            throw error
        }
        try result.close()
        if let shard {
            Log.info("shard \(shard) is done; put all of them together with 'landscape merge'")
        } else {
            try show(RunReader.read(output))
        }
    }

    private func show(_ record: RunRecord) throws {
        print(json ? try ExperimentSummary(record).json() : ExperimentCommand.text(record))
    }

    /// The tables of a file.
    static func text(_ record: RunRecord) -> String {
        ExperimentSummary(record).tables.map { Table.text($0.rows) + "\n" + $0.note }.joined(separator: "\n\n")
    }
}
