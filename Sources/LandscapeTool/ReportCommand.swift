import Archive
import ArgumentParser
import Figures
import Foundation
import Reports

/// Draws the figures and writes the page.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Figures and an HTML page from a result file, or several side by side.")

    @Argument(
        help:
            "Result files of 'landscape probe', finished or not. Several are put side by side where their data, windows and loss are the same."
    )
    var files: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder to write into; beside the first file when absent.", valueName: "folder"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Files to draw of each figure: svg, png, pdf, svg-dark, png-dark, cairolatex (for LaTeX, which sets the text). The page holds its own pictures in any case.",
            valueName: "list"))
    var formats = "svg,png,pdf"

    func run() throws {
        try ReportCommand.requireGnuplot(hint: "then run this again")
        let formats = try ReportCommand.formats(formats)
        let records = try files.map { file in
            let record = try RunReader.read(file)
            guard record.attributes["experiment"] == nil else {
                throw Exit.Failure(.badData, "\(file): holds an experiment; its tables: landscape experiment \(file)")
            }
            return record
        }
        guard let first = files.first else { throw ValidationError("give a result file") }
        let folder = output ?? ReportCommand.defaultFolder(for: first) + (files.count > 1 ? "-compared" : "")
        print(
            try Report.write(RunComparison.combine(records), to: URL(fileURLWithPath: folder), formats: formats).page
                .path)
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

    static func write(_ run: String, to folder: URL) throws -> URL {
        try Report.write(from: run, to: folder).page
    }
}
