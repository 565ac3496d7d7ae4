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
        /// Why figures are missing that gnuplot could not draw.
        public let failures: [FigureError]
    }

    /// Draws every figure that the contents allow and writes the page.
    ///
    /// The same contents give the same page. An unfinished file gives a page that says so, and so does one with a figure that
    /// gnuplot cannot draw.
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
        let attempts = renderer.attempt(
            entries.map { entry in
                // Figures on the page come in both colour schemes; space is drawn in pixels.
                (entry.figure, formats.union(entry.isRaster ? [.png, .pngDark] : [.svg, .svgDark]))
            })
        var drawn: [DrawnFigure] = []
        var failures: [FigureError] = []
        for (entry, attempt) in zip(entries, attempts) {
            do throws(FigureError) {
                drawn.append(DrawnFigure(entry: entry, files: try attempt.get()))
            } catch {
                // The others can be drawn all the same; without space or rights nothing can.
                guard case .failed = error else { throw error }
                failures.append(error)
            }
        }
        if drawn.isEmpty, let failure = failures.first { throw failure }
        let page = folder.appendingPathComponent("report.html")
        let html = try ReportPage(record, figures: drawn, failures: failures).html()
        try WholeFile.write(Data(html.utf8), to: page.path)
        return Files(page: page, figures: drawn.map(\.files), failures: failures)
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
