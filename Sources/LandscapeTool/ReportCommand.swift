import Archive
import ArgumentParser
import Figures
import Foundation
import Reports

/// Draws the figures, writes the page and the notebook.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Figures, an HTML page and a notebook from a result file; several files side by side.")

    @Argument(
        help:
            "Result files of 'landscape probe', finished or not. Several are put side by side where their data, windows and loss are the same.",
        completion: .result)
    var files: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder to write into; beside the first file when absent.", valueName: "folder"),
        completion: .directory)
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Files to draw of each figure: svg, png, pdf, svg-dark, png-dark, cairolatex (for LaTeX, which sets the text). The page holds its own pictures in any case.",
            valueName: "list"), completion: .values(FigureFormat.allCases.map(\.rawValue)))
    var formats = "svg,png,pdf"

    @OptionGroup var book: NotebookOptions

    func validate() throws {
        if files.count > 1 && book.notebook != nil {
            throw ValidationError("--notebook: a notebook reads one file; write one for each.")
        }
    }

    func run() throws {
        let formats = try ReportCommand.formats(formats)
        guard let first = files.first else { throw ValidationError("Give a result file.") }
        let folder = URL(
            fileURLWithPath: output ?? ReportCommand.defaultFolder(for: first) + (files.count > 1 ? "-compared" : ""))
        let records = try files.map { file in try RunReader.read(file) }
        if let place = records.firstIndex(where: { $0.attributes["experiment"] != nil }) {
            // An experiment has a notebook and no figures.
            if files.count == 1, book.notebook != nil { return try book.write(first, report: folder) }
            throw Exit.Failure(
                .badData,
                "\(files[place]): holds an experiment; its tables: landscape experiment \(files[place]); its notebook: --notebook PATH"
            )
        }
        try ReportCommand.requireGnuplot(hint: "then run this again")
        let report = try Report.write(RunComparison.combine(records), to: folder, formats: formats)
        if files.count == 1 { try book.write(first, report: folder) }
        print(report.page.path)
        try ReportCommand.requireAllFigures(report)
    }

    static func formats(_ text: String) throws -> Set<FigureFormat> {
        Set(
            try text.split(separator: ",").map { name in
                guard let format = FigureFormat(rawValue: name.trimmingCharacters(in: .whitespaces)) else {
                    let known = FigureFormat.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Exit.Failure(.usage, "--formats: '\(name)' is none of \(known)")
                }
                return format
            })
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

    /// A page that lacks figures was still worth writing, and is no success.
    static func requireAllFigures(_ report: Report.Files) throws {
        guard !report.failures.isEmpty else { return }
        let reasons = report.failures.map(\.description).joined(separator: "; ")
        throw Exit.Failure(.failed, "\(report.page.path) lacks \(report.failures.count) figure(s): \(reasons)")
    }
}
