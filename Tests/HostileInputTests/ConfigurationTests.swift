import HostileInput
import Testing

extension ReaderTests {
    private func configuration(_ text: String) -> Reader.Outcome { Reader.configuration.read(Array(text.utf8)) }

    /// A key with a tag is another key to YAML: it was listed and then not found.
    @Test func tagsOfKeysDoNotMatter() {
        #expect(configuration("!foo context: 24\n") == .accepted)
        #expect(configuration("!foo no-report: true\n!!str columns: [a]\n") == .accepted)
        guard case .refused(let text) = configuration("context: 24\n!foo context: 48\n") else {
            Issue.record("accepted")
            return
        }
        #expect(text.contains("'context' stands twice"))
    }

    /// Aliases of aliases as a key: comparing it would take longer than the universe has.
    @Test(.timeLimit(.minutes(1))) func aliasesCannotMultiply() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        guard case .refused(let message) = configuration(text + "? *a40\n: 1\n") else {
            Issue.record("accepted")
            return
        }
        #expect(message.contains("aliases"))
    }

    @Test func longAndDeepFilesAreRefused() {
        for text in [
            String(repeating: "# comment\n", count: 200_000), "context: " + String(repeating: "[", count: 100_000),
        ] {
            guard case .refused = configuration(text) else {
                Issue.record("accepted")
                return
            }
        }
    }
}
