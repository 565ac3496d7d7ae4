import ArgumentParser
import Forecasters
import Foundation
import Landscape
import Networks
import Reports
import Smoothing
import Tensor
import TimeSeries
import Training

/// Fine-tunes a checkpoint and measures it.
struct FineTuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finetune",
        abstract: "Fine-tune by SFF, its baselines or its controls; writes weights and metrics.",
        discussion: """
            landscape finetune --weights model.safetensors --data ETTh1.csv --strategy sff:0.7 --output tuned

            Writes model.safetensors (the weights with the lowest validation error), config.json and finetuning.json (settings, curves, \
            metrics) into a folder, and into figures/ the curves of the training and forecasts of six test windows before and after it. A run that was stopped or killed goes on with --resume, to the same bits.

            --windows, --stride and --batch choose training windows and how many make a step.
            """)

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup(title: "Machine") var machine: MachineOptions

    @Option(
        help: ArgumentHelp(
            "\(Strategy.known). 'sff' alone takes --alpha.", valueName: "strategy"), completion: .strategies)
    var strategy: String

    @Option(
        help: ArgumentHelp(
            "α of 'sff': a number, auto (the best of --alpha-grid on validation windows) or landscape (of --alpha-grid, the lowest λmax whose loss stays within --alpha-bound).",
            valueName: "number"), completion: .list(["auto", "landscape"]))
    var alpha: String?

    @Option(help: ArgumentHelp("Values of α to choose from.", valueName: "list"))
    var alphaGrid: String = "0.3,0.5,0.7,0.9"

    @Option(
        help: ArgumentHelp(
            "The landscape's criterion: how far the loss may rise above that of the pre-trained weights, as a share of it.",
            valueName: "share"))
    var alphaBound: Double = 0.25

    @Option(
        help: ArgumentHelp("Use these weights as θ₂ instead of a fresh draw.", valueName: "path"),
        completion: .checkpoint)
    var auxiliary: String?

    @Option(
        help: ArgumentHelp(
            "Parameters that keep their pre-trained values at the start, as in 'landscape probe'.", valueName: "list"))
    var exclude: String?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The folder to write into.", valueName: "folder"),
        completion: .directory)
    var output: String

    @Option(
        help: ArgumentHelp(
            "Also write the weights of every N-th step into snapshots/, for 'probe --axes trajectory:'.", valueName: "n"
        ))
    var snapshots: Int?

    @Option(
        help: ArgumentHelp("Horizons to measure on test windows; that of the training when absent.", valueName: "list"))
    var testHorizon: ValueList<Int>?

    @Option(help: ArgumentHelp("Period of the seasonal-naive forecast, in points.", valueName: "points"))
    var season: Int = 24

    @Flag(help: "Go on with a stopped run.")
    var resume = false

    @Flag(help: "Replace the weights and records of a former run in the folder.")
    var overwrite = false

    @Flag(help: "Draw no figures.")
    var noReport = false

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        if resume && overwrite { throw ValidationError("Give --resume or --overwrite, not both.") }
        if data.split != .test {
            throw ValidationError(
                "--split: training takes the train windows, chooses by the val windows and is measured on the test windows."
            )
        }
        if let snapshots, snapshots < 1 { throw ValidationError("--snapshots must be at least 1.") }
        if season < 1 { throw ValidationError("--season must be at least 1.") }
        if (strategy == "sff") != (alpha != nil) {
            throw ValidationError("--alpha belongs to '--strategy sff': give both, or a number as in sff:0.7.")
        }
        if !(alphaBound >= 0) { throw ValidationError("--alpha-bound must not be negative.") }
    }

    func run() throws {
        Log.setQuiet(quiet)
        Interrupt.install()
        let folder = FineTuneFolder(URL(fileURLWithPath: output))
        let lock = try folder.prepare(
            resume: resume, overwrite: overwrite,
            inputs: [model.weights, auxiliary, data.data].compactMap { $0 })
        let workspace = try Workspace(model, data, machine, selectAll: true)
        let second = try auxiliary.map { try AuxiliaryWeights($0, for: workspace.model, dtype: workspace.dtype) }
        let filter = ParameterFilter(
            terms: (exclude ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
        let unmatched = filter.unmatched(in: workspace.model.layout)
        guard unmatched.isEmpty else {
            throw Exit.Failure(.usage, "--exclude: no parameter matches \(unmatched.joined(separator: ", "))")
        }
        let settings = training.settings(batch: data.batch ?? 32, seed: machine.seed)
        func make(_ strategy: Strategy) throws -> FineTuneRun {
            try FineTuneRun(
                workspace, strategy, settings, ratio: training.ratio, seed: machine.seed, selection: try selection(),
                validationStride: training.validationStride, auxiliary: second, excluded: filter,
                workers: machine.workers)
        }
        // Before the training: what cannot be measured should not be trained.
        let evaluation = try evaluation(workspace)
        var search: AlphaSearch?
        let chosen: Strategy
        if let alpha, strategy == "sff" {
            if let value = Double(alpha) {
                chosen = try Strategy("sff:\(value)")
            } else {
                let candidates = try NumberList.parse(alphaGrid, option: "--alpha-grid", in: 0...1)
                let criterion = try AlphaSearch.Criterion(alpha)
                let found = try AlphaSearch(
                    candidates, criterion, bound: alphaBound, folder: folder, workers: machine.workers, make)
                chosen = .from(.sff(found.chosen))
                search = found
            }
        } else {
            chosen = try Strategy(strategy)
        }

        let run = try make(chosen)
        let outcome = try run.train(
            state: folder.state(chosen), snapshots: snapshots.map { (folder.snapshots, $0) }, title: chosen.name)
        let tuned = workspace.pretrained.with(flat: outcome.θ)
        let rows = try evaluation.rows(of: tuned, called: chosen.name, split: .test)
        let record = FineTuneRecord(
            run: run, outcome: outcome, search: search, command: CommandLine.arguments,
            test: EvaluationDocument(about: [:], rows: rows + (try evaluation.baselines(split: .test))))
        let document = try record.json()
        try folder.finish(document) {
            try ModelFolder.write(
                tuned, workspace.model, to: folder.weights,
                metadata: ["strategy": chosen.name, "seed": String(machine.seed)], overwrite: true)
        }
        if !noReport {
            FineTuneFigures(run: run, outcome: outcome, evaluation: evaluation).draw(into: folder.figures, tuned: tuned)
        }
        withExtendedLifetime(lock) {}
        if json { print(String(decoding: document, as: UTF8.self)) } else { print(record.text(folder.weights.path)) }
    }

    private func selection() throws -> WindowSelection {
        if let stride = data.stride { return .stride(stride) }
        if let count = data.windows { return .random(count: count, seed: machine.seed) }
        return .all
    }

    /// The published measure of the task on the test windows.
    private func evaluation(_ workspace: Workspace) throws -> any TaskEvaluation {
        try EvaluationRequest(
            testing: workspace, horizons: testHorizon?.values, season: season, stride: training.testStride,
            seed: machine.seed, workers: machine.workers
        ).evaluation(of: workspace.model, on: workspace.dataset)
    }
}
