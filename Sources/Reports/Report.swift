import Archive
import Figures
import Foundation

/// The report of a result file: figures and one HTML page.
public enum Report {
    /// What was written.
    public struct Files: Sendable {
        /// `report.html`.
        public let page: URL
        /// In the order of the page.
        public let figures: [RenderedFigure]
    }

    /// Draws every figure that the contents allow and writes the page.
    ///
    /// The same contents give the same page. An unfinished file gives a page that says so.
    ///
    /// - Throws: `ArchiveError` for the file, ``ReportError`` or `FigureError` for the output.
    public static func write(from run: String, to folder: URL) throws -> Files {
        let record = try RunReader.read(run)
        let renderer = try Renderer(folder: folder)
        var drawn: [DrawnFigure] = []
        for entry in FigureSelection(record).entries {
            let files = try renderer.render(entry.figure)
            drawn.append(DrawnFigure(entry: entry, files: files))
        }
        let page = folder.appendingPathComponent("report.html")
        let html = try ReportPage(record, figures: drawn).html()
        do {
            try Data(html.utf8).write(to: page, options: .atomic)
        } catch {
            throw ReportError(description: "\(page.path): cannot be written: \(error.localizedDescription)")
        }
        return Files(page: page, figures: drawn.map(\.files))
    }
}

/// A page that cannot be made.
public struct ReportError: Error, CustomStringConvertible, Sendable {
    /// For people.
    public let description: String
}

/// A figure with what the page says about it.
struct DrawnFigure {
    let entry: FigureSelection.Entry
    let files: RenderedFigure
}
