import CGnuplot
import Foundation

/// Something that can be drawn.
public protocol Figure: Sendable {
    /// The name of its files, without extension: letters, digits and hyphens.
    var name: String { get }
    /// One sentence for people who cannot see it.
    var alternative: String { get }
    /// The gnuplot script that writes `NAME.svg` and `NAME.png` into the current folder.
    func script() -> String
}

/// The files of a figure.
public struct RenderedFigure: Sendable {
    /// The script.
    public let script: URL
    /// For pages.
    public let svg: URL
    /// For everything else.
    public let png: URL
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

    /// Whether gnuplot is on PATH.
    public static var hasGnuplot: Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            access("\($0)/gnuplot", X_OK) == 0
        }
    }

    /// Writes the script and runs it.
    ///
    /// Old pictures of the same name go first; the new ones must be there and not empty in the end.
    ///
    /// - Throws: ``FigureError/failed(figure:words:)`` with gnuplot's own words.
    public func render(_ figure: some Figure) throws(FigureError) -> RenderedFigure {
        precondition(
            figure.name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }, "a plain file name")
        let files = RenderedFigure(
            script: file(figure.name, "gp"), svg: file(figure.name, "svg"), png: file(figure.name, "png"))
        let log = file(figure.name, "log")
        let mark = file(figure.name, "done")
        for url in [files.svg, files.png, log, mark] { try? FileManager.default.removeItem(at: url) }
        var message = [CChar](repeating: 0, count: 1000)
        guard cgnuplot_write(files.script.path, figure.script(), &message, 1000) == 0 else {
            throw .unwritable("\(files.script.path): \(Renderer.text(message))")
        }
        // `load` stops at the first error, where commands from a pipe would go on; the mark is made only after it.
        let command = "cd \(Renderer.shellQuote(folder.path)) && exec gnuplot 2> \(figure.name).log"
        let text = "load '\(figure.name).gp'; set print '\(figure.name).done'; print 'done'\n"
        let status = cgnuplot_send(command, text, &message, 1000)
        defer { for url in [log, mark] { try? FileManager.default.removeItem(at: url) } }
        let words = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").trimmingCharacters(
            in: .whitespacesAndNewlines)
        guard status == 0, FileManager.default.fileExists(atPath: mark.path) else {
            throw .failed(figure: figure.name, words: words.isEmpty ? Renderer.text(message) : words)
        }
        for url in [files.svg, files.png] {
            let size = (try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int) ?? 0
            guard size > 0 else {
                throw .failed(figure: figure.name, words: "\(url.lastPathComponent) was not written. \(words)")
            }
        }
        return files
    }

    private func file(_ name: String, _ suffix: String) -> URL { folder.appendingPathComponent("\(name).\(suffix)") }

    private static func shellQuote(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }

    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
