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
    ///
    /// - Parameters:
    ///   - run: The result file.
    ///   - folder: Where to write; it is created.
    ///   - formats: What to draw of each figure beside what the page needs.
    public static func write(
        from run: String, to folder: URL, formats: Set<FigureFormat> = [.svg, .png, .pdf]
    ) throws -> Files {
        try write(RunReader.read(run), to: folder, formats: formats)
    }

    /// As ``write(from:to:formats:)``, of contents that were read.
    public static func write(
        _ record: RunRecord, to folder: URL, formats: Set<FigureFormat> = [.svg, .png, .pdf]
    ) throws -> Files {
        let renderer = try Renderer(folder: folder)
        let entries = FigureSelection(record).entries
        let rendered = try renderer.render(
            entries.map { entry in
                // Figures on the page come in both colour schemes; space is drawn in pixels.
                (entry.figure, formats.union(entry.isRaster ? [.png, .pngDark] : [.svg, .svgDark]))
            })
        let drawn = zip(entries, rendered).map { DrawnFigure(entry: $0, files: $1) }
        let page = folder.appendingPathComponent("report.html")
        let html = try ReportPage(record, figures: drawn).html()
        try WholeFile.write(Data(html.utf8), to: page.path)
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
