import CGnuplot
import Foundation
import Synchronization

/// Something that can be drawn.
public protocol Figure: Sendable {
    /// The name of its files, without extension: letters, digits and hyphens.
    var name: String { get }
    /// One sentence for people who cannot see it.
    var alternative: String { get }
    /// The gnuplot script that draws into the current folder: `NAME.svg`, `NAME.png` and what else the variable `formats` names.
    func script() -> String
}

/// The files of a figure.
public struct RenderedFigure: Sendable {
    /// The script.
    public let script: URL
    /// What it drew.
    public let files: [FigureFormat: URL]
}

/// Draws figures into a folder through gnuplot-iostream.
public struct Renderer: Sendable {
    /// The folder.
    public let folder: URL

    /// A renderer into a folder, which is created.
    ///
    /// - Throws: ``FigureError/gnuplotMissing``, ``FigureError/unwritable(_:)``.
    public init(folder: URL) throws(FigureError) {
        guard Renderer.hasGnuplot else { throw .gnuplotMissing }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw .unwritable("\(folder.path): the folder cannot be created: \(error.localizedDescription)")
        }
        self.folder = folder
    }

    /// Whether a value has a place in a figure: neither NaN nor beyond ±10¹⁵⁰. gnuplot multiplies ranges, which overflow long before
    /// numbers do.
    public static func canDraw(_ value: Double) -> Bool { abs(value) <= 1e150 }

    /// Whether gnuplot is on PATH.
    public static var hasGnuplot: Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            access("\($0)/gnuplot", X_OK) == 0
        }
    }

    /// Writes the script and runs it.
    ///
    /// Old pictures of the same name go first; the new ones must be there and whole in the end.
    ///
    /// - Parameter formats: What to draw.
    /// - Throws: ``FigureError/failed(figure:words:)`` with gnuplot's own words.
    public func render(
        _ figure: any Figure, formats: Set<FigureFormat> = [.svg, .png]
    ) throws(FigureError) -> RenderedFigure {
        let name = figure.name
        precondition(name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }, "a plain file name")
        let script = folder.appendingPathComponent("\(name).gp")
        let wanted = FigureFormat.allCases.filter(formats.contains)
        let files = wanted.map { ($0, folder.appendingPathComponent(name + $0.suffix)) }
        let log = folder.appendingPathComponent("\(name).log")
        let mark = folder.appendingPathComponent("\(name).done")
        for url in files.map(\.1) + [log, mark] { try? FileManager.default.removeItem(at: url) }
        var message = [CChar](repeating: 0, count: 1000)
        let body = figure.script()
        guard cgnuplot_write(script.path, body, &message, 1000) == 0 else {
            throw .unwritable("\(script.path): \(Renderer.text(message))")
        }
        // `load` stops at the first error, where commands from a pipe would go on; the mark is made only after it.
        let command = "cd \(Renderer.shellQuote(folder.path)) && exec gnuplot 2> \(name).log"
        let text = """
            formats = '\(wanted.map(\.rawValue).joined(separator: " "))'
            letters = \(Letters.areDrawable(body) ? 1 : 0)
            checked = 1
            load '\(name).gp'; set print '\(name).done'; print 'done'

            """
        let status = cgnuplot_send(command, text, &message, 1000)
        defer { for url in [log, mark] { try? FileManager.default.removeItem(at: url) } }
        guard FileManager.default.fileExists(atPath: log.path) else {
            throw .unwritable("\(log.path): cannot be created; check the free space and the permissions")
        }
        let words = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").trimmingCharacters(
            in: .whitespacesAndNewlines)
        guard status == 0, FileManager.default.fileExists(atPath: mark.path) else {
            let reason = words.isEmpty ? Renderer.text(message) : words
            if reason.contains(String(cString: strerror(ENOSPC))) { throw .unwritable("\(script.path): \(reason)") }
            throw .failed(figure: name, words: reason.isEmpty ? "it ended before the figure was finished" : reason)
        }
        for (format, url) in files {
            guard let file = try? Data(contentsOf: url), !file.isEmpty else {
                throw .unwritable("\(url.path): was not written; check the free space. \(words)")
            }
            guard format.isWhole(file) else {
                try? FileManager.default.removeItem(at: url)
                throw .unwritable("\(url.path): was written in part only; check the free space. \(words)")
            }
        }
        return RenderedFigure(script: script, files: Dictionary(uniqueKeysWithValues: files))
    }

    /// Renders several figures, as many side by side as there are cores.
    ///
    /// - Throws: The first error in the order of the figures.
    public func render(
        _ figures: [(figure: any Figure, formats: Set<FigureFormat>)]
    ) throws(FigureError) -> [RenderedFigure] {
        var rendered: [RenderedFigure] = []
        for result in attempt(figures) { rendered.append(try result.get()) }
        return rendered
    }

    /// As ``render(_:)``, each with what came of it, in their order.
    public func attempt(
        _ figures: [(figure: any Figure, formats: Set<FigureFormat>)]
    ) -> [Result<RenderedFigure, FigureError>] {
        let results = Mutex([Result<RenderedFigure, FigureError>?](repeating: nil, count: figures.count))
        DispatchQueue.concurrentPerform(iterations: figures.count) { index in
            let result = Result { () throws(FigureError) in
                try render(figures[index].figure, formats: figures[index].formats)
            }
            results.withLock { $0[index] = result }
        }
        return results.withLock { $0.compactMap { $0 } }
    }

    private static func shellQuote(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "'", with: "'\\''", options: .literal) + "'"
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
