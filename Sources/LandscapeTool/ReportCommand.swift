import Archive
import ArgumentParser
import Figures
import Foundation
import Reports

/// Draws the figures, writes the page and the notebook.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Figures, an HTML page and a notebook from a result file.")

    @Argument(help: "A result file of 'landscape probe', finished or not.")
    var file: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder to write into; beside the file when absent.", valueName: "folder"))
    var output: String?

    @OptionGroup var book: NotebookOptions

    func run() throws {
        try ReportCommand.requireGnuplot(hint: "then run this again")
        let folder = URL(fileURLWithPath: output ?? ReportCommand.defaultFolder(for: file))
        guard try RunReader.read(file).attributes["experiment"] == nil else {
            // An experiment has a notebook and no figures.
            if book.notebook != nil { return try book.write(file, report: folder) }
            throw Exit.Failure(
                .badData,
                "\(file): holds an experiment; its tables: landscape experiment \(file); its notebook: --notebook PATH")
        }
        let page = try ReportCommand.write(file, to: folder)
        try book.write(file, report: folder)
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
