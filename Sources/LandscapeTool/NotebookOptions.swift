import ArgumentParser
import Foundation
import Reports

/// Where the notebook goes, for the verbs that write a report.
struct NotebookOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The notebook (Jupyter) to write; in the report's folder, named like the result file, when absent.",
            valueName: "ipynb"), completion: .file(extensions: ["ipynb"]))
    var notebook: String?

    @Flag(help: "Write no notebook.")
    var noNotebook = false

    func validate() throws {
        if notebook != nil && noNotebook { throw ValidationError("Give --notebook or --no-notebook, not both.") }
    }

    /// Writes the notebook of a result file and says where; nothing where none is wanted.
    ///
    /// - Parameters:
    ///   - folder: where the report's figures are.
    ///   - hasReport: without a report only a notebook that was asked for is written.
    func write(_ run: String, report folder: URL, hasReport: Bool = true) throws {
        guard !noNotebook, hasReport || notebook != nil else { return }
        let name = URL(fileURLWithPath: run).deletingPathExtension().lastPathComponent
        let file = notebook.map { URL(fileURLWithPath: $0) } ?? folder.appendingPathComponent(name + ".ipynb")
        try Notebook.write(from: run, to: file, report: folder)
        Log.info("notebook: \(file.path)")
    }
}
