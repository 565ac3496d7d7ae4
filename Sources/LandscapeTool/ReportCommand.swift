import Archive
import ArgumentParser
import Figures
import Foundation
import Reports

/// Draws the figures and writes the page.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Figures and an HTML page from a result file.")

    @Argument(help: "A result file of 'landscape probe', finished or not.")
    var file: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder to write into; beside the file when absent.", valueName: "folder"))
    var output: String?

    func run() throws {
        try ReportCommand.requireGnuplot(hint: "then run this again")
        guard try RunReader.read(file).attributes["experiment"] == nil else {
            throw Exit.Failure(.badData, "\(file): holds an experiment; its tables: landscape experiment \(file)")
        }
        let page = try ReportCommand.write(
            file, to: URL(fileURLWithPath: output ?? ReportCommand.defaultFolder(for: file)))
        print(page.path)
    }

    static func defaultFolder(for file: String) -> String {
        let url = URL(fileURLWithPath: file)
        return url.deletingPathExtension().path + "-report"
    }

    static func requireGnuplot(hint: String) throws {
        guard Renderer.hasGnuplot else {
            throw Exit.Failure(
                .unavailable, "gnuplot is not on PATH; install it with: apt-get install gnuplot-nox; \(hint)")
        }
    }

    static func write(_ run: String, to folder: URL) throws -> URL {
        try Report.write(from: run, to: folder).page
    }
}
