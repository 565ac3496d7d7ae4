import Archive
import Figures
import Foundation
import Testing

@testable import Reports

/// Reports of files that are hard to draw: one variant and eight, NaN and infinite points, negative losses, grids of one row, names
/// full of quotes, braces, back-ticks and letters of many alphabets, numbers that are still pending.
@Suite(.enabled(if: Renderer.hasGnuplot, "needs gnuplot")) final class HostileReportTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("hostile-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    @Test(arguments: [HostileRun(), HostileRun(count: 1), HostileRun(count: 4, isComplete: false)])
    func everyFigureIsDrawn(_ run: HostileRun) throws {
        let path = folder.appendingPathComponent("run.h5").path
        try run.write(to: path)
        let record = try RunReader.read(path)
        let files = try Report.write(from: path, to: folder.appendingPathComponent("report"), formats: [.svg])
        let names = files.figures.compactMap { $0.files[.svg]?.deletingPathExtension().lastPathComponent }
        var expected = ["comparison", "eigenvalues", "density", "path", "line", "plane", "plane-surface"]
        if run.count > 1 { expected += ["plane-own", "line-difference", "intervals"] }
        if run.isComplete { expected += ["theory", "convexity", "volume", "chains-llc", "blocks"] }
        for name in expected { #expect(names.contains(name), "\(name) among \(names)") }
        #expect(Set(names).count == names.count, "\(names)")
        // No name was run, by gnuplot or by a shell.
        for place in [folder.path, folder.path + "/report", FileManager.default.currentDirectoryPath] {
            #expect(!FileManager.default.fileExists(atPath: place + "/pwned"), "\(place)")
        }
        let page = try String(contentsOf: files.page, encoding: .utf8)
        #expect(!page.contains("<b>&amp;</b>") && !page.contains("<script>alert"))
        // An accent upon a sign does not keep it from being escaped.
        let scalars = Array(page.unicodeScalars)
        #expect(
            !zip(scalars, scalars.dropFirst()).contains { "\"'<&".unicodeScalars.contains($0) && $1 == "\u{301}" })
        for section in page.components(separatedBy: "<section class=\"picture\"").dropFirst() {
            #expect(section.contains("Numbers of figure"), "\(section.prefix(200))")
            #expect(!section.contains("alt=\"\""))
        }
        #expect(!page.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
        #expect(ReportPage.allowed("a\u{1B}\u{0}b\n\u{7F}\u{FFFF}é") == "a\u{FFFD}\u{FFFD}b\n\u{FFFD}\u{FFFD}é")
        let again = try Report.write(
            record, to: folder.appendingPathComponent("again"), formats: [.svg])
        #expect(try Data(contentsOf: again.page) == Data(contentsOf: files.page))
    }
}
