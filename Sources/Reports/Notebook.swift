import Archive
import Foundation

/// The notebook of a result file: cells of Python that read it, draw what it holds, and check what they say.
///
/// nbformat 4.5, not executed. The same contents at the same place give the same bytes.
public enum Notebook {
    /// Writes the notebook of a result file, finished or not.
    ///
    /// - Parameter report: the folder of the report's figures; the one beside the result file when absent.
    /// - Throws: `ArchiveError` for the file, ``ReportError`` for the output.
    public static func write(from run: String, to notebook: URL, report: URL? = nil) throws {
        try write(from: RunReader.read(run), to: notebook, report: report)
    }

    /// Writes the notebook of a result file that was read.
    ///
    /// - Parameter report: the folder of the report's figures; the one beside the result file when absent.
    /// - Throws: ``ReportError`` for the output.
    public static func write(from record: RunRecord, to notebook: URL, report: URL? = nil) throws {
        do {
            try FileManager.default.createDirectory(
                at: notebook.deletingLastPathComponent(), withIntermediateDirectories: true)
            let file = URL(fileURLWithPath: record.path)
            let folder = report ?? URL(fileURLWithPath: file.deletingPathExtension().path + "-report")
            let text = text(
                record, path: RelativePath.from(folderOf: notebook.path, to: file.path),
                report: RelativePath.from(folderOf: notebook.path, to: folder.path))
            try WholeFile.write(Data(text.utf8), to: notebook.path)
        } catch let error as CocoaError {
            throw ReportError(description: "\(notebook.path): cannot be written: \(error.localizedDescription)")
        }
    }

    /// The notebook as JSON, as Jupyter itself writes it: keys in order, one space of indentation.
    ///
    /// - Parameters:
    ///   - path: of the result file, as the notebook will open it.
    ///   - report: the folder of figures, likewise.
    static func text(_ record: RunRecord, path: String, report: String) -> String {
        let cells = unique(cells(record, path: path, report: report))
        let document = NotebookJSON.object([
            "cells": .array(cells.map(\.json)),
            "metadata": .object([
                "kernelspec": .object([
                    "display_name": .text("Python 3"), "language": .text("python"), "name": .text("python3"),
                ]),
                "language_info": .object(["name": .text("python")]),
            ]),
            "nbformat": .number(4), "nbformat_minor": .number(5),
        ])
        return document.description + "\n"
    }

    private static func cells(_ record: RunRecord, path: String, report: String) -> [NotebookCell] {
        let opening = NotebookCell.opening(record, path: path)
        let isExperiment = record.attributes["experiment"]?.number == 1
        let sections: [(RunRecord) -> [NotebookCell]] =
            isExperiment
            ? [NotebookCell.experiment]
            : [
                NotebookCell.numbers, NotebookCell.eigenvalues, NotebookCell.densities, NotebookCell.blocks,
                NotebookCell.sharpness, NotebookCell.chains, NotebookCell.lines, NotebookCell.path,
                NotebookCell.theory, NotebookCell.planes, NotebookCell.volumes, NotebookCell.convexity,
            ]
        return opening + sections.flatMap { $0(record) }
            + NotebookCell.closing(report: isExperiment ? nil : report)
    }

    /// Functions that several sections need stand before the first. Names of slices may be alike once they are identifiers.
    private static func unique(_ cells: [NotebookCell]) -> [NotebookCell] {
        var taken: Set<String> = []
        var sources: Set<String> = []
        return cells.compactMap { cell in
            guard !cell.id.hasSuffix("-functions") || sources.insert(cell.source).inserted else { return nil }
            var cell = cell
            let base = cell.id
            var number = 2
            while !taken.insert(cell.id).inserted {
                cell.id = "\(base)-\(number)"
                number += 1
            }
            return cell
        }
    }
}
