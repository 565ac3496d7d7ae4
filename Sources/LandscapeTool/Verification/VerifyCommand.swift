import Archive
import ArgumentParser
import Foundation
import Tensor

/// Recomputes part of a result file.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recompute a random sample of a result file's numbers and compare.",
        discussion: """
            The model, windows, variants and axes are built again from the settings in the file; weights and data must be those of the run, \
            by their SHA-256. Always compared: the weights, loss and gradient norm of every variant, what the centre of a slice \
            must be, and whether the parts of the file go together. Of lines, planes and volumes a random sample of the points \
            that are done. Files of shards, merged files and those of several processes are read like any other.

            On the machine and with the version that made the file all bits are the same; elsewhere sums may be ordered in another way, \
            for which there is the tolerance. Exit code 0: all agree; 1: a number differs; 65: the parts of the file contradict one another, or \
            weights or data are not what they were; 66: they are gone.
            """)

    @Argument(help: "A result file of 'landscape probe', finished or not.", completion: .result)
    var file: String

    @Option(help: ArgumentHelp("Points of lines, planes and volumes to recompute.", valueName: "n"))
    var samples: Int = 8

    @Option(help: ArgumentHelp("Seed of the draw; another one draws other points.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "Relative difference up to which numbers agree; 1e-5 for files in float32, 1e-10 for float64, 1e-2 for bfloat16 when absent.",
            valueName: "t"))
    var tolerance: Double?

    @Option(
        help: ArgumentHelp("Where the weights are now; where they were when absent.", valueName: "path"),
        completion: .checkpoint)
    var weights: String?

    @Option(
        help: ArgumentHelp("Where the data are now; where they were when absent.", valueName: "csv"), completion: .table
    )
    var data: String?

    @Flag(
        help:
            "Search the largest eigenvalue of every Hessian again where it converged, which costs about as much as in the run."
    )
    var eigen = false

    @Option(
        help: ArgumentHelp("cpu, cuda or cuda:INDEX; the run's when absent.", valueName: "device"), completion: .device)
    var device: String?

    @Option(help: ArgumentHelp("Threads; all cores when absent. The results do not depend on it.", valueName: "n"))
    var threads: Int?

    @Flag(help: "Print one JSON document instead of a table.")
    var json = false

    @Flag(name: .shortAndLong, help: "No progress.")
    var quiet = false

    func validate() throws {
        if samples < 0 { throw ValidationError("--samples must not be negative.") }
        if let tolerance, !(tolerance >= 0 && tolerance < 1) {
            throw ValidationError("--tolerance must lie between 0 and 1.")
        }
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    }

    func run() throws {
        Log.setQuiet(quiet)
        let record = try RunReader.read(file)
        let stored = try StoredRun(record)
        let structure = StructureCheck(record)
        let run = try stored.makeRun(
            weights: weights, data: data, device: device,
            workers: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        var verification = Verification(
            run, of: stored, samples: samples, seed: seed,
            tolerance: tolerance ?? VerifyCommand.tolerance(run.workspace.dtype))
        try verification.perform(eigen: eigen)
        let report = VerifyReport(verification: verification, structure: structure, seed: seed)
        print(json ? try report.json() : report.text())

        let differing = verification.total - verification.agreeing
        guard differing == 0 else {
            throw Exit.Failure(
                .failed,
                "\(file): \(differing) of \(verification.total) numbers are not what the inputs give; "
                    + "the file was changed, or made by another version or on a machine that computes otherwise")
        }
        guard structure.problems.isEmpty else {
            throw Exit.Failure(.badData, "\(file): \(structure.problems.joined(separator: "; "))")
        }
    }

    /// What the order of sums may change in a loss.
    private static func tolerance(_ dtype: DType) -> Double {
        switch dtype {
        case .float64: 1e-10
        case .bfloat16: 1e-2
        default: 1e-5
        }
    }
}
