import ArgumentParser
import Configuration
import Foundation
import Tensor

/// The command line: parse, wire, print; no mathematics.
@main
struct LandscapeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "landscape",
        abstract: "What the loss looks like around the weights of a large time-series model.",
        discussion: """
            Results go to stdout, progress and messages to stderr.

            Exit codes: 0 done; 1 computation failed, or 'verify' found another number; 2 finished, but something did \
            not converge (with --strict); 64 usage; 65 bad input data; 66 no such input; 69 gnuplot missing or failing, or no GPU; \
            73 cannot create output; 75 stopped, go on with --resume.

            Every message with its cause and remedy: docs/troubleshooting.md. What this machine lacks: 'landscape doctor'.
            """,
        version: isVersionAsked ? Version.text : Version.number,
        subcommands: [
            ProbeCommand.self, MergeCommand.self, SmoothCommand.self, FineTuneCommand.self, ExperimentCommand.self,
            EvaluateCommand.self,
            PretrainCommand.self,
            ReportCommand.self,
            ExportCommand.self, InspectCommand.self, VerifyCommand.self, ModelsCommand.self, DoctorCommand.self,
        ])

    /// Libraries and gnuplot are asked for their versions only then.
    private static var isVersionAsked: Bool { CommandLine.arguments.contains("--version") }

    static func main() {
        // A reader that goes away, and a limit of the size of files, must end in an error of the write, not in a signal.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        StandardStreams.occupy()
        do {
            try Runtime.configureForIndependentWorkers()
            let arguments = try ConfigurationArguments.expand(Array(CommandLine.arguments.dropFirst()))
            var command = try parseAsRoot(arguments)
            try command.run()
            try StandardStreams.finish()
        } catch {
            Exit.end(with: error, for: LandscapeCommand.self)
        }
    }
}
