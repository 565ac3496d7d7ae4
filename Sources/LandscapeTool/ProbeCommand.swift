import Archive
import ArgumentParser
import Forecasters
import Foundation
import Landscape
import Reports
import Smoothing

/// The main job.
struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Compare the loss landscape around several weights: HDF5 file and report.",
        discussion: """
            Without --weights and --data the embedded checkpoint and series are used, so that 'landscape probe' alone shows \
            the whole job in under a minute.

            Started several times by torchrun --no-python, srun or mpirun, the processes share the work: RANK and WORLD_SIZE, or \
            what Slurm, Open MPI or PMI set, with MASTER_ADDR and MASTER_PORT. Rank 0 writes the file and the report. Without a \
            network --shard splits a run, and 'landscape merge' puts it together.
            """)

    /// A measure of --measures.
    enum Measure: String, CaseIterable {
        case loss, gradient, eigen, trace, diagonal, density, preconditioned, sharpness, line, path, plane, volume,
            theory, convexity
    }

    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Machine") var machine: MachineOptions

    @Option(
        help: ArgumentHelp(
            "Weights to compare: pretrained, scratch, sff:α, shrink:α, perturb:α, gaussian:α, noisytune:λ, file:PATH.",
            valueName: "list"), completion: .variants)
    var variants: String = "pretrained,scratch,sff:0.7"

    @Option(
        help: ArgumentHelp("Use these weights as θ₂ instead of a fresh draw.", valueName: "path"),
        completion: .checkpoint)
    var auxiliary: String?

    @Option(
        help: ArgumentHelp(
            "Parameters that interpolation and noise leave alone: norms, biases, weights, embedding, backbone, head, or name patterns with * and ?.",
            valueName: "list"))
    var exclude: String?

    @Option(
        help: ArgumentHelp(
            "What to measure: loss, gradient, eigen, trace, diagonal, density, preconditioned, sharpness, line, path, plane, volume, theory, convexity.",
            valueName: "list"), completion: .values(Measure.allCases.map(\.rawValue)))
    var measures: String = "loss,gradient,eigen,trace,sharpness,line,path,plane"

    @Option(help: ArgumentHelp("Eigenpairs at each end of the spectrum.", valueName: "k"))
    var eigen: Int = 3

    @Option(help: ArgumentHelp("Relative residual at which an eigenpair counts as converged.", valueName: "t"))
    var tolerance: Double = 1e-3

    @Option(help: ArgumentHelp("Hessian-vector products an eigenvalue search may take.", valueName: "n"))
    var maxProducts: Int = 200

    @Flag(
        help:
            "Search the Hessian's eigenvectors with Hessian-vector products alone, not with differences of gradients first."
    )
    var exactSearch = false

    @Option(help: "Ends of the spectrum to search: both, largest or smallest.")
    var ends: SpectrumEnds = .both

    @Option(
        help: ArgumentHelp(
            "Matrices to analyse: hessian, ggn (generalised Gauss-Newton), residual (their difference), fisher (empirical).",
            valueName: "list"), completion: .values(CurvatureMatrix.allCases.map(\.rawValue)))
    var operators: String = "hessian"

    @Option(
        help: ArgumentHelp(
            "Diagonal blocks to analyse as well: layers, parameters, or terms as for --exclude, each term one block.",
            valueName: "list"))
    var blocks: String?

    @Option(help: ArgumentHelp("Hessian-vector products for the trace.", valueName: "n"))
    var samples: Int = 48

    @Option(
        help: ArgumentHelp(
            "Stop the trace at this relative standard error, if that comes before --samples.", valueName: "e"))
    var traceError: Double?

    @Option(help: "Estimator of the trace: deflated, hutchinson, hutch++, xtrace or xnystrace.")
    var traceMethod: TraceMethod = .deflated

    @Option(help: ArgumentHelp("Hessian-vector products for the diagonal, one for each random probe.", valueName: "n"))
    var diagonalProbes: Int = 32

    @Option(help: ArgumentHelp("Random probes of the spectral density.", valueName: "n"))
    var densityProbes: Int = 4

    @Option(help: ArgumentHelp("Lanczos steps of each probe.", valueName: "n"))
    var densitySteps: Int = 64

    @Option(
        help: ArgumentHelp(
            "Standard deviation of the Gaussian that smooths the density, as a share of the spectrum's width.",
            valueName: "share"))
    var bandwidth: Double = 0.01

    @Option(
        help: ArgumentHelp(
            "Measures of sharpness: all, or names as in docs/measures.md; the cheap ones when absent, together under 40 gradients.",
            valueName: "list"), completion: .values(["all"] + SharpnessCatalogue.standard))
    var sharpness: String?

    @Option(
        help: ArgumentHelp(
            "The weight whose relative flatness is measured; the model's last matrix when absent.",
            valueName: "parameter"))
    var flatnessLayer: String?

    @Option(help: ArgumentHelp("Learning rate to compare the preconditioned sharpness with.", valueName: "rate"))
    var learningRate: Double = 3e-5

    @Option(
        help: ArgumentHelp(
            "Bound of the memory for the Krylov basis and kept graphs; without it half of the free memory for graphs.",
            valueName: "GiB"))
    var memory: Double?

    @Option(
        help: ArgumentHelp(
            "Axes of lines, planes and volumes: random directions (filter, layer, model, none, or sff as the published SFF code draws them), eigen, gradient, variants, file:PATH[,PATH[,PATH]], or trajectory:FOLDER (or PATH,PATH,…), the principal components of weights in their order.",
            valueName: "kind"), completion: .axes)
    var axes: String = "filter"

    @Flag(help: "Make each axis of a plane or volume orthogonal to those before it.")
    var orthogonal = false

    @Option(
        help: ArgumentHelp("Biases and norms in random axes: zero, match or own.", valueName: "rule"),
        completion: .list(["zero", "match", "own"]))
    var oneDimensional: String = "zero"

    @Option(
        help: ArgumentHelp(
            "Points of a plane (NXxNY, 21x21 when absent) or a volume (NXxNYxNZ, 11x11x11 when absent); both with a comma.",
            valueName: "list"))
    var grid: String?

    @Option(
        help: ArgumentHelp(
            "Evaluate only so many points of a plane that the others can be interpolated with an error below this share of the losses' range, such as 0.01; rough planes are evaluated whole.",
            valueName: "share"))
    var adaptive: Double?

    @Option(
        help: ArgumentHelp(
            "Sets of random directions for lines, planes and volumes: the mean, deviation and range of their losses stand beside the first one's loss, at as many times the cost.",
            valueName: "n"))
    var directionSeeds: Int = 1

    @Flag(help: "Measure gradient norm, slope and curvature at every point of a line as well.")
    var derivatives = false

    @Option(help: ArgumentHelp("Points of a line and of the path.", valueName: "n"))
    var points: Int = 41

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Range of the coordinates of slices, or auto:F until the loss has risen by the factor F (2 when F is absent); -1:1 when absent, -0.5:1.5 for --axes variants, -1.25:1.25 for trajectory.",
            valueName: "A:B"))
    var range: String?

    @Option(help: ArgumentHelp("Points of the path for --measures theory, both ends included.", valueName: "n"))
    var theoryPoints: Int = 11

    @Option(help: ArgumentHelp("Random probes at each of them.", valueName: "n"))
    var theoryProbes: Int = 8

    @Option(help: ArgumentHelp("Points of the convexity map; Nx1 is a line.", valueName: "NXxNY"))
    var convexityGrid: String = "5x5"

    @Flag(help: "Build a dense block of each Hessian and compare products, eigenvalues and trace with it.")
    var selfCheck = false

    @Option(name: .shortAndLong, help: ArgumentHelp("The result file.", valueName: "h5"), completion: .result)
    var output: String = "run.h5"

    @Option(
        help: ArgumentHelp(
            "Compute share i of n of the run, into a file of its own, for 'landscape merge'; without a report.",
            valueName: "i/n"))
    var shard: RunShard?

    @Option(
        help: ArgumentHelp(
            "With several processes: seconds without a sign of life after which one counts as lost.", valueName: "s"))
    var rankTimeout: Double = 60

    @Flag(help: "Go on with an interrupted run.")
    var resume = false

    @Flag(help: "Replace an existing result file.")
    var overwrite = false

    @Option(
        help: ArgumentHelp("Folder of the report; beside the result file when absent.", valueName: "folder"),
        completion: .directory)
    var report: String?

    @Flag(help: "Write no report.")
    var noReport = false

    @OptionGroup var book: NotebookOptions

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    @Option(
        help: ArgumentHelp("Options from a YAML file; the command line has the last word.", valueName: "yaml"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(help: "Print the plan with its cost, and stop.")
    var dryRun = false

    @Flag(help: "Exit with 2 when something did not converge.")
    var strict = false

    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        if resume && overwrite { throw ValidationError("Give --resume or --overwrite, not both.") }
        if eigen < 1 { throw ValidationError("--eigen must be at least 1.") }
        if !(tolerance > 0 && tolerance < 1) { throw ValidationError("--tolerance must lie between 0 and 1.") }
        if maxProducts < 1 { throw ValidationError("--max-products must be at least 1.") }
        if samples < 2 { throw ValidationError("--samples must be at least 2, for a standard error.") }
        if let traceError, !(traceError > 0 && traceError < 1) {
            throw ValidationError("--trace-error must lie between 0 and 1.")
        }
        if traceMethod == .xtrace || traceMethod == .xnystrace || traceMethod == .hutchPlusPlus, samples < 6 {
            throw ValidationError("--samples must be at least 6 for --trace-method \(traceMethod.rawValue).")
        }
        if diagonalProbes < 2 {
            throw ValidationError("--diagonal-probes must be at least 2, for a standard error.")
        }
        if densityProbes < 1 { throw ValidationError("--density-probes must be at least 1.") }
        if densitySteps < 2 { throw ValidationError("--density-steps must be at least 2.") }
        if !(bandwidth > 0 && bandwidth <= 1) { throw ValidationError("--bandwidth must lie between 0 and 1.") }
        if !(learningRate > 0) { throw ValidationError("--learning-rate must be positive.") }
        if theoryPoints < 2 { throw ValidationError("--theory-points must be at least 2: both ends.") }
        if theoryProbes < 2 { throw ValidationError("--theory-probes must be at least 2, for a standard error.") }
        if let adaptive, !(adaptive > 0 && adaptive < 1) {
            throw ValidationError("--adaptive must lie between 0 and 1: a share of the losses' range, such as 0.01.")
        }
        if directionSeeds < 1 { throw ValidationError("--direction-seeds must be at least 1.") }
        if directionSeeds > 1 && derivatives {
            throw ValidationError("Give --derivatives or --direction-seeds, not both.")
        }
        if directionSeeds > 1 && adaptive != nil {
            throw ValidationError("Give --adaptive or --direction-seeds, not both.")
        }
        if points < 1 { throw ValidationError("--points must be at least 1.") }
        if adaptive != nil && shard != nil {
            throw ValidationError(
                "Give --adaptive or --shard, not both: the points of an adaptive plane depend on one another.")
        }
        if !(rankTimeout >= 1 && rankTimeout <= 86_400) {
            throw ValidationError("--rank-timeout must lie between 1 and 86400.")
        }
        if let memory, !(memory > 0) { throw ValidationError("--memory must be positive.") }
    }

    func run() throws {
        Log.setQuiet(quiet)
        Interrupt.install()
        try withRanks(run)
    }

    private func run(_ settings: ProbeSettings, _ ranks: RankGroup?) throws {
        if let ranks, !ranks.isWriter {
            return try makeRun(settings, ranks).execute(
                output: URL(fileURLWithPath: output), resume: resume, overwrite: overwrite)
        }
        let noReport = noReport || shard != nil
        if !noReport && !dryRun {
            try ReportCommand.requireGnuplot(hint: "or give --no-report and write it later with 'landscape report'")
        }
        try OutputFile.requireWritable(output, overwriting: resume || overwrite || dryRun)
        let run = try makeRun(settings, ranks)
        if dryRun { return try run.printPlan(asJSON: json) }

        let begun = Stopwatch()
        try run.execute(output: URL(fileURLWithPath: output), resume: resume, overwrite: overwrite)
        let record = try RunReader.read(output)
        if json {
            print(try ProbeDocument(record, seconds: begun.elapsed).text())
        } else if let shard {
            Log.info("shard \(shard) is done; put all of them together with 'landscape merge'")
        } else {
            print(ProbeTable(record).text())
        }
        var reportFailure: (any Error)?
        let folder = URL(fileURLWithPath: report ?? ReportCommand.defaultFolder(for: output))
        var written: Report.Files?
        do {
            if !noReport { written = try Report.write(from: output, to: folder) }
            if let written { Log.info("report: \(written.page.path)") }
            try book.write(output, report: folder, hasReport: !noReport)
        } catch { reportFailure = error }
        Log.info("results: \(output)")
        if let reportFailure {
            Log.warning("the results are safe in \(output); write the report later with: landscape report \(output)")
            throw reportFailure
        }
        let failed = record.variants.flatMap { variant in
            variant.scalars.filter { $0.status == .failed }.map { "\(variant.name) \($0.path)" }
                + variant.arrays.filter { $0.status == .failed }.map { "\(variant.name) \($0.path)" }
        }
        guard failed.isEmpty else {
            throw Exit.Failure(.failed, "failed, with status 2 in \(output): \(failed.joined(separator: ", "))")
        }
        if let written { try ReportCommand.requireAllFigures(written) }
        let spectra = record.variants.flatMap(\.arrays).filter { $0.path.contains("/eigenvalues") }
        let unconverged = spectra.reduce(0) { $0 + $1.isConverged.filter { !$0 }.count }
        if strict && unconverged > 0 {
            throw Exit.Failure(
                .notConverged, "\(unconverged) eigenpairs did not converge; raise --max-products or --tolerance")
        }
        let chains = record.variants.flatMap { variant in
            variant.scalars.filter {
                $0.path.hasPrefix("sharpness/") && !$0.value.isNaN && $0.attributes["converged"]?.number == 0
            }.map { "\(variant.name) \($0.path)" }
        }
        if strict && !chains.isEmpty {
            throw Exit.Failure(.notConverged, "chains have not settled: \(chains.joined(separator: ", "))")
        }
    }

    /// The options in the form the run needs.
    func settings() throws -> ProbeSettings {
        let chosen = try Variant.list(variants)
        var wanted: [Measure] = []
        for text in measures.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            guard let measure = Measure(rawValue: text) else {
                throw Exit.Failure(
                    .usage,
                    "--measures: '\(text)' is no measure; known are \(Measure.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            if !wanted.contains(measure) { wanted.append(measure) }
        }
        guard !wanted.isEmpty else { throw Exit.Failure(.usage, "--measures is empty.") }
        try checkSlices(wanted)
        var matrices: [CurvatureMatrix] = []
        for text in operators.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            guard let matrix = CurvatureMatrix(rawValue: text) else {
                throw Exit.Failure(
                    .usage,
                    "--operators: '\(text)' is not known; known are \(CurvatureMatrix.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            if !matrices.contains(matrix) { matrices.append(matrix) }
        }
        guard !matrices.isEmpty else { throw Exit.Failure(.usage, "--operators is empty.") }
        if sharpness != nil || flatnessLayer != nil, !wanted.contains(.sharpness) {
            throw Exit.Failure(
                .usage, "--\(sharpness == nil ? "flatness-layer" : "sharpness") needs sharpness among the --measures.")
        }
        let axisChoice = try AxisChoice(axes)
        if axisChoice == .gradient, wanted.contains(.volume) {
            throw Exit.Failure(
                .usage,
                "--axes gradient has two directions, steepest descent and Adam's, and a volume needs three; choose other --axes."
            )
        }
        if directionSeeds > 1, !axisChoice.isRandom {
            throw Exit.Failure(
                .usage,
                "--direction-seeds draws random directions and does not go with --axes \(axes); choose filter, layer, model, none or sff."
            )
        }
        guard let rule = OneDimensionalRule(rawValue: oneDimensional) else {
            throw Exit.Failure(.usage, "--one-dimensional must be zero, match or own.")
        }
        guard let convexity = ProbeCommand.counts(convexityGrid), convexity.count == 2 else {
            throw Exit.Failure(.usage, "--convexity-grid must be two numbers such as 5x5.")
        }
        let grids = try sliceGrids(wanted)
        let interval: (low: Double, high: Double)
        var factor: Double?
        if let range, range == "auto" || range.hasPrefix("auto:") {
            let rise = range == "auto" ? 2 : Double(range.dropFirst(5)) ?? .nan
            guard rise > 1, rise.isFinite else {
                throw Exit.Failure(.usage, "--range auto:F needs a factor above 1, such as auto:2.")
            }
            guard !axisChoice.isThroughWeights else {
                throw Exit.Failure(
                    .usage,
                    "--range auto does not go with --axes \(axisChoice.name), whose range is a share of the way.")
            }
            factor = rise
            interval = axisChoice.defaultRange
        } else if let range {
            let bounds = range.split(separator: ":", omittingEmptySubsequences: false).compactMap { Double($0) }
            guard bounds.count == 2, bounds[0] < bounds[1], bounds.allSatisfy(\.isFinite) else {
                throw Exit.Failure(.usage, "--range must be two numbers such as -1:1, the smaller first, or auto:F.")
            }
            interval = (bounds[0], bounds[1])
        } else {
            interval = axisChoice.defaultRange
        }
        return ProbeSettings(
            variants: chosen, auxiliary: auxiliary,
            exclude: ParameterFilter(
                terms: (exclude ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }),
            measures: wanted, eigen: eigen, tolerance: tolerance, maxProducts: maxProducts, exactSearch: exactSearch,
            ends: ends,
            matrices: matrices,
            blocks: (blocks ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) },
            samples: samples, traceError: traceError, traceMethod: traceMethod, diagonalProbes: diagonalProbes,
            densityProbes: densityProbes, densitySteps: densitySteps, bandwidth: bandwidth, learningRate: learningRate,
            sharpness: sharpness,
            flatnessLayer: flatnessLayer, memory: memory,
            axes: axisChoice, isOrthogonal: orthogonal, derivatives: derivatives, oneDimensional: rule,
            planeGrid: grids.plane, volumeGrid: grids.volume, adaptiveTolerance: adaptive,
            points: points, theoryPoints: theoryPoints, theoryProbes: theoryProbes,
            convexityGrid: (convexity[0], convexity[1]),
            selfCheck: selfCheck,
            range: interval, automaticFactor: factor, directionSeeds: directionSeeds,
            seed: machine.seed, shard: shard)
    }
}
