import Foundation
import Testing

/// The code of the library's articles is that of Examples/, which CI builds and runs.
@Suite struct ArticleTests {
    /// Lines without the indentation, which an article leaves out.
    private func lines(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    private func files(in folder: String, extension name: String) throws -> [URL] {
        let root = ImportTests.sources.deletingLastPathComponent().appendingPathComponent(folder)
        return (FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.allObjects ?? [])
            .compactMap { $0 as? URL }.filter { $0.pathExtension == name }
    }

    @Test func articlesShowCodeOfTheExamples() throws {
        let examples = try files(in: "Examples/Sources", extension: "swift")
            .map { lines(try String(contentsOf: $0, encoding: .utf8)).joined(separator: "\n") }
        var count = 0
        for article in try files(in: "Sources", extension: "md") where article.path.contains(".docc/") {
            let text = try String(contentsOf: article, encoding: .utf8)
            for block in text.matches(of: /```swift\n((?:.*\n)*?)```/) {
                count += 1
                let code = lines(block.output.1).joined(separator: "\n")
                #expect(
                    examples.contains { $0.contains(code) },
                    "\(article.lastPathComponent) shows code that Examples/ does not have:\n\(block.output.1)")
            }
        }
        #expect(count >= 8, "the articles were found")
    }
}
